//! The `Stripe-Signature` header: `t=1492774577,v1=5257a8...,v1=...,v0=...`.
//!
//! Each `v1` is the HMAC-SHA256, in hexadecimal, of the time, a point and the body as it came, under the secret of
//! the endpoint. While a secret is rolled over, Stripe sends one `v1` per secret.
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use booking::NoticeError;
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use sha2::Sha256;

/// How far the time of signing may lie from now, either way, in seconds.
const TOLERANCE: u64 = 300;

/// Believes a body that was signed a short while ago under one of our secrets. Every pair is compared, in constant
/// time each; no secret believes nothing.
///
/// # Errors
/// [`NoticeError::Forged`].
pub(crate) fn check(
    header: &str,
    body: &[u8],
    secrets: &[String],
    now: Timestamp,
) -> Result<(), NoticeError> {
    let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
    let mut times = fields().filter(|(name, _)| *name == "t").map(|(_, time)| time);
    let (Some(time), None) = (times.next(), times.next()) else { return Err(NoticeError::Forged) };
    let signed_at: i64 = time.parse().map_err(|_| NoticeError::Forged)?;
    if now.timestamp().abs_diff(signed_at) > TOLERANCE {
        return Err(NoticeError::Forged);
    }
    let signatures = fields().filter(|(name, _)| *name == "v1");
    let signatures = signatures.filter_map(|(_, text)| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok());
    let right = signatures.fold(false, |right, signature| {
        secrets.iter().fold(right, |right, secret| right | made_by(secret, time, body, &signature))
    });
    if right { Ok(()) } else { Err(NoticeError::Forged) }
}

fn made_by(secret: &str, time: &str, body: &[u8], signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    const BODY: &[u8] = br#"{"id": "evt_1",  "type":"ping"}"#;

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn signature(secret: &str, time: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        HEXLOWER_PERMISSIVE.encode(&mac.finalize().into_bytes())
    }

    fn header(secret: &str, time: i64) -> String {
        format!("t={time},v1={}", signature(secret, time, BODY))
    }

    fn believed(header: &str, secrets: &[&str]) -> bool {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        check(header, BODY, &secrets, now()).is_ok()
    }

    /// The value was computed by `openssl dgst -sha256 -hmac`, not by this code.
    #[test]
    fn the_scheme_is_stripes() {
        let header = "t=1780315200,v1=faf3299335716542d8b9b97624e0c09826a58306c056dfe5e7fd024850f6299d";
        assert!(believed(header, &["whsec_test_secret"]));
    }

    #[test]
    fn every_secret_and_every_signature_counts() {
        let time = now().timestamp();
        let good = header("new", time);
        assert!(believed(&good, &["old", "new"]));
        assert!(believed(&good, &["new", "old"]));
        let rolled =
            format!("t={time},v1={},v1={}", signature("other", time, BODY), signature("new", time, BODY));
        assert!(believed(&rolled, &["new"]));
        assert!(!believed(&good, &["old"]));
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        assert!(!believed(&header("", now().timestamp()), &[]));
        assert!(!believed(&header("new", now().timestamp()), &[]));
    }

    #[test]
    fn the_time_of_signing_is_near_on_both_sides() {
        for (seconds, good) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            let time = (now() + TimeDelta::seconds(seconds)).timestamp();
            assert_eq!(believed(&header("new", time), &["new"]), good, "{seconds}");
        }
        assert!(!believed(&format!("t={},v1=00", i64::MIN), &["new"]));
    }

    #[test]
    fn what_is_not_signed_by_us_is_forged() {
        let time = now().timestamp();
        let good = signature("new", time, BODY);
        for header in [
            String::new(),
            "t=,v1=".into(),
            format!("t={time}"),
            format!("v1={good}"),
            format!("t={time},v0={good}"),
            format!("t={time},v1={}", &good[..62]),
            format!("t={time},v1={good}00"),
            format!("t={time},v1=zz{}", &good[2..]),
            format!("t={time},v1={}", signature("new", time, b"{}")),
            format!("t={},v1={good}", time + 1),
            format!("t={time},t={time},v1={good}"),
        ] {
            assert!(!believed(&header, &["new"]), "{header}");
        }
        assert!(believed(&format!("t={time},v1={good}"), &["new"]));
    }
}
