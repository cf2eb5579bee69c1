//! Rows of `address_views`: added and counted on, and otherwise never touched again (see the migrations).

use crate::column::{before, count};
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::events::address_view::summed;
use ::events::{AddressLog, AddressView};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct ViewRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    viewed_at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    request: Option<String>,
    #[diesel(sql_type = BigInt)]
    views: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_viewed_at: Option<Timestamp>,
}

impl TryFrom<ViewRow> for AddressView {
    type Error = StoreError;

    fn try_from(row: ViewRow) -> Result<Self, StoreError> {
        let request = row.request.map(|name| name.parse().map_err(corrupt("reading address_views.request")));
        Ok(Self {
            event: row.event_id.into(),
            account: row.account_id.into(),
            at: row.viewed_at,
            request: request.transpose()?,
            views: count(row.views, "reading address_views.views")?,
            last: row.last_viewed_at,
        })
    }
}

/// The views of one event or account, the newest first; where two are of one instant, by what is not the same in them.
macro_rules! views {
    ($of:literal, $then:literal) => {
        concat!(
            "SELECT event_id, account_id, viewed_at, request, views, last_viewed_at FROM address_views WHERE ",
            $of,
            " = $1 AND (viewed_at, ",
            $then,
            ") < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) ORDER BY viewed_at DESC, ",
            $then,
            " DESC LIMIT $5"
        )
    };
}

const OF_EVENT: &str = views!("event_id", "account_id");
const OF_ACCOUNT: &str = views!("account_id", "event_id");

impl PgStore {
    /// One more than the page asks for, where there is one.
    async fn views(
        &self,
        doing: &'static str,
        sql: &'static str,
        of: Uuid,
        page: PageRequest,
    ) -> Result<Vec<AddressView>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(sql)
            .bind::<SqlUuid, _>(of)
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<ViewRow> = self.rows(doing, constant(statement)).await?;
        rows.into_iter().map(AddressView::try_from).collect()
    }
}

#[async_trait]
impl AddressLog for PgStore {
    async fn note_address_views(&self, views: &[AddressView]) -> Result<(), StoreError> {
        let doing = "noting who was shown an address";
        // A statement changes a row once; and in one order, so that two that note the same do not wait for each other in
        // a circle.
        let views = summed(views);
        // As `AddressView::and` has it; `greatest` passes over nulls.
        let statement = text(
            "INSERT INTO address_views (event_id, account_id, hour, viewed_at, request, views, last_viewed_at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (event_id, account_id, hour) DO UPDATE SET \
                 views = address_views.views + excluded.views, \
                 last_viewed_at = greatest(address_views.viewed_at, address_views.last_viewed_at, \
                     excluded.viewed_at, excluded.last_viewed_at)",
        )
        .bind::<Array<SqlUuid>, _>(views.iter().map(|view| view.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(views.iter().map(|view| view.account.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(views.iter().map(AddressView::hour).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(views.iter().map(|view| view.at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(
            views.iter().map(|view| view.request.map(|name| name.to_string())).collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(views.iter().map(|view| i64::from(view.views)).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(views.iter().map(|view| view.last).collect::<Vec<_>>());
        let mut connection = self.connection(doing).await?;
        let noted = constant(statement).execute(&mut connection).await;
        noted.map(drop).map_err(failed(doing))
    }

    async fn address_views(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError> {
        let views = self.views("listing views of an address", OF_EVENT, event.as_uuid(), page).await?;
        Ok(Page::cut(views, page.limit, |view| Cursor { at: view.at, id: view.account.as_uuid() }))
    }

    async fn address_views_of(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError> {
        let doing = "listing what an account was shown of addresses";
        let views = self.views(doing, OF_ACCOUNT, account.as_uuid(), page).await?;
        Ok(Page::cut(views, page.limit, |view| Cursor { at: view.at, id: view.event.as_uuid() }))
    }
}
