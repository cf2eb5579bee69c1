//! One file per verb.

mod announcements;
mod forget;
mod hand_over;
mod hear;
mod lift;
mod look;
mod send_again;

pub use announcements::{AnnouncementError, Announcements, Preferences, Tally};
pub use hear::Heard;
pub use lift::LiftError;
pub use send_again::{SendAgainError, TicketWish};

use crate::{AddressKey, MessagingStore};
use kernel::Clock;
use std::sync::Arc;

/// Everything that is done with letters, short of carrying them.
#[derive(Clone)]
pub struct Messages {
    store: Arc<dyn MessagingStore>,
    clock: Arc<dyn Clock>,
    addresses: AddressKey,
}

impl Messages {
    /// With a store, a clock, and the key that addresses are recognised by.
    pub fn new(store: Arc<dyn MessagingStore>, clock: Arc<dyn Clock>, addresses: AddressKey) -> Self {
        Self { store, clock, addresses }
    }
}
