//! A vault, a store of a few bytes, and keys of one byte.

use async_trait::async_trait;
use backups::{Backups, Copied, Flow, FlowError, Kind, Opener, Original, Rows, Sealer, Source, Target};
use kernel::{Body, ObjectKey, ObjectStore, StoreError};
use std::sync::{Arc, Mutex};
use testkit::StoppedClock;
use testkit::heap::Heap;

/// Bytes of a part: few, so that there are several.
pub(crate) const PART: usize = 10;

pub(crate) struct House {
    pub(crate) vault: Heap,
    pub(crate) media: Heap,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) backups: Backups,
}

impl House {
    pub(crate) fn new() -> Self {
        let (vault, clock) = (Heap::default(), Arc::new(StoppedClock::default()));
        let backups = Backups::new(Arc::new(vault.clone()), clock.clone()).in_parts_of(PART);
        Self { vault, media: Heap::default(), clock, backups }
    }

    pub(crate) fn original(&self, runs: &[&str]) -> Original {
        let runs = runs.iter().map(|run| run.as_bytes().to_vec()).collect();
        self.of(Store { runs, breaks: false, accounts: 1 })
    }

    /// A store with so many rows, of which it has two at least.
    pub(crate) fn original_of(&self, rows: u64) -> Original {
        self.of(Store { runs: vec![b"rows".to_vec()], breaks: false, accounts: rows - 2 })
    }

    fn of(&self, source: Store) -> Original {
        Original { source: Arc::new(source), media: Arc::new(self.media.clone()), signing_key: None }
    }

    /// Puts other bytes under the name of an object of the vault.
    pub(crate) async fn spoil(&self, end: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let key = self.part(end);
        let mut bytes = self.bytes(&key).await;
        change(&mut bytes);
        self.vault.put(&key, Body::Bytes(bytes), "").await.unwrap();
    }

    /// The object whose name ends so.
    pub(crate) fn part(&self, end: &str) -> ObjectKey {
        let mut names = self.vault.names("");
        names.retain(|key| key.as_str().ends_with(end));
        assert_eq!(names.len(), 1, "{end}");
        names.remove(0)
    }

    async fn bytes(&self, key: &ObjectKey) -> Vec<u8> {
        let mut content = self.vault.get(key, None).await.unwrap().unwrap();
        content.reader.next().await.unwrap().unwrap()
    }
}

/// A store that is copied run by run.
pub(crate) struct Store {
    pub(crate) runs: Vec<Vec<u8>>,
    /// Whether it breaks down at the end.
    pub(crate) breaks: bool,
    /// Rows of its first table.
    pub(crate) accounts: u64,
}

pub(crate) fn rows(count: u64) -> Rows {
    [("accounts".to_owned(), count), ("bookings".to_owned(), 2)].into()
}

#[async_trait]
impl Source for Store {
    fn kind(&self) -> Kind {
        Kind::Local
    }

    async fn copy(&self) -> Result<Copied, StoreError> {
        let flow = Runs { runs: self.runs.clone(), breaks: self.breaks };
        Ok(Copied { schema: "3".into(), rows: rows(self.accounts), flow: Box::new(flow) })
    }
}

struct Runs {
    runs: Vec<Vec<u8>>,
    breaks: bool,
}

#[async_trait]
impl Flow for Runs {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        if !self.runs.is_empty() {
            return Ok(Some(self.runs.remove(0)));
        }
        if self.breaks {
            return Err(StoreError::broken("copying a store", "it is gone").into());
        }
        Ok(None)
    }
}

/// "Seals" by adding a number to every byte, after a byte that says which.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) u8);

struct Turned {
    flow: Box<dyn Flow>,
    by: u8,
    /// What is still to be said, or to be heard, first.
    first: Option<u8>,
    opens: bool,
}

impl Sealer for Key {
    fn recipients(&self) -> Vec<String> {
        vec![format!("key-{}", self.0)]
    }

    fn seal(&self, plain: Box<dyn Flow>) -> Box<dyn Flow> {
        Box::new(Turned { flow: plain, by: self.0, first: Some(self.0), opens: false })
    }

    fn for_once(&self) -> (Box<dyn Sealer>, Box<dyn Opener>) {
        (Box::new(*self), Box::new(*self))
    }
}

impl Opener for Key {
    fn open(&self, sealed: Box<dyn Flow>) -> Box<dyn Flow> {
        Box::new(Turned { flow: sealed, by: self.0.wrapping_neg(), first: Some(self.0), opens: true })
    }
}

#[async_trait]
impl Flow for Turned {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        if let Some(first) = self.first.filter(|_| !self.opens) {
            self.first = None;
            return Ok(Some(vec![first]));
        }
        let Some(mut bytes) = self.flow.next().await? else { return Ok(None) };
        if let Some(first) = self.first.take()
            && bytes.remove(0) != first
        {
            return Err(FlowError::WrongKey);
        }
        if bytes.contains(&0xFF) {
            return Err(FlowError::Unreadable("no byte of ours".into()));
        }
        Ok(Some(bytes.into_iter().map(|byte| byte.wrapping_add(self.by)).collect()))
    }
}

/// Where a store is put back.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) filled: Mutex<Option<Vec<u8>>>,
    pub(crate) postgres: bool,
    /// Rows that it loses.
    pub(crate) loses: u64,
}

#[async_trait]
impl Target for Place {
    fn kind(&self) -> Kind {
        if self.postgres { Kind::Postgres } else { Kind::Local }
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.filled.lock().unwrap().is_none())
    }

    async fn fill(&self, mut flow: Box<dyn Flow>) -> Result<(), FlowError> {
        let mut whole = Vec::new();
        while let Some(bytes) = flow.next().await? {
            whole.extend(bytes);
        }
        *self.filled.lock().unwrap() = Some(whole);
        Ok(())
    }

    async fn rows(&self) -> Result<Rows, StoreError> {
        Ok(rows(1 - self.loses))
    }
}
