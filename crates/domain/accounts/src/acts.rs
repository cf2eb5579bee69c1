//! What the audit log says of accounts: their standing and what protects them, never who they are.

use crate::{Account, AccountFilter, EmailChange, SecondFactor};
use kernel::{Act, Actor, Cause, Subject, Timestamp};
use serde_json::json;

/// Another status or another role; `None` when neither changed.
pub(crate) fn standing_changed(by: &Cause, before: &Account, after: &Account, now: Timestamp) -> Option<Act> {
    let changed = (before.status, before.role) != (after.status, after.role);
    changed.then(|| act(by, "account.change_standing", after, now).changing(said(before), said(after)))
}

/// An admin was made.
pub(crate) fn admin_created(by: &Cause, made: &Account, now: Timestamp) -> Act {
    act(by, "account.create_admin", made, now).changing(None, said(made))
}

/// Somebody was forgotten.
pub(crate) fn erased(by: &Cause, before: &Account, after: &Account, now: Timestamp) -> Act {
    act(by, "account.erase", after, now).changing(said(before), said(after))
}

/// Somebody took out a table of people. What was typed to find them may be a name, so only that something was is said.
pub(crate) fn table_taken(by: &Actor, filter: &AccountFilter, now: Timestamp) -> Act {
    let narrowed = json!({
        "searched": filter.query.is_some(),
        "status": filter.status.map(|status| status.as_str()),
    });
    by.cause()
        .act("account.export", Subject::new("account", by.account.as_uuid()), now)
        .changing(None, Some(narrowed.to_string()))
}

/// The second factor is asked for from now on.
pub(crate) fn factor_enabled(by: &Cause, factor: &SecondFactor, now: Timestamp) -> Act {
    factor_act(by, "account.enable_totp", factor, now).changing(None, protected(factor))
}

/// Its owner does without it.
pub(crate) fn factor_disabled(by: &Cause, factor: &SecondFactor, now: Timestamp) -> Act {
    factor_act(by, "account.disable_totp", factor, now).changing(protected(factor), None)
}

/// Somebody else took it away.
pub(crate) fn factor_reset(by: &Cause, factor: &SecondFactor, now: Timestamp) -> Act {
    factor_act(by, "account.reset_totp", factor, now).changing(protected(factor), None)
}

/// There are other recovery codes, or one less.
pub(crate) fn recovery_codes_changed(
    by: &Cause,
    name: &'static str,
    (before, after): (&SecondFactor, &SecondFactor),
    now: Timestamp,
) -> Act {
    factor_act(by, name, after, now).changing(protected(before), protected(after))
}

/// Another address was asked for.
pub(crate) fn email_asked(by: &Cause, change: &EmailChange, now: Timestamp) -> Act {
    by.act("account.ask_email", Subject::new("account", change.account.as_uuid()), now)
}

/// The address is another one. Which, the log does not say.
pub(crate) fn email_changed(by: &Cause, change: &EmailChange, now: Timestamp) -> Act {
    by.act("account.change_email", Subject::new("account", change.account.as_uuid()), now)
}

fn factor_act(by: &Cause, name: &'static str, factor: &SecondFactor, now: Timestamp) -> Act {
    by.act(name, Subject::new("account", factor.account.as_uuid()), now)
}

fn protected(factor: &SecondFactor) -> Option<String> {
    let codes = factor.recovery.len();
    Some(json!({"totp_since": factor.confirmed_at, "recovery_codes": codes}).to_string())
}

fn act(by: &Cause, name: &'static str, account: &Account, now: Timestamp) -> Act {
    by.act(name, Subject::new("account", account.id.as_uuid()), now)
}

fn said(account: &Account) -> Option<String> {
    Some(json!({"role": account.role.as_str(), "status": account.status.as_str()}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FactorKey, PasswordHash, Person, Status};
    use kernel::{Role, SessionId};

    #[test]
    fn no_word_of_the_log_tells_who_somebody_is() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let person = Person::read("ada@example.org", "Ada", "Byron").unwrap();
        let before = Account::open(person, PasswordHash::new("hash"), now);
        let after = Account { status: Status::Suspended, ..before.clone() };
        let by = Cause::command_line();
        assert_eq!(standing_changed(&by, &before, &before, now), None, "what changed nothing is no act");
        for act in [
            standing_changed(&by, &before, &after, now).unwrap(),
            admin_created(&by, &before, now),
            erased(&by, &before, &after, now),
        ] {
            let text = serde_json::to_string(&act).unwrap().to_lowercase();
            assert!(text.contains("status") && text.contains(&before.id.to_string()), "{text}");
            for private in ["example.org", "\"ada\"", "byron", "hash"] {
                assert!(!text.contains(private), "{text}");
            }
        }
        let (account, session) = (before.id, SessionId::generate(now));
        let admin = Actor { account, session, role: Role::Admin, request: None };
        let filter = AccountFilter { query: Some("byron".into()), status: Some(Status::Suspended) };
        let taken = table_taken(&admin, &filter, now);
        assert_eq!(taken.after.as_deref(), Some(r#"{"searched":true,"status":"suspended"}"#));
        assert_eq!((taken.subject.id, taken.organisation), (account.as_uuid(), None));
        let change =
            EmailChange::ask(&before, SessionId::generate(now), "countess@example.org".parse().unwrap(), now);
        for act in [email_asked(&by, &change, now), email_changed(&by, &change, now)] {
            let text = serde_json::to_string(&act).unwrap();
            assert!(text.contains(&before.id.to_string()) && !text.contains("example.org"), "{text}");
        }
    }

    #[test]
    fn no_word_of_the_log_helps_to_prove_a_second_factor() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut after = SecondFactor::begin(kernel::AccountId::generate(now), now);
        let before = after.clone();
        let codes = after.replace_recovery_codes(&FactorKey::new([7; 32]), now);
        let by = Cause::command_line();
        for act in [
            factor_enabled(&by, &after, now),
            factor_disabled(&by, &after, now),
            factor_reset(&by, &after, now),
            recovery_codes_changed(&by, "account.use_recovery_code", (&before, &after), now),
        ] {
            let text = serde_json::to_string(&act).unwrap();
            assert!(text.contains("recovery_codes") && text.contains(&after.account.to_string()), "{text}");
            assert!(!text.contains(&after.id.to_string()), "{text}");
            assert!(codes.iter().all(|code| !text.contains(code.expose())), "{text}");
        }
    }
}
