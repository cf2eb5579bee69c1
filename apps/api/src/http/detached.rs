//! Work that outlives its request: a browser that hangs up must not stop what others wait for.
//!
//! Buyers of one event are decided together by the request of one of them. Were its handler dropped when the
//! connection breaks, all would be told to ask again, without knowing whether their places were written.

use super::problem::Problem;
use crate::telemetry::carried;
use std::future::Future;

/// Runs `work` to its end, whether or not somebody still waits for it.
///
/// # Errors
/// What `work` refuses with, or 500 when it panicked.
pub async fn detached<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    match tokio::spawn(carried(work)).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(error) => Err(Problem::internal(&error)),
    }
}
