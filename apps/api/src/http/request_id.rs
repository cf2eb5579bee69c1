//! A name for every request: in its answer, in its problems, in every line that is logged for it.

use actix_web::http::header::HeaderMap;
use kernel::RequestName;
use uuid::Uuid;

/// The header that carries it, both ways.
pub const HEADER: &str = "x-request-id";

tokio::task_local! {
    static CURRENT: String;
}

/// The one that the client sent, if it is up to 64 visible ASCII characters; else a new one.
#[must_use]
pub fn of(headers: &HeaderMap) -> String {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    given.filter(|id| is_sane(id)).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

fn is_sane(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The id of the request that this code runs for; `None` outside of any.
#[must_use]
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The same as it travels with what the request causes.
#[must_use]
pub fn name() -> Option<RequestName> {
    current().and_then(|name| name.parse().ok())
}

/// Runs `work` for the request of this id.
pub async fn with<T>(id: String, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}
