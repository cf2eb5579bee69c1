//! Work that nobody tries any more: whoever waits for what it was to bring about learns that.

use super::perform::{Done, Failure};
use super::{announce, pictures};
use crate::wiring::App;
use gallery::PictureStatus;
use hooks::Turn;
use kernel::outbox::{Discarded, SetAside};
use kernel::{Cause, EffectId, Owed, StoreError, Subject};
use music::SetStatus;
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
    /// The backup still counts as being made, the call of a hook as one that will be made, or letters as about to be handed
    /// over.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes down that nobody tries any more, where somebody waits for what was owed and may ask for it anew.
///
/// # Errors
/// A [`GiveUpError`]: try again later.
pub async fn give_up(app: &App, id: EffectId, (domain, body): (&str, &str)) -> Result<(), GiveUpError> {
    app.messages.given_up(id).await?;
    if domain == messaging::ANNOUNCEMENTS
        && let Ok(mailing) = serde_json::from_str(body)
    {
        announce::give_up(app, id, mailing).await?;
    }
    has_failed(app, domain, body).await
}

/// What was to be brought about has failed.
async fn has_failed(app: &App, domain: &str, body: &str) -> Result<(), GiveUpError> {
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
        backups::WORK => {
            if let Ok(work) = serde_json::from_str(body) {
                app.keeper.give_up(work, None).await?;
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

/// Does without work that was set aside. `false`, and nothing changed, when it is not set aside, also when somebody has it
/// tried again at the same moment. Whoever waits for it is told by what is owed in its place, with the same change: were it
/// said before, who tries again could come first, and what has failed would be made all the same.
///
/// # Errors
/// The store could not answer; the work is still there then.
pub async fn discard(app: &App, id: EffectId, cause: &Cause) -> Result<bool, StoreError> {
    let Some(SetAside { work, body }) = app.outbox.set_aside(id).await? else { return Ok(false) };
    // Its letters may be told before: one that has failed goes all the same if somebody has it tried again.
    app.messages.given_up(id).await?;
    let before = json!({
        "domain": work.domain, "kind": work.kind, "attempts": work.attempts, "parked_at": work.parked_at,
    });
    let now = app.clock.now();
    let act = cause.act("job.discard", Subject::new("job", id.as_uuid()), now);
    let act = act.changing(Some(before.to_string()), None);
    let waited_for =
        [gallery::PICTURES, music::SOUND, backups::WORK, hooks::CALLS].contains(&work.domain.as_str());
    let news = waited_for.then(|| Owed::now(Discarded { domain: work.domain, body }, now));
    app.outbox.discard(id, &act, news.as_ref()).await
}

/// Has whoever still waits for work that was discarded learn that nobody tries any more.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn tell(app: &App, Discarded { domain, body }: Discarded) -> Result<Done, Failure> {
    // In this order: what failed and is asked for anew is waited for again and owed at the same moment. Whoever is seen to
    // wait while the same is not owed afterwards waits for what was discarded.
    if is_waited_for(app, &domain, &body).await? && !app.outbox.owes(&domain, &body).await? {
        has_failed(app, &domain, &body).await?;
    }
    Ok(Done::Finished)
}

async fn is_waited_for(app: &App, domain: &str, body: &str) -> Result<bool, StoreError> {
    match domain {
        gallery::PICTURES => {
            let Ok(picture) = serde_json::from_str(body) else { return Ok(false) };
            let picture = app.gallery.picture(picture).await?;
            Ok(picture.is_some_and(|picture| picture.status == PictureStatus::Processing))
        }
        music::SOUND => {
            let Ok(set) = serde_json::from_str(body) else { return Ok(false) };
            let set = app.music.show(set).await?;
            Ok(set.is_some_and(|set| set.status == SetStatus::Processing))
        }
        backups::WORK => {
            let Ok(work) = serde_json::from_str(body) else { return Ok(false) };
            Ok(app.keeper.desk().await?.is_at(work))
        }
        hooks::CALLS => {
            let Ok(turn) = serde_json::from_str::<Turn>(body) else { return Ok(false) };
            let call = app.hooks.call(turn.call).await?;
            Ok(call.is_some_and(|call| call.turn == turn.turn && call.state.is_open()))
        }
        _ => Ok(false),
    }
}
