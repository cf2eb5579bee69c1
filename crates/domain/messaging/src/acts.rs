//! What the audit log says of mails: neither where they go nor what they say.

use crate::ports::Channel;
use crate::{Letter, LetterFilter, Suppression};
use kernel::{Act, Actor, Cause, EffectId, OrganisationId, Subject, Timestamp};
use serde_json::json;

/// A letter was sent again.
pub(crate) fn sent_again(by: &Cause, old: &Letter, new: EffectId, now: Timestamp) -> Act {
    let before = json!({"kind": old.about.kind, "state": old.state});
    let after = json!({"sent_again_as": new});
    about(by, "mail.resend", old, now).changing(Some(before.to_string()), Some(after.to_string()))
}

/// A ticket was sent to somebody anew.
pub(crate) fn ticket_sent(
    by: &Cause,
    letter: &Letter,
    (to, organisation): (Channel, OrganisationId),
    now: Timestamp,
) -> Act {
    let after = json!({"mail": letter.id, "to": to});
    let subject = match letter.about.ticket {
        Some(ticket) => Subject::new("ticket", ticket.as_uuid()),
        None => Subject::new("mail", letter.id.as_uuid()),
    };
    by.act("ticket.resend", subject, now).of(organisation).changing(None, Some(after.to_string()))
}

/// An address gets announcements again.
pub(crate) fn suppression_lifted(by: &Cause, letter: &Letter, lifted: &Suppression, now: Timestamp) -> Act {
    let before = json!({"reason": lifted.reason, "at": lifted.at});
    about(by, "mail.lift_suppression", letter, now).changing(Some(before.to_string()), None)
}

/// Somebody takes out all letters that these are; of whom they looked for, only that they did.
pub(crate) fn table_taken(by: &Actor, filter: &LetterFilter, now: Timestamp) -> Act {
    let narrowed = json!({
        "state": filter.state,
        "trouble": filter.trouble,
        "kind": filter.kind,
        "event_id": filter.event,
        "searched": filter.to.is_some() || filter.account.is_some() || filter.booking.is_some(),
    });
    by.cause()
        .act("mail.export", Subject::new("account", by.account.as_uuid()), now)
        .changing(None, Some(narrowed.to_string()))
}

fn about(by: &Cause, name: &'static str, letter: &Letter, now: Timestamp) -> Act {
    by.act(name, Subject::new("mail", letter.id.as_uuid()), now)
}
