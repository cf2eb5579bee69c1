//! Close a day: what bookings and ledger say of it, beside what every provider says.
//!
//! Providers are listed and asked before the transaction, page by page, and nothing is locked meanwhile. What was
//! found, and the fees that were told, is then written at once.

mod compare;
mod work;

use crate::close::{
    DAYS_BACK, Day, DayClose, DayStatus, DaySummary, Examined, Findings, Found, TaskKind, TaskRefusal,
    TooMuch, Unread, due,
};
use crate::ledger::Entry;
use crate::{
    BookingStore, BookingTx, CloseStore, Effect, LedgerStore, PaymentProvider, Provider, ProviderError, Till,
};
use chrono::TimeDelta;
use kernel::audit::Who;
use kernel::{
    Act, Actor, Cause, Clock, CloseTaskId, Owed, Page, PageRequest, StoreError, Subject, Timestamp, transact,
};
use serde_json::json;
use std::sync::Arc;
use work::MOST_ASKED;

/// Things that are compared together with their books.
const AT_ONCE: usize = 200;
/// Entries that are read together.
const ENTRIES: u32 = 500;
/// Before the program looks again at a day that it could not close for want of an answer.
const AGAIN: TimeDelta = TimeDelta::minutes(30);
/// Why a day was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// It has not begun.
    #[error("the day has not begun")]
    Future,
    /// A provider does not answer: nothing was written.
    #[error("{name} does not answer", name = .0.as_str())]
    Away(Provider, #[source] ProviderError),
    /// More moved than is looked at.
    #[error("{name}: {more}", name = .0.as_str(), more = .1)]
    TooMuch(Provider, TooMuch),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a task was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveTaskError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] TaskRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases around the daily close.
#[derive(Clone)]
pub struct Closing {
    closes: Arc<dyn CloseStore>,
    ledger: Arc<dyn LedgerStore>,
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
    providers: Vec<Arc<dyn PaymentProvider>>,
    most_asked: u32,
}

/// What a look at a day read.
struct Looked {
    accounts: Vec<Examined>,
    /// Bookings that differ from their entries, beside those that an account tells of.
    ledger: Vec<Found>,
    /// Why accounts could not be read.
    failures: Vec<CloseError>,
}

impl Closing {
    /// The use cases over a store and the accounts that are closed.
    #[must_use]
    pub fn new(
        (closes, ledger): (Arc<dyn CloseStore>, Arc<dyn LedgerStore>),
        store: Arc<dyn BookingStore>,
        clock: Arc<dyn Clock>,
        providers: Vec<Arc<dyn PaymentProvider>>,
    ) -> Self {
        Self { closes, ledger, store, clock, providers, most_asked: MOST_ASKED }
    }

    /// With so many questions to one account in one look.
    #[must_use]
    pub fn asking_at_most(self, most_asked: u32) -> Self {
        Self { most_asked, ..self }
    }

    /// The day that is now, in UTC.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of(self.clock.now())
    }

    /// The record of a day; `None` when nobody has looked at it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn day(&self, day: Day) -> Result<Option<DayClose>, StoreError> {
        self.closes.day_close(day).await
    }

    /// Days that were looked at, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn days(
        &self,
        status: Option<DayStatus>,
        page: PageRequest,
    ) -> Result<Page<DaySummary>, StoreError> {
        self.closes.day_closes(status, page).await
    }

    /// From when on everything of a day is listed by every provider: only then can it be closed.
    #[must_use]
    pub fn complete_from(&self, day: Day) -> Timestamp {
        let lags = self.providers.iter().map(|provider| provider.provider().listing_lag());
        day.end() + lags.max().unwrap_or_default()
    }

    /// Looks at a day, posts the fees that providers tell, and renews its record.
    ///
    /// # Errors
    /// A [`CloseError`]; nothing was written then.
    pub async fn close(&self, day: Day, by: &Cause) -> Result<DayClose, CloseError> {
        let begun = self.clock.now();
        let mut looked = self.look(day, begun).await?;
        if let Some(failure) = looked.failures.pop() {
            return Err(failure);
        }
        Ok(self.keep(day, looked, by, begun).await?)
    }

    /// Reads and asks every account; what one does not tell keeps nobody from reading the others.
    async fn look(&self, day: Day, begun: Timestamp) -> Result<Looked, CloseError> {
        if day.start() > begun {
            return Err(CloseError::Future);
        }
        let (mut accounts, mut failures) = (Vec::new(), Vec::new());
        for provider in &self.providers {
            let failure = match self.examine(&**provider, day, begun).await {
                Ok(examined) => {
                    accounts.push(examined);
                    continue;
                }
                Err(failure) => failure,
            };
            let why = match failure {
                CloseError::Away(..) => Unread::NoAnswer,
                CloseError::TooMuch(..) => Unread::TooManyMovements,
                CloseError::Future | CloseError::Store(_) => return Err(failure),
            };
            accounts.push(Examined::unread(till(&**provider), why));
            failures.push(failure);
        }
        let told = accounts.iter().flat_map(|account| &account.found);
        let told = told.filter(|it| matches!(it.kind, TaskKind::LedgerDiffers | TaskKind::OrderDiffers));
        let told = told.filter_map(|found| found.booking).collect();
        let ledger = self.compare_ledger(day, told).await?;
        Ok(Looked { accounts, ledger, failures })
    }

    /// Writes what a look found, and the fees that were told.
    async fn keep(
        &self,
        day: Day,
        looked: Looked,
        by: &Cause,
        begun: Timestamp,
    ) -> Result<DayClose, StoreError> {
        let Looked { accounts: mut examined, ledger, .. } = looked;
        let complete = begun >= self.complete_from(day);
        // Asking may have taken an hour: an entry is of the instant at which it is posted, and its name of its cause. Who
        // counts what was posted looks back no more than a few minutes.
        let posted_at = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let before = tx.lock_day(day).await?;
            if let Some(newer) = before.as_ref().filter(|before| before.summary.computed_at > begun) {
                // Somebody who began after us was faster, and knows more.
                return Ok(newer.clone());
            }
            for one in &mut examined {
                let fees: Vec<Entry> =
                    one.fees.iter().map(|due| Entry { at: posted_at, ..due.entry.clone() }).collect();
                one.posted(&tx.post_once(&fees).await?);
            }
            let (mut accounts, mut found) = (Vec::new(), ledger);
            for one in examined {
                accounts.push(one.figures);
                found.extend(one.found);
            }
            let said = before.as_ref().map(said);
            let findings = Findings { complete, accounts, found };
            let (close, news) = DayClose::after(before, (day, findings), &by.who, begun);
            tx.save_day(&close).await?;
            tx.record(&[computed(&close, said, by, begun)]).await?;
            self.tell(tx, &close, news, by, begun).await?;
            Ok::<_, StoreError>(close)
        })
        .await
    }

    /// What the program found by itself, admins are told.
    async fn tell(
        &self,
        tx: &mut dyn BookingTx,
        close: &DayClose,
        news: usize,
        by: &Cause,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if news == 0 || by.who != Who::System {
            return Ok(());
        }
        let DaySummary { day, open, unnamed, .. } = &close.summary;
        let effect = Effect::TellDayOpen { day: *day, open: open.saturating_add(*unnamed) };
        tx.enqueue_booking(&[Owed::now(effect, now)]).await
    }

    /// Closes what is due by itself: the last days that are over and were not closed. Of several who ask at once, one
    /// works on a day; one who is killed has its turn taken over. What an account does not tell keeps its day open, with
    /// what is known of the others. Answers with the days that were looked at, and with why they could not be in full.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn close_due(&self) -> Result<(Vec<DayClose>, Vec<(Day, CloseError)>), StoreError> {
        let (mut closed, mut failures) = (Vec::new(), Vec::new());
        for day in self.due().await? {
            let now = self.clock.now();
            let claim =
                transact(self.store.begin().await?, async |tx| tx.claim_day(day, now, now - AGAIN).await);
            if !claim.await? {
                continue;
            }
            match self.look_and_keep(day).await {
                Ok((close, unread)) => {
                    failures.extend(unread.into_iter().map(|failure| (day, failure)));
                    closed.push(close);
                }
                // What cannot be read of one day keeps nobody from the others.
                Err(error) => failures.push((day, error)),
            }
        }
        Ok((closed, failures))
    }

    async fn look_and_keep(&self, day: Day) -> Result<(DayClose, Vec<CloseError>), CloseError> {
        let begun = self.clock.now();
        let mut looked = self.look(day, begun).await?;
        let unread = std::mem::take(&mut looked.failures);
        Ok((self.keep(day, looked, &Cause::system(), begun).await?, unread))
    }

    async fn due(&self) -> Result<Vec<Day>, StoreError> {
        let page = PageRequest { limit: 2 * DAYS_BACK, after: None };
        let known = self.closes.day_closes(None, page).await?.items;
        Ok(due(&known, self.clock.now(), |day| self.complete_from(day)))
    }

    /// A person has decided about a task.
    ///
    /// # Errors
    /// A [`ResolveTaskError`]; nothing has changed then.
    pub async fn resolve(
        &self,
        (day, task): (Day, CloseTaskId),
        note: &str,
        actor: &Actor,
    ) -> Result<DayClose, ResolveTaskError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut close = tx.lock_day(day).await?.ok_or(TaskRefusal::Unknown)?;
            let before = said(&close);
            if close.resolve(task, (actor.account, note), now)? {
                tx.save_day(&close).await?;
                let after =
                    json!({"note": note, "day": day.to_string(), "status": close.summary.status.as_str()});
                let act =
                    actor.cause().act("daily_close.resolve", Subject::new("close_task", task.as_uuid()), now);
                tx.record(&[act.changing(Some(before), Some(after.to_string()))]).await?;
            }
            Ok::<_, ResolveTaskError>(close)
        })
        .await
    }
}

fn till(provider: &dyn PaymentProvider) -> Till {
    Till { provider: provider.provider(), account: provider.account().to_owned(), live: provider.live() }
}

fn said(close: &DayClose) -> String {
    let DaySummary { status, open, resolved, .. } = &close.summary;
    json!({"status": status.as_str(), "open": open, "resolved": resolved}).to_string()
}

fn computed(close: &DayClose, before: Option<String>, by: &Cause, now: Timestamp) -> Act {
    let DaySummary { id, day, status, open, resolved, complete, .. } = &close.summary;
    let after = json!({
        "day": day.to_string(), "status": status.as_str(), "open": open, "resolved": resolved,
        "complete": complete,
    });
    by.act("daily_close.compute", Subject::new("daily_close", id.as_uuid()), now)
        .changing(before, Some(after.to_string()))
}
