//! Organisations, their events, and what kinds of tickets there are; who may run them, and who may see what.
//!
//! Selling belongs to the booking domain. It owns the counters of each ticket type and of the whole sale; here
//! they are read (see [`Stock`] and [`Taken`]) to refuse edits that would break promises made to buyers.

pub mod access;
pub mod event;
pub mod location;
pub mod organisation;
pub mod ports;
pub mod ticket_type;
pub mod zone;

pub use event::{Event, Status, Visibility};
pub use location::Location;
pub use organisation::{Member, Organisation, Standing};
pub use ports::{EventStore, EventTx, Filter, Listed};
pub use ticket_type::{Stock, Stocked, Taken, TicketType};
pub use zone::Zone;
