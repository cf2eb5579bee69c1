//! Documents: what the journal keeps and the maps hold, each under its own key, entered in indexes by itself.

use crate::state::State;
use imbl::{OrdMap, OrdSet};
use kernel::{
    AccountId, ActId, AlbumId, AnnouncementId, BackupId, BookingId, DocumentId, EffectId, EmailChangeId,
    EntryId, EventId, HoldId, HookCallId, HookId, IncidentId, InviteId, JobId, OneTimeId, OrganisationId,
    PictureId, QuotaId, RemovalId, ReturnId, ScanId, SessionId, SetId, TicketId, TicketTypeId, TransferId,
    UploadId, VenueTemplateId, VoucherId, WaitlistEntryId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// All documents of one kind.
pub(crate) type Table<D> = OrdMap<<D as Document>::Key, Arc<D>>;

/// Something that is kept.
pub(crate) trait Document: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is called in the journal. Never changed once released.
    const KIND: &'static str;
    /// What it is found by.
    type Key: Key;

    fn key(&self) -> Self::Key;
    fn table(state: &State) -> &Table<Self>;
    fn table_mut(state: &mut State) -> &mut Table<Self>;
    /// Names every index entry of this document, for entering and for leaving alike.
    fn index(&self, state: &mut State, step: Step);
}

/// What documents are found by; its bytes are the key in the journal.
pub(crate) trait Key: Ord + Clone + Send + Sync + 'static {
    fn bytes(&self) -> Vec<u8>;
}

macro_rules! id_keys {
    ($($id:ty),+ $(,)?) => {$(
        impl Key for $id {
            fn bytes(&self) -> Vec<u8> {
                self.as_uuid().into_bytes().to_vec()
            }
        }
    )+};
}

id_keys!(
    AccountId,
    ActId,
    AlbumId,
    AnnouncementId,
    BackupId,
    BookingId,
    DocumentId,
    EffectId,
    EmailChangeId,
    EntryId,
    EventId,
    HoldId,
    HookCallId,
    HookId,
    IncidentId,
    InviteId,
    JobId,
    OneTimeId,
    OrganisationId,
    PictureId,
    RemovalId,
    ScanId,
    SessionId,
    SetId,
    TicketId,
    TicketTypeId,
    QuotaId,
    TransferId,
    UploadId,
    VoucherId,
    ReturnId,
    WaitlistEntryId,
    VenueTemplateId,
);

/// A place in an order.
impl Key for u64 {
    fn bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
}

/// Of a kind of which there is one.
impl Key for () {
    fn bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl Key for (OrganisationId, AccountId) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes()].concat()
    }
}

impl Key for (OrganisationId, i32) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.to_be_bytes().to_vec()].concat()
    }
}

impl Key for (AccountId, SetId) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes()].concat()
    }
}

impl Key for (AccountId, ::media::Month) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.0.to_be_bytes().to_vec()].concat()
    }
}

impl Key for ::media::Month {
    fn bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
}

impl Key for (AccountId, String) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.clone().into_bytes()].concat()
    }
}

/// Whether a document enters the indexes or leaves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Enter,
    Leave,
}

impl Step {
    pub(crate) fn set<T: Ord + Clone>(self, set: &mut OrdSet<T>, entry: T) {
        match self {
            Self::Enter => {
                set.insert(entry);
            }
            Self::Leave => {
                set.remove(&entry);
            }
        }
    }

    pub(crate) fn map<K: Ord + Clone, V: Clone>(self, map: &mut OrdMap<K, V>, key: K, value: V) {
        match self {
            Self::Enter => {
                map.insert(key, value);
            }
            Self::Leave => {
                map.remove(&key);
            }
        }
    }

    /// A counter per key; what counts nothing is not there.
    pub(crate) fn count<K: Ord + Clone>(self, map: &mut OrdMap<K, u32>, key: K, by: u32) {
        let before = map.get(&key).copied().unwrap_or(0);
        let after = match self {
            Self::Enter => before.saturating_add(by),
            Self::Leave => before.saturating_sub(by),
        };
        if after == 0 {
            map.remove(&key);
        } else {
            map.insert(key, after);
        }
    }
}

/// A document that can be written without knowing its kind.
pub(crate) trait Body: Send + Sync {
    fn json(&self) -> serde_json::Result<String>;
}

impl<D: Document> Body for D {
    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// Bytes as base64 text, for documents.
pub(crate) mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: TryFrom<Vec<u8>>,
    {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
        T::try_from(bytes).map_err(|_| D::Error::custom("the wrong number of bytes"))
    }
}
