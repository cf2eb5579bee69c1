//! Rows of `music_sets`.

use crate::column::{document, size, to_document, to_size, to_word, word};
use crate::failure::corrupt;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::music::{Loudness, MusicSet, SetStatus};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{SetId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct SetRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    artist: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    recorded_at: Option<Timestamp>,
    #[diesel(sql_type = Jsonb)]
    tracklist: Value,
    #[diesel(sql_type = Jsonb)]
    downloads: Value,
    #[diesel(sql_type = Text)]
    filename: String,
    #[diesel(sql_type = BigInt)]
    original_bytes: i64,
    #[diesel(sql_type = Nullable<Text>)]
    original: Option<String>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    progress: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pass: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    duration_ms: i64,
    #[diesel(sql_type = Nullable<Double>)]
    integrated_lufs: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    true_peak_dbtp: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    range_lu: Option<f64>,
    #[diesel(sql_type = Jsonb)]
    renditions: Value,
    #[diesel(sql_type = Jsonb)]
    zooms: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    published_at: Option<Timestamp>,
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

fn status(row: &SetRow) -> Result<SetStatus, StoreError> {
    match (row.status.as_str(), row.reason.as_deref()) {
        ("processing", None) => Ok(SetStatus::Processing),
        ("ready", None) => Ok(SetStatus::Ready),
        ("failed", Some(reason)) => {
            Ok(SetStatus::Failed { reason: word(reason, "reading music_sets.reason")? })
        }
        _ => Err(StoreError::broken("reading music_sets.status", "no status of a set")),
    }
}

/// What the columns `status` and `reason` keep.
fn to_status(status: &SetStatus) -> Result<(&'static str, Option<String>), StoreError> {
    Ok(match status {
        SetStatus::Processing => ("processing", None),
        SetStatus::Ready => ("ready", None),
        SetStatus::Failed { reason } => ("failed", Some(to_word(reason, "writing music_sets.reason")?)),
    })
}

fn loudness(row: &SetRow) -> Result<Option<Loudness>, StoreError> {
    match (row.integrated_lufs, row.true_peak_dbtp, row.range_lu) {
        (Some(integrated_lufs), Some(true_peak_dbtp), Some(range_lu)) => {
            Ok(Some(Loudness { integrated_lufs, true_peak_dbtp, range_lu }))
        }
        (None, None, None) => Ok(None),
        _ => Err(StoreError::broken("reading music_sets.integrated_lufs", "a part of a loudness")),
    }
}

impl TryFrom<SetRow> for MusicSet {
    type Error = StoreError;

    fn try_from(row: SetRow) -> Result<Self, StoreError> {
        Ok(Self {
            status: status(&row)?,
            loudness: loudness(&row)?,
            id: row.id.into(),
            title: row.title,
            artist: row.artist,
            event: row.event_id.map(Into::into),
            recorded_at: row.recorded_at,
            tracklist: document(row.tracklist, "reading music_sets.tracklist")?,
            downloads: document(row.downloads, "reading music_sets.downloads")?,
            filename: row.filename,
            original_bytes: size(row.original_bytes, "reading music_sets.original_bytes")?,
            original: row.original,
            progress: row.progress.try_into().map_err(corrupt("reading music_sets.progress"))?,
            pass: row.pass.map(Into::into),
            duration_ms: size(row.duration_ms, "reading music_sets.duration_ms")?,
            renditions: document(row.renditions, "reading music_sets.renditions")?,
            zooms: document(row.zooms, "reading music_sets.zooms")?,
            published_at: row.published_at,
            created_by: row.created_by.into(),
            created_at: row.created_at,
        })
    }
}

pub(super) fn sets(rows: Vec<SetRow>) -> Result<Vec<MusicSet>, StoreError> {
    rows.into_iter().map(MusicSet::try_from).collect()
}

macro_rules! select_sets {
    ($rest:literal) => {
        concat!(
            "SELECT id, title, artist, event_id, recorded_at, tracklist, downloads, filename, original_bytes, ",
            "original, status, reason, progress, pass, duration_ms, integrated_lufs, true_peak_dbtp, range_lu, ",
            "renditions, zooms, published_at, created_by, created_at FROM music_sets ",
            $rest
        )
    };
}
pub(super) use select_sets;

const SAVE: &str = "\
    INSERT INTO music_sets (id, title, artist, event_id, recorded_at, tracklist, downloads, filename, \
        original_bytes, original, status, reason, progress, pass, duration_ms, integrated_lufs, \
        true_peak_dbtp, range_lu, renditions, zooms, published_at, created_by, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
        $22, $23) \
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, artist = excluded.artist, \
        event_id = excluded.event_id, recorded_at = excluded.recorded_at, tracklist = excluded.tracklist, \
        downloads = excluded.downloads, filename = excluded.filename, \
        original_bytes = excluded.original_bytes, original = excluded.original, status = excluded.status, \
        reason = excluded.reason, progress = excluded.progress, pass = excluded.pass, \
        duration_ms = excluded.duration_ms, integrated_lufs = excluded.integrated_lufs, \
        true_peak_dbtp = excluded.true_peak_dbtp, range_lu = excluded.range_lu, \
        renditions = excluded.renditions, zooms = excluded.zooms, published_at = excluded.published_at, \
        created_by = excluded.created_by, created_at = excluded.created_at";

impl PgTx {
    pub(super) async fn set_locked(&mut self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        let statement =
            text(select_sets!("WHERE id = $1 FOR NO KEY UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<SetRow> = self.load("locking a set", constant(statement)).await?;
        rows.into_iter().next().map(MusicSet::try_from).transpose()
    }

    pub(super) fn upsert_set(&mut self, it: &MusicSet) -> Result<(), StoreError> {
        let doing = "saving a set";
        let (status, reason) = to_status(&it.status)?;
        let statement = text(SAVE)
            .bind::<SqlUuid, _>(it.id.as_uuid())
            .bind::<Text, _>(it.title.clone())
            .bind::<Text, _>(it.artist.clone())
            .bind::<Nullable<SqlUuid>, _>(it.event.map(|id| id.as_uuid()))
            .bind::<Nullable<Timestamptz>, _>(it.recorded_at)
            .bind::<Jsonb, _>(to_document(&it.tracklist, doing)?)
            .bind::<Jsonb, _>(to_document(&it.downloads, doing)?)
            .bind::<Text, _>(it.filename.clone())
            .bind::<BigInt, _>(to_size(it.original_bytes, doing)?)
            .bind::<Nullable<Text>, _>(it.original.clone())
            .bind::<Text, _>(status)
            .bind::<Nullable<Text>, _>(reason)
            .bind::<BigInt, _>(i64::from(it.progress))
            .bind::<Nullable<SqlUuid>, _>(it.pass.map(|pass| pass.as_uuid()))
            .bind::<BigInt, _>(to_size(it.duration_ms, doing)?)
            .bind::<Nullable<Double>, _>(it.loudness.map(|it| it.integrated_lufs))
            .bind::<Nullable<Double>, _>(it.loudness.map(|it| it.true_peak_dbtp))
            .bind::<Nullable<Double>, _>(it.loudness.map(|it| it.range_lu))
            .bind::<Jsonb, _>(to_document(&it.renditions, doing)?)
            .bind::<Jsonb, _>(to_document(&it.zooms, doing)?)
            .bind::<Nullable<Timestamptz>, _>(it.published_at)
            .bind::<SqlUuid, _>(it.created_by.as_uuid())
            .bind::<Timestamptz, _>(it.created_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    /// Where members stopped in it goes with it: the reference says so.
    pub(super) fn delete_set(&mut self, id: SetId) {
        let statement = text("DELETE FROM music_sets WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        self.write("removing a set", constant(statement));
    }
}
