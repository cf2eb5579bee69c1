//! Stripe Checkout as a [`PaymentProvider`]: hosted pages, refunds by payment intent, signed webhooks.
//!
//! Calls go through `async-stripe`, whose types follow the API version that it sends with every call. Webhooks are
//! checked and read here: they come in the API version of the Stripe *account*, so that typed events
//! (`async-stripe-webhook`) would fail on fields that we never look at, and that crate cannot be
//! asked to check the signature alone.
//!
//! Nothing is repeated here: every call is tried once within its deadline, and what must not happen twice carries
//! an idempotency key made of our own id, so that the caller may ask again.

#![warn(missing_docs)]

mod account;
mod amount;
mod calls;
mod checkout;
mod dispute;
mod failure;
mod movement;
mod notice;
mod raw;
mod refunds;
mod sent;
mod settings;
mod signature;
mod standing;

pub use settings::{Settings, SettingsError};

use async_trait::async_trait;
use booking::{
    CallListener, CheckoutOrder, DisputeStanding, Health, Listed, Movement, Notice, NoticeError, Objection,
    Opened, PaymentProvider, Provider, ProviderError, RawNotice, RefundOrder, RefundStanding, Standing,
    ToldRefund,
};
use failure::unreadable;
use kernel::{Clock, Money, PaymentId, Timestamp};
use raw::Raw;
use sent::sent;
use settings::Checked;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_checkout::checkout_session::{ExpireCheckoutSession, RetrieveCheckoutSession};

/// How long a call may take, from connecting to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// One Stripe account.
pub struct StripeAdapter {
    account: String,
    live: bool,
    client: stripe::Client,
    webhook_secrets: Vec<String>,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    listener: Option<CallListener>,
}

impl StripeAdapter {
    /// An adapter for the account that the key belongs to. Nothing is called yet.
    ///
    /// # Errors
    /// [`SettingsError`], naming the setting that cannot be.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Checked { client, live, webhook_secrets } = settings.check()?;
        let Settings { account, clock, .. } = settings;
        Ok(Self { account, live, client, webhook_secrets, clock, deadline: DEADLINE, listener: None })
    }

    /// The same with another deadline per call than ten seconds.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The same, with somebody who is told of each call.
    #[must_use]
    pub fn heard_by(self, listener: CallListener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    async fn look_up(&self, session: &str) -> Result<Standing, ProviderError> {
        let call = RetrieveCheckoutSession::new(session).expand(["payment_intent".to_owned()]).customize();
        let call = call.timeout(self.deadline);
        let session = sent("Stripe: ask about a checkout", call.send(&self.client)).await?;
        standing::of(&session)
    }

    fn raw(&self) -> Raw<'_> {
        Raw { client: &self.client, deadline: self.deadline }
    }
}

/// Stripe acts once on what carries this key, however often it comes; it compares the parameters as well, which is
/// why every parameter of a call follows from its order alone.
fn keyed(key: String) -> Result<RequestStrategy, ProviderError> {
    IdempotencyKey::new(key).map(RequestStrategy::Idempotent).map_err(unreadable)
}

#[async_trait]
impl PaymentProvider for StripeAdapter {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }

    fn account(&self) -> &str {
        &self.account
    }

    fn live(&self) -> bool {
        self.live
    }

    fn objection(&self, price: Money) -> Option<Objection> {
        amount::objection(price)
    }

    async fn open(&self, order: &CheckoutOrder) -> Result<Opened, ProviderError> {
        self.measured("open", async {
            let key = keyed(format!("open-{}", order.payment))?;
            let call = checkout::request(order, self.clock.now())?.customize();
            let call = call.request_strategy(key).timeout(self.deadline);
            let session = sent("Stripe: open a checkout", call.send(&self.client)).await?;
            let url = session.url.ok_or_else(|| unreadable("a new session without an address"))?;
            Ok(Opened { session: session.id.to_string(), checkout_url: url })
        })
        .await
    }

    async fn ask(&self, session: &str) -> Result<Standing, ProviderError> {
        self.measured("ask", self.look_up(session)).await
    }

    /// Stripe captures by itself.
    async fn capture(
        &self,
        _payment: PaymentId,
        _declines: u32,
        session: &str,
    ) -> Result<Standing, ProviderError> {
        self.ask(session).await
    }

    /// Expires the session. One that was completed or had ended before is asked for instead; while it is open after
    /// all it can be paid, so that nothing is certain.
    async fn close(&self, session: &str) -> Result<Standing, ProviderError> {
        self.measured("close", async {
            let call = ExpireCheckoutSession::new(session).expand(["payment_intent".to_owned()]).customize();
            let call = call.timeout(self.deadline);
            match sent("Stripe: close a checkout", call.send(&self.client)).await {
                Ok(expired) => standing::of(&expired),
                Err(ProviderError::Refused { code }) => match self.look_up(session).await? {
                    Standing::Open | Standing::Declined => {
                        Err(unreadable(format!("still open, but: {code}")))
                    }
                    ended => Ok(ended),
                },
                Err(other) => Err(other),
            }
        })
        .await
    }

    async fn refund(&self, order: &RefundOrder) -> Result<RefundStanding, ProviderError> {
        self.measured("refund", async {
            let key = keyed(format!("refund-{}", order.refund))?;
            let call = refunds::request(order)?.customize();
            let call = call.request_strategy(key).timeout(self.deadline);
            let refund = sent("Stripe: refund", call.send(&self.client)).await?;
            refunds::standing(&refund)
        })
        .await
    }

    async fn find_refund(&self, order: &RefundOrder) -> Result<Option<RefundStanding>, ProviderError> {
        self.measured("find_refund", refunds::find(&self.client, self.deadline, order)).await
    }

    async fn refunds_of(&self, _session: &str, charge: &str) -> Result<Vec<ToldRefund>, ProviderError> {
        self.measured("refunds_of", refunds::of_charge(&self.client, self.deadline, charge)).await
    }

    /// Stripe's balance transactions, the newest first.
    async fn transactions(
        &self,
        from: Timestamp,
        to: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<Movement>, ProviderError> {
        self.measured("transactions", async { movement::list(&self.raw(), from, to, cursor).await }).await
    }

    async fn disputes(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<DisputeStanding>, ProviderError> {
        self.measured("disputes", async { dispute::list(&self.raw(), since, cursor).await }).await
    }

    async fn health(&self) -> Result<Health, ProviderError> {
        let believes = !self.webhook_secrets.is_empty();
        self.measured("health", async { account::health(&self.raw(), self.live, believes).await }).await
    }

    /// Nobody is asked: the signature is looked at here.
    async fn read_notice(&self, notice: &RawNotice) -> Result<Notice, NoticeError> {
        let header = notice.header("stripe-signature").ok_or(NoticeError::Forged)?;
        signature::check(header, &notice.body, &self.webhook_secrets, self.clock.now())?;
        notice::read(&notice.body)
    }
}

/// Without the keys.
impl fmt::Debug for StripeAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeAdapter")
            .field("account", &self.account)
            .field("live", &self.live)
            .field("webhook_secrets", &self.webhook_secrets.len())
            .finish_non_exhaustive()
    }
}
