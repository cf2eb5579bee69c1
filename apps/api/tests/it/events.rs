//! Events: who runs them, who finds them, and what everybody is told.

mod answers;
pub(crate) mod cast;
mod organisations;
mod organisers;
mod publishing;
mod quotas;
mod roles;
mod ticket_types;
mod visitors;
