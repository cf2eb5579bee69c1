//! What the audit log says of invites: neither codes nor addresses nor notes.

use crate::Invite;
use kernel::{Act, Actor, Subject, Timestamp};
use serde_json::json;

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

fn act(name: &'static str, actor: &Actor, invite: &Invite, now: Timestamp) -> Act {
    actor.cause().act(name, Subject::new("invite", invite.id.as_uuid()), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodeHash;
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
            created_at: now,
        };
        let mut after = before.clone();
        after.revoke(now);
        assert_eq!(revoked(&admin, &after, &after, now), None, "what changed nothing is no act");
        for act in [created(&admin, &before, now), revoked(&admin, &before, &after, now).unwrap()] {
            let text = serde_json::to_string(&act).unwrap();
            assert!(text.contains(&before.id.to_string()) && text.contains("2026-06-01T12:00:00Z"), "{text}");
            for private in ["example.org", "aunt", "code", &session.to_string()] {
                assert!(!text.contains(private), "{text}");
            }
        }
    }
}
