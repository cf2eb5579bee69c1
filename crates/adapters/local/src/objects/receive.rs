//! A part on its way in.

use super::PartAsked;
use super::fault::{Trouble, blocking, refused};
use super::folder::Folder;
use super::kept::Writing;
use kernel::{ObjectError, Part};
use std::sync::Arc;

const DOING: &str = "taking a part";
/// Bytes that are gathered before the disk is asked.
const GATHERED: usize = 256 * 1024;

/// A part on its way in; dropped before it is whole, it leaves nothing.
pub struct Receiving {
    folder: Arc<Folder>,
    asked: PartAsked,
    /// `None` while the disk is at it, and for good when nobody waited for it.
    writing: Option<Writing>,
    gathered: Vec<u8>,
    left: u64,
}

impl Receiving {
    pub(super) async fn begin(folder: Arc<Folder>, asked: PartAsked) -> Result<Option<Self>, ObjectError> {
        let opened = blocking(DOING, move || {
            let known = folder.part_path(&asked.key, &asked.parts, asked.number)?.is_some();
            let writing = if known { Some(Writing::begin(&folder)?) } else { None };
            Ok((folder, asked, writing))
        });
        let (folder, asked, writing) = opened.await?;
        let left = asked.size;
        Ok(writing.map(|writing| Self { folder, asked, writing: Some(writing), gathered: Vec::new(), left }))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`ObjectError::Refused`] when they are more than were promised.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), ObjectError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let Some(left) = self.left.checked_sub(length) else {
            // Whatever else comes, it is not what was promised.
            self.writing = None;
            return Err(refused(DOING, "it is longer than was promised"));
        };
        self.left = left;
        while !bytes.is_empty() {
            let room = GATHERED.saturating_sub(self.gathered.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.gathered.extend_from_slice(now);
            bytes = later;
            if self.gathered.len() >= GATHERED {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ObjectError> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let mut writing = self.writing.take().ok_or_else(|| refused(DOING, "it was given up"))?;
        let written = blocking(DOING, move || {
            writing.write(&gathered)?;
            gathered.clear();
            Ok((writing, gathered))
        });
        let (writing, gathered) = written.await?;
        (self.writing, self.gathered) = (Some(writing), gathered);
        Ok(())
    }

    /// All has come: from now on the part is there, in the place of one that came before. `None` when what it belongs to
    /// was finished or dropped meanwhile.
    ///
    /// # Errors
    /// [`ObjectError::Refused`] when it is shorter than was promised.
    pub async fn finish(mut self) -> Result<Option<Part>, ObjectError> {
        if self.left > 0 {
            return Err(refused(DOING, "it is shorter than was promised"));
        }
        self.flush().await?;
        let Self { folder, asked, writing, .. } = self;
        let Some(writing) = writing else { return Err(refused(DOING, "it was given up")) };
        blocking(DOING, move || -> Result<_, Trouble> {
            let Some(path) = folder.part_path(&asked.key, &asked.parts, asked.number)? else {
                return Ok(None);
            };
            let kept = writing.keep_beside(&folder, &path)?;
            Ok(kept.map(|object| Part { number: asked.number, etag: object.etag, size: object.size }))
        })
        .await
    }
}
