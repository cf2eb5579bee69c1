//! Objects on disk.
