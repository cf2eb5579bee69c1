//! Rows of `daily_closes`, `close_tasks` and `close_turns`.

use super::order::{BookingRow, bookings, select_bookings};
use crate::column::{document, some_money, to_document, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::close::{Day, DayClose, DayStatus, DaySummary, Found, Task, TaskEnd};
use booking::{Booking, CloseStore, CloseTx, Provider, Till};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, BookingId, CloseId, Cursor, Money, Page, PageRequest, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    day_begins: Timestamp,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Bool)]
    complete: bool,
    #[diesel(sql_type = Timestamptz)]
    computed_at: Timestamp,
    #[diesel(sql_type = Jsonb)]
    computed_by: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    closed_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    reopened: Option<Value>,
    #[diesel(sql_type = BigInt)]
    unnamed: i64,
    #[diesel(sql_type = BigInt)]
    open_tasks: i64,
    #[diesel(sql_type = BigInt)]
    resolved_tasks: i64,
    #[diesel(sql_type = Jsonb)]
    accounts: Value,
}

impl TryFrom<DayRow> for DaySummary {
    type Error = StoreError;

    fn try_from(row: DayRow) -> Result<Self, StoreError> {
        let doing = "reading daily_closes";
        let count = |column: i64| u64::try_from(column).map_err(corrupt(doing));
        Ok(Self {
            id: row.id.into(),
            day: Day::of(row.day_begins),
            status: word(&row.status, doing)?,
            complete: row.complete,
            computed_at: row.computed_at,
            computed_by: document(row.computed_by, doing)?,
            closed_at: row.closed_at,
            reopened: row.reopened.map(|reopened| document(reopened, doing)).transpose()?,
            unnamed: count(row.unnamed)?,
            open: count(row.open_tasks)?,
            resolved: count(row.resolved_tasks)?,
            accounts: document(row.accounts, doing)?,
        })
    }
}

#[derive(QueryableByName)]
struct TaskRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    live: bool,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    booking_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    payment_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    ours_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    ours_currency: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    theirs_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    theirs_currency: Option<String>,
    #[diesel(sql_type = Text)]
    words: String,
    #[diesel(sql_type = Timestamptz)]
    found_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ended_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    note: Option<String>,
}

impl TryFrom<TaskRow> for Task {
    type Error = StoreError;

    fn try_from(row: TaskRow) -> Result<Self, StoreError> {
        let doing = "reading close_tasks";
        let (by, note) = (row.ended_by.map(AccountId::from), row.note);
        let till = Till { provider: word(&row.provider, doing)?, account: row.account, live: row.live };
        let what = Found {
            kind: word(&row.kind, doing)?,
            till,
            about: word(&row.about, doing)?,
            reference: row.reference,
            booking: row.booking_id.map(Into::into),
            payment: row.payment_id.map(Into::into),
            ours: some_money(row.ours_minor, row.ours_currency.as_deref(), doing)?,
            theirs: some_money(row.theirs_minor, row.theirs_currency.as_deref(), doing)?,
            words: row.words,
        };
        let end = row.ended_at.map(|at| TaskEnd { by, note, at });
        Ok(Self { id: row.id.into(), what, found_at: row.found_at, end })
    }
}

#[derive(QueryableByName)]
struct ChargedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    charged_at: Timestamp,
}

macro_rules! days {
    ($rest:literal) => {
        concat!(
            "SELECT id, day::timestamp AT TIME ZONE 'UTC' AS day_begins, status, complete, computed_at, computed_by, closed_at, reopened, unnamed, open_tasks, \
             resolved_tasks, accounts FROM daily_closes ",
            $rest
        )
    };
}

fn by_day(day: Day) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(text(days!("WHERE day = $1")).bind::<Date, _>(day.date()))
}

fn tasks(id: CloseId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let statement = text(
        "SELECT id, kind, provider, account, live, about, reference, booking_id, payment_id, ours_minor, \
             ours_currency, theirs_minor, theirs_currency, words, found_at, ended_at, ended_by, note \
         FROM close_tasks WHERE close_id = $1 ORDER BY number",
    );
    constant(statement.bind::<SqlUuid, _>(id.as_uuid()))
}

fn whole(summary: DaySummary, tasks: Vec<TaskRow>) -> Result<DayClose, StoreError> {
    let tasks: Result<Vec<Task>, _> = tasks.into_iter().map(Task::try_from).collect();
    Ok(DayClose { summary, tasks: tasks? })
}

fn first(rows: Vec<DayRow>) -> Result<Option<DaySummary>, StoreError> {
    rows.into_iter().next().map(DaySummary::try_from).transpose()
}

fn save(summary: &DaySummary) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let doing = "writing daily_closes";
    let count = |count: u64| i64::try_from(count).map_err(corrupt(doing));
    let reopened = summary.reopened.as_ref().map(|reopened| to_document(reopened, doing)).transpose()?;
    let statement = text(
        "INSERT INTO daily_closes (id, day, status, complete, computed_at, computed_by, closed_at, reopened, unnamed, \
             open_tasks, resolved_tasks, accounts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, complete = excluded.complete, \
             computed_at = excluded.computed_at, computed_by = excluded.computed_by, \
             closed_at = excluded.closed_at, reopened = excluded.reopened, unnamed = excluded.unnamed, \
             open_tasks = excluded.open_tasks, resolved_tasks = excluded.resolved_tasks, \
             accounts = excluded.accounts",
    )
    .bind::<SqlUuid, _>(summary.id.as_uuid())
    .bind::<Date, _>(summary.day.date())
    .bind::<Text, _>(summary.status.as_str())
    .bind::<Bool, _>(summary.complete)
    .bind::<Timestamptz, _>(summary.computed_at)
    .bind::<Jsonb, _>(to_document(&summary.computed_by, doing)?)
    .bind::<Nullable<Timestamptz>, _>(summary.closed_at)
    .bind::<Nullable<Jsonb>, _>(reopened)
    .bind::<BigInt, _>(count(summary.unnamed)?)
    .bind::<BigInt, _>(count(summary.open)?)
    .bind::<BigInt, _>(count(summary.resolved)?)
    .bind::<Jsonb, _>(to_document(&summary.accounts, doing)?);
    Ok(constant(statement))
}

fn amounts(tasks: &[Task], of: fn(&Found) -> Option<Money>) -> (Vec<Option<i64>>, Vec<Option<String>>) {
    let amounts = tasks.iter().map(|task| of(&task.what));
    amounts.map(|amount| (amount.map(Money::minor), amount.map(|it| it.currency().to_string()))).unzip()
}

/// All tasks of a day, as arrays; what of a known one may change is changed.
fn save_tasks(close: &DayClose) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let all = &close.tasks;
    let ids: Vec<Uuid> = all.iter().map(|task| task.id.as_uuid()).collect();
    let texts = |of: fn(&Found) -> String| all.iter().map(|task| of(&task.what)).collect::<Vec<_>>();
    let uuids = |of: fn(&Task) -> Option<Uuid>| all.iter().map(of).collect::<Vec<_>>();
    let (ours, ours_in) = amounts(all, |what| what.ours);
    let (theirs, theirs_in) = amounts(all, |what| what.theirs);
    let ends = all.iter().map(|task| task.end.as_ref().map(|end| end.at));
    let notes = all.iter().map(|task| task.end.as_ref().and_then(|end| end.note.clone()));
    constant(
        text(
            "INSERT INTO close_tasks (close_id, number, id, kind, provider, account, live, about, reference, \
                 booking_id, payment_id, ours_minor, ours_currency, theirs_minor, theirs_currency, words, found_at, \
                 ended_at, ended_by, note) \
             SELECT $1, t.number, t.id, t.kind, t.provider, t.account, t.live, t.about, t.reference, t.booking_id, \
                 t.payment_id, t.ours_minor, t.ours_currency, t.theirs_minor, t.theirs_currency, t.words, \
                 t.found_at, t.ended_at, t.ended_by, t.note \
             FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
                 WITH ORDINALITY AS t(id, kind, provider, account, live, about, reference, booking_id, payment_id, \
                     ours_minor, ours_currency, theirs_minor, theirs_currency, words, found_at, ended_at, \
                     ended_by, note, number) \
             ON CONFLICT (id) DO UPDATE SET booking_id = excluded.booking_id, payment_id = excluded.payment_id, \
                 ours_minor = excluded.ours_minor, ours_currency = excluded.ours_currency, \
                 theirs_minor = excluded.theirs_minor, theirs_currency = excluded.theirs_currency, \
                 words = excluded.words, ended_at = excluded.ended_at, ended_by = excluded.ended_by, \
                 note = excluded.note",
        )
        .bind::<SqlUuid, _>(close.summary.id.as_uuid())
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(texts(|what| what.kind.as_str().to_owned()))
        .bind::<Array<Text>, _>(texts(|what| what.till.provider.as_str().to_owned()))
        .bind::<Array<Text>, _>(texts(|what| what.till.account.clone()))
        .bind::<Array<Bool>, _>(all.iter().map(|task| task.what.till.live).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(texts(|what| what.about.as_str().to_owned()))
        .bind::<Array<Text>, _>(texts(|what| what.reference.clone()))
        .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|task| task.what.booking.map(|id| id.as_uuid())))
        .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|task| task.what.payment.map(|id| id.as_uuid())))
        .bind::<Array<Nullable<BigInt>>, _>(ours)
        .bind::<Array<Nullable<Text>>, _>(ours_in)
        .bind::<Array<Nullable<BigInt>>, _>(theirs)
        .bind::<Array<Nullable<Text>>, _>(theirs_in)
        .bind::<Array<Text>, _>(texts(|what| what.words.clone()))
        .bind::<Array<Timestamptz>, _>(all.iter().map(|task| task.found_at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(ends.collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|task| Some(task.end.as_ref()?.by?.as_uuid())))
        .bind::<Array<Nullable<Text>>, _>(notes.collect::<Vec<_>>()),
    )
}

#[async_trait]
impl CloseTx for PgTx {
    async fn lock_day(&mut self, day: Day) -> Result<Option<DayClose>, StoreError> {
        let doing = "locking a day";
        // Writing the row locks it, whether it was there or not.
        let lock = text("INSERT INTO close_turns (day) VALUES ($1) ON CONFLICT (day) DO UPDATE SET day = $1")
            .bind::<Date, _>(day.date());
        let rows: Vec<DayRow> = self.lock_and_load(doing, constant(lock), by_day(day)).await?;
        let Some(summary) = first(rows)? else { return Ok(None) };
        let tasks: Vec<TaskRow> = self.load("reading the tasks of a day", tasks(summary.id)).await?;
        whole(summary, tasks).map(Some)
    }

    async fn save_day(&mut self, close: &DayClose) -> Result<(), StoreError> {
        self.write("saving a day", save(&close.summary)?);
        if !close.tasks.is_empty() {
            self.write("saving the tasks of a day", save_tasks(close));
        }
        Ok(())
    }

    async fn claim_day(&mut self, day: Day, now: Timestamp, due: Timestamp) -> Result<bool, StoreError> {
        let claim = text(
            "INSERT INTO close_turns AS t (day, taken_at) VALUES ($1, $2) \
             ON CONFLICT (day) DO UPDATE SET taken_at = $2 WHERE t.taken_at IS NULL OR t.taken_at <= $3",
        )
        .bind::<Date, _>(day.date())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(due);
        Ok(self.execute("taking the turn at a day", constant(claim)).await? == 1)
    }
}

#[async_trait]
impl CloseStore for PgStore {
    async fn day_close(&self, day: Day) -> Result<Option<DayClose>, StoreError> {
        // Between the two reads a task may be added, which the summary then does not count yet.
        let rows: Vec<DayRow> = self.rows("reading a day", by_day(day)).await?;
        let Some(summary) = first(rows)? else { return Ok(None) };
        let tasks: Vec<TaskRow> = self.rows("reading the tasks of a day", tasks(summary.id)).await?;
        whole(summary, tasks).map(Some)
    }

    async fn day_closes(
        &self,
        status: Option<DayStatus>,
        page: PageRequest,
    ) -> Result<Page<DaySummary>, StoreError> {
        const ALL: &str = days!(
            "WHERE ($1 IS NULL OR status = $1) AND day < coalesce($2, 'infinity'::date) ORDER BY day DESC LIMIT $3"
        );
        const OPEN: &str = days!(
            "WHERE status = 'open' AND ($1 IS NULL OR status = $1) AND day < coalesce($2, 'infinity'::date) \
             ORDER BY day DESC LIMIT $3"
        );
        let sql = if status == Some(DayStatus::Open) { OPEN } else { ALL };
        let statement = text(sql)
            .bind::<Nullable<Text>, _>(status.map(DayStatus::as_str))
            .bind::<Nullable<Date>, _>(page.after.map(|after| Day::of(after.at).date()))
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<DayRow> = self.rows("listing days", constant(statement)).await?;
        let found: Result<Vec<DaySummary>, _> = rows.into_iter().map(TryFrom::try_from).collect();
        Ok(Page::cut(found?, page.limit, |day| Cursor { at: day.day.start(), id: Uuid::nil() }))
    }

    async fn bookings_of_charges(
        &self,
        provider: Provider,
        charges: &[String],
    ) -> Result<Vec<Booking>, StoreError> {
        if charges.is_empty() {
            return Ok(Vec::new());
        }
        let statement = text(select_bookings!(
            "WHERE b.id = ANY(ARRAY(SELECT c.booking_id FROM payments c WHERE c.provider = $1 AND c.charge = ANY($2)))"
        ))
        .bind::<Text, _>(provider.as_str())
        .bind::<Array<Text>, _>(charges);
        let rows: Vec<BookingRow> = self.rows("reading the bookings of charges", constant(statement)).await?;
        bookings(rows)
    }

    async fn charged_between(
        &self,
        (from, until): (Timestamp, Timestamp),
        page: PageRequest,
    ) -> Result<Page<BookingId>, StoreError> {
        let statement = text(
            "SELECT p.id, p.booking_id, p.charged_at FROM payments p \
             WHERE p.charged_at >= $1 AND p.charged_at < $2 \
                 AND (p.charged_at, p.id) > (coalesce($3, '-infinity'::timestamptz), coalesce($4, $5)) \
             ORDER BY p.charged_at, p.id LIMIT $6",
        )
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(until)
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
        .bind::<SqlUuid, _>(Uuid::nil())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<ChargedRow> = self.rows("listing the charges of a span", constant(statement)).await?;
        let page = Page::cut(rows, page.limit, |row| Cursor { at: row.charged_at, id: row.id });
        Ok(page.map(|row| row.booking_id.into()))
    }

    async fn bookings_by_id(&self, ids: &[BookingId]) -> Result<Vec<Booking>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement = text(select_bookings!("WHERE b.id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<BookingRow> = self.rows("reading bookings by id", constant(statement)).await?;
        bookings(rows)
    }
}
