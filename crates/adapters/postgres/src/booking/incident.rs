//! Rows of `incidents`.

use crate::column::{document, word};
use booking::{Incident, Resolution};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct IncidentRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    payment_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    refund_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    evidence: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
    #[diesel(sql_type = Nullable<Jsonb>)]
    resolved: Option<Value>,
}

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;

    fn try_from(row: IncidentRow) -> Result<Self, StoreError> {
        let resolved = row.resolved.map(|it| document::<Resolution>(it, "reading incidents.resolved"));
        Ok(Self {
            id: row.id.into(),
            kind: word(&row.kind, "reading incidents.kind")?,
            booking: row.booking_id.into(),
            payment: row.payment_id.into(),
            refund: row.refund_id.map(Into::into),
            evidence: row.evidence,
            at: row.at,
            resolved: resolved.transpose()?,
        })
    }
}
