//! A call is made.

use super::Hooks;
use crate::acts::of_hook;
use crate::call::TEST;
use crate::signature::signatures;
use crate::{Call, Effect, Heard, Hook, Outgoing, Turn, WhyOff};
use kernel::{Cause, HookId, OrganisationId, Owed, StoreError, Timestamp, transact};

/// That a hook was switched off, as its owners are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffNews {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it called: the host alone.
    pub host: String,
    /// What it is for.
    pub description: String,
    /// Since when it was not answered well.
    pub since: Timestamp,
    /// Whether whoever was called said that nobody is there any more.
    pub gone: bool,
}

impl Hooks {
    /// Makes a call, if it is still to be made; answers when it is to be made again.
    ///
    /// # Errors
    /// [`StoreError`]: it is made again then, under the same name.
    pub async fn deliver(&self, turn: Turn) -> Result<Option<Timestamp>, StoreError> {
        let Some(call) = self.store.hook_call(turn.call).await? else { return Ok(None) };
        if !turn.is_next_of(&call) {
            return Ok(None);
        }
        let Some(seen) = self.store.hook(call.hook).await? else { return Ok(None) };
        // A trial is for those that are off as well: whoever mends one wants to see it work first.
        let heard = if seen.is_on() || call.kind == TEST {
            Some(self.caller.call(&self.outgoing(&seen, &call)).await)
        } else {
            None
        };
        let now = self.clock.now();
        transact(self.store.begin_hooks().await?, async |tx| {
            let Some(mut hook) = tx.lock_hook(call.hook).await? else { return Ok(None) };
            let Some(mut call) = tx.lock_hook_call(call.id).await? else { return Ok(None) };
            if !turn.is_next_of(&call) {
                return Ok(None);
            }
            let before = hook.clone();
            let next = match &heard {
                None => {
                    call.give_up("the hook was switched off");
                    None
                }
                Some(heard) => {
                    let next = call.heard(heard, now);
                    // What another address answered says nothing of this one.
                    if hook.url == seen.url {
                        note(&mut hook, &call, heard, now);
                    }
                    next
                }
            };
            tx.save_hook_call(&call).await?;
            if hook != before {
                tx.save_hook(&hook).await?;
            }
            if hook.off != before.off {
                let act = of_hook((&Cause::system(), "hook.switch_off"), Some(&before), Some(&hook), now);
                tx.record(act.as_slice()).await?;
                tx.enqueue_hooks(&[Owed::now(Effect::TellOwners { hook: hook.id }, now)]).await?;
            }
            Ok(next)
        })
        .await
    }

    /// Nobody tries to make a call any more, although nobody knows what came of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_up(&self, turn: Turn) -> Result<(), StoreError> {
        transact(self.store.begin_hooks().await?, async |tx| {
            let Some(mut call) = tx.lock_hook_call(turn.call).await? else { return Ok(()) };
            if turn.is_next_of(&call) {
                call.give_up("nobody could say what came of it");
                tx.save_hook_call(&call).await?;
            }
            Ok(())
        })
        .await
    }

    /// What a hook's owners are told of it, as long as it is off without their doing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn off_news(&self, id: HookId) -> Result<Option<OffNews>, StoreError> {
        let Some(hook) = self.store.hook(id).await? else { return Ok(None) };
        Ok(hook.off.filter(|(_, why)| *why != WhyOff::ByHand).map(|(at, why)| OffNews {
            organisation: hook.organisation,
            since: hook.failing_since.unwrap_or(at),
            gone: why == WhyOff::Gone,
            host: hook.host().to_owned(),
            description: hook.description,
        }))
    }

    fn outgoing(&self, hook: &Hook, call: &Call) -> Outgoing {
        let now = self.clock.now();
        let secret = |generation: &u32| self.key.secret(hook.id, *generation);
        let secrets: Vec<_> = hook.generations(now).iter().map(secret).collect();
        let timestamp = now.timestamp();
        Outgoing {
            url: hook.url.clone(),
            id: call.message.clone(),
            timestamp,
            signature: signatures(&secrets, &call.message, timestamp, &call.body),
            body: call.body.clone(),
        }
    }
}

/// A trial says nothing about whether a hook is answered day by day, unless it is.
fn note(hook: &mut Hook, call: &Call, heard: &Heard, now: Timestamp) {
    if call.kind != TEST || heard.is_good() {
        hook.heard(heard.is_good(), heard.is_gone(), now);
    }
}
