use super::Meter;
use crate::{Exhausted, Month};
use kernel::{AccountId, StoreError, Timestamp, transact};
use std::time::Duration;

/// Why a link is not given out.
#[derive(Debug, thiserror::Error)]
pub enum ChargeError {
    /// It would be more than the member may be sent.
    #[error("the budget of this month is used up")]
    Exhausted {
        /// When the next month begins.
        until: Timestamp,
        /// How long that is from now.
        wait: Duration,
    },
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ChargeError {
    /// Nothing more before the next month.
    pub(super) fn exhausted(Exhausted { until }: Exhausted, now: Timestamp) -> Self {
        Self::Exhausted { until, wait: (until - now).to_std().unwrap_or_default() }
    }
}

impl Meter {
    /// Before a link is given out that is good until then: counts what it leads to, once for each `link`, which names
    /// what is linked and the link's window. Answers whether it was counted now.
    ///
    /// # Errors
    /// A [`ChargeError`]; nothing is counted then. What was given out already is given out again in any case.
    pub async fn charge(
        &self,
        account: AccountId,
        link: &str,
        bytes: u64,
        until: Timestamp,
    ) -> Result<bool, ChargeError> {
        let now = self.clock.now();
        transact(self.store.begin_media().await?, async |tx| {
            let mut egress = tx.lock_egress(account, Month::of(now)).await?;
            let is_new = tx.note_link(account, link, until).await?;
            if is_new {
                egress.charge(bytes, self.budget).map_err(|refusal| ChargeError::exhausted(refusal, now))?;
                tx.save_signed(&egress).await?;
            }
            Ok(is_new)
        })
        .await
    }

    /// Before bytes are streamed by this program itself: counts them, if they are within the budget.
    ///
    /// # Errors
    /// A [`ChargeError`]; nothing is counted then, and nothing is to be sent.
    pub async fn spend(&self, account: AccountId, bytes: u64) -> Result<(), ChargeError> {
        let now = self.clock.now();
        transact(self.store.begin_media().await?, async |tx| {
            let mut egress = tx.lock_egress(account, Month::of(now)).await?;
            egress.charge(bytes, self.budget).map_err(|refusal| ChargeError::exhausted(refusal, now))?;
            Ok(tx.save_signed(&egress).await?)
        })
        .await
    }

    /// Counts bytes that were streamed by this program itself, whatever is left of the budget: they are gone.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn streamed(&self, account: AccountId, bytes: u64) -> Result<(), StoreError> {
        let month = Month::of(self.clock.now());
        transact(self.store.begin_media().await?, async |tx| {
            let mut egress = tx.lock_egress(account, month).await?;
            egress.signed = egress.signed.saturating_add(bytes);
            tx.save_signed(&egress).await
        })
        .await
    }
}
