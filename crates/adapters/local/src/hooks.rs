//! Hooks and their calls.

mod documents;
mod tx;

use crate::document::Table;
use crate::paging::{FIRST, LAST, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use ::hooks::{Call, CallState, Hook, HookStore, HookTx};
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::{Cursor, HookCallId, HookId, OrganisationId, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct HookTables {
    pub(crate) hooks: Table<Hook>,
    pub(crate) calls: Table<Call>,
    /// An organisation has a handful.
    pub(crate) of_organisation: OrdSet<(OrganisationId, Cursor)>,
    pub(crate) calls_of: OrdSet<(HookId, Cursor)>,
    pub(crate) calls_standing: OrdSet<((HookId, &'static str), Cursor)>,
    /// What a hook was told.
    pub(crate) messages: OrdMap<(HookId, String), HookCallId>,
    /// Calls that are not to be made any more.
    pub(crate) ended: OrdSet<Cursor>,
}

impl State {
    /// The hooks of an organisation, in the order in which they were made.
    fn hooks_of(&self, organisation: OrganisationId) -> impl Iterator<Item = &Hook> {
        let range = self.hooks.of_organisation.range((organisation, FIRST)..=(organisation, LAST));
        range.filter_map(move |(_, cursor)| self.get::<Hook>(&cursor.id.into())).map(|hook| &**hook)
    }

    /// Those of them that are called.
    pub(crate) fn hooks_that_are_on(&self, organisation: OrganisationId) -> impl Iterator<Item = &Hook> {
        self.hooks_of(organisation).filter(|hook| hook.is_on())
    }
}

#[async_trait]
impl HookStore for LocalStore {
    async fn begin_hooks(&self) -> Result<Box<dyn HookTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn hook(&self, id: HookId) -> Result<Option<Hook>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn hooks_of(&self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError> {
        Ok(self.read().hooks_of(organisation).cloned().collect())
    }

    async fn hook_call(&self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn hook_calls(
        &self,
        hook: HookId,
        state: Option<CallState>,
        page: PageRequest,
    ) -> Result<Page<Call>, StoreError> {
        let (all, standing) = (self.read(), state);
        let copies = |ids: &mut dyn Iterator<Item = Uuid>| {
            ids.filter_map(|id| all.copy::<Call>(&id.into())).take(wanted(page)).collect()
        };
        let found = match standing {
            Some(state) => copies(&mut newest_of(&all.hooks.calls_standing, (hook, state.as_str()), page)),
            None => copies(&mut newest_of(&all.hooks.calls_of, hook, page)),
        };
        Ok(Page::cut(found, page.limit, Call::cursor))
    }

    async fn is_untold(&self) -> Result<bool, StoreError> {
        Ok(!self.read().news.untold.is_empty())
    }

    async fn sweep_hook_calls(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.sweep_old::<Call>(|state, most| {
            let old = state.hooks.ended.iter().take_while(|cursor| cursor.at < before);
            old.take(most).map(|cursor| cursor.id.into()).collect()
        })
        .await
    }
}
