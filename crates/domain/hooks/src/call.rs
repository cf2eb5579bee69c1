//! One thing said to one address, however often it takes.

use crate::{Heard, Hook};
use chrono::TimeDelta;
use kernel::{Cursor, HookCallId, HookId, Published, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a call is about that was only made to try the address.
pub const TEST: &str = "hook.test";
/// Most of an answer that is kept, in characters.
const LONGEST: usize = 500;
/// Pauses between tries, in seconds: all together two days.
const PAUSES: [i64; 10] = [5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600];

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Not made yet.
    Waiting,
    /// It was not answered well, and is made again.
    Failing,
    /// It was answered well.
    Done,
    /// It was not answered well, and is not made again.
    Failed,
}

impl CallState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Failing, Self::Done, Self::Failed];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether it is still to be made.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Failing)
    }
}

/// A call. `Debug` does not show what is said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Names it.
    pub id: HookCallId,
    /// Of which hook.
    pub hook: HookId,
    /// Names what is said, to whoever hears it; a hook says nothing twice under two names.
    pub message: String,
    /// What happened.
    pub kind: String,
    /// What is said: JSON.
    pub body: String,
    /// Where it stands.
    pub state: CallState,
    /// The how-manieth turn it has: somebody may have it made anew.
    pub turn: u32,
    /// How often it was made in this turn.
    pub tries: u32,
    /// When it was made last.
    pub tried_at: Option<Timestamp>,
    /// When it is made again.
    pub next_at: Option<Timestamp>,
    /// What was answered last: the HTTP status.
    pub status: Option<u16>,
    /// The beginning of that answer, or why there was none.
    pub said: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("id", &self.id)
            .field("message", &self.message)
            .field("state", &self.state)
            .field("turn", &self.turn)
            .field("tries", &self.tries)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// Tells a hook of something; `body` is how that is said.
    #[must_use]
    pub fn of(hook: &Hook, news: &Published, body: String, now: Timestamp) -> Self {
        Self::new(hook.id, (news.id(), news.kind.clone(), body), now)
    }

    /// Tells a hook of nothing, to see what it says.
    #[must_use]
    pub fn test(hook: HookId, now: Timestamp) -> Self {
        let mut call = Self::new(hook, (String::new(), TEST.to_owned(), String::new()), now);
        call.message = format!("test-{}", call.id);
        let said = serde_json::json!({
            "id": call.message, "type": TEST, "timestamp": now, "data": {"hook_id": hook},
        });
        call.body = said.to_string();
        call
    }

    fn new(hook: HookId, (message, kind, body): (String, String, String), now: Timestamp) -> Self {
        Self {
            id: HookCallId::generate(now),
            hook,
            message,
            kind,
            body,
            state: CallState::Waiting,
            turn: 1,
            tries: 0,
            tried_at: None,
            next_at: None,
            status: None,
            said: None,
            created_at: now,
        }
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }

    /// Takes note of what came of a try; answers when the next one is, if there is one.
    pub fn heard(&mut self, heard: &Heard, now: Timestamp) -> Option<Timestamp> {
        let pause = usize::try_from(self.tries).ok().and_then(|tries| PAUSES.get(tries));
        let next = pause.map(|seconds| now + TimeDelta::seconds(*seconds));
        let next = next.filter(|_| !heard.is_good() && !heard.is_gone() && self.kind != TEST);
        self.tries = self.tries.saturating_add(1);
        (self.tried_at, self.next_at) = (Some(now), next);
        (self.status, self.said) = match heard {
            Heard::Answered { status, said } => (Some(*status), Some(kept(said))),
            Heard::Silent { why } => (None, Some(kept(why))),
        };
        self.state = match (heard.is_good(), next) {
            (true, _) => CallState::Done,
            (false, Some(_)) => CallState::Failing,
            (false, None) => CallState::Failed,
        };
        next
    }

    /// It is not made any more.
    pub fn give_up(&mut self, why: &str) {
        (self.state, self.next_at) = (CallState::Failed, None);
        self.said = Some(kept(why));
    }

    /// It is made anew, as often as a new one. What was answered before stays until there is another answer.
    pub fn again(&mut self) {
        (self.state, self.next_at, self.tries) = (CallState::Waiting, None, 0);
        self.turn = self.turn.saturating_add(1);
    }
}

/// What of a text is kept: its beginning, on one line.
fn kept(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn call() -> Call {
        let parts = ("thing-1".to_owned(), "booking.created".to_owned(), "{}".to_owned());
        Call::new(Uuid::nil().into(), parts, noon())
    }

    fn answered(status: u16) -> Heard {
        Heard::Answered { status, said: "Said".into() }
    }

    #[test]
    fn it_is_made_again_for_two_days_and_then_no_more() {
        let (mut call, mut now, mut tries) = (call(), noon(), 0);
        loop {
            tries += 1;
            match call.heard(&Heard::Silent { why: "nobody".into() }, now) {
                Some(next) => {
                    assert_eq!((call.state, call.next_at), (CallState::Failing, Some(next)));
                    assert!(next > now);
                    now = next;
                }
                None => break,
            }
        }
        assert_eq!((tries, call.tries, call.state, call.next_at), (11, 11, CallState::Failed, None));
        assert!((TimeDelta::hours(40)..TimeDelta::hours(50)).contains(&(now - noon())), "{}", now - noon());
        call.again();
        assert_eq!((call.state, call.turn, call.tries), (CallState::Waiting, 2, 0));
        assert_eq!(call.said.as_deref(), Some("nobody"));
        assert!(call.heard(&answered(500), now).is_some());
    }

    #[test]
    fn what_is_answered_well_is_done_and_what_is_gone_is_left_alone() {
        for (status, state) in [
            (200, CallState::Done),
            (204, CallState::Done),
            (302, CallState::Failing),
            (404, CallState::Failing),
            (410, CallState::Failed),
            (500, CallState::Failing),
        ] {
            let mut call = call();
            let next = call.heard(&answered(status), noon());
            assert_eq!((call.state, next.is_some()), (state, state == CallState::Failing), "{status}");
            assert_eq!((call.status, call.tried_at), (Some(status), Some(noon())));
        }
    }

    #[test]
    fn a_trial_is_made_once_and_says_what_it_is() {
        let mut call = Call::test(Uuid::nil().into(), noon());
        let said: serde_json::Value = serde_json::from_str(&call.body).unwrap();
        assert_eq!((said["id"].as_str(), said["type"].as_str()), (Some(&*call.message), Some(TEST)));
        assert_eq!(call.heard(&answered(500), noon()), None);
        assert_eq!(call.state, CallState::Failed);
    }

    #[test]
    fn little_is_kept_of_an_answer_and_on_one_line() {
        let mut call = call();
        let said = format!("a\0b\r\n{}", "ü".repeat(1000));
        call.heard(&Heard::Answered { status: 500, said }, noon());
        let said = call.said.unwrap();
        assert!(said.starts_with("a b  ü") && said.chars().count() == 500);
        call = self::call();
        call.give_up("switched off");
        assert_eq!((call.state, call.said.as_deref()), (CallState::Failed, Some("switched off")));
    }
}
