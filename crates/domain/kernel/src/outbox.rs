//! Work owed after a commit: written with its cause, performed later by a worker, at least once.

use crate::{Act, Cursor, EffectId, Page, PageRequest, StoreError, Timestamp};
use async_trait::async_trait;

/// An effect with the time from which it is due; every domain has its own `E`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed<E> {
    /// Names the effect; also its idempotency key towards the outside.
    pub id: EffectId,
    /// What is owed.
    pub effect: E,
    /// Not to be performed before.
    pub due_at: Timestamp,
}

impl<E> Owed<E> {
    /// Owed at once.
    pub fn now(effect: E, now: Timestamp) -> Self {
        Self::at(effect, now, now)
    }

    /// Owed from `due_at` on.
    pub fn at(effect: E, now: Timestamp, due_at: Timestamp) -> Self {
        Self { id: EffectId::generate(now), effect, due_at }
    }
}

/// An effect that a worker has leased: nobody else gets it before the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Names the effect.
    pub id: EffectId,
    /// Which domain owes it: the domain crate's name.
    pub domain: String,
    /// The domain's effect as a JSON document.
    pub body: String,
    /// How often it failed before.
    pub attempts: u32,
    /// When it was owed.
    pub due_at: Timestamp,
}

/// An effect that kept failing and was set aside. What it says stays in the store: it may hold addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Names the effect.
    pub id: EffectId,
    /// Which domain owes it: the domain crate's name.
    pub domain: String,
    /// How often it failed.
    pub attempts: u32,
    /// When it was set aside.
    pub parked_at: Timestamp,
    /// Why it failed the last time.
    pub error: String,
}

impl Parked {
    /// Where it stands in lists.
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.parked_at, id: self.id.as_uuid() }
    }
}

/// The worker's side of the outbox, and that of the person who looks after it. Domains write to it through their own transactions.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases up to `limit` effects of these domains that are due, the longest due first; two workers never get the same
    /// one. What another version owes under a name that is not asked for waits for it.
    async fn claim(
        &self,
        domains: &[&str],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError>;
    /// Makes a lease last longer that was to end at `held_until`: for work of many minutes. `false` when it is not ours any
    /// more: it was finished, or somebody else has taken it up since.
    async fn renew(&self, id: EffectId, held_until: Timestamp, until: Timestamp) -> Result<bool, StoreError>;
    /// Performed: the rows go.
    async fn finish(&self, done: &[EffectId]) -> Result<(), StoreError>;
    /// Not now: due again at `due_at`. With an `error` it counts as a failed attempt; without one it went well, and
    /// the failures before it count no more.
    async fn postpone(&self, id: EffectId, due_at: Timestamp, error: Option<&str>) -> Result<(), StoreError>;
    /// Not begun: due again at `due_at`, and the failures before it still count.
    async fn defer(&self, id: EffectId, due_at: Timestamp) -> Result<(), StoreError>;
    /// Keeps failing: set aside until a person looks at it.
    async fn park(&self, id: EffectId, error: &str, now: Timestamp) -> Result<(), StoreError>;
    /// What is parked, the latest parked first.
    async fn parked(&self, page: PageRequest) -> Result<Page<Parked>, StoreError>;
    /// Takes up again what was parked: due at `now`, as if it had never failed; records `act` with it. `false`, and
    /// nothing recorded, when it is not parked.
    async fn retry(&self, id: EffectId, now: Timestamp, act: &Act) -> Result<bool, StoreError>;
    /// How many wait (due or not), how many are parked, and when the longest due one was due.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}

/// What waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Neither performed nor parked.
    pub waiting: u64,
    /// Set aside for a person.
    pub parked: u64,
    /// The earliest `due_at` among the waiting.
    pub oldest_due: Option<Timestamp>,
}
