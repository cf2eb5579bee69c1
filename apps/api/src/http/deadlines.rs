//! How long the making of an answer may take. A proxy in front would hang up on whatever takes longer; and what hangs here must
//! not keep connections to the database from others.
//!
//! An answer that has begun goes on for as long as somebody reads it: streams, tables and archives end by themselves. A call
//! that is ended half-way leaves nothing half done, just like one whose browser hangs up: its transaction is undone, and
//! what others wait for goes on by itself (`detached.rs`).

use super::calls::Calls;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::{Method, StatusCode};
use std::sync::LazyLock;
use std::time::Duration;

/// What a call does that may take longer than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slow {
    /// Asks a provider, perhaps several times.
    Provider,
    /// Goes through much of what there is, has an object store put large things together, or waits for a mail server, which
    /// may take its time for every step of a mail.
    Much,
    /// Takes files in. How long the next bytes may take is looked at where they are read.
    Files,
}

/// All others have `http.answer_seconds`.
const SLOW: [(&str, Slow); 16] = [
    ("POST /api/v1/bookings/confirm", Slow::Provider),
    ("POST /api/v1/bookings/{id}/pay", Slow::Provider),
    ("GET /api/v1/payments/{id}/return", Slow::Provider),
    ("POST /api/v1/webhooks/stripe", Slow::Provider),
    ("POST /api/v1/webhooks/paypal", Slow::Provider),
    ("POST /api/v1/admin/announcements/{id}/preview", Slow::Much),
    ("POST /api/v1/admin/announcements/{id}/recipients/resend", Slow::Much),
    ("POST /api/v1/admin/announcements/{id}/test", Slow::Much),
    ("POST /api/v1/admin/daily-close/{date}", Slow::Much),
    ("GET /api/v1/admin/documents.csv", Slow::Much),
    ("GET /api/v1/admin/events/{id}/check-in/bundle", Slow::Much),
    ("POST /api/v1/admin/mail/test", Slow::Much),
    ("POST /api/v1/admin/uploads/{id}/complete", Slow::Much),
    ("POST /api/v1/admin/albums/{id}/images", Slow::Files),
    ("POST /api/v1/webhooks/mail", Slow::Files),
    ("PUT /media/{key}", Slow::Files),
];

static CALLS: LazyLock<Calls<Slow>> = LazyLock::new(|| Calls::of(&SLOW));

/// Questions to a provider that one call may come to: a token, the question itself, and what follows from its answer.
const QUESTIONS: u32 = 3;
/// How many times as long as usual something may take that goes through much.
const LONGER: u32 = 10;
/// When to ask again.
const AGAIN: Duration = Duration::from_secs(5);

/// How long this call may take; `None` when nobody can say.
pub(super) fn of(app: &App, method: &Method, path: &str) -> Option<Duration> {
    let usual = Duration::from_secs(app.config.http.answer_seconds.into());
    match CALLS.find(method, path) {
        None => Some(usual),
        Some(Slow::Provider) => {
            let question = Duration::from_secs(app.config.payments.timeout_seconds.into());
            Some(usual + question * QUESTIONS)
        }
        Some(Slow::Much) => Some(usual * LONGER),
        Some(Slow::Files) => None,
    }
}

/// 503: it was ended.
pub(super) fn too_slow() -> Problem {
    let detail = "This took too long and was ended; try again shortly.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", detail).retry_after(AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::missing::methods;
    use crate::http::openapi;
    use std::collections::BTreeSet;
    use utoipa::openapi::RefOr;
    use utoipa::openapi::path::Operation;

    #[test]
    fn every_call_that_is_named_is_served() {
        let document = openapi::document();
        let paths = document.paths.paths.iter();
        let served: BTreeSet<_> = paths
            .flat_map(|(path, item)| methods(item).into_iter().map(move |method| format!("{method} {path}")))
            .collect();
        for (call, _) in SLOW {
            assert!(served.contains(call), "{call}");
        }
    }

    /// Whether it is asked with something else than JSON.
    fn takes_files(operation: Option<&Operation>) -> bool {
        operation.and_then(|operation| operation.request_body.as_ref()).is_some_and(|body| match body {
            RefOr::T(body) => body.content.keys().any(|kind| kind != "application/json"),
            RefOr::Ref(_) => false,
        })
    }

    #[test]
    fn who_sends_files_may_take_their_time() {
        for (path, item) in &openapi::document().paths.paths {
            for (method, operation) in [("POST", &item.post), ("PUT", &item.put), ("PATCH", &item.patch)] {
                if takes_files(operation.as_ref()) {
                    let method = method.parse().unwrap();
                    assert_eq!(CALLS.find(&method, path), Some(Slow::Files), "{method} {path}");
                }
            }
        }
    }
}
