//! The outbox: effects that are owed, and the leases of the workers that perform them.

mod list;

use crate::column::count;
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::outbox::{Backlog, DISCARDED, Discarded, OwedWork, SetAside, UNHEARD, WorkCount, WorkFilter};
use kernel::{
    Act, AuditTx, Due, EffectId, Lease, Outbox, Owed, Page, PageRequest, StoreError, Timestamp, transact,
};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

impl PgTx {
    /// Owes a domain's effects.
    pub(crate) fn enqueue<E>(&mut self, domain: &'static str, effects: &[Owed<E>]) -> Result<(), StoreError>
    where
        E: Serialize + Sync,
    {
        if effects.is_empty() {
            return Ok(());
        }
        let doing = "owing effects";
        let ids: Vec<Uuid> = effects.iter().map(|owed| owed.id.as_uuid()).collect();
        let bodies = effects.iter().map(|owed| serde_json::to_string(&owed.effect).map_err(corrupt(doing)));
        let bodies: Vec<String> = bodies.collect::<Result<_, _>>()?;
        let due: Vec<Timestamp> = effects.iter().map(|owed| owed.due_at).collect();
        let trace = self.trace().map(|trace| trace.to_string());
        let statement = text(
            "INSERT INTO effects (id, domain, body, due_at, trace) \
             SELECT n.id, $1, n.body::json, n.due_at, $5 FROM unnest($2, $3, $4) AS n(id, body, due_at)",
        )
        .bind::<Text, _>(domain)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(bodies)
        .bind::<Array<Timestamptz>, _>(due)
        .bind::<Nullable<Text>, _>(trace);
        self.write(doing, constant(statement));
        Ok(())
    }
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    domain: String,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Timestamptz)]
    due_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    leased_until: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    trace: Option<String>,
}

impl TryFrom<DueRow> for Due {
    type Error = StoreError;

    fn try_from(row: DueRow) -> Result<Self, StoreError> {
        let DueRow { id, domain, body, attempts, due_at, leased_until, trace } = row;
        let attempts = count(attempts, "reading effects.attempts")?;
        // Whatever stands there, the work is done.
        let trace = trace.and_then(|trace| trace.parse().ok());
        Ok(Self { id: id.into(), domain, body, attempts, due_at, leased_until, trace })
    }
}

#[derive(QueryableByName)]
struct TakenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_due: Option<Timestamp>,
}

impl PgStore {
    /// Carries out what somebody says of an effect with its lease; `false` when they do not hold it any more.
    async fn said<Q>(&self, doing: &'static str, statement: Statement<Q>) -> Result<bool, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
    {
        let mut connection = self.connection(doing).await?;
        let touched = statement.execute(&mut connection).await.map_err(failed(doing))?;
        Ok(touched == 1)
    }
}

#[async_trait]
impl Outbox for PgStore {
    async fn claim(
        &self,
        domains: &[&str],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let doing = "claiming effects";
        // Each domain by itself, by the index that begins with it: the rows of one are a run of that index, and are asked
        // for as such, since a plan for whatever values takes the index by time alone where it can, and walks past all
        // that other domains owe. What is locked beyond the limit is free again with the end of the statement. Whoever says
        // something gives the lease back: one that is still there is of a worker that never did.
        let statement = text(
            "UPDATE effects SET leased_until = $2, attempts = attempts + 1, \
                 last_error = CASE WHEN leased_until IS NULL THEN last_error ELSE $5 END WHERE id = ANY(ARRAY( \
                 SELECT e.id FROM (SELECT DISTINCT unnest($4) AS name) d CROSS JOIN LATERAL ( \
                     SELECT id, due_at FROM effects \
                     WHERE domain >= d.name AND (domain, due_at) <= (d.name, $1) AND parked_at IS NULL \
                         AND (leased_until IS NULL OR leased_until <= $1) \
                     ORDER BY domain, due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED \
                 ) e ORDER BY e.due_at, e.id LIMIT $3 \
             )) \
             RETURNING id, domain, body::text AS body, attempts - 1 AS attempts, due_at, leased_until, trace",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_until)
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Array<Text>, _>(domains)
        .bind::<Text, _>(UNHEARD);
        let mut connection = self.connection(doing).await?;
        let rows: Vec<DueRow> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        let mut due = rows.into_iter().map(Due::try_from).collect::<Result<Vec<_>, _>>()?;
        // An UPDATE returns its rows in no order.
        due.sort_by_key(|due| (due.due_at, due.id));
        Ok(due)
    }

    async fn renew(&self, lease: Lease, until: Timestamp) -> Result<bool, StoreError> {
        let statement = text("UPDATE effects SET leased_until = $3 WHERE id = $1 AND leased_until = $2")
            .bind::<SqlUuid, _>(lease.effect.as_uuid())
            .bind::<Timestamptz, _>(lease.until)
            .bind::<Timestamptz, _>(until);
        self.said("renewing a lease", constant(statement)).await
    }

    async fn finish(&self, lease: Lease) -> Result<bool, StoreError> {
        let statement = text("DELETE FROM effects WHERE id = $1").bind::<SqlUuid, _>(lease.effect.as_uuid());
        self.said("finishing an effect", constant(statement)).await
    }

    async fn postpone(
        &self,
        lease: Lease,
        due_at: Timestamp,
        error: Option<&str>,
    ) -> Result<bool, StoreError> {
        let statement = text(
            "UPDATE effects SET due_at = $3, leased_until = NULL, last_error = $4, \
             attempts = CASE WHEN $4 IS NULL THEN 0 ELSE attempts END WHERE id = $1 AND leased_until = $2",
        )
        .bind::<SqlUuid, _>(lease.effect.as_uuid())
        .bind::<Timestamptz, _>(lease.until)
        .bind::<Timestamptz, _>(due_at)
        .bind::<Nullable<Text>, _>(error);
        self.said("postponing an effect", constant(statement)).await
    }

    async fn defer(&self, lease: Lease, due_at: Timestamp) -> Result<bool, StoreError> {
        let statement = text(
            "UPDATE effects SET due_at = $3, leased_until = NULL, attempts = greatest(attempts - 1, 0) \
             WHERE id = $1 AND leased_until = $2",
        )
        .bind::<SqlUuid, _>(lease.effect.as_uuid())
        .bind::<Timestamptz, _>(lease.until)
        .bind::<Timestamptz, _>(due_at);
        self.said("deferring an effect", constant(statement)).await
    }

    async fn park(&self, lease: Lease, error: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement = text(
            "UPDATE effects SET parked_at = $4, leased_until = NULL, last_error = $3 \
             WHERE id = $1 AND leased_until = $2",
        )
        .bind::<SqlUuid, _>(lease.effect.as_uuid())
        .bind::<Timestamptz, _>(lease.until)
        .bind::<Text, _>(error)
        .bind::<Timestamptz, _>(now);
        self.said("parking an effect", constant(statement)).await
    }

    async fn listed(&self, filter: &WorkFilter, page: PageRequest) -> Result<Page<OwedWork>, StoreError> {
        list::listed(self, filter, page).await
    }

    async fn counted(&self) -> Result<Vec<WorkCount>, StoreError> {
        list::counted(self).await
    }

    async fn set_aside(&self, id: EffectId) -> Result<Option<SetAside>, StoreError> {
        list::set_aside(self, id).await
    }

    async fn owes(&self, domain: &str, body: &str) -> Result<bool, StoreError> {
        list::owes(self, domain, body).await
    }

    async fn retry(&self, wanted: &[(EffectId, Act)], now: Timestamp) -> Result<Vec<EffectId>, StoreError> {
        let doing = "taking up what failed";
        let acts: BTreeMap<EffectId, &Act> = wanted.iter().map(|(id, act)| (*id, act)).collect();
        let ids: Vec<Uuid> = acts.keys().map(|id| id.as_uuid()).collect();
        // In the order of the ids, so that nobody who wants the same waits for somebody who waits for them.
        let statement = text(
            "UPDATE effects SET parked_at = NULL, attempts = 0, due_at = $2, leased_until = NULL, last_error = NULL \
             WHERE id = ANY(ARRAY( \
                 SELECT id FROM effects WHERE id = ANY($1) \
                     AND (parked_at IS NOT NULL OR (last_error IS NOT NULL AND attempts > 0)) \
                     AND (leased_until IS NULL OR leased_until <= $2) ORDER BY id FOR UPDATE \
             )) RETURNING id",
        )
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Timestamptz, _>(now);
        transact(Box::new(self.transaction().await?), async |tx: &mut PgTx| {
            let rows: Vec<TakenRow> = tx.load(doing, constant(statement)).await?;
            let mut taken: Vec<EffectId> = rows.into_iter().map(|row| row.id.into()).collect();
            taken.sort_unstable();
            let done: Vec<Act> = taken.iter().filter_map(|id| acts.get(id).copied().cloned()).collect();
            tx.record(&done).await?;
            Ok(taken)
        })
        .await
    }

    async fn discard(
        &self,
        id: EffectId,
        act: &Act,
        news: Option<&Owed<Discarded>>,
    ) -> Result<bool, StoreError> {
        let doing = "discarding a parked effect";
        let statement = text("DELETE FROM effects WHERE id = $1 AND parked_at IS NOT NULL")
            .bind::<SqlUuid, _>(id.as_uuid());
        transact(Box::new(self.transaction().await?), async |tx: &mut PgTx| {
            let gone = tx.execute(doing, constant(statement)).await? == 1;
            if gone {
                if let Some(news) = news {
                    tx.enqueue(DISCARDED, std::slice::from_ref(news))?;
                }
                tx.record(std::slice::from_ref(act)).await?;
            }
            Ok(gone)
        })
        .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let doing = "counting the outbox";
        let statement = text(
            "SELECT count(*) AS waiting, (SELECT count(*) FROM effects WHERE parked_at IS NOT NULL) AS parked, \
             min(due_at) AS oldest_due FROM effects WHERE parked_at IS NULL",
        );
        let mut connection = self.connection(doing).await?;
        let row: BacklogRow = constant(statement).get_result(&mut connection).await.map_err(failed(doing))?;
        Ok(Backlog {
            waiting: row.waiting.try_into().map_err(corrupt(doing))?,
            parked: row.parked.try_into().map_err(corrupt(doing))?,
            oldest_due: row.oldest_due,
        })
    }
}
