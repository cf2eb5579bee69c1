//! What an error of the database means to a caller: try again, or something is broken.

use diesel::result::{DatabaseErrorKind, Error};
use kernel::StoreError;

/// How the messages of errors begin that pass by themselves. Diesel keeps no SQLSTATE of them.
///
/// `src/backend` of PostgreSQL 15: 57014 (lock and statement time-outs, cancelled by an operator), 40P01, 55P03,
/// 57P01 to 57P03, 25P03, 53300. The language of the server's messages is set when a connection is opened.
const PASSING: [&str; 8] = [
    "canceling statement due to",
    "deadlock detected",
    "could not obtain lock",
    "could not serialize access",
    "terminating connection",
    "the database system is",
    "sorry, too many clients",
    "remaining connection slots",
];

/// Gives an error of the database its meaning.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(Error) -> StoreError {
    move |error| {
        if passes(&error) { StoreError::unavailable(doing, error) } else { StoreError::broken(doing, error) }
    }
}

/// Calls a stored value that cannot be one of ours broken.
pub(crate) fn corrupt<E>(reading: &'static str) -> impl Fn(E) -> StoreError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |cause| StoreError::broken(reading, cause)
}

fn passes(error: &Error) -> bool {
    use DatabaseErrorKind::{
        ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, Unknown,
    };
    match error {
        // Read-only: a standby answered, as happens for a moment when the primary changes.
        Error::DatabaseError(
            ClosedConnection | ReadOnlyTransaction | SerializationFailure | UnableToSendCommand,
            _,
        ) => true,
        Error::DatabaseError(Unknown, said) => PASSING.iter().any(|start| said.message().starts_with(start)),
        _ => false,
    }
}
