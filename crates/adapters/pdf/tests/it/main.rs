//! What is printed is read back by another library: a file that only looks right to whoever wrote it helps nobody.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod invoices;
mod reader;
mod samples;
mod tickets;
