//! What is said to many at once: to whom, in which words, when, and how far that has come.

pub(crate) mod acts;
mod audience;
mod recipient;
mod wording;

pub use audience::{Addressee, Audience, LeftList, MailList};
pub use recipient::{Counts, HandedOver, LeftOut, Recipient, RecipientState};
pub use wording::{Block, LONGEST_BODY, LONGEST_SUBJECT, Texts, Wording};

use chrono::{SubsecRound, TimeDelta};
use kernel::{AccountId, AnnouncementId, Cursor, EventId, Invalid, OrganisationId, Timestamp, is_kept};
use serde::{Deserialize, Serialize};

/// How far ahead something may be scheduled.
const FARTHEST: TimeDelta = TimeDelta::days(400);
/// How far back the time may lie that something is scheduled for: clocks differ, and it takes a while to say it.
const LATEST: TimeDelta = TimeDelta::minutes(5);

/// How an announcement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementStatus {
    /// It is being written.
    Draft,
    /// It goes out when its time comes; until then it may be changed.
    Scheduled,
    /// It goes out.
    Sending,
    /// Nothing of it waits any more.
    Sent,
    /// It was called off: what had not gone out by then does not.
    Cancelled,
}

impl AnnouncementStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Scheduled, Self::Sending, Self::Sent, Self::Cancelled];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it may still be changed.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled)
    }
}

/// Something that is said to many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Names it.
    pub id: AnnouncementId,
    /// Who says it: an organisation; `None`: those who run it all.
    pub organisation: Option<OrganisationId>,
    /// To whom.
    pub audience: Audience,
    /// In which words.
    pub texts: Texts,
    /// How it stands.
    pub status: AnnouncementStatus,
    /// Whoever gets a ticket before this gets it as well, however late that is; without it only those do who belonged to its
    /// audience when it went out.
    pub valid_until: Option<Timestamp>,
    /// When it is to go out.
    pub due_at: Option<Timestamp>,
    /// How often it was scheduled: what was owed for another time counts no more.
    pub turn: u32,
    /// Up to whom its audience is written down, in the order of their ids.
    pub reached: Option<AccountId>,
    /// Whether all of them are.
    pub complete: bool,
    /// Who began to write it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// When the first of its audience was written down.
    pub began_at: Option<Timestamp>,
    /// Since when it is sent or cancelled.
    pub ended_at: Option<Timestamp>,
}

/// What of an announcement changes; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnouncementChange {
    /// To whom it is said, and by which organisation.
    pub audience: Option<(Audience, Option<OrganisationId>)>,
    /// In which words, in all languages.
    pub texts: Option<Texts>,
    /// Until when whoever comes later gets it; `Some(None)`: only those get it who are there.
    pub valid_until: Option<Option<Timestamp>>,
}

/// It has begun, has ended, or never was: with what stands so this cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the announcement is {}", .0.as_str())]
pub struct WrongStage(pub AnnouncementStatus);

impl Announcement {
    /// A new one, which goes to nobody yet; all that is not said of it has to be in `said`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn create(said: &AnnouncementChange, by: AccountId, now: Timestamp) -> Result<Self, Vec<Invalid>> {
        let blank = Self {
            id: AnnouncementId::generate(now),
            organisation: None,
            audience: Audience::Members,
            texts: Texts::default(),
            status: AnnouncementStatus::Draft,
            valid_until: None,
            due_at: None,
            turn: 0,
            reached: None,
            complete: false,
            created_by: by,
            created_at: now,
            changed_at: now,
            began_at: None,
            ended_at: None,
        };
        blank.changed(said, now)
    }

    /// The same with what changes.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn changed(&self, change: &AnnouncementChange, now: Timestamp) -> Result<Self, Vec<Invalid>> {
        let (audience, organisation) = change.audience.unwrap_or((self.audience, self.organisation));
        let after = Self {
            audience,
            organisation,
            texts: change.texts.clone().unwrap_or_else(|| self.texts.clone()),
            // As exactly as every store keeps it.
            valid_until: change.valid_until.unwrap_or(self.valid_until).map(|until| until.trunc_subsecs(6)),
            ..self.clone()
        };
        let mut wrong = Vec::new();
        if after.texts.languages().is_empty() {
            wrong.push(Invalid::new("texts", "required", "say it in at least one language"));
        }
        if after.valid_until.is_some_and(|until| !is_kept(until)) {
            wrong.push(Invalid::new("valid_until", "out_of_range", "must lie in a year of four digits"));
        } else if after.valid_until.is_some() && !audience.grows_with_tickets() {
            let message = "whoever comes later gets a ticket, and this is not for those who hold one";
            wrong.push(Invalid::new("valid_until", "not_allowed", message));
        } else if after.valid_until.is_some_and(|until| after.due_at.is_some_and(|due| until <= due)) {
            wrong.push(Invalid::new(
                "valid_until",
                "too_early",
                "must lie behind the time at which it goes out",
            ));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(if after == *self { after } else { Self { changed_at: now, ..after } })
    }

    /// That it may still be changed.
    ///
    /// # Errors
    /// It may not.
    pub const fn require_open(&self) -> Result<(), WrongStage> {
        if self.status.is_open() { Ok(()) } else { Err(WrongStage(self.status)) }
    }

    /// It is to go out at `at`, or at once; when it was to go out at another time, not then. A time long past is a mistake, and
    /// does not mean at once: thousands would get what was meant for another year.
    ///
    /// # Errors
    /// What is wrong with that.
    pub fn schedule(&mut self, at: Option<Timestamp>, now: Timestamp) -> Result<(), Vec<Invalid>> {
        let wrong = |field: &str, code, message: &str| vec![Invalid::new(field, code, message)];
        if at.is_some_and(|at| at < now - LATEST) {
            return Err(wrong("at", "in_the_past", "must be in the future; leave it out for at once"));
        }
        let due = at.map_or(now, |at| at.trunc_subsecs(6)).max(now);
        if due > now + FARTHEST {
            return Err(wrong("at", "out_of_range", "must lie within 400 days"));
        }
        if self.valid_until.is_some_and(|until| until <= now) {
            return Err(wrong("valid_until", "in_the_past", "must be in the future"));
        }
        if self.valid_until.is_some_and(|until| until <= due) {
            return Err(wrong("at", "too_late", "must lie before valid_until"));
        }
        self.status = AnnouncementStatus::Scheduled;
        self.due_at = Some(due);
        self.turn = self.turn.saturating_add(1);
        self.changed_at = now;
        Ok(())
    }

    /// Whether what is owed for this time it was scheduled is still to be done.
    #[must_use]
    pub const fn goes(&self, turn: u32) -> bool {
        matches!(self.status, AnnouncementStatus::Scheduled | AnnouncementStatus::Sending)
            && self.turn == turn
    }

    /// Its audience is written down up to this one; `last`: that was all of it.
    pub fn advance(&mut self, reached: Option<AccountId>, last: bool, now: Timestamp) {
        self.status = AnnouncementStatus::Sending;
        self.began_at.get_or_insert(now);
        self.reached = reached.or(self.reached);
        self.complete = last;
        self.changed_at = now;
    }

    /// Nothing of it waits any more.
    pub fn finish(&mut self, now: Timestamp) {
        self.status = AnnouncementStatus::Sent;
        self.ended_at = Some(now);
        self.changed_at = now;
    }

    /// Calls off what has not gone out, also to those who would come later.
    ///
    /// # Errors
    /// Nothing of it is to go out.
    pub fn cancel(&mut self, now: Timestamp) -> Result<(), WrongStage> {
        let goes = match self.status {
            AnnouncementStatus::Scheduled | AnnouncementStatus::Sending => true,
            AnnouncementStatus::Sent => self.is_for_late_ones(now),
            AnnouncementStatus::Draft | AnnouncementStatus::Cancelled => false,
        };
        if !goes {
            return Err(WrongStage(self.status));
        }
        self.status = AnnouncementStatus::Cancelled;
        self.ended_at = Some(now);
        self.changed_at = now;
        Ok(())
    }

    /// Whether it goes to those who come later.
    #[must_use]
    pub fn is_for_late_ones(&self, now: Timestamp) -> bool {
        let out = matches!(self.status, AnnouncementStatus::Sending | AnnouncementStatus::Sent);
        out && self.valid_until.is_some_and(|until| now < until)
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}

/// Which announcements are looked for; all that is given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnouncementFilter {
    /// By one of these organisations; `None`: whoever says it.
    pub organisations: Option<Vec<OrganisationId>>,
    /// About this event.
    pub event: Option<EventId>,
    /// That stand so.
    pub status: Option<AnnouncementStatus>,
}

impl AnnouncementFilter {
    /// Whether an announcement is one of them.
    #[must_use]
    pub fn wants(&self, it: &Announcement) -> bool {
        let Self { organisations, event, status } = self;
        let of = |own: &Vec<OrganisationId>| it.organisation.is_some_and(|by| own.contains(&by));
        organisations.as_ref().is_none_or(of)
            && event.is_none_or(|event| it.audience.event() == Some(event))
            && status.is_none_or(|status| it.status == status)
    }
}

#[cfg(test)]
mod tests;
