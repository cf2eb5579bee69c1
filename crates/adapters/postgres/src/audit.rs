//! The audit log. Rows are written with what they tell of; triggers keep them as they are (see the migration).

mod chain;

use crate::failure::failed;
use crate::pool::PgStore;
use crate::schema::{audit_acts, strpos};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use chain::ActRow;
use diesel::dsl::IntoBoxed;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::audit::{ActFilter, Head, SealTx, SealedAct};
use kernel::{Act, AuditLog, AuditTx, Page, PageRequest, StoreError, Timestamp, transact};
use uuid::Uuid;

#[async_trait]
impl AuditTx for PgTx {
    async fn record(&mut self, acts: &[Act]) -> Result<(), StoreError> {
        if !acts.is_empty() {
            self.write("recording acts", constant(insert(acts)));
        }
        Ok(())
    }
}

/// A column of the rows to write.
fn column<T>(acts: &[Act], of: impl Fn(&Act) -> T) -> Vec<T> {
    acts.iter().map(of).collect()
}

fn insert(acts: &[Act]) -> impl diesel::query_builder::QueryFragment<Pg> + Send + 'static {
    text(
        "INSERT INTO audit_acts (id, at, actor_kind, actor_id, actor_name, request, act, subject_kind, subject_id, \
         organisation_id, state_before, state_after) \
         SELECT n.id, n.at, n.actor_kind, n.actor_id, n.actor_name, n.request, n.act, n.subject_kind, n.subject_id, \
         n.organisation_id, n.state_before::json, n.state_after::json \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS n(id, at, actor_kind, actor_id, actor_name, \
         request, act, subject_kind, subject_id, organisation_id, state_before, state_after)",
    )
    .bind::<Array<SqlUuid>, _>(column::<Uuid>(acts, |act| act.id.as_uuid()))
    .bind::<Array<Timestamptz>, _>(column::<Timestamp>(acts, |act| act.at))
    .bind::<Array<Text>, _>(column::<String>(acts, |act| act.who.kind().to_owned()))
    .bind::<Array<Nullable<SqlUuid>>, _>(column::<Option<Uuid>>(acts, |act| act.who.account().map(|id| id.as_uuid())))
    .bind::<Array<Nullable<Text>>, _>(column::<Option<String>>(acts, |act| act.who.provider().map(str::to_owned)))
    .bind::<Array<Nullable<Text>>, _>(column::<Option<String>>(acts, |act| act.request.map(|name| name.to_string())))
    .bind::<Array<Text>, _>(column::<String>(acts, |act| act.act.to_string()))
    .bind::<Array<Text>, _>(column::<String>(acts, |act| act.subject.kind.to_string()))
    .bind::<Array<SqlUuid>, _>(column::<Uuid>(acts, |act| act.subject.id))
    .bind::<Array<Nullable<SqlUuid>>, _>(column::<Option<Uuid>>(acts, |act| act.organisation.map(|id| id.as_uuid())))
    .bind::<Array<Nullable<Text>>, _>(column::<Option<String>>(acts, |act| act.before.clone()))
    .bind::<Array<Nullable<Text>>, _>(column::<Option<String>>(acts, |act| act.after.clone()))
}

#[async_trait]
impl AuditLog for PgStore {
    async fn acts(&self, filter: &ActFilter, page: PageRequest) -> Result<Page<SealedAct>, StoreError> {
        let doing = "listing acts";
        let mut connection = self.connection(doing).await?;
        let query = narrowed(filter, page)
            .order((audit_acts::at.desc(), audit_acts::id.desc()))
            .limit(i64::from(page.limit) + 1)
            .select(ActRow::as_select());
        let rows: Vec<ActRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(SealedAct::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, |sealed: &SealedAct| sealed.act.cursor()))
    }

    async fn chain(&self, after: u64, limit: u32) -> Result<Vec<SealedAct>, StoreError> {
        chain::read(self, after, limit).await
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        chain::head(self).await
    }

    async fn record(&self, acts: &[Act]) -> Result<(), StoreError> {
        transact(Box::new(self.transaction().await?), async |tx: &mut PgTx| tx.record(acts).await).await
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        chain::waiting(self).await
    }

    async fn begin_sealing(&self) -> Result<Box<dyn SealTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }
}

fn narrowed(filter: &ActFilter, page: PageRequest) -> IntoBoxed<'_, audit_acts::table, Pg> {
    let mut query = audit_acts::table.into_boxed();
    match filter.organisations.as_deref() {
        None => {}
        // By itself it follows the index in the order of the list.
        Some([one]) => query = query.filter(audit_acts::organisation_id.eq(one.as_uuid())),
        Some(several) => {
            let ids: Vec<Uuid> = several.iter().map(|it| it.as_uuid()).collect();
            query = query.filter(audit_acts::organisation_id.eq_any(ids));
        }
    }
    if let Some(subject) = filter.subject {
        query = query.filter(audit_acts::subject_id.eq(subject));
    }
    if let Some(account) = filter.account {
        query = query.filter(audit_acts::actor_id.eq(account.as_uuid()));
    }
    if let Some(act) = &filter.act {
        let below = strpos(audit_acts::act, format!("{act}.")).eq(1);
        query = query.filter(audit_acts::act.eq(act).or(below));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_acts::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit_acts::at.lt(to));
    }
    if let Some(after) = page.after {
        let earlier = audit_acts::at.lt(after.at).or(audit_acts::id.lt(after.id));
        query = query.filter(audit_acts::at.le(after.at).and(earlier));
    }
    query
}
