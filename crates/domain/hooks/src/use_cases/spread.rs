//! News become calls.

use super::Hooks;
use crate::{Call, Turn};
use kernel::{HookCallId, OrganisationId, Owed, StoreError, transact};
use std::collections::BTreeSet;

/// So many pieces of news are looked at in one transaction.
const AT_ONCE: u32 = 100;

/// What a round of spreading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// How many pieces of news hooks are told.
    pub told: usize,
    /// How many nobody here can read: they wait for a version that can.
    pub unreadable: usize,
}

impl Hooks {
    /// Makes calls of what hooks are to be told, each piece of news once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn spread(&self) -> Result<Spread, StoreError> {
        // Looking costs no transaction, and mostly there is nothing.
        if !self.store.is_untold().await? {
            return Ok(Spread::default());
        }
        let now = self.clock.now();
        transact(self.store.begin_hooks().await?, async |tx| {
            let news = tx.take_news(AT_ONCE).await?;
            let of: BTreeSet<OrganisationId> = news.iter().map(|one| one.organisation).collect();
            let hooks = tx.hooks_that_are_on(&of.into_iter().collect::<Vec<_>>()).await?;
            let (mut calls, mut told) = (Vec::new(), Vec::new());
            for one in &news {
                let wanting: Vec<_> = hooks.iter().filter(|hook| hook.wants(one)).collect();
                if !wanting.is_empty() {
                    let Ok(body) = (self.say)(one) else { continue };
                    calls.extend(wanting.into_iter().map(|hook| Call::of(hook, one, body.clone(), now)));
                }
                told.push(one.place);
            }
            let new: BTreeSet<HookCallId> = tx.add_hook_calls(&calls).await?.into_iter().collect();
            let owed = calls.iter().filter(|call| new.contains(&call.id));
            let turns: Vec<_> = owed.map(|call| Owed::now(Turn::of(call), now)).collect();
            tx.enqueue_hook_calls(&turns).await?;
            tx.news_told(&told).await?;
            Ok(Spread { told: told.len(), unreadable: news.len() - told.len() })
        })
        .await
    }
}
