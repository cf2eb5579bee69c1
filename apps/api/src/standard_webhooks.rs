//! Signatures of webhooks as many services make them (<https://www.standardwebhooks.com>): `webhook-id` names a message,
//! `webhook-timestamp` says when it was signed, and `webhook-signature` has `v1,` and base64, once for each secret, with blanks
//! between. What is signed is the HMAC-SHA256 of name, time and body with points between them.

use data_encoding::{BASE64, BASE64_NOPAD};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use sha2::Sha256;

/// How far the time of signing may lie from now, either way, in seconds.
const TOLERANCE: u64 = 300;
/// How a secret begins.
const PREFIX: &str = "whsec_";
/// Bytes that a secret may have.
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;
/// Longest name of a message.
const LONGEST_NAME: usize = 255;

/// The bytes that a secret stands for; `None` when it is none.
#[must_use]
pub fn key(secret: &str) -> Option<Vec<u8>> {
    let text = secret.strip_prefix(PREFIX)?.as_bytes();
    let bytes = BASE64.decode(text).or_else(|_| BASE64_NOPAD.decode(text)).ok()?;
    SIZES.contains(&bytes.len()).then_some(bytes)
}

/// What stands in the headers of a message.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'h> {
    /// `webhook-id`.
    pub name: &'h str,
    /// `webhook-timestamp`.
    pub time: &'h str,
    /// `webhook-signature`.
    pub signatures: &'h str,
}

impl Signed<'_> {
    /// Whether it was signed a short while ago under one of these secrets. Each pair of secret and signature is compared, in
    /// constant time; no secret believes nothing.
    #[must_use]
    pub fn is_by<'s>(&self, secrets: impl IntoIterator<Item = &'s str>, body: &[u8], now: Timestamp) -> bool {
        let plain = !self.name.is_empty() && self.name.len() <= LONGEST_NAME;
        let signed_at = self.time.parse::<i64>().ok().filter(|at| now.timestamp().abs_diff(*at) <= TOLERANCE);
        if !plain || signed_at.is_none() {
            return false;
        }
        let given = self.signatures.split_whitespace().filter_map(|one| one.strip_prefix("v1,"));
        let given: Vec<Vec<u8>> = given.filter_map(|one| BASE64.decode(one.as_bytes()).ok()).collect();
        secrets.into_iter().filter_map(key).fold(false, |right, key| {
            given.iter().fold(right, |right, signature| right | self.is_made_by(&key, body, signature))
        })
    }

    fn is_made_by(&self, key: &[u8], body: &[u8], signature: &[u8]) -> bool {
        self.mac(key, body).is_some_and(|mac| mac.verify_slice(signature).is_ok())
    }

    fn mac(&self, key: &[u8], body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        for part in [self.name.as_bytes(), b".", self.time.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// The signature of a message, as it stands in `webhook-signature`; `None` for what is no secret.
#[must_use]
pub fn signature(secret: &str, name: &str, time: Timestamp, body: &[u8]) -> Option<String> {
    let time = time.timestamp().to_string();
    let signed = Signed { name, time: &time, signatures: "" };
    let mac = signed.mac(&key(secret)?, body)?;
    Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NAME: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn by(secrets: &[&str], time: &str, signatures: &str, body: &[u8]) -> bool {
        let at = Timestamp::from_timestamp(1_614_265_330, 0).unwrap();
        let at = if time == "1614265330" { at } else { now() };
        Signed { name: NAME, time, signatures }.is_by(secrets.iter().copied(), body, at)
    }

    /// The example of the specification, computed by others.
    #[test]
    fn the_scheme_is_that_of_the_specification() {
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(by(&[SECRET], "1614265330", signature, BODY));
        assert!(!by(&[OTHER], "1614265330", signature, BODY));
        assert!(!by(&[SECRET], "1614265331", signature, BODY));
    }

    #[test]
    fn every_secret_and_every_signature_counts() {
        let time = now().timestamp().to_string();
        let [one, other] = [SECRET, OTHER].map(|secret| signature(secret, NAME, now(), BODY).unwrap());
        assert!(by(&[OTHER, SECRET], &time, &one, BODY) && by(&[SECRET, OTHER], &time, &one, BODY));
        assert!(by(&[OTHER], &time, &format!("{one} {other}"), BODY));
        assert!(by(&[OTHER], &time, &format!("v1a,x v1,!! {other}"), BODY));
        assert!(!by(&[], &time, &one, BODY));
    }

    #[test]
    fn what_is_not_signed_by_us_is_forged() {
        let time = now().timestamp().to_string();
        let good = signature(SECRET, NAME, now(), BODY).unwrap();
        for wrong in
            ["", "v1,", "v1", "v2,x", &good[3..], &good[..good.len() - 4], &good.replace("v1,", "v1a,")]
        {
            assert!(!by(&[SECRET], &time, wrong, BODY), "{wrong}");
        }
        assert!(!by(&[SECRET], &time, &good, b"{}"));
        let elsewhere = Signed { name: "another", time: &time, signatures: &good };
        assert!(!elsewhere.is_by([SECRET], BODY, now()));
        let nameless = signature(SECRET, "", now(), BODY).unwrap();
        assert!(!Signed { name: "", time: &time, signatures: &nameless }.is_by([SECRET], BODY, now()));
    }

    #[test]
    fn the_time_of_signing_is_near_on_both_sides() {
        for (seconds, good) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            let at = now() + TimeDelta::seconds(seconds);
            let signatures = signature(SECRET, NAME, at, BODY).unwrap();
            let time = at.timestamp().to_string();
            assert_eq!(by(&[SECRET], &time, &signatures, BODY), good, "{seconds}");
        }
        for time in ["", "soon", "-9223372036854775808", "99999999999999999999"] {
            assert!(!by(&[SECRET], time, "v1,AA==", BODY), "{time}");
        }
    }

    #[test]
    fn a_secret_is_what_it_says() {
        assert_eq!(key(SECRET).map(|key| key.len()), Some(24));
        assert_eq!(key(OTHER).map(|key| key.len()), Some(32));
        assert_eq!(key(OTHER.trim_end_matches('=')), key(OTHER));
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_AAECAwQFBgc="] {
            assert_eq!(key(text), None, "{text}");
        }
    }
}
