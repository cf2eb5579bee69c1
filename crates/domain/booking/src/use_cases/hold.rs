//! Keep places, look at them, give them back.

use super::Bookings;
use crate::round::{Answer, Ask};
use crate::{Hold, HoldRefusal, SeatWish, Wanted, Wish};
use kernel::{AccountId, EventId, HoldId, StoreError};

/// Why no places were kept.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The sale said no.
    #[error(transparent)]
    Refused(#[from] HoldRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const CROSSED: StoreError = StoreError::Broken { doing: "answering a request", cause: None };

impl Bookings {
    /// Keeps places for a few minutes, all that was asked for or none.
    ///
    /// # Errors
    /// A [`HoldError`]; nothing is kept then.
    pub async fn hold(
        &self,
        buyer: AccountId,
        event: EventId,
        wanted: Vec<Wanted>,
    ) -> Result<Hold, HoldError> {
        self.keep(Wish { buyer, event, wanted, voucher: None, seats: SeatWish::default() }).await
    }

    /// The same for all that can be wished.
    ///
    /// # Errors
    /// A [`HoldError`]; nothing is kept then.
    pub async fn keep(&self, wish: Wish) -> Result<Hold, HoldError> {
        let event = wish.event;
        match self.ask(Some(event), Ask::Hold(wish)).await? {
            Answer::Hold(Ok(hold)) => {
                self.remember(hold.id, event);
                Ok(hold)
            }
            Answer::Hold(Err(refusal)) => Err(refusal.into()),
            Answer::Confirm(_) | Answer::Release(_) => Err(CROSSED.into()),
        }
    }

    /// A living hold of the buyer's; the flag is `false` when it has ended. `None` for others' and unknown ones.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn look_at_hold(
        &self,
        buyer: AccountId,
        id: HoldId,
    ) -> Result<Option<(Hold, bool)>, StoreError> {
        let now = self.clock.now();
        let hold = self.store.hold(id).await?.filter(|hold| hold.buyer == buyer);
        Ok(hold.map(|hold| {
            let lives = hold.lives(now);
            (hold, lives)
        }))
    }

    /// Gives a hold back, and says of which event it was; `None` when the buyer has no such hold.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn release(&self, buyer: AccountId, hold: HoldId) -> Result<Option<EventId>, StoreError> {
        let Some(event) = self.event_of(hold).await? else { return Ok(None) };
        self.forget(hold);
        match self.ask(Some(event), Ask::Release { buyer, hold }).await? {
            Answer::Release(released) => Ok(released.then_some(event)),
            Answer::Hold(_) | Answer::Confirm(_) => Err(CROSSED),
        }
    }
}
