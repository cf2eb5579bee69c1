//! Rows of `pictures`. A thousand of them are one statement: columns travel as arrays and are put together again by
//! `unnest`.

use crate::column::{count, document, size, to_document, to_size, to_word, word};
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::gallery::{Picture, PictureStatus};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AlbumId, PictureId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct PictureRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    album_id: Uuid,
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
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pass: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    width: i64,
    #[diesel(sql_type = BigInt)]
    height: i64,
    #[diesel(sql_type = Binary)]
    thumbhash: Vec<u8>,
    #[diesel(sql_type = Jsonb)]
    renditions: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    taken_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    caption: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    published_at: Option<Timestamp>,
    #[diesel(sql_type = Bool)]
    removal_asked: bool,
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

fn status(row: &PictureRow) -> Result<PictureStatus, StoreError> {
    match (row.status.as_str(), row.reason.as_deref()) {
        ("processing", None) => Ok(PictureStatus::Processing),
        ("ready", None) => Ok(PictureStatus::Ready),
        ("failed", Some(reason)) => {
            Ok(PictureStatus::Failed { reason: word(reason, "reading pictures.reason")? })
        }
        _ => Err(StoreError::broken("reading pictures.status", "no status of a picture")),
    }
}

/// What the columns `status` and `reason` keep.
fn to_status(status: &PictureStatus) -> Result<(&'static str, Option<String>), StoreError> {
    Ok(match status {
        PictureStatus::Processing => ("processing", None),
        PictureStatus::Ready => ("ready", None),
        PictureStatus::Failed { reason } => ("failed", Some(to_word(reason, "writing pictures.reason")?)),
    })
}

impl TryFrom<PictureRow> for Picture {
    type Error = StoreError;

    fn try_from(row: PictureRow) -> Result<Self, StoreError> {
        Ok(Self {
            status: status(&row)?,
            id: row.id.into(),
            album: row.album_id.into(),
            filename: row.filename,
            original_bytes: size(row.original_bytes, "reading pictures.original_bytes")?,
            original: row.original,
            pass: row.pass.map(Into::into),
            width: count(row.width, "reading pictures.width")?,
            height: count(row.height, "reading pictures.height")?,
            thumbhash: row.thumbhash,
            renditions: document(row.renditions, "reading pictures.renditions")?,
            taken_at: row.taken_at,
            caption: row.caption,
            published_at: row.published_at,
            removal_asked: row.removal_asked,
            created_by: row.created_by.into(),
            created_at: row.created_at,
        })
    }
}

pub(super) fn pictures(rows: Vec<PictureRow>) -> Result<Vec<Picture>, StoreError> {
    rows.into_iter().map(Picture::try_from).collect()
}

/// The columns of pictures `p`.
macro_rules! picture_columns {
    () => {
        "p.id, p.album_id, p.filename, p.original_bytes, p.original, p.status, p.reason, p.pass, p.width, \
         p.height, p.thumbhash, p.renditions, p.taken_at, p.caption, p.published_at, p.removal_asked, \
         p.created_by, p.created_at"
    };
}
pub(super) use picture_columns;

macro_rules! select_pictures {
    ($rest:literal) => {
        concat!("SELECT ", $crate::gallery::picture::picture_columns!(), " FROM pictures p ", $rest)
    };
}
pub(super) use select_pictures;

/// What members see of pictures `p`, as the index has it: [`Picture::is_visible`].
macro_rules! visible {
    () => {
        "p.published_at IS NOT NULL AND NOT p.removal_asked AND p.status = 'ready'"
    };
}
pub(super) use visible;

/// The columns of rows to write, in the order in which [`bound`] binds them.
macro_rules! written {
    () => {
        "id, album_id, filename, original_bytes, original, status, reason, pass, width, height, thumbhash, \
         renditions, taken_at, caption, published_at, removal_asked, created_by, created_at"
    };
}

const ADD: &str = concat!(
    "INSERT INTO pictures (",
    written!(),
    ") SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
);
const SAVE: &str = concat!(
    "UPDATE pictures p SET album_id = n.album_id, filename = n.filename, original_bytes = n.original_bytes, \
     original = n.original, status = n.status, reason = n.reason, pass = n.pass, width = n.width, \
     height = n.height, thumbhash = n.thumbhash, renditions = n.renditions, taken_at = n.taken_at, \
     caption = n.caption, published_at = n.published_at, removal_asked = n.removal_asked, \
     created_by = n.created_by, created_at = n.created_at \
     FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS n(",
    written!(),
    ") WHERE p.id = n.id"
);

/// A column of the rows to write.
fn column<T>(pictures: &[Picture], of: impl Fn(&Picture) -> T) -> Vec<T> {
    pictures.iter().map(of).collect()
}

fn bound(
    sql: &'static str,
    them: &[Picture],
) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let statuses: Vec<_> = them.iter().map(|it| to_status(&it.status)).collect::<Result<_, _>>()?;
    let (statuses, reasons): (Vec<&'static str>, Vec<Option<String>>) = statuses.into_iter().unzip();
    let bytes = them.iter().map(|it| to_size(it.original_bytes, "writing pictures.original_bytes"));
    let bytes: Vec<i64> = bytes.collect::<Result<_, _>>()?;
    let renditions = them.iter().map(|it| to_document(&it.renditions, "writing pictures.renditions"));
    let renditions: Vec<Value> = renditions.collect::<Result<_, _>>()?;
    Ok(constant(
        text(sql)
            .bind::<Array<SqlUuid>, _>(column(them, |it| it.id.as_uuid()))
            .bind::<Array<SqlUuid>, _>(column(them, |it| it.album.as_uuid()))
            .bind::<Array<Text>, _>(column(them, |it| it.filename.clone()))
            .bind::<Array<BigInt>, _>(bytes)
            .bind::<Array<Nullable<Text>>, _>(column(them, |it| it.original.clone()))
            .bind::<Array<Text>, _>(statuses)
            .bind::<Array<Nullable<Text>>, _>(reasons)
            .bind::<Array<Nullable<SqlUuid>>, _>(column(them, |it| it.pass.map(|pass| pass.as_uuid())))
            .bind::<Array<BigInt>, _>(column(them, |it| i64::from(it.width)))
            .bind::<Array<BigInt>, _>(column(them, |it| i64::from(it.height)))
            .bind::<Array<Binary>, _>(column(them, |it| it.thumbhash.clone()))
            .bind::<Array<Jsonb>, _>(renditions)
            .bind::<Array<Nullable<Timestamptz>>, _>(column(them, |it| it.taken_at))
            .bind::<Array<Nullable<Text>>, _>(column(them, |it| it.caption.clone()))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(them, |it| it.published_at))
            .bind::<Array<Bool>, _>(column(them, |it| it.removal_asked))
            .bind::<Array<SqlUuid>, _>(column(them, |it| it.created_by.as_uuid()))
            .bind::<Array<Timestamptz>, _>(column(them, |it| it.created_at)),
    ))
}

pub(super) fn uuids(ids: &[PictureId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.as_uuid()).collect()
}

impl PgTx {
    pub(super) async fn pictures_locked(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let statement = text(select_pictures!("WHERE p.id = ANY($1) ORDER BY p.id FOR NO KEY UPDATE"))
            .bind::<Array<SqlUuid>, _>(uuids(ids));
        pictures(self.load("locking pictures", constant(statement)).await?)
    }

    pub(super) async fn pictures_of_locked(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError> {
        let statement = text(select_pictures!(
            "WHERE p.album_id = $1 AND p.id > coalesce($2, $3) ORDER BY p.id LIMIT $4 FOR NO KEY UPDATE"
        ))
        .bind::<SqlUuid, _>(album.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(after.map(|id| id.as_uuid()))
        .bind::<SqlUuid, _>(Uuid::nil())
        .bind::<BigInt, _>(i64::from(limit));
        pictures(self.load("locking pictures of an album", constant(statement)).await?)
    }

    pub(super) fn insert_pictures(&mut self, them: &[Picture]) -> Result<(), StoreError> {
        if !them.is_empty() {
            self.write("adding pictures", bound(ADD, them)?);
        }
        Ok(())
    }

    pub(super) fn update_pictures(&mut self, them: &[Picture]) -> Result<(), StoreError> {
        if !them.is_empty() {
            self.write("saving pictures", bound(SAVE, them)?);
        }
        Ok(())
    }

    pub(super) fn delete_pictures(&mut self, ids: &[PictureId]) {
        if !ids.is_empty() {
            let statement =
                text("DELETE FROM pictures WHERE id = ANY($1)").bind::<Array<SqlUuid>, _>(uuids(ids));
            self.write("removing pictures", constant(statement));
        }
    }
}
