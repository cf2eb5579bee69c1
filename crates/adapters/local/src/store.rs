//! The store itself: where it keeps its data, how it is opened, and how one gets to write.

use crate::document::Document;
use crate::journal::Journal;
use crate::state::State;
use crate::transaction::LocalTx;
use crate::writer::{Heads, Writer};
use kernel::{InWhichTrace, SWEPT_AT_ONCE, StoreError, Transaction, untraced};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long one waits for the other writers before giving up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In memory alone: gone with the process.
    Memory,
    /// In the file `synesthesie.sqlite` of this directory, which is made when it is missing.
    Directory(PathBuf),
}

/// Every store port of every domain. Clones are the same store.
#[derive(Clone)]
pub struct LocalStore {
    shared: Arc<Shared>,
    trace: InWhichTrace,
    /// Whether there is a stream that all news go to.
    streams: bool,
}

pub(crate) struct Shared {
    pub(crate) heads: Arc<Heads>,
    /// `None` in memory.
    pub(crate) writer: Option<Writer>,
}

impl LocalStore {
    /// Whether there is a store in a directory.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(crate::journal::FILE).is_file()
    }

    /// Opens the store, making it when it is new. Reads the whole file, so call it where blocking does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file is in use by another process or cannot be reached;
    /// [`StoreError::Broken`] when it was written by a newer version or by another program, or when a document in it
    /// cannot be read: the cause names its kind and key.
    pub fn open(place: Place) -> Result<Self, StoreError> {
        match place {
            Place::Memory => {
                let heads = Arc::new(Heads::new(State::default()));
                let shared = Arc::new(Shared { heads, writer: None });
                Ok(Self { shared, trace: untraced, streams: false })
            }
            Place::Directory(directory) => Self::over(Journal::open(&directory)?),
        }
    }

    /// The same where there is a stream: what happens to bookings is kept for it.
    #[must_use]
    pub fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    /// What the journal says, and whatever will be written to it.
    pub(crate) fn over(journal: Journal) -> Result<Self, StoreError> {
        let heads = Arc::new(Heads::new(journal.load()?));
        let writer = Writer::start(journal, Arc::clone(&heads))
            .map_err(|error| StoreError::unavailable("starting its writer", error))?;
        let shared = Arc::new(Shared { heads, writer: Some(writer) });
        Ok(Self { shared, trace: untraced, streams: false })
    }

    /// The same store, which asks in which trace something is owed.
    #[must_use]
    pub fn traced_by(self, trace: InWhichTrace) -> Self {
        Self { trace, ..self }
    }

    /// What was committed last, unchanging.
    pub(crate) fn read(&self) -> Arc<State> {
        self.shared.heads.published()
    }

    /// Becomes the one writer.
    pub(crate) async fn write(&self) -> Result<Box<LocalTx>, StoreError> {
        let waiting = Arc::clone(&self.shared.heads.latest).lock_owned();
        let latest = tokio::time::timeout(PATIENCE, waiting)
            .await
            .map_err(|elapsed| StoreError::unavailable("waiting for other writers", elapsed))?;
        Ok(Box::new(LocalTx::new(Arc::clone(&self.shared), latest, (self.trace, self.streams))))
    }

    /// Removes documents that are old, no more of them than are swept at once; how many that were.
    pub(crate) async fn sweep_old<D: Document>(
        &self,
        old: impl Fn(&State, usize) -> Vec<D::Key>,
    ) -> Result<u64, StoreError> {
        let most = usize::try_from(SWEPT_AT_ONCE).unwrap_or(usize::MAX);
        // Mostly there is none, and that must not cost a turn at the lock.
        if old(&self.read(), most).is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let gone = old(tx.state(), most);
        for key in &gone {
            tx.remove::<D>(key);
        }
        tx.commit().await?;
        Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    }
}
