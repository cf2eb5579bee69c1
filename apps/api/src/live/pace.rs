//! How often news is read and told: soon, never more than a second late, and without harm to those who buy meanwhile.

use std::time::Duration;
use tokio::time::Instant;

/// Between two looks at a topic of which nobody said that it changed: a second, less what reading and telling take.
pub const POLL: Duration = Duration::from_millis(750);
/// Between two looks at a topic that changes all the time, with few listeners.
pub const LEAST: Duration = Duration::from_millis(250);
/// What one listener more adds to that. Telling one costs a few dozen microseconds of processor, so that thousands
/// take a small part of it.
const FOR_EACH: Duration = Duration::from_micros(150);
/// How long a look waits for others of its kind, so that the store is asked once for all.
pub const GATHER: Duration = Duration::from_millis(10);

/// From so many listeners on they are told in shares.
pub const SHARE_FROM: usize = 256;
/// So many shares.
pub const SHARDS: usize = 16;
/// Between two shares: requests of others are answered between them.
pub const BETWEEN_SHARDS: Duration = Duration::from_millis(8);

/// When a topic is to be read again that was last read at some time; `None` is at once.
#[must_use]
pub fn next_read(read: Option<Instant>, hinted: bool, listeners: usize) -> Option<Instant> {
    let pause = if hinted { gap(listeners) } else { POLL };
    read.map(|read| read + pause)
}

/// How long a change may wait for others, so that all are told together.
fn gap(listeners: usize) -> Duration {
    let listeners = u32::try_from(listeners).unwrap_or(u32::MAX);
    FOR_EACH.saturating_mul(listeners).clamp(LEAST, POLL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_waits_the_longer_the_more_listen_and_never_longer_than_the_poll() {
        let all = [0, 1, 1666, 2000, 5000, 20_000, usize::MAX].map(|listeners| gap(listeners).as_millis());
        assert_eq!(all, [250, 250, 250, 300, 750, 750, 750]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_never_read_is_read_at_once_and_what_changed_sooner_than_the_rest() {
        let read = Instant::now();
        assert_eq!(next_read(None, false, 10), None);
        assert_eq!(next_read(Some(read), true, 10), Some(read + LEAST));
        assert_eq!(next_read(Some(read), false, 10), Some(read + POLL));
    }

    #[test]
    fn the_last_share_is_told_within_the_second() {
        let shares = u32::try_from(SHARDS).unwrap();
        assert!(POLL + GATHER + BETWEEN_SHARDS * shares < Duration::from_millis(900));
    }
}
