//! What pictures and music have in common: bytes that are sent in parts, and bytes that members are sent.

mod acts;
pub mod confines;
pub mod egress;
pub mod ports;
pub mod upload;
pub mod use_cases;

pub use confines::Confines;
pub use egress::{Budget, Egress, EgressTotal, Exhausted, Month};
pub use ports::{Effect, MediaStore, MediaTx};
pub use upload::{Format, NewUpload, Over, Upload, UploadKind, UploadStatus};
pub use use_cases::{
    BeginError, ChargeError, CompleteError, DropError, Flushed, Meter, Mismatch, PartLink, PerformError,
    Progress, ShowError, Uploads, Usage,
};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "media";
