//! Rows of `announcements`.

use crate::column::{count, document, to_document, word};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::messaging::{Announcement, Audience};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AnnouncementId, EventId, OrganisationId, StoreError, TicketTypeId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct AnnouncementRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    organisation_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_type_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    texts: Value,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    valid_until: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    due_at: Option<Timestamp>,
    #[diesel(sql_type = BigInt)]
    turn: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    reached_id: Option<Uuid>,
    #[diesel(sql_type = Bool)]
    complete: bool,
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    changed_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    began_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<Timestamp>,
}

/// An audience out of its columns.
fn audience(
    kind: &str,
    organisation: Option<OrganisationId>,
    (event, ticket_type): (Option<EventId>, Option<TicketTypeId>),
) -> Result<Audience, StoreError> {
    Ok(match (kind, organisation, event, ticket_type) {
        ("members", _, None, None) => Audience::Members,
        ("guests", Some(organisation), None, None) => Audience::Guests { organisation },
        ("ticket_holders", _, Some(event), None) => Audience::TicketHolders { event },
        ("checked_in", _, Some(event), None) => Audience::CheckedIn { event },
        ("waiting", _, Some(event), None) => Audience::Waiting { event },
        ("ticket_type", _, Some(event), Some(ticket_type)) => Audience::TicketType { event, ticket_type },
        _ => return Err(StoreError::broken("reading announcements.audience", "this is nobody")),
    })
}

impl TryFrom<AnnouncementRow> for Announcement {
    type Error = StoreError;

    fn try_from(row: AnnouncementRow) -> Result<Self, StoreError> {
        let organisation = row.organisation_id.map(Into::into);
        let about = (row.event_id.map(Into::into), row.ticket_type_id.map(Into::into));
        Ok(Self {
            id: row.id.into(),
            organisation,
            audience: audience(&row.audience, organisation, about)?,
            texts: document(row.texts, "reading announcements.texts")?,
            status: word(&row.status, "reading announcements.status")?,
            valid_until: row.valid_until,
            due_at: row.due_at,
            turn: count(row.turn, "reading announcements.turn")?,
            reached: row.reached_id.map(Into::into),
            complete: row.complete,
            created_by: row.created_by.into(),
            created_at: row.created_at,
            changed_at: row.changed_at,
            began_at: row.began_at,
            ended_at: row.ended_at,
        })
    }
}

pub(super) fn announcements(rows: Vec<AnnouncementRow>) -> Result<Vec<Announcement>, StoreError> {
    rows.into_iter().map(Announcement::try_from).collect()
}

macro_rules! select_announcements {
    ($($rest:tt)*) => {
        concat!(
            "SELECT id, organisation_id, audience, event_id, ticket_type_id, texts, status, valid_until, due_at, turn, ",
            "reached_id, complete, created_by, created_at, changed_at, began_at, ended_at FROM announcements ",
            $($rest)*
        )
    };
}
pub(super) use select_announcements;

/// A statement on an announcement: `$1` is its id, and `$2` to `$15` are all that ever changes of it.
macro_rules! with_announcement {
    ($sql:literal, $it:expr, $doing:expr) => {
        text($sql)
            .bind::<SqlUuid, _>($it.id.as_uuid())
            .bind::<Nullable<SqlUuid>, _>($it.organisation.map(|organisation| organisation.as_uuid()))
            .bind::<Text, _>($it.audience.kind())
            .bind::<Nullable<SqlUuid>, _>($it.audience.event().map(|event| event.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>($it.audience.ticket_type().map(|ticket_type| ticket_type.as_uuid()))
            .bind::<Jsonb, _>(to_document(&$it.texts, $doing)?)
            .bind::<Text, _>($it.status.as_str())
            .bind::<Nullable<Timestamptz>, _>($it.valid_until)
            .bind::<Nullable<Timestamptz>, _>($it.due_at)
            .bind::<BigInt, _>(i64::from($it.turn))
            .bind::<Nullable<SqlUuid>, _>($it.reached.map(|reached| reached.as_uuid()))
            .bind::<Bool, _>($it.complete)
            .bind::<Timestamptz, _>($it.changed_at)
            .bind::<Nullable<Timestamptz>, _>($it.began_at)
            .bind::<Nullable<Timestamptz>, _>($it.ended_at)
    };
}

impl PgTx {
    pub(super) async fn announcement_locked(
        &mut self,
        id: AnnouncementId,
    ) -> Result<Option<Announcement>, StoreError> {
        let statement =
            text(select_announcements!("WHERE id = $1 FOR NO KEY UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<AnnouncementRow> = self.load("locking an announcement", constant(statement)).await?;
        rows.into_iter().next().map(Announcement::try_from).transpose()
    }

    pub(super) fn insert_announcement(&mut self, it: &Announcement) -> Result<(), StoreError> {
        let doing = "adding an announcement";
        let statement = with_announcement!(
            "INSERT INTO announcements (id, organisation_id, audience, event_id, ticket_type_id, texts, status, \
                 valid_until, due_at, turn, reached_id, complete, changed_at, began_at, ended_at, created_by, \
                 created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            it,
            doing
        )
        .bind::<SqlUuid, _>(it.created_by.as_uuid())
        .bind::<Timestamptz, _>(it.created_at);
        self.write(doing, constant(statement));
        Ok(())
    }

    /// Who began it and when never changes.
    pub(super) fn update_announcement(&mut self, it: &Announcement) -> Result<(), StoreError> {
        let doing = "saving an announcement";
        let statement = with_announcement!(
            "UPDATE announcements SET organisation_id = $2, audience = $3, event_id = $4, ticket_type_id = $5, \
                 texts = $6, status = $7, valid_until = $8, due_at = $9, turn = $10, reached_id = $11, \
                 complete = $12, changed_at = $13, began_at = $14, ended_at = $15 WHERE id = $1",
            it,
            doing
        );
        self.write(doing, constant(statement));
        Ok(())
    }
}
