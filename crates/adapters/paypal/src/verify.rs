//! Asks PayPal whether a notice is its own.
//!
//! PayPal signs a checksum of the body, so that the body has to come back to it byte for byte: it is embedded as
//! the text that it is, never parsed and written anew.
//! Source: <https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post>.

use crate::failure::Failure;
use booking::{NoticeError, RawNotice};
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The longest header that PayPal documents has 500 characters.
const LONGEST: usize = 500;

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
    /// `None` for what cannot be from PayPal: without its headers, or not a JSON object.
    pub(crate) fn of(notice: &'a RawNotice, webhook_id: &'a str) -> Option<Self> {
        let header = |name| notice.header(name).filter(|value| !value.is_empty() && value.len() <= LONGEST);
        let webhook_event: &RawValue = serde_json::from_slice(&notice.body).ok()?;
        webhook_event.get().starts_with('{').then_some(())?;
        Some(Self {
            auth_algo: header("paypal-auth-algo")?,
            cert_url: header("paypal-cert-url")?,
            transmission_id: header("paypal-transmission-id")?,
            transmission_sig: header("paypal-transmission-sig")?,
            transmission_time: header("paypal-transmission-time")?,
            webhook_id,
            webhook_event,
        })
    }
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

    fn notice(body: &str) -> RawNotice {
        let headers = HEADERS.map(|name| (name.to_owned(), format!("{name} \"quoted\"")));
        RawNotice { headers: headers.to_vec(), body: body.into() }
    }

    #[test]
    fn the_body_comes_back_byte_for_byte() {
        let body = "{ \"id\":\"WH-1\",\t\"amount\" : 1.50, \"name\":\"\\u00e4/\\/ä\",\r\n \"id\":\"twice\",\"n\":1E2}";
        let notice = notice(body);
        let request = serde_json::to_string(&VerifySignature::of(&notice, "HOOK").unwrap()).unwrap();
        assert!(request.ends_with(&format!("\"webhook_event\":{body}}}")), "{request}");
        assert!(request.contains(r#""auth_algo":"paypal-auth-algo \"quoted\"","#), "{request}");
    }

    #[test]
    fn what_cannot_be_from_paypal_is_not_even_asked_about() {
        for body in ["", "not json", "[]", "\"text\"", "{} {}", "{\"id\":"] {
            assert!(VerifySignature::of(&notice(body), "HOOK").is_none(), "{body}");
        }
        for missing in 0..HEADERS.len() {
            let mut notice = notice("{}");
            notice.headers.remove(missing);
            assert!(VerifySignature::of(&notice, "HOOK").is_none(), "{missing}");
        }
        let mut long = notice("{}");
        long.headers[0].1 = "a".repeat(LONGEST + 1);
        assert!(VerifySignature::of(&long, "HOOK").is_none());
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
