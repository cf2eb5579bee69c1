use super::{ChargeError, Meter};
use crate::{Budget, Egress, EgressTotal, Exhausted, Month};
use kernel::{AccountId, StoreError, Timestamp};

/// What a member was sent this month, and may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// What they were sent.
    pub egress: Egress,
    /// What they may be sent.
    pub budget: Budget,
    /// When the next month begins, and with it a new budget.
    pub until: Timestamp,
}

impl Usage {
    /// Bytes that are left; `None` when there are always more.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.budget.left(self.egress.counted())
    }
}

impl Meter {
    /// What each member may be sent in a month.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// What a member was sent this month.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn usage(&self, account: AccountId) -> Result<Usage, StoreError> {
        let month = Month::of(self.clock.now());
        let egress = self.store.egress(account, month).await?;
        Ok(Usage { egress, budget: self.budget, until: month.end() })
    }

    /// Whether anything is left of a member's budget: for what leads to files whose sizes are counted later.
    ///
    /// # Errors
    /// A [`ChargeError`].
    pub async fn has_left(&self, account: AccountId) -> Result<(), ChargeError> {
        let usage = self.usage(account).await?;
        match usage.left() {
            Some(0) => Err(ChargeError::exhausted(Exhausted { until: usage.until }, self.clock.now())),
            _ => Ok(()),
        }
    }

    /// Whether so many bytes are left of a member's budget: for what is counted while it is sent.
    ///
    /// # Errors
    /// A [`ChargeError`].
    pub async fn has_room_for(&self, account: AccountId, bytes: u64) -> Result<(), ChargeError> {
        let usage = self.usage(account).await?;
        match usage.left() {
            Some(left) if left == 0 || left < bytes => {
                Err(ChargeError::exhausted(Exhausted { until: usage.until }, self.clock.now()))
            }
            _ => Ok(()),
        }
    }

    /// What all were sent in each month, the latest first, up to `limit` months.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn totals(&self, limit: u32) -> Result<Vec<EgressTotal>, StoreError> {
        self.store.egress_totals(limit).await
    }

    /// Who was sent most in a month, up to `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn most(&self, month: Month, limit: u32) -> Result<Vec<Egress>, StoreError> {
        self.store.egress_of(month, limit).await
    }

    /// All that somebody was sent, by month, the latest first: part of what they may take with them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn history(&self, account: AccountId) -> Result<Vec<Egress>, StoreError> {
        self.store.egress_history(account).await
    }
}
