//! One mail to one person, and what became of it. What it says is not kept.

use kernel::{AccountId, BookingId, Cursor, EffectId, Email, EventId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most characters that are kept of what a server said.
const LONGEST: usize = 500;

/// How a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// It was not handed over yet, or nobody knows whether it was.
    Queued,
    /// Our mail server took it, and no report says otherwise.
    Sent,
    /// Our mail server did not take it for now: it is tried again.
    Deferred,
    /// A server behind ours could not deliver it.
    Bounced,
    /// Our mail server will never take it, or it was tried for too long.
    Failed,
}

/// What is learned of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Our mail server took it.
    Taken,
    /// Our mail server does not take it for now.
    PutOff,
    /// Our mail server will never take it.
    Refused,
    /// Nobody hands it over any more.
    GivenUp,
    /// A server behind ours could not deliver it.
    Bounced,
    /// A server behind ours is still trying to.
    Delayed,
    /// It lies in the mailbox.
    Arrived,
    /// Whoever got it told their provider that they do not want it.
    Complained,
}

impl LetterState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Deferred, Self::Bounced, Self::Failed];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Failed => "failed",
        }
    }

    /// Whether somebody should look why it does not arrive.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Deferred | Self::Bounced | Self::Failed)
    }

    /// Whether it has left us: from then on only reports of others say anything new.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Sent | Self::Bounced)
    }

    /// How it stands after that. What came back outweighs that it was taken, whichever is heard first; and what was taken
    /// once is not put off or refused any more.
    #[must_use]
    pub const fn after(self, news: News) -> Self {
        match (self, news) {
            (Self::Bounced, _) | (_, News::Bounced) => Self::Bounced,
            (Self::Sent, _) | (_, News::Taken | News::Delayed | News::Arrived | News::Complained) => {
                Self::Sent
            }
            (_, News::PutOff) => Self::Deferred,
            (_, News::Refused | News::GivenUp) => Self::Failed,
        }
    }

    /// Whether this is nothing new of a letter that stands so.
    const fn knew(self, news: News) -> bool {
        match news {
            News::Taken | News::PutOff | News::Refused | News::GivenUp => self.is_gone(),
            News::Delayed | News::Arrived => matches!(self, Self::Bounced),
            News::Bounced | News::Complained => false,
        }
    }
}

/// Whom a letter is for, and what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What it says: the name of its template.
    pub kind: String,
    /// Whose mail it is, where somebody has an account.
    pub account: Option<AccountId>,
    /// The order that it is about.
    pub booking: Option<BookingId>,
    /// The event that it is about.
    pub event: Option<EventId>,
    /// The ticket that it is about, when it is about one alone.
    pub ticket: Option<TicketId>,
}

/// What owed a letter, as it can be owed once more. It may hold addresses, so `Debug` shows only whose it was.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Under what it was filed in the outbox.
    pub domain: String,
    /// The effect as a document.
    pub body: String,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("domain", &self.domain).finish_non_exhaustive()
    }
}

/// A letter that is about to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Names the mail: its Message-ID begins with it.
    pub id: EffectId,
    /// The effect that owes it; of several mails of one effect it is the same.
    pub effect: EffectId,
    /// Where it goes.
    pub to: Option<Email>,
    /// Whom it is for, and what it is about.
    pub about: About,
    /// What owes it; without it, it cannot be sent again.
    pub origin: Option<Origin>,
}

/// A mail that is or was to be sent. `Debug` shows neither where it goes nor what was said of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Names the mail: its Message-ID begins with it.
    pub id: EffectId,
    /// The effect that owes it.
    pub effect: EffectId,
    /// Whom it is for, and what it is about.
    pub about: About,
    /// Where it goes; `None` once that is forgotten.
    pub to: Option<Email>,
    /// What owes it; `None` where it cannot be sent again.
    pub origin: Option<Origin>,
    /// How it stands.
    pub state: LetterState,
    /// How often it was handed over, or was to be.
    pub tries: u32,
    /// What a server said last, unless that was a plain yes.
    pub said: Option<String>,
    /// The letter that says the same once more.
    pub again: Option<EffectId>,
    /// Since when it is wanted.
    pub created_at: Timestamp,
    /// When something was learned of it last.
    pub changed_at: Timestamp,
    /// When our mail server took it.
    pub sent_at: Option<Timestamp>,
    /// When its reader told their provider that they do not want it.
    pub complained_at: Option<Timestamp>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, about, state, tries, .. } = self;
        f.debug_struct("Letter")
            .field("id", id)
            .field("kind", &about.kind)
            .field("state", state)
            .field("tries", tries)
            .finish_non_exhaustive()
    }
}

/// What a server said, as it is kept: without what no store keeps, and not longer than need be.
fn kept(said: &str) -> String {
    said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect()
}

impl Letter {
    /// One that nobody has tried to hand over.
    #[must_use]
    pub fn queued(draft: Draft, now: Timestamp) -> Self {
        let Draft { id, effect, to, about, origin } = draft;
        Self {
            id,
            effect,
            about,
            to,
            origin,
            state: LetterState::Queued,
            tries: 0,
            said: None,
            again: None,
            created_at: now,
            changed_at: now,
            sent_at: None,
            complained_at: None,
        }
    }

    /// Just before it is handed over, to whoever it goes by now: `false` when it has gone already.
    pub fn begin(&mut self, draft: Draft, now: Timestamp) -> bool {
        if self.state.is_gone() {
            return false;
        }
        (self.to, self.about) = (draft.to, draft.about);
        self.tries = self.tries.saturating_add(1);
        self.changed_at = now;
        true
    }

    /// Takes note of what was learned.
    pub fn hear(&mut self, news: News, said: Option<&str>, now: Timestamp) {
        if self.state.knew(news) {
            return;
        }
        self.state = self.state.after(news);
        if self.state.is_gone() {
            self.sent_at.get_or_insert(now);
        }
        if news == News::Complained {
            self.complained_at.get_or_insert(now);
        }
        // That nobody tries any more says nothing of why.
        if news != News::GivenUp {
            self.said = said.map(kept);
        }
        self.changed_at = now;
    }

    /// The same once more, under a name of its own: mail programs show what has the same name only once.
    #[must_use]
    pub fn once_more(&self, id: EffectId, now: Timestamp) -> Self {
        let (to, about, origin) = (self.to.clone(), self.about.clone(), self.origin.clone());
        Self::queued(Draft { id, effect: id, to, about, origin }, now)
    }

    /// Whether it is still to be handed over.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self.state, LetterState::Queued | LetterState::Deferred)
    }

    /// Whether there is still what it takes to say the same once more.
    #[must_use]
    pub const fn can_be_sent_again(&self) -> bool {
        self.to.is_some() && self.origin.is_some()
    }

    /// Whether it did not arrive, as far as is known, and nothing else was sent in its place, but could be.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        self.state.is_trouble() && self.again.is_none() && self.origin.is_some()
    }

    /// It is not to go any more, which is not undone: so nobody has it sent again either.
    pub fn call_off(&mut self, said: &str, now: Timestamp) {
        self.hear(News::Refused, Some(said), now);
        self.origin = None;
    }

    /// Forgets whose address it went to, and whatever may name it.
    pub fn forget(&mut self) {
        (self.to, self.origin, self.said) = (None, None, None);
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}

/// Which letters are looked for; all that is given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// That stand so.
    pub state: Option<LetterState>,
    /// Only those that are in trouble; see [`Letter::is_trouble`].
    pub trouble: bool,
    /// To this address.
    pub to: Option<Email>,
    /// That say this.
    pub kind: Option<String>,
    /// To this account.
    pub account: Option<AccountId>,
    /// About this event.
    pub event: Option<EventId>,
    /// About this order.
    pub booking: Option<BookingId>,
}

impl LetterFilter {
    /// Whether a letter is one of them.
    #[must_use]
    pub fn wants(&self, letter: &Letter) -> bool {
        let Self { state, trouble, to, kind, account, event, booking } = self;
        state.is_none_or(|state| state == letter.state)
            && (!trouble || letter.is_trouble())
            && to.as_ref().is_none_or(|to| letter.to.as_ref() == Some(to))
            && kind.as_ref().is_none_or(|kind| letter.about.kind == *kind)
            && account.is_none_or(|account| letter.about.account == Some(account))
            && event.is_none_or(|event| letter.about.event == Some(event))
            && booking.is_none_or(|booking| letter.about.booking == Some(booking))
    }
}

#[cfg(test)]
mod tests;
