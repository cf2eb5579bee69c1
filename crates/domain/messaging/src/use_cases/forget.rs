use super::Messages;
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, StoreError, transact};

/// How long letters are kept: until the same festival of the next year is over.
const LETTERS: TimeDelta = TimeDelta::days(400);
/// How long it is remembered which reports came. Whoever passes them on gives up long before.
const REPORTS: TimeDelta = TimeDelta::days(30);

impl Messages {
    /// Forgets where the letters to an account went, which was erased, and what else may name its owner: that something was
    /// sent stays. An address that gets no announcements is kept as a hash, so that a complaint holds for ever.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        transact(self.store.begin_messaging().await?, async |tx| tx.forget_letters_to(account).await).await
    }

    /// Forgets where the letters about an order went that were for people without an account, who were named on it and are
    /// not any more.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn forget_guests(&self, booking: BookingId) -> Result<(), StoreError> {
        transact(self.store.begin_messaging().await?, async |tx| tx.forget_letters_to_guests(booking).await)
            .await
    }

    /// Drops what is too old to be kept; how many.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.store.sweep_letters(now - LETTERS, now - REPORTS).await
    }
}
