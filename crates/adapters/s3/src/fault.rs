//! What a store's refusals mean to us, and to the operator who has to put them right.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{BoxError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use kernel::ObjectError;
use std::error::Error;

/// What a store said, in words that help.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Answer(String);

/// What to make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Later,
    Refused,
    /// With what an operator has to do.
    Never(&'static str),
}

const NO_BUCKET: &str =
    "there is no such bucket at this endpoint: create it, or mend the name in media.url or media.endpoint";
const FORBIDDEN: &str = "the keys may not do this: they need to list, read, put and delete objects of the bucket and to send \
     them in parts (s3:ListBucket, s3:ListBucketMultipartUploads, s3:GetObject, s3:PutObject, s3:DeleteObject, \
     s3:AbortMultipartUpload, s3:ListMultipartUploadParts; where the bucket keeps versions, also \
     s3:ListBucketVersions and s3:DeleteObjectVersion), or media.url names somebody else's bucket";
const UNKNOWN_KEY: &str = "the store does not know media.access_key: is it of this endpoint, and still good?";
const WRONG_SECRET: &str = "the signature is wrong: media.secret_key does not belong to media.access_key, or something \
     between here and the store changes requests";
const WRONG_CLOCK: &str = "the clock of this machine differs from the store's by too much: set it right";
const ELSEWHERE: &str = "the bucket is in another region: mend media.region or media.endpoint";
const UNKNOWN_CALL: &str = "the store does not know this call: it is no complete S3";

/// What became of a call that failed.
pub(crate) fn failed<E>(doing: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        match (&error, status) {
            (SdkError::ConstructionFailure(_), _) => broken(doing, error),
            (SdkError::ServiceError(_) | SdkError::ResponseError(_), Some(status)) => {
                let said =
                    said(status, code, error.as_service_error().and_then(ProvideErrorMetadata::message));
                judged(doing, verdict(status, code), said)
            }
            // Nobody answered, or not in time.
            _ => away(doing, Answer(format!("{}", DisplayErrorContext(&error)))),
        }
    }
}

/// What one object of many was refused with.
pub(crate) fn refused_with(doing: &'static str, code: Option<&str>, message: Option<&str>) -> ObjectError {
    judged(doing, verdict(200, code), said(200, code, message))
}

fn judged(doing: &'static str, verdict: Verdict, said: String) -> ObjectError {
    match verdict {
        Verdict::Later => away(doing, Answer(said)),
        Verdict::Refused => ObjectError::Refused { doing, cause: Answer(said).into() },
        Verdict::Never("") => broken(doing, Answer(said)),
        Verdict::Never(advice) => broken(doing, Answer(format!("{advice} ({said})"))),
    }
}

/// It may work later.
pub(crate) fn away(doing: &'static str, cause: impl Into<BoxError>) -> ObjectError {
    ObjectError::Unavailable { doing, cause: cause.into() }
}

/// It will not work by trying again.
pub(crate) fn broken(doing: &'static str, cause: impl Into<BoxError>) -> ObjectError {
    ObjectError::Broken { doing, cause: cause.into() }
}

/// It will not work by trying again, in our own words.
pub(crate) fn broken_as(doing: &'static str, text: impl Into<String>) -> ObjectError {
    broken(doing, Answer(text.into()))
}

/// It contradicts what is there.
pub(crate) fn refused(doing: &'static str, text: impl Into<String>) -> ObjectError {
    ObjectError::Refused { doing, cause: Answer(text.into()).into() }
}

/// Whether the answer was that this is not there: an object (`NoSuchKey`), or what was begun (`NoSuchUpload`).
pub(crate) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, what: &str) -> bool {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) => code == what || (code == "NotFound" && status == Some(404)),
        // `HEAD` has no body that could say what is not there.
        None => status == Some(404),
    }
}

/// Whether a run of bytes begins behind the end.
pub(crate) fn is_behind_the_end<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|answer| answer.status().as_u16() == 416)
}

fn verdict(status: u16, code: Option<&str>) -> Verdict {
    match (code.unwrap_or_default(), status) {
        (
            "SlowDown"
            | "RequestTimeout"
            | "InternalError"
            | "ServiceUnavailable"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "OperationAborted"
            | "ReducedRedundancy",
            _,
        ) => Verdict::Later,
        (
            "EntityTooSmall" | "EntityTooLarge" | "InvalidPart" | "InvalidPartOrder" | "InvalidPartNumber"
            | "NoSuchUpload" | "BadDigest" | "IncompleteBody" | "InvalidRange",
            _,
        ) => Verdict::Refused,
        ("NoSuchBucket", _) => Verdict::Never(NO_BUCKET),
        ("InvalidAccessKeyId" | "ExpiredToken" | "InvalidToken", _) => Verdict::Never(UNKNOWN_KEY),
        ("SignatureDoesNotMatch", _) => Verdict::Never(WRONG_SECRET),
        ("RequestTimeTooSkewed", _) => Verdict::Never(WRONG_CLOCK),
        ("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed", _) | ("", 300..=399) => {
            Verdict::Never(ELSEWHERE)
        }
        ("NotImplemented", _) | (_, 501) => Verdict::Never(UNKNOWN_CALL),
        (_, 408 | 429 | 500..=599) => Verdict::Later,
        (_, 401 | 403) | ("AccessDenied" | "AllAccessDisabled", _) => Verdict::Never(FORBIDDEN),
        _ => Verdict::Never(""),
    }
}

fn said(status: u16, code: Option<&str>, message: Option<&str>) -> String {
    let code = code.unwrap_or("no code");
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("the store answered {status} {code}: {message}"),
        None => format!("the store answered {status} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_later_and_what_contradicts_is_refused() {
        for (status, code) in
            [(503, Some("SlowDown")), (500, None), (429, None), (400, Some("RequestTimeout"))]
        {
            assert_eq!(verdict(status, code), Verdict::Later, "{status} {code:?}");
        }
        for code in ["EntityTooSmall", "InvalidPart", "InvalidPartOrder", "NoSuchUpload"] {
            assert_eq!(verdict(400, Some(code)), Verdict::Refused, "{code}");
        }
    }

    #[test]
    fn what_an_operator_must_put_right_is_said() {
        for (status, code, advice) in [
            (404, Some("NoSuchBucket"), NO_BUCKET),
            (403, Some("AccessDenied"), FORBIDDEN),
            (403, None, FORBIDDEN),
            (403, Some("InvalidAccessKeyId"), UNKNOWN_KEY),
            (403, Some("SignatureDoesNotMatch"), WRONG_SECRET),
            (403, Some("RequestTimeTooSkewed"), WRONG_CLOCK),
            (400, Some("AuthorizationHeaderMalformed"), ELSEWHERE),
            (301, None, ELSEWHERE),
            (501, Some("NotImplemented"), UNKNOWN_CALL),
        ] {
            assert_eq!(verdict(status, code), Verdict::Never(advice), "{status} {code:?}");
        }
        assert_eq!(said(403, Some("AccessDenied"), Some("no")), "the store answered 403 AccessDenied: no");
    }
}
