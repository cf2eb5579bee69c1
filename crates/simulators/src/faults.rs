//! Faults that tests order: the next calls of one kind go wrong, or each of them with a probability.

use crate::call::Call;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// It is done, and the connection is closed without an answer: a time-out for those who cannot wait for one.
    DropAfterAct,
    /// It is done and answered after `delay_ms`.
    Delay,
    /// A refund made by it stays pending.
    RefundPending,
}

/// A fault and how often it is still to strike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    /// Method and path, as `POST /v1/refunds`; a part `*` or `{...}` stands for anything, `**` at the end for any
    /// rest, and `*` as the method for all of them.
    pub on: String,
    pub kind: Kind,
    /// Once, when neither this nor a probability is given; without end with a probability alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    #[serde(default)]
    pub delay_ms: u64,
    /// How many of a thousand matching calls are struck; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u16>,
    /// What the draws follow from: the same seed strikes the same calls of a sequence.
    #[serde(default)]
    pub seed: u64,
    /// How many matching calls have been drawn for.
    #[serde(default)]
    pub seen: u64,
}

impl Fault {
    fn matches(&self, call: &Call) -> bool {
        let Some((method, path)) = self.on.split_once(' ') else { return false };
        let mut wanted: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut given = call.parts();
        if wanted.last() == Some(&"**") {
            wanted.pop();
            given.truncate(wanted.len());
        }
        (method == "*" || method.eq_ignore_ascii_case(&call.method))
            && wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                *wanted == given || *wanted == "*" || (wanted.starts_with('{') && wanted.ends_with('}'))
            })
    }

    /// Whether this call, which matches, is struck.
    fn strikes(&mut self) -> bool {
        let number = self.seen;
        self.seen += 1;
        self.per_mille.is_none_or(|share| draw(self.seed, &self.on, number) < u64::from(share))
    }

    fn is_spent(&self) -> bool {
        self.left() == Some(0)
    }

    fn left(&self) -> Option<u32> {
        match (self.times, self.per_mille) {
            (Some(times), _) => Some(times),
            (None, Some(_)) => None,
            (None, None) => Some(1),
        }
    }
}

/// A number below a thousand that follows from a seed, a purpose and a position alone.
pub(crate) fn draw(seed: u64, purpose: &str, number: u64) -> u64 {
    let digest = Sha256::digest(format!("{seed}|{number}|{purpose}"));
    digest.iter().take(7).fold(0, |sum, byte| sum * 256 + u64::from(*byte)) % 1_000
}

/// Takes the first fault that strikes this call, counting it down.
pub(crate) fn strike(faults: &mut Vec<Fault>, call: &Call) -> Option<Fault> {
    let mut struck = None;
    for fault in faults.iter_mut().filter(|fault| fault.matches(call)) {
        if fault.strikes() {
            fault.times = fault.left().map(|left| left.saturating_sub(1));
            struck = Some(fault.clone());
            break;
        }
    }
    faults.retain(|fault| !fault.is_spent());
    struck
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, path: &str) -> Call {
        Call { method: method.into(), path: path.into(), ..Call::default() }
    }

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_fault_strikes_its_calls_as_often_as_ordered() {
        let mut faults =
            vec![fault(r#"{"on":"POST /v2/payments/captures/{id}/refund","kind":"drop","times":2}"#)];
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
        let fault = fault(r#"{"on":"POST /v1/refunds","kind":"error_500"}"#);
        assert_eq!((fault.kind, fault.left()), (Kind::Error500, Some(1)));
        let text = serde_json::to_string(&Kind::TimeoutAfterAct).unwrap();
        assert_eq!(text, r#""timeout_after_act""#);
    }

    #[test]
    fn a_probability_strikes_about_so_many_and_the_same_ones_each_time() {
        let run = |seed: u64| -> Vec<bool> {
            let text = format!(r#"{{"on":"* /v1/**","kind":"error_500","per_mille":100,"seed":{seed}}}"#);
            let mut faults = vec![fault(&text)];
            (0..1_000).map(|_| strike(&mut faults, &call("POST", "/v1/refunds")).is_some()).collect()
        };
        let struck = run(7).into_iter().filter(|struck| *struck).count();
        assert!((60..140).contains(&struck), "{struck} of 1000");
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_probability_can_end() {
        let mut faults = vec![fault(r#"{"on":"GET /**","kind":"drop","per_mille":1000,"times":3}"#)];
        let struck = (0..9).filter(|_| strike(&mut faults, &call("GET", "/v1/refunds/x")).is_some()).count();
        assert_eq!((struck, faults.len()), (3, 0));
    }
}
