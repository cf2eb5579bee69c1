//! What pictures and music have in common: bytes that are sent in parts, and bytes that members are sent.

pub mod confines;
pub mod egress;
pub mod ports;
pub mod upload;

pub use confines::Confines;
pub use egress::{Budget, Egress, EgressTotal, Exhausted, Month};
pub use ports::{Effect, MediaStore, MediaTx};
pub use upload::{Format, Upload, UploadKind, UploadStatus};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "media";
