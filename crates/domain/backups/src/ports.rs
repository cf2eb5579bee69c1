//! What backups need from outside.

mod store;

pub use store::{BackupStore, BackupTx, News, Work};

use crate::flow::{Flow, FlowError};
use crate::use_cases::{MediaThen, VerifyError};
use crate::verdict::Finding;
use async_trait::async_trait;
use kernel::StoreError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many rows there are, by table or by kind of document.
pub type Rows = BTreeMap<String, u64>;

/// A kind of store: what was copied of one cannot be put into the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// The local store.
    Local,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Local => "local",
        })
    }
}

/// A store as it was at one instant.
pub struct Copied {
    /// As the store calls the shape of its data.
    pub schema: String,
    /// How many rows the copy has.
    pub rows: Rows,
    /// The copy itself.
    pub flow: Box<dyn Flow>,
}

/// A store that is to be kept, whatever goes on in it meanwhile.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it is.
    fn kind(&self) -> Kind;
    /// Copies it as it is at one instant between the call and the answer: everything that was committed by then, and
    /// nothing of what was not. Nobody waits for the copy.
    async fn copy(&self) -> Result<Copied, StoreError>;
}

/// Where a store is to be put back.
#[async_trait]
pub trait Target: Send + Sync {
    /// What it is to become.
    fn kind(&self) -> Kind;
    /// Whether nothing is there that would be lost.
    async fn is_empty(&self) -> Result<bool, StoreError>;
    /// Makes a store of a copy: the whole, or, when the flow ends with an error, nothing.
    async fn fill(&self, flow: Box<dyn Flow>) -> Result<(), FlowError>;
    /// How many rows are there.
    async fn rows(&self) -> Result<Rows, StoreError>;
}

/// Compresses, and encrypts to public keys. It cannot open what it sealed.
pub trait Sealer: Send + Sync {
    /// The public keys, as people write them.
    fn recipients(&self) -> Vec<String>;
    /// The sealed bytes of these; what it holds meanwhile does not grow with them.
    fn seal(&self, plain: Box<dyn Flow>) -> Box<dyn Flow>;
    /// The same with one key more, which is made now, and what opens by it. That key is nowhere else: with what is handed
    /// out here it is forgotten.
    fn for_once(&self) -> (Box<dyn Sealer>, Box<dyn Opener>);
}

/// Opens what was sealed, by private keys.
pub trait Opener: Send + Sync {
    /// What was sealed. It comes to its end only when every byte is as it was sealed: else it ends with
    /// [`FlowError::WrongKey`] or [`FlowError::Unreadable`].
    fn open(&self, sealed: Box<dyn Flow>) -> Box<dyn Flow>;
}

/// Makes places in which a backup is tried.
#[async_trait]
pub trait Scratch: Send + Sync {
    /// What stores are made there.
    fn kind(&self) -> Kind;
    /// An empty place that nobody else has. What is left of those whose users were killed goes first.
    async fn make(&self) -> Result<Box<dyn ScratchPlace>, StoreError>;
}

/// A place in which a backup is tried. Whoever is killed before it is removed leaves it to the next [`Scratch::make`].
#[async_trait]
pub trait ScratchPlace: Send + Sync {
    /// Where a store can be made.
    fn target(&self) -> &dyn Target;
    /// By what the store is opened that was made there; it may hold a password.
    fn address(&self) -> String;
    /// Removes it, with all that is in it.
    async fn remove(self: Box<Self>) -> Result<(), StoreError>;
}

/// Looks at stores that were made of backups.
#[async_trait]
pub trait Examiner: Send + Sync {
    /// All that is wrong with the store that this address opens. `media` says which pictures and sets there were.
    async fn examine(&self, address: &str, media: &MediaThen<'_>) -> Result<Vec<Finding>, VerifyError>;
}
