//! Requests that must not be performed twice, and their answers.

use crate::document::{Document, Step, Table, base64};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::{
    AccountId, Begun, IdempotencyStore, RequestKey, SWEPT_AT_ONCE, StoreError, StoredAnswer, Timestamp,
    Transaction, transact,
};
use serde::{Deserialize, Serialize};

/// Requests, and when each was begun.
#[derive(Clone, Default)]
pub(crate) struct IdempotencyTables {
    pub(crate) requests: Table<KeptRequest>,
    pub(crate) by_begin: OrdSet<(Timestamp, (AccountId, String))>,
}

/// What is known of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptRequest {
    caller: AccountId,
    key: String,
    #[serde(with = "base64")]
    fingerprint: [u8; 32],
    begun_at: Timestamp,
    in_flight_until: Timestamp,
    answer: Option<KeptAnswer>,
}

/// [`StoredAnswer`] as a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptAnswer {
    status: u16,
    location: Option<String>,
    #[serde(with = "base64")]
    body: Vec<u8>,
}

impl From<KeptAnswer> for StoredAnswer {
    fn from(kept: KeptAnswer) -> Self {
        let KeptAnswer { status, location, body } = kept;
        Self { status, location, body }
    }
}

impl Document for KeptRequest {
    const KIND: &'static str = "request";
    type Key = (AccountId, String);

    fn key(&self) -> Self::Key {
        (self.caller, self.key.clone())
    }

    fn table(state: &State) -> &Table<Self> {
        &state.idempotency.requests
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.idempotency.requests
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.idempotency.by_begin, (self.begun_at, self.key()));
    }
}

impl KeptRequest {
    fn fresh(request: &RequestKey, now: Timestamp, in_flight_until: Timestamp) -> Self {
        let RequestKey { caller, key, fingerprint } = request.clone();
        Self { caller, key, fingerprint, begun_at: now, in_flight_until, answer: None }
    }

    /// What a request that comes with the key now is told; [`Begun::Fresh`] when it may be taken over.
    fn judge(&self, request: &RequestKey, now: Timestamp) -> Begun {
        if self.fingerprint != request.fingerprint {
            return Begun::Mismatch;
        }
        match &self.answer {
            Some(answer) => Begun::Answered(answer.clone().into()),
            None if now < self.in_flight_until => Begun::InFlight,
            None => Begun::Fresh,
        }
    }
}

impl LocalTx {
    /// The request with this key, if it is this very one.
    fn kept(&self, request: &RequestKey) -> Option<KeptRequest> {
        let kept = self.state().copy::<KeptRequest>(&(request.caller, request.key.clone()));
        kept.filter(|kept| kept.fingerprint == request.fingerprint)
    }
}

#[async_trait]
impl IdempotencyStore for LocalStore {
    async fn begin(
        &self,
        request: &RequestKey,
        now: Timestamp,
        in_flight_until: Timestamp,
    ) -> Result<Begun, StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            let place = (request.caller, request.key.clone());
            let begun =
                tx.state().get::<KeptRequest>(&place).map_or(Begun::Fresh, |kept| kept.judge(request, now));
            if begun == Begun::Fresh {
                tx.put(KeptRequest::fresh(request, now, in_flight_until));
            }
            Ok(begun)
        })
        .await
    }

    async fn answer(&self, request: &RequestKey, answer: &StoredAnswer) -> Result<(), StoreError> {
        let StoredAnswer { status, location, body } = answer.clone();
        let mut tx = self.write().await?;
        if let Some(kept) = tx.kept(request) {
            tx.put(KeptRequest { answer: Some(KeptAnswer { status, location, body }), ..kept });
        }
        tx.commit().await
    }

    async fn release(&self, request: &RequestKey) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if let Some(kept) = tx.kept(request).filter(|kept| kept.answer.is_none()) {
            tx.remove::<KeptRequest>(&kept.key());
        }
        tx.commit().await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let begun = tx.state().idempotency.by_begin.iter().take_while(|(begun_at, _)| *begun_at < before);
        let most = usize::try_from(SWEPT_AT_ONCE).unwrap_or(usize::MAX);
        let old: Vec<_> = begun.take(most).map(|(_, place)| place.clone()).collect();
        for place in &old {
            tx.remove::<KeptRequest>(place);
        }
        tx.commit().await?;
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }
}
