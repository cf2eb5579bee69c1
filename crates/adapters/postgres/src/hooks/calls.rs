//! Rows of `hook_calls`.

use crate::column::{before, count, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::hooks::{Call, CallState};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{HookCallId, HookId, Page, PageRequest, SWEPT_AT_ONCE, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct CallRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    hook_id: Uuid,
    #[diesel(sql_type = Text)]
    message: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    turn: i64,
    #[diesel(sql_type = BigInt)]
    tries: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    tried_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<BigInt>)]
    status: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    said: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

#[derive(QueryableByName)]
struct AddedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl TryFrom<CallRow> for Call {
    type Error = StoreError;

    fn try_from(row: CallRow) -> Result<Self, StoreError> {
        let status = row.status.map(|status| status.try_into().map_err(corrupt("reading hook_calls.status")));
        Ok(Self {
            id: row.id.into(),
            hook: row.hook_id.into(),
            message: row.message,
            kind: row.kind,
            body: row.body,
            state: word(&row.state, "reading hook_calls.state")?,
            turn: count(row.turn, "reading hook_calls.turn")?,
            tries: count(row.tries, "reading hook_calls.tries")?,
            tried_at: row.tried_at,
            next_at: row.next_at,
            status: status.transpose()?,
            said: row.said,
            created_at: row.created_at,
        })
    }
}

macro_rules! select_calls {
    ($rest:literal) => {
        concat!(
            "SELECT id, hook_id, message, kind, body, state, turn, tries, tried_at, next_at, status, said, created_at \
             FROM hook_calls WHERE ",
            $rest
        )
    };
}

/// The latest first, strictly before a cursor: `$1` is the hook, `$2` and `$3` the cursor, `$4` after all ids.
const ALL: &str = select_calls!(
    "hook_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);
/// Those that stand so alone: `$6`.
const STANDING: &str = select_calls!(
    "hook_id = $1 AND state = $6 \
         AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);

/// A call.
pub(super) async fn one(store: &PgStore, id: HookCallId) -> Result<Option<Call>, StoreError> {
    let statement = text(select_calls!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
    let rows: Vec<CallRow> = store.rows("reading a call of a hook", constant(statement)).await?;
    rows.into_iter().next().map(Call::try_from).transpose()
}

/// The calls of a hook, the latest first.
pub(super) async fn listed(
    store: &PgStore,
    hook: HookId,
    state: Option<CallState>,
    page: PageRequest,
) -> Result<Page<Call>, StoreError> {
    let doing = "listing the calls of a hook";
    let (at, id) = before(&page);
    let sql = if state.is_some() { STANDING } else { ALL };
    let statement = text(sql)
        .bind::<SqlUuid, _>(hook.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
    let rows: Vec<CallRow> = match state {
        None => store.rows(doing, constant(statement)).await?,
        Some(state) => store.rows(doing, constant(statement.bind::<Text, _>(state.as_str()))).await?,
    };
    let calls = rows.into_iter().map(Call::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(calls, page.limit, Call::cursor))
}

/// Removes calls of before that are not to be made any more.
pub(super) fn sweep(before: Timestamp) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text(
            "DELETE FROM hook_calls WHERE id IN ( \
                 SELECT id FROM hook_calls WHERE created_at < $1 AND state IN ('done', 'failed') \
                 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED \
             )",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(i64::from(SWEPT_AT_ONCE)),
    )
}

impl PgTx {
    pub(super) async fn insert_hook_calls(&mut self, calls: &[Call]) -> Result<Vec<HookCallId>, StoreError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        // A new one is where every new one is: what it was tried is nothing yet.
        let statement = text(
            "INSERT INTO hook_calls (id, hook_id, message, kind, body, state, turn, tries, created_at) \
             SELECT n.id, n.hook_id, n.message, n.kind, n.body, n.state, n.turn, 0, n.created_at \
             FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) \
                 AS n(id, hook_id, message, kind, body, state, turn, created_at) \
             ON CONFLICT ON CONSTRAINT hook_calls_message_key DO NOTHING RETURNING id",
        )
        .bind::<Array<SqlUuid>, _>(calls.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(calls.iter().map(|it| it.hook.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(|it| it.message.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(|it| it.body.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(|it| it.state.as_str()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(calls.iter().map(|it| i64::from(it.turn)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(calls.iter().map(|it| it.created_at).collect::<Vec<_>>());
        let rows: Vec<AddedRow> = self.load("adding calls of hooks", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    }

    pub(super) async fn hook_call_locked(&mut self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        let statement = text(select_calls!("id = $1 FOR UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<CallRow> = self.load("locking a call of a hook", constant(statement)).await?;
        rows.into_iter().next().map(Call::try_from).transpose()
    }

    pub(super) fn update_hook_call(&mut self, it: &Call) {
        let statement = text(
            "UPDATE hook_calls SET state = $2, turn = $3, tries = $4, tried_at = $5, next_at = $6, status = $7, \
                 said = $8 WHERE id = $1",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<Text, _>(it.state.as_str())
        .bind::<BigInt, _>(i64::from(it.turn))
        .bind::<BigInt, _>(i64::from(it.tries))
        .bind::<Nullable<Timestamptz>, _>(it.tried_at)
        .bind::<Nullable<Timestamptz>, _>(it.next_at)
        .bind::<Nullable<BigInt>, _>(it.status.map(i64::from))
        .bind::<Nullable<Text>, _>(it.said.clone());
        self.write("saving a call of a hook", constant(statement));
    }
}
