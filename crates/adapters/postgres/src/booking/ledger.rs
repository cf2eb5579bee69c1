//! Rows of `ledger_entries`: added, read, and never changed.

use super::order::{BookingRow, bookings, select_bookings};
use crate::column::{money, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::ledger::{Account, Balance, Entry, EntryFilter, EntryKind};
use booking::{Booking, LedgerStore, LedgerTx};
use diesel::QueryableByName;
use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid};
use kernel::{BookingId, Cursor, Page, PageRequest, StoreError, Timestamp, Transaction};
use uuid::Uuid;

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    reversal: bool,
    #[diesel(sql_type = Text)]
    from_account: String,
    #[diesel(sql_type = Text)]
    to_account: String,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    organisation_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    booking_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    payment_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    refund_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    dispute_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let account = |text: &str| text.parse().map_err(corrupt("reading an account of the ledger"));
        Ok(Self {
            id: row.id.into(),
            kind: word(&row.kind, "reading ledger_entries.kind")?,
            reversal: row.reversal,
            from: account(&row.from_account)?,
            to: account(&row.to_account)?,
            amount: money(row.amount_minor, &row.currency, "reading ledger_entries.amount_minor")?,
            organisation: row.organisation_id.map(Into::into),
            event: row.event_id.map(Into::into),
            booking: row.booking_id.map(Into::into),
            payment: row.payment_id.map(Into::into),
            refund: row.refund_id.map(Into::into),
            dispute: row.dispute_id.map(Into::into),
            at: row.at,
        })
    }
}

fn entries(rows: Vec<EntryRow>) -> Result<Vec<Entry>, StoreError> {
    rows.into_iter().map(Entry::try_from).collect()
}

#[derive(QueryableByName)]
struct BalanceRow {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

impl TryFrom<BalanceRow> for Balance {
    type Error = StoreError;

    fn try_from(row: BalanceRow) -> Result<Self, StoreError> {
        let doing = "reading a balance";
        let account: Account = row.account.parse().map_err(corrupt(doing))?;
        Ok(Self { account, currency: row.currency.parse().map_err(corrupt(doing))?, minor: row.minor })
    }
}

/// What of an entry is read.
macro_rules! columns {
    () => {
        "id, kind, reversal, from_account, to_account, amount_minor, currency, organisation_id, event_id, booking_id, \
         payment_id, refund_id, dispute_id, at"
    };
}

/// Entries on whose leading condition there is an index, with all other conditions of a filter: `$1` to `$6` are its
/// fields. Plans are made without looking at values, so a condition that may be absent cannot lead.
macro_rules! wanted {
    ($lead:literal) => {
        concat!(
            $lead,
            " AND ($1 IS NULL OR $1 IN (from_account, to_account)) AND ($2 IS NULL OR booking_id = $2) \
             AND ($3 IS NULL OR event_id = $3) AND ($4 IS NULL OR organisation_id = ANY($4)) \
             AND at >= coalesce($5, '-infinity'::timestamptz) AND at < coalesce($6, 'infinity'::timestamptz)"
        )
    };
}

/// A page, the newest first: `$7` and `$8` are the cursor, `$9` is the last of all ids and `$10` the limit.
macro_rules! page {
    ($lead:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM ledger_entries WHERE ",
            wanted!($lead),
            " AND (at, id) < (coalesce($7, 'infinity'::timestamptz), coalesce($8, $9)) \
             ORDER BY at DESC, id DESC LIMIT $10"
        )
    };
}

const PAGE: &str = page!("true");
const PAGE_OF_BOOKING: &str = page!("booking_id = $2");
const PAGE_OF_EVENT: &str = page!("event_id = $3");
/// The newest of each organisation, and of those the newest.
const PAGE_OF_ORGANISATIONS: &str = concat!(
    "SELECT e.* FROM unnest($4) AS o(id) CROSS JOIN LATERAL (",
    page!("organisation_id = o.id"),
    ") e ORDER BY e.at DESC, e.id DESC LIMIT $10"
);
const PAGE_OF_ACCOUNT: &str = concat!(
    "SELECT e.* FROM ((",
    page!("from_account = $1"),
    ") UNION ALL (",
    page!("to_account = $1"),
    ")) e ORDER BY e.at DESC, e.id DESC LIMIT $10"
);

/// Until this transaction ends. Sums read every entry there is, at about a million a second, which no statement may do that
/// somebody waits for. In pieces they would take as long and no longer be of one moment: ids do not come in the order of
/// time, so what is posted meanwhile would be in some of the sums and not in others.
const PATIENCE: &str = "SELECT set_config('statement_timeout', '5min', true)";

macro_rules! sums {
    ($lead:literal) => {
        concat!(
            "SELECT account, currency, sum(minor)::bigint AS minor FROM (\
                 SELECT a.account, currency, a.minor FROM ledger_entries \
                 CROSS JOIN LATERAL (VALUES (from_account, -amount_minor), (to_account, amount_minor)) \
                     AS a(account, minor) WHERE ",
            wanted!($lead),
            ") moves GROUP BY account, currency HAVING sum(minor) <> 0"
        )
    };
}

const SUMS: &str = sums!("true");
const SUMS_OF_BOOKING: &str = sums!("booking_id = $2");
const SUMS_OF_EVENT: &str = sums!("event_id = $3");
const SUMS_OF_ORGANISATIONS: &str = sums!("organisation_id = ANY($4)");
const SUMS_OF_ACCOUNT: &str = sums!("(from_account = $1 OR to_account = $1)");

/// The text whose leading condition narrows most.
fn leading(filter: &EntryFilter, texts: [&'static str; 5]) -> &'static str {
    let [all, booking, event, account, organisations] = texts;
    match filter {
        EntryFilter { booking: Some(_), .. } => booking,
        EntryFilter { event: Some(_), .. } => event,
        EntryFilter { account: Some(_), .. } => account,
        EntryFilter { organisations: Some(_), .. } => organisations,
        EntryFilter { from: _, until: _, .. } => all,
    }
}

fn account(filter: &EntryFilter) -> Option<String> {
    filter.account.as_ref().map(ToString::to_string)
}

fn organisations(filter: &EntryFilter) -> Option<Vec<Uuid>> {
    let all = filter.organisations.as_ref()?;
    Some(all.iter().map(|organisation| organisation.as_uuid()).collect())
}

fn page(filter: &EntryFilter, page: PageRequest) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let texts = [PAGE, PAGE_OF_BOOKING, PAGE_OF_EVENT, PAGE_OF_ACCOUNT, PAGE_OF_ORGANISATIONS];
    constant(
        text(leading(filter, texts))
            .bind::<Nullable<Text>, _>(account(filter))
            .bind::<Nullable<SqlUuid>, _>(filter.booking.map(|id| id.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|id| id.as_uuid()))
            .bind::<Nullable<Array<SqlUuid>>, _>(organisations(filter))
            .bind::<Nullable<Timestamptz>, _>(filter.from)
            .bind::<Nullable<Timestamptz>, _>(filter.until)
            .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1),
    )
}

fn sums(filter: &EntryFilter) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let texts = [SUMS, SUMS_OF_BOOKING, SUMS_OF_EVENT, SUMS_OF_ACCOUNT, SUMS_OF_ORGANISATIONS];
    constant(
        text(leading(filter, texts))
            .bind::<Nullable<Text>, _>(account(filter))
            .bind::<Nullable<SqlUuid>, _>(filter.booking.map(|id| id.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|id| id.as_uuid()))
            .bind::<Nullable<Array<SqlUuid>>, _>(organisations(filter))
            .bind::<Nullable<Timestamptz>, _>(filter.from)
            .bind::<Nullable<Timestamptz>, _>(filter.until),
    )
}

fn of_bookings(ids: &[BookingId]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    constant(
        text(concat!("SELECT ", columns!(), " FROM ledger_entries WHERE booking_id = ANY($1)"))
            .bind::<Array<SqlUuid>, _>(ids),
    )
}

fn by_id(entries: &[Entry]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id.as_uuid()).collect();
    constant(
        text(concat!("SELECT ", columns!(), " FROM ledger_entries WHERE id = ANY($1)"))
            .bind::<Array<SqlUuid>, _>(ids),
    )
}

/// Entries that travel in one statement, when there may be many.
const AT_ONCE: usize = 1_000;

macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO ledger_entries (id, kind, reversal, from_account, to_account, amount_minor, currency, \
                 organisation_id, event_id, booking_id, payment_id, refund_id, dispute_id, at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            $rest
        )
    };
}

fn add(sql: &'static str, entries: &[Entry]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text(sql)
            .bind::<Array<SqlUuid>, _>(entries.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(entries.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>())
            .bind::<Array<Bool>, _>(entries.iter().map(|it| it.reversal).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(entries.iter().map(|it| it.from.to_string()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(entries.iter().map(|it| it.to.to_string()).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(entries.iter().map(|it| it.amount.minor()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(
                entries.iter().map(|it| it.amount.currency().code().to_owned()).collect::<Vec<_>>(),
            )
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.organisation.map(|id| id.as_uuid())))
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.event.map(|id| id.as_uuid())))
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.booking.map(|id| id.as_uuid())))
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.payment.map(|id| id.as_uuid())))
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.refund.map(|id| id.as_uuid())))
            .bind::<Array<Nullable<SqlUuid>>, _>(some(entries, |it| it.dispute.map(|id| id.as_uuid())))
            .bind::<Array<Timestamptz>, _>(entries.iter().map(|it| it.at).collect::<Vec<_>>()),
    )
}

fn some(entries: &[Entry], id: fn(&Entry) -> Option<Uuid>) -> Vec<Option<Uuid>> {
    entries.iter().map(id).collect()
}

#[async_trait]
impl LedgerTx for PgTx {
    async fn post(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if !entries.is_empty() {
            self.write("posting to the ledger", add(insert!(""), entries));
        }
        Ok(())
    }

    async fn post_once(&mut self, new: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        let mut posted = Vec::with_capacity(new.len());
        for some in new.chunks(AT_ONCE) {
            self.write("posting fees", add(insert!(" ON CONFLICT (id) DO NOTHING"), some));
            posted.extend(entries(self.load("reading posted fees", by_id(some)).await?)?);
        }
        Ok(posted)
    }

    async fn entries_of_booking(&mut self, id: BookingId) -> Result<Vec<Entry>, StoreError> {
        entries(self.load("reading the entries of a booking", of_bookings(&[id])).await?)
    }
}

impl PgStore {
    /// The rows of a statement that adds up what may be millions: it may take minutes.
    pub(super) async fn patient_rows<Q, Row>(
        &self,
        doing: &'static str,
        statement: Statement<Q>,
    ) -> Result<Vec<Row>, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
        Row: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        let mut tx = self.transaction().await?;
        tx.execute(doing, constant(text(PATIENCE))).await?;
        let rows = tx.load(doing, statement).await?;
        Box::new(tx).commit().await?;
        Ok(rows)
    }
}

#[derive(QueryableByName)]
struct StraysRow {
    #[diesel(sql_type = BigInt)]
    strays: i64,
}

#[async_trait]
impl LedgerStore for PgStore {
    async fn entries(&self, filter: &EntryFilter, wanted: PageRequest) -> Result<Page<Entry>, StoreError> {
        let rows = entries(self.rows("listing the ledger", page(filter, wanted)).await?)?;
        Ok(Page::cut(rows, wanted.limit, |entry| Cursor { at: entry.at, id: entry.id.as_uuid() }))
    }

    async fn balances(&self, filter: &EntryFilter) -> Result<Vec<Balance>, StoreError> {
        let rows: Vec<BalanceRow> = self.patient_rows("adding the ledger up", sums(filter)).await?;
        let balances: Result<Vec<_>, _> = rows.into_iter().map(Balance::try_from).collect();
        let mut balances = balances?;
        balances.sort_by(|one, other| (&one.account, one.currency).cmp(&(&other.account, other.currency)));
        Ok(balances)
    }

    async fn entries_of_bookings(&self, ids: &[BookingId]) -> Result<Vec<Entry>, StoreError> {
        entries(self.rows("reading the entries of bookings", of_bookings(ids)).await?)
    }

    /// An entry without its booking is refused by the database itself.
    async fn strays(&self) -> Result<u64, StoreError> {
        let doing = "looking for entries without a booking";
        let kinds: Vec<&str> =
            EntryKind::ALL.iter().filter(|kind| kind.needs_no_booking()).map(|kind| kind.as_str()).collect();
        let statement = text(
            "SELECT count(*) AS strays FROM ledger_entries WHERE booking_id IS NULL AND kind <> ALL($1)",
        )
        .bind::<Array<Text>, _>(kinds);
        let rows: Vec<StraysRow> = self.rows(doing, constant(statement)).await?;
        rows.first().map_or(Ok(0), |row| u64::try_from(row.strays).map_err(corrupt(doing)))
    }

    async fn bookings_after(&self, after: Option<BookingId>, limit: u32) -> Result<Vec<Booking>, StoreError> {
        let after = after.map_or(Uuid::nil(), BookingId::as_uuid);
        let statement = text(select_bookings!("WHERE b.id > $1 ORDER BY b.id LIMIT $2"))
            .bind::<SqlUuid, _>(after)
            .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<BookingRow> = self.rows("walking through bookings", constant(statement)).await?;
        bookings(rows)
    }
}
