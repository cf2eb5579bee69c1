//! Bytes on their way out of a file.

use super::fault::{Trouble, blocking, refused};
use async_trait::async_trait;
use kernel::{ObjectError, Reader, Span};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

const DOING: &str = "reading an object";
/// Bytes that are read at once.
const CHUNK: u64 = 256 * 1024;

/// Reads a run of an open file. Whatever is put in its place meanwhile, it stays the one that was opened.
pub(super) struct FileReader {
    /// `None` while the disk is at it, and for good when nobody waited for it or it failed.
    file: Option<File>,
    left: u64,
}

impl FileReader {
    pub(super) fn over(mut file: File, size: u64, span: Option<Span>) -> io::Result<Self> {
        let span = span.unwrap_or(Span { start: 0, length: size });
        let start = span.start.min(size);
        file.seek(SeekFrom::Start(start))?;
        Ok(Self { file: Some(file), left: span.length.min(size - start) })
    }
}

#[async_trait]
impl Reader for FileReader {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        if self.left == 0 {
            return Ok(None);
        }
        // The end must not be what it looks like when somebody did not wait.
        let mut file = self.file.take().ok_or_else(|| refused(DOING, "it was given up"))?;
        let wanted = self.left.min(CHUNK);
        let read = blocking(DOING, move || -> Result<_, Trouble> {
            let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(usize::MAX)];
            file.read_exact(&mut bytes)?;
            Ok((file, bytes))
        });
        let (file, bytes) = read.await?;
        self.file = Some(file);
        self.left -= wanted;
        Ok(Some(bytes))
    }
}
