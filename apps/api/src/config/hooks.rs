//! Addresses of organisers that are called.

use super::reader::Reader;

/// What may be called.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// Whether plain HTTP will do, and addresses that are not public.
    pub private: bool,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Hooks {
    Hooks { private: reader.flag("hooks.private") }
}
