//! How an object lies in its file: first its bytes, as they are, then a note of what is known of it. One file, so that
//! both appear and go at once; the note comes last and is always as long, so that programs that look at the file see the
//! object, and so that sizes are known without opening it.

use super::fault::Trouble;
use super::folder::{Folder, Temporary};
use data_encoding::HEXLOWER;
use kernel::StoredObject;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of the note: JSON, spaces, and an end of line.
pub(super) const NOTE: u64 = 512;
/// What the note looks like. Another number was written by another version.
const FORM: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Note {
    synesthesie_object: u8,
    size: u64,
    etag: String,
    content_type: String,
}

/// A file on its way into the store. Dropped, it leaves nothing.
pub(super) struct Writing {
    file: File,
    at: Temporary,
    hash: Sha256,
    size: u64,
}

impl Writing {
    pub(super) fn begin(folder: &Folder) -> io::Result<Self> {
        let (at, file) = folder.temporary_file()?;
        Ok(Self { file, at, hash: Sha256::new(), size: 0 })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Writes all that a file holds.
    pub(super) fn copy(&mut self, mut from: File) -> io::Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(()),
                read => self.write(buffer.get(..read).unwrap_or_default())?,
            }
        }
    }

    /// Writes a part that lies here already; the kernel moves the bytes, where it can without copying any. They are not
    /// hashed once more.
    pub(super) fn append(&mut self, part: &File, size: u64) -> io::Result<()> {
        let copied = io::copy(&mut part.take(size), &mut self.file)?;
        self.size += copied;
        if copied == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Says what is known of it, and puts it there for good. Without an etag of its own it gets the hash of its bytes:
    /// other bytes have another one, and the same ones sent again have the same.
    pub(super) fn keep(
        self,
        folder: &Folder,
        to: &Path,
        content_type: &str,
        etag: Option<String>,
    ) -> Result<StoredObject, Trouble> {
        let (at, object) = self.close(content_type, etag)?;
        folder.place(at, to)?;
        Ok(object)
    }

    /// The same for a part, beside the others; `None` when they are gone.
    pub(super) fn keep_beside(self, folder: &Folder, to: &Path) -> Result<Option<StoredObject>, Trouble> {
        let (at, object) = self.close("", None)?;
        Ok(folder.place_beside(at, to)?.then_some(object))
    }

    fn close(
        mut self,
        content_type: &str,
        etag: Option<String>,
    ) -> Result<(Temporary, StoredObject), Trouble> {
        let etag = etag.unwrap_or_else(|| HEXLOWER.encode(&self.hash.finalize()));
        let object = StoredObject { size: self.size, content_type: content_type.to_owned(), etag };
        self.file.write_all(&text(&object)?)?;
        self.file.sync_all()?;
        Ok((self.at, object))
    }
}

fn text(object: &StoredObject) -> Result<Vec<u8>, Trouble> {
    let StoredObject { size, content_type, etag } = object.clone();
    let note = Note { synesthesie_object: FORM, size, etag, content_type };
    let mut text = serde_json::to_vec(&note).map_err(io::Error::from)?;
    let length = usize::try_from(NOTE).unwrap_or(usize::MAX);
    if text.len() >= length {
        return Err(Trouble::Refused("the content type is too long"));
    }
    text.resize(length - 1, b' ');
    text.push(b'\n');
    Ok(text)
}

/// What is known of an object in an open file, which stands at its beginning afterwards.
pub(super) fn read_note(file: &mut File) -> io::Result<StoredObject> {
    let foreign = || io::Error::new(io::ErrorKind::InvalidData, "the file is no object of this store");
    let length = file.metadata()?.len();
    let size = length.checked_sub(NOTE).ok_or_else(foreign)?;
    file.seek(SeekFrom::Start(size))?;
    let mut text = Vec::new();
    file.take(NOTE).read_to_end(&mut text)?;
    file.seek(SeekFrom::Start(0))?;
    let note: Note = serde_json::from_slice(&text).map_err(|_| foreign())?;
    if note.synesthesie_object != FORM || note.size != size {
        return Err(foreign());
    }
    Ok(StoredObject { size, content_type: note.content_type, etag: note.etag })
}
