//! Bytes that come one run after another, so that nothing large is ever held as a whole.

use crate::sum::{Sum, Summing};
use async_trait::async_trait;
use kernel::{ObjectError, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Whether what came through an [`Exact`] flow was something else than was promised.
#[derive(Clone, Default)]
pub(crate) struct Differs(Arc<AtomicBool>);

impl Differs {
    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Passes on what comes, and its last run only when the whole has the sum that was promised. Else it ends with an error, so
/// that nothing is made of it.
pub(crate) struct Exact {
    flow: Box<dyn Flow>,
    expected: Sum,
    summing: Summing,
    held: Option<Vec<u8>>,
    over: bool,
    differs: Differs,
}

impl Exact {
    pub(crate) fn over(flow: Box<dyn Flow>, expected: Sum) -> (Box<dyn Flow>, Differs) {
        let differs = Differs::default();
        let (summing, held, over) = (Summing::default(), None, false);
        let exact = Self { flow, expected, summing, held, over, differs: differs.clone() };
        (Box::new(exact), differs)
    }
}

#[async_trait]
impl Flow for Exact {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        while !self.over {
            if let Some(bytes) = self.flow.next().await? {
                self.summing.add(&bytes);
                if let Some(before) = self.held.replace(bytes) {
                    return Ok(Some(before));
                }
            } else if self.summing.clone().end() == self.expected {
                self.over = true;
            } else {
                self.differs.0.store(true, Ordering::Relaxed);
                return Err(FlowError::Unreadable("all together they have another sum".to_owned()));
            }
        }
        Ok(self.held.take())
    }
}
