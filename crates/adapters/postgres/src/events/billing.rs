//! Rows of `organisation_billing`.

use crate::failure::failed;
use crate::pool::PgStore;
use crate::schema::organisation_billing as billings;
use crate::transaction::PgTx;
use ::events::Billing;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{OrganisationId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = billings, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
struct BillingRow {
    organisation_id: Uuid,
    name: String,
    address: String,
    vat_id: Option<String>,
    iban: Option<String>,
    number_prefix: String,
    updated_at: Timestamp,
}

impl From<BillingRow> for Billing {
    fn from(row: BillingRow) -> Self {
        Self {
            organisation: row.organisation_id.into(),
            name: row.name,
            address: row.address,
            vat_id: row.vat_id,
            iban: row.iban,
            number_prefix: row.number_prefix,
            updated_at: row.updated_at,
        }
    }
}

impl From<&Billing> for BillingRow {
    fn from(it: &Billing) -> Self {
        Self {
            organisation_id: it.organisation.as_uuid(),
            name: it.name.clone(),
            address: it.address.clone(),
            vat_id: it.vat_id.clone(),
            iban: it.iban.clone(),
            number_prefix: it.number_prefix.clone(),
            updated_at: it.updated_at,
        }
    }
}

impl PgStore {
    pub(super) async fn billing_of(&self, id: OrganisationId) -> Result<Option<Billing>, StoreError> {
        let doing = "reading the billing details of an organisation";
        let mut connection = self.connection(doing).await?;
        let query = billings::table.find(id.as_uuid()).select(BillingRow::as_select());
        let row: QueryResult<BillingRow> = query.first(&mut connection).await;
        Ok(row.optional().map_err(failed(doing))?.map(Billing::from))
    }
}

impl PgTx {
    pub(super) async fn write_billing(&mut self, billing: &Billing) -> Result<(), StoreError> {
        let saved = diesel::insert_into(billings::table)
            .values(BillingRow::from(billing))
            .on_conflict(billings::organisation_id)
            .do_update()
            .set(BillingRow::from(billing))
            .execute(self.connection().await?)
            .await;
        self.checked("saving the billing details of an organisation", saved).map(drop)
    }

    pub(super) async fn remove_billing(&mut self, id: OrganisationId) -> Result<(), StoreError> {
        let gone = diesel::delete(billings::table.find(id.as_uuid())).execute(self.connection().await?).await;
        self.checked("removing the billing details of an organisation", gone).map(drop)
    }
}
