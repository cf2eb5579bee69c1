//! News for many listeners: read once however many listen, written once, and handed to each of them as the same bytes.
//!
//! A listener holds a [`Seat`] at a topic of a [`Board`]. Whoever is slow finds the newest news, not all that came
//! between: nothing waits in a queue, so nothing grows.

pub mod abroad;
pub mod pace;
pub mod places;
pub mod sessions;
pub mod sse;

use abroad::Hints;
use actix_web::web::Bytes;
use kernel::AccountId;
use pace::{SHARDS, SHARE_FROM, next_read};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// What listeners of a topic are to know now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// As it is sent.
    pub frame: Bytes,
    /// Whether nothing comes after it.
    pub last: bool,
}

/// How many may listen.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// In this process.
    pub listeners: usize,
    /// With one account.
    pub per_account: usize,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The account has as many as it may.
    Account,
    /// The process has, or it is about to stop.
    Process,
}

/// Topics that somebody listens to.
pub struct Board<K: Eq + Hash + Copy> {
    inner: Mutex<Inner<K>>,
    room: Room,
    /// A topic is to be read sooner than it was.
    stirred: Notify,
    /// What other instances are to be told.
    pub hints: Hints<K>,
}

struct Inner<K> {
    topics: HashMap<K, Topic>,
    accounts: HashMap<AccountId, usize>,
    listeners: usize,
    closed: bool,
}

struct Topic {
    /// Listeners are told shard after shard, so that thousands of them do not wake at one moment.
    shards: Vec<watch::Sender<Option<News>>>,
    listeners: usize,
    /// All that ever came: whom the next shard gets.
    came: usize,
    latest: Option<News>,
    /// Something was said to have changed since it was begun to be read.
    hinted: bool,
    /// When it was begun to be read last.
    read: Option<Instant>,
}

/// A listener's place; leaving it is dropping it.
pub struct Seat<K: Eq + Hash + Copy> {
    board: Arc<Board<K>>,
    topic: K,
    account: AccountId,
    news: watch::Receiver<Option<News>>,
}

impl Topic {
    fn new() -> Self {
        Self { shards: Vec::new(), listeners: 0, came: 0, latest: None, hinted: false, read: None }
    }

    fn take_seat(&mut self) -> watch::Receiver<Option<News>> {
        let shard = if self.listeners < SHARE_FROM { 0 } else { self.came % SHARDS };
        while self.shards.len() <= shard {
            self.shards.push(watch::Sender::new(self.latest.clone()));
        }
        (self.listeners, self.came) = (self.listeners + 1, self.came.wrapping_add(1));
        let mut news = match self.shards.get(shard) {
            Some(sender) => sender.subscribe(),
            None => watch::Sender::new(None).subscribe(),
        };
        // What is known already is news to whoever comes.
        news.mark_changed();
        news
    }
}

impl<K: Eq + Hash + Copy> Board<K> {
    /// Empty. `abroad`: whether there are other instances to tell.
    #[must_use]
    pub fn new(room: Room, abroad: bool) -> Self {
        let inner = Inner { topics: HashMap::new(), accounts: HashMap::new(), listeners: 0, closed: false };
        Self { inner: Mutex::new(inner), room, stirred: Notify::new(), hints: Hints::new(abroad) }
    }

    /// Takes a seat; a topic that nobody listened to is read at once.
    ///
    /// # Errors
    /// [`Full`].
    pub fn join(self: &Arc<Self>, topic: K, account: AccountId) -> Result<Seat<K>, Full> {
        let mut inner = self.lock();
        if inner.closed || inner.listeners >= self.room.listeners {
            return Err(Full::Process);
        }
        let of_account = inner.accounts.entry(account).or_default();
        if *of_account >= self.room.per_account {
            return Err(Full::Account);
        }
        *of_account += 1;
        inner.listeners += 1;
        let is_new = !inner.topics.contains_key(&topic);
        let news = inner.topics.entry(topic).or_insert_with(Topic::new).take_seat();
        drop(inner);
        if is_new {
            self.stirred.notify_one();
        }
        Ok(Seat { board: Arc::clone(self), topic, account, news })
    }

    fn leave(&self, topic: K, account: AccountId) {
        let mut inner = self.lock();
        inner.listeners = inner.listeners.saturating_sub(1);
        if let Some(count) = inner.accounts.get_mut(&account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                inner.accounts.remove(&account);
            }
        }
        if let Some(one) = inner.topics.get_mut(&topic) {
            one.listeners = one.listeners.saturating_sub(1);
            if one.listeners == 0 {
                inner.topics.remove(&topic);
            }
        }
    }

    /// Something of a topic has changed here: it is read soon, here and by the others who are told.
    pub fn changed(&self, topic: K) {
        self.stir(topic);
        self.hints.note(topic);
    }

    /// The same for every topic.
    pub fn all_changed(&self) {
        self.stir_all();
        self.hints.note_all();
    }

    /// Something of a topic has changed: it is read soon, if somebody listens to it.
    pub fn stir(&self, topic: K) {
        let first =
            self.lock().topics.get_mut(&topic).is_some_and(|one| !std::mem::replace(&mut one.hinted, true));
        if first {
            self.stirred.notify_one();
        }
    }

    /// The same for every topic.
    pub fn stir_all(&self) {
        self.lock().topics.values_mut().for_each(|one| one.hinted = true);
        self.stirred.notify_one();
    }

    /// Ends when a topic is to be read sooner than was said.
    pub async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// The topics that are to be read now, which count as read then, and when the next one of the others is.
    pub fn due(&self, now: Instant) -> (Vec<K>, Option<Instant>) {
        let (mut due, mut next) = (Vec::new(), None);
        for (key, topic) in &mut self.lock().topics {
            let at = next_read(topic.read, topic.hinted, topic.listeners);
            if at.is_none_or(|at| at <= now) {
                (topic.read, topic.hinted) = (Some(now), false);
                due.push(*key);
            } else {
                next = [next, at].into_iter().flatten().min();
            }
        }
        (due, next)
    }

    /// Hands news out, where it is any.
    pub async fn publish(&self, news: Vec<(K, News)>) {
        let mut fresh = Vec::new();
        let crowded = {
            let mut inner = self.lock();
            for (key, news) in news {
                if let Some(topic) = inner.topics.get_mut(&key)
                    && topic.latest.as_ref() != Some(&news)
                {
                    topic.latest = Some(news.clone());
                    fresh.push((key, news));
                }
            }
            inner.listeners >= SHARE_FROM
        };
        for shard in 0..SHARDS {
            if fresh.is_empty() || (shard > 0 && !crowded) {
                break;
            }
            if shard > 0 {
                tokio::time::sleep(pace::BETWEEN_SHARDS).await;
            }
            let inner = self.lock();
            for (key, news) in &fresh {
                let of_topic = inner.topics.get(key).map_or(&[][..], |topic| &topic.shards);
                // When there is no crowd there may still be shards of an earlier one.
                let chosen = if crowded { shard..shard + 1 } else { 0..of_topic.len() };
                for sender in of_topic.get(chosen).unwrap_or_default() {
                    sender.send_replace(Some(news.clone()));
                }
            }
        }
    }

    /// Ends every stream, and lets nobody in any more.
    pub fn close(&self) {
        let topics = {
            let mut inner = self.lock();
            inner.closed = true;
            std::mem::take(&mut inner.topics)
        };
        drop(topics);
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.lock().listeners
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K>> {
        // Nothing here panics half-way, so what a panicking thread left behind is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Copy> Seat<K> {
    /// The newest news that this listener has not had; `None` when there is no more.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            self.news.changed().await.ok()?;
            if let Some(news) = self.news.borrow_and_update().clone() {
                return Some(news);
            }
        }
    }
}

impl<K: Eq + Hash + Copy> Drop for Seat<K> {
    fn drop(&mut self) {
        self.board.leave(self.topic, self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    fn board(listeners: usize, per_account: usize) -> Arc<Board<u32>> {
        Arc::new(Board::new(Room { listeners, per_account }, false))
    }

    fn somebody() -> AccountId {
        AccountId::generate(Timestamp::default())
    }

    fn news(text: &'static str) -> News {
        News { frame: Bytes::from_static(text.as_bytes()), last: false }
    }

    async fn heard(seat: &mut Seat<u32>) -> String {
        String::from_utf8(seat.next().await.unwrap().frame.to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_late_hears_the_newest_and_nothing_waits_for_them() {
        let board = board(10, 10);
        let mut early = board.join(1, somebody()).unwrap();
        board.publish(vec![(1, news("a")), (2, news("nobody listens"))]).await;
        let mut late = board.join(1, somebody()).unwrap();
        assert_eq!((heard(&mut early).await, heard(&mut late).await), ("a".into(), "a".into()));
        for text in ["b", "c", "d"] {
            board.publish(vec![(1, news(text))]).await;
        }
        assert_eq!(heard(&mut early).await, "d");
        board.publish(vec![(1, news("d"))]).await;
        assert!(futures_util::poll!(Box::pin(early.next())).is_pending(), "it was told twice");
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_told_in_shares_and_nobody_is_left_out() {
        let board = board(2000, 2000);
        let account = somebody();
        let mut seats: Vec<_> = (0..2000).map(|_| board.join(1, account).unwrap()).collect();
        let before = Instant::now();
        board.publish(vec![(1, news("a"))]).await;
        assert!(before.elapsed() >= pace::BETWEEN_SHARDS, "all were woken at once");
        for seat in &mut seats {
            assert_eq!(heard(seat).await, "a");
        }
        // Few are left, in whichever shards.
        seats.truncate(3);
        seats.extend((0..3).map(|_| board.join(1, account).unwrap()));
        board.publish(vec![(1, news("b"))]).await;
        for seat in seats.iter_mut().take(3) {
            assert_eq!(heard(seat).await, "b");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn seats_are_counted_and_free_again_when_somebody_leaves() {
        let board = board(3, 2);
        let (one, other) = (somebody(), somebody());
        let first = board.join(1, one).unwrap();
        let _second = board.join(2, one).unwrap();
        assert_eq!(board.join(3, one).err(), Some(Full::Account));
        let _third = board.join(1, other).unwrap();
        assert_eq!((board.join(1, other).err(), board.listeners()), (Some(Full::Process), 3));
        drop(first);
        board.join(1, one).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_changed_is_read_soon_once_and_the_rest_in_its_turn() {
        let board = board(10, 10);
        assert_eq!(board.due(Instant::now()), (vec![], None));
        let _seats = [1, 2].map(|topic| board.join(topic, somebody()).unwrap());
        let (mut due, _) = board.due(Instant::now());
        due.sort_unstable();
        assert_eq!(due, [1, 2]);
        board.changed(2);
        board.changed(2);
        board.changed(3);
        let (due, next) = board.due(Instant::now());
        assert_eq!((due, next.unwrap() - Instant::now()), (vec![], pace::LEAST));
        tokio::time::advance(pace::LEAST).await;
        assert_eq!(board.due(Instant::now()).0, [2]);
        tokio::time::advance(pace::POLL - pace::LEAST).await;
        assert_eq!(board.due(Instant::now()).0, [1]);
        board.all_changed();
        tokio::time::advance(pace::LEAST).await;
        assert_eq!(board.due(Instant::now()).0.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_ends_all_and_lets_nobody_in() {
        let board = board(10, 10);
        let mut seat = board.join(1, somebody()).unwrap();
        board.publish(vec![(1, news("a"))]).await;
        assert_eq!(heard(&mut seat).await, "a");
        board.close();
        assert_eq!(seat.next().await, None);
        assert_eq!(board.join(1, somebody()).err(), Some(Full::Process));
        drop(seat);
        assert_eq!(board.listeners(), 0);
    }
}
