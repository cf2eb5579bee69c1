//! Hints between instances: what changed on one is read soon on the others. Nothing depends on them; who misses one
//! looks by itself in its turn.

use super::Board;
use kernel::{Absent, Broadcast};
use std::collections::HashSet;
use std::fmt::{Display, Write};
use std::hash::Hash;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// More topics than these are told as all of them.
const MOST: usize = 100;
/// Between two messages.
const PAUSE: Duration = Duration::from_millis(100);
/// Before listening again after the line was cut.
const AGAIN: Duration = Duration::from_secs(1);

/// What changed here and was not told yet.
pub struct Hints<K: Eq + Hash> {
    pending: Mutex<Pending<K>>,
    noted: Notify,
    /// Whether anybody is to be told.
    wanted: bool,
    /// Tells our own messages from those of others.
    name: u64,
}

/// What changed.
#[derive(Debug, PartialEq, Eq)]
enum Pending<K: Eq + Hash> {
    These(HashSet<K>),
    All,
}

impl<K: Eq + Hash + Copy> Hints<K> {
    pub(super) fn new(wanted: bool) -> Self {
        let pending = Mutex::new(Pending::These(HashSet::new()));
        Self { pending, noted: Notify::new(), wanted, name: fastrand::u64(..) }
    }

    pub(super) fn note(&self, topic: K) {
        let add = |pending: &mut Pending<K>| match pending {
            Pending::These(topics) if topics.len() < MOST => topics.insert(topic),
            Pending::These(topics) if topics.contains(&topic) => false,
            Pending::These(_) => {
                *pending = Pending::All;
                true
            }
            Pending::All => false,
        };
        self.change(add);
    }

    pub(super) fn note_all(&self) {
        self.change(|pending| {
            *pending = Pending::All;
            true
        });
    }

    fn change(&self, with: impl FnOnce(&mut Pending<K>) -> bool) {
        if self.wanted && with(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.noted.notify_one();
        }
    }

    fn take(&self) -> Pending<K> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *pending, Pending::These(HashSet::new()))
    }
}

impl<K: Eq + Hash + Copy + Display + FromStr> Board<K> {
    /// Tells the others on a channel what changes here, for ever.
    pub async fn tell(&self, broadcast: &dyn Broadcast, channel: &str) {
        loop {
            self.hints.noted.notified().await;
            let message = written(self.hints.name, &self.hints.take());
            if let Some(message) = message
                && let Err(Absent(_)) = broadcast.publish(channel, message.as_bytes()).await
            {
                tracing::debug!("other instances learn of what changed by themselves");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Listens to what changes on the others, for ever.
    pub async fn hear(&self, broadcast: &dyn Broadcast, channel: &str) {
        loop {
            if let Ok(mut line) = broadcast.subscribe(channel).await {
                while let Some(message) = line.next().await {
                    match read(self.hints.name, &message) {
                        Pending::All => self.stir_all(),
                        Pending::These(topics) => topics.into_iter().for_each(|topic| self.stir(topic)),
                    }
                }
            }
            // Whatever was said meanwhile was missed; it is found by looking.
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// `NAME TOPIC TOPIC ...`, or `NAME *` for all; `None` when there is nothing to say.
fn written<K: Eq + Hash + Display>(name: u64, pending: &Pending<K>) -> Option<String> {
    let mut text = format!("{name:x}");
    match pending {
        Pending::These(topics) if topics.is_empty() => return None,
        Pending::These(topics) => {
            for topic in topics {
                // Writing into a `String` cannot fail.
                let _ = write!(text, " {topic}");
            }
        }
        Pending::All => text.push_str(" *"),
    }
    Some(text)
}

/// What somebody else said; nothing when we did ourselves, or it cannot be read.
fn read<K: Eq + Hash + FromStr>(name: u64, message: &[u8]) -> Pending<K> {
    let mut words = std::str::from_utf8(message).unwrap_or_default().split(' ');
    let own = format!("{name:x}");
    if words.next().is_none_or(|from| from == own) {
        return Pending::These(HashSet::new());
    }
    let topics: Vec<&str> = words.take(MOST).collect();
    if topics == ["*"] {
        return Pending::All;
    }
    Pending::These(topics.into_iter().filter_map(|topic| topic.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Room;
    use crate::live::pace::LEAST;
    use adapter_local::LocalBroadcast;
    use kernel::{AccountId, Timestamp};
    use std::sync::Arc;
    use tokio::time::Instant;

    #[test]
    fn a_hint_reads_back_for_everybody_but_who_said_it() {
        let some = Pending::These(HashSet::from([7, 8]));
        let text = written(1, &some).unwrap();
        assert_eq!(read(2, text.as_bytes()), some);
        let nothing = Pending::<u32>::These(HashSet::new());
        assert_eq!(read(1, text.as_bytes()), nothing);
        assert_eq!(written(1, &nothing), None);
        assert_eq!(read::<u32>(2, written(1, &Pending::<u32>::All).unwrap().as_bytes()), Pending::All);
        for odd in [&b""[..], b"1", b"1 x y", b"\xff\xff", b"* "] {
            assert_eq!(read(2, odd), nothing, "{odd:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_here_is_read_soon_there() {
        let (here, there) = (Arc::new(board()), Arc::new(board()));
        let broadcast = LocalBroadcast::new();
        let _seats =
            [1, 2].map(|topic| there.join(topic, AccountId::generate(Timestamp::default())).unwrap());
        assert_eq!(there.due(Instant::now()).0.len(), 2);
        let work = async {
            tokio::time::sleep(LEAST / 2).await;
            here.changed(2);
            tokio::time::sleep(LEAST / 2).await;
            assert_eq!(there.due(Instant::now()).0, [2]);
            here.all_changed();
            tokio::time::sleep(LEAST).await;
            assert_eq!(there.due(Instant::now()).0.len(), 2);
        };
        tokio::select! {
            () = here.tell(&broadcast, "news") => {}
            () = there.hear(&broadcast, "news") => {}
            () = work => {}
        }
    }

    fn board() -> Board<u32> {
        Board::new(Room { listeners: 10, per_account: 10 }, true)
    }

    #[test]
    fn many_topics_are_told_as_all_and_nothing_is_kept_for_nobody() {
        let hints = Hints::new(true);
        (0..100_u32).for_each(|topic| hints.note(topic));
        hints.note(5);
        assert!(matches!(hints.take(), Pending::These(topics) if topics.len() == MOST));
        (0..1000_u32).for_each(|topic| hints.note(topic));
        assert_eq!(hints.take(), Pending::All);
        let alone = Hints::new(false);
        alone.note(1_u32);
        alone.note_all();
        assert_eq!(alone.take(), Pending::These(HashSet::new()));
    }
}
