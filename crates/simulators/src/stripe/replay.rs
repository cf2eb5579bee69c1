//! Idempotency keys: the first answer to a key is the answer to all later uses of it.

use super::refusal::Refusal;
use crate::call::{Call, Reply};
use crate::shelf::Shelf;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a key is remembered, in seconds.
const LIFETIME: i64 = 24 * 60 * 60;

/// An answer that is given again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    request: String,
    request_id: String,
    status: u16,
    body: String,
    at: i64,
}

/// The answers that are remembered.
pub(crate) type Answers = Shelf<Remembered, 4_000>;

/// Names a request by account and key; `None` without a key.
pub(crate) fn key(call: &Call) -> Option<String> {
    let account = call.header("stripe-account").or_else(|| call.header("authorization"))?;
    Some(format!("{account} {}", call.header("idempotency-key")?))
}

/// The answer to repeat, if there is one.
///
/// # Errors
/// A 400 when the key was used for something else.
pub(crate) fn recall(answers: &Answers, call: &Call, now: i64) -> Result<Option<Reply>, Refusal> {
    let Some(name) = key(call) else { return Ok(None) };
    let given = call.header("idempotency-key").unwrap_or_default();
    if given.is_empty() || given.len() > 255 {
        return Err(Refusal::invalid(None, "Idempotency keys have 1 to 255 characters."));
    }
    let Some(before) = answers.get(&name).filter(|before| now < before.at + LIFETIME) else {
        return Ok(None);
    };
    if before.request != fingerprint(call) {
        return Err(Refusal::other_parameters(given));
    }
    let reply = Reply::text(before.status, before.body.clone());
    Ok(Some(reply.with("idempotent-replayed", "true").with("original-request", before.request_id.clone())))
}

/// Remembers an answer, when the request has a key.
pub(crate) fn remember(answers: &mut Answers, call: &Call, reply: &Reply, request_id: &str, now: i64) {
    if let Some(name) = key(call) {
        let request = fingerprint(call);
        let (status, body) = (reply.status, reply.body().to_owned());
        let request_id = request_id.to_owned();
        answers.put(name, Remembered { request, request_id, status, body, at: now });
    }
}

/// Equal for requests with equal parameters, in whatever order.
fn fingerprint(call: &Call) -> String {
    let mut fields = call.body_fields();
    fields.sort();
    let digest = Sha256::digest(format!("{} {} {fields:?}", call.method, call.path));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(key: &str, body: &str) -> Call {
        let headers = [("authorization", "Bearer sk"), ("idempotency-key", key)];
        Call {
            method: "POST".into(),
            path: "/v1/refunds".into(),
            body: body.as_bytes().to_vec(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..Call::default()
        }
    }

    #[test]
    fn a_key_gives_its_first_answer_for_a_day() {
        let mut answers = Answers::default();
        remember(&mut answers, &call("k", "a=1&b=2"), &Reply::text(400, "{}".into()), "req_1", 0);
        let again = recall(&answers, &call("k", "b=2&a=1"), LIFETIME - 1).unwrap().unwrap();
        assert_eq!(again.status, 400);
        assert!(again.headers.contains(&("idempotent-replayed", "true".to_owned())));
        assert!(recall(&answers, &call("k", "a=1&b=2"), LIFETIME).unwrap().is_none());
        assert!(recall(&answers, &call("other", "a=1&b=2"), 1).unwrap().is_none());
    }

    #[test]
    fn a_key_is_not_for_another_request_but_another_account_may_use_it() {
        let mut answers = Answers::default();
        remember(&mut answers, &call("k", "a=1"), &Reply::text(200, "{}".into()), "req_1", 0);
        let refusal = recall(&answers, &call("k", "a=2"), 1).unwrap_err();
        assert_eq!((refusal.status, refusal.kind), (400, "idempotency_error"));
        let mut other = call("k", "a=2");
        other.headers.insert("stripe-account".into(), "acct_2".into());
        assert!(recall(&answers, &other, 1).unwrap().is_none());
    }
}
