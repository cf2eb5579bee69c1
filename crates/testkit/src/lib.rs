//! What tests share: servers of their own, fixtures, a clock that stands still, and one contract suite per port.

pub mod absorb;
pub mod account_store;
pub mod account_use_cases;
pub mod audit_log;
pub mod audit_use_cases;
pub mod booking_model;
pub mod booking_store;
pub mod cancelling_store;
pub mod certificates;
pub mod clock;
pub mod close_store;
pub mod document_store;
pub mod door_store;
pub mod event_store;
pub mod event_use_cases;
pub mod fixtures_accounts;
pub mod fixtures_bookings;
pub mod fixtures_events;
pub mod fixtures_invites;
pub mod fixtures_seats;
pub mod gallery_store;
pub mod hasher;
pub mod idempotency_store;
pub mod invite_budget;
pub mod invite_store;
pub mod invite_tree;
pub mod ledger_store;
pub mod load;
pub mod mailer;
pub mod media_store;
pub mod music_store;
#[cfg(feature = "objects")]
pub mod object_store;
pub mod office_store;
pub mod organisation_store;
pub mod outbox;
#[cfg(feature = "payments")]
pub mod payment_provider;
pub mod place_store;
pub mod place_use_cases;
pub mod quota_store;
pub mod return_store;
pub mod scripted_provider;
pub mod seat_store;
pub mod servers;
pub mod session_use_cases;
pub mod stores;
pub mod transfer_store;
pub mod voucher_store;
pub mod waitlist_store;

pub use clock::{StoppedClock, noon};
pub use hasher::{HeldHasher, PlainHasher};
pub use scripted_provider::ScriptedProvider;
pub use stores::Stores;
