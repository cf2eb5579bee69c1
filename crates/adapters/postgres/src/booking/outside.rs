//! What is known of things that happen outside: rows of `looks` and `deliveries`, and ways to find what they concern.

use super::door::{ScanRow, select};
use crate::column::word;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Delivery, Look, OutsideReads, OutsideTx, Provider, Scan, Till};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{BookingId, DisputeId, PaymentId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Owned {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct LastNotice {
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

#[derive(QueryableByName)]
struct DeliveryRow {
    #[diesel(sql_type = SqlUuid)]
    effect_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

#[derive(QueryableByName)]
struct LookRow {
    #[diesel(sql_type = Timestamptz)]
    looked_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<Timestamp>,
}

#[async_trait]
impl OutsideReads for PgStore {
    async fn payment_of_charge(
        &self,
        provider: Provider,
        charge: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError> {
        let statement = text("SELECT booking_id, id FROM payments WHERE provider = $1 AND charge = $2")
            .bind::<Text, _>(provider.as_str())
            .bind::<Text, _>(charge);
        let rows: Vec<Owned> = self.rows("looking for a charge", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| (row.booking_id.into(), row.id.into())))
    }

    async fn booking_of_dispute(&self, id: DisputeId) -> Result<Option<BookingId>, StoreError> {
        let statement =
            text("SELECT booking_id, id FROM disputes WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<Owned> = self.rows("reading a dispute", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| row.booking_id.into()))
    }

    async fn last_notices(&self) -> Result<Vec<(Provider, Timestamp)>, StoreError> {
        let statement = text(
            "SELECT known.provider, last.at FROM (VALUES ('stripe'), ('paypal')) AS known(provider), \
             LATERAL (SELECT n.at FROM notices n WHERE n.provider = known.provider ORDER BY n.at DESC LIMIT 1) AS last",
        );
        let rows: Vec<LastNotice> = self.rows("looking for the last notices", constant(statement)).await?;
        rows.into_iter().map(|row| Ok((word(&row.provider, "reading notices.provider")?, row.at))).collect()
    }

    async fn scans_of_booking(&self, id: BookingId) -> Result<Vec<Scan>, StoreError> {
        let statement = text(select!(
            "FROM scans s JOIN tickets t ON t.id = s.ticket_id WHERE t.booking_id = $1 ORDER BY s.at, s.id"
        ))
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<ScanRow> = self.rows("reading the scans of a booking", constant(statement)).await?;
        rows.into_iter().map(Scan::try_from).collect()
    }

    async fn deliveries_of_booking(&self, id: BookingId) -> Result<Vec<Delivery>, StoreError> {
        let statement = text(
            "SELECT effect_id, booking_id, what, at FROM deliveries WHERE booking_id = $1 ORDER BY at, effect_id",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<DeliveryRow> = self.rows("reading deliveries", constant(statement)).await?;
        let delivery = |row: DeliveryRow| Delivery {
            effect: row.effect_id.into(),
            booking: row.booking_id.into(),
            what: row.what,
            at: row.at,
        };
        Ok(rows.into_iter().map(delivery).collect())
    }
}

#[async_trait]
impl OutsideTx for PgTx {
    async fn claim_look(
        &mut self,
        till: &Till,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<Option<Look>, StoreError> {
        let statement = text(
            "INSERT INTO looks AS l (provider, account, live, looked_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT ON CONSTRAINT looks_pkey DO UPDATE SET looked_at = excluded.looked_at \
                 WHERE l.looked_at <= $5 \
             RETURNING l.looked_at, l.until",
        )
        .bind::<Text, _>(till.provider.as_str())
        .bind::<Text, _>(&till.account)
        .bind::<Bool, _>(till.live)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(due);
        let rows: Vec<LookRow> = self.load("claiming a look", constant(statement)).await?;
        let look = |row: LookRow| Look { till: till.clone(), looked_at: row.looked_at, until: row.until };
        Ok(rows.into_iter().next().map(look))
    }

    async fn end_look(&mut self, till: &Till, until: Timestamp) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE looks SET until = greatest(until, $4) WHERE provider = $1 AND account = $2 AND live = $3",
        )
        .bind::<Text, _>(till.provider.as_str())
        .bind::<Text, _>(till.account.clone())
        .bind::<Bool, _>(till.live)
        .bind::<Timestamptz, _>(until);
        self.write("ending a look", constant(statement));
        Ok(())
    }

    async fn add_delivery(&mut self, delivery: &Delivery) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO deliveries (effect_id, booking_id, what, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT ON CONSTRAINT deliveries_pkey DO NOTHING",
        )
        .bind::<SqlUuid, _>(delivery.effect.as_uuid())
        .bind::<SqlUuid, _>(delivery.booking.as_uuid())
        .bind::<Text, _>(&delivery.what)
        .bind::<Timestamptz, _>(delivery.at);
        self.execute("adding a delivery", constant(statement)).await.map(|added| added == 1)
    }
}
