//! What may go wrong on a disk, and what it means to callers.

use kernel::ObjectError;
use std::io::{self, ErrorKind};

/// Why a disk did not do it.
pub(super) enum Trouble {
    /// As the system says.
    Disk(io::Error),
    /// What was asked contradicts what is there.
    Refused(&'static str),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Trouble {
    fn during(self, doing: &'static str) -> ObjectError {
        match self {
            Self::Refused(why) => ObjectError::Refused { doing, cause: why.into() },
            Self::Disk(error) if passes(error.kind()) => {
                ObjectError::Unavailable { doing, cause: error.into() }
            }
            Self::Disk(error) => ObjectError::Broken { doing, cause: error.into() },
        }
    }
}

/// Whether the same may work in a moment.
fn passes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::WouldBlock
            | ErrorKind::ResourceBusy
            | ErrorKind::OutOfMemory
            | ErrorKind::StaleNetworkFileHandle
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}

/// What cannot be asked of this store at all.
pub(super) fn refused(doing: &'static str, why: &'static str) -> ObjectError {
    Trouble::Refused(why).during(doing)
}

/// Runs work on the disk where it keeps nobody else waiting.
pub(super) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, ObjectError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|trouble| trouble.during(doing)),
        // The program is ending, or the work panicked.
        Err(error) => Err(ObjectError::Unavailable { doing, cause: error.into() }),
    }
}

/// `None` of what is not there, or cannot be there because an object lies in the way.
pub(super) fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}
