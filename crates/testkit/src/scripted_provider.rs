//! A payment provider that does as it is told: for tests of what happens after its answers, not of its wire format.

use async_trait::async_trait;
use booking::{
    Charge, CheckoutOrder, Direction, DisputeStanding, Health, Listed, Movement, MovementKind, Notice,
    NoticeError, NoticeSubject, Objection, Opened, PaymentProvider, Provider, ProviderError, RawNotice,
    RefundOrder, RefundStanding, RefundStatus, Standing, ToldRefund,
};
use kernel::{Money, PaymentId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Remembers checkouts, gives the answers it was told to give, and counts what it was asked.
#[derive(Debug)]
pub struct ScriptedProvider {
    provider: Provider,
    account: &'static str,
    inner: Mutex<Inner>,
    /// Whoever has it keeps everybody else waiting for a checkout or a list.
    hesitation: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Inner {
    refuses_questions: bool,
    checkouts: BTreeMap<String, (CheckoutOrder, Standing)>,
    refunds: BTreeMap<String, RefundOrder>,
    /// Refunds that somebody made elsewhere, and when.
    elsewhere: Vec<(ToldRefund, Timestamp)>,
    disputes: Vec<DisputeStanding>,
    /// What it keeps of each movement that it lists.
    keeps: Option<Money>,
    silent: bool,
    forgets_answers: bool,
    calls: Vec<String>,
}

impl ScriptedProvider {
    /// One that answers everything at once.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        Self { provider, account: "scripted", inner: Mutex::default(), hesitation: Arc::default() }
    }

    /// The same for another account there.
    #[must_use]
    pub fn with_account(self, account: &'static str) -> Self {
        Self { account, ..self }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever asks for a checkout, or for what moved, waits until what this returns is dropped.
    pub async fn hesitate(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.hesitation).lock_owned().await
    }

    /// From now on it keeps this of each movement that it lists.
    pub fn keep(&self, fee: Money) {
        self.inner().keeps = Some(fee);
    }

    /// From now on it cannot be reached, or can again.
    pub fn be_silent(&self, silent: bool) {
        self.inner().silent = silent;
    }

    /// From now on it acts and its answers get lost, or not.
    pub fn lose_answers(&self, lost: bool) {
        self.inner().forgets_answers = lost;
    }

    /// From now on a checkout stands so.
    pub fn stands(&self, session: &str, standing: Standing) {
        if let Some((_, now)) = self.inner().checkouts.get_mut(session) {
            *now = standing;
        }
    }

    /// The buyer pays what was asked for; returns the standing that a notice would carry.
    pub fn pay(&self, session: &str) -> Standing {
        let mut inner = self.inner();
        let Some((order, standing)) = inner.checkouts.get_mut(session) else { return Standing::Closed };
        if matches!(standing, Standing::Open | Standing::Declined | Standing::Approved) {
            let reference = format!("charge-of-{session}");
            *standing = Standing::Paid(Charge { reference, amount: order.amount, live: false });
        }
        standing.clone()
    }

    /// The checkout's name at this provider.
    #[must_use]
    pub fn session(payment: PaymentId) -> String {
        format!("session-{payment}")
    }

    /// What it was asked, in order: `open`, `ask`, `capture`, `close`, `refund`, `find_refund`, `transactions`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.inner().calls.clone()
    }

    /// From here on it will not be asked for refunds, or it will again.
    pub fn refuse_questions(&self, refuses: bool) {
        self.inner().refuses_questions = refuses;
    }

    /// All refunds it has made.
    #[must_use]
    pub fn refunds(&self) -> Vec<RefundOrder> {
        self.inner().refunds.values().cloned().collect()
    }

    /// Somebody sends money back on the provider's own pages; returns what a notice would carry.
    pub fn refund_elsewhere(&self, charge: &str, amount: Money, at: Timestamp) -> ToldRefund {
        let mut inner = self.inner();
        let reference = format!("elsewhere-{}", inner.elsewhere.len() + 1);
        let standing = RefundStanding { reference, status: RefundStatus::Done };
        let told = ToldRefund { refund: None, charge: charge.to_owned(), amount, standing };
        inner.elsewhere.push((told.clone(), at));
        told
    }

    /// What a notice about a refund made elsewhere or a dispute says; its name stands where a session's would.
    fn told_elsewhere(&self, name: &str) -> Option<NoticeSubject> {
        let inner = self.inner();
        let refund = inner.elsewhere.iter().find(|(told, _)| told.standing.reference == name);
        let refund = refund.map(|(told, _)| told.clone()).map(|told| NoticeSubject::Refund {
            refund: told.refund,
            charge: told.charge,
            amount: Some(told.amount),
            standing: told.standing,
        });
        let dispute = inner.disputes.iter().find(|dispute| dispute.reference == name);
        refund.or_else(|| dispute.cloned().map(NoticeSubject::Dispute))
    }

    /// A dispute stands so, known before or not.
    pub fn disputed(&self, standing: DisputeStanding) {
        let mut inner = self.inner();
        inner.disputes.retain(|known| known.reference != standing.reference);
        inner.disputes.push(standing);
    }

    fn begin(&self, call: &str) -> Result<MutexGuard<'_, Inner>, ProviderError> {
        let mut inner = self.inner();
        inner.calls.push(call.to_owned());
        if inner.silent { Err(ProviderError::Away("told to be silent".into())) } else { Ok(inner) }
    }
}

fn answer<T>(inner: &Inner, value: T) -> Result<T, ProviderError> {
    if inner.forgets_answers {
        Err(ProviderError::Uncertain("told to lose answers".into()))
    } else {
        Ok(value)
    }
}

fn unknown() -> ProviderError {
    ProviderError::Refused { code: "unknown_session".into() }
}

#[async_trait]
impl PaymentProvider for ScriptedProvider {
    fn provider(&self) -> Provider {
        self.provider
    }

    fn account(&self) -> &'static str {
        self.account
    }

    fn live(&self) -> bool {
        false
    }

    fn objection(&self, _: Money) -> Option<Objection> {
        None
    }

    async fn open(&self, order: &CheckoutOrder) -> Result<Opened, ProviderError> {
        drop(self.begin("open")?);
        drop(self.hesitation.lock().await);
        let mut inner = self.inner();
        let session = Self::session(order.payment);
        inner.checkouts.entry(session.clone()).or_insert_with(|| (order.clone(), Standing::Open));
        let checkout_url = format!("https://provider.example/{session}");
        answer(&inner, Opened { session, checkout_url })
    }

    async fn ask(&self, session: &str) -> Result<Standing, ProviderError> {
        let inner = self.begin("ask")?;
        let (_, standing) = inner.checkouts.get(session).ok_or_else(unknown)?;
        answer(&inner, standing.clone())
    }

    async fn capture(&self, _: PaymentId, _: u32, session: &str) -> Result<Standing, ProviderError> {
        drop(self.begin("capture")?);
        let standing = self.pay(session);
        answer(&self.inner(), standing)
    }

    async fn close(&self, session: &str) -> Result<Standing, ProviderError> {
        let mut inner = self.begin("close")?;
        let (_, standing) = inner.checkouts.get_mut(session).ok_or_else(unknown)?;
        if matches!(standing, Standing::Open | Standing::Declined) {
            *standing = Standing::Closed;
        }
        let standing = standing.clone();
        answer(&inner, standing)
    }

    async fn refund(&self, order: &RefundOrder) -> Result<RefundStanding, ProviderError> {
        let mut inner = self.begin("refund")?;
        let reference = format!("refund-{}", order.refund);
        inner.refunds.entry(reference.clone()).or_insert_with(|| order.clone());
        answer(&inner, RefundStanding { reference, status: RefundStatus::Done })
    }

    async fn find_refund(&self, order: &RefundOrder) -> Result<Option<RefundStanding>, ProviderError> {
        let inner = self.begin("find_refund")?;
        if inner.refuses_questions {
            return Err(ProviderError::Refused { code: "forgotten".into() });
        }
        let reference = format!("refund-{}", order.refund);
        let known = inner.refunds.contains_key(&reference);
        let ours = known.then_some(RefundStanding { reference, status: RefundStatus::Done });
        let elsewhere = inner.elsewhere.iter().map(|(told, _)| &told.standing);
        let mut named = elsewhere.filter(|standing| Some(&standing.reference) == order.reference.as_ref());
        answer(&inner, ours.or_else(|| named.next().cloned()))
    }

    async fn refunds_of(&self, _: &str, charge: &str) -> Result<Vec<ToldRefund>, ProviderError> {
        let inner = self.begin("refunds_of")?;
        let all = inner.elsewhere.iter().filter(|(told, _)| told.charge == charge);
        answer(&inner, all.map(|(told, _)| told.clone()).collect())
    }

    /// Only the refunds that were made elsewhere, one on each page.
    async fn transactions(
        &self,
        from: Timestamp,
        to: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Listed<Movement>, ProviderError> {
        drop(self.begin("transactions")?);
        drop(self.hesitation.lock().await);
        let inner = self.inner();
        let skip: usize = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let within = inner.elsewhere.iter().filter(|(_, at)| (from..to).contains(at));
        let mut rest = within.skip(skip);
        let items = rest.next().map(|(told, at)| Movement {
            reference: format!("movement-of-{}", told.standing.reference),
            kind: MovementKind::Refund,
            direction: Direction::Out,
            amount: told.amount,
            fee: inner.keeps.unwrap_or(Money::zero(told.amount.currency())),
            charge: Some(told.charge.clone()),
            about: Some(told.standing.reference.clone()),
            refund: told.refund,
            at: *at,
        });
        let next = rest.next().map(|_| (skip + 1).to_string());
        answer(&inner, Listed { items: items.into_iter().collect(), next })
    }

    async fn disputes(
        &self,
        since: Timestamp,
        _: Option<&str>,
    ) -> Result<Listed<DisputeStanding>, ProviderError> {
        let inner = self.begin("disputes")?;
        let items = inner.disputes.iter().filter(|dispute| dispute.opened_at >= since).cloned().collect();
        answer(&inner, Listed { items, next: None })
    }

    async fn health(&self) -> Result<Health, ProviderError> {
        let inner = self.begin("health")?;
        answer(&inner, Health { live: false, listeners: None, wanted: &[] })
    }

    async fn read_notice(&self, notice: &RawNotice) -> Result<Notice, NoticeError> {
        let session = notice.header("session").ok_or(NoticeError::Forged)?.to_owned();
        let id = notice.header("id").ok_or(NoticeError::Forged)?.to_owned();
        if let Some(subject) = self.told_elsewhere(&session) {
            return Ok(Notice { id, kind: "scripted".into(), subject });
        }
        let standing = self.inner().checkouts.get(&session).map(|(_, standing)| standing.clone());
        let standing = standing.ok_or_else(|| NoticeError::Unreadable("no such session".into()))?;
        let subject = NoticeSubject::Payment { payment: None, session: Some(session), standing };
        Ok(Notice { id, kind: "scripted".into(), subject })
    }
}
