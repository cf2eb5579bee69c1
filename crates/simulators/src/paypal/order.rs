//! An order and what may happen to it.

use super::capture::{Capture, Taken};
use crate::notices::{Delivery, Notice};
use chrono::TimeDelta;
use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long a buyer has to approve an order, and the shop then to capture it.
const PATIENCE: TimeDelta = TimeDelta::hours(3);

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// Waits for the buyer.
    Created,
    /// The same, for an order that names its payment source.
    PayerActionRequired,
    Approved,
    Completed,
}

/// What becomes of the capture, as a test orders it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Prospect {
    #[default]
    Completed,
    /// Stays pending until it is decided.
    Pending,
    /// Is made and declined.
    Denied,
    /// Is refused: the buyer has to choose another way to pay.
    InstrumentDeclined,
}

/// An order with its captures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub id: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub status: Status,
    pub amount: Money,
    /// The purchase unit's other fields as they were sent: `reference_id`, `custom_id`, `items`, the breakdown.
    pub unit: Map<String, Value>,
    /// Whether the order names PayPal as its payment source (and not only an application context).
    pub names_source: bool,
    pub return_url: Option<String>,
    pub cancel_url: Option<String>,
    /// Who approved it, once somebody has.
    pub payer_id: Option<String>,
    pub prospect: Prospect,
    /// Taken instead of `amount`, when a test wants that.
    pub booked: Option<Money>,
    /// How the shop is told.
    pub delivery: Delivery,
    /// The notice of the approval, held back to come after that of the capture.
    pub held: Option<Notice>,
    pub captures: Vec<Capture>,
}

/// Why a buyer cannot approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotOpen;

/// Why nothing is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCaptured {
    NotApproved,
    AlreadyCaptured,
    InstrumentDeclined,
}

impl Order {
    /// Whether it was forgotten because nobody acted in time.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.status != Status::Completed && now >= self.updated + PATIENCE
    }

    /// Whether it waits for a buyer.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, Status::Created | Status::PayerActionRequired)
    }

    /// A buyer agrees to pay. No money moves yet.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub(crate) fn approve(&mut self, now: Timestamp) -> Result<(), NotOpen> {
        if !self.is_open() {
            return Err(NotOpen);
        }
        self.status = Status::Approved;
        self.payer_id.get_or_insert_with(crate::ids::paypal_account);
        self.updated = now;
        Ok(())
    }

    /// The shop takes the money.
    ///
    /// # Errors
    /// [`NotCaptured`]; after a declined instrument the buyer has to approve again.
    pub(crate) fn capture(&mut self, now: Timestamp) -> Result<&Capture, NotCaptured> {
        match self.status {
            Status::Created | Status::PayerActionRequired => return Err(NotCaptured::NotApproved),
            Status::Completed => return Err(NotCaptured::AlreadyCaptured),
            Status::Approved => {}
        }
        self.updated = now;
        let taken = match self.prospect {
            Prospect::Completed => Taken::Completed,
            Prospect::Pending => Taken::Pending,
            Prospect::Denied => Taken::Declined,
            Prospect::InstrumentDeclined => {
                self.prospect = Prospect::default();
                self.status = if self.names_source { Status::PayerActionRequired } else { Status::Created };
                return Err(NotCaptured::InstrumentDeclined);
            }
        };
        self.status = Status::Completed;
        Ok(self.captures.push_mut(Capture {
            id: crate::ids::paypal(),
            amount: self.booked.unwrap_or(self.amount),
            taken,
            created: now,
            updated: now,
            completed: None,
            refunds: Vec::new(),
            disputes: Vec::new(),
        }))
    }

    /// A text of the purchase unit.
    pub(crate) fn unit_text(&self, name: &str) -> Option<&str> {
        self.unit.get(name).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(prospect: Prospect) -> Order {
        let now = Timestamp::UNIX_EPOCH;
        Order {
            id: "O".into(),
            created: now,
            updated: now,
            status: Status::Created,
            amount: Money::eur(2_500),
            unit: Map::new(),
            names_source: false,
            return_url: None,
            cancel_url: None,
            payer_id: None,
            prospect,
            booked: None,
            delivery: Delivery::default(),
            held: None,
            captures: Vec::new(),
        }
    }

    #[test]
    fn money_moves_once_and_only_after_approval() {
        let (mut order, now) = (order(Prospect::Completed), Timestamp::UNIX_EPOCH);
        assert_eq!(order.capture(now).unwrap_err(), NotCaptured::NotApproved);
        order.approve(now).unwrap();
        assert!(order.captures.is_empty());
        assert_eq!(order.approve(now), Err(NotOpen));
        assert_eq!(order.capture(now).unwrap().status(), "COMPLETED");
        assert_eq!(order.capture(now).unwrap_err(), NotCaptured::AlreadyCaptured);
        assert_eq!(order.captures.len(), 1);
    }

    #[test]
    fn a_declined_instrument_sends_the_buyer_back() {
        let (mut order, now) = (order(Prospect::InstrumentDeclined), Timestamp::UNIX_EPOCH);
        order.approve(now).unwrap();
        assert_eq!(order.capture(now).unwrap_err(), NotCaptured::InstrumentDeclined);
        assert!(order.captures.is_empty());
        order.approve(now).unwrap();
        assert_eq!(order.capture(now).unwrap().status(), "COMPLETED");
    }

    #[test]
    fn a_pending_or_denied_capture_completes_the_order_all_the_same() {
        let now = Timestamp::UNIX_EPOCH;
        for (prospect, status) in [(Prospect::Pending, "PENDING"), (Prospect::Denied, "DECLINED")] {
            let mut order = order(prospect);
            order.approve(now).unwrap();
            assert_eq!(order.capture(now).unwrap().status(), status);
            assert_eq!(order.status, Status::Completed);
        }
    }

    #[test]
    fn what_nobody_approves_or_captures_is_forgotten() {
        let (mut order, now) = (order(Prospect::Completed), Timestamp::UNIX_EPOCH);
        assert!(!order.is_gone(now + PATIENCE - TimeDelta::seconds(1)) && order.is_gone(now + PATIENCE));
        order.approve(now + TimeDelta::hours(2)).unwrap();
        assert!(!order.is_gone(now + TimeDelta::hours(4)) && order.is_gone(now + TimeDelta::hours(5)));
        order.capture(now + TimeDelta::hours(4)).unwrap();
        assert!(!order.is_gone(now + TimeDelta::hours(400)));
    }
}
