//! What the audit log says of the door.

use crate::Ticket;
use kernel::{Act, Cause, Subject, Timestamp};
use serde_json::json;

/// A checked-in ticket is good again.
pub(crate) fn check_in_undone(by: &Cause, before: &Ticket, after: &Ticket, now: Timestamp) -> Act {
    let said = |ticket: &Ticket| {
        Some(json!({"checked_in_at": ticket.checked_in_at, "status": ticket.status.as_str()}).to_string())
    };
    by.act("ticket.undo_check_in", Subject::new("ticket", after.id.as_uuid()), now)
        .changing(said(before), said(after))
}
