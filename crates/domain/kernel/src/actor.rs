//! Who acts. Decided at the front door, from a verified token and the stored account, never from a body.

use crate::{AccountId, Cause, RequestName, SessionId, Who};
use serde::{Deserialize, Serialize};

/// What someone may do on the whole platform; what they may do inside an organisation is kept there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Was invited; buys tickets.
    Member,
    /// Runs it all.
    Admin,
}

impl Role {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// A person who has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Whose account it is.
    pub account: AccountId,
    /// The login that this request belongs to.
    pub session: SessionId,
    /// What the account may do, as stored now.
    pub role: Role,
    /// What the request is called, when it is one.
    pub request: Option<RequestName>,
}

impl Actor {
    /// Whom the acts of this person go back to.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        Cause { who: Who::Account(self.account), request: self.request }
    }

    /// Whether every door is open.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        matches!(self.role, Role::Admin)
    }
}
