//! Who makes the calls.

use async_trait::async_trait;
use std::fmt;

/// A call to make. `Debug` shows neither the address, which may hold a secret, nor what is said.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub url: String,
    /// Names what is said: the same when it is said again.
    pub id: String,
    /// When it is said, in seconds since 1970.
    pub timestamp: i64,
    /// What proves who says it.
    pub signature: String,
    /// JSON.
    pub body: String,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Somebody answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer, as text.
        said: String,
    },
    /// Nobody answered, or not in time, or nobody may be called there.
    Silent {
        /// Why, for its owners: without the address.
        why: String,
    },
}

impl Heard {
    /// Whether it was taken.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }

    /// Whether nobody is there any more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Answered { status: 410, .. })
    }
}

/// Makes calls. It reaches nobody that strangers must not reach through us, follows nobody elsewhere, and waits for nobody
/// for long.
#[async_trait]
pub trait Caller: Send + Sync {
    /// What can be said against an address before it is called, in words for its owners.
    fn objection(&self, url: &str) -> Option<&'static str>;
    /// Makes a call.
    async fn call(&self, call: &Outgoing) -> Heard;
}
