//! What a buyer who cancels gets back: the organiser's promise, in tiers that end so many hours before the event.
//!
//! A booking keeps the promise as it was when it was bought. Hours are counted between instants, so that a night
//! with 23 or 25 hours by the clock changes nothing; what is kept is rounded once per ticket, half up, in the
//! currency's smallest unit, and is never more than was paid for that ticket.

use chrono::TimeDelta;
use kernel::{Currency, Invalid, Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most tiers of one policy.
pub const MOST_TIERS: usize = 20;
/// The earliest deadline: two years before the event.
pub const MOST_HOURS: u32 = 17_520;
/// The whole, in basis points (hundredths of a percent).
pub const WHOLE: u16 = 10_000;
/// The highest fixed fee, in minor units: as for prices, so that no sum leaves an `i64`.
const HIGHEST_FEE: i64 = 100_000_000;

/// What applies to those who cancel at the latest `until_hours_before` hours before the event begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Up to and including that instant.
    pub until_hours_before: u32,
    /// Kept of the price of each ticket, in basis points: 1250 is 12.5 percent.
    pub fee_basis_points: u16,
    /// Kept of each ticket besides.
    pub fee_fixed: Option<Money>,
}

/// The promise. Tiers are in the order in which they end: the one that ends first comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct CancellationPolicy {
    refundable: bool,
    tiers: Vec<Tier>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    refundable: bool,
    tiers: Vec<Tier>,
}

impl TryFrom<Wire> for CancellationPolicy {
    type Error = MalformedPolicy;

    fn try_from(wire: Wire) -> Result<Self, MalformedPolicy> {
        Self::new(wire.refundable, wire.tiers)
    }
}

impl From<CancellationPolicy> for Wire {
    fn from(policy: CancellationPolicy) -> Self {
        Self { refundable: policy.refundable, tiers: policy.tiers }
    }
}

/// These tiers are no policy: a deadline twice, more than the whole kept, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no policy of cancellation")]
pub struct MalformedPolicy;

/// A promise as it was stored. One that cannot be read promises nothing, and a person has to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Promise {
    /// It can be kept.
    Policy(CancellationPolicy),
    /// It cannot be read; what stands there is kept as evidence.
    Malformed(Value),
}

/// Why nobody but staff may cancel, or why there is nothing to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// The organiser promised nothing, or that nothing goes back.
    #[error("these tickets are not refundable")]
    NotRefundable,
    /// The last deadline has passed.
    #[error("it is too late to cancel")]
    TooLate,
    /// The stored promise cannot be read.
    #[error("the promise made with this booking cannot be read")]
    Malformed,
}

impl CancellationPolicy {
    /// A policy of these tiers, in whatever order they come; without any, everything goes back until the event
    /// begins.
    ///
    /// # Errors
    /// [`MalformedPolicy`].
    pub fn new(refundable: bool, mut tiers: Vec<Tier>) -> Result<Self, MalformedPolicy> {
        tiers.sort_by_key(|tier| std::cmp::Reverse(tier.until_hours_before));
        let twice = tiers.iter().zip(tiers.iter().skip(1));
        let sound = |tier: &Tier| tier.fee_basis_points <= WHOLE && tier.until_hours_before <= MOST_HOURS;
        if tiers.len() > MOST_TIERS
            || !tiers.iter().all(sound)
            || twice.into_iter().any(|(one, next)| one.until_hours_before == next.until_hours_before)
        {
            return Err(MalformedPolicy);
        }
        Ok(Self { refundable, tiers })
    }

    /// Whether anything goes back to those who cancel.
    #[must_use]
    pub const fn refundable(&self) -> bool {
        self.refundable
    }

    /// The one that ends first comes first.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// What applies at `now` to an event that begins at `starts_at`; `None` when the whole price goes back.
    ///
    /// # Errors
    /// [`NoWay`].
    pub fn tier(&self, starts_at: Timestamp, now: Timestamp) -> Result<Option<&Tier>, NoWay> {
        if !self.refundable {
            return Err(NoWay::NotRefundable);
        }
        let ends = |tier: &Tier| starts_at - TimeDelta::hours(i64::from(tier.until_hours_before));
        match self.tiers.iter().find(|tier| now <= ends(tier)) {
            Some(tier) => Ok(Some(tier)),
            None if self.tiers.is_empty() && now < starts_at => Ok(None),
            None => Err(NoWay::TooLate),
        }
    }

    /// When the last deadline is over; `None` when there is none because nothing goes back.
    #[must_use]
    pub fn last_chance(&self, starts_at: Timestamp) -> Option<Timestamp> {
        let hours = self.tiers.last().map_or(0, |tier| tier.until_hours_before);
        self.refundable.then(|| starts_at - TimeDelta::hours(i64::from(hours)))
    }
}

impl Tier {
    /// What is kept of a ticket for which `paid` was paid.
    ///
    /// # Errors
    /// [`NoWay::Malformed`] when the fixed fee is in another currency.
    pub fn fee(&self, paid: Money) -> Result<Money, NoWay> {
        let share = i128::from(paid.minor()) * i128::from(self.fee_basis_points);
        let whole = i128::from(WHOLE);
        // Half up: amounts are never negative.
        let rounded = (share + whole / 2) / whole;
        let fixed = match self.fee_fixed {
            Some(fixed) if fixed.currency() != paid.currency() => return Err(NoWay::Malformed),
            Some(fixed) => i128::from(fixed.minor()),
            None => 0,
        };
        let fee = (rounded + fixed).min(i128::from(paid.minor()));
        let fee = i64::try_from(fee).map_err(|_| NoWay::Malformed)?;
        Money::new(fee, paid.currency()).map_err(|_| NoWay::Malformed)
    }
}

impl Promise {
    /// What is kept of a ticket for which `paid` was paid, if it is cancelled at `now`; `promise` is what was made
    /// with the booking, if anything was.
    ///
    /// # Errors
    /// [`NoWay`].
    pub fn fee(
        promise: Option<&Self>,
        paid: Money,
        starts_at: Timestamp,
        now: Timestamp,
    ) -> Result<Money, NoWay> {
        match promise {
            None => Err(NoWay::NotRefundable),
            Some(Self::Malformed(_)) => Err(NoWay::Malformed),
            Some(Self::Policy(policy)) => match policy.tier(starts_at, now)? {
                Some(tier) => tier.fee(paid),
                None => Ok(Money::zero(paid.currency())),
            },
        }
    }

    /// The policy, if it can be read.
    #[must_use]
    pub const fn policy(&self) -> Option<&CancellationPolicy> {
        match self {
            Self::Policy(policy) => Some(policy),
            Self::Malformed(_) => None,
        }
    }
}

/// A tier as an organiser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierInput {
    /// In hours.
    pub until_hours_before: i64,
    /// A decimal number of percent with up to two decimals, as it was written.
    pub fee_percent: Option<String>,
    /// Minor units and currency code.
    pub fee_fixed: Option<(i64, String)>,
}

/// A policy as an organiser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInput {
    /// Whether anything goes back at all.
    pub refundable: bool,
    /// In any order.
    pub tiers: Vec<TierInput>,
}

impl PolicyInput {
    /// The policy, for an event whose prices are in `currency`.
    ///
    /// # Errors
    /// All mistakes.
    pub fn checked(&self, currency: Currency) -> Result<CancellationPolicy, Vec<Invalid>> {
        let mut wrong = Vec::new();
        if self.tiers.len() > MOST_TIERS {
            let message = format!("there may be up to {MOST_TIERS} tiers");
            return Err(vec![Invalid::new("tiers", "too_many", message)]);
        }
        let mut tiers: Vec<Tier> = Vec::with_capacity(self.tiers.len());
        for (place, input) in self.tiers.iter().enumerate() {
            if let Some(tier) = input.checked(place, currency, &mut wrong) {
                if tiers.iter().any(|other| other.until_hours_before == tier.until_hours_before) {
                    let field = format!("tiers.{place}.until_hours_before");
                    wrong.push(Invalid::new(field, "repeated", "another tier ends at the same time"));
                }
                tiers.push(tier);
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        CancellationPolicy::new(self.refundable, tiers)
            .map_err(|error| vec![Invalid::new("tiers", "malformed", error.to_string())])
    }
}

impl TierInput {
    fn checked(&self, place: usize, currency: Currency, wrong: &mut Vec<Invalid>) -> Option<Tier> {
        let mut add = |field: &str, code, message: String| {
            wrong.push(Invalid::new(format!("tiers.{place}.{field}"), code, message));
        };
        let hours = u32::try_from(self.until_hours_before).ok().filter(|hours| *hours <= MOST_HOURS);
        if hours.is_none() {
            let message = format!("this is a number from 0 to {MOST_HOURS}");
            add("until_hours_before", "out_of_range", message);
        }
        let points = self.fee_percent.as_deref().map_or(Some(0), basis_points);
        if points.is_none() {
            let message = "this is a number from 0 to 100 with up to two decimals";
            add("fee_percent", "out_of_range", message.to_owned());
        }
        let fixed = match &self.fee_fixed {
            None => Some(None),
            Some((amount, code)) => {
                let own = code.parse() == Ok(currency);
                if !own {
                    let message = "this is not the event's currency".to_owned();
                    add("fee_fixed.currency", "currency_mismatch", message);
                }
                let bounded = (0..=HIGHEST_FEE).contains(amount);
                if !bounded {
                    let message = format!("this is a number from 0 to {HIGHEST_FEE}");
                    add("fee_fixed.amount", "out_of_range", message);
                }
                Money::new(*amount, currency).ok().filter(|_| own && bounded).map(Some)
            }
        };
        Some(Tier { until_hours_before: hours?, fee_basis_points: points?, fee_fixed: fixed? })
    }
}

/// Reads a number of percent: `12.5` is 1250.
fn basis_points(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return None;
    }
    let whole: u16 = whole.parse().ok()?;
    let hundredths: u16 = format!("{fraction:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(hundredths).filter(|points| *points <= WHOLE)
}

#[cfg(test)]
mod tests;
