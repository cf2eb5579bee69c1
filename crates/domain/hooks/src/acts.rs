//! What the audit log says of hooks: never an address, which may hold a secret.

use crate::{Call, Hook};
use kernel::{Act, Cause, Subject, Timestamp};
use serde_json::{Value, json};

/// Something was done to a hook.
pub(crate) fn of_hook(
    (by, name): (&Cause, &'static str),
    before: Option<&Hook>,
    after: Option<&Hook>,
    now: Timestamp,
) -> Option<Act> {
    let hook = after.or(before)?;
    let act = by.act(name, Subject::new("hook", hook.id.as_uuid()), now).of(hook.organisation);
    Some(act.changing(before.map(|it| said(it).to_string()), after.map(|it| said(it).to_string())))
}

fn said(hook: &Hook) -> Value {
    json!({
        "events": hook.kinds, "secret": hook.generation, "off": hook.off.map(|(_, why)| why.as_str()),
    })
}

/// Somebody had a call made anew.
pub(crate) fn again(by: &Cause, hook: &Hook, call: &Call, now: Timestamp) -> Act {
    let after = json!({"turn": call.turn, "message": call.message});
    by.act("hook_call.retry", Subject::new("hook_call", call.id.as_uuid()), now)
        .of(hook.organisation)
        .changing(None, Some(after.to_string()))
}
