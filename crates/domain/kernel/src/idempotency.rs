//! `Idempotency-Key`: the same request gives the same answer, however often the network makes a client repeat it.

use crate::{AccountId, StoreError, Timestamp};
use async_trait::async_trait;

/// Which request it is: the key is bound to its caller and to a digest of route and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who sent it.
    pub caller: AccountId,
    /// The header's value.
    pub key: String,
    /// SHA-256 over method, path and body.
    pub fingerprint: [u8; 32],
}

/// An answer to give again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Location`, if there was one.
    pub location: Option<String>,
    /// The JSON body as it was sent.
    pub body: Vec<u8>,
}

/// What is known of a key when a request arrives with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Never seen, or an earlier holder vanished: it is now in flight, for us.
    Fresh,
    /// Another request with it is being worked on.
    InFlight,
    /// It was used for another request.
    Mismatch,
    /// It was answered before.
    Answered(StoredAnswer),
}

/// Most rows that one sweep drops, so that none keeps others waiting for long; who sweeps goes on until none is left.
pub const SWEPT_AT_ONCE: u32 = 1000;

/// Keeps keys and answers for a day.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Claims the key until `in_flight_until`, or says what is known of it.
    async fn begin(
        &self,
        request: &RequestKey,
        now: Timestamp,
        in_flight_until: Timestamp,
    ) -> Result<Begun, StoreError>;
    /// Keeps the answer.
    async fn answer(&self, request: &RequestKey, answer: &StoredAnswer) -> Result<(), StoreError>;
    /// Lets the key go, so that a repeat is worked on anew (5xx, 429 and 409 are not kept).
    async fn release(&self, request: &RequestKey) -> Result<(), StoreError>;
    /// Drops what was begun before `before`, at most [`SWEPT_AT_ONCE`]; returns how many.
    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError>;
}
