//! Attempts to pay, what a provider says of them, and money on its way back.

use crate::IncidentKind;
use chrono::TimeDelta;
use kernel::{AccountId, Money, PaymentId, RefundId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Who carries the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Stripe Checkout.
    Stripe,
    /// PayPal Orders v2.
    Paypal,
    /// To the organiser's bank account; whoever reads the statement says that it came.
    BankTransfer,
    /// At the door; whoever takes it says so.
    Cash,
}

impl Provider {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Paypal => "paypal",
            Self::BankTransfer => "bank_transfer",
            Self::Cash => "cash",
        }
    }

    /// Whether people say what came, and not the provider.
    #[must_use]
    pub const fn is_by_hand(self) -> bool {
        match self {
            Self::Stripe | Self::Paypal => false,
            Self::BankTransfer | Self::Cash => true,
        }
    }
}

impl Provider {
    /// How long after a charge it gives money back; `None` when it sets no end that we know of.
    #[must_use]
    pub const fn refund_window(self) -> Option<TimeDelta> {
        match self {
            Self::Stripe | Self::BankTransfer | Self::Cash => None,
            // PayPal, "Refund captured payment": 180 days.
            Self::Paypal => Some(TimeDelta::days(180)),
        }
    }

    /// How long after a movement its list of movements may lack it.
    #[must_use]
    pub const fn listing_lag(self) -> TimeDelta {
        match self {
            Self::Stripe | Self::BankTransfer | Self::Cash => TimeDelta::zero(),
            // PayPal, "Transaction Search": up to three hours.
            Self::Paypal => TimeDelta::hours(3),
        }
    }
}

impl FromStr for Provider {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "stripe" => Ok(Self::Stripe),
            "paypal" => Ok(Self::Paypal),
            "bank_transfer" => Ok(Self::BankTransfer),
            "cash" => Ok(Self::Cash),
            _ => Err(()),
        }
    }
}

/// How a buyer wants to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentChoice {
    /// Through whom.
    pub provider: Provider,
    /// Where the browser goes when all went well; the system's own page when absent.
    pub success_url: Option<String>,
    /// Where it goes when the buyer turned back.
    pub cancel_url: Option<String>,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The row exists; the provider has not answered yet, or its answer was lost.
    Created,
    /// The buyer can pay at `checkout_url`.
    Open,
    /// The provider has the buyer's word but not yet the money.
    Processing,
    /// The charge is ours.
    Paid,
    /// It came to nothing at the provider.
    Failed,
    /// Ended by us; it can no longer be paid.
    Closed,
    /// Something was charged that is not what was asked for; a person decides.
    Mismatched,
}

impl PaymentStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Closed => "closed",
            Self::Mismatched => "mismatched",
        }
    }

    /// Whether money can still come from it, as far as we know.
    #[must_use]
    pub const fn may_be_paid(self) -> bool {
        matches!(self, Self::Created | Self::Open | Self::Processing)
    }
}

/// One attempt to pay a booking. Attempts are kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Names it; also the idempotency key towards the provider.
    pub id: PaymentId,
    /// 1, 2, ... within the booking.
    pub attempt: u32,
    /// Through whom.
    pub provider: Provider,
    /// Which of our accounts there; its refunds go the same way.
    pub account: String,
    /// Real money, or the provider's test mode.
    pub live: bool,
    /// What was asked for.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The provider's name for the checkout: a Stripe session, a PayPal order.
    pub session: Option<String>,
    /// The provider's name for the charge: a Stripe payment intent, a PayPal capture.
    pub charge: Option<String>,
    /// What was charged.
    pub paid: Option<Money>,
    /// When we learnt of the charge; what a person decides about it later leaves this as it is.
    #[serde(default)]
    pub charged_at: Option<Timestamp>,
    /// Where the buyer pays.
    pub checkout_url: Option<String>,
    /// Where the buyer is sent afterwards.
    pub success_url: Option<String>,
    /// Where the buyer is sent after turning back.
    pub cancel_url: Option<String>,
    /// The last thing that went wrong, as a stable code (`declined`, `wrong_amount`).
    pub problem: Option<String>,
    /// How often the provider refused to take the money after the buyer had agreed: part of the next try's key, or
    /// the refusal would be answered again for ever.
    #[serde(default)]
    pub declines: u32,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub changed_at: Timestamp,
}

impl Payment {
    /// When its charge came; of what was written before that was kept, the last change says so.
    #[must_use]
    pub fn came_at(&self) -> Option<Timestamp> {
        self.charged_at.or_else(|| self.paid.is_some().then_some(self.changed_at))
    }

    /// Whether money was taken from the buyer, or still may be without them.
    #[must_use]
    pub fn took_money(&self) -> bool {
        self.charge.is_some() || self.status == PaymentStatus::Processing
    }

    /// Whether test money came for a live booking, or the other way round.
    #[must_use]
    pub fn came_in_other_mode(&self) -> bool {
        self.status == PaymentStatus::Mismatched
            && self.problem.as_deref() == Some(IncidentKind::WrongMode.as_str())
    }
}

/// Money that arrived, as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The provider's name for it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// Real money, or test mode.
    pub live: bool,
}

/// Where a checkout stands, as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing happened yet.
    Open,
    /// The buyer was refused a try and may try again.
    Declined,
    /// The buyer agreed; the money moves when we capture it (PayPal).
    Approved,
    /// The money is on its way and may still fail.
    Processing,
    /// The money is ours.
    Paid(Charge),
    /// It failed for good.
    Failed,
    /// It ended unpaid and cannot be paid any more.
    Closed,
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The booking was paid before.
    Overpaid,
    /// It came too late and the places are gone.
    NoPlaces,
    /// The buyer cancelled, as the policy allows, or staff granted it.
    Cancelled,
    /// The event does not take place.
    EventCancelled,
    /// Staff decided so.
    Staff,
    /// The ticket was given back and sold again.
    Resold,
    /// Somebody sent it back on the provider's own pages. What it was for, and whether tickets end with it, we do
    /// not know.
    External,
}

impl RefundReason {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overpaid => "overpaid",
            Self::NoPlaces => "no_places",
            Self::Cancelled => "cancelled",
            Self::EventCancelled => "event_cancelled",
            Self::Staff => "staff",
            Self::Resold => "resold",
            Self::External => "external",
        }
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Decided; the provider has not been asked yet.
    Created,
    /// Accepted by the provider.
    InTransit,
    /// The buyer has it.
    Done,
    /// The provider says no; a person decides.
    Failed,
    /// The provider's answer was lost: it is asked, not told again.
    Uncertain,
}

impl RefundStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::InTransit => "in_transit",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }
}

/// Money on its way back to the buyer, through the provider and account that took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Names it; also the idempotency key towards the provider.
    pub id: RefundId,
    /// Of which charge.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's name for it.
    pub reference: Option<String>,
    /// The tickets whose price it gives back; none when it is just money.
    #[serde(default)]
    pub tickets: Vec<TicketId>,
    /// Who decided it, when somebody did.
    #[serde(default)]
    pub by: Option<AccountId>,
    /// Why, in that person's words.
    #[serde(default)]
    pub note: Option<String>,
    /// The refund that failed and that this one makes again.
    #[serde(default)]
    pub again: Option<RefundId>,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub changed_at: Timestamp,
}

/// Where a refund stands, as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundStanding {
    /// The provider's name for it.
    pub reference: String,
    /// Never `Created` or `Uncertain`.
    pub status: RefundStatus,
}
