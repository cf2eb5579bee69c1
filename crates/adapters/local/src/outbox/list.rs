//! What is owed, for those who look after it.

use super::{OutboxTables, Owing};
use crate::paging::{earliest, newest, wanted};
use crate::state::State;
use kernel::outbox::{OwedWork, SetAside, Standing, WorkCount, WorkFilter};
use kernel::{EffectId, PageRequest};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Bound;
use uuid::Uuid;

/// What is to be done, as effects of most domains say it; nothing else of what they say is looked at.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Owing {
    /// Without what it says.
    pub(super) fn work(&self) -> OwedWork {
        OwedWork {
            id: self.id,
            domain: self.domain.clone(),
            kind: serde_json::from_str::<Kind>(&self.body).ok().map(|found| found.kind),
            attempts: self.attempts,
            due_at: self.due_at,
            leased_until: self.leased_until,
            parked_at: self.parked_at,
            error: self.error.clone(),
        }
    }
}

impl OutboxTables {
    /// From the page's start on, as much as the page holds and one more.
    pub(super) fn listed(&self, filter: &WorkFilter, page: PageRequest) -> Vec<OwedWork> {
        match filter.standing {
            Standing::Parked => self.these(newest(&self.parked, page), filter, page),
            Standing::Failing => self.these(earliest(&self.failing, page), filter, page),
            Standing::Waiting => self.first_due(filter, page),
        }
    }

    fn these(
        &self,
        ids: impl Iterator<Item = Uuid>,
        filter: &WorkFilter,
        page: PageRequest,
    ) -> Vec<OwedWork> {
        let all = ids.filter_map(|id| self.owing.get(&EffectId::from(id))).map(|owing| owing.work());
        all.filter(|work| filter.wants(work)).take(wanted(page)).collect()
    }

    /// The first of each domain, put in order, hold the first of all.
    fn first_due(&self, filter: &WorkFilter, page: PageRequest) -> Vec<OwedWork> {
        let start = page
            .after
            .map_or(Bound::Unbounded, |after| Bound::Excluded((after.at, EffectId::from(after.id))));
        let mut found = Vec::new();
        for (domain, waiting) in &self.waiting {
            if filter.domain.as_ref().is_some_and(|asked| asked != domain) {
                continue;
            }
            let all = waiting.range((start, Bound::Unbounded)).filter_map(|(_, id)| self.owing.get(id));
            let all = all.map(|owing| owing.work()).filter(|work| filter.wants(work));
            found.extend(all.take(wanted(page)));
        }
        found.sort_by_key(OwedWork::cursor);
        found
    }

    /// By domain and kind.
    pub(super) fn counted(&self) -> Vec<WorkCount> {
        let mut counts = BTreeMap::new();
        for owing in self.owing.values() {
            let work = owing.work();
            let standing = work.standing();
            let place = (work.domain.clone(), work.kind.clone());
            let count = counts.entry(place).or_insert_with(|| WorkCount {
                domain: work.domain,
                kind: work.kind,
                waiting: 0,
                failing: 0,
                parked: 0,
                oldest_due: None,
            });
            match standing {
                Standing::Waiting => count.waiting += 1,
                Standing::Failing => count.failing += 1,
                Standing::Parked => count.parked += 1,
            }
            if standing != Standing::Parked {
                let before = count.oldest_due.unwrap_or(work.due_at);
                count.oldest_due = Some(before.min(work.due_at));
            }
        }
        counts.into_values().collect()
    }
}

impl State {
    /// What is parked under this id, whole.
    pub(super) fn set_aside(&self, id: EffectId) -> Option<SetAside> {
        let owing = self.get::<Owing>(&id).filter(|owing| owing.parked_at.is_some())?;
        Some(SetAside { work: owing.work(), body: owing.body.clone() })
    }

    /// Whether the very same is owed and not parked.
    pub(super) fn owes(&self, domain: &str, body: &str) -> bool {
        let mut waiting = self.outbox.waiting.get(domain).into_iter().flat_map(|all| all.iter());
        waiting.any(|(_, id)| self.get::<Owing>(id).is_some_and(|owing| owing.body == body))
    }
}
