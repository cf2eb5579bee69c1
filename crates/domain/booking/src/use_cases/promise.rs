//! What organisers promise to those who cancel. Who may is decided by the caller.

use super::Bookings;
use crate::{CancellationPolicy, PolicyInput, Promise, Sale, SaleStatus, acts};
use kernel::{Cause, EventId, Invalid, StoreError, transact};

/// Why the promise stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum PromiseError {
    /// There is no such event.
    #[error("there is no such event")]
    UnknownEvent,
    /// The event was cancelled: everything goes back anyway.
    #[error("the event was cancelled")]
    Cancelled,
    /// All mistakes in the input.
    #[error("the policy has mistakes")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// What is promised at present to those who buy places of an event, if anything is.
    ///
    /// # Errors
    /// [`PromiseError::UnknownEvent`], or the store could not answer.
    pub async fn promise(&self, event: EventId) -> Result<Option<Promise>, PromiseError> {
        let sale = self.sale(event).await?.ok_or(PromiseError::UnknownEvent)?;
        Ok(sale.promise)
    }

    /// Promises this to those who buy from now on; what was bought before keeps its promise.
    ///
    /// # Errors
    /// A [`PromiseError`]; nothing has changed then.
    pub async fn make_promise(
        &self,
        event: EventId,
        input: &PolicyInput,
        by: &Cause,
    ) -> Result<CancellationPolicy, PromiseError> {
        self.promise_what(event, by, |sale| input.checked(sale.currency).map_err(PromiseError::Invalid)).await
    }

    /// Promises the same to those who buy places of `event` as to those who buy places of `source`; `None`, and
    /// nothing promised, when nothing is there, or nothing that can be read.
    ///
    /// # Errors
    /// A [`PromiseError`]; nothing has changed then.
    pub async fn repeat_promise(
        &self,
        source: EventId,
        event: EventId,
        by: &Cause,
    ) -> Result<Option<CancellationPolicy>, PromiseError> {
        let promise = self.promise(source).await?;
        let Some(policy) = promise.as_ref().and_then(Promise::policy) else { return Ok(None) };
        self.promise_what(event, by, |_| Ok(policy.clone())).await.map(Some)
    }

    async fn promise_what(
        &self,
        event: EventId,
        by: &Cause,
        what: impl Fn(&Sale) -> Result<CancellationPolicy, PromiseError> + Send + Sync,
    ) -> Result<CancellationPolicy, PromiseError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let sales = tx.lock_sales(&[event]).await?;
            let sale = sales.first().ok_or(PromiseError::UnknownEvent)?;
            if sale.status == SaleStatus::Cancelled {
                return Err(PromiseError::Cancelled);
            }
            let policy = what(sale)?;
            tx.save_promise(event, &policy, now).await?;
            let after = Promise::Policy(policy.clone());
            let act = acts::promise_made(by, event, sale.promise.as_ref(), &after, now);
            tx.record(&[act.of(sale.organisation)]).await?;
            Ok::<_, PromiseError>(policy)
        })
        .await
    }
}
