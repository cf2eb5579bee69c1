//! To whom something is said, and in which of the lists that is which people can leave.

use kernel::{AccountId, Email, EventId, Language, OrganisationId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who is written to. Only accounts that may log in belong to any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Audience {
    /// Everybody.
    Members,
    /// Those who hold a ticket for any event of an organisation that admits or has admitted.
    Guests {
        /// Whose events.
        organisation: OrganisationId,
    },
    /// Those who hold a ticket for an event that admits or has admitted.
    TicketHolders {
        /// Which.
        event: EventId,
    },
    /// Those of them who were let in.
    CheckedIn {
        /// To which event.
        event: EventId,
    },
    /// Those who wait for places of an event, or have an offer.
    Waiting {
        /// Of which.
        event: EventId,
    },
    /// Those who hold such a ticket of one type.
    TicketType {
        /// For which event.
        event: EventId,
        /// Of which type.
        ticket_type: TicketTypeId,
    },
}

impl Audience {
    /// What each of them is called.
    pub const KINDS: [&'static str; 6] =
        ["members", "guests", "ticket_holders", "checked_in", "waiting", "ticket_type"];

    /// As stored and as shown.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Guests { .. } => "guests",
            Self::TicketHolders { .. } => "ticket_holders",
            Self::CheckedIn { .. } => "checked_in",
            Self::Waiting { .. } => "waiting",
            Self::TicketType { .. } => "ticket_type",
        }
    }

    /// The event that it is about, where it is about one.
    #[must_use]
    pub const fn event(&self) -> Option<EventId> {
        match self {
            Self::Members | Self::Guests { .. } => None,
            Self::TicketHolders { event }
            | Self::CheckedIn { event }
            | Self::Waiting { event }
            | Self::TicketType { event, .. } => Some(*event),
        }
    }

    /// The type of ticket that it is about, where it is about one.
    #[must_use]
    pub const fn ticket_type(&self) -> Option<TicketTypeId> {
        match self {
            Self::TicketType { ticket_type, .. } => Some(*ticket_type),
            Self::Members
            | Self::Guests { .. }
            | Self::TicketHolders { .. }
            | Self::CheckedIn { .. }
            | Self::Waiting { .. } => None,
        }
    }

    /// In which list that is which people can leave.
    #[must_use]
    pub const fn list(&self) -> MailList {
        match self {
            Self::Members | Self::Guests { .. } => MailList::News,
            Self::TicketHolders { .. }
            | Self::CheckedIn { .. }
            | Self::Waiting { .. }
            | Self::TicketType { .. } => MailList::Events,
        }
    }

    /// Whether whoever gets a ticket later belongs to it.
    #[must_use]
    pub const fn grows_with_tickets(&self) -> bool {
        match self {
            Self::Guests { .. } | Self::TicketHolders { .. } | Self::TicketType { .. } => true,
            Self::Members | Self::CheckedIn { .. } | Self::Waiting { .. } => false,
        }
    }
}

/// What people can do without, one apart from the other. Tickets, and whatever else somebody has to get, are in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailList {
    /// What is said to all members, or to the guests of an organisation.
    News,
    /// What is said to those who go to an event, were there, or wait for places.
    Events,
}

impl MailList {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::News, Self::Events];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Events => "events",
        }
    }
}

/// That somebody has left a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftList {
    /// Whose account it is.
    pub account: AccountId,
    /// Which.
    pub list: MailList,
    /// Since when.
    pub at: Timestamp,
}

/// Somebody of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Whose account it is.
    pub account: AccountId,
    /// Where they read mail.
    pub email: Email,
    /// In which language they wish to.
    pub language: Option<Language>,
    /// Whether they may log in: others belong to no audience, and are only walked past.
    pub active: bool,
}
