//! Objects that are sent in parts: a folder for each, with a file that says what it shall become and one per part.

use super::fault::{Trouble, if_there};
use super::folder::{Folder, make, open_object};
use super::kept::Writing;
use data_encoding::HEXLOWER;
use kernel::{ObjectKey, Part, PartsId, StoredObject, Timestamp, Unfinished};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use uuid::Uuid;

/// The file beside the parts.
const ABOUT: &str = "about.json";

/// What an object in parts shall become.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) key: String,
    pub(super) content_type: String,
    pub(super) since: Timestamp,
}

impl Folder {
    /// Where parts lie. Whatever else the name says, it is no path.
    fn parts_path(&self, parts: &PartsId) -> Option<PathBuf> {
        let id = Uuid::parse_str(&parts.0).ok()?;
        Some(self.all_parts().join(id.to_string()))
    }

    /// Where parts of this object lie, and what it shall become; `None` when nothing of the kind was begun.
    fn begun(&self, key: &ObjectKey, parts: &PartsId) -> io::Result<Option<(PathBuf, Begun)>> {
        let Some(path) = self.parts_path(parts) else { return Ok(None) };
        let begun = read_about(&path)?.filter(|begun| begun.key == key.as_str());
        Ok(begun.map(|begun| (path, begun)))
    }

    /// Where a part of this object goes; `None` when nothing of the kind was begun.
    pub(super) fn part_path(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        number: u32,
    ) -> Result<Option<PathBuf>, Trouble> {
        Ok(self.begun(key, parts)?.map(|(path, _)| path.join(file_name(number))))
    }

    pub(super) fn begin_parts(&self, begun: &Begun) -> Result<PartsId, Trouble> {
        let id = PartsId(Uuid::new_v4().to_string());
        let Some(path) = self.parts_path(&id) else { return Err(Trouble::Refused("no such parts")) };
        let text = serde_json::to_vec(begun).map_err(io::Error::from)?;
        // It appears with what it says.
        let temporary = self.temporary();
        make(temporary.path())?;
        let mut about = File::create_new(temporary.path().join(ABOUT))?;
        about.write_all(&text)?;
        about.sync_all()?;
        self.place(temporary, &path)?;
        Ok(id)
    }

    pub(super) fn parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<Option<Vec<Part>>, Trouble> {
        let Some((path, _)) = self.begun(key, parts)? else { return Ok(None) };
        let Some(entries) = if_there(fs::read_dir(&path))? else { return Ok(None) };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(number) = number
                && let Some((_, object)) = open_object(&entry.path())?
            {
                found.push(Part { number, etag: object.etag, size: object.size });
            }
        }
        found.sort_unstable_by_key(|part| part.number);
        Ok(Some(found))
    }

    pub(super) fn finish_parts(&self, key: &ObjectKey, parts: &PartsId, of: &[Part]) -> Result<(), Trouble> {
        if of.is_empty() || !of.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Trouble::Refused("parts come by number, each once, and there is one at least"));
        }
        let (etag, size) = (etag_of(of), of.iter().map(|part| part.size).fold(0, u64::saturating_add));
        let Some((path, begun)) = self.begun(key, parts)? else {
            // Whoever did not hear that it was finished asks again.
            let there = self.find(key)?.is_some_and(|(_, object)| (object.etag, object.size) == (etag, size));
            return if there { Ok(()) } else { Err(Trouble::Refused("there are no such parts")) };
        };
        let mut writing = Writing::begin(self)?;
        for part in of {
            match open_object(&path.join(file_name(part.number)))? {
                Some((file, object)) if is(&object, part) => writing.append(&file, part.size)?,
                Some(_) => return Err(Trouble::Refused("a part is another one")),
                None => return Err(Trouble::Refused("a part is not there")),
            }
        }
        writing.keep(self, &self.path(key)?, &begun.content_type, Some(etag))?;
        self.drop_parts(key, parts)
    }

    pub(super) fn drop_parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<(), Trouble> {
        if let Some((path, _)) = self.begun(key, parts)? {
            // Gone at once for everybody; then its bytes.
            let temporary = self.temporary();
            if_there(fs::rename(&path, temporary.path()))?;
        }
        Ok(())
    }

    pub(super) fn unfinished(&self, prefix: &str, limit: u32) -> Result<Vec<Unfinished>, Trouble> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.all_parts())? {
            let entry = entry?;
            let Some(begun) = read_about(&entry.path())? else { continue };
            let Some(key) = ObjectKey::parse(&begun.key).filter(|it| it.as_str().starts_with(prefix)) else {
                continue;
            };
            let parts = PartsId(entry.file_name().to_string_lossy().into_owned());
            found.push(Unfinished { key, parts, since: begun.since });
        }
        found.sort_by(|one, next| {
            (&one.key, one.since, &one.parts.0).cmp(&(&next.key, next.since, &next.parts.0))
        });
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

fn file_name(number: u32) -> String {
    format!("{number:05}")
}

fn is(object: &StoredObject, part: &Part) -> bool {
    (&object.etag, object.size) == (&part.etag, part.size)
}

/// Of an object that was made of parts: it follows from theirs, so that nothing has to be read again.
fn etag_of(parts: &[Part]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(format!("{} {} {}\n", part.number, part.size, part.etag));
    }
    format!("{}-{}", HEXLOWER.encode(&hash.finalize()), parts.len())
}

fn read_about(path: &std::path::Path) -> io::Result<Option<Begun>> {
    let Some(text) = if_there(fs::read(path.join(ABOUT)))? else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&text)?))
}
