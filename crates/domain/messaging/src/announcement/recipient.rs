//! One of those who are written to, and what became of their mail. Nobody gets the same twice unless a person wants that.

use kernel::{AccountId, AnnouncementId, Cursor, EffectId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How it stands with somebody's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// It is owed, and has not arrived anywhere.
    Waiting,
    /// It is being handed over.
    Handing,
    /// Our mail server took it.
    Sent,
    /// Our mail server will never take it, or nobody tries any more.
    Failed,
    /// It was being handed over, and nobody heard how that ended: it may have arrived, and is not sent again by itself.
    Uncertain,
    /// They want no such mails.
    Unsubscribed,
    /// Mail to their address came back, or was complained about.
    Suppressed,
    /// The account cannot be logged in to any more.
    Gone,
    /// It was called off before it was their turn.
    Cancelled,
}

impl RecipientState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Handing,
        Self::Sent,
        Self::Failed,
        Self::Uncertain,
        Self::Unsubscribed,
        Self::Suppressed,
        Self::Gone,
        Self::Cancelled,
    ];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Handing => "handing",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Unsubscribed => "unsubscribed",
            Self::Suppressed => "suppressed",
            Self::Gone => "gone",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether something is still to be done by itself.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Handing)
    }
}

/// Why somebody is sent nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// They want no such mails.
    Unsubscribed,
    /// Mail to their address came back, or was complained about.
    Suppressed,
    /// The account cannot be logged in to any more.
    Gone,
    /// It was called off.
    Cancelled,
}

impl From<LeftOut> for RecipientState {
    fn from(why: LeftOut) -> Self {
        match why {
            LeftOut::Unsubscribed => Self::Unsubscribed,
            LeftOut::Suppressed => Self::Suppressed,
            LeftOut::Gone => Self::Gone,
            LeftOut::Cancelled => Self::Cancelled,
        }
    }
}

/// How the handing over of a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// Our mail server took it.
    Taken,
    /// It did not take it for now.
    PutOff,
    /// It will never take it.
    Refused,
    /// The mail went over the line, and no answer came.
    Unheard,
    /// Nobody tries any more.
    GivenUp,
}

/// Somebody who is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// What they are told.
    pub announcement: AnnouncementId,
    /// Whose account it is.
    pub account: AccountId,
    /// How it stands with their mail.
    pub state: RecipientState,
    /// What names that mail; nothing where there is none.
    pub mail: Option<EffectId>,
    /// Since when they are written down.
    pub added_at: Timestamp,
    /// When something was learned last.
    pub changed_at: Timestamp,
}

impl Recipient {
    /// One to whom a mail is owed, which this names.
    #[must_use]
    pub const fn waiting(
        announcement: AnnouncementId,
        account: AccountId,
        mail: EffectId,
        now: Timestamp,
    ) -> Self {
        let state = RecipientState::Waiting;
        Self { announcement, account, state, mail: Some(mail), added_at: now, changed_at: now }
    }

    /// One who is sent nothing.
    #[must_use]
    pub fn left_out(announcement: AnnouncementId, account: AccountId, why: LeftOut, now: Timestamp) -> Self {
        Self { announcement, account, state: why.into(), mail: None, added_at: now, changed_at: now }
    }

    /// Just before their mail is handed over; `false` when it is not to be. One that somebody began to hand over before, and
    /// nobody has said how that ended, may have arrived: that is for a person to decide.
    pub fn begin(&mut self, mail: EffectId, now: Timestamp) -> bool {
        if self.mail != Some(mail) {
            return false;
        }
        let next = match self.state {
            // What failed is known not to have arrived; it is only begun again if somebody has it tried again.
            RecipientState::Waiting | RecipientState::Failed => RecipientState::Handing,
            RecipientState::Handing => RecipientState::Uncertain,
            _ => return false,
        };
        self.move_to(next, now);
        next == RecipientState::Handing
    }

    /// Takes note of how the handing over of that mail ended. Whoever is heard of late, after somebody else found that nobody
    /// knows, knows best: what did not arrive after all has failed, as nobody owes it any more.
    pub fn hear(&mut self, mail: EffectId, how: HandedOver, now: Timestamp) {
        if self.mail != Some(mail) {
            return;
        }
        let next = match (self.state, how) {
            (
                RecipientState::Waiting
                | RecipientState::Handing
                | RecipientState::Uncertain
                | RecipientState::Failed,
                HandedOver::Taken,
            ) => RecipientState::Sent,
            (RecipientState::Handing, HandedOver::PutOff) => RecipientState::Waiting,
            (RecipientState::Handing, HandedOver::Unheard | HandedOver::GivenUp) => RecipientState::Uncertain,
            (RecipientState::Waiting | RecipientState::Handing, HandedOver::Refused)
            | (RecipientState::Waiting, HandedOver::GivenUp)
            | (RecipientState::Uncertain, HandedOver::PutOff | HandedOver::Refused) => RecipientState::Failed,
            _ => return,
        };
        self.move_to(next, now);
    }

    /// They are sent nothing after all, unless that is too late; whether they are left out. One that somebody began to hand over
    /// before may have arrived, as with [`Self::begin`]: were it left as it is, everybody would wait for it for ever.
    pub fn leave_out(&mut self, mail: EffectId, why: LeftOut, now: Timestamp) -> bool {
        if self.mail != Some(mail) {
            return false;
        }
        let next: RecipientState = match self.state {
            RecipientState::Waiting | RecipientState::Failed => why.into(),
            RecipientState::Handing => RecipientState::Uncertain,
            _ => return false,
        };
        self.move_to(next, now);
        next != RecipientState::Uncertain
    }

    /// Somebody wants that it is sent although it may have arrived; `false` when that is not the question.
    pub fn send_again(&mut self, mail: EffectId, now: Timestamp) -> bool {
        if self.state != RecipientState::Uncertain {
            return false;
        }
        self.mail = Some(mail);
        self.move_to(RecipientState::Waiting, now);
        true
    }

    /// Another mail that says the same has gone to them; whether that is news: what did not arrive, or may not have, has now.
    pub fn replace(&mut self, mail: EffectId, now: Timestamp) -> bool {
        if !matches!(self.state, RecipientState::Failed | RecipientState::Uncertain) {
            return false;
        }
        self.mail = Some(mail);
        self.move_to(RecipientState::Sent, now);
        true
    }

    /// Where they stand among those who are told the same: in the order of their accounts, for which the instant is of no use.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.added_at, id: self.account.as_uuid() }
    }

    /// Where this stands among all that they are told.
    #[must_use]
    pub const fn place(&self) -> Cursor {
        Cursor { at: self.added_at, id: self.announcement.as_uuid() }
    }

    fn move_to(&mut self, state: RecipientState, now: Timestamp) {
        self.state = state;
        self.changed_at = now;
    }
}

/// How many recipients stand how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(pub BTreeMap<RecipientState, u64>);

impl Counts {
    /// So many stand so.
    #[must_use]
    pub fn of(&self, state: RecipientState) -> u64 {
        self.0.get(&state).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
