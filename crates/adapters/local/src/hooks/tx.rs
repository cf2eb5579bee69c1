//! Writing hooks and their calls.

use crate::news::KeptNews;
use crate::paging::newest_of;
use crate::transaction::LocalTx;
use ::hooks::{CALLS, Call, DOMAIN, Effect, Hook, HookTx, Turn};
use async_trait::async_trait;
use kernel::{HookCallId, HookId, OrganisationId, Owed, PageRequest, Published, StoreError};

const CALLING: &str = "adding a call of a hook";

#[async_trait]
impl HookTx for LocalTx {
    async fn lock_hooks_of(&mut self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError> {
        Ok(self.state().hooks_of(organisation).cloned().collect())
    }

    async fn lock_hook(&mut self, id: HookId) -> Result<Option<Hook>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn add_hook(&mut self, hook: &Hook) -> Result<(), StoreError> {
        self.add(hook.clone(), "adding a hook")
    }

    async fn save_hook(&mut self, hook: &Hook) -> Result<(), StoreError> {
        self.save(hook.clone(), "saving a hook")
    }

    async fn remove_hook(&mut self, id: HookId) -> Result<(), StoreError> {
        let all = PageRequest { limit: u32::MAX, after: None };
        let calls: Vec<_> = newest_of(&self.state().hooks.calls_of, id, all).collect();
        for call in calls {
            self.remove::<Call>(&call.into());
        }
        self.remove::<Hook>(&id);
        Ok(())
    }

    async fn hooks_that_are_on(&mut self, of: &[OrganisationId]) -> Result<Vec<Hook>, StoreError> {
        let state = self.state();
        Ok(of.iter().flat_map(|organisation| state.hooks_that_are_on(*organisation)).cloned().collect())
    }

    async fn take_news(&mut self, limit: u32) -> Result<Vec<Published>, StoreError> {
        let state = self.state();
        let places = state.news.untold.iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(places.filter_map(|place| state.get::<KeptNews>(place)).map(|kept| kept.published()).collect())
    }

    async fn news_told(&mut self, places: &[u64]) -> Result<(), StoreError> {
        for place in places {
            if let Some(kept) = self.state().copy::<KeptNews>(place) {
                self.put(kept.told());
            }
        }
        Ok(())
    }

    async fn add_hook_calls(&mut self, calls: &[Call]) -> Result<Vec<HookCallId>, StoreError> {
        let mut new = Vec::new();
        for call in calls {
            if self.state().hooks.messages.contains_key(&(call.hook, call.message.clone())) {
                continue;
            }
            if self.state().get::<Hook>(&call.hook).is_none() {
                return Err(self.broken(CALLING, "there is no such hook"));
            }
            self.add(call.clone(), CALLING)?;
            new.push(call.id);
        }
        Ok(new)
    }

    async fn lock_hook_call(&mut self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_hook_call(&mut self, call: &Call) -> Result<(), StoreError> {
        self.save(call.clone(), "saving a call of a hook")
    }

    async fn enqueue_hooks(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_hook_calls(&mut self, turns: &[Owed<Turn>]) -> Result<(), StoreError> {
        self.enqueue(CALLS, turns)
    }
}
