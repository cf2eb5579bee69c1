//! Whether somebody was reached by mail, as far as is known.

use crate::{Letter, LetterState};
use kernel::Timestamp;

/// What is known of whether a ticket reached somebody, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// A mail went out, nothing came back, and mail to that address was shown to arrive.
    Reached,
    /// A mail went out and nothing came back, but nobody has shown to read mail there.
    Unproven,
    /// A mail is about to go out.
    Queued,
    /// Our mail server does not take it for now.
    Deferred,
    /// It came back, or what went to that address later did.
    Bounced,
    /// Our mail server will never take it.
    Failed,
    /// Nothing was sent there.
    NothingSent,
}

/// What is known of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Whether somebody has shown to read mail there.
    pub proven: bool,
    /// When mail to it came back as to one that is not there.
    pub bounced_at: Option<Timestamp>,
}

impl Reach {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Reached,
        Self::Unproven,
        Self::Queued,
        Self::Deferred,
        Self::Bounced,
        Self::Failed,
        Self::NothingSent,
    ];

    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Unproven => "unproven",
            Self::Queued => "queued",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Failed => "failed",
            Self::NothingSent => "nothing_sent",
        }
    }

    /// Whether somebody has to see to it that the ticket gets to whom it is for.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Deferred | Self::Bounced | Self::Failed | Self::NothingSent)
    }

    /// By the letters that went to an address with the same ticket: the newest one decides, as it was sent because of what
    /// became of those before.
    #[must_use]
    pub fn at<'l>(letters: impl IntoIterator<Item = &'l Letter>, mailbox: Mailbox) -> Self {
        let newest = letters.into_iter().max_by_key(|letter| letter.cursor());
        let Some(newest) = newest else { return Self::NothingSent };
        match newest.state {
            LetterState::Queued => Self::Queued,
            LetterState::Deferred => Self::Deferred,
            LetterState::Bounced => Self::Bounced,
            LetterState::Failed => Self::Failed,
            // Something else that came back later says that the mailbox is gone.
            LetterState::Sent if mailbox.bounced_at.is_some_and(|at| at >= newest.created_at) => {
                Self::Bounced
            }
            LetterState::Sent if mailbox.proven => Self::Reached,
            LetterState::Sent => Self::Unproven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{About, Draft, News};
    use chrono::TimeDelta;
    use kernel::EffectId;

    const PROVEN: Mailbox = Mailbox { proven: true, bounced_at: None };

    fn at(minutes: i64) -> Timestamp {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        noon + TimeDelta::minutes(minutes)
    }

    fn letter(minutes: i64, news: Option<News>) -> Letter {
        let id = EffectId::generate(at(minutes));
        let draft = Draft { id, effect: id, to: None, about: About::default(), origin: None };
        let mut letter = Letter::queued(draft, at(minutes));
        if let Some(news) = news {
            letter.hear(news, None, at(minutes));
        }
        letter
    }

    #[test]
    fn the_newest_letter_decides() {
        let (lost, kept) = (letter(0, Some(News::Bounced)), letter(1, Some(News::Taken)));
        assert_eq!(Reach::at([&kept, &lost], PROVEN), Reach::Reached);
        assert_eq!(Reach::at([&lost, &letter(2, None)], PROVEN), Reach::Queued);
        let lost_later = letter(3, Some(News::Bounced));
        assert_eq!(Reach::at([&kept, &lost_later], PROVEN), Reach::Bounced);
        assert_eq!(Reach::at([], PROVEN), Reach::NothingSent);
    }

    #[test]
    fn each_state_has_its_word() {
        for (news, expected) in [
            (None, Reach::Queued),
            (Some(News::PutOff), Reach::Deferred),
            (Some(News::Refused), Reach::Failed),
            (Some(News::GivenUp), Reach::Failed),
            (Some(News::Bounced), Reach::Bounced),
            (Some(News::Taken), Reach::Reached),
        ] {
            assert_eq!(Reach::at([&letter(0, news)], PROVEN), expected, "{news:?}");
        }
    }

    #[test]
    fn an_address_that_nobody_has_proved_is_no_proof() {
        let letter = letter(0, Some(News::Taken));
        assert_eq!(Reach::at([&letter], Mailbox::default()), Reach::Unproven);
    }

    #[test]
    fn what_came_back_later_counts_for_what_went_before() {
        let letter = letter(1, Some(News::Taken));
        for (bounced, expected) in [(0, Reach::Reached), (1, Reach::Bounced), (2, Reach::Bounced)] {
            let mailbox = Mailbox { bounced_at: Some(at(bounced)), ..PROVEN };
            assert_eq!(Reach::at([&letter], mailbox), expected, "{bounced}");
        }
    }

    #[test]
    fn of_two_addresses_the_better_one_counts() {
        assert_eq!(Reach::Bounced.min(Reach::Unproven), Reach::Unproven);
        assert_eq!(Reach::NothingSent.min(Reach::Failed), Reach::Failed);
        assert!(Reach::ALL.is_sorted());
    }
}
