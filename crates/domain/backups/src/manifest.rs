//! What a backup is made of. It says nothing that has to be kept secret: counts, sizes and sums, so that a server can look
//! after its backups without being able to read them.

use crate::name::BackupName;
use crate::ports::{Kind, Rows};
use crate::sum::Sum;
use serde::{Deserialize, Serialize};

/// The store: what `pg_dump` wrote in its custom format, or the documents of the local store, line by line.
pub const DATABASE: &str = "database.zst.age";
/// The names, sizes and etags of all pictures and sets, line by line.
pub const MEDIA: &str = "media.zst.age";

/// What a backup is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name, with the instant: nothing that was committed before it is missing.
    pub name: BackupName,
    /// Of what kind of store it is.
    pub kind: Kind,
    /// As the store calls the shape of its data.
    pub schema: String,
    /// The public keys that it was sealed to.
    pub recipients: Vec<String>,
    /// By what the signing key is known that it was made under; not said where nobody knew.
    #[serde(default)]
    pub signing_key: Option<String>,
    /// How many rows are in it, by table or kind.
    pub rows: Rows,
    /// Its files.
    pub files: Vec<BackupFile>,
}

/// A file of a backup: one that was compressed, sealed, and cut into parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// What its parts are called after.
    pub name: String,
    /// Of what was sealed, as it was before.
    pub plain: Sum,
    /// Put together they are the file.
    pub parts: Vec<BackupPart>,
}

/// A part of a file, which is an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPart {
    /// The object's name in the folder of the backup.
    pub name: String,
    /// Of its bytes.
    #[serde(flatten)]
    pub sum: Sum,
}

impl BackupPart {
    /// What the part of a file with this number is called; the first one has number 1.
    #[must_use]
    pub fn name_of(file: &str, number: usize) -> String {
        format!("{file}.{number:06}")
    }
}

impl Manifest {
    /// A file of it.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&BackupFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Bytes of all parts.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().flat_map(|file| &file.parts).map(|part| part.sum.bytes).sum()
    }

    /// Rows of all tables.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.rows.values().sum()
    }
}
