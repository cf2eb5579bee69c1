//! What is played in a set, and when.

use serde::{Deserialize, Serialize};

/// One piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Seconds from the beginning of the set.
    pub at_seconds: u32,
    /// By whom, up to 200 characters; empty when unknown.
    pub artist: String,
    /// What, 1 to 200 characters.
    pub title: String,
}
