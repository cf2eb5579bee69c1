//! Typed ids: newtypes over UUIDv7, so that an account's id can never stand where an event's is wanted.
//!
//! Ids are names, not secrets. What must not be guessed (invite codes, ticket codes, tokens) is never an id.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::{NoContext, Uuid};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts by `now` (milliseconds) and is otherwise random.
            #[must_use]
            pub fn generate(now: Timestamp) -> Self {
                Self(generate(now))
            }

            /// The bare UUID, for adapters.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

ids! {
    /// Someone who may log in.
    AccountId,
    /// One device's login.
    SessionId,
    /// An invite code's record (not the code).
    InviteId,
    /// The record of a link that works once (not the link).
    OneTimeId,
    /// One enrolment of a device that shows codes (not its secret).
    FactorId,
    /// Somebody's wish to log in with another address (not the link that proves it).
    EmailChangeId,
    /// Who runs events.
    OrganisationId,
    /// An event.
    EventId,
    /// A kind of ticket of one event.
    TicketTypeId,
    /// Places that several kinds of tickets share.
    QuotaId,
    /// The plan of a hall that many events use.
    VenueTemplateId,
    /// A part of a hall in which all seats cost the same.
    SectionId,
    /// One seat of a hall.
    SeatId,
    /// A code that makes tickets cheaper, shows them or keeps places.
    VoucherId,
    /// Somebody's wish for places that are gone.
    WaitlistEntryId,
    /// A ticket that its holder gave back to be sold again.
    ReturnId,
    /// Places kept for a buyer for a few minutes.
    HoldId,
    /// An order.
    BookingId,
    /// One attempt to pay a booking.
    PaymentId,
    /// Money on its way back.
    RefundId,
    /// One person's right to enter.
    TicketId,
    /// A ticket on its way from one member to another.
    TransferId,
    /// One scan at the door.
    ScanId,
    /// A charge that its buyer disputes.
    DisputeId,
    /// A transfer in the ledger.
    EntryId,
    /// Something that only a person can decide.
    IncidentId,
    /// A receipt, an invoice, a credit note.
    DocumentId,
    /// Work owed after a commit.
    EffectId,
    /// An entry of the audit log.
    ActId,
    /// Long work that somebody asked for.
    JobId,
    /// The record of a day whose money was compared.
    CloseId,
    /// A difference that was found on such a day.
    CloseTaskId,
    /// Bytes that somebody sends in parts.
    UploadId,
    /// Pictures that belong together.
    AlbumId,
    /// One picture of an album.
    PictureId,
    /// Somebody's wish that a picture goes.
    RemovalId,
    /// A recording of music.
    SetId,
    /// An address that is called when something happens.
    HookId,
    /// A call of such an address, however often it is made.
    HookCallId,
    /// One go at making what is delivered of a picture or a set; its objects lie under its name.
    PassId,
    /// A backup that somebody asked for or that was found where they lie; there it has a name.
    BackupId,
    /// Something that is said to many.
    AnnouncementId,
}

fn generate(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let earlier = EventId::generate(noon);
        let later = EventId::generate(noon + chrono::TimeDelta::milliseconds(1));
        assert!(earlier < later);
        assert_ne!(EventId::generate(noon), EventId::generate(noon));
    }

    #[test]
    fn an_id_survives_text() {
        let id = EventId::generate("2026-06-01T12:00:00Z".parse().unwrap());
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
    }
}
