//! What a provider lists of a day, put together by the things that it is about.

use super::About;
use crate::{Direction, Movement, MovementKind};
use kernel::{Currency, Money, RefundId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Most movements of one account and day. They are held in memory while the day is looked at, with some hundred
/// bytes each.
pub const MOST_MOVEMENTS: usize = 100_000;

/// An account moved more on one day than is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_MOVEMENTS} movements on one day")]
pub struct TooMuch;

/// All movements of a day about one charge, refund or dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub about: About,
    /// The provider's name for it.
    pub reference: String,
    /// The provider's name for the charge that it belongs to.
    pub charge: Option<String>,
    /// Our refund, when the provider carries it.
    pub refund: Option<RefundId>,
    /// In what.
    pub currency: Currency,
    /// What came to us less what left us, in minor units.
    pub minor: i64,
    /// When it moved last.
    pub at: Timestamp,
}

impl Thing {
    /// How much moved, whichever way.
    #[must_use]
    pub fn size(&self) -> Money {
        size(self.minor, self.currency)
    }
}

/// Minor units without their sign.
pub(super) fn size(minor: i64, currency: Currency) -> Money {
    Money::new(minor.saturating_abs(), currency).unwrap_or(Money::zero(currency))
}

/// A fee that a movement told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The provider's name for the movement.
    pub reference: String,
    /// What moved.
    pub kind: MovementKind,
    /// The provider's name for the charge that it belongs to.
    pub charge: Option<String>,
    /// The provider's name for the refund or dispute that the movement is.
    pub about: Option<String>,
    /// Our refund, when the provider carries it.
    pub refund: Option<RefundId>,
    /// How much; nothing for a disputed amount that came back, by which the fee of that dispute is settled.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// What was listed so far.
#[derive(Debug, Default)]
pub struct Gathered {
    things: BTreeMap<(About, String), Vec<Thing>>,
    fees: Vec<Fee>,
    other: BTreeMap<Currency, i64>,
    seen: BTreeSet<String>,
}

impl Gathered {
    /// Takes a movement in; one that is listed twice counts once.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub fn take(&mut self, movement: &Movement) -> Result<(), TooMuch> {
        if !self.seen.insert(movement.reference.clone()) {
            return Ok(());
        }
        if self.seen.len() > MOST_MOVEMENTS {
            return Err(TooMuch);
        }
        let minor = match movement.direction {
            Direction::In => movement.amount.minor(),
            Direction::Out => -movement.amount.minor(),
        };
        let settles = movement.kind == MovementKind::Dispute && movement.direction == Direction::In;
        if !movement.fee.is_zero() || settles {
            self.fees.push(fee(movement));
        }
        let currency = movement.amount.currency();
        let Some((about, reference)) = name(movement) else {
            let sum = self.other.entry(currency).or_default();
            *sum = sum.saturating_add(minor);
            return Ok(());
        };
        let things = self.things.entry((about, reference.clone())).or_default();
        let Some(thing) = things.iter_mut().find(|thing| thing.currency == currency) else {
            let (charge, refund, at) = (movement.charge.clone(), movement.refund, movement.at);
            things.push(Thing { about, reference, charge, refund, currency, minor, at });
            return Ok(());
        };
        thing.minor = thing.minor.saturating_add(minor);
        thing.at = thing.at.max(movement.at);
        thing.refund = thing.refund.or(movement.refund);
        Ok(())
    }

    /// How many movements there were.
    #[must_use]
    pub fn movements(&self) -> u64 {
        u64::try_from(self.seen.len()).unwrap_or(u64::MAX)
    }

    /// Whether the provider lists this.
    pub(super) fn lists(&self, about: About, reference: &str) -> bool {
        self.things.contains_key(&(about, reference.to_owned()))
    }

    /// All things, and all fees.
    pub(super) fn empty(&mut self) -> (Vec<Thing>, Vec<Fee>) {
        (self.things.values().flatten().cloned().collect(), std::mem::take(&mut self.fees))
    }

    /// What else moved, in minor units.
    pub(super) fn other(&self) -> impl Iterator<Item = (Currency, i64)> {
        self.other.iter().map(|(currency, minor)| (*currency, *minor))
    }
}

fn fee(movement: &Movement) -> Fee {
    let Movement { reference, kind, charge, about, refund, fee, at, .. } = movement.clone();
    Fee { reference, kind, charge, about, refund, amount: fee, at }
}

/// What a movement is about; `None` for what is none of ours: payouts, conversions, fees alone.
fn name(movement: &Movement) -> Option<(About, String)> {
    let Movement { reference, charge, about, .. } = movement;
    let or_itself = |name: Option<&String>| name.unwrap_or(reference).clone();
    match movement.kind {
        MovementKind::Charge => Some((About::Charge, or_itself(charge.as_ref().or(about.as_ref())))),
        MovementKind::Refund => Some((About::Refund, or_itself(about.as_ref()))),
        // PayPal names the charge alone.
        MovementKind::Dispute => Some((About::Dispute, or_itself(about.as_ref().or(charge.as_ref())))),
        MovementKind::Fee | MovementKind::Other => None,
    }
}
