//! Work that nobody tries any more: whoever waits for what it was to bring about learns that.

use super::pictures;
use crate::wiring::App;
use kernel::outbox::SetAside;
use kernel::{Cause, EffectId, StoreError, Subject};
use serde_json::json;

/// Why it is not written down yet that nobody tries any more.
#[derive(Debug, thiserror::Error)]
pub enum GiveUpError {
    /// The picture still counts as being made.
    #[error(transparent)]
    Picture(#[from] gallery::MakeError),
    /// The set still counts as being processed.
    #[error(transparent)]
    Set(#[from] music::MakeError),
    /// The call of a hook still counts as one that will be made.
    #[error(transparent)]
    Call(#[from] StoreError),
}

/// Why work was not discarded.
#[derive(Debug, thiserror::Error)]
pub enum DiscardError {
    /// Whoever waits for it would not learn that nobody tries any more.
    #[error(transparent)]
    GiveUp(#[from] GiveUpError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes down that nobody tries any more, where somebody waits for what was owed and may ask for it anew.
///
/// # Errors
/// A [`GiveUpError`]: try again later.
pub async fn give_up(app: &App, domain: &str, body: &str) -> Result<(), GiveUpError> {
    // Of what cannot be read nobody knows what it was about.
    match domain {
        gallery::PICTURES => {
            if let Ok(picture) = serde_json::from_str(body) {
                pictures::give_up(app, picture).await?;
            }
        }
        music::SOUND => {
            if let Ok(set) = serde_json::from_str(body) {
                app.music.give_up(set).await?;
            }
        }
        hooks::CALLS => {
            if let Ok(turn) = serde_json::from_str(body) {
                app.hooks.give_up(turn).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Does without work that was set aside. `false` when it is not set aside, also when somebody has it tried again meanwhile.
///
/// # Errors
/// A [`DiscardError`]: it is still there then.
pub async fn discard(app: &App, id: EffectId, cause: &Cause) -> Result<bool, DiscardError> {
    let Some(SetAside { work, body, again }) = app.outbox.set_aside(id).await? else { return Ok(false) };
    // Before it goes: whoever stops in between finds it again. Where the same is owed once more, somebody was told that it
    // failed and has asked for it anew; that goes on.
    if !again {
        give_up(app, &work.domain, &body).await?;
    }
    let before = json!({
        "domain": work.domain, "kind": work.kind, "attempts": work.attempts, "parked_at": work.parked_at,
    });
    let act = cause.act("job.discard", Subject::new("job", id.as_uuid()), app.clock.now());
    Ok(app.outbox.discard(id, &act.changing(Some(before.to_string()), None)).await?)
}
