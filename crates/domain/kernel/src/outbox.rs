//! Work owed after a commit: written with its cause, performed later by a worker, at least once.

pub mod work;

pub use work::{DISCARDED, Discarded, OwedWork, SetAside, Standing, UNHEARD, WorkCount, WorkFilter};

use crate::{Act, EffectId, Page, PageRequest, StoreError, Timestamp, TraceParent};
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
    /// How often it failed before. Whoever took it up and was never heard of again has failed as well.
    pub attempts: u32,
    /// When it was owed.
    pub due_at: Timestamp,
    /// Nobody else gets it before.
    pub leased_until: Timestamp,
    /// In which trace it was owed, if in any.
    pub trace: Option<TraceParent>,
}

impl Due {
    /// What says that it is ours.
    #[must_use]
    pub const fn lease(&self) -> Lease {
        Lease { effect: self.id, until: self.leased_until }
    }
}

/// Says whose an effect is: until when it was leased tells one lease from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which effect.
    pub effect: EffectId,
    /// When the lease ends. It goes on for as long as nobody else takes the effect up.
    pub until: Timestamp,
}

/// The worker's side of the outbox, and that of the person who looks after it. Domains write to it through their own transactions.
///
/// Whatever a worker says of an effect, it says with its lease. `false` when that is not good any more: the effect was
/// finished, or somebody else has taken it up since; nothing is changed then. Only that it is done is heard from anybody.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases up to `limit` effects of these domains that are due, the longest due first; two workers never get the same
    /// one. What another version owes under a name that is not asked for waits for it. Each counts as failed once more until
    /// it is said how it went: what brings its worker down is not tried for ever, and has [`UNHEARD`] as its error.
    async fn claim(
        &self,
        domains: &[&str],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError>;
    /// Makes a lease last until then: for work of many minutes.
    async fn renew(&self, lease: Lease, until: Timestamp) -> Result<bool, StoreError>;
    /// Performed: the row goes, whoever has the lease by now. If it did not, what takes longer than a lease would be done
    /// again and again. `false` when it had gone before.
    async fn finish(&self, lease: Lease) -> Result<bool, StoreError>;
    /// Not now: due again at `due_at`. With an `error` it counts as a failed attempt; without one it went well, and
    /// the failures before it count no more, nor is their error kept.
    async fn postpone(
        &self,
        lease: Lease,
        due_at: Timestamp,
        error: Option<&str>,
    ) -> Result<bool, StoreError>;
    /// Not begun: due again at `due_at`, and the failures before it still count, but this time does not.
    async fn defer(&self, lease: Lease, due_at: Timestamp) -> Result<bool, StoreError>;
    /// Keeps failing: set aside until a person looks at it.
    async fn park(&self, lease: Lease, error: &str, now: Timestamp) -> Result<bool, StoreError>;
    /// What is owed and stands so: of what is parked the latest first, of the rest what is due first.
    async fn listed(&self, filter: &WorkFilter, page: PageRequest) -> Result<Page<OwedWork>, StoreError>;
    /// How much is owed, by domain and kind, in their order.
    async fn counted(&self) -> Result<Vec<WorkCount>, StoreError>;
    /// What is parked under this id, whole.
    async fn set_aside(&self, id: EffectId) -> Result<Option<SetAside>, StoreError>;
    /// Whether the very same is owed and not parked.
    async fn owes(&self, domain: &str, body: &str) -> Result<bool, StoreError>;
    /// Takes up again what failed, each once: due at `now`, as if it had never failed; records the act beside each with
    /// it. Answers which these were, in the order of their ids: neither what did not fail nor what a worker is at.
    async fn retry(&self, wanted: &[(EffectId, Act)], now: Timestamp) -> Result<Vec<EffectId>, StoreError>;
    /// Removes what is parked, undone; in the same transaction records `act` and owes `news` of it, under [`DISCARDED`].
    /// `false`, and nothing recorded or owed, when it is not parked.
    async fn discard(
        &self,
        id: EffectId,
        act: &Act,
        news: Option<&Owed<Discarded>>,
    ) -> Result<bool, StoreError>;
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
