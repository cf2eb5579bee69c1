//! What tests share: servers of their own, fixtures, a clock that stands still, and one contract suite per port.

pub mod booking_store;
pub mod clock;
pub mod event_store;
pub mod event_use_cases;
pub mod fixtures_bookings;
pub mod fixtures_events;
pub mod scripted_provider;
pub mod servers;
pub mod stores;

pub use clock::{StoppedClock, noon};
pub use scripted_provider::ScriptedProvider;
pub use stores::Stores;
