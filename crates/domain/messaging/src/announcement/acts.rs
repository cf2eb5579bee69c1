//! What the audit log says of announcements: to whom they go, and when; neither their words nor anybody's address.

use super::{Announcement, RecipientState};
use kernel::{Act, Actor, Cause, Language, Subject, Timestamp};
use serde_json::json;

/// One was begun.
pub(crate) fn created(by: &Cause, it: &Announcement, now: Timestamp) -> Act {
    about(by, "announcement.create", it, now).changing(None, said(it))
}

/// One was changed; `None` when it was not.
pub(crate) fn changed(
    by: &Cause,
    before: &Announcement,
    after: &Announcement,
    now: Timestamp,
) -> Option<Act> {
    let act = || about(by, "announcement.change", after, now).changing(said(before), said(after));
    (before != after).then(act)
}

/// One has gone that went to nobody.
pub(crate) fn deleted(by: &Cause, it: &Announcement, now: Timestamp) -> Act {
    about(by, "announcement.delete", it, now).changing(said(it), None)
}

/// One is to go out.
pub(crate) fn scheduled(by: &Cause, before: &Announcement, after: &Announcement, now: Timestamp) -> Act {
    about(by, "announcement.schedule", after, now).changing(said(before), said(after))
}

/// One was called off.
pub(crate) fn cancelled(by: &Cause, before: &Announcement, after: &Announcement, now: Timestamp) -> Act {
    about(by, "announcement.cancel", after, now).changing(said(before), said(after))
}

/// Some of whom nobody knew whether they got it are sent it again.
pub(crate) fn sent_again(by: &Cause, it: &Announcement, count: usize, now: Timestamp) -> Act {
    about(by, "announcement.resend", it, now).changing(None, Some(json!({"recipients": count}).to_string()))
}

/// Somebody takes out all who were written to.
pub(crate) fn recipients_taken(
    by: &Actor,
    it: &Announcement,
    state: Option<RecipientState>,
    now: Timestamp,
) -> Act {
    let narrowed = json!({"state": state});
    about(&by.cause(), "announcement.export", it, now).changing(None, Some(narrowed.to_string()))
}

fn said(it: &Announcement) -> Option<String> {
    let languages: Vec<_> = it.texts.languages().into_iter().map(Language::tag).collect();
    let said = json!({
        "audience": it.audience,
        "languages": languages,
        "status": it.status,
        "due_at": it.due_at,
        "valid_until": it.valid_until,
    });
    Some(said.to_string())
}

fn about(by: &Cause, name: &'static str, it: &Announcement, now: Timestamp) -> Act {
    let act = by.act(name, Subject::new("announcement", it.id.as_uuid()), now);
    match it.organisation {
        Some(organisation) => act.of(organisation),
        None => act,
    }
}
