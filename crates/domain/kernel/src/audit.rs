//! The audit log: who did what to what, when, and what changed by it.
//!
//! An [`Act`] is recorded in the transaction of what it tells of, so there is none of what did not happen, and none
//! is missing of what did. Nobody changes or removes one. Later, and so that no act waits for it, the worker chains
//! them with a key ([`chain`]): what is changed, removed or moved behind the program's back is then found ([`log`]).

pub mod chain;
pub mod log;

pub use chain::{Chain, Fault, Head, Mac, Seal, SealedAct};
pub use log::{ActFilter, AuditLog, Found, SealTx, seal, verify};

use crate::{AccountId, ActId, Cursor, OrganisationId, RequestName, StoreError, Timestamp, Transaction};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use uuid::Uuid;

/// Who is behind an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Who {
    /// A person who had logged in.
    Account(AccountId),
    /// A payment provider told of it: its name, e.g. `stripe`.
    Provider(String),
    /// The program by itself: a deadline passed, owed work was done.
    System,
    /// Whoever runs the program, by a command.
    CommandLine,
}

impl Who {
    /// The kind, as stored and as shown.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Provider(_) => "provider",
            Self::System => "system",
            Self::CommandLine => "command_line",
        }
    }

    /// The account, if it is one.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(*account),
            Self::Provider(_) | Self::System | Self::CommandLine => None,
        }
    }

    /// The provider, if it is one.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Provider(name) => Some(name),
            Self::Account(_) | Self::System | Self::CommandLine => None,
        }
    }
}

/// Whom an act goes back to: what a use case has to know to record one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who is behind it.
    pub who: Who,
    /// The request that it was done in.
    pub request: Option<RequestName>,
}

impl Cause {
    /// The program by itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { who: Who::System, request: None }
    }

    /// Whoever runs the program.
    #[must_use]
    pub const fn command_line() -> Self {
        Self { who: Who::CommandLine, request: None }
    }

    /// A payment provider, by its name, in the request by which it told.
    #[must_use]
    pub fn provider(name: &str, request: Option<RequestName>) -> Self {
        Self { who: Who::Provider(name.to_owned()), request }
    }

    /// An act that goes back to it. It says nothing yet of an organisation or of what changed.
    #[must_use]
    pub fn act(&self, act: &'static str, subject: Subject, now: Timestamp) -> Act {
        Act {
            id: ActId::generate(now),
            at: now,
            who: self.who.clone(),
            request: self.request,
            act: Cow::Borrowed(act),
            subject,
            organisation: None,
            before: None,
            after: None,
        }
    }
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of thing: `booking`, `event`.
    pub kind: Cow<'static, str>,
    /// Which one.
    pub id: Uuid,
}

impl Subject {
    /// The thing of this kind and id.
    #[must_use]
    pub const fn new(kind: &'static str, id: Uuid) -> Self {
        Self { kind: Cow::Borrowed(kind), id }
    }
}

/// One thing that was done. Ids stand for people: neither an act nor what it says of before and after holds an
/// address, a name of a person, a code or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Names it.
    pub id: ActId,
    /// When.
    pub at: Timestamp,
    /// Who is behind it.
    pub who: Who,
    /// The request that it was done in.
    pub request: Option<RequestName>,
    /// What was done, `noun.verb`: `event.publish`.
    pub act: Cow<'static, str>,
    /// To what.
    pub subject: Subject,
    /// Whose thing it is; those who run this organisation may read the act.
    pub organisation: Option<OrganisationId>,
    /// What changed, as it was before: a JSON text.
    pub before: Option<String>,
    /// What changed, as it is after: a JSON text.
    pub after: Option<String>,
}

impl Act {
    /// The same act on something of this organisation.
    #[must_use]
    pub fn of(self, organisation: OrganisationId) -> Self {
        Self { organisation: Some(organisation), ..self }
    }

    /// The same act with what changed by it, as JSON texts.
    #[must_use]
    pub fn changing(self, before: Option<String>, after: Option<String>) -> Self {
        Self { before, after, ..self }
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.at, id: self.id.as_uuid() }
    }
}

/// A transaction that can record acts; every domain's can.
#[async_trait]
pub trait AuditTx: Transaction {
    /// Writes new acts, which stand or fall with the transaction.
    async fn record(&mut self, acts: &[Act]) -> Result<(), StoreError>;
}
