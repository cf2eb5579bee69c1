//! Faults that tests order: the next calls of one kind go wrong.

use crate::call::Call;
use serde::{Deserialize, Serialize};

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// It is done, but no answer ever comes.
    TimeoutAfterAct,
    /// It is answered with 500 and not done.
    #[serde(rename = "error_500")]
    Error500,
    /// The connection is closed without an answer, and it is not done.
    Drop,
    /// It is done and answered after `delay_ms`.
    Delay,
    /// A refund made by it stays pending.
    RefundPending,
}

/// A fault and how often it is still to strike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    /// Method and path, as `POST /v1/refunds`; a part `*` or `{...}` stands for anything.
    pub on: String,
    pub kind: Kind,
    #[serde(default = "once")]
    pub times: u32,
    #[serde(default)]
    pub delay_ms: u64,
}

const fn once() -> u32 {
    1
}

impl Fault {
    fn strikes(&self, call: &Call) -> bool {
        let Some((method, path)) = self.on.split_once(' ') else { return false };
        let wanted: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let given = call.parts();
        method.eq_ignore_ascii_case(&call.method)
            && wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                *wanted == given || *wanted == "*" || (wanted.starts_with('{') && wanted.ends_with('}'))
            })
    }
}

/// Takes the first fault that strikes this call, counting it down.
pub(crate) fn strike(faults: &mut Vec<Fault>, call: &Call) -> Option<Fault> {
    let index = faults.iter().position(|fault| fault.times > 0 && fault.strikes(call))?;
    let fault = faults.get_mut(index)?;
    fault.times -= 1;
    let struck = fault.clone();
    faults.retain(|fault| fault.times > 0);
    Some(struck)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, path: &str) -> Call {
        Call { method: method.into(), path: path.into(), ..Call::default() }
    }

    #[test]
    fn a_fault_strikes_its_calls_as_often_as_ordered() {
        let on = "POST /v2/payments/captures/{id}/refund".to_owned();
        let mut faults = vec![Fault { on, kind: Kind::Drop, times: 2, delay_ms: 0 }];
        assert!(strike(&mut faults, &call("GET", "/v2/payments/captures/1/refund")).is_none());
        assert!(strike(&mut faults, &call("POST", "/v2/payments/captures/1")).is_none());
        for _ in 0..2 {
            assert!(strike(&mut faults, &call("POST", "/v2/payments/captures/1/refund")).is_some());
        }
        assert!(strike(&mut faults, &call("POST", "/v2/payments/captures/1/refund")).is_none());
        assert!(faults.is_empty());
    }

    #[test]
    fn kinds_are_written_as_documented() {
        let fault: Fault = serde_json::from_str(r#"{"on":"POST /v1/refunds","kind":"error_500"}"#).unwrap();
        assert_eq!((fault.kind, fault.times), (Kind::Error500, 1));
        let text = serde_json::to_string(&Kind::TimeoutAfterAct).unwrap();
        assert_eq!(text, r#""timeout_after_act""#);
    }
}
