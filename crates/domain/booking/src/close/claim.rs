//! What the ledger has of a day and the provider does not list on it: the provider is asked about it by its name.

use super::books::Books;
use super::found::words;
use super::judge::{order, session};
use super::thing::Gathered;
use super::{About, Found, TaskKind};
use crate::ledger::{Entry, EntryKind};
use crate::{DisputeStanding, DisputeStatus, RefundOrder, RefundStanding, RefundStatus, Standing, Till};
use kernel::{BookingId, Money, PaymentId, Timestamp};

/// Something that our books put on the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    about: About,
    reference: String,
    charge: Option<String>,
    booking: BookingId,
    payment: PaymentId,
    amount: Money,
    /// What the ledger says in all.
    posted: i64,
    /// How the provider is asked.
    pub ask: Ask,
}

/// A question to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Where this checkout stands.
    Session(String),
    /// Where this refund stands.
    Refund(Box<RefundOrder>),
    /// Where the disputes stand that were opened then or later.
    DisputesSince(Timestamp),
    /// There is no checkout by which it could be asked about.
    Nothing,
}

/// What the provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It does not know it.
    Unknown,
    /// It stands as our books say, over this amount if one is told.
    Stands(Option<Money>),
    /// It ended otherwise.
    Otherwise,
}

impl Claim {
    /// What an entry says the provider must know; `None` for what is not the provider's, or holds no more.
    #[must_use]
    pub fn of(entry: &Entry, books: &Books) -> Option<Self> {
        if entry.reversal {
            return None;
        }
        let booking = books.booking(entry.booking?)?;
        let payment = booking.payment(entry.payment?)?;
        let charge = payment.charge.clone();
        let id = booking.id;
        let (about, reference, amount, posted, ask) = match entry.kind {
            EntryKind::Charge => {
                let ask = session(booking, payment).map_or(Ask::Nothing, Ask::Session);
                (About::Charge, charge.clone()?, payment.paid?, books.charged(id, payment.id), ask)
            }
            EntryKind::RefundDone => {
                let refund = booking.refunds.iter().find(|refund| Some(refund.id) == entry.refund)?;
                if refund.status == RefundStatus::Failed {
                    return None;
                }
                let ask = order(booking, payment, refund);
                let ask = ask.map_or(Ask::Nothing, |order| Ask::Refund(Box::new(order)));
                let name = refund.reference.clone().unwrap_or_else(|| refund.id.to_string());
                (About::Refund, name, refund.amount, books.sent_back(id, refund.id), ask)
            }
            EntryKind::DisputeLost => {
                let dispute = booking.dispute(entry.dispute?)?;
                let ask = Ask::DisputesSince(dispute.opened_at);
                (About::Dispute, dispute.reference.clone(), dispute.amount, dispute.amount.minor(), ask)
            }
            _ => return None,
        };
        Some(Self { about, reference, charge, booking: id, payment: payment.id, amount, posted, ask })
    }

    /// Whether the provider lists it on the day: then it was compared.
    #[must_use]
    pub fn is_listed(&self, gathered: &Gathered) -> bool {
        // PayPal lists disputes under the charge.
        let by_charge = || self.charge.as_ref().is_some_and(|charge| gathered.lists(self.about, charge));
        gathered.lists(self.about, &self.reference) || (self.about == About::Dispute && by_charge())
    }

    pub(super) const fn moved(&self) -> (About, Money) {
        (self.about, self.amount)
    }

    /// What a checkout's standing says of it.
    #[must_use]
    pub fn of_standing(&self, standing: Option<&Standing>) -> Word {
        match standing {
            Some(Standing::Paid(charge)) if charge.reference == self.reference => {
                Word::Stands(Some(charge.amount))
            }
            Some(Standing::Failed) => Word::Otherwise,
            _ => Word::Unknown,
        }
    }

    /// What a refund's standing says of it.
    #[must_use]
    pub fn of_refund(standing: Option<&RefundStanding>) -> Word {
        match standing.map(|standing| standing.status) {
            None => Word::Unknown,
            Some(RefundStatus::Failed) => Word::Otherwise,
            Some(_) => Word::Stands(None),
        }
    }

    /// What a list of disputes says of it.
    #[must_use]
    pub fn of_disputes(&self, disputes: &[DisputeStanding]) -> Word {
        match disputes.iter().find(|dispute| dispute.reference == self.reference) {
            None => Word::Unknown,
            Some(dispute) if dispute.status == DisputeStatus::Lost => Word::Stands(Some(dispute.amount)),
            Some(_) => Word::Otherwise,
        }
    }

    /// The difference, if what the provider said is one.
    #[must_use]
    pub fn judge(&self, word: &Word, till: &Till) -> Option<Found> {
        let (kind, theirs) = match word {
            Word::Unknown => (TaskKind::MissingAtProvider, None),
            Word::Otherwise => (TaskKind::StateDiffers, None),
            Word::Stands(Some(amount))
                if amount.currency() == self.amount.currency() && *amount != self.amount =>
            {
                let order = self.posted == amount.minor();
                (if order { TaskKind::OrderDiffers } else { TaskKind::AmountDiffers }, Some(*amount))
            }
            Word::Stands(_) => return None,
        };
        let thing = format!("{} {}", self.about.as_str(), self.reference);
        Some(Found {
            kind,
            till: till.clone(),
            about: self.about,
            reference: self.reference.clone(),
            booking: Some(self.booking),
            payment: Some(self.payment),
            ours: Some(self.amount),
            theirs,
            words: words(kind, &thing, Some(self.amount), theirs),
        })
    }
}
