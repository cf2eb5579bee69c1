//! The audit log: acts, their places in the chain, and its end.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::audit::{ActFilter, Head, Seal, SealTx, SealedAct};
use kernel::{
    AccountId, Act, ActId, AuditLog, AuditTx, Cursor, OrganisationId, Page, PageRequest, StoreError, transact,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The log and the ways to find something in it.
#[derive(Clone, Default)]
pub(crate) struct AuditTables {
    pub(crate) acts: Table<KeptAct>,
    pub(crate) head: Table<KeptHead>,
    pub(crate) by_age: OrdSet<Cursor>,
    pub(crate) by_organisation: OrdSet<(OrganisationId, Cursor)>,
    pub(crate) by_subject: OrdSet<(Uuid, Cursor)>,
    pub(crate) by_account: OrdSet<(AccountId, Cursor)>,
    /// By number: the chain.
    pub(crate) sealed: OrdSet<(u64, ActId)>,
    pub(crate) unsealed: OrdSet<Cursor>,
}

/// An act, with its place in the chain once it has one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptAct {
    act: Act,
    seal: Option<Seal>,
}

/// The end of the chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptHead {
    head: Head,
}

impl Document for KeptAct {
    const KIND: &'static str = "act";
    type Key = ActId;

    fn key(&self) -> ActId {
        self.act.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.audit.acts
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.audit.acts
    }

    fn index(&self, state: &mut State, step: Step) {
        let (tables, act) = (&mut state.audit, &self.act);
        step.set(&mut tables.by_age, act.cursor());
        step.set(&mut tables.by_subject, (act.subject.id, act.cursor()));
        if let Some(organisation) = act.organisation {
            step.set(&mut tables.by_organisation, (organisation, act.cursor()));
        }
        if let Some(account) = act.who.account() {
            step.set(&mut tables.by_account, (account, act.cursor()));
        }
        match &self.seal {
            Some(seal) => step.set(&mut tables.sealed, (seal.seq, act.id)),
            None => step.set(&mut tables.unsealed, act.cursor()),
        }
    }
}

impl Document for KeptHead {
    const KIND: &'static str = "audit_head";
    type Key = ();

    fn key(&self) {}

    fn table(state: &State) -> &Table<Self> {
        &state.audit.head
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.audit.head
    }

    fn index(&self, _: &mut State, _: Step) {}
}

impl State {
    fn sealed_act(&self, id: ActId) -> Option<SealedAct> {
        let kept = self.copy::<KeptAct>(&id)?;
        Some(SealedAct { act: kept.act, seal: kept.seal })
    }

    fn audit_head(&self) -> Option<Head> {
        self.get::<KeptHead>(&()).map(|kept| kept.head)
    }
}

#[async_trait]
impl AuditTx for LocalTx {
    async fn record(&mut self, acts: &[Act]) -> Result<(), StoreError> {
        // Only new ones: nobody may write over another.
        acts.iter().try_for_each(|act| self.add(KeptAct { act: act.clone(), seal: None }, "recording an act"))
    }
}

#[async_trait]
impl AuditLog for LocalStore {
    async fn acts(&self, filter: &ActFilter, page: PageRequest) -> Result<Page<SealedAct>, StoreError> {
        let state = self.read();
        let chosen = |ids: &mut dyn Iterator<Item = Uuid>| {
            ids.filter_map(|id| state.get::<KeptAct>(&id.into()))
                .take_while(|kept| filter.from.is_none_or(|from| kept.act.at >= from))
                .filter(|kept| filter.matches(&kept.act))
                .map(|kept| SealedAct { act: kept.act.clone(), seal: kept.seal })
                .take(wanted(page))
                .collect()
        };
        let tables = &state.audit;
        let found = match (filter.subject, filter.organisations.as_deref(), filter.account) {
            (Some(subject), _, _) => chosen(&mut newest_of(&tables.by_subject, subject, page)),
            (None, Some([]), _) => Vec::new(),
            (None, Some([one]), _) => chosen(&mut newest_of(&tables.by_organisation, *one, page)),
            (None, _, Some(account)) => chosen(&mut newest_of(&tables.by_account, account, page)),
            (None, None | Some(_), None) => chosen(&mut newest(&tables.by_age, page)),
        };
        Ok(Page::cut(found, page.limit, |sealed: &SealedAct| sealed.act.cursor()))
    }

    async fn chain(&self, after: u64, limit: u32) -> Result<Vec<SealedAct>, StoreError> {
        let state = self.read();
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        let rest = state.audit.sealed.range((first, ActId::from(Uuid::nil()))..);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(rest.filter_map(|(_, id)| state.sealed_act(*id)).take(limit).collect())
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(self.read().audit_head())
    }

    async fn record(&self, acts: &[Act]) -> Result<(), StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| tx.record(acts).await).await
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.read().audit.unsealed.len()).unwrap_or(u64::MAX))
    }

    async fn begin_sealing(&self) -> Result<Box<dyn SealTx>, StoreError> {
        Ok(self.write().await?)
    }
}

#[async_trait]
impl SealTx for LocalTx {
    async fn lock_head(&mut self) -> Result<Option<Head>, StoreError> {
        Ok(self.state().audit_head())
    }

    async fn unsealed(&mut self, limit: u32) -> Result<Vec<Act>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let oldest = self.state().audit.unsealed.iter().take(limit);
        let found = oldest.filter_map(|cursor| self.state().get::<KeptAct>(&cursor.id.into()));
        Ok(found.map(|kept| kept.act.clone()).collect())
    }

    async fn add_seals(&mut self, seals: &[(ActId, Seal)], head: &Head) -> Result<(), StoreError> {
        const DOING: &str = "sealing acts";
        if self.state().audit_head().is_some_and(|before| before.seq >= head.seq) {
            return Err(self.broken(DOING, "the chain would become shorter"));
        }
        for (id, seal) in seals {
            let place = (seal.seq, ActId::from(Uuid::nil()))..=(seal.seq, ActId::from(Uuid::max()));
            if self.state().audit.sealed.range(place).next().is_some() {
                return Err(self.broken(DOING, "its place is taken"));
            }
            match self.state().copy::<KeptAct>(id) {
                Some(kept) if kept.seal.is_none() => self.put(KeptAct { seal: Some(*seal), ..kept }),
                Some(_) => return Err(self.broken(DOING, "it has its place already")),
                None => return Err(self.broken(DOING, "it is not there")),
            }
        }
        self.put(KeptHead { head: *head });
        Ok(())
    }
}
