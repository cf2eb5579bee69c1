//! A Checkout Session and what may happen to it.

use super::payment::{ChargeStatus, Intent, IntentStatus, Metadata};
use serde::{Deserialize, Serialize};

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// One thing that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub id: String,
    pub price: String,
    pub product: String,
    pub name: String,
    /// Stripe's minor units, for one.
    pub unit_amount: i64,
    pub quantity: i64,
}

/// What the shop asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub lines: Vec<Line>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub client_reference_id: Option<String>,
    pub customer_email: Option<String>,
    pub metadata: Metadata,
    pub payment_metadata: Metadata,
    pub payment_description: Option<String>,
    pub receipt_email: Option<String>,
    pub locale: Option<String>,
    pub submit_type: Option<String>,
    pub billing_address_collection: Option<String>,
    pub payment_method_types: Vec<String>,
}

/// A session with its payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub id: String,
    /// Whose it is.
    pub account: String,
    pub created: i64,
    pub expires_at: i64,
    pub terms: Terms,
    /// What is booked: the sum of the lines, unless a test had something else booked.
    pub amount: i64,
    /// In lower case.
    pub currency: String,
    pub status: Status,
    /// Made by the first try to pay.
    pub intent: Option<Intent>,
}

/// How a buyer's payment comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Paid,
    Processing,
    Declined,
}

/// The session is not open; this is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotOpen(pub Status);

impl Session {
    /// Whether its time is over.
    pub(crate) fn is_due(&self, now: i64) -> bool {
        self.status == Status::Open && now >= self.expires_at
    }

    /// Ends it unpaid.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub(crate) fn expire(&mut self, now: i64) -> Result<(), NotOpen> {
        self.must_be_open()?;
        self.status = Status::Expired;
        if let Some(intent) = &mut self.intent {
            intent.cancel(now);
        }
        Ok(())
    }

    /// A buyer's try. What is booked may be told to differ from what was asked.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub(crate) fn pay(
        &mut self,
        outcome: Outcome,
        amount: Option<i64>,
        currency: Option<String>,
        now: i64,
    ) -> Result<(), NotOpen> {
        self.must_be_open()?;
        if outcome != Outcome::Declined {
            self.amount = amount.unwrap_or(self.amount);
            self.currency = currency.unwrap_or_else(|| self.currency.clone());
            self.status = Status::Complete;
        }
        let intent = self.intent.get_or_insert_with(|| Intent {
            id: crate::ids::stripe("pi"),
            created: now,
            status: IntentStatus::RequiresPaymentMethod,
            amount: 0,
            currency: String::new(),
            metadata: self.terms.payment_metadata.clone(),
            description: self.terms.payment_description.clone(),
            receipt_email: self.terms.receipt_email.clone(),
            canceled_at: None,
            charges: Vec::new(),
        });
        intent.amount = self.amount;
        intent.currency.clone_from(&self.currency);
        intent.charge(
            match outcome {
                Outcome::Paid => ChargeStatus::Succeeded,
                Outcome::Processing => ChargeStatus::Pending,
                Outcome::Declined => ChargeStatus::Failed,
            },
            now,
        );
        Ok(())
    }

    /// `paid` or `unpaid`.
    pub(crate) fn payment_status(&self) -> &'static str {
        match &self.intent {
            Some(intent) if intent.status == IntentStatus::Succeeded => "paid",
            _ => "unpaid",
        }
    }

    fn must_be_open(&self) -> Result<(), NotOpen> {
        if self.status == Status::Open { Ok(()) } else { Err(NotOpen(self.status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: "cs_test_1".into(),
            account: "acct".into(),
            created: 0,
            expires_at: 1_800,
            terms: Terms {
                lines: Vec::new(),
                success_url: "https://shop.example/ok".into(),
                cancel_url: None,
                client_reference_id: None,
                customer_email: None,
                metadata: Metadata::new(),
                payment_metadata: Metadata::from([("booking".into(), "7".into())]),
                payment_description: None,
                receipt_email: None,
                locale: None,
                submit_type: None,
                billing_address_collection: None,
                payment_method_types: vec!["card".into()],
            },
            amount: 2_500,
            currency: "eur".into(),
            status: Status::Open,
            intent: None,
        }
    }

    #[test]
    fn a_paid_session_is_neither_paid_again_nor_expired() {
        let mut session = session();
        session.pay(Outcome::Paid, None, None, 1).unwrap();
        assert_eq!((session.status, session.payment_status()), (Status::Complete, "paid"));
        assert_eq!(session.intent.as_ref().unwrap().metadata.get("booking").unwrap(), "7");
        assert_eq!(session.pay(Outcome::Paid, None, None, 2), Err(NotOpen(Status::Complete)));
        assert_eq!(session.expire(2), Err(NotOpen(Status::Complete)));
        assert!(!session.is_due(9_999));
    }

    #[test]
    fn a_declined_session_stays_open_with_one_payment() {
        let mut session = session();
        session.pay(Outcome::Declined, Some(1), None, 1).unwrap();
        let first = session.intent.clone().unwrap();
        assert_eq!(
            (session.status, session.payment_status(), session.amount),
            (Status::Open, "unpaid", 2_500)
        );
        session.pay(Outcome::Paid, None, None, 2).unwrap();
        assert_eq!(session.intent.unwrap().id, first.id);
    }

    #[test]
    fn an_expired_session_takes_no_money_and_its_payment_is_given_up() {
        let mut session = session();
        session.pay(Outcome::Declined, None, None, 1).unwrap();
        assert!(!session.is_due(1_799) && session.is_due(1_800));
        session.expire(1_800).unwrap();
        assert_eq!(session.intent.as_ref().unwrap().status, IntentStatus::Canceled);
        assert_eq!(session.pay(Outcome::Paid, None, None, 1_801), Err(NotOpen(Status::Expired)));
    }

    #[test]
    fn a_wrong_amount_and_currency_are_booked_when_told_to() {
        let mut session = session();
        session.pay(Outcome::Paid, Some(1), Some("usd".into()), 1).unwrap();
        let intent = session.intent.unwrap();
        assert_eq!((session.amount, session.currency.as_str()), (1, "usd"));
        assert_eq!((intent.amount, intent.currency.as_str()), (1, "usd"));
    }
}
