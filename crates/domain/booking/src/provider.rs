//! The port to those who carry money. Every call happens between two transactions, never inside one.

mod called;

pub use called::{CallListener, CallOutcome, Called};

use crate::{DisputeStanding, Provider, RefundStanding, Standing};
use async_trait::async_trait;
use kernel::{BookingId, Money, PaymentId, RefundId, Timestamp};
use std::error::Error;

/// A checkout to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutOrder {
    /// The attempt; the idempotency key: the same attempt opens the same checkout.
    pub payment: PaymentId,
    /// What it pays.
    pub booking: BookingId,
    /// The booking's name for people.
    pub reference: String,
    /// What the buyer sees on the provider's page.
    pub description: String,
    /// How much.
    pub amount: Money,
    /// Where the provider sends the browser afterwards.
    pub return_url: String,
    /// Where it sends a buyer who turned back.
    pub cancel_url: String,
    /// When we will end it; providers with a minimum life of their own may keep it longer.
    pub expires_at: Timestamp,
}

/// An open checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The provider's name for it.
    pub session: String,
    /// Where the buyer pays.
    pub checkout_url: String,
}

/// A refund to be made, or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// The idempotency key: the same refund is made once.
    pub refund: RefundId,
    /// The charge's attempt.
    pub payment: PaymentId,
    /// The provider's name for the checkout.
    pub session: String,
    /// The provider's name for the charge.
    pub charge: String,
    /// How much.
    pub amount: Money,
    /// The provider's name for the refund, when it told us.
    pub reference: Option<String>,
}

/// Why a provider did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It understood and said no. Asking again the same way gives the same answer.
    #[error("the provider refused: {code}")]
    Refused {
        /// The provider's stable code.
        code: String,
    },
    /// It was not reached: nothing happened there.
    #[error("the provider cannot be reached")]
    Away(#[source] Box<dyn Error + Send + Sync>),
    /// The answer was lost or makes no sense: it may or may not have acted.
    #[error("the provider's answer was lost")]
    Uncertain(#[source] Box<dyn Error + Send + Sync>),
}

/// Why an account could not charge a price; it follows from what the provider documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// Nothing in this currency.
    Currency,
    /// Nothing below this.
    Below(Money),
    /// Not this very amount: it has parts that the provider does not count.
    Amount,
}

/// A webhook as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawNotice {
    /// Names in lower case; first value each.
    pub headers: Vec<(String, String)>,
    /// The untouched body.
    pub body: Vec<u8>,
}

impl RawNotice {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// A webhook whose signature was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's id of the event, by which repeats are recognised.
    pub id: String,
    /// The provider's name for what happened.
    pub kind: String,
    /// What it says.
    pub subject: NoticeSubject,
}

/// What a webhook speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeSubject {
    /// A checkout or a charge.
    Payment {
        /// Our attempt, when the provider carries it.
        payment: Option<PaymentId>,
        /// The provider's name for the checkout, when it is told.
        session: Option<String>,
        /// Where it stands.
        standing: Standing,
    },
    /// A refund.
    Refund {
        /// Ours, when the provider carries it.
        refund: Option<RefundId>,
        /// The provider's name for the charge.
        charge: String,
        /// How much, when it is told.
        amount: Option<Money>,
        /// Where it stands.
        standing: RefundStanding,
    },
    /// A charge that somebody wants back from a bank or from the provider.
    Dispute(DisputeStanding),
    /// Nothing that we act on.
    Other,
}

/// A refund as the provider lists it, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRefund {
    /// Ours, when the provider carries it.
    pub refund: Option<RefundId>,
    /// The provider's name for the charge.
    pub charge: String,
    /// How much.
    pub amount: Money,
    /// Where it stands, under the provider's name for it.
    pub standing: RefundStanding,
}

/// What moved money on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementKind {
    /// A buyer paid.
    Charge,
    /// Money went back to a buyer.
    Refund,
    /// A disputed amount was taken or held, or came back.
    Dispute,
    /// The provider took something for its work, and nothing else moved.
    Fee,
    /// Anything else: payouts, conversions, what others do with the account.
    Other,
}

/// Which way money moved, seen from our account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To us.
    In,
    /// Away from us.
    Out,
}

/// One movement on our account at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The provider's name for it; each has its own.
    pub reference: String,
    /// What it was.
    pub kind: MovementKind,
    /// Which way.
    pub direction: Direction,
    /// How much, before the fee. In the currency of the account, which differs from the charge's when the provider
    /// converts.
    pub amount: Money,
    /// What the provider kept of it or took beside it.
    pub fee: Money,
    /// The provider's name for the charge that it belongs to, as in [`crate::Charge`].
    pub charge: Option<String>,
    /// The provider's name for the refund or dispute that it is.
    pub about: Option<String>,
    /// Our refund, when the provider carries it.
    pub refund: Option<RefundId>,
    /// When.
    pub at: Timestamp,
}

/// One page of a list at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most a hundred, in no promised order.
    pub items: Vec<T>,
    /// What to ask for to get more; `None` when this was all.
    pub next: Option<String>,
}

/// An address of ours that a provider tells what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The provider's name for it.
    pub id: String,
    /// The address.
    pub url: String,
    /// What it is told; `*` is everything.
    pub events: Vec<String>,
    /// Whether it is told anything at all now.
    pub enabled: bool,
    /// Whether this adapter would believe what is sent there, as far as that can be known.
    pub believed: bool,
}

/// How an account at a provider is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether its keys move real money.
    pub live: bool,
    /// All addresses that are registered; `None` when these keys may not see them.
    pub listeners: Option<Vec<Listener>>,
    /// The events that this adapter acts on.
    pub wanted: &'static [&'static str],
}

/// Why a webhook was not believed.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// No signature, a wrong one, or one of another time.
    #[error("the signature is not valid")]
    Forged,
    /// The signature is right, the content is not what the provider documents.
    #[error("the notice cannot be read: {0}")]
    Unreadable(String),
    /// The signature could not be checked now: the provider shall send it again.
    #[error("the signature could not be checked")]
    Unchecked(#[source] Box<dyn Error + Send + Sync>),
}

/// One account at one provider.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Which provider.
    fn provider(&self) -> Provider;
    /// Our name for the account, stored with every charge that it takes.
    fn account(&self) -> &str;
    /// Whether its keys move real money.
    fn live(&self) -> bool;
    /// Why it could not charge this; `None` when it can. Nobody is asked.
    fn objection(&self, price: Money) -> Option<Objection>;
    /// Opens a checkout; the same attempt gives the same one.
    async fn open(&self, order: &CheckoutOrder) -> Result<Opened, ProviderError>;
    /// Asks where a checkout stands.
    async fn ask(&self, session: &str) -> Result<Standing, ProviderError>;
    /// Takes the money of an approved checkout; the same attempt takes it once. `declines` tells tries apart, between
    /// which the buyer agreed anew. Where the provider captures by itself this is [`Self::ask`].
    async fn capture(
        &self,
        payment: PaymentId,
        declines: u32,
        session: &str,
    ) -> Result<Standing, ProviderError>;
    /// Ends a checkout so that it cannot be paid; returns where it stands then, which may be `Paid`.
    async fn close(&self, session: &str) -> Result<Standing, ProviderError>;
    /// Sends money back, once per [`RefundOrder::refund`].
    async fn refund(&self, order: &RefundOrder) -> Result<RefundStanding, ProviderError>;
    /// Looks a refund up, by its reference or by our id; `None` when the provider knows of none.
    async fn find_refund(&self, order: &RefundOrder) -> Result<Option<RefundStanding>, ProviderError>;
    /// All refunds of a charge, whoever made them.
    async fn refunds_of(&self, session: &str, charge: &str) -> Result<Vec<ToldRefund>, ProviderError>;
    /// What moved from `from` (included) to `to` (excluded): the first page without a cursor, later ones with the one
    /// that the page before gave. What a provider lists hours late is missing until then.
    async fn transactions(
        &self,
        from: Timestamp,
        to: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<Movement>, ProviderError>;
    /// Disputes that were opened at `since` or later, in pages as [`Self::transactions`]. Those of charges that are
    /// not told are left out.
    async fn disputes(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<DisputeStanding>, ProviderError>;
    /// Whether the keys work, and what is registered. Changes nothing.
    async fn health(&self) -> Result<Health, ProviderError>;
    /// Checks a webhook's signature and reads it.
    async fn read_notice(&self, notice: &RawNotice) -> Result<Notice, NoticeError>;
}
