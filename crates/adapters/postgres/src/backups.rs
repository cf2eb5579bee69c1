//! Rows of `backups` and `backup_desk`.

use crate::column::{before, document, size, to_document, to_size};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::backups::{Backup, BackupName, BackupStore, BackupTx, DOMAIN, Desk, Failed, Made, News, WORK, Work};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{BackupId, Owed, Page, PageRequest, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct BackupRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    asked_at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    bytes: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    row_count: Option<i64>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    record: Option<Value>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failed_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    failure: Option<String>,
}

impl TryFrom<BackupRow> for Backup {
    type Error = StoreError;

    fn try_from(row: BackupRow) -> Result<Self, StoreError> {
        let doing = "reading backups";
        let made = match (row.name, row.bytes, row.row_count, row.record) {
            (Some(name), Some(bytes), Some(rows), Some(record)) => Some(Made {
                name: BackupName::parse(&name)
                    .ok_or("it is no name of a backup")
                    .map_err(corrupt("reading backups.name"))?,
                bytes: size(bytes, doing)?,
                rows: size(rows, doing)?,
                record: document(record, "reading backups.record")?,
            }),
            (None, None, None, None) => None,
            _ => return Err(StoreError::broken(doing, "half a backup")),
        };
        let failure = row.failed_at.zip(row.failure).map(|(at, why)| Failed { at, why });
        Ok(Self { id: row.id.into(), asked_at: row.asked_at, made, failure })
    }
}

#[derive(QueryableByName)]
struct DeskRow {
    #[diesel(sql_type = Nullable<Jsonb>)]
    job: Option<Value>,
    #[diesel(sql_type = BigInt)]
    ended: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    asked_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    watched_since: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    told_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    compared_at: Option<Timestamp>,
}

impl TryFrom<DeskRow> for Desk {
    type Error = StoreError;

    fn try_from(row: DeskRow) -> Result<Self, StoreError> {
        Ok(Self {
            job: row.job.map(|job| document(job, "reading backup_desk.job")).transpose()?,
            ended: size(row.ended, "reading backup_desk.ended")?,
            asked_at: row.asked_at,
            watched_since: row.watched_since,
            told_at: row.told_at,
            compared_at: row.compared_at,
        })
    }
}

#[derive(QueryableByName)]
struct GoodRow {
    #[diesel(sql_type = Timestamptz)]
    good_at: Timestamp,
}

macro_rules! select_backups {
    ($rest:literal) => {
        concat!(
            "SELECT id, asked_at, name, bytes, row_count, record, failed_at, failure FROM backups ",
            $rest
        )
    };
}

macro_rules! select_desk {
    ($rest:literal) => {
        concat!(
            "SELECT job, ended, asked_at, watched_since, told_at, compared_at FROM backup_desk WHERE id = 1",
            $rest
        )
    };
}

fn by_id(id: BackupId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(text(select_backups!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid()))
}

fn first(rows: Vec<BackupRow>) -> Result<Option<Backup>, StoreError> {
    rows.into_iter().next().map(Backup::try_from).transpose()
}

/// Nothing stands there before somebody has come.
fn desk(rows: Vec<DeskRow>) -> Result<Desk, StoreError> {
    rows.into_iter().next().map_or_else(|| Ok(Desk::default()), Desk::try_from)
}

#[async_trait]
impl BackupStore for PgStore {
    async fn begin_backups(&self) -> Result<Box<dyn BackupTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn desk(&self) -> Result<Desk, StoreError> {
        let statement = text(select_desk!(""));
        desk(self.rows("looking what is done with backups", constant(statement)).await?)
    }

    async fn backup(&self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        first(self.rows("reading a backup", by_id(id)).await?)
    }

    async fn backups(&self, page: PageRequest) -> Result<Page<Backup>, StoreError> {
        const LIST: &str = select_backups!(
            "WHERE (asked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
             ORDER BY asked_at DESC, id DESC LIMIT $4"
        );
        let (at, id) = before(&page);
        let statement = text(LIST)
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<BackupRow> = self.rows("listing backups", constant(statement)).await?;
        let found = rows.into_iter().map(Backup::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Backup::cursor))
    }

    async fn last_good(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = text(
            "SELECT good_at FROM backups WHERE good_at > '-infinity'::timestamptz ORDER BY good_at DESC LIMIT 1",
        );
        let rows: Vec<GoodRow> = self.rows("looking for the last good backup", constant(statement)).await?;
        Ok(rows.first().map(|row| row.good_at))
    }
}

#[async_trait]
impl BackupTx for PgTx {
    async fn lock_desk(&mut self) -> Result<Desk, StoreError> {
        let doing = "coming to the desk of backups";
        // Nothing is there before somebody came for the first time, and what is not there cannot be locked.
        let there = text(
            "INSERT INTO backup_desk (id) VALUES (1) ON CONFLICT ON CONSTRAINT backup_desk_pkey DO NOTHING",
        );
        let locked = text(select_desk!(" FOR UPDATE"));
        desk(self.lock_and_load(doing, constant(there), constant(locked)).await?)
    }

    async fn save_desk(&mut self, desk: &Desk) -> Result<(), StoreError> {
        let doing = "saving what is done with backups";
        let job = desk.job.as_ref().map(|job| to_document(job, doing)).transpose()?;
        let statement = text(
            "UPDATE backup_desk SET job = $1, ended = $2, asked_at = $3, watched_since = $4, told_at = $5, \
                 compared_at = $6 WHERE id = 1",
        )
        .bind::<Nullable<Jsonb>, _>(job)
        .bind::<BigInt, _>(to_size(desk.ended, doing)?)
        .bind::<Nullable<Timestamptz>, _>(desk.asked_at)
        .bind::<Nullable<Timestamptz>, _>(desk.watched_since)
        .bind::<Nullable<Timestamptz>, _>(desk.told_at)
        .bind::<Nullable<Timestamptz>, _>(desk.compared_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    async fn backup_at_desk(&mut self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        first(self.load("reading a backup", by_id(id)).await?)
    }

    async fn save_backup(&mut self, backup: &Backup) -> Result<(), StoreError> {
        let doing = "saving a backup";
        let made = backup.made.as_ref();
        let size = |of: fn(&Made) -> u64| made.map(|made| to_size(of(made), doing)).transpose();
        let (bytes, rows) = (size(|made| made.bytes)?, size(|made| made.rows)?);
        let statement = text(
            "INSERT INTO backups (id, asked_at, name, bytes, row_count, record, failed_at, failure, good_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, bytes = excluded.bytes, \
                 row_count = excluded.row_count, record = excluded.record, failed_at = excluded.failed_at, \
                 failure = excluded.failure, good_at = excluded.good_at",
        )
        .bind::<SqlUuid, _>(backup.id.as_uuid())
        .bind::<Timestamptz, _>(backup.asked_at)
        .bind::<Nullable<Text>, _>(made.map(|made| made.name.to_string()))
        .bind::<Nullable<BigInt>, _>(bytes)
        .bind::<Nullable<BigInt>, _>(rows)
        .bind::<Nullable<Jsonb>, _>(made.map(|made| to_document(&made.record, doing)).transpose()?)
        .bind::<Nullable<Timestamptz>, _>(backup.failure.as_ref().map(|failed| failed.at))
        .bind::<Nullable<Text>, _>(backup.failure.as_ref().map(|failed| failed.why.clone()))
        .bind::<Nullable<Timestamptz>, _>(backup.good_at());
        self.write(doing, constant(statement));
        Ok(())
    }

    async fn remove_backup(&mut self, id: BackupId) -> Result<(), StoreError> {
        let statement = text("DELETE FROM backups WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        self.write("forgetting a backup", constant(statement));
        Ok(())
    }

    async fn enqueue_backup_work(&mut self, work: &[Owed<Work>]) -> Result<(), StoreError> {
        self.enqueue(WORK, work)
    }

    async fn enqueue_backup_news(&mut self, news: &[Owed<News>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, news)
    }
}
