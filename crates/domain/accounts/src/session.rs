//! One device's login. Its refresh tokens are numbered; only the newest number refreshes it.

use crate::Network;
use chrono::TimeDelta;
use kernel::{AccountId, Cursor, RequestName, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Names it; inside access and refresh tokens.
    pub id: SessionId,
    /// Who logged in.
    pub account: AccountId,
    /// The number of the newest refresh token, from 0.
    pub generation: u32,
    /// When the password was given.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub last_used_at: Timestamp,
    /// From then on it cannot be refreshed.
    pub expires_at: Timestamp,
    /// When it was ended before its time.
    pub ended_at: Option<Timestamp>,
    /// What the device called itself, up to 300 characters.
    pub user_agent: Option<String>,
    /// Where on the network the password was given.
    #[serde(default)]
    pub network: Option<Network>,
    /// Where it was refreshed last.
    #[serde(default)]
    pub last_network: Option<Network>,
}

/// From where somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// What the device calls itself.
    pub user_agent: Option<String>,
    /// Where on the network it is, if that is known.
    pub network: Option<Network>,
    /// What the request is called.
    pub request: Option<RequestName>,
}

/// What became of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// A new generation began.
    Now,
    /// The token had been used: somebody has a copy. The session is ended, which has to be saved.
    Reused,
    /// The session is over; nothing changed.
    Ended,
}

/// Unused for so long, a session ends.
const IDLE: TimeDelta = TimeDelta::days(30);
/// However much it is used, after so long the password is asked again.
const LONGEST: TimeDelta = TimeDelta::days(180);

impl Session {
    /// A new login.
    #[must_use]
    pub fn open(account: AccountId, user_agent: Option<&str>, now: Timestamp) -> Self {
        let printable = |text: &str| text.chars().filter(|one| !one.is_control()).take(300).collect();
        Self {
            id: SessionId::generate(now),
            account,
            generation: 0,
            created_at: now,
            last_used_at: now,
            expires_at: now + IDLE,
            ended_at: None,
            user_agent: user_agent.map(printable),
            network: None,
            last_network: None,
        }
    }

    /// A new login from somewhere.
    #[must_use]
    pub fn open_from(account: AccountId, origin: &Origin, now: Timestamp) -> Self {
        let network = origin.network.clone();
        let session = Self::open(account, origin.user_agent.as_deref(), now);
        Self { last_network: network.clone(), network, ..session }
    }

    /// Remembers where it is used; what is not known changes nothing.
    pub fn used_from(&mut self, origin: &Origin) {
        if let Some(network) = &origin.network {
            self.last_network = Some(network.clone());
        }
    }

    /// Whether it counts.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Uses the refresh token of a generation.
    pub fn refresh(&mut self, generation: u32, now: Timestamp) -> Refreshed {
        if generation < self.generation {
            self.end(now);
            return Refreshed::Reused;
        }
        // A number that was never given out cannot come with a valid signature.
        let Some(next) = self.generation.checked_add(1).filter(|_| generation == self.generation) else {
            return Refreshed::Ended;
        };
        if !self.is_alive(now) {
            return Refreshed::Ended;
        }
        self.generation = next;
        self.last_used_at = now;
        self.expires_at = (now + IDLE).min(self.created_at + LONGEST);
        Refreshed::Now
    }

    /// Ends it; again changes nothing.
    pub fn end(&mut self, now: Timestamp) {
        self.ended_at.get_or_insert(now);
    }

    /// Forgets on what device it was, and where: whose it was is gone.
    pub fn forget_device(&mut self) {
        (self.user_agent, self.network, self.last_network) = (None, None, None);
    }

    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn session() -> Session {
        Session::open(AccountId::generate(noon()), Some("Browser\n1"), noon())
    }

    #[test]
    fn a_forgotten_device_leaves_what_ends_the_session() {
        let mut session = session();
        session.used_from(&Origin { network: Some(Network::v4([203, 0, 113, 7])), ..Origin::default() });
        session.end(noon());
        let before = session.clone();
        session.forget_device();
        let forgotten = Session { user_agent: None, network: None, last_network: None, ..before };
        assert_eq!(session, forgotten);
    }

    #[test]
    fn a_used_token_ends_the_session_for_thief_and_owner() {
        let mut session = session();
        assert_eq!(session.refresh(0, noon()), Refreshed::Now);
        assert_eq!(session.refresh(0, noon()), Refreshed::Reused);
        assert_eq!(session.ended_at, Some(noon()));
        assert_eq!(session.refresh(1, noon()), Refreshed::Ended);
    }

    #[test]
    fn an_idle_session_ends_and_a_used_one_goes_on_but_not_for_ever() {
        let mut session = session();
        assert!(session.is_alive(noon() + IDLE - TimeDelta::microseconds(1)));
        assert!(!session.is_alive(noon() + IDLE));
        let mut now = noon();
        let mut generation = 0;
        while session.refresh(generation, now) == Refreshed::Now {
            generation += 1;
            now += TimeDelta::days(20);
        }
        assert_eq!(session.expires_at, noon() + LONGEST);
        assert_eq!(now, noon() + LONGEST);
    }

    #[test]
    fn a_number_never_given_out_changes_nothing() {
        let mut session = session();
        let before = session.clone();
        assert_eq!(session.refresh(1, noon()), Refreshed::Ended);
        assert_eq!(session, before);
    }

    #[test]
    fn a_device_cannot_smuggle_control_characters() {
        assert_eq!(session().user_agent.as_deref(), Some("Browser1"));
    }

    #[test]
    fn it_is_remembered_where_it_began_and_where_it_is_used() {
        let at = |network| Origin { network, ..Origin::default() };
        let (home, train) = (Network::v4([192, 0, 2, 1]), Network::v4([198, 51, 100, 1]));
        let mut session = Session::open_from(AccountId::generate(noon()), &at(Some(home.clone())), noon());
        assert_eq!((&session.network, &session.last_network), (&Some(home.clone()), &Some(home.clone())));
        session.used_from(&at(Some(train.clone())));
        session.used_from(&at(None));
        assert_eq!((session.network, session.last_network), (Some(home), Some(train)));
    }

    #[test]
    fn a_session_of_before_says_nothing_of_the_network() {
        let mut document = serde_json::to_value(session()).unwrap();
        for field in ["network", "last_network"] {
            document.as_object_mut().unwrap().remove(field);
        }
        let read: Session = serde_json::from_value(document).unwrap();
        assert_eq!((read.network, read.last_network), (None, None));
    }

    proptest! {
        #[test]
        fn after_any_reuse_no_token_refreshes(tokens in prop::collection::vec(0..6_u32, 0..30)) {
            let mut session = session();
            let mut reused = false;
            for generation in tokens {
                let before = session.generation;
                match session.refresh(generation, noon()) {
                    Refreshed::Now => prop_assert!(!reused && generation == before),
                    Refreshed::Reused => reused = true,
                    Refreshed::Ended => prop_assert!(reused || generation > before),
                }
                prop_assert_eq!(session.ended_at.is_some(), reused);
            }
        }
    }
}
