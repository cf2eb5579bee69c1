//! Rows of `hooks` and `hook_calls`.

mod calls;

use crate::column::{count, word};
use crate::failure::{corrupt, failed};
use crate::news::{PublishedRow, places};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::hooks::{Call, CallState, Effect, Hook, HookStore, HookTx, Turn};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{HookCallId, HookId, OrganisationId, Owed, Page, PageRequest, Published, StoreError, Timestamp};
use uuid::Uuid;

/// Any number that nothing else locks by: who adds hooks.
const ADDING: i32 = 0x686f_6f6b;

#[derive(QueryableByName)]
struct HookRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Array<Text>)]
    kinds: Vec<String>,
    #[diesel(sql_type = BigInt)]
    generation: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    rotated_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failing_since: Option<Timestamp>,
    #[diesel(sql_type = BigInt)]
    failures: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    off_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    off_why: Option<String>,
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

#[derive(QueryableByName)]
struct Untold {
    #[diesel(sql_type = Bool)]
    untold: bool,
}

impl TryFrom<HookRow> for Hook {
    type Error = StoreError;

    fn try_from(row: HookRow) -> Result<Self, StoreError> {
        let why = row.off_why.map(|why| word(&why, "reading hooks.off_why")).transpose()?;
        Ok(Self {
            id: row.id.into(),
            organisation: row.organisation_id.into(),
            url: row.url,
            description: row.description,
            kinds: row.kinds,
            generation: count(row.generation, "reading hooks.generation")?,
            rotated_at: row.rotated_at,
            failing_since: row.failing_since,
            failures: count(row.failures, "reading hooks.failures")?,
            off: row.off_at.zip(why),
            created_by: row.created_by.into(),
            created_at: row.created_at,
        })
    }
}

fn hooks(rows: Vec<HookRow>) -> Result<Vec<Hook>, StoreError> {
    rows.into_iter().map(Hook::try_from).collect()
}

macro_rules! select_hooks {
    ($rest:literal) => {
        concat!(
            "SELECT id, organisation_id, url, description, kinds, generation, rotated_at, failing_since, failures, \
             off_at, off_why, created_by, created_at FROM hooks WHERE ",
            $rest
        )
    };
}

const OF_ORGANISATION: &str = select_hooks!("organisation_id = $1 ORDER BY created_at, id");

#[async_trait]
impl HookStore for PgStore {
    async fn begin_hooks(&self) -> Result<Box<dyn HookTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn hook(&self, id: HookId) -> Result<Option<Hook>, StoreError> {
        let statement = text(select_hooks!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<HookRow> = self.rows("reading a hook", constant(statement)).await?;
        rows.into_iter().next().map(Hook::try_from).transpose()
    }

    async fn hooks_of(&self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError> {
        let statement = text(OF_ORGANISATION).bind::<SqlUuid, _>(organisation.as_uuid());
        hooks(self.rows("reading the hooks of an organisation", constant(statement)).await?)
    }

    async fn hook_call(&self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        calls::one(self, id).await
    }

    async fn hook_calls(
        &self,
        hook: HookId,
        state: Option<CallState>,
        page: PageRequest,
    ) -> Result<Page<Call>, StoreError> {
        calls::listed(self, hook, state, page).await
    }

    async fn is_untold(&self) -> Result<bool, StoreError> {
        let statement =
            text("SELECT true AS untold FROM published WHERE to_hooks AND place > 0 ORDER BY place LIMIT 1");
        let rows: Vec<Untold> = self.rows("looking for news to tell hooks", constant(statement)).await?;
        Ok(rows.iter().any(|row| row.untold))
    }

    async fn sweep_hook_calls(&self, before: Timestamp) -> Result<u64, StoreError> {
        let doing = "dropping old calls of hooks";
        let mut connection = self.connection(doing).await?;
        let gone = calls::sweep(before).execute(&mut connection).await.map_err(failed(doing))?;
        gone.try_into().map_err(corrupt(doing))
    }
}

/// A statement on a hook: `$1` is its id, and `$2` to `$10` are all that ever changes of it.
macro_rules! with_hook {
    ($sql:literal, $it:expr) => {
        text($sql)
            .bind::<SqlUuid, _>($it.id.as_uuid())
            .bind::<Text, _>($it.url.clone())
            .bind::<Text, _>($it.description.clone())
            .bind::<Array<Text>, _>($it.kinds.clone())
            .bind::<BigInt, _>(i64::from($it.generation))
            .bind::<Nullable<Timestamptz>, _>($it.rotated_at)
            .bind::<Nullable<Timestamptz>, _>($it.failing_since)
            .bind::<BigInt, _>(i64::from($it.failures))
            .bind::<Nullable<Timestamptz>, _>($it.off.map(|(at, _)| at))
            .bind::<Nullable<Text>, _>($it.off.map(|(_, why)| why.as_str()))
    };
}

#[async_trait]
impl HookTx for PgTx {
    async fn lock_hooks_of(&mut self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError> {
        // Two organisations of the same hash wait for each other, and nothing else.
        let lock = text("SELECT pg_advisory_xact_lock($1, hashtext($2::text))")
            .bind::<Integer, _>(ADDING)
            .bind::<SqlUuid, _>(organisation.as_uuid());
        let read = text(OF_ORGANISATION).bind::<SqlUuid, _>(organisation.as_uuid());
        hooks(
            self.lock_and_load("locking the hooks of an organisation", constant(lock), constant(read))
                .await?,
        )
    }

    async fn lock_hook(&mut self, id: HookId) -> Result<Option<Hook>, StoreError> {
        let statement = text(select_hooks!("id = $1 FOR UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<HookRow> = self.load("locking a hook", constant(statement)).await?;
        rows.into_iter().next().map(Hook::try_from).transpose()
    }

    async fn add_hook(&mut self, it: &Hook) -> Result<(), StoreError> {
        let statement = with_hook!(
            "INSERT INTO hooks (id, url, description, kinds, generation, rotated_at, failing_since, failures, off_at, \
                 off_why, organisation_id, created_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            it
        )
        .bind::<SqlUuid, _>(it.organisation.as_uuid())
        .bind::<SqlUuid, _>(it.created_by.as_uuid())
        .bind::<Timestamptz, _>(it.created_at);
        self.write("adding a hook", constant(statement));
        Ok(())
    }

    async fn save_hook(&mut self, it: &Hook) -> Result<(), StoreError> {
        let statement = with_hook!(
            "UPDATE hooks SET url = $2, description = $3, kinds = $4, generation = $5, rotated_at = $6, \
                 failing_since = $7, failures = $8, off_at = $9, off_why = $10 WHERE id = $1",
            it
        );
        self.write("saving a hook", constant(statement));
        Ok(())
    }

    async fn remove_hook(&mut self, id: HookId) -> Result<(), StoreError> {
        // Its calls go with it.
        let statement = text("DELETE FROM hooks WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        self.write("removing a hook", constant(statement));
        Ok(())
    }

    async fn hooks_that_are_on(&mut self, of: &[OrganisationId]) -> Result<Vec<Hook>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let statement = text(select_hooks!(
            "organisation_id = ANY($1) AND off_at IS NULL ORDER BY organisation_id, created_at, id"
        ))
        .bind::<Array<SqlUuid>, _>(of.iter().map(|it| it.as_uuid()).collect::<Vec<_>>());
        hooks(self.load("reading the hooks that are called", constant(statement)).await?)
    }

    async fn take_news(&mut self, limit: u32) -> Result<Vec<Published>, StoreError> {
        let statement = text(
            "SELECT place, booking_id, number, organisation_id, event_id, kind, at, body::text AS body \
             FROM published WHERE to_hooks AND place > 0 ORDER BY place LIMIT $1 FOR UPDATE SKIP LOCKED",
        )
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<PublishedRow> = self.load("taking news for hooks", constant(statement)).await?;
        rows.into_iter().map(Published::try_from).collect()
    }

    async fn news_told(&mut self, told: &[u64]) -> Result<(), StoreError> {
        if told.is_empty() {
            return Ok(());
        }
        let statement = text("UPDATE published SET to_hooks = false WHERE to_hooks AND place = ANY($1)")
            .bind::<Array<BigInt>, _>(places(told));
        self.write("noting that hooks are told", constant(statement));
        Ok(())
    }

    async fn add_hook_calls(&mut self, calls: &[Call]) -> Result<Vec<HookCallId>, StoreError> {
        self.insert_hook_calls(calls).await
    }

    async fn lock_hook_call(&mut self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        self.hook_call_locked(id).await
    }

    async fn save_hook_call(&mut self, call: &Call) -> Result<(), StoreError> {
        self.update_hook_call(call);
        Ok(())
    }

    async fn enqueue_hooks(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(::hooks::DOMAIN, effects)
    }

    async fn enqueue_hook_calls(&mut self, turns: &[Owed<Turn>]) -> Result<(), StoreError> {
        self.enqueue(::hooks::CALLS, turns)
    }
}
