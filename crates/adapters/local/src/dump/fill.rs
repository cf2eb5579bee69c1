//! A store made of lines. It is made in a folder of its own and put into its place when it is whole.

use super::{BETWEEN, FIRST, LAST};
use crate::journal::{Changes, FILE, Journal, SCHEMA, failed};
use crate::state::KINDS;
use crate::store::{LocalStore, Place};
use async_trait::async_trait;
use backups::{Flow, FlowError, Kind, Rows, Target};
use data_encoding::HEXLOWER;
use kernel::StoreError;
use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// Where it is made.
const DRAFT: &str = ".restoring";
/// Bytes that are written durably at once.
const AT_ONCE: usize = 8 * 1024 * 1024;
const DOING: &str = "restoring the store";

/// A local store that is to be made in a folder.
#[derive(Debug, Clone)]
pub struct NewStore(PathBuf);

impl NewStore {
    /// In this folder, which is made when it is missing.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Target for NewStore {
    fn kind(&self) -> Kind {
        Kind::Local
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(!LocalStore::is_in(&self.0))
    }

    async fn fill(&self, flow: Box<dyn Flow>) -> Result<(), FlowError> {
        if LocalStore::is_in(&self.0) {
            return Err(StoreError::broken(DOING, "there is a store in the folder").into());
        }
        let folder = self.0.clone();
        let draft = blocking(move || Draft::begin(&folder)).await?;
        let filled = fill(draft, flow).await;
        if filled.is_err() {
            let draft = self.0.join(DRAFT);
            // What cannot be removed now is removed by who tries again.
            let _ = blocking(move || fs::remove_dir_all(draft).map_err(unwritten)).await;
        }
        filled
    }

    async fn rows(&self) -> Result<Rows, StoreError> {
        let place = Place::Directory(self.0.clone());
        blocking(move || Ok(LocalStore::open(place)?.read().counts())).await
    }
}

async fn fill(mut draft: Draft, mut flow: Box<dyn Flow>) -> Result<(), FlowError> {
    let mut rest = Vec::new();
    while let Some(bytes) = flow.next().await? {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (ended, begun) = bytes.split_at(end);
        rest.extend_from_slice(ended);
        if end > 0 {
            let lines = mem::take(&mut rest);
            draft = blocking(move || {
                draft.add(&lines)?;
                Ok(draft)
            })
            .await?;
        }
        rest.extend_from_slice(begun);
    }
    if !rest.is_empty() {
        return Err(StoreError::broken(DOING, "the copy ends within a line").into());
    }
    Ok(blocking(move || draft.finish()).await?)
}

/// A store that is being made.
struct Draft {
    folder: PathBuf,
    journal: Journal,
    changes: Changes,
    /// Bytes of the changes.
    bytes: usize,
    count: u64,
    /// As the first line says.
    schema: Option<i64>,
    ended: bool,
}

impl Draft {
    fn begin(folder: &Path) -> Result<Self, StoreError> {
        let draft = folder.join(DRAFT);
        // Of somebody who was killed.
        match fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritten(error)),
            _ => {}
        }
        Ok(Self {
            folder: folder.to_owned(),
            journal: Journal::open(&draft)?,
            changes: Changes::new(),
            bytes: 0,
            count: 0,
            schema: None,
            ended: false,
        })
    }

    /// Adds whole lines.
    fn add(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        let text = std::str::from_utf8(lines).map_err(|error| StoreError::broken(DOING, error))?;
        for line in text.split_terminator('\n') {
            self.add_line(line)?;
        }
        if self.bytes >= AT_ONCE { self.write() } else { Ok(()) }
    }

    fn add_line(&mut self, line: &str) -> Result<(), StoreError> {
        let (word, rest) = line.split_once(BETWEEN).ok_or_else(|| no_copy("a line says nothing"))?;
        if self.schema.is_none() {
            return self.begin_as(word, rest);
        }
        if self.ended {
            return Err(no_copy("it goes on behind its end"));
        }
        if word == LAST {
            self.ended = rest.parse::<u64>() == Ok(self.count);
            return if self.ended { Ok(()) } else { Err(no_copy("documents are missing")) };
        }
        let kind = KINDS.iter().find(|kind| **kind == word);
        let kind = kind.ok_or_else(|| no_copy("it holds documents of a kind that is not known here"))?;
        let (key, body) = rest.split_once(BETWEEN).ok_or_else(|| no_copy("a document has no text"))?;
        let key = HEXLOWER.decode(key.as_bytes()).map_err(|error| StoreError::broken(DOING, error))?;
        self.bytes += body.len();
        self.count += 1;
        self.changes.insert((*kind, key), Some(body.to_owned()));
        Ok(())
    }

    fn begin_as(&mut self, word: &str, rest: &str) -> Result<(), StoreError> {
        let schema: i64 = match rest.parse() {
            Ok(schema) if word == FIRST => schema,
            _ => return Err(no_copy("it does not begin as one does")),
        };
        if !(1..=SCHEMA).contains(&schema) {
            let why = format!("the copy has schema {schema}; this version knows {SCHEMA}");
            return Err(StoreError::broken(DOING, why));
        }
        self.schema = Some(schema);
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        self.journal.append(&self.changes).map_err(failed(DOING))?;
        self.changes.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Sees that it can be read, and puts it into its place.
    fn finish(mut self) -> Result<(), StoreError> {
        let schema = self.schema.filter(|_| self.ended).ok_or_else(|| no_copy("it has no end"))?;
        self.write()?;
        if schema != SCHEMA {
            self.journal.date_back(schema).map_err(failed(DOING))?;
        }
        self.journal.close().map_err(failed(DOING))?;
        let draft = self.folder.join(DRAFT);
        let journal = Journal::open(&draft)?;
        journal.load()?;
        journal.close().map_err(failed(DOING))?;
        // Not over another one that was made meanwhile.
        fs::hard_link(draft.join(FILE), self.folder.join(FILE)).map_err(unwritten)?;
        fs::remove_dir_all(draft).map_err(unwritten)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unwritten)
    }
}

fn no_copy(why: &'static str) -> StoreError {
    StoreError::broken(DOING, format!("this is no copy of a local store: {why}"))
}

fn unwritten(error: io::Error) -> StoreError {
    StoreError::unavailable(DOING, error)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        // The program is ending, or the work panicked.
        Err(error) => Err(StoreError::unavailable(DOING, error)),
    }
}
