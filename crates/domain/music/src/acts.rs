//! What the audit log says of sets. Titles and artists may name people, so of them it says only that they changed.

use crate::MusicSet;
use kernel::{Act, Actor, Subject, Timestamp};
use serde_json::{Value, json};

/// One was made.
pub(crate) fn created(by: &Actor, set: &MusicSet, now: Timestamp) -> Act {
    let said = json!({"bytes": set.original_bytes, "downloads": downloads(set), "event": set.event});
    act("set.create", by, set, now).changing(None, Some(said.to_string()))
}

/// What is said of one changed, or whether it is heard; `None` when nothing changed.
pub(crate) fn changed(by: &Actor, before: &MusicSet, after: &MusicSet, now: Timestamp) -> Option<Act> {
    let name = match (before.published_at.is_some(), after.published_at.is_some()) {
        (false, true) => "set.publish",
        (true, false) => "set.withdraw",
        _ => "set.change",
    };
    let mut named = Vec::new();
    for (field, same) in [
        ("title", before.title == after.title),
        ("artist", before.artist == after.artist),
        ("tracklist", before.tracklist == after.tracklist),
    ] {
        if !same {
            named.push(field);
        }
    }
    let (was, mut is) = (said(before), said(after));
    if was == is && named.is_empty() {
        return None;
    }
    if let Some(is) = is.as_object_mut() {
        is.insert("changed".into(), json!(named));
    }
    Some(act(name, by, after, now).changing(Some(was.to_string()), Some(is.to_string())))
}

/// One was removed with all its files.
pub(crate) fn removed(by: &Actor, set: &MusicSet, now: Timestamp) -> Act {
    act("set.delete", by, set, now).changing(Some(said(set).to_string()), None)
}

/// One that failed is processed anew.
pub(crate) fn retried(by: &Actor, set: &MusicSet, now: Timestamp) -> Act {
    act("set.retry", by, set, now)
}

fn said(set: &MusicSet) -> Value {
    json!({
        "downloads": downloads(set),
        "event": set.event,
        "published_at": set.published_at,
        "recorded_at": set.recorded_at,
    })
}

fn downloads(set: &MusicSet) -> Vec<String> {
    set.downloads.iter().map(|rung| rung.name()).collect()
}

fn act(name: &'static str, by: &Actor, set: &MusicSet, now: Timestamp) -> Act {
    by.cause().act(name, Subject::new("set", set.id.as_uuid()), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, noon};
    use kernel::{AccountId, Role, SessionId};

    #[test]
    fn nobody_is_named() {
        let now = noon();
        let (account, session) = (AccountId::generate(now), SessionId::generate(now));
        let admin = Actor { account, session, role: Role::Admin, request: None };
        let before = samples::ready();
        assert_eq!(changed(&admin, &before, &before, now), None, "what changed nothing is no act");
        let mut after = before.clone();
        (after.artist, after.published_at) = ("Grace".into(), None);
        let withdrawn = changed(&admin, &before, &after, now).unwrap();
        assert_eq!(&*withdrawn.act, "set.withdraw");
        assert!(withdrawn.after.as_deref().unwrap().contains("\"changed\":[\"artist\"]"));
        let acts = [
            withdrawn,
            created(&admin, &before, now),
            removed(&admin, &after, now),
            retried(&admin, &after, now),
        ];
        let text = serde_json::to_string(&acts).unwrap();
        for private in ["Ada", "Grace", "night", &session.to_string()] {
            assert!(!text.contains(private), "{text}");
        }
    }
}
