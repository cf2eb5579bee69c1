//! So many mails a minute to one mail domain: whoever takes mails for many people takes few from a sender that sends many at
//! once, and remembers it.

use super::perform::Failure;
use crate::wiring::App;
use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use kernel::{Mail, Timestamp, Verdict};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// In which the limit counts, by all instances together.
const WINDOW: Duration = Duration::from_secs(60);
/// Queues that are remembered before those that are over are forgotten.
const MANY: usize = 1000;

/// A mail that has to wait, as too many went to its domain before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("enough mails went to this domain in this minute")]
pub struct OutOfTurn {
    domain: String,
    wait: Duration,
}

/// How many mails go to one domain, and when those go that have to wait.
pub struct Pace {
    limit: Option<NonZeroU32>,
    /// The next free turn, by who owes the mails and the domain they go to: announcements to thousands keep no ticket waiting.
    turns: Mutex<HashMap<(String, String), Timestamp>>,
}

impl Pace {
    /// So many in a minute; 0: as many as there are.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { limit: NonZeroU32::new(per_minute), turns: Mutex::default() }
    }

    /// When a mail is tried again that has to wait. Those that wait have turns of their own, one after another as fast as
    /// they may go: if all came back when the minute is over, all but a few would have come for nothing.
    pub fn turn(&self, owed_by: &str, mail: &OutOfTurn, now: Timestamp) -> Timestamp {
        let delta = |time: Duration| TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX);
        let earliest = now + delta(mail.wait);
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MANY {
            turns.retain(|_, next| *next > now);
        }
        let next = turns.entry((owed_by.to_owned(), mail.domain.clone())).or_insert(earliest);
        let turn = earliest.max(*next);
        *next = turn + self.limit.map_or_else(TimeDelta::zero, |limit| delta(WINDOW / limit.get()));
        turn
    }
}

/// Before a mail goes out: counts it.
///
/// # Errors
/// [`Failure::OutOfTurn`] when it would be one too many.
pub async fn in_turn(app: &App, mail: &Mail) -> Result<(), Failure> {
    let Some(limit) = app.pace.limit else { return Ok(()) };
    let Some((_, domain)) = mail.to.rsplit_once('@') else { return Ok(()) };
    let domain = domain.to_ascii_lowercase();
    // Hashed: where mails go is nobody else's business, wherever the count is kept.
    let digest = Sha256::digest(domain.as_bytes());
    let key = format!("mails:{}", HEXLOWER.encode(digest.get(..16).unwrap_or_default()));
    match app.limits.limiter.attempt(&key, limit.get(), WINDOW).await {
        Ok(Verdict::RetryAfter(wait)) => {
            app.metrics.mail("paced");
            Err(OutOfTurn { domain, wait }.into())
        }
        // Where nobody counts, mails go out.
        Ok(Verdict::Allowed) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_wait_come_back_one_after_another() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let after = |seconds: i64| now + TimeDelta::seconds(seconds);
        let to =
            |domain: &str, seconds| OutOfTurn { domain: domain.into(), wait: Duration::from_secs(seconds) };
        let pace = Pace::new(4);
        let turns: Vec<_> = (0..5).map(|_| pace.turn("news", &to("many.example", 40), now)).collect();
        assert_eq!(turns, [40, 55, 70, 85, 100].map(after));
        assert_eq!(
            pace.turn("booking", &to("many.example", 40), now),
            after(40),
            "tickets wait for tickets alone"
        );
        assert_eq!(pace.turn("news", &to("few.example", 40), now), after(40));
        // Whoever comes later waits behind them, and when they are gone for nobody.
        assert_eq!(pace.turn("news", &to("many.example", 30), after(20)), after(115));
        assert_eq!(pace.turn("news", &to("many.example", 30), after(500)), after(530));
    }

    #[test]
    fn queues_that_are_over_are_forgotten() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let pace = Pace::new(60);
        let to =
            |number: usize| OutOfTurn { domain: format!("{number}.example"), wait: Duration::from_secs(1) };
        for number in 0..MANY {
            pace.turn("news", &to(number), now);
        }
        pace.turn("news", &to(MANY), now + TimeDelta::minutes(1));
        assert_eq!(pace.turns.lock().unwrap().len(), 1);
    }
}
