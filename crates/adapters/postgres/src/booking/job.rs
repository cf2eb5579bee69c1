//! Rows of `jobs`.

use crate::column::{count, document, to_document, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Job, JobTx};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, JobId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct JobRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    account_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    done: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    last_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    report: Value,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    changed_at: Timestamp,
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            event: row.event_id.into(),
            organisation: row.organisation_id.into(),
            by: row.account_id.map(Into::into),
            status: word(&row.status, "reading jobs.status")?,
            done: count(row.done, "reading jobs.done")?,
            total: count(row.total, "reading jobs.total")?,
            last: row.last_id.map(Into::into),
            report: document(row.report, "reading jobs.report")?,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    bookings: i64,
}

fn job_by_id(id: JobId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let statement = text(
        "SELECT id, event_id, organisation_id, account_id, status, done, total, last_id, report, created_at, \
         changed_at FROM jobs WHERE id = $1",
    );
    constant(statement.bind::<SqlUuid, _>(id.as_uuid()))
}

impl PgStore {
    pub(super) async fn job_by_id(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        let rows: Vec<JobRow> = self.rows("reading a job", job_by_id(id)).await?;
        rows.into_iter().next().map(Job::try_from).transpose()
    }
}

#[async_trait]
impl JobTx for PgTx {
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>, StoreError> {
        let lock = text("SELECT FROM jobs WHERE id = $1 FOR UPDATE").bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<JobRow> = self.lock_and_load("locking a job", constant(lock), job_by_id(id)).await?;
        rows.into_iter().next().map(Job::try_from).transpose()
    }

    async fn job_of_event(&mut self, event: EventId) -> Result<Option<JobId>, StoreError> {
        let statement = text("SELECT id FROM jobs WHERE event_id = $1 AND kind = 'cancel_event'")
            .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<IdRow> = self.load("looking for the job of an event", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| row.id.into()))
    }

    async fn count_living_bookings(&mut self, event: EventId) -> Result<u32, StoreError> {
        let doing = "counting living bookings";
        let statement = text(
            "SELECT count(*) AS bookings FROM bookings WHERE event_id = $1 \
             AND status IN ('pending_payment', 'confirmed')",
        )
        .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<CountRow> = self.load(doing, constant(statement)).await?;
        rows.first().map_or(Ok(0), |row| u32::try_from(row.bookings).map_err(corrupt(doing)))
    }

    async fn add_job(&mut self, job: &Job) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO jobs (id, kind, event_id, organisation_id, account_id, status, done, total, last_id, \
                 report, created_at, changed_at) \
             VALUES ($1, 'cancel_event', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind::<SqlUuid, _>(job.id.as_uuid())
        .bind::<SqlUuid, _>(job.event.as_uuid())
        .bind::<SqlUuid, _>(job.organisation.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(job.by.map(|by| by.as_uuid()))
        .bind::<Text, _>(job.status.as_str())
        .bind::<BigInt, _>(i64::from(job.done))
        .bind::<BigInt, _>(i64::from(job.total))
        .bind::<Nullable<SqlUuid>, _>(job.last.map(|last| last.as_uuid()))
        .bind::<Jsonb, _>(to_document(&job.report, "writing jobs.report")?)
        .bind::<Timestamptz, _>(job.created_at)
        .bind::<Timestamptz, _>(job.changed_at);
        self.write("adding a job", constant(statement));
        Ok(())
    }

    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE jobs SET status = $2, done = $3, total = $4, last_id = $5, report = $6, changed_at = $7 \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(job.id.as_uuid())
        .bind::<Text, _>(job.status.as_str())
        .bind::<BigInt, _>(i64::from(job.done))
        .bind::<BigInt, _>(i64::from(job.total))
        .bind::<Nullable<SqlUuid>, _>(job.last.map(|last| last.as_uuid()))
        .bind::<Jsonb, _>(to_document(&job.report, "writing jobs.report")?)
        .bind::<Timestamptz, _>(job.changed_at);
        self.write("saving a job", constant(statement));
        Ok(())
    }
}
