//! Work owed after commits, and the worker's side of it.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::outbox::Backlog;
use kernel::{
    Act, AuditTx, Cursor, Due, EffectId, Lease, Outbox, Owed, Page, PageRequest, Parked, StoreError,
    Timestamp, Transaction, transact,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The outbox and its order.
#[derive(Clone, Default)]
pub(crate) struct OutboxTables {
    pub(crate) owing: Table<Owing>,
    /// What is not parked, by domain, the longest due first. Leased ones stay in it: they are as few as workers take at
    /// once. A domain that owes nothing is not there.
    pub(crate) waiting: OrdMap<String, OrdSet<(Timestamp, EffectId)>>,
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
        match self.parked_at {
            None => state.outbox.wait(step, &self.domain, (self.due_at, self.id)),
            Some(at) => step.set(&mut state.outbox.parked, Cursor { at, id: self.id.as_uuid() }),
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
                tx.put(Owing { leased_until: Some(lease_until), attempts, ..Owing::clone(&owing) });
                Due {
                    id: owing.id,
                    domain: owing.domain.clone(),
                    body: owing.body.clone(),
                    attempts: owing.attempts,
                    due_at: owing.due_at,
                    leased_until: lease_until,
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
            let error = error.map(str::to_owned).or(owing.error);
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

    async fn parked(&self, page: PageRequest) -> Result<Page<Parked>, StoreError> {
        let state = self.read();
        let rows = newest(&state.outbox.parked, page).take(wanted(page));
        let rows = rows.filter_map(|id| state.outbox.owing.get(&EffectId::from(id))).filter_map(|owing| {
            Some(Parked {
                id: owing.id,
                domain: owing.domain.clone(),
                attempts: owing.attempts,
                parked_at: owing.parked_at?,
                error: owing.error.clone().unwrap_or_default(),
            })
        });
        Ok(Page::cut(rows.collect(), page.limit, Parked::cursor))
    }

    async fn retry(&self, id: EffectId, now: Timestamp, act: &Act) -> Result<bool, StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let parked = tx.state().copy::<Owing>(&id).filter(|owing| owing.parked_at.is_some());
            let Some(owing) = parked else { return Ok(false) };
            tx.put(Owing { due_at: now, attempts: 0, leased_until: None, parked_at: None, ..owing });
            tx.record(std::slice::from_ref(act)).await?;
            Ok(true)
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
