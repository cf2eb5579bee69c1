//! Figures: what was sold, earned and given back on each day, and how every event stands.
//!
//! They follow from bookings, tickets and the ledger and are kept beside them as sums, so that nobody who looks at them
//! waits for a million rows. Nothing that sells writes them: the worker counts again and again what may have changed
//! ([`crate::use_cases::Figures`]), and a [`Recount`] of the rows themselves shows that they are right.
//!
//! A day of an event ([`DayFigures`]) is made of what never changes afterwards: tickets that were issued on it, and
//! entries of the ledger that were posted on it. How an event stands ([`EventFigures`]) is counted from rows that do
//! change.

mod day;
mod facts;
mod filter;
mod flow;
mod guests;
mod look;
mod rank;
mod recount;
mod shares;
mod standing;
mod total;

pub use day::{DayFigures, DayRow, LocalDay, Part, day_of, first_id, span_of};
pub use facts::{Earlier, Facts, GivenBack, Moved, Sold};
pub use filter::{By, FlowFilter, StandingFilter, Sum, SumKey};
pub use flow::Flow;
pub use guests::{GuestFigures, Guests, HeldTicket};
pub(crate) use look::OVERLAP;
pub use look::{Look, healed};
pub use rank::ranks;
pub use recount::{FigureDifference, Recount};
pub use standing::{Counts, EventFigures, ListFigures, OrderFigures, TypeFigures, VoucherFigures, places};
pub use total::{Total, percent};

#[cfg(test)]
mod tests;
