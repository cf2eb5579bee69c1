//! Organisations, their events, and what kinds of tickets there are; who may run them, and who may see what.
//!
//! Selling belongs to the booking domain. It owns the counters of each ticket type and of the whole sale; here
//! they are read (see [`Stock`] and [`Taken`]) to refuse edits that would break promises made to buyers.

pub mod access;
mod acts;
pub mod address_view;
pub mod billing;
pub mod calendar;
pub mod duplicate;
pub mod event;
pub mod event_input;
pub mod grid;
pub mod location;
mod mistakes;
pub mod organisation;
pub mod ports;
pub mod quota;
pub mod seating;
pub mod sellable;
pub mod selling;
pub mod slug;
pub mod ticket_type;
pub mod ticket_type_input;
pub mod use_cases;
pub mod venue;
pub mod wall_clock;
pub mod zone;

#[cfg(test)]
mod samples;

pub use address_view::AddressView;
pub use billing::{Billing, BillingInput};
pub use calendar::{Entry, Feed, TokenHash};
pub use duplicate::CopyInput;
pub use event::{Event, Status, Visibility, WrongStatus};
pub use event_input::EventInput;
pub use grid::{Around, Cell, Point, Stretch};
pub use location::{Location, Onlooker};
pub use mistakes::{LocationInput, PriceInput};
pub use organisation::{Member, Organisation, Standing};
pub use ports::{
    AddressLog, Chargeable, EventStore, EventTx, FeedStore, Filter, Guests, Held, Listed, OrganisationTx,
    RefundRules, Till, VenueStore, VenueTx, WaitingLists,
};
pub use quota::{Quota, QuotaInput};
pub use seating::{SeatedSection, Seating};
pub use selling::{Availability, Left};
pub use ticket_type::{Stock, Stocked, Taken, TicketType};
pub use ticket_type_input::TicketTypeInput;
pub use use_cases::Events;
pub use venue::{
    Factor, Row, Seat, SeatChange, SeatInput, SeatPrice, Section, SectionEdit, SectionInput, TemplateSummary,
    VenueTemplate,
};
pub use zone::Zone;
