//! What happens at providers without us: refunds made on their own pages, and disputes. Webhooks tell of it; a look
//! at the account now and then finds what no webhook told.

use super::{Bookings, Heard};
use crate::{
    Booking, DisputeNews, DisputeStanding, Incident, IncidentKind, Listed, Look, Movement, MovementKind,
    NoticeKey, PaymentProvider, Provider, ProviderError, RefundStanding, RefundStatus, Till, ToldRefund,
};
use chrono::TimeDelta;
use kernel::{BookingId, DisputeId, IncidentId, PaymentId, StoreError, Timestamp, transact};

/// Between two looks at one account.
const EVERY: TimeDelta = TimeDelta::minutes(15);
/// So far back the first look reaches; what is older is refunded by nobody (PayPal) or hardly anybody.
const AT_MOST: TimeDelta = TimeDelta::days(180);
/// Looked at again each time, because providers list some things hours late.
const AGAIN: TimeDelta = TimeDelta::hours(12);
/// Looked at in one piece; how far we came is kept after each.
const PIECE: TimeDelta = TimeDelta::days(7);
/// Most pages of one list: more than any account fills, so that a list that never ends does not hold us for ever.
const MOST_PAGES: u32 = 10_000;

/// What a look at the accounts brought.
#[derive(Debug, Default)]
pub struct Looked {
    /// Refunds and disputes that nobody had told us of, or that stand differently now.
    pub news: usize,
    /// Accounts that could not be looked at; the next look begins where this one ended.
    pub failures: Vec<(Provider, ProviderError)>,
    /// Charges of which something was told that could not be kept, because their booking cannot be read or written.
    /// The next look tries again what is not older than half a day; the daily close names what is.
    pub broken: Vec<(Provider, String, StoreError)>,
}

impl Looked {
    /// What cannot be read or written keeps nothing else from being noticed.
    fn note(
        &mut self,
        provider: Provider,
        charge: &str,
        heard: Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        match heard {
            Ok(new) => self.news += usize::from(new),
            Err(error @ StoreError::Broken { .. }) => self.broken.push((provider, charge.to_owned(), error)),
            Err(error @ StoreError::Unavailable { .. }) => return Err(error),
        }
        Ok(())
    }
}

/// Why a look ended early.
enum Stopped {
    Store(StoreError),
    Provider(ProviderError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ProviderError> for Stopped {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl Bookings {
    /// Looks at every account whose last look is a while ago, for refunds and disputes that no webhook told of. Cheap
    /// when nothing is due; of several who ask at once, one looks.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn look_outside(&self) -> Result<Looked, StoreError> {
        let mut looked = Looked::default();
        for provider in &self.providers {
            let now = self.clock.now();
            let till = Till {
                provider: provider.provider(),
                account: provider.account().to_owned(),
                live: provider.live(),
            };
            let claimed =
                transact(self.store.begin().await?, async |tx| tx.claim_look(&till, now, now - EVERY).await);
            let Some(look) = claimed.await? else { continue };
            match self.look_at(&**provider, &look, &mut looked).await {
                Ok(()) => {}
                Err(Stopped::Provider(error)) => looked.failures.push((till.provider, error)),
                Err(Stopped::Store(error)) => return Err(error),
            }
        }
        Ok(looked)
    }

    async fn look_at(
        &self,
        provider: &dyn PaymentProvider,
        look: &Look,
        looked: &mut Looked,
    ) -> Result<(), Stopped> {
        let (now, earliest) = (look.looked_at, look.looked_at - AT_MOST);
        let mut from = look.until.map_or(earliest, |until| (until - AGAIN).max(earliest));
        while from < now {
            let to = now.min(from + PIECE);
            self.look_at_movements(provider, from, to, looked).await?;
            transact(self.store.begin().await?, async |tx| tx.end_look(&look.till, to).await).await?;
            from = to;
        }
        self.look_at_disputes(provider, earliest, looked).await
    }

    async fn look_at_movements(
        &self,
        provider: &dyn PaymentProvider,
        from: Timestamp,
        to: Timestamp,
        looked: &mut Looked,
    ) -> Result<(), Stopped> {
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let Listed { items, next } = provider.transactions(from, to, cursor.as_deref()).await?;
            for told in items.iter().filter_map(refund_of) {
                let heard = self.refund_elsewhere(provider.provider(), &told).await;
                looked.note(provider.provider(), &told.charge, heard)?;
            }
            if next.is_none() {
                return Ok(());
            }
            cursor = next;
        }
        Err(ProviderError::Uncertain("a list that does not end".into()).into())
    }

    async fn look_at_disputes(
        &self,
        provider: &dyn PaymentProvider,
        since: Timestamp,
        looked: &mut Looked,
    ) -> Result<(), Stopped> {
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let Listed { items, next } = provider.disputes(since, cursor.as_deref()).await?;
            for told in &items {
                let heard = self.dispute(provider.provider(), told).await;
                looked.note(provider.provider(), &told.charge, heard)?;
            }
            if next.is_none() {
                return Ok(());
            }
            cursor = next;
        }
        Err(ProviderError::Uncertain("a list that does not end".into()).into())
    }

    /// A list tells of a refund; whether it was news. What is known already locks nothing.
    async fn refund_elsewhere(&self, provider: Provider, told: &ToldRefund) -> Result<bool, StoreError> {
        let Some((id, payment)) = self.store.payment_of_charge(provider, &told.charge).await? else {
            return Ok(false);
        };
        let Some(mut booking) = self.store.booking(id).await? else { return Ok(false) };
        if booking.refund_told(payment, told, self.clock.now()).is_none() {
            return Ok(false);
        }
        self.keep_refund(None, (id, payment), told).await
    }

    /// A webhook tells of a refund that is none of ours.
    pub(super) async fn refund_elsewhere_told(
        &self,
        key: &NoticeKey,
        told: &ToldRefund,
    ) -> Result<Heard, StoreError> {
        match self.store.payment_of_charge(key.provider, &told.charge).await? {
            Some(charge) => {
                let new = self.keep_refund(Some(key), charge, told).await?;
                Ok(if new { Heard::Refund } else { Heard::Repeat })
            }
            None => self.only_remember(key).await,
        }
    }

    /// `false` when the notice was handled before, or nothing is new.
    async fn keep_refund(
        &self,
        notice: Option<&NoticeKey>,
        (id, payment): (BookingId, PaymentId),
        told: &ToldRefund,
    ) -> Result<bool, StoreError> {
        self.keep_told(notice, id, |booking, now| {
            let before = booking.clone();
            let news = booking.refund_told(payment, told, now)?;
            Some(booking.refund_case(&before, &news, now))
        })
        .await
    }

    /// A list tells of a dispute; whether it was news.
    async fn dispute(&self, provider: Provider, told: &DisputeStanding) -> Result<bool, StoreError> {
        let Some((id, payment)) = self.store.payment_of_charge(provider, &told.charge).await? else {
            return Ok(false);
        };
        let Some(mut booking) = self.store.booking(id).await? else { return Ok(false) };
        if booking.dispute_stands(payment, told, self.clock.now()).is_none() {
            return Ok(false);
        }
        self.keep_dispute(None, (id, payment), told).await
    }

    /// A webhook tells of a dispute.
    pub(super) async fn dispute_told(
        &self,
        key: &NoticeKey,
        told: &DisputeStanding,
    ) -> Result<Heard, StoreError> {
        match self.store.payment_of_charge(key.provider, &told.charge).await? {
            Some(charge) => {
                let new = self.keep_dispute(Some(key), charge, told).await?;
                Ok(if new { Heard::Dispute } else { Heard::Repeat })
            }
            None => self.only_remember(key).await,
        }
    }

    /// `false` when the notice was handled before, or nothing is new.
    async fn keep_dispute(
        &self,
        notice: Option<&NoticeKey>,
        (id, payment): (BookingId, PaymentId),
        told: &DisputeStanding,
    ) -> Result<bool, StoreError> {
        self.keep_told(notice, id, |booking, now| {
            let news = booking.dispute_stands(payment, told, now)?;
            Some(incident(booking, news, told, now))
        })
        .await
    }
}

/// A movement as the refund that it is, or as its failure when the money came back; `None` for anything else.
fn refund_of(movement: &Movement) -> Option<ToldRefund> {
    if movement.kind != MovementKind::Refund {
        return None;
    }
    let status = match movement.direction {
        crate::Direction::Out => RefundStatus::Done,
        crate::Direction::In => RefundStatus::Failed,
    };
    let reference = movement.about.clone()?;
    Some(ToldRefund {
        refund: movement.refund,
        charge: movement.charge.clone()?,
        amount: movement.amount,
        standing: RefundStanding { reference, status },
    })
}

/// What a person is told of it.
fn incident(
    booking: &Booking,
    news: DisputeNews,
    told: &DisputeStanding,
    now: Timestamp,
) -> Option<Incident> {
    let until = |id| match booking.dispute(id).and_then(|dispute| dispute.answer_by) {
        Some(at) => format!("; evidence can be sent until {}", at.to_rfc3339()),
        None => String::new(),
    };
    let (id, kind, what): (DisputeId, _, String) = match news {
        DisputeNews::Opened(id) => (id, IncidentKind::Disputed, format!("was opened{}", until(id))),
        DisputeNews::Lost(id) => (id, IncidentKind::DisputeLost, "was lost".into()),
        DisputeNews::Reversed(id) => {
            let word = format!("is {} now, the provider says, after it was decided", told.status.as_str());
            (id, IncidentKind::Disputed, word)
        }
        DisputeNews::Won(_) | DisputeNews::Noted(_) => return None,
    };
    let dispute = booking.dispute(id)?;
    let (amount, reason, name) = (dispute.amount, &dispute.reason, &dispute.reference);
    let evidence = format!("the dispute {id} ({name}) over {amount} ({reason}) {what}");
    let payment = dispute.payment;
    Some(Incident {
        id: IncidentId::generate(now),
        kind,
        booking: booking.id,
        payment,
        refund: None,
        evidence,
        at: now,
        resolved: None,
    })
}
