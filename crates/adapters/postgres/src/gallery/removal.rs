//! Rows of `removals`.

use crate::column::{count, document, to_document, to_word, word};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::gallery::Removal;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, PictureId, RemovalId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

/// What locks of those who ask are called by; the second half is whom they are about.
const ASKERS: i32 = 0x6173_6b73;

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
pub(super) struct RemovalRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    picture_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    album_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    by_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    asked_at: Timestamp,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    decided_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    note: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    keys: Vec<String>,
    #[diesel(sql_type = Jsonb)]
    proof: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    links_end_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    removed_at: Option<Timestamp>,
}

impl TryFrom<RemovalRow> for Removal {
    type Error = StoreError;

    fn try_from(row: RemovalRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            picture: row.picture_id.into(),
            album: row.album_id.into(),
            by: row.by_id.map(Into::into),
            reason: row.reason,
            asked_at: row.asked_at,
            status: word(&row.status, "reading removals.status")?,
            decided_by: row.decided_by.map(Into::into),
            decided_at: row.decided_at,
            note: row.note,
            keys: row.keys,
            proof: document(row.proof, "reading removals.proof")?,
            links_end_at: row.links_end_at,
            removed_at: row.removed_at,
        })
    }
}

macro_rules! select_removals {
    ($rest:literal) => {
        concat!(
            "SELECT id, picture_id, album_id, by_id, reason, asked_at, status, decided_by, decided_at, note, ",
            "keys, proof, links_end_at, removed_at FROM removals ",
            $rest
        )
    };
}
pub(super) use select_removals;

impl PgTx {
    pub(super) async fn removal_locked(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        let statement =
            text(select_removals!("WHERE id = $1 FOR NO KEY UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<RemovalRow> = self.load("locking a wish", constant(statement)).await?;
        rows.into_iter().next().map(Removal::try_from).transpose()
    }

    pub(super) async fn living_removal_locked(
        &mut self,
        picture: PictureId,
    ) -> Result<Option<Removal>, StoreError> {
        let statement =
            text(select_removals!("WHERE picture_id = $1 AND status <> 'refused' FOR NO KEY UPDATE"))
                .bind::<SqlUuid, _>(picture.as_uuid());
        let rows: Vec<RemovalRow> =
            self.load("locking the wish about a picture", constant(statement)).await?;
        rows.into_iter().next().map(Removal::try_from).transpose()
    }

    pub(super) async fn open_removals_locked(&mut self, by: AccountId) -> Result<u32, StoreError> {
        let doing = "counting the wishes of an account";
        // Two accounts of the same hash wait for each other, and nothing else.
        let lock = text("SELECT pg_advisory_xact_lock($1, hashtext($2::text))")
            .bind::<Integer, _>(ASKERS)
            .bind::<SqlUuid, _>(by.as_uuid());
        let read = text("SELECT count(*) AS count FROM removals WHERE by_id = $1 AND status = 'asked'")
            .bind::<SqlUuid, _>(by.as_uuid());
        let rows: Vec<CountRow> = self.lock_and_load(doing, constant(lock), constant(read)).await?;
        count(rows.first().map_or(0, |row| row.count), doing)
    }

    pub(super) async fn refused_removal(
        &mut self,
        picture: PictureId,
        by: AccountId,
    ) -> Result<bool, StoreError> {
        let statement = text(
            "SELECT count(*) AS count FROM removals WHERE by_id = $1 AND picture_id = $2 AND status = 'refused'",
        )
        .bind::<SqlUuid, _>(by.as_uuid())
        .bind::<SqlUuid, _>(picture.as_uuid());
        let rows: Vec<CountRow> = self.load("looking for a refused wish", constant(statement)).await?;
        Ok(rows.first().is_some_and(|row| row.count > 0))
    }

    pub(super) fn upsert_removal(&mut self, it: &Removal) -> Result<(), StoreError> {
        let doing = "saving a wish";
        let statement = text(
            "INSERT INTO removals (id, picture_id, album_id, by_id, reason, asked_at, status, decided_by, \
                 decided_at, note, keys, proof, links_end_at, removed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (id) DO UPDATE SET picture_id = excluded.picture_id, album_id = excluded.album_id, \
                 by_id = excluded.by_id, reason = excluded.reason, asked_at = excluded.asked_at, \
                 status = excluded.status, decided_by = excluded.decided_by, \
                 decided_at = excluded.decided_at, note = excluded.note, keys = excluded.keys, \
                 proof = excluded.proof, links_end_at = excluded.links_end_at, \
                 removed_at = excluded.removed_at",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.picture.as_uuid())
        .bind::<SqlUuid, _>(it.album.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(it.by.map(|by| by.as_uuid()))
        .bind::<Nullable<Text>, _>(it.reason.clone())
        .bind::<Timestamptz, _>(it.asked_at)
        .bind::<Text, _>(to_word(&it.status, doing)?)
        .bind::<Nullable<SqlUuid>, _>(it.decided_by.map(|by| by.as_uuid()))
        .bind::<Nullable<Timestamptz>, _>(it.decided_at)
        .bind::<Nullable<Text>, _>(it.note.clone())
        .bind::<Array<Text>, _>(it.keys.clone())
        .bind::<Jsonb, _>(to_document(&it.proof, "writing removals.proof")?)
        .bind::<Nullable<Timestamptz>, _>(it.links_end_at)
        .bind::<Nullable<Timestamptz>, _>(it.removed_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    pub(super) fn nameless_removals(&mut self, account: AccountId) {
        let statement = text("UPDATE removals SET by_id = NULL, reason = NULL, note = NULL WHERE by_id = $1")
            .bind::<SqlUuid, _>(account.as_uuid());
        self.write("taking a name out of wishes", constant(statement));
    }
}
