//! What the audit log says of hooks: where they call by the host alone, as the rest of an address may hold a secret.

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
        "host": hook.host(), "events": hook.kinds, "secret": hook.generation,
        "off": hook.off.map(|(_, why)| why.as_str()),
    })
}

/// Somebody had a hook called to see what it says.
pub(crate) fn trial(by: &Cause, hook: &Hook, call: &Call, now: Timestamp) -> Act {
    let after = json!({"host": hook.host(), "message": call.message});
    by.act("hook.test", Subject::new("hook", hook.id.as_uuid()), now)
        .of(hook.organisation)
        .changing(None, Some(after.to_string()))
}

/// Somebody had a call made anew.
pub(crate) fn again(by: &Cause, hook: &Hook, call: &Call, now: Timestamp) -> Act {
    let after = json!({"turn": call.turn, "message": call.message});
    by.act("hook_call.retry", Subject::new("hook_call", call.id.as_uuid()), now)
        .of(hook.organisation)
        .changing(None, Some(after.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HookInput;
    use uuid::Uuid;

    #[test]
    fn it_is_on_record_where_a_hook_calls_and_no_secret_of_its_address() {
        let (now, nobody) = ("2026-06-01T12:00:00Z".parse().unwrap(), Uuid::nil());
        let to = |url: &str| HookInput {
            url: url.into(),
            description: String::new(),
            kinds: Vec::new(),
            enabled: true,
        };
        let before = Hook::new(nobody.into(), nobody.into(), to("https://house.example/s3cret"), now);
        let mut after = before.clone();
        after.change(to("https://other.example/hook?key=s3cret"), now);
        let act = of_hook((&Cause::system(), "hook.change"), Some(&before), Some(&after), now).unwrap();
        let said = format!("{:?} {:?}", act.before, act.after);
        assert!(said.contains("house.example") && said.contains("other.example"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}
