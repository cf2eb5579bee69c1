//! Read-only mode.

use super::reader::Reader;

/// Whether anything may be changed.
#[derive(Debug, Clone)]
pub struct Maintenance {
    /// This instance changes nothing that anybody asks for, whatever admins say.
    pub read_only: bool,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Maintenance {
    Maintenance { read_only: reader.flag("maintenance.read_only") }
}
