//! The outbox: effects that are owed, and the leases of the workers that perform them.

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
use kernel::outbox::Backlog;
use kernel::{
    Act, AuditTx, Due, EffectId, Lease, Outbox, Owed, Page, PageRequest, Parked, StoreError, Timestamp,
    transact,
};
use serde::Serialize;
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
        let statement = text(
            "INSERT INTO effects (id, domain, body, due_at) \
             SELECT n.id, $1, n.body::json, n.due_at FROM unnest($2, $3, $4) AS n(id, body, due_at)",
        )
        .bind::<Text, _>(domain)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(bodies)
        .bind::<Array<Timestamptz>, _>(due);
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
}

impl TryFrom<DueRow> for Due {
    type Error = StoreError;

    fn try_from(row: DueRow) -> Result<Self, StoreError> {
        let DueRow { id, domain, body, attempts, due_at, leased_until } = row;
        let attempts = count(attempts, "reading effects.attempts")?;
        Ok(Self { id: id.into(), domain, body, attempts, due_at, leased_until })
    }
}

#[derive(QueryableByName)]
struct ParkedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    domain: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Timestamptz)]
    parked_at: Timestamp,
    #[diesel(sql_type = Text)]
    last_error: String,
}

impl TryFrom<ParkedRow> for Parked {
    type Error = StoreError;

    fn try_from(row: ParkedRow) -> Result<Self, StoreError> {
        let ParkedRow { id, domain, attempts, parked_at, last_error: error } = row;
        let attempts = count(attempts, "reading effects.attempts")?;
        Ok(Self { id: id.into(), domain, attempts, parked_at, error })
    }
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
        // that other domains owe. What is locked beyond the limit is free again with the end of the statement.
        let statement = text(
            "UPDATE effects SET leased_until = $2, attempts = attempts + 1 WHERE id = ANY(ARRAY( \
                 SELECT e.id FROM (SELECT DISTINCT unnest($4) AS name) d CROSS JOIN LATERAL ( \
                     SELECT id, due_at FROM effects \
                     WHERE domain >= d.name AND (domain, due_at) <= (d.name, $1) AND parked_at IS NULL \
                         AND (leased_until IS NULL OR leased_until <= $1) \
                     ORDER BY domain, due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED \
                 ) e ORDER BY e.due_at, e.id LIMIT $3 \
             )) \
             RETURNING id, domain, body::text AS body, attempts - 1 AS attempts, due_at, leased_until",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_until)
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Array<Text>, _>(domains);
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
            "UPDATE effects SET due_at = $3, leased_until = NULL, last_error = coalesce($4, last_error), \
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

    async fn parked(&self, page: PageRequest) -> Result<Page<Parked>, StoreError> {
        let doing = "listing parked effects";
        let statement = text(
            "SELECT id, domain, attempts, parked_at, last_error FROM effects WHERE parked_at IS NOT NULL \
             AND (parked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
             ORDER BY parked_at DESC, id DESC LIMIT $4",
        )
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let mut connection = self.connection(doing).await?;
        let rows: Vec<ParkedRow> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(Parked::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Parked::cursor))
    }

    async fn retry(&self, id: EffectId, now: Timestamp, act: &Act) -> Result<bool, StoreError> {
        let doing = "taking up a parked effect";
        let statement = text(
            "UPDATE effects SET parked_at = NULL, attempts = 0, due_at = $2, leased_until = NULL \
             WHERE id = $1 AND parked_at IS NOT NULL",
        )
        .bind::<SqlUuid, _>(id.as_uuid())
        .bind::<Timestamptz, _>(now);
        transact(Box::new(self.transaction().await?), async |tx: &mut PgTx| {
            let taken = tx.execute(doing, constant(statement)).await? == 1;
            if taken {
                tx.record(std::slice::from_ref(act)).await?;
            }
            Ok(taken)
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
