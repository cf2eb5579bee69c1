//! Reads of what was committed. Each is one statement, so that what it shows belongs together.

use super::album::{AlbumRow, CountedRow, album_columns};
use super::picture::{PictureRow, picture_columns, pictures, select_pictures, uuids, visible};
use super::removal::{RemovalRow, select_removals};
use crate::column::{before, to_word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::gallery::{Album, Counted, GalleryStore, GalleryTx, Picture, Removal, Shown, Wishes};
use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, AlbumId, Page, PageRequest, PictureId, RemovalId, StoreError};
use uuid::Uuid;

/// Albums with how many pictures are meant and the first of them. Each album is looked at by itself, in the order of the
/// list, until the page is full.
macro_rules! select_albums {
    ($meant:expr, $join:literal) => {
        concat!(
            "SELECT ",
            album_columns!(),
            ", n.pictures, c.* FROM albums a ",
            $join,
            " JOIN LATERAL (SELECT ",
            picture_columns!(),
            " FROM pictures p WHERE p.album_id = a.id AND ",
            $meant,
            " ORDER BY p.sorted_at, p.id LIMIT 1) c ON true CROSS JOIN LATERAL ( ",
            "SELECT count(*) AS pictures FROM pictures p WHERE p.album_id = a.id AND ",
            $meant,
            ") n WHERE (a.created_at, a.id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) ",
            "ORDER BY a.created_at DESC, a.id DESC LIMIT $4"
        )
    };
}

const VISIBLE_ALBUMS: &str = select_albums!(visible!(), "");
const ALL_ALBUMS: &str = select_albums!("true", "LEFT");

macro_rules! pictures_in_order {
    ($meant:expr) => {
        concat!(
            "SELECT ",
            picture_columns!(),
            " FROM pictures p WHERE p.album_id = $1 AND ",
            $meant,
            " AND (p.sorted_at, p.id) > (coalesce($2, '-infinity'::timestamptz), coalesce($3, $4)) ",
            "ORDER BY p.sorted_at, p.id LIMIT $5"
        )
    };
}

const VISIBLE_PICTURES: &str = pictures_in_order!(visible!());
const ALL_PICTURES: &str = pictures_in_order!("true");

const ALL_REMOVALS: &str = select_removals!(
    "WHERE (asked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
     ORDER BY asked_at DESC, id DESC LIMIT $4"
);
const REMOVALS_THAT: &str = select_removals!(
    "WHERE (asked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) AND status = $5 \
     ORDER BY asked_at DESC, id DESC LIMIT $4"
);
const REMOVALS_OF: &str = select_removals!(
    "WHERE (asked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) AND by_id = $5 \
     ORDER BY asked_at DESC, id DESC LIMIT $4"
);

const ALBUMS_BY: &str = concat!(
    "SELECT ",
    album_columns!(),
    " FROM albums a WHERE a.created_by = $1 \
     AND (a.created_at, a.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY a.created_at DESC, a.id DESC LIMIT $5"
);
const PICTURES_BY: &str = select_pictures!(
    "WHERE p.created_by = $1 \
     AND (p.created_at, p.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY p.created_at DESC, p.id DESC LIMIT $5"
);

#[async_trait]
impl GalleryStore for PgStore {
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        let statement = text(concat!("SELECT ", album_columns!(), " FROM albums a WHERE a.id = $1"))
            .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<AlbumRow> = self.rows("reading an album", constant(statement)).await?;
        rows.into_iter().next().map(Album::try_from).transpose()
    }

    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        let (at, id) = before(&page);
        let sql = match shown {
            Shown::Visible => VISIBLE_ALBUMS,
            Shown::All => ALL_ALBUMS,
        };
        let statement = text(sql)
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<CountedRow> = self.rows("listing albums", constant(statement)).await?;
        let found = rows.into_iter().map(Counted::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, |it: &Counted| it.album.cursor()))
    }

    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        let statement = text(select_pictures!("WHERE p.id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<PictureRow> = self.rows("reading a picture", constant(statement)).await?;
        rows.into_iter().next().map(Picture::try_from).transpose()
    }

    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let statement = text(select_pictures!("WHERE p.id = ANY($1)")).bind::<Array<SqlUuid>, _>(uuids(ids));
        pictures(self.rows("reading pictures", constant(statement)).await?)
    }

    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        let sql = match shown {
            Shown::Visible => VISIBLE_PICTURES,
            Shown::All => ALL_PICTURES,
        };
        let statement = text(sql)
            .bind::<SqlUuid, _>(album.as_uuid())
            .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<SqlUuid, _>(Uuid::nil())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing the pictures of an album", constant(statement)).await?;
        Ok(Page::cut(pictures(rows)?, page.limit, Picture::cursor))
    }

    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        let statement = text(select_removals!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<RemovalRow> = self.rows("reading a wish", constant(statement)).await?;
        rows.into_iter().next().map(Removal::try_from).transpose()
    }

    async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        let doing = "listing wishes";
        let (at, id) = before(&page);
        let bound = |sql| {
            text(sql)
                .bind::<Nullable<Timestamptz>, _>(at)
                .bind::<Nullable<SqlUuid>, _>(id)
                .bind::<SqlUuid, _>(Uuid::max())
                .bind::<BigInt, _>(i64::from(page.limit) + 1)
        };
        let rows: Vec<RemovalRow> = match which {
            Wishes::All => self.rows(doing, constant(bound(ALL_REMOVALS))).await?,
            Wishes::Of(account) => {
                let statement = bound(REMOVALS_OF).bind::<SqlUuid, _>(account.as_uuid());
                self.rows(doing, constant(statement)).await?
            }
            Wishes::That(status) => {
                let statement = bound(REMOVALS_THAT).bind::<Text, _>(to_word(&status, doing)?);
                self.rows(doing, constant(statement)).await?
            }
        };
        let found = rows.into_iter().map(Removal::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Removal::cursor))
    }

    async fn albums_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<Album>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(ALBUMS_BY)
            .bind::<SqlUuid, _>(maker.as_uuid())
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<AlbumRow> = self.rows("listing the albums of a maker", constant(statement)).await?;
        let found = rows.into_iter().map(Album::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Album::cursor))
    }

    async fn pictures_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Picture>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(PICTURES_BY)
            .bind::<SqlUuid, _>(sender.as_uuid())
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing the pictures of a sender", constant(statement)).await?;
        Ok(Page::cut(pictures(rows)?, page.limit, Picture::sent))
    }
}
