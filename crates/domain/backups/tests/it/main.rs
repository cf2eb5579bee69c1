//! The use cases, over a vault in memory and a sealer that anybody could open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod asking;
mod corrupt;
mod house;
mod keeping;
mod restoring;
mod trying;
