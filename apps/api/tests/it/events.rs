//! Events: who runs them, who finds them, and what everybody is told.

mod answers;
mod calendars;
pub(crate) mod cast;
mod duplicates;
mod organisations;
mod organisers;
pub(crate) mod places;
mod publishing;
mod quotas;
mod roles;
mod ticket_types;
mod visitors;
