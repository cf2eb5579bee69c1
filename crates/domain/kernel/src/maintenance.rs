//! Whether anything may be changed. While those who run the system look after it, it can be read and nothing else: a large
//! migration goes undisturbed, a restored copy is looked at before it is opened, a defect does no more harm.

use crate::time::is_kept;
use crate::{Act, AuditTx, Cause, Invalid, StoreError, Subject, Timestamp, transact};
use async_trait::async_trait;
use chrono::{SecondsFormat, SubsecRound};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Most characters of what people are told.
const LONGEST: usize = 500;
/// When to ask again while nobody knows when it ends.
const SOMETIME: Duration = Duration::from_secs(60);
/// Nobody is sent away for longer than this: it may end before it was expected to.
const AT_MOST: Duration = Duration::from_secs(600);

/// That nothing is to be changed for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOnly {
    /// Since when.
    pub since: Timestamp,
    /// When it is expected to end. It does not end by itself: what it is for may take longer.
    pub until: Option<Timestamp>,
    /// What people are told.
    pub message: Option<String>,
    /// Whether doors go on letting people in.
    pub doors_open: bool,
}

impl ReadOnly {
    /// From `now` on.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_now(
        until: Option<Timestamp>,
        message: Option<&str>,
        doors_open: bool,
        now: Timestamp,
    ) -> Result<Self, Vec<Invalid>> {
        let until = until.map(|until| until.trunc_subsecs(6));
        let message = message.map(str::trim).filter(|message| !message.is_empty());
        let mut wrong = Vec::new();
        if until.is_some_and(|until| until <= now) {
            wrong.push(Invalid::new("until", "in_the_past", "must be in the future"));
        }
        if until.is_some_and(|until| !is_kept(until)) {
            wrong.push(Invalid::new("until", "out_of_range", "must lie before the year 10000"));
        }
        if message.is_some_and(|message| message.chars().count() > LONGEST) {
            wrong.push(Invalid::new("message", "too_long", "must have at most 500 characters"));
        }
        if wrong.is_empty() {
            Ok(Self { since: now, until, message: message.map(str::to_owned), doors_open })
        } else {
            Err(wrong)
        }
    }

    /// In how long whoever was refused may ask again.
    #[must_use]
    pub fn ask_again(&self, now: Timestamp) -> Duration {
        let left = self.until.and_then(|until| (until - now).to_std().ok());
        left.filter(|left| !left.is_zero()).map_or(SOMETIME, |left| left.min(AT_MOST))
    }
}

/// Keeps whether anything may be changed, for all instances.
#[async_trait]
pub trait MaintenanceStore: Send + Sync {
    /// What was said last; `None` while everything may be changed.
    async fn read_only(&self) -> Result<Option<ReadOnly>, StoreError>;
    /// Dropping the transaction undoes it; see [`transact`].
    async fn begin_maintenance(&self) -> Result<Box<dyn MaintenanceTx>, StoreError>;
}

/// What may be touched before it is said.
#[async_trait]
pub trait MaintenanceTx: AuditTx {
    /// What was said last; others who want to say something wait until we end.
    async fn lock_read_only(&mut self) -> Result<Option<ReadOnly>, StoreError>;
    /// Says something else.
    async fn save_read_only(&mut self, read_only: Option<&ReadOnly>) -> Result<(), StoreError>;
}

/// Says that nothing is to be changed from now on, or what of that is different now; `None` ends it. Answers with what holds
/// then. What changes nothing is no act.
///
/// # Errors
/// [`StoreError`].
pub async fn set(
    store: &dyn MaintenanceStore,
    wished: Option<&ReadOnly>,
    by: &Cause,
    now: Timestamp,
) -> Result<Option<ReadOnly>, StoreError> {
    transact(store.begin_maintenance().await?, async |tx| {
        let before = tx.lock_read_only().await?;
        // It began when it was said for the first time.
        let after = wished.map(|wished| ReadOnly {
            since: before.as_ref().map_or(wished.since, |before| before.since),
            ..wished.clone()
        });
        if before != after {
            tx.save_read_only(after.as_ref()).await?;
            tx.record(&[changed(by, before.as_ref(), after.as_ref(), now)]).await?;
        }
        Ok(after)
    })
    .await
}

fn changed(by: &Cause, before: Option<&ReadOnly>, after: Option<&ReadOnly>, now: Timestamp) -> Act {
    let name = match (before, after) {
        (None, _) => "maintenance.begin",
        (Some(_), Some(_)) => "maintenance.change",
        (Some(_), None) => "maintenance.end",
    };
    // Of which there is one.
    by.act(name, Subject::new("maintenance", Uuid::nil()), now).changing(before.map(said), after.map(said))
}

/// Without what people are told, which somebody typed. What is left needs no escaping.
fn said(read_only: &ReadOnly) -> String {
    let ReadOnly { until, doors_open, .. } = read_only;
    let until = until.map(|until| format!("\"{}\"", until.to_rfc3339_opts(SecondsFormat::Micros, true)));
    let until = until.as_deref().unwrap_or("null");
    format!(r#"{{"read_only":true,"until":{until},"doors_open":{doors_open}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn codes(until: Option<Timestamp>, message: &str) -> Vec<&'static str> {
        let refused = ReadOnly::from_now(until, Some(message), true, noon());
        refused.map_or_else(|wrong| wrong.into_iter().map(|one| one.code).collect(), |_| Vec::new())
    }

    #[test]
    fn what_is_said_is_kept_as_every_store_keeps_it() {
        let until = noon() + TimeDelta::nanoseconds(1_234_567_890);
        let made = ReadOnly::from_now(Some(until), Some("  Back soon.\n"), false, noon()).unwrap();
        assert_eq!(made.until, Some(noon() + TimeDelta::microseconds(1_234_567)));
        assert_eq!((made.message.as_deref(), made.since), (Some("Back soon."), noon()));
        assert_eq!(ReadOnly::from_now(None, Some("  "), true, noon()).unwrap().message, None);
    }

    #[test]
    fn an_end_lies_ahead_and_a_message_is_short() {
        assert_eq!(codes(Some(noon()), ""), ["in_the_past"]);
        assert_eq!(codes(Some(noon() + TimeDelta::microseconds(1)), &"ü".repeat(500)), [""; 0]);
        assert_eq!(codes(Some(noon() - TimeDelta::days(1)), &"ü".repeat(501)), ["in_the_past", "too_long"]);
        assert_eq!(codes(Some("+10000-01-01T00:00:00Z".parse().unwrap()), ""), ["out_of_range"]);
    }

    #[test]
    fn nobody_is_sent_away_for_long() {
        let until = |seconds| {
            let until = Some(noon() + TimeDelta::seconds(seconds));
            let said = ReadOnly { since: noon(), until, message: None, doors_open: true };
            said.ask_again(noon()).as_secs()
        };
        assert_eq!((until(1), until(90), until(7200)), (1, 90, 600));
        // It takes longer than was thought.
        assert_eq!((until(0), until(-90)), (60, 60));
        let said = ReadOnly { since: noon(), until: None, message: None, doors_open: true };
        assert_eq!(said.ask_again(noon()).as_secs(), 60);
    }

    #[test]
    fn an_act_says_what_changed_and_not_what_people_are_told() {
        let quoted = Some("He said \"soon\"".to_owned());
        let one = ReadOnly { since: noon(), until: Some(noon()), message: quoted, doors_open: true };
        let act = changed(&Cause::command_line(), None, Some(&one), noon());
        assert_eq!((&*act.act, act.before), ("maintenance.begin", None));
        let after: serde_json::Value = serde_json::from_str(&act.after.unwrap()).unwrap();
        let expected = r#"{"read_only":true,"until":"2026-06-01T12:00:00.000000Z","doors_open":true}"#;
        assert_eq!(after, serde_json::from_str::<serde_json::Value>(expected).unwrap());
        let other = ReadOnly { until: None, doors_open: false, ..one.clone() };
        let act = changed(&Cause::system(), Some(&one), Some(&other), noon());
        assert_eq!(act.act, "maintenance.change");
        assert_eq!(act.after.unwrap(), r#"{"read_only":true,"until":null,"doors_open":false}"#);
        assert_eq!(changed(&Cause::system(), Some(&one), None, noon()).act, "maintenance.end");
    }
}
