//! Whether anything may be changed: one row, and whoever wants to say something else waits for its lock.

use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use kernel::{MaintenanceStore, MaintenanceTx, ReadOnly, StoreError, Timestamp};

#[derive(QueryableByName)]
struct ReadOnlyRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    message: Option<String>,
    #[diesel(sql_type = Bool)]
    doors_open: bool,
}

impl ReadOnlyRow {
    fn says(self) -> Option<ReadOnly> {
        let Self { since, until, message, doors_open } = self;
        since.map(|since| ReadOnly { since, until, message, doors_open })
    }
}

#[async_trait]
impl MaintenanceStore for PgStore {
    async fn read_only(&self) -> Result<Option<ReadOnly>, StoreError> {
        let doing = "asking whether anything may be changed";
        let statement = text("SELECT since, until, message, doors_open FROM maintenance WHERE id = 1");
        let mut connection = self.connection(doing).await?;
        let rows: Vec<ReadOnlyRow> =
            constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        Ok(rows.into_iter().next().and_then(ReadOnlyRow::says))
    }

    async fn begin_maintenance(&self) -> Result<Box<dyn MaintenanceTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }
}

#[async_trait]
impl MaintenanceTx for PgTx {
    async fn lock_read_only(&mut self) -> Result<Option<ReadOnly>, StoreError> {
        let doing = "locking whether anything may be changed";
        // Nothing is there before something was said for the first time, and what is not there cannot be locked.
        let there = text(
            "INSERT INTO maintenance (id) VALUES (1) ON CONFLICT ON CONSTRAINT maintenance_pkey DO NOTHING",
        );
        let locked =
            text("SELECT since, until, message, doors_open FROM maintenance WHERE id = 1 FOR UPDATE");
        let rows: Vec<ReadOnlyRow> = self.lock_and_load(doing, constant(there), constant(locked)).await?;
        Ok(rows.into_iter().next().and_then(ReadOnlyRow::says))
    }

    async fn save_read_only(&mut self, read_only: Option<&ReadOnly>) -> Result<(), StoreError> {
        let statement =
            text("UPDATE maintenance SET since = $1, until = $2, message = $3, doors_open = $4 WHERE id = 1")
                .bind::<Nullable<Timestamptz>, _>(read_only.map(|it| it.since))
                .bind::<Nullable<Timestamptz>, _>(read_only.and_then(|it| it.until))
                .bind::<Nullable<Text>, _>(read_only.and_then(|it| it.message.clone()))
                .bind::<Bool, _>(read_only.is_none_or(|it| it.doors_open));
        self.write("saying whether anything may be changed", constant(statement));
        Ok(())
    }
}
