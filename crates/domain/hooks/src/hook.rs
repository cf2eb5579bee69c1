//! An address that is called, and when it is switched off.

use crate::Caller;
use chrono::TimeDelta;
use kernel::{AccountId, HookId, Invalid, OrganisationId, Published, Timestamp};
use serde::{Deserialize, Serialize};

/// Most hooks of an organisation.
pub const MOST_HOOKS: usize = 10;
/// Longest address.
const LONGEST_URL: usize = 2000;
/// Longest description.
const LONGEST: usize = 200;
/// For how long nothing may be answered well.
const PATIENCE: TimeDelta = TimeDelta::days(3);
/// How often in a row, at least, before it is switched off for that.
const FAILURES: u32 = 10;
/// For how long calls are signed with the secret of before as well.
const OVERLAP: TimeDelta = TimeDelta::days(1);

/// Why a hook is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyOff {
    /// Its owners want it so.
    ByHand,
    /// It was not answered well for days.
    Failing,
    /// Whoever was called said that nobody is there any more (410).
    Gone,
}

impl WhyOff {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// An address of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Names it; its secrets follow from it.
    pub id: HookId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Where it calls.
    pub url: String,
    /// What it is for, in its owners' words.
    pub description: String,
    /// What it calls for; for everything when there is none.
    pub kinds: Vec<String>,
    /// The how-manieth secret it has.
    pub generation: u32,
    /// Since when it has that, unless it is the first.
    pub rotated_at: Option<Timestamp>,
    /// Since when it is not answered well.
    pub failing_since: Option<Timestamp>,
    /// How often in a row it was not.
    pub failures: u32,
    /// Since when it is not called, and why.
    pub off: Option<(Timestamp, WhyOff)>,
    /// Who made it.
    pub created_by: AccountId,
    /// Since when.
    pub created_at: Timestamp,
}

/// What its owners say of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookInput {
    /// Where it calls.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it calls for; for everything when there is none.
    pub kinds: Vec<String>,
    /// Whether it is called.
    pub enabled: bool,
}

impl HookInput {
    /// The same without spaces around it, if nothing is wrong with it; `known` are the kinds that there are.
    ///
    /// # Errors
    /// Everything that is.
    pub fn checked(mut self, caller: &dyn Caller, known: &[&str]) -> Result<Self, Vec<Invalid>> {
        let mut wrong = Vec::new();
        self.url = self.url.trim().to_owned();
        self.description = self.description.trim().to_owned();
        if self.url.len() > LONGEST_URL {
            wrong.push(Invalid::new("url", "too_long", "must have at most 2000 characters"));
        } else if let Some(objection) = caller.objection(&self.url) {
            wrong.push(Invalid::new("url", "not_allowed", objection));
        }
        if self.description.chars().count() > LONGEST {
            wrong.push(Invalid::new("description", "too_long", "must have at most 200 characters"));
        }
        if self.description.chars().any(char::is_control) {
            wrong.push(Invalid::new("description", "malformed", "must be one line"));
        }
        if !self.kinds.iter().all(|kind| known.contains(&kind.as_str())) {
            let message = format!("must be of {}", known.join(", "));
            wrong.push(Invalid::new("events", "unknown_event", message));
        }
        self.kinds.sort_unstable();
        self.kinds.dedup();
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }
}

impl Hook {
    /// A new one, with its first secret.
    #[must_use]
    pub fn new(organisation: OrganisationId, by: AccountId, input: HookInput, now: Timestamp) -> Self {
        let mut hook = Self {
            id: HookId::generate(now),
            organisation,
            url: String::new(),
            description: String::new(),
            kinds: Vec::new(),
            generation: 1,
            rotated_at: None,
            failing_since: None,
            failures: 0,
            off: None,
            created_by: by,
            created_at: now,
        };
        hook.change(input, now);
        hook
    }

    /// Becomes what its owners say. Switched on, or led elsewhere, it starts anew.
    pub fn change(&mut self, input: HookInput, now: Timestamp) {
        let HookInput { url, description, kinds, enabled } = input;
        if url != self.url || (enabled && self.off.is_some()) {
            (self.failing_since, self.failures) = (None, 0);
        }
        self.off = if enabled { None } else { Some(self.off.unwrap_or((now, WhyOff::ByHand))) };
        (self.url, self.description, self.kinds) = (url, description, kinds);
    }

    /// Gets another secret.
    pub fn rotate(&mut self, now: Timestamp) {
        self.generation = self.generation.saturating_add(1);
        self.rotated_at = Some(now);
    }

    /// The secrets that a call is signed with: the present one and, for a day, the one before it.
    #[must_use]
    pub fn generations(&self, now: Timestamp) -> Vec<u32> {
        let before =
            self.rotated_at.filter(|at| now < *at + OVERLAP).map(|_| self.generation.saturating_sub(1));
        [Some(self.generation), before].into_iter().flatten().collect()
    }

    /// Where it calls, for people: what stands behind it may be a secret.
    #[must_use]
    pub fn host(&self) -> &str {
        let behind = self.url.split_once("://").map_or(&*self.url, |(_, behind)| behind);
        behind.split(['/', '?']).next().unwrap_or(behind)
    }

    /// Whether it is called.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.off.is_none()
    }

    /// Whether it calls for this.
    #[must_use]
    pub fn wants(&self, news: &Published) -> bool {
        self.is_on()
            && self.organisation == news.organisation
            && (self.kinds.is_empty() || self.kinds.contains(&news.kind))
    }

    /// Takes note of how a call was answered. `true` when it is switched off for that, which its owners are told.
    pub fn heard(&mut self, good: bool, gone: bool, now: Timestamp) -> bool {
        if good {
            (self.failing_since, self.failures) = (None, 0);
            return false;
        }
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let why = if gone {
            WhyOff::Gone
        } else if self.failures >= FAILURES && now - since >= PATIENCE {
            WhyOff::Failing
        } else {
            return false;
        };
        let was_on = self.is_on();
        if was_on {
            self.off = Some((now, why));
        }
        was_on
    }
}

#[cfg(test)]
mod tests;
