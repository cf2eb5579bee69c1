//! What is owed, for those who look after it.

use crate::column::{count, size};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::outbox::{OwedWork, SetAside, Standing, WorkCount, WorkFilter};
use kernel::{EffectId, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct WorkRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    domain: String,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Timestamptz)]
    due_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    leased_until: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    parked_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
}

impl TryFrom<WorkRow> for OwedWork {
    type Error = StoreError;

    fn try_from(row: WorkRow) -> Result<Self, StoreError> {
        let WorkRow { id, domain, kind, attempts, due_at, leased_until, parked_at, last_error: error } = row;
        let attempts = count(attempts, "reading effects.attempts")?;
        Ok(Self { id: id.into(), domain, kind, attempts, due_at, leased_until, parked_at, error })
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    domain: String,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    failing: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_due: Option<Timestamp>,
}

impl TryFrom<CountRow> for WorkCount {
    type Error = StoreError;

    fn try_from(row: CountRow) -> Result<Self, StoreError> {
        let CountRow { domain, kind, waiting, failing, parked, oldest_due } = row;
        let number = |counted| size(counted, "counting what is owed");
        let (waiting, failing, parked) = (number(waiting)?, number(failing)?, number(parked)?);
        Ok(Self { domain, kind, waiting, failing, parked, oldest_due })
    }
}

#[derive(QueryableByName)]
struct AsideRow {
    #[diesel(embed)]
    work: WorkRow,
    #[diesel(sql_type = Text)]
    body: String,
}

#[derive(QueryableByName)]
struct SameRow {
    #[diesel(sql_type = Bool)]
    owed: bool,
}

/// What [`WorkRow`] selects. Of what an effect says nothing is looked at but the word for what is to be done.
macro_rules! work {
    () => {
        "id, domain, body->>'kind' AS kind, attempts, due_at, leased_until, parked_at, last_error"
    };
}

/// `$1` and `$2` are where the page before ended, `$3` is the id to begin with where there was none, `$4` a domain, `$5` a
/// kind and `$6` the limit. What leads begins with the columns of an index, in whose order the rows come.
macro_rules! list {
    ($lead:literal, $order:literal) => {
        concat!(
            "SELECT ",
            work!(),
            " FROM effects WHERE ",
            $lead,
            " AND ($4 IS NULL OR domain = $4) AND ($5 IS NULL OR body->>'kind' = $5) ORDER BY ",
            $order,
            " LIMIT $6"
        )
    };
}

const PARKED: &str = list!(
    "parked_at IS NOT NULL \
     AND (parked_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3))",
    "parked_at DESC, id DESC"
);
const FAILING: &str = list!(
    "parked_at IS NULL AND last_error IS NOT NULL AND attempts > 0 \
     AND (due_at, id) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, $3))",
    "due_at, id"
);
const WAITING: &str = list!(
    "parked_at IS NULL AND (last_error IS NULL OR attempts = 0) \
     AND (due_at, id) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, $3))",
    "due_at, id"
);
/// By the index that begins with the domain: by time alone it would walk past all that others owe.
const WAITING_OF: &str = list!(
    "parked_at IS NULL AND (last_error IS NULL OR attempts = 0) AND domain <= $4 \
     AND (domain, due_at, id) > ($4, coalesce($1, '-infinity'::timestamptz), coalesce($2, $3))",
    "domain, due_at, id"
);

fn list(filter: &WorkFilter, page: PageRequest) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let (sql, first) = match (filter.standing, &filter.domain) {
        (Standing::Parked, _) => (PARKED, Uuid::max()),
        (Standing::Failing, _) => (FAILING, Uuid::nil()),
        (Standing::Waiting, None) => (WAITING, Uuid::nil()),
        (Standing::Waiting, Some(_)) => (WAITING_OF, Uuid::nil()),
    };
    constant(
        text(sql)
            .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<SqlUuid, _>(first)
            .bind::<Nullable<Text>, _>(filter.domain.clone())
            .bind::<Nullable<Text>, _>(filter.kind.clone())
            .bind::<BigInt, _>(i64::from(page.limit) + 1),
    )
}

pub(super) async fn listed(
    store: &PgStore,
    filter: &WorkFilter,
    page: PageRequest,
) -> Result<Page<OwedWork>, StoreError> {
    let rows: Vec<WorkRow> = store.rows("listing what is owed", list(filter, page)).await?;
    let found = rows.into_iter().map(OwedWork::try_from).collect::<Result<_, _>>()?;
    Ok(Page::cut(found, page.limit, OwedWork::cursor))
}

pub(super) async fn counted(store: &PgStore) -> Result<Vec<WorkCount>, StoreError> {
    let statement = text(
        "SELECT domain, kind, count(*) FILTER (WHERE parked_at IS NULL AND NOT failed) AS waiting, \
         count(*) FILTER (WHERE parked_at IS NULL AND failed) AS failing, \
         count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked, \
         min(due_at) FILTER (WHERE parked_at IS NULL) AS oldest_due \
         FROM (SELECT domain, body->>'kind' AS kind, due_at, parked_at, \
             (last_error IS NOT NULL AND attempts > 0) AS failed FROM effects) e GROUP BY domain, kind",
    );
    let rows: Vec<CountRow> = store.rows("counting what is owed", constant(statement)).await?;
    let mut counts = rows.into_iter().map(WorkCount::try_from).collect::<Result<Vec<_>, _>>()?;
    // Not by the database, whose order of letters is its own.
    counts.sort_by(|one, other| (&one.domain, &one.kind).cmp(&(&other.domain, &other.kind)));
    Ok(counts)
}

pub(super) async fn set_aside(store: &PgStore, id: EffectId) -> Result<Option<SetAside>, StoreError> {
    let parked = text(concat!(
        "SELECT ",
        work!(),
        ", body::text AS body FROM effects WHERE id = $1 AND parked_at IS NOT NULL"
    ))
    .bind::<SqlUuid, _>(id.as_uuid());
    let rows: Vec<AsideRow> = store.rows("reading a parked effect", constant(parked)).await?;
    let Some(AsideRow { work, body }) = rows.into_iter().next() else { return Ok(None) };
    Ok(Some(SetAside { work: work.try_into()?, body }))
}

pub(super) async fn owes(store: &PgStore, domain: &str, body: &str) -> Result<bool, StoreError> {
    let same = text(
        "SELECT EXISTS (SELECT FROM effects WHERE domain = $1 AND parked_at IS NULL AND body::text = $2) AS owed",
    )
    .bind::<Text, _>(domain.to_owned())
    .bind::<Text, _>(body.to_owned());
    let rows: Vec<SameRow> = store.rows("looking for the same effect", constant(same)).await?;
    Ok(rows.iter().any(|row| row.owed))
}
