//! Requests that may be repeated, and the answers they got.

use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Begun, IdempotencyStore, RequestKey, StoreError, StoredAnswer, Timestamp};

/// How often a key may vanish between the try to take it and the look at who has it.
const TRIES: usize = 3;

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Bool)]
    ours: bool,
    #[diesel(sql_type = Nullable<Binary>)]
    fingerprint: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Integer>)]
    status: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    location: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    body: Option<Vec<u8>>,
}

impl Known {
    fn says(self, request: &RequestKey) -> Result<Begun, StoreError> {
        if self.ours {
            return Ok(Begun::Fresh);
        }
        if self.fingerprint.as_deref() != Some(request.fingerprint.as_slice()) {
            return Ok(Begun::Mismatch);
        }
        let (Some(status), Some(body)) = (self.status, self.body) else { return Ok(Begun::InFlight) };
        let status = status.try_into().map_err(corrupt("reading idempotency_keys.status"))?;
        Ok(Begun::Answered(StoredAnswer { status, location: self.location, body }))
    }
}

#[async_trait]
impl IdempotencyStore for PgStore {
    async fn begin(
        &self,
        request: &RequestKey,
        now: Timestamp,
        in_flight_until: Timestamp,
    ) -> Result<Begun, StoreError> {
        let doing = "beginning a repeatable request";
        let mut connection = self.connection(doing).await?;
        for _ in 0..TRIES {
            // A key whose holder vanished is taken over, but only for the same request.
            let statement = text(
                "WITH taken AS ( \
                     INSERT INTO idempotency_keys AS k (caller_id, key, fingerprint, begun_at, in_flight_until) \
                     VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE \
                     SET begun_at = excluded.begun_at, in_flight_until = excluded.in_flight_until \
                     WHERE k.status IS NULL AND k.in_flight_until <= $4 AND k.fingerprint = excluded.fingerprint \
                     RETURNING 1 \
                 ) \
                 SELECT true AS ours, NULL::bytea AS fingerprint, NULL::integer AS status, NULL::text AS location, \
                     NULL::bytea AS body FROM taken \
                 UNION ALL \
                 SELECT false, k.fingerprint, k.status, k.location, k.body FROM idempotency_keys k \
                 WHERE k.caller_id = $1 AND k.key = $2 AND NOT EXISTS (SELECT FROM taken)",
            )
            .bind::<SqlUuid, _>(request.caller.as_uuid())
            .bind::<Text, _>(&request.key)
            .bind::<Binary, _>(request.fingerprint.as_slice())
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(in_flight_until);
            let known: Vec<Known> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
            // No row: another request took the key or let it go while this statement ran.
            if let Some(known) = known.into_iter().next() {
                return known.says(request);
            }
        }
        Err(StoreError::unavailable(doing, "the key keeps changing hands"))
    }

    async fn answer(&self, request: &RequestKey, answer: &StoredAnswer) -> Result<(), StoreError> {
        let doing = "keeping an answer";
        let statement = text(
            "UPDATE idempotency_keys SET status = $4, location = $5, body = $6 \
             WHERE caller_id = $1 AND key = $2 AND fingerprint = $3",
        )
        .bind::<SqlUuid, _>(request.caller.as_uuid())
        .bind::<Text, _>(&request.key)
        .bind::<Binary, _>(request.fingerprint.as_slice())
        .bind::<Integer, _>(i32::from(answer.status))
        .bind::<Nullable<Text>, _>(answer.location.as_deref())
        .bind::<Binary, _>(answer.body.as_slice());
        let mut connection = self.connection(doing).await?;
        constant(statement).execute(&mut connection).await.map(drop).map_err(failed(doing))
    }

    async fn release(&self, request: &RequestKey) -> Result<(), StoreError> {
        let doing = "letting a key go";
        let statement = text(
            "DELETE FROM idempotency_keys \
             WHERE caller_id = $1 AND key = $2 AND fingerprint = $3 AND status IS NULL",
        )
        .bind::<SqlUuid, _>(request.caller.as_uuid())
        .bind::<Text, _>(&request.key)
        .bind::<Binary, _>(request.fingerprint.as_slice());
        let mut connection = self.connection(doing).await?;
        constant(statement).execute(&mut connection).await.map(drop).map_err(failed(doing))
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        let doing = "dropping old keys";
        let statement = text(
            "DELETE FROM idempotency_keys WHERE (caller_id, key) IN ( \
                 SELECT caller_id, key FROM idempotency_keys WHERE begun_at < $1 ORDER BY begun_at LIMIT $2 \
                 FOR UPDATE SKIP LOCKED \
             )",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(i64::from(kernel::SWEPT_AT_ONCE));
        let mut connection = self.connection(doing).await?;
        let gone = constant(statement).execute(&mut connection).await.map_err(failed(doing))?;
        gone.try_into().map_err(corrupt(doing))
    }
}
