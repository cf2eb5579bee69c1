//! The transaction that every store port hands out, and the one way to end it.

use async_trait::async_trait;

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or it was too busy to get at a lock in time: try again.
    #[error("the store is unavailable while {doing}")]
    Unavailable {
        /// What was being done, for the log.
        doing: &'static str,
        /// What the technology said.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It answered with something that must not happen: a corrupt row, a broken constraint, a missing table.
    #[error("the store is broken while {doing}")]
    Broken {
        /// What was being done, for the log.
        doing: &'static str,
        /// What the technology said.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl StoreError {
    /// Out of reach or too busy.
    pub fn unavailable(
        doing: &'static str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { doing, cause: Some(cause.into()) }
    }

    /// Something that must not happen.
    pub fn broken(doing: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken { doing, cause: Some(cause.into()) }
    }

    /// The same failure for somebody else who was served with it; the cause is logged once, with the first.
    #[must_use]
    pub fn for_others(&self) -> Self {
        match self {
            Self::Unavailable { doing, .. } => Self::Unavailable { doing, cause: None },
            Self::Broken { doing, .. } => Self::Broken { doing, cause: None },
        }
    }
}

/// A set of writes that become visible together, or not at all.
#[async_trait]
pub trait Transaction: Send {
    /// Makes all writes visible and durable.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
    /// Undoes all writes.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}

/// Runs `work`; commits when it returns `Ok`, rolls back when it returns `Err`.
///
/// Expected outcomes are therefore values and refusals are errors. Nothing but the store may be called inside.
///
/// # Errors
/// What `work` refused with, or that the commit failed.
#[expect(clippy::manual_async_fn, reason = "an `async fn` would not promise that its future is `Send`")]
pub fn transact<Tx, T, E, F>(mut tx: Box<Tx>, work: F) -> impl Future<Output = Result<T, E>> + Send
where
    Tx: Transaction + ?Sized,
    T: Send,
    E: From<StoreError> + Send,
    for<'t> F: AsyncFnOnce(&'t mut Tx) -> Result<T, E> + Work<&'t mut Tx, Result<T, E>, Fut: Send> + Send,
{
    async move {
        match work(&mut tx).await {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(refusal) => {
                // If even this fails, dropping the transaction undoes the rest.
                let _ = tx.rollback().await;
                Err(refusal)
            }
        }
    }
}

/// Names a closure's future so that it can be required to be `Send`, which rustc cannot say yet.
pub trait Work<Arg, Out>: AsyncFnOnce(Arg) -> Out + FnOnce(Arg) -> <Self as Work<Arg, Out>>::Fut {
    /// The future that calling it gives.
    type Fut: Future<Output = Out>;
}

impl<F, Arg, Fut, Out> Work<Arg, Out> for F
where
    F: AsyncFnOnce(Arg) -> Out + FnOnce(Arg) -> Fut,
    Fut: Future<Output = Out>,
{
    type Fut = Fut;
}
