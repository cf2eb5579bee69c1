//! Rows of the audit log, and the chain that is laid through them.

use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::schema::audit_acts;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::audit::{Head, Seal, SealTx, SealedAct};
use kernel::{Act, ActId, StoreError, Subject, Timestamp, Who};
use uuid::Uuid;

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_acts, check_for_backend(diesel::pg::Pg))]
pub(super) struct ActRow {
    id: Uuid,
    at: Timestamp,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    request: Option<String>,
    act: String,
    subject_kind: String,
    subject_id: Uuid,
    organisation_id: Option<Uuid>,
    state_before: Option<String>,
    state_after: Option<String>,
    seq: Option<i64>,
    row_mac: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl TryFrom<ActRow> for SealedAct {
    type Error = StoreError;

    fn try_from(row: ActRow) -> Result<Self, StoreError> {
        let who = match (row.actor_kind.as_str(), row.actor_id, row.actor_name) {
            ("account", Some(account), None) => Who::Account(account.into()),
            ("provider", None, Some(name)) => Who::Provider(name),
            ("system", None, None) => Who::System,
            ("command_line", None, None) => Who::CommandLine,
            _ => return Err(StoreError::broken("reading audit_acts.actor_kind", "it is nobody")),
        };
        let request = row.request.map(|name| name.parse()).transpose();
        let seal = match (row.seq, row.row_mac, row.link) {
            (Some(seq), Some(row), Some(link)) => {
                Some(Seal { seq: number(seq)?, row: hash(row)?, link: hash(link)? })
            }
            _ => None,
        };
        let act = Act {
            id: row.id.into(),
            at: row.at,
            who,
            request: request.map_err(corrupt("reading audit_acts.request"))?,
            act: row.act.into(),
            subject: Subject { kind: row.subject_kind.into(), id: row.subject_id },
            organisation: row.organisation_id.map(Into::into),
            before: row.state_before,
            after: row.state_after,
        };
        Ok(Self { act, seal })
    }
}

fn number(seq: i64) -> Result<u64, StoreError> {
    seq.try_into().map_err(corrupt("reading a number of the audit log"))
}

fn column(seq: u64) -> Result<i64, StoreError> {
    seq.try_into().map_err(corrupt("writing a number of the audit log"))
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::broken("reading a seal of the audit log", "it has not 32 bytes"))
}

#[derive(QueryableByName)]
struct HeadRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Nullable<Bytea>)]
    link: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    seal: Option<Vec<u8>>,
}

impl HeadRow {
    fn read(self) -> Result<Option<Head>, StoreError> {
        match (self.link, self.seal) {
            (Some(link), Some(seal)) => {
                Ok(Some(Head { seq: number(self.seq)?, link: hash(link)?, seal: hash(seal)? }))
            }
            _ => Ok(None),
        }
    }
}

#[derive(QueryableByName)]
struct WaitingRow {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
}

pub(super) async fn read(store: &PgStore, after: u64, limit: u32) -> Result<Vec<SealedAct>, StoreError> {
    let doing = "following the chain of acts";
    let query = audit_acts::table
        .filter(audit_acts::seq.gt(column(after)?))
        .order(audit_acts::seq)
        .limit(limit.into())
        .select(ActRow::as_select());
    let mut connection = store.connection(doing).await?;
    let rows: Vec<ActRow> = query.load(&mut connection).await.map_err(failed(doing))?;
    rows.into_iter().map(SealedAct::try_from).collect()
}

pub(super) async fn head(store: &PgStore) -> Result<Option<Head>, StoreError> {
    let doing = "reading the end of the chain of acts";
    let mut connection = store.connection(doing).await?;
    let statement = constant(text("SELECT seq, link, seal FROM audit_head WHERE id = 1"));
    let rows: Vec<HeadRow> = statement.load(&mut connection).await.map_err(failed(doing))?;
    rows.into_iter().next().map_or(Ok(None), HeadRow::read)
}

pub(super) async fn waiting(store: &PgStore) -> Result<u64, StoreError> {
    let doing = "counting acts that wait for their seal";
    let mut connection = store.connection(doing).await?;
    let statement = constant(text("SELECT count(*) AS waiting FROM audit_acts WHERE seq IS NULL"));
    let row: WaitingRow = statement.get_result(&mut connection).await.map_err(failed(doing))?;
    row.waiting.try_into().map_err(corrupt(doing))
}

#[async_trait]
impl SealTx for PgTx {
    async fn lock_head(&mut self) -> Result<Option<Head>, StoreError> {
        let doing = "locking the end of the chain of acts";
        let lock = constant(text("SELECT FROM audit_head WHERE id = 1 FOR UPDATE"));
        let read = constant(text("SELECT seq, link, seal FROM audit_head WHERE id = 1"));
        let rows: Vec<HeadRow> = self.lock_and_load(doing, lock, read).await?;
        // Without the row nothing was locked, and two sealers could give one place twice.
        rows.into_iter().next().ok_or_else(|| StoreError::broken(doing, "it is not there"))?.read()
    }

    async fn unsealed(&mut self, limit: u32) -> Result<Vec<Act>, StoreError> {
        let rows: QueryResult<Vec<ActRow>> = audit_acts::table
            .filter(audit_acts::seq.is_null())
            .order((audit_acts::at, audit_acts::id))
            .limit(limit.into())
            .select(ActRow::as_select())
            .load(self.connection().await?)
            .await;
        let rows = self.checked("reading acts that wait for their seal", rows)?;
        rows.into_iter().map(|row| SealedAct::try_from(row).map(|sealed| sealed.act)).collect()
    }

    async fn add_seals(&mut self, seals: &[(ActId, Seal)], head: &Head) -> Result<(), StoreError> {
        let doing = "sealing acts";
        let places = seals.iter().map(|(_, seal)| column(seal.seq)).collect::<Result<Vec<i64>, _>>()?;
        let statement = text(
            "UPDATE audit_acts AS a SET seq = n.seq, row_mac = n.row_mac, link = n.link \
             FROM unnest($1, $2, $3, $4) AS n(id, seq, row_mac, link) WHERE a.id = n.id",
        )
        .bind::<Array<SqlUuid>, _>(seals.iter().map(|(id, _)| id.as_uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<BigInt>, _>(places)
        .bind::<Array<Bytea>, _>(seals.iter().map(|(_, seal)| seal.row.to_vec()).collect::<Vec<Vec<u8>>>())
        .bind::<Array<Bytea>, _>(seals.iter().map(|(_, seal)| seal.link.to_vec()).collect::<Vec<Vec<u8>>>());
        let touched = self.execute(doing, constant(statement)).await?;
        if touched != seals.len() {
            return Err(StoreError::broken(doing, "some are not there"));
        }
        let statement = text("UPDATE audit_head SET seq = $1, link = $2, seal = $3 WHERE id = 1")
            .bind::<BigInt, _>(column(head.seq)?)
            .bind::<Bytea, _>(head.link.to_vec())
            .bind::<Bytea, _>(head.seal.to_vec());
        self.write(doing, constant(statement));
        Ok(())
    }
}
