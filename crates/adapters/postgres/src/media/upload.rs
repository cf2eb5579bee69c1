//! Rows of `uploads`.

use crate::column::{count, size, to_size, to_word, word};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::media::Upload;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, StoreError, Timestamp, UploadId};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct UploadRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    by_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    filename: String,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Text)]
    format: String,
    #[diesel(sql_type = BigInt)]
    part_size: i64,
    #[diesel(sql_type = Text)]
    parts: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    expires_at: Timestamp,
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            by: row.by_id.into(),
            kind: word(&row.kind, "reading uploads.kind")?,
            filename: row.filename,
            size: size(row.size, "reading uploads.size")?,
            format: word(&row.format, "reading uploads.format")?,
            part_size: size(row.part_size, "reading uploads.part_size")?,
            parts: row.parts,
            status: word(&row.status, "reading uploads.status")?,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

pub(super) fn uploads(rows: Vec<UploadRow>) -> Result<Vec<Upload>, StoreError> {
    rows.into_iter().map(Upload::try_from).collect()
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

macro_rules! select_uploads {
    ($rest:literal) => {
        concat!(
            "SELECT id, by_id, kind, filename, size, format, part_size, parts, status, created_at, expires_at ",
            "FROM uploads ",
            $rest
        )
    };
}
pub(super) use select_uploads;

/// What the first number of a pair says that senders are locked by, there being no row for those who never sent a thing.
const SENDERS: i32 = 0x7365_6e64;

impl PgTx {
    pub(super) async fn upload_locked(&mut self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        let statement =
            text(select_uploads!("WHERE id = $1 FOR NO KEY UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<UploadRow> = self.load("locking an upload", constant(statement)).await?;
        rows.into_iter().next().map(Upload::try_from).transpose()
    }

    pub(super) async fn living_uploads_locked(&mut self, by: AccountId) -> Result<u32, StoreError> {
        let doing = "counting the uploads of a sender";
        // Two senders of the same hash wait for each other, and nothing else.
        let lock = text("SELECT pg_advisory_xact_lock($1, hashtext($2::text))")
            .bind::<Integer, _>(SENDERS)
            .bind::<SqlUuid, _>(by.as_uuid());
        let read = text(
            "SELECT count(*) AS count FROM uploads WHERE by_id = $1 AND status IN ('open', 'completed')",
        )
        .bind::<SqlUuid, _>(by.as_uuid());
        let rows: Vec<CountRow> = self.lock_and_load(doing, constant(lock), constant(read)).await?;
        count(rows.first().map_or(0, |row| row.count), doing)
    }

    pub(super) fn insert_upload(&mut self, it: &Upload) -> Result<(), StoreError> {
        let doing = "adding an upload";
        let statement = text(
            "INSERT INTO uploads (id, by_id, kind, filename, size, format, part_size, parts, status, created_at, \
                 expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.by.as_uuid())
        .bind::<Text, _>(to_word(&it.kind, doing)?)
        .bind::<Text, _>(it.filename.clone())
        .bind::<BigInt, _>(to_size(it.size, doing)?)
        .bind::<Text, _>(to_word(&it.format, doing)?)
        .bind::<BigInt, _>(to_size(it.part_size, doing)?)
        .bind::<Text, _>(it.parts.clone())
        .bind::<Text, _>(to_word(&it.status, doing)?)
        .bind::<Timestamptz, _>(it.created_at)
        .bind::<Timestamptz, _>(it.expires_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    pub(super) fn update_upload(&mut self, it: &Upload) -> Result<(), StoreError> {
        let doing = "saving an upload";
        let statement = text(
            "UPDATE uploads SET by_id = $2, kind = $3, filename = $4, size = $5, format = $6, part_size = $7, \
                 parts = $8, status = $9, created_at = $10, expires_at = $11 WHERE id = $1",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.by.as_uuid())
        .bind::<Text, _>(to_word(&it.kind, doing)?)
        .bind::<Text, _>(it.filename.clone())
        .bind::<BigInt, _>(to_size(it.size, doing)?)
        .bind::<Text, _>(to_word(&it.format, doing)?)
        .bind::<BigInt, _>(to_size(it.part_size, doing)?)
        .bind::<Text, _>(it.parts.clone())
        .bind::<Text, _>(to_word(&it.status, doing)?)
        .bind::<Timestamptz, _>(it.created_at)
        .bind::<Timestamptz, _>(it.expires_at);
        self.write(doing, constant(statement));
        Ok(())
    }
}
