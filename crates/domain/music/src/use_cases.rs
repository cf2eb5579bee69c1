//! One file per verb.

mod change;
mod create;
mod delete;
mod forget;
mod hear;
mod index;
mod make;
mod perform;
mod positions;
mod retry;
mod show;

pub use change::ChangeError;
pub use create::CreateError;
pub use hear::{Given, HearError};
pub use make::{Bench, Made, MakeError};
pub use perform::PerformError;
pub use positions::PositionError;
pub use retry::RetryError;

use crate::{MusicStore, PassKey};
use chrono::TimeDelta;
use index::Indexes;
use kernel::{Clock, ObjectStore};
use std::sync::Arc;

/// Everything that is done with recordings.
pub struct Music {
    store: Arc<dyn MusicStore>,
    objects: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    passes: PassKey,
    /// How long links stay the same, unless a set lasts longer.
    window: TimeDelta,
    keeps_originals: bool,
    indexes: Indexes,
}

impl Music {
    /// With a store, where the files lie, a clock, and the secret that passes are signed with. Links stay the same for an
    /// hour, and files that were sent are kept.
    #[must_use]
    pub fn new(
        store: Arc<dyn MusicStore>,
        objects: Arc<dyn ObjectStore>,
        clock: Arc<dyn Clock>,
        passes: PassKey,
    ) -> Self {
        let window = TimeDelta::hours(1);
        Self { store, objects, clock, passes, window, keeps_originals: true, indexes: Indexes::default() }
    }

    /// With links that stay the same for so long.
    #[must_use]
    pub fn linking_for(self, window: TimeDelta) -> Self {
        Self { window, ..self }
    }

    /// Whether files that were sent are kept once everything is made of them.
    #[must_use]
    pub fn keeping_originals(self, keeps_originals: bool) -> Self {
        Self { keeps_originals, ..self }
    }
}
