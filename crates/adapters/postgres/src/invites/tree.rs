//! What members gave away, and who brought whom.
//!
//! The way up and the way down are walked by the server, at most [`DEEPEST`] steps, one look into an index for each
//! account. They would end even if somebody had bent the tree into a ring by hand.

use crate::column::{count, some_count};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use invites::{Ancestor, Branch, DEEPEST, Inviter, Lineage, Ruling};
use kernel::{AccountId, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

/// The latest word on a branch; without a row of its own, nothing was ever said.
#[derive(QueryableByName)]
struct RulingRow {
    #[diesel(sql_type = Nullable<Bool>)]
    frozen: Option<bool>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ruled_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ruled_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    note: Option<String>,
}

impl RulingRow {
    fn read(self) -> Option<Ruling> {
        let (at, by) = (self.ruled_at?, self.ruled_by?);
        Some(Ruling { frozen: self.frozen.unwrap_or(false), at, by: by.into(), note: self.note })
    }
}

#[derive(QueryableByName)]
struct InviterRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Nullable<BigInt>)]
    budget: Option<i64>,
    #[diesel(embed)]
    ruling: RulingRow,
}

impl TryFrom<InviterRow> for Inviter {
    type Error = StoreError;

    fn try_from(row: InviterRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.account_id.into(),
            budget: some_count(row.budget, "reading inviters.budget")?,
            ruling: row.ruling.read(),
        })
    }
}

#[derive(QueryableByName)]
struct AncestorRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    invite_id: Option<Uuid>,
    #[diesel(sql_type = Bool)]
    frozen: bool,
    #[diesel(sql_type = Bool)]
    barred: bool,
}

impl From<AncestorRow> for Ancestor {
    fn from(row: AncestorRow) -> Self {
        Self {
            account: row.account_id.into(),
            invite: row.invite_id.map(Into::into),
            frozen: row.frozen,
            barred: row.barred,
        }
    }
}

#[derive(QueryableByName)]
struct BranchRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    invited_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    invite_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(embed)]
    ruling: RulingRow,
    #[diesel(sql_type = BigInt)]
    invited: i64,
    #[diesel(sql_type = BigInt)]
    below: i64,
}

impl TryFrom<BranchRow> for Branch {
    type Error = StoreError;

    fn try_from(row: BranchRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.account_id.into(),
            inviter: row.invited_by.map(Into::into),
            invite: row.invite_id.map(Into::into),
            joined_at: row.created_at,
            ruling: row.ruling.read(),
            invited: count(row.invited, "counting whom an account brought")?,
            below: count(row.below, "counting a branch")?,
        })
    }
}

#[derive(QueryableByName)]
struct SpentRow {
    #[diesel(sql_type = BigInt)]
    spent: i64,
}

fn spent_by(account: AccountId, now: Timestamp) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    // See `Invite::spends`.
    let statement = text(
        "SELECT coalesce(sum(CASE WHEN revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) \
             THEN max_uses ELSE used END), 0)::bigint AS spent \
         FROM invites WHERE created_by = $1 AND counted",
    );
    constant(statement.bind::<SqlUuid, _>(account.as_uuid()).bind::<Timestamptz, _>(now))
}

fn spent_of(rows: &[SpentRow]) -> Result<u32, StoreError> {
    rows.first().map_or(Ok(0), |row| count(row.spent, "adding up what was given away"))
}

/// The way up from `$1`, at most `$2` steps, as the table `up`.
macro_rules! up {
    () => {
        "WITH RECURSIVE up (account_id, invited_by, invite_id, status, step) AS ( \
             SELECT id, invited_by, invite_id, status, 0::bigint FROM accounts WHERE id = $1 \
             UNION ALL \
             SELECT a.id, a.invited_by, a.invite_id, a.status, up.step + 1 \
             FROM up JOIN accounts a ON a.id = up.invited_by WHERE up.step < $2)"
    };
}

/// See `Ancestor::barred`.
macro_rules! barred {
    () => {
        "up.status IN ('pending', 'suspended', 'rejected') AS barred"
    };
}

fn on_the_way(
    statement: &'static str,
    account: AccountId,
) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let statement = text(statement).bind::<SqlUuid, _>(account.as_uuid());
    constant(statement.bind::<BigInt, _>(i64::from(DEEPEST)))
}

fn lineage(rows: Vec<AncestorRow>) -> Lineage {
    Lineage(rows.into_iter().map(Ancestor::from).collect())
}

/// A page of accounts with what hangs on them; the parts are who is on the page, and that again as a condition.
macro_rules! branches {
    ($whom:literal) => {
        concat!(
            "WITH RECURSIVE page AS MATERIALIZED ( \
                 SELECT id, invited_by, invite_id, created_at FROM accounts \
                 WHERE ",
            $whom,
            " AND (created_at, id) < (coalesce($1, 'infinity'::timestamptz), $2) \
                 ORDER BY created_at DESC, id DESC LIMIT $3), \
             branch (top, account_id, step) AS ( \
                 SELECT id, id, 0::bigint FROM page \
                 UNION ALL \
                 SELECT b.top, a.id, b.step + 1 \
                 FROM branch b JOIN accounts a ON a.invited_by = b.account_id WHERE b.step < $4), \
             counted AS ( \
                 SELECT top, count(*) FILTER (WHERE step = 1) AS invited, \
                     count(*) FILTER (WHERE step > 0) AS below FROM branch GROUP BY top) \
             SELECT p.id AS account_id, p.invited_by, p.invite_id, p.created_at, n.frozen, n.ruled_at, n.ruled_by, \
                 n.note, c.invited, c.below \
             FROM page p JOIN counted c ON c.top = p.id LEFT JOIN inviters n ON n.account_id = p.id \
             ORDER BY p.created_at DESC, p.id DESC"
        )
    };
}

impl PgStore {
    pub(super) async fn inviter_of(&self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        let statement = text(
            "SELECT a.id AS account_id, n.budget, n.frozen, n.ruled_at, n.ruled_by, n.note \
             FROM accounts a LEFT JOIN inviters n ON n.account_id = a.id WHERE a.id = $1",
        );
        let statement = constant(statement.bind::<SqlUuid, _>(account.as_uuid()));
        let rows: Vec<InviterRow> = self.rows("reading an inviter", statement).await?;
        rows.into_iter().next().map(Inviter::try_from).transpose()
    }

    pub(super) async fn spent_by(&self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        spent_of(&self.rows("adding up what was given away", spent_by(account, now)).await?)
    }

    pub(super) async fn lineage_of(&self, account: AccountId) -> Result<Lineage, StoreError> {
        let statement = concat!(
            up!(),
            " SELECT up.account_id, up.invite_id, coalesce(n.frozen, false) AS frozen, ",
            barred!(),
            " \
             FROM up LEFT JOIN inviters n ON n.account_id = up.account_id ORDER BY up.step"
        );
        Ok(lineage(self.rows("reading the way to a root", on_the_way(statement, account)).await?))
    }

    pub(super) async fn branches_of(
        &self,
        under: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Branch>, StoreError> {
        let doing = "listing branches";
        let statement = match under {
            Some(_) => text(branches!("invited_by = $5")),
            None => text(branches!("invited_by IS NULL")),
        };
        let statement = statement
            .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
            .bind::<SqlUuid, _>(page.after.map_or(Uuid::max(), |after| after.id))
            .bind::<BigInt, _>(i64::from(page.limit) + 1)
            .bind::<BigInt, _>(i64::from(DEEPEST));
        let rows: Vec<BranchRow> = match under {
            Some(under) => self.rows(doing, constant(statement.bind::<SqlUuid, _>(under.as_uuid()))).await?,
            None => self.rows(doing, constant(statement)).await?,
        };
        let found = rows.into_iter().map(Branch::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Branch::cursor))
    }
}

impl PgTx {
    pub(super) async fn spent_by(&mut self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        spent_of(&self.load("adding up what was given away", spent_by(account, now)).await?)
    }

    pub(super) async fn inviter_locked(&mut self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        let doing = "locking an inviter";
        let there = text(
            "INSERT INTO inviters (account_id) SELECT id FROM accounts WHERE id = $1 ON CONFLICT DO NOTHING",
        );
        self.write(doing, constant(there.bind::<SqlUuid, _>(account.as_uuid())));
        let lock = text(
            "SELECT account_id, budget, frozen, ruled_at, ruled_by, note FROM inviters WHERE account_id = $1 \
             FOR UPDATE",
        );
        let rows: Vec<InviterRow> =
            self.load(doing, constant(lock.bind::<SqlUuid, _>(account.as_uuid()))).await?;
        rows.into_iter().next().map(Inviter::try_from).transpose()
    }

    pub(super) fn update_inviter(&mut self, inviter: &Inviter) {
        let ruling = inviter.ruling.as_ref();
        let statement = text(
            "UPDATE inviters SET budget = $2, frozen = $3, ruled_at = $4, ruled_by = $5, note = $6 \
             WHERE account_id = $1",
        )
        .bind::<SqlUuid, _>(inviter.account.as_uuid())
        .bind::<Nullable<BigInt>, _>(inviter.budget.map(i64::from))
        .bind::<Bool, _>(inviter.is_frozen())
        .bind::<Nullable<Timestamptz>, _>(ruling.map(|ruling| ruling.at))
        .bind::<Nullable<SqlUuid>, _>(ruling.map(|ruling| ruling.by.as_uuid()))
        .bind::<Nullable<Text>, _>(ruling.and_then(|ruling| ruling.note.clone()));
        self.write("saving an inviter", constant(statement));
    }

    /// Rows are made and locked in one order, from the account upwards, so that no two who do so wait for each other.
    pub(super) async fn lineage_locked(&mut self, account: AccountId) -> Result<Lineage, StoreError> {
        let doing = "locking the way to a root";
        let there = concat!(
            up!(),
            " INSERT INTO inviters (account_id) SELECT account_id FROM up ORDER BY step ON CONFLICT DO NOTHING"
        );
        self.write(doing, on_the_way(there, account));
        let lock = concat!(
            up!(),
            " SELECT up.account_id, up.invite_id, n.frozen, ",
            barred!(),
            " \
             FROM up JOIN inviters n ON n.account_id = up.account_id ORDER BY up.step FOR SHARE OF n"
        );
        Ok(lineage(self.load(doing, on_the_way(lock, account)).await?))
    }

    pub(super) fn forget_counted(&mut self, maker: AccountId, now: Timestamp) {
        // See `Invite::forget`.
        let statement = text(
            "UPDATE invites SET note = NULL, email = NULL, revoked_at = coalesce(revoked_at, $2) \
             WHERE created_by = $1 AND counted",
        );
        let statement = statement.bind::<SqlUuid, _>(maker.as_uuid()).bind::<Timestamptz, _>(now);
        self.write("forgetting invites", constant(statement));
    }
}
