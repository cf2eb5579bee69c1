use super::{Backups, NoBackup};
use crate::flow::{Flow, FlowError};
use crate::manifest::MEDIA;
use crate::media_index::{Line, Walk};
use crate::name::BackupName;
use crate::ports::Opener;
use kernel::{Listed, ObjectError, ObjectKey, ObjectStore};
use std::sync::Arc;
use std::vec;

/// Most missing objects that are named; all are counted.
const NAMED: usize = 100;

/// What there is of the pictures and sets that there were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MediaCompared {
    /// Objects of the index that are there, as long as they were.
    pub there: u64,
    /// Objects that are not there, or have another length.
    pub missing: u64,
    /// The first of those.
    pub named: Vec<ObjectKey>,
}

/// Why they were not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// There is nothing to compare with.
    #[error(transparent)]
    NoBackup(#[from] NoBackup),
    /// The index cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// Where backups lie, or pictures and music, cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// The pictures and sets that there were when a backup was made, beside those that there are.
pub struct MediaThen<'a> {
    backups: &'a Backups,
    backup: &'a BackupName,
    opener: &'a dyn Opener,
    media: Arc<dyn ObjectStore>,
}

impl MediaThen<'_> {
    /// Shows every object of the index by name, and whether it is there now, as long as it was. Both go by name, so that
    /// neither is held as a whole.
    ///
    /// # Errors
    /// [`CompareError`].
    pub async fn walk(&self, see: &mut (dyn FnMut(&ObjectKey, bool) + Send)) -> Result<(), CompareError> {
        let manifest = self.backups.manifest(self.backup).await?;
        let file = manifest.file(MEDIA);
        let file = file.ok_or_else(|| NoBackup::Damaged(format!("it names no {MEDIA}")))?;
        let flow = self.opener.open(self.backups.vault.read(self.backup, file)?);
        let mut lines = Lines { flow, rest: Vec::new(), whole: Vec::new().into_iter() };
        let walk = Walk::over(Arc::clone(&self.media));
        let mut there = There { walk, page: Vec::new().into_iter(), next: None };
        while let Some(line) = lines.next().await? {
            let is_there = there.has(&line).await?;
            see(&line.key, is_there);
        }
        Ok(())
    }
}

impl Backups {
    /// The index of a backup beside what is there now.
    #[must_use]
    pub fn media_then<'a>(
        &'a self,
        backup: &'a BackupName,
        opener: &'a dyn Opener,
        media: Arc<dyn ObjectStore>,
    ) -> MediaThen<'a> {
        MediaThen { backups: self, backup, opener, media }
    }

    /// Compares the index of pictures and sets with what is there now.
    ///
    /// # Errors
    /// [`CompareError`].
    pub async fn compare_media(
        &self,
        backup: &BackupName,
        opener: &dyn Opener,
        media: Arc<dyn ObjectStore>,
    ) -> Result<MediaCompared, CompareError> {
        let mut compared = MediaCompared::default();
        let mut see = |key: &ObjectKey, is_there: bool| {
            if is_there {
                compared.there += 1;
                return;
            }
            compared.missing += 1;
            if compared.named.len() < NAMED {
                compared.named.push(key.clone());
            }
        };
        self.media_then(backup, opener, media).walk(&mut see).await?;
        Ok(compared)
    }
}

/// The lines of an index, one by one.
struct Lines {
    flow: Box<dyn Flow>,
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
    whole: vec::IntoIter<Line>,
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Line>, FlowError> {
        loop {
            if let Some(line) = self.whole.next() {
                return Ok(Some(line));
            }
            match self.flow.next().await? {
                Some(bytes) => self.take(&bytes)?,
                None if self.rest.is_empty() => return Ok(None),
                None => return Err(FlowError::Unreadable("the index ends within a line".to_owned())),
            }
        }
    }

    /// Reads the lines that end in these bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<(), FlowError> {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (ended, begun) = bytes.split_at(end);
        self.rest.extend_from_slice(ended);
        if end > 0 {
            let text = String::from_utf8_lossy(&self.rest);
            let read = text.lines().map(|line| {
                let why = || FlowError::Unreadable(format!("{line:?} is no line of an index"));
                Line::parse(line).ok_or_else(why)
            });
            self.whole = read.collect::<Result<Vec<_>, _>>()?.into_iter();
            self.rest.clear();
        }
        self.rest.extend_from_slice(begun);
        Ok(())
    }
}

/// What is there, from the first name on.
struct There {
    walk: Walk,
    page: vec::IntoIter<Listed>,
    next: Option<Listed>,
}

impl There {
    /// Whether what a line says is there. Lines have to come in the order of their names.
    async fn has(&mut self, line: &Line) -> Result<bool, ObjectError> {
        loop {
            if self.next.is_none() {
                self.next = self.page.next();
            }
            if self.next.is_none() {
                self.page = self.walk.page().await?.into_iter();
                self.next = self.page.next();
            }
            match &self.next {
                Some(listed) if listed.key < line.key => self.next = None,
                Some(listed) => return Ok(listed.key == line.key && listed.size == line.size),
                None => return Ok(false),
            }
        }
    }
}
