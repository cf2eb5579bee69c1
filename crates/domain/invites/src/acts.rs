//! What the audit log says of invites and branches: neither codes nor addresses nor notes.

use crate::{Invite, Inviter};
use kernel::{Act, Actor, Subject, Timestamp};
use serde_json::json;

/// Somebody takes out a table of all of them.
pub(crate) fn table_taken(by: &Actor, now: Timestamp) -> Act {
    by.cause().act("invite.export", Subject::new("account", by.account.as_uuid()), now)
}

/// One was made.
pub(crate) fn created(maker: &Actor, invite: &Invite, now: Timestamp) -> Act {
    let said = json!({
        "expires_at": invite.expires_at,
        "for_one_address": invite.email.is_some(),
        "max_uses": invite.max_uses,
    });
    act("invite.create", maker, invite, now).changing(None, Some(said.to_string()))
}

/// One was taken back; `None` when it had been before.
pub(crate) fn revoked(actor: &Actor, before: &Invite, after: &Invite, now: Timestamp) -> Option<Act> {
    let said = |invite: &Invite| Some(json!({"revoked_at": invite.revoked_at}).to_string());
    let changed = before.revoked_at != after.revoked_at;
    changed.then(|| act("invite.revoke", actor, after, now).changing(said(before), said(after)))
}

/// Somebody may give away more or less; `None` when nothing changed.
pub(crate) fn budget_set(actor: &Actor, before: &Inviter, after: &Inviter, now: Timestamp) -> Option<Act> {
    let said = |inviter: &Inviter| Some(json!({"budget": inviter.budget}).to_string());
    let changed = before.budget != after.budget;
    changed.then(|| of_account("inviter.set_budget", actor, after, now).changing(said(before), said(after)))
}

/// A branch was shut or opened again.
pub(crate) fn ruled(actor: &Actor, before: &Inviter, after: &Inviter, now: Timestamp) -> Act {
    let said = |inviter: &Inviter| Some(json!({"frozen": inviter.is_frozen()}).to_string());
    let name = if after.is_frozen() { "branch.freeze" } else { "branch.unfreeze" };
    of_account(name, actor, after, now).changing(said(before), said(after))
}

fn of_account(name: &'static str, actor: &Actor, inviter: &Inviter, now: Timestamp) -> Act {
    actor.cause().act(name, Subject::new("account", inviter.account.as_uuid()), now)
}

fn act(name: &'static str, actor: &Actor, invite: &Invite, now: Timestamp) -> Act {
    actor.cause().act(name, Subject::new("invite", invite.id.as_uuid()), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CodeHash, Ruling};
    use kernel::{AccountId, InviteId, Role, SessionId};

    #[test]
    fn no_word_of_the_log_opens_an_account_or_tells_whose() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let (account, session) = (AccountId::generate(now), SessionId::generate(now));
        let admin = Actor { account, session, role: Role::Admin, request: None };
        let before = Invite {
            id: InviteId::generate(now),
            code_hash: CodeHash([0xAB; 32]),
            max_uses: 3,
            used: 1,
            expires_at: Some(now),
            revoked_at: None,
            email: Some("ada@example.org".parse().unwrap()),
            note: Some("for my aunt".into()),
            created_by: account,
            counted: true,
            created_at: now,
        };
        let mut after = before.clone();
        after.revoke(now);
        assert_eq!(revoked(&admin, &after, &after, now), None, "what changed nothing is no act");
        let open = Inviter::new(account);
        let ruling = Ruling { frozen: true, at: now, by: account, note: Some("for my aunt".into()) };
        let shut = Inviter { ruling: Some(ruling), budget: Some(3), ..open.clone() };
        assert_eq!(budget_set(&admin, &open, &open, now), None);
        let (frozen, allowed) =
            (ruled(&admin, &open, &shut, now), budget_set(&admin, &open, &shut, now).unwrap());
        assert_eq!((&*frozen.act, frozen.after.as_deref()), ("branch.freeze", Some(r#"{"frozen":true}"#)));
        assert_eq!(allowed.after.as_deref(), Some(r#"{"budget":3}"#));
        assert!(frozen.subject.id == account.as_uuid() && allowed.subject == frozen.subject);
        assert!(!serde_json::to_string(&[frozen, allowed]).unwrap().contains("aunt"));
        for act in [created(&admin, &before, now), revoked(&admin, &before, &after, now).unwrap()] {
            let text = serde_json::to_string(&act).unwrap();
            assert!(text.contains(&before.id.to_string()) && text.contains("2026-06-01T12:00:00Z"), "{text}");
            for private in ["example.org", "aunt", "code", &session.to_string()] {
                assert!(!text.contains(private), "{text}");
            }
        }
    }
}
