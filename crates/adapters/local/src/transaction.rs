//! The one transaction of all domains: a copy of the state, and what was changed in it.

use crate::document::{Body, Document, Key};
use crate::journal::Changes;
use crate::state::State;
use crate::store::Shared;
use crate::writer::Order;
use async_trait::async_trait;
use kernel::{InWhichTrace, StoreError, TraceParent, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{OwnedMutexGuard, oneshot};

/// The documents that changed, by kind and key; `None` for those that are gone.
type Touched = BTreeMap<(&'static str, Vec<u8>), Option<Arc<dyn Body>>>;

/// The one open write transaction. Dropped unfinished it leaves no trace.
pub struct LocalTx {
    shared: Arc<Shared>,
    latest: OwnedMutexGuard<Arc<State>>,
    /// Whether it builds on commits that are not durable yet.
    ahead: bool,
    state: State,
    touched: Touched,
    /// After a broken promise nothing of it may be kept, whatever the caller makes of the error.
    spoiled: bool,
    trace: InWhichTrace,
    /// Whether there is a stream that all news go to.
    streams: bool,
}

impl LocalTx {
    pub(crate) fn new(
        shared: Arc<Shared>,
        latest: OwnedMutexGuard<Arc<State>>,
        (trace, streams): (InWhichTrace, bool),
    ) -> Self {
        let ahead = !Arc::ptr_eq(&shared.heads.published(), &latest);
        let state = State::clone(&latest);
        Self { shared, latest, ahead, state, touched: Touched::new(), spoiled: false, trace, streams }
    }

    /// In which trace it is written, if in any.
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        (self.trace)()
    }

    /// Whether there is a stream that all news go to.
    pub(crate) const fn streams(&self) -> bool {
        self.streams
    }

    /// What it sees: the newest commit with its own changes.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Keeps a document in the place of the one with its key, if there is one.
    pub(crate) fn put<D: Document>(&mut self, document: D) {
        let document = Arc::new(document);
        let body: Arc<dyn Body> = Arc::clone(&document) as _;
        self.touched.insert((D::KIND, document.key().bytes()), Some(body));
        self.state.put(document);
    }

    /// Keeps a document that must be new.
    pub(crate) fn add<D: Document>(&mut self, document: D, doing: &'static str) -> Result<(), StoreError> {
        if self.state.get::<D>(&document.key()).is_some() {
            return Err(self.broken(doing, "there is one with this key"));
        }
        self.put(document);
        Ok(())
    }

    /// Keeps a changed document, which must be there.
    pub(crate) fn save<D: Document>(&mut self, document: D, doing: &'static str) -> Result<(), StoreError> {
        if self.state.get::<D>(&document.key()).is_none() {
            return Err(self.broken(doing, "it is not there"));
        }
        self.put(document);
        Ok(())
    }

    /// `false` when there is no such document.
    pub(crate) fn remove<D: Document>(&mut self, key: &D::Key) -> bool {
        let removed = self.state.remove::<D>(key).is_some();
        if removed {
            self.touched.insert((D::KIND, key.bytes()), None);
        }
        removed
    }

    /// The last line of defence: what must not happen, and from then on nothing can be committed.
    pub(crate) fn broken(&mut self, doing: &'static str, why: &'static str) -> StoreError {
        self.spoiled = true;
        StoreError::broken(doing, why)
    }

    /// Hands the commit over. From here on it happens, whether anybody waits for it or not.
    fn submit(self) -> Result<Option<oneshot::Receiver<Result<(), StoreError>>>, StoreError> {
        let Self { shared, mut latest, ahead, state, touched, spoiled, trace: _, streams: _ } = self;
        if spoiled {
            return Err(StoreError::broken("committing", "an earlier step of this transaction failed"));
        }
        let changed = !touched.is_empty();
        let state = if changed { Arc::new(state) } else { Arc::clone(&latest) };
        let Some(writer) = &shared.writer else {
            if changed {
                *latest = Arc::clone(&state);
                shared.heads.publish(state);
            }
            return Ok(None);
        };
        if !changed && !ahead {
            return Ok(None);
        }
        let changes = texts(&touched)?;
        let (done, receipt) = oneshot::channel();
        if !writer.send(Order { state: Arc::clone(&state), changes, done }) {
            return Err(StoreError::unavailable("writing a commit", "the writer has stopped"));
        }
        *latest = state;
        Ok(Some(receipt))
    }
}

fn texts(touched: &Touched) -> Result<Changes, StoreError> {
    let text = |body: &Option<Arc<dyn Body>>| body.as_ref().map(|body| body.json()).transpose();
    touched
        .iter()
        .map(|(place, body)| Ok((place.clone(), text(body)?)))
        .collect::<serde_json::Result<_>>()
        .map_err(|error| StoreError::broken("writing a document", error))
}

#[async_trait]
impl Transaction for LocalTx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        match self.submit()? {
            Some(receipt) => receipt.await.unwrap_or_else(|_| {
                Err(StoreError::unavailable("writing a commit", "the writer has stopped"))
            }),
            None => Ok(()),
        }
    }

    /// Waits until what this transaction has read is durable: a refusal may rest on it.
    async fn rollback(mut self: Box<Self>) -> Result<(), StoreError> {
        self.touched.clear();
        self.spoiled = false;
        self.commit().await
    }
}
