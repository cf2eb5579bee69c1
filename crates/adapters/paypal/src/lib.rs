//! PayPal Orders v2 as a [`PaymentProvider`]: hosted approval, capture by us, refunds by capture.
//!
//! The calls are [`paypal_rs::endpoint::Endpoint`]s, at the addresses of [`paypal_rs::PaypalEnv`]. Bodies, answers
//! and the sending of them are our own, because those of `paypal-rs` lose what decides about money: its client
//! reports an error answer without its HTTP status unless it is of one exact shape (a 401 or a 429 is not), it has
//! no deadline, and it asks for one token for good; its types know neither `payment_source.paypal`, the order status
//! `PAYER_ACTION_REQUIRED` nor the capture status `FAILED`, and read the text `SEK` as Singapore dollars.
//!
//! Nothing is repeated here but a call that was answered with 401, once, with a fresh token. What must not happen
//! twice carries a `PayPal-Request-Id` made of our own id, so that the caller may ask again.

#![warn(missing_docs)]

mod account;
mod amount;
mod calls;
mod client;
mod dispute;
mod failure;
mod movement;
mod notice;
mod orders;
mod refunds;
mod settings;
mod standing;
mod token;
mod verify;

pub use settings::{Settings, SettingsError};

use async_trait::async_trait;
use booking::{
    CallListener, CallOutcome, CheckoutOrder, DisputeStanding, Health, Listed, Movement, Notice, NoticeError,
    Objection, Opened, PaymentProvider, Provider, ProviderError, RawNotice, RefundOrder, RefundStanding,
    Standing, ToldRefund,
};
use client::Client;
use failure::{Failure, unreadable};
use kernel::{Clock, Money, PaymentId, Timestamp};
use orders::{CaptureOrder, CreateOrder, Order, ShowOrder};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a call may take, from connecting to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// One PayPal account.
pub struct PaypalAdapter {
    account: String,
    live: bool,
    webhook_id: Option<String>,
    client: Client,
    clock: Arc<dyn Clock>,
    listener: Option<CallListener>,
}

impl PaypalAdapter {
    /// An adapter for the account that the client belongs to. Nothing is called yet.
    ///
    /// # Errors
    /// [`SettingsError`], naming the setting that cannot be.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let env = settings.check()?;
        let webhook_id = Some(settings.webhook_id.trim().to_owned()).filter(|id| !id.is_empty());
        let clock = Arc::clone(&settings.clock);
        let client = Client::new(env, settings.client_id, settings.client_secret, settings.clock, DEADLINE);
        let client = client.map_err(|_| SettingsError::Transport)?;
        let live = client.is_live();
        Ok(Self { account: settings.account, live, webhook_id, client, clock, listener: None })
    }

    /// The same with another deadline per call than ten seconds.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.client.deadline = deadline;
        self
    }

    /// The same, with somebody who is told of each call.
    #[must_use]
    pub fn heard_by(mut self, listener: CallListener) -> Self {
        self.listener = Some(listener);
        self
    }

    async fn order(&self, id: &str) -> Result<Order, Failure> {
        self.client.execute(&ShowOrder(orders::segment(id)?), None).await
    }

    /// An order that PayPal has forgotten, as it does with orders that nobody paid, is closed.
    async fn look_up(&self, session: &str) -> Result<Standing, ProviderError> {
        match self.order(session).await {
            Ok(order) => standing::of(&order, self.live),
            Err(Failure::Answered(answer)) if answer.status == 404 => Ok(Standing::Closed),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn take(
        &self,
        payment: PaymentId,
        declines: u32,
        session: &str,
    ) -> Result<Standing, ProviderError> {
        let call = CaptureOrder(orders::segment(session)?);
        let key = format!("capture-{payment}-{declines}");
        let captured: Result<Order, _> = self.client.execute(&call, Some(key)).await;
        let answer = match captured {
            Ok(order) => return standing::of(&order, self.live),
            Err(Failure::Answered(answer)) => answer,
            Err(failure) => return Err(failure.into()),
        };
        match (answer.status, answer.issue.as_deref()) {
            (404, _) => Ok(Standing::Closed),
            (_, Some("ORDER_ALREADY_CAPTURED")) => self.look_up(session).await,
            (_, Some("ORDER_NOT_APPROVED")) => Ok(Standing::Open),
            // The buyer is sent back to choose another way to pay.
            (
                _,
                Some(
                    "INSTRUMENT_DECLINED" | "PAYER_ACTION_REQUIRED" | "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
                ),
            ) => Ok(Standing::Declined),
            (_, Some("ORDER_COMPLETION_IN_PROGRESS")) => Err(ProviderError::Uncertain(answer.into())),
            _ => Err(Failure::Answered(answer).into()),
        }
    }

    /// By its reference when we have one, else among the refunds that PayPal lists with the order. An order that
    /// PayPal has forgotten tells nothing about its refunds, so that this is a refusal and not `None`.
    async fn refund_of(&self, order: &RefundOrder) -> Result<Option<RefundStanding>, ProviderError> {
        let Some(reference) = &order.reference else {
            let found = self.order(&order.session).await?;
            return found.refund(order.refund).map(refunds::Refund::standing).transpose();
        };
        match self.client.execute(&refunds::ShowRefund(orders::segment(reference)?), None).await {
            Ok(refund) => refund.standing().map(Some),
            Err(Failure::Answered(answer)) if answer.status == 404 => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}

#[async_trait]
impl PaymentProvider for PaypalAdapter {
    fn provider(&self) -> Provider {
        Provider::Paypal
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
            let call = CreateOrder::new(order)?;
            let opened: Order = self.client.execute(&call, Some(format!("open-{}", order.payment))).await?;
            let link = opened.approval();
            // A repeat is answered with how the order stands now: once approved it has no such link, and our own page,
            // which asks where it stands, is where its buyer belongs.
            let link = link.or_else(|| (!opened.waits_for_approval()).then_some(order.return_url.as_str()));
            let checkout_url =
                link.ok_or_else(|| unreadable("an order without a link for its buyer"))?.to_owned();
            Ok(Opened { session: opened.id, checkout_url })
        })
        .await
    }

    async fn ask(&self, session: &str) -> Result<Standing, ProviderError> {
        self.measured("ask", self.look_up(session)).await
    }

    async fn capture(
        &self,
        payment: PaymentId,
        declines: u32,
        session: &str,
    ) -> Result<Standing, ProviderError> {
        self.measured("capture", self.take(payment, declines, session)).await
    }

    /// PayPal has no call that cancels an unpaid order, and needs none: nothing is charged until we capture, and a
    /// closed attempt is not captured. So this only asks. What was approved or paid in the meantime is told as it
    /// is; anything else counts as closed, and PayPal forgets it after some hours.
    async fn close(&self, session: &str) -> Result<Standing, ProviderError> {
        Ok(match self.measured("close", self.look_up(session)).await? {
            standing @ (Standing::Approved | Standing::Processing | Standing::Paid(_)) => standing,
            Standing::Open | Standing::Declined | Standing::Failed | Standing::Closed => Standing::Closed,
        })
    }

    async fn refund(&self, order: &RefundOrder) -> Result<RefundStanding, ProviderError> {
        self.measured("refund", async {
            let call = refunds::CreateRefund::new(order)?;
            let refund: refunds::Refund =
                self.client.execute(&call, Some(format!("refund-{}", order.refund))).await?;
            refund.standing()
        })
        .await
    }

    async fn find_refund(&self, order: &RefundOrder) -> Result<Option<RefundStanding>, ProviderError> {
        self.measured("find_refund", self.refund_of(order)).await
    }

    /// Those that PayPal lists with the order.
    async fn refunds_of(&self, session: &str, charge: &str) -> Result<Vec<ToldRefund>, ProviderError> {
        self.measured("refunds_of", async { self.order(session).await?.refunds_of(charge) }).await
    }

    async fn transactions(
        &self,
        from: Timestamp,
        to: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<Movement>, ProviderError> {
        self.measured("transactions", movement::list(&self.client, from, to, cursor)).await
    }

    async fn disputes(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<DisputeStanding>, ProviderError> {
        self.measured("disputes", dispute::list(&self.client, since, cursor)).await
    }

    async fn health(&self) -> Result<Health, ProviderError> {
        self.measured("health", account::health(&self.client, self.webhook_id.as_deref())).await
    }

    async fn read_notice(&self, notice: &RawNotice) -> Result<Notice, NoticeError> {
        let webhook = self.webhook_id.as_deref().ok_or(NoticeError::Forged)?;
        let here = (self.client.base(), self.clock.now());
        let call = verify::VerifySignature::of(notice, webhook, here).ok_or(NoticeError::Forged)?;
        let began = Instant::now();
        let judged = verify::judge(self.client.execute(&call, None).await);
        // That a notice is not genuine is an answer, too.
        let outcome = match judged {
            Ok(()) | Err(NoticeError::Forged | NoticeError::Unreadable(_)) => CallOutcome::Answered,
            Err(NoticeError::Unchecked(_)) => CallOutcome::Away,
        };
        self.tell("read_notice", outcome, began);
        judged?;
        notice::read(&notice.body, self.live)
    }
}

/// Without the secret.
impl fmt::Debug for PaypalAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaypalAdapter")
            .field("account", &self.account)
            .field("live", &self.live)
            .field("webhook_id", &self.webhook_id)
            .finish_non_exhaustive()
    }
}
