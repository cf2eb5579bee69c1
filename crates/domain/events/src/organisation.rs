//! Who runs events, and who works there.

use kernel::{AccountId, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A group that runs events. Nothing of one organisation can be reached by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Names it for machines.
    pub id: OrganisationId,
    /// Names it for people.
    pub name: String,
    /// Names it in addresses; unique.
    pub slug: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// How someone stands in an organisation; each includes what the next may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Decides who works here.
    Owner,
    /// Runs events.
    Manager,
    /// Lets people in.
    Door,
}

impl Standing {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Door => "door",
        }
    }
}

/// The text names no standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is none of owner, manager, door")]
pub struct UnknownStanding;

impl FromStr for Standing {
    type Err = UnknownStanding;

    fn from_str(text: &str) -> Result<Self, UnknownStanding> {
        [Self::Owner, Self::Manager, Self::Door]
            .into_iter()
            .find(|standing| standing.as_str() == text)
            .ok_or(UnknownStanding)
    }
}

/// Someone who works for an organisation; at most one standing each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// For whom.
    pub organisation: OrganisationId,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub standing: Standing,
    /// Since when.
    pub added_at: Timestamp,
}
