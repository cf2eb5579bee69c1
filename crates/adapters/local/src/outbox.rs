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
    Act, AuditTx, Cursor, Due, EffectId, Outbox, Owed, Page, PageRequest, Parked, StoreError, Timestamp,
    Transaction, transact,
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

    /// Changes an effect, unless it was finished meanwhile.
    fn change(&mut self, id: EffectId, change: impl FnOnce(&mut Owing)) {
        if let Some(mut owing) = self.state().copy::<Owing>(&id) {
            change(&mut owing);
            self.put(owing);
        }
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
                tx.put(Owing { leased_until: Some(lease_until), ..Owing::clone(&owing) });
                Due {
                    id: owing.id,
                    domain: owing.domain.clone(),
                    body: owing.body.clone(),
                    attempts: owing.attempts,
                    due_at: owing.due_at,
                }
            });
            Ok(due.collect())
        })
        .await
    }

    async fn renew(&self, id: EffectId, held_until: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let held = tx.state().copy::<Owing>(&id).filter(|owing| owing.leased_until == Some(held_until));
            let Some(owing) = held else { return Ok(false) };
            tx.put(Owing { leased_until: Some(until), ..owing });
            Ok(true)
        })
        .await
    }

    async fn finish(&self, done: &[EffectId]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for id in done {
            tx.remove::<Owing>(id);
        }
        tx.commit().await
    }

    async fn postpone(&self, id: EffectId, due_at: Timestamp, error: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        tx.change(id, |owing| {
            owing.due_at = due_at;
            owing.leased_until = None;
            owing.attempts = if error.is_some() { owing.attempts.saturating_add(1) } else { 0 };
            if let Some(error) = error {
                owing.error = Some(error.to_owned());
            }
        });
        tx.commit().await
    }

    async fn defer(&self, id: EffectId, due_at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        tx.change(id, |owing| {
            owing.due_at = due_at;
            owing.leased_until = None;
        });
        tx.commit().await
    }

    async fn park(&self, id: EffectId, error: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        tx.change(id, |owing| {
            owing.attempts = owing.attempts.saturating_add(1);
            owing.leased_until = None;
            owing.error = Some(error.to_owned());
            owing.parked_at = Some(now);
        });
        tx.commit().await
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
