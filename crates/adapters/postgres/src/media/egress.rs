//! Rows of `egress` and `egress_links`.

use crate::column::{size, to_size};
use crate::failure::corrupt;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::media::{Egress, EgressTotal, Month};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, StoreError, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct EgressRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = BigInt)]
    signed: i64,
    #[diesel(sql_type = BigInt)]
    served: i64,
}

#[derive(QueryableByName)]
pub(super) struct TotalRow {
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    signed: i64,
    #[diesel(sql_type = BigInt)]
    served: i64,
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

fn month(column: i32) -> Result<Month, StoreError> {
    u32::try_from(column).map(Month).map_err(corrupt("reading egress.month"))
}

pub(super) fn to_month(month: Month) -> Result<i32, StoreError> {
    i32::try_from(month.0).map_err(corrupt("writing egress.month"))
}

impl TryFrom<EgressRow> for Egress {
    type Error = StoreError;

    fn try_from(row: EgressRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.account_id.into(),
            month: month(row.month)?,
            signed: size(row.signed, "reading egress.signed")?,
            served: size(row.served, "reading egress.served")?,
        })
    }
}

impl TryFrom<TotalRow> for EgressTotal {
    type Error = StoreError;

    fn try_from(row: TotalRow) -> Result<Self, StoreError> {
        Ok(Self {
            month: month(row.month)?,
            members: size(row.members, "counting members of a month")?,
            signed: size(row.signed, "adding up egress.signed")?,
            served: size(row.served, "adding up egress.served")?,
            counted: size(row.counted, "adding up what counts")?,
        })
    }
}

pub(super) fn egresses(rows: Vec<EgressRow>) -> Result<Vec<Egress>, StoreError> {
    rows.into_iter().map(Egress::try_from).collect()
}

pub(super) fn one(account: AccountId, month: Month, rows: Vec<EgressRow>) -> Result<Egress, StoreError> {
    let nothing = Egress { account, month, signed: 0, served: 0 };
    rows.into_iter().next().map_or(Ok(nothing), Egress::try_from)
}

/// Adds what was served, one row per account and month: a statement changes a row once; and in one order, so that two that
/// add to the same rows do not wait for each other in a circle.
pub(super) fn add(
    served: &[(AccountId, Month, u64)],
) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let doing = "writing egress.served";
    let mut sums: BTreeMap<(Uuid, i32), u64> = BTreeMap::new();
    for (account, month, bytes) in served {
        let sum = sums.entry((account.as_uuid(), to_month(*month)?)).or_default();
        *sum = sum.saturating_add(*bytes);
    }
    let bytes: Vec<i64> = sums.values().map(|sum| to_size(*sum, doing)).collect::<Result<_, _>>()?;
    let (accounts, months): (Vec<Uuid>, Vec<i32>) = sums.into_keys().unzip();
    Ok(constant(
        text(
            "INSERT INTO egress (account_id, month, served) SELECT * FROM unnest($1, $2, $3) \
             ON CONFLICT (account_id, month) DO UPDATE SET served = egress.served + excluded.served",
        )
        .bind::<Array<SqlUuid>, _>(accounts)
        .bind::<Array<Integer>, _>(months)
        .bind::<Array<BigInt>, _>(bytes),
    ))
}

impl PgTx {
    pub(super) async fn egress_locked(
        &mut self,
        account: AccountId,
        month: Month,
    ) -> Result<Egress, StoreError> {
        let doing = "locking what a member was sent";
        let there = text("INSERT INTO egress (account_id, month) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind::<SqlUuid, _>(account.as_uuid())
            .bind::<Integer, _>(to_month(month)?);
        let lock = text(
            "SELECT account_id, month, signed, served FROM egress WHERE account_id = $1 AND month = $2 \
             FOR NO KEY UPDATE",
        )
        .bind::<SqlUuid, _>(account.as_uuid())
        .bind::<Integer, _>(to_month(month)?);
        one(account, month, self.lock_and_load(doing, constant(there), constant(lock)).await?)
    }

    pub(super) fn update_signed(&mut self, egress: &Egress) -> Result<(), StoreError> {
        let doing = "saving what was signed";
        let statement = text(
            "INSERT INTO egress (account_id, month, signed) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id, month) DO UPDATE SET signed = excluded.signed",
        )
        .bind::<SqlUuid, _>(egress.account.as_uuid())
        .bind::<Integer, _>(to_month(egress.month)?)
        .bind::<BigInt, _>(to_size(egress.signed, doing)?);
        self.write(doing, constant(statement));
        Ok(())
    }

    pub(super) async fn insert_link(
        &mut self,
        account: AccountId,
        link: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO egress_links (account_id, link, until) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id, link) DO UPDATE SET until = excluded.until \
             WHERE egress_links.until < excluded.until",
        )
        .bind::<SqlUuid, _>(account.as_uuid())
        .bind::<Binary, _>(Sha256::digest(link).to_vec())
        .bind::<Timestamptz, _>(until);
        self.execute("noting a link", constant(statement)).await.map(|noted| noted == 1)
    }

    /// In the order of months, so that two who are forgotten at once do not wait for each other in a circle.
    pub(super) async fn forget_sent(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sent = text(
            "WITH gone AS ( \
                 DELETE FROM egress WHERE account_id = $1 RETURNING month, signed, served \
             ) \
             INSERT INTO egress_forgotten AS f (month, members, signed, served, counted) \
             SELECT month, 1, signed, served, greatest(signed, served) FROM gone \
             WHERE signed > 0 OR served > 0 ORDER BY month \
             ON CONFLICT (month) DO UPDATE SET members = f.members + excluded.members, \
                 signed = f.signed + excluded.signed, served = f.served + excluded.served, \
                 counted = f.counted + excluded.counted",
        )
        .bind::<SqlUuid, _>(account.as_uuid());
        self.execute("forgetting what a member was sent", constant(sent)).await?;
        let links =
            text("DELETE FROM egress_links WHERE account_id = $1").bind::<SqlUuid, _>(account.as_uuid());
        self.execute("forgetting the links of a member", constant(links)).await.map(drop)
    }

    pub(super) async fn delete_links(&mut self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let doing = "forgetting links that ended";
        let statement = text(
            "DELETE FROM egress_links WHERE (account_id, link) IN ( \
                 SELECT account_id, link FROM egress_links WHERE until < $1 ORDER BY until LIMIT $2 \
                 FOR UPDATE SKIP LOCKED \
             )",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(i64::from(limit));
        self.execute(doing, constant(statement)).await?.try_into().map_err(corrupt(doing))
    }
}
