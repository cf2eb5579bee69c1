//! Everything there is at one instant. Cloning it costs a few reference counts.

use crate::accounts::AccountTables;
use crate::announcements::AnnouncementTables;
use crate::audit::AuditTables;
use crate::backups::BackupTables;
use crate::booking::BookingTables;
use crate::document::{Document, Key, Step};
use crate::events::EventTables;
use crate::gallery::GalleryTables;
use crate::hooks::HookTables;
use crate::idempotency::IdempotencyTables;
use crate::invites::InviteTables;
use crate::mail_box::MailTables;
use crate::maintenance::MaintenanceTables;
use crate::media::MediaTables;
use crate::messaging::MessagingTables;
use crate::music::MusicTables;
use crate::news::NewsTables;
use crate::outbox::OutboxTables;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// One version of all data. Versions share what they have in common.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) accounts: AccountTables,
    pub(crate) announcements: AnnouncementTables,
    pub(crate) audit: AuditTables,
    pub(crate) backups: BackupTables,
    pub(crate) booking: BookingTables,
    pub(crate) events: EventTables,
    pub(crate) gallery: GalleryTables,
    pub(crate) hooks: HookTables,
    pub(crate) idempotency: IdempotencyTables,
    pub(crate) invites: InviteTables,
    pub(crate) mails: MailTables,
    pub(crate) maintenance: MaintenanceTables,
    pub(crate) media: MediaTables,
    pub(crate) messaging: MessagingTables,
    pub(crate) music: MusicTables,
    pub(crate) news: NewsTables,
    pub(crate) outbox: OutboxTables,
}

impl State {
    pub(crate) fn get<D: Document>(&self, key: &D::Key) -> Option<&Arc<D>> {
        D::table(self).get(key)
    }

    /// A copy of the document itself, as the ports hand it out.
    pub(crate) fn copy<D: Document + Clone>(&self, key: &D::Key) -> Option<D> {
        self.get::<D>(key).map(|document| D::clone(document))
    }

    /// Keeps a document in the place of the one with its key.
    pub(crate) fn put<D: Document>(&mut self, document: Arc<D>) {
        if let Some(before) = D::table_mut(self).insert(document.key(), Arc::clone(&document)) {
            before.index(self, Step::Leave);
        }
        document.index(self, Step::Enter);
    }

    pub(crate) fn remove<D: Document>(&mut self, key: &D::Key) -> Option<Arc<D>> {
        let before = D::table_mut(self).remove(key)?;
        before.index(self, Step::Leave);
        Some(before)
    }

    /// Shows every document of a kind, until somebody has seen enough; whether it came to the end.
    fn each_of<D: Document>(&self, see: &mut See<'_>) -> serde_json::Result<bool> {
        for (key, document) in D::table(self) {
            if !see(D::KIND, key.bytes(), serde_json::to_string(&**document)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read<D: Document>(&mut self, key: &[u8], body: &str) -> Result<(), Unreadable> {
        let document: D = serde_json::from_str(body).map_err(|error| Unreadable::new(D::KIND, key, error))?;
        if document.key().bytes() != key {
            return Err(Unreadable::new(D::KIND, key, "it belongs under another key"));
        }
        self.put(Arc::new(document));
        Ok(())
    }
}

/// Is shown the kind, the key and the text of a document; `false` when that was enough.
pub(crate) type See<'a> = dyn FnMut(&'static str, Vec<u8>, String) -> bool + 'a;

macro_rules! kinds {
    ($($document:ty),+ $(,)?) => {
        impl State {
            /// Shows every document as the journal keeps it, until somebody has seen enough; whether it came to the end.
            pub(crate) fn each(&self, see: &mut See<'_>) -> serde_json::Result<bool> {
                $(
                    if !self.each_of::<$document>(see)? {
                        return Ok(false);
                    }
                )+
                Ok(true)
            }

            /// How many documents there are of each kind.
            pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
                let mut counts = BTreeMap::new();
                $(
                    let count = u64::try_from(<$document>::table(self).len()).unwrap_or(u64::MAX);
                    counts.insert(<$document>::KIND.to_owned(), count);
                )+
                counts
            }

            /// Reads one document of the journal.
            pub(crate) fn load(&mut self, kind: &str, key: &[u8], body: &str) -> Result<(), Unreadable> {
                $(
                    if kind == <$document>::KIND {
                        return self.read::<$document>(key, body);
                    }
                )+
                Err(Unreadable::new(kind, key, "this kind is not known here"))
            }
        }

        /// What all kinds are called in the journal.
        pub(crate) const KINDS: &[&str] = &[$(<$document>::KIND),+];
    };
}

kinds!(
    ::accounts::Account,
    ::accounts::EmailChange,
    ::accounts::OneTime,
    ::accounts::SecondFactor,
    ::accounts::Session,
    ::backups::Backup,
    ::backups::Desk,
    ::booking::Booking,
    ::booking::Delivery,
    ::booking::Document,
    ::booking::Hold,
    ::booking::Incident,
    ::booking::Job,
    ::booking::Scan,
    ::booking::Ticket,
    ::booking::Transfer,
    ::booking::Voucher,
    ::booking::WaitlistEntry,
    ::booking::Return,
    ::booking::close::DayClose,
    ::booking::figures::DayFigures,
    ::booking::figures::EventFigures,
    ::booking::ledger::Entry,
    ::events::AddressView,
    ::events::Billing,
    ::events::Event,
    ::events::Feed,
    ::events::Member,
    ::events::Organisation,
    ::events::Quota,
    ::events::Seating,
    ::events::Stock,
    ::events::TicketType,
    ::events::VenueTemplate,
    ::gallery::Album,
    ::gallery::Picture,
    ::gallery::Removal,
    ::hooks::Call,
    ::hooks::Hook,
    ::invites::Invite,
    ::invites::Inviter,
    ::kernel::ReadOnly,
    ::media::Egress,
    ::media::Upload,
    ::messaging::Announcement,
    ::messaging::LeftList,
    ::messaging::Letter,
    ::messaging::Recipient,
    ::messaging::Suppression,
    ::music::MusicSet,
    ::music::Position,
    crate::audit::KeptAct,
    crate::audit::KeptHead,
    crate::booking::KeptClaim,
    crate::booking::KeptPromise,
    crate::booking::KeptRules,
    crate::booking::CloseTurn,
    crate::booking::KeptFigureLook,
    crate::booking::KeptLook,
    crate::booking::Notice,
    crate::booking::Series,
    crate::idempotency::KeptRequest,
    crate::mail_box::Received,
    crate::media::Forgotten,
    crate::media::KeptLink,
    crate::messaging::KeptReport,
    crate::news::KeptNews,
    crate::news::KeptNumber,
    crate::news::KeptPart,
    crate::outbox::Owing,
);

/// A document of the journal that this program cannot read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    kind: String,
    key: String,
    why: String,
}

impl Unreadable {
    pub(crate) fn new(kind: &str, key: &[u8], why: impl fmt::Display) -> Self {
        Self { kind: kind.to_owned(), key: data_encoding::HEXLOWER.encode(key), why: why.to_string() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the document of kind `{}` with the key {} cannot be read: {}",
            self.kind, self.key, self.why
        )
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_kinds_of_documents_share_a_name() {
        let distinct: std::collections::BTreeSet<_> = KINDS.iter().collect();
        assert_eq!(distinct.len(), KINDS.len());
    }
}
