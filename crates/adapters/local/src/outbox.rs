//! Work owed after commits, and the worker's side of it.

mod list;

use crate::document::{Document, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::outbox::{
    Backlog, DISCARDED, Discarded, OwedWork, SetAside, Standing, UNHEARD, WorkCount, WorkFilter,
};
use kernel::{
    Act, AuditTx, Cursor, Due, EffectId, Lease, Outbox, Owed, Page, PageRequest, StoreError, Timestamp,
    Transaction, transact,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The outbox and its order.
#[derive(Clone, Default)]
pub(crate) struct OutboxTables {
    pub(crate) owing: Table<Owing>,
    /// What is not parked, by domain, the longest due first. Leased ones stay in it: they are as few as workers take at
    /// once. A domain that owes nothing is not there.
    pub(crate) waiting: OrdMap<String, OrdSet<(Timestamp, EffectId)>>,
    /// What of it failed, whatever its domain, the first due first.
    pub(crate) failing: OrdSet<Cursor>,
    /// What is parked, by when it was.
    pub(crate) parked: OrdSet<Cursor>,
}

/// One effect that is owed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Owing {
    id: EffectId,
    domain: String,
    body: String,
    due_at: Timestamp,
    attempts: u32,
    leased_until: Option<Timestamp>,
    error: Option<String>,
    parked_at: Option<Timestamp>,
    /// As a `traceparent`. Whatever stands there, the work is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

impl Document for Owing {
    const KIND: &'static str = "effect";
    type Key = EffectId;

    fn key(&self) -> EffectId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.outbox.owing
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.outbox.owing
    }

    fn index(&self, state: &mut State, step: Step) {
        let id = self.id.as_uuid();
        match self.parked_at {
            None => {
                state.outbox.wait(step, &self.domain, (self.due_at, self.id));
                if Standing::of(false, self.attempts, self.error.is_some()) == Standing::Failing {
                    step.set(&mut state.outbox.failing, Cursor { at: self.due_at, id });
                }
            }
            Some(at) => step.set(&mut state.outbox.parked, Cursor { at, id }),
        }
    }
}

impl OutboxTables {
    fn wait(&mut self, step: Step, domain: &str, entry: (Timestamp, EffectId)) {
        let waiting = self.waiting.entry(domain.to_owned()).or_default();
        step.set(waiting, entry);
        if waiting.is_empty() {
            self.waiting.remove(domain);
        }
    }

    /// What can be claimed of these domains at `now`, the longest due first.
    fn claimable(&self, domains: &[&str], now: Timestamp, limit: u32) -> Vec<Arc<Owing>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // A lane has a handful of domains: the first of each, put in order, hold the first of all.
        let domains: BTreeSet<_> = domains.iter().copied().collect();
        let first = domains.into_iter().filter_map(|domain| self.waiting.get(domain));
        let mut found: Vec<_> = first.flat_map(|waiting| self.free(waiting, now).take(limit)).collect();
        found.sort_by_key(|owing| (owing.due_at, owing.id));
        found.truncate(limit);
        found
    }

    /// What is due of one domain and leased by nobody.
    fn free(
        &self,
        waiting: &OrdSet<(Timestamp, EffectId)>,
        now: Timestamp,
    ) -> impl Iterator<Item = Arc<Owing>> {
        let due = waiting.iter().take_while(move |(due_at, _)| *due_at <= now);
        due.filter_map(|(_, id)| self.owing.get(id))
            .filter(move |owing| owing.leased_until.is_none_or(|until| until <= now))
            .cloned()
    }
}

impl LocalTx {
    /// Owes effects of a domain.
    pub(crate) fn enqueue<E: Serialize>(
        &mut self,
        domain: &str,
        effects: &[Owed<E>],
    ) -> Result<(), StoreError> {
        let trace = self.trace().map(|trace| trace.to_string());
        for owed in effects {
            let body = serde_json::to_string(&owed.effect)
                .map_err(|error| StoreError::broken("writing an effect", error))?;
            let owing = Owing {
                id: owed.id,
                domain: domain.to_owned(),
                body,
                due_at: owed.due_at,
                attempts: 0,
                leased_until: None,
                error: None,
                parked_at: None,
                trace: trace.clone(),
            };
            self.add(owing, "owing an effect")?;
        }
        Ok(())
    }
}

impl LocalStore {
    /// Changes an effect of whoever holds the lease, or removes it; `false` when they do not hold it any more.
    async fn change(
        &self,
        lease: Lease,
        change: impl FnOnce(Owing) -> Owing + Send,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let held = tx.state().copy::<Owing>(&lease.effect);
        let Some(owing) = held.filter(|owing| owing.leased_until == Some(lease.until)) else {
            return Ok(false);
        };
        tx.put(change(owing));
        tx.commit().await?;
        Ok(true)
    }
}

#[async_trait]
impl Outbox for LocalStore {
    async fn claim(
        &self,
        domains: &[&str],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        // Workers ask all the time and mostly find nothing; that must not cost a turn at the lock.
        if self.read().outbox.claimable(domains, now, 1).is_empty() {
            return Ok(Vec::new());
        }
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let claimed = tx.state().outbox.claimable(domains, now, limit);
            let due = claimed.into_iter().map(|owing| {
                let attempts = owing.attempts.saturating_add(1);
                // Whoever says something gives the lease back: one that is still there is of a worker that never did.
                let unheard = owing.leased_until.map(|_| UNHEARD.to_owned());
                let error = unheard.or_else(|| owing.error.clone());
                let leased_until = Some(lease_until);
                tx.put(Owing { leased_until, attempts, error, ..Owing::clone(&owing) });
                Due {
                    id: owing.id,
                    domain: owing.domain.clone(),
                    body: owing.body.clone(),
                    attempts: owing.attempts,
                    due_at: owing.due_at,
                    leased_until: lease_until,
                    trace: owing.trace.as_deref().and_then(|trace| trace.parse().ok()),
                }
            });
            Ok(due.collect())
        })
        .await
    }

    async fn renew(&self, lease: Lease, until: Timestamp) -> Result<bool, StoreError> {
        self.change(lease, |owing| Owing { leased_until: Some(until), ..owing }).await
    }

    async fn finish(&self, lease: Lease) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        if tx.state().copy::<Owing>(&lease.effect).is_none() {
            return Ok(false);
        }
        tx.remove::<Owing>(&lease.effect);
        tx.commit().await?;
        Ok(true)
    }

    async fn postpone(
        &self,
        lease: Lease,
        due_at: Timestamp,
        error: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.change(lease, |owing| {
            let attempts = if error.is_some() { owing.attempts } else { 0 };
            let error = error.map(str::to_owned);
            Owing { due_at, attempts, error, leased_until: None, ..owing }
        })
        .await
    }

    async fn defer(&self, lease: Lease, due_at: Timestamp) -> Result<bool, StoreError> {
        self.change(lease, |owing| {
            let attempts = owing.attempts.saturating_sub(1);
            Owing { due_at, attempts, leased_until: None, ..owing }
        })
        .await
    }

    async fn park(&self, lease: Lease, error: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.change(lease, |owing| Owing {
            leased_until: None,
            error: Some(error.to_owned()),
            parked_at: Some(now),
            ..owing
        })
        .await
    }

    async fn listed(&self, filter: &WorkFilter, page: PageRequest) -> Result<Page<OwedWork>, StoreError> {
        Ok(Page::cut(self.read().outbox.listed(filter, page), page.limit, OwedWork::cursor))
    }

    async fn counted(&self) -> Result<Vec<WorkCount>, StoreError> {
        Ok(self.read().outbox.counted())
    }

    async fn set_aside(&self, id: EffectId) -> Result<Option<SetAside>, StoreError> {
        Ok(self.read().set_aside(id))
    }

    async fn owes(&self, domain: &str, body: &str) -> Result<bool, StoreError> {
        Ok(self.read().owes(domain, body))
    }

    async fn retry(&self, wanted: &[(EffectId, Act)], now: Timestamp) -> Result<Vec<EffectId>, StoreError> {
        let wanted: BTreeMap<EffectId, &Act> = wanted.iter().map(|(id, act)| (*id, act)).collect();
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let (mut taken, mut acts) = (Vec::new(), Vec::new());
            for (id, act) in &wanted {
                let failed = tx.state().copy::<Owing>(id).filter(|owing| owing.work().can_be_retried(now));
                let Some(owing) = failed else { continue };
                let again = Owing { due_at: now, attempts: 0, leased_until: None, ..owing };
                tx.put(Owing { error: None, parked_at: None, ..again });
                taken.push(*id);
                acts.push(Act::clone(act));
            }
            tx.record(&acts).await?;
            Ok(taken)
        })
        .await
    }

    async fn discard(
        &self,
        id: EffectId,
        act: &Act,
        news: Option<&Owed<Discarded>>,
    ) -> Result<bool, StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let parked = tx.state().get::<Owing>(&id).is_some_and(|owing| owing.parked_at.is_some());
            if parked {
                tx.remove::<Owing>(&id);
                if let Some(news) = news {
                    tx.enqueue(DISCARDED, std::slice::from_ref(news))?;
                }
                tx.record(std::slice::from_ref(act)).await?;
            }
            Ok(parked)
        })
        .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let state = self.read();
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Backlog {
            waiting: state.outbox.waiting.values().map(|waiting| count(waiting.len())).sum(),
            parked: count(state.outbox.parked.len()),
            oldest_due: state.outbox.waiting.values().filter_map(OrdSet::get_min).min().map(|(at, _)| *at),
        })
    }
}
