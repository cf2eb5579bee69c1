//! Asks PayPal whether a notice is its own.
//!
//! PayPal signs a checksum of the body, so that the body has to come back to it byte for byte: it is embedded as
//! the text that it is, never parsed and written anew.
//! Source: <https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post>.

use crate::failure::Failure;
use crate::settings::stays_here;
use booking::{NoticeError, RawNotice};
use chrono::{DateTime, TimeDelta};
use kernel::Timestamp;
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The longest header that PayPal documents has 500 characters.
const LONGEST: usize = 500;

/// PayPal repeats a notice for three days, under the time of its first try.
const OLDEST: TimeDelta = TimeDelta::days(4);
/// How far its clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(10);

/// `POST /v1/notifications/verify-webhook-signature`.
#[derive(Clone, Serialize)]
pub(crate) struct VerifySignature<'a> {
    auth_algo: &'a str,
    cert_url: &'a str,
    transmission_id: &'a str,
    transmission_sig: &'a str,
    transmission_time: &'a str,
    webhook_id: &'a str,
    webhook_event: &'a RawValue,
}

/// PayPal's judgement.
#[derive(Deserialize)]
pub(crate) struct Verdict {
    verification_status: String,
}

impl<'a> VerifySignature<'a> {
    /// `None` for what cannot be from PayPal at `api_base`: without its headers, of another time, with a certificate
    /// from elsewhere, or not a JSON object. So a stranger cannot make us ask PayPal for nothing.
    pub(crate) fn of(
        notice: &'a RawNotice,
        webhook_id: &'a str,
        (api_base, now): (&str, Timestamp),
    ) -> Option<Self> {
        let header = |name| notice.header(name).filter(|value| !value.is_empty() && value.len() <= LONGEST);
        let webhook_event: &RawValue = serde_json::from_slice(&notice.body).ok()?;
        webhook_event.get().starts_with('{').then_some(())?;
        let cert_url = header("paypal-cert-url").filter(|url| is_of(url, api_base))?;
        header("paypal-transmission-time").filter(|time| is_recent(time, now))?;
        Some(Self {
            auth_algo: header("paypal-auth-algo")?,
            cert_url,
            transmission_id: header("paypal-transmission-id")?,
            transmission_sig: header("paypal-transmission-sig")?,
            transmission_time: header("paypal-transmission-time")?,
            webhook_id,
            webhook_event,
        })
    }
}

/// Whether a certificate lies with PayPal, or with what stands in for it on this machine.
fn is_of(url: &str, api_base: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let plain = host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter));
    let stand_in = stays_here(api_base) && stays_here(url);
    stand_in || (plain && (host == "paypal.com" || host.ends_with(".paypal.com")))
}

fn is_recent(time: &str, now: Timestamp) -> bool {
    let sent = DateTime::parse_from_rfc3339(time).map(|sent| sent.to_utc());
    sent.is_ok_and(|sent| sent <= now + AHEAD && sent >= now - OLDEST)
}

impl<'a> Endpoint for VerifySignature<'a> {
    type Query = ();
    type Body = VerifySignature<'a>;
    type Response = Verdict;

    fn relative_path(&self) -> Cow<'_, str> {
        "/v1/notifications/verify-webhook-signature".into()
    }

    fn method(&self) -> Method {
        Method::POST
    }

    fn body(&self) -> Option<VerifySignature<'a>> {
        Some(self.clone())
    }
}

/// A request that PayPal will not even look at came with headers that PayPal never sent.
///
/// # Errors
/// [`NoticeError::Forged`], or [`NoticeError::Unchecked`] when PayPal has not said.
pub(crate) fn judge(answer: Result<Verdict, Failure>) -> Result<(), NoticeError> {
    match answer {
        Ok(verdict) if verdict.verification_status == "SUCCESS" => Ok(()),
        Ok(_) => Err(NoticeError::Forged),
        Err(Failure::Answered(answer)) if matches!(answer.status, 400 | 422) => Err(NoticeError::Forged),
        Err(Failure::Answered(answer)) => Err(NoticeError::Unchecked(answer.into())),
        Err(Failure::Away(cause) | Failure::Lost(cause)) => Err(NoticeError::Unchecked(cause)),
        Err(Failure::Impossible(_)) => Err(NoticeError::Forged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Answer;

    const HEADERS: [&str; 5] = [
        "paypal-auth-algo",
        "paypal-cert-url",
        "paypal-transmission-id",
        "paypal-transmission-sig",
        "paypal-transmission-time",
    ];

    const LIVE: &str = "https://api-m.paypal.com";

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn notice(body: &str) -> RawNotice {
        let value = |name| match name {
            "paypal-cert-url" => {
                "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594".into()
            }
            "paypal-transmission-time" => "2026-06-01T11:59:58Z".into(),
            _ => format!("{name} \"quoted\""),
        };
        let headers = HEADERS.map(|name| (name.to_owned(), value(name)));
        RawNotice { headers: headers.to_vec(), body: body.into() }
    }

    fn request(notice: &RawNotice) -> Option<VerifySignature<'_>> {
        VerifySignature::of(notice, "HOOK", (LIVE, now()))
    }

    #[test]
    fn a_certificate_from_elsewhere_is_not_even_asked_about() {
        for (url, base, taken) in [
            ("https://api.sandbox.paypal.com/v1/certs/C", LIVE, true),
            ("http://127.0.0.1:13/v1/certs/C", "http://127.0.0.1:12", true),
            ("http://127.0.0.1:13/v1/certs/C", LIVE, false),
            ("http://127.0.0.1.example/C", "http://127.0.0.1:12", false),
            ("http://api.paypal.com/v1/certs/C", LIVE, false),
            ("https://api.paypal.com.example/C", LIVE, false),
            ("https://notpaypal.com/C", LIVE, false),
            ("https://example.org/.paypal.com", LIVE, false),
            ("https://example.org?.paypal.com", LIVE, false),
            ("https://x@example.org#.paypal.com/", LIVE, false),
        ] {
            let mut notice = notice("{}");
            notice.headers[1].1 = url.into();
            assert_eq!(VerifySignature::of(&notice, "HOOK", (base, now())).is_some(), taken, "{url}");
        }
    }

    #[test]
    fn a_notice_of_another_time_is_not_even_asked_about() {
        for (time, taken) in [
            ("2026-05-29T12:00:00Z", true),
            ("2026-05-28T11:59:59Z", false),
            ("2026-06-01T12:10:00Z", true),
            ("2026-06-01T12:10:01Z", false),
            ("yesterday", false),
        ] {
            let mut notice = notice("{}");
            notice.headers[4].1 = time.into();
            assert_eq!(request(&notice).is_some(), taken, "{time}");
        }
    }

    #[test]
    fn the_body_comes_back_byte_for_byte() {
        let body = "{ \"id\":\"WH-1\",\t\"amount\" : 1.50, \"name\":\"\\u00e4/\\/ä\",\r\n \"id\":\"twice\",\"n\":1E2}";
        let notice = notice(body);
        let request = serde_json::to_string(&request(&notice).unwrap()).unwrap();
        assert!(request.ends_with(&format!("\"webhook_event\":{body}}}")), "{request}");
        assert!(request.contains(r#""auth_algo":"paypal-auth-algo \"quoted\"","#), "{request}");
    }

    #[test]
    fn what_cannot_be_from_paypal_is_not_even_asked_about() {
        for body in ["", "not json", "[]", "\"text\"", "{} {}", "{\"id\":"] {
            assert!(request(&notice(body)).is_none(), "{body}");
        }
        for missing in 0..HEADERS.len() {
            let mut notice = notice("{}");
            notice.headers.remove(missing);
            assert!(request(&notice).is_none(), "{missing}");
        }
        let mut long = notice("{}");
        long.headers[0].1 = "a".repeat(LONGEST + 1);
        assert!(request(&long).is_none());
    }

    #[test]
    fn only_success_is_believed_and_silence_is_no_judgement() {
        let verdict = |text: &str| judge(Ok(Verdict { verification_status: text.into() }));
        assert!(verdict("SUCCESS").is_ok());
        for text in ["FAILURE", "success", ""] {
            assert!(matches!(verdict(text), Err(NoticeError::Forged)), "{text}");
        }
        let answered = |status| judge(Err(Failure::Answered(Answer::read(status, b""))));
        for status in [400, 422] {
            assert!(matches!(answered(status), Err(NoticeError::Forged)), "{status}");
        }
        for status in [401, 403, 404, 429, 500, 503] {
            assert!(matches!(answered(status), Err(NoticeError::Unchecked(_))), "{status}");
        }
        assert!(matches!(judge(Err(Failure::Lost("gone".into()))), Err(NoticeError::Unchecked(_))));
    }
}
