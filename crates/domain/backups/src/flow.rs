//! Bytes that come one run after another, so that nothing large is ever held as a whole.

use crate::sum::{Sum, Summing};
use async_trait::async_trait;
use kernel::{ObjectError, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes on their way. Dropped before its end, it is given up.
#[async_trait]
pub trait Flow: Send {
    /// The next ones, some hundred KiB at most; `None` at the end, and that only when the end was reached in order.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError>;
}

/// Why no more comes.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// What is copied or filled cannot go on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where backups or pictures lie cannot go on.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The bytes cannot be sealed.
    #[error("the backup cannot be sealed: {0}")]
    Unsealed(String),
    /// It was sealed to another key than those that were tried.
    #[error("none of these private keys opens it")]
    WrongKey,
    /// The bytes are not what was sealed.
    #[error("the bytes are not as they were sealed: {0}")]
    Unreadable(String),
}

/// What a [`Tapped`] flow came to; nothing before its end.
#[derive(Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<Option<Sum>>>);

impl Tap {
    /// What passed, if all of it did.
    pub(crate) fn sum(&self) -> Option<Sum> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Passes on what comes, and sums it up.
pub(crate) struct Tapped {
    flow: Box<dyn Flow>,
    summing: Summing,
    tap: Tap,
}

impl Tapped {
    pub(crate) fn over(flow: Box<dyn Flow>) -> (Box<dyn Flow>, Tap) {
        let tap = Tap::default();
        (Box::new(Self { flow, summing: Summing::default(), tap: tap.clone() }), tap)
    }
}

#[async_trait]
impl Flow for Tapped {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        let next = self.flow.next().await?;
        match &next {
            Some(bytes) => self.summing.add(bytes),
            None => {
                let sum = self.summing.clone().end();
                *self.tap.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sum);
            }
        }
        Ok(next)
    }
}
