//! Rows of `albums`.

use super::picture::PictureRow;
use crate::column::{count, to_word, word};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::gallery::{Album, Counted, Picture};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AlbumId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct AlbumRow {
    #[diesel(sql_type = SqlUuid, column_name = "listed_id")]
    id: Uuid,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    access: String,
    #[diesel(sql_type = SqlUuid, column_name = "made_by")]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz, column_name = "made_at")]
    created_at: Timestamp,
}

/// An album with its cover beside it: none of their columns is called the same.
#[derive(QueryableByName)]
pub(super) struct CountedRow {
    #[diesel(embed)]
    album: AlbumRow,
    #[diesel(sql_type = BigInt)]
    pictures: i64,
    #[diesel(embed)]
    cover: Option<PictureRow>,
}

impl TryFrom<AlbumRow> for Album {
    type Error = StoreError;

    fn try_from(row: AlbumRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            title: row.title,
            event: row.event_id.map(Into::into),
            access: word(&row.access, "reading albums.access")?,
            created_by: row.created_by.into(),
            created_at: row.created_at,
        })
    }
}

impl TryFrom<CountedRow> for Counted {
    type Error = StoreError;

    fn try_from(row: CountedRow) -> Result<Self, StoreError> {
        Ok(Self {
            album: row.album.try_into()?,
            pictures: count(row.pictures, "counting pictures of an album")?,
            cover: row.cover.map(Picture::try_from).transpose()?,
        })
    }
}

/// The columns of albums `a`.
macro_rules! album_columns {
    () => {
        "a.id AS listed_id, a.title, a.event_id, a.access, a.created_by AS made_by, a.created_at AS made_at"
    };
}
pub(super) use album_columns;

impl PgTx {
    pub(super) async fn album_locked(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        let statement =
            text(concat!("SELECT ", album_columns!(), " FROM albums a WHERE a.id = $1 FOR NO KEY UPDATE"))
                .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<AlbumRow> = self.load("locking an album", constant(statement)).await?;
        rows.into_iter().next().map(Album::try_from).transpose()
    }

    pub(super) fn upsert_album(&mut self, it: &Album) -> Result<(), StoreError> {
        let doing = "saving an album";
        let statement = text(
            "INSERT INTO albums (id, title, event_id, access, created_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, event_id = excluded.event_id, \
                 access = excluded.access, created_by = excluded.created_by, created_at = excluded.created_at",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<Text, _>(it.title.clone())
        .bind::<Nullable<SqlUuid>, _>(it.event.map(|id| id.as_uuid()))
        .bind::<Text, _>(to_word(&it.access, doing)?)
        .bind::<SqlUuid, _>(it.created_by.as_uuid())
        .bind::<Timestamptz, _>(it.created_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    pub(super) fn delete_album(&mut self, id: AlbumId) {
        let statement = text("DELETE FROM albums WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        self.write("removing an album", constant(statement));
    }
}
