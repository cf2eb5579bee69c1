//! How every bench is asked, and how it answers.
#![allow(dead_code, reason = "each of them uses a part")]

pub(crate) mod measured;
pub(crate) mod options;
pub(crate) mod table;

/// What went wrong, with all that is behind it.
pub(crate) fn with_causes(failure: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(failure.source(), |cause| cause.source());
    causes.fold(failure.to_string(), |said, cause| format!("{said}: {cause}"))
}
