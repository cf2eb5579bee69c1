//! One file per verb.

mod begin;
mod charge;
mod complete;
mod drop;
mod forget;
mod perform;
mod serve;
mod show;
mod sweep;
mod usage;

pub use begin::BeginError;
pub use charge::ChargeError;
pub use complete::{CompleteError, Mismatch};
pub use drop::DropError;
pub use perform::PerformError;
pub use serve::Flushed;
pub use show::{PartLink, Progress, ShowError};
pub use usage::Usage;

use crate::{Budget, MediaStore, Upload};
use kernel::{Clock, ObjectStore};
use serve::Served;
use std::sync::Arc;

/// Everything that is done with uploads.
#[derive(Clone)]
pub struct Uploads {
    store: Arc<dyn MediaStore>,
    objects: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
}

impl Uploads {
    /// With a store, where the bytes lie, and a clock.
    pub fn new(store: Arc<dyn MediaStore>, objects: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, objects, clock }
    }
}

/// Counts what members are sent.
#[derive(Clone)]
pub struct Meter {
    store: Arc<dyn MediaStore>,
    clock: Arc<dyn Clock>,
    budget: Budget,
    served: Arc<Served>,
}

impl Meter {
    /// With a store, a clock, and what each member may be sent in a month.
    pub fn new(store: Arc<dyn MediaStore>, clock: Arc<dyn Clock>, budget: Budget) -> Self {
        Self { store, clock, budget, served: Arc::default() }
    }
}

/// Why an upload cannot be named by its key: it has an id that no upload of ours has.
fn nameless(upload: &Upload) -> kernel::ObjectError {
    let cause = format!("{} makes no name", upload.id).into();
    kernel::ObjectError::Broken { doing: "naming an upload", cause }
}
