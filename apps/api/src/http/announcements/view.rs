//! Announcements as those see them who run them.

use crate::http::problem::Problem;
use crate::wiring::App;
use chrono::{DateTime, Utc};
use kernel::{OrganisationId, TicketTypeId};
use messaging::{Announcement, Audience, Counts, RecipientState, Texts, Wording};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// To whom something is said.
#[derive(Serialize, ToSchema)]
pub struct AudienceView {
    /// `members`, `guests`, `ticket_holders`, `checked_in`, `waiting` or `ticket_type`.
    #[schema(example = "ticket_holders")]
    kind: &'static str,
    #[schema(required)]
    organisation_id: Option<Uuid>,
    #[schema(required)]
    event_id: Option<Uuid>,
    #[schema(required)]
    ticket_type_id: Option<Uuid>,
}

impl From<Audience> for AudienceView {
    fn from(audience: Audience) -> Self {
        let organisation = match audience {
            Audience::Guests { organisation } => Some(organisation),
            _ => None,
        };
        Self {
            kind: audience.kind(),
            organisation_id: organisation.map(OrganisationId::as_uuid),
            event_id: audience.event().map(|event| event.as_uuid()),
            ticket_type_id: audience.ticket_type().map(TicketTypeId::as_uuid),
        }
    }
}

/// What is said in one language.
#[derive(Serialize, ToSchema)]
pub struct WordingView {
    #[schema(example = "The doors open earlier")]
    subject: String,
    body: String,
}

impl From<Wording> for WordingView {
    fn from(Wording { subject, body }: Wording) -> Self {
        Self { subject, body }
    }
}

/// The same in German and English, or in one of them.
#[derive(Serialize, ToSchema)]
pub struct TextsView {
    #[schema(required)]
    de: Option<WordingView>,
    #[schema(required)]
    en: Option<WordingView>,
}

impl From<Texts> for TextsView {
    fn from(Texts { en, de }: Texts) -> Self {
        Self { de: de.map(Into::into), en: en.map(Into::into) }
    }
}

/// How many of those who are written to stand how.
#[derive(Serialize, ToSchema)]
pub struct RecipientCountsView {
    /// A mail is owed to them.
    waiting: u64,
    /// It is being handed to the mail server.
    handing: u64,
    /// The mail server has it; whether it came back is in the log of mails.
    sent: u64,
    /// The mail server will never take it, or it was tried for too long.
    failed: u64,
    /// It was being handed over, and nobody heard how that ended: it may have arrived, and is only sent again if somebody wants
    /// that.
    uncertain: u64,
    /// They have left the list.
    unsubscribed: u64,
    /// Mail to them came back, or was complained about.
    suppressed: u64,
    /// Their account cannot be logged in to any more.
    gone: u64,
    /// It was called off before it was their turn.
    cancelled: u64,
}

impl From<Counts> for RecipientCountsView {
    fn from(counts: Counts) -> Self {
        Self {
            waiting: counts.of(RecipientState::Waiting),
            handing: counts.of(RecipientState::Handing),
            sent: counts.of(RecipientState::Sent),
            failed: counts.of(RecipientState::Failed),
            uncertain: counts.of(RecipientState::Uncertain),
            unsubscribed: counts.of(RecipientState::Unsubscribed),
            suppressed: counts.of(RecipientState::Suppressed),
            gone: counts.of(RecipientState::Gone),
            cancelled: counts.of(RecipientState::Cancelled),
        }
    }
}

/// Something that is said to many.
#[derive(Serialize, ToSchema)]
pub struct AnnouncementView {
    id: Uuid,
    /// By which organisation; null: by those who run it all.
    #[schema(required)]
    organisation_id: Option<Uuid>,
    audience: AudienceView,
    texts: TextsView,
    /// `draft`; `scheduled`: it may still be changed; `sending`; `sent`: nothing of it waits any more; `cancelled`: what had not
    /// gone out by then does not.
    #[schema(example = "scheduled")]
    status: &'static str,
    /// When it goes out, or went.
    #[schema(required)]
    due_at: Option<DateTime<Utc>>,
    /// Until then whoever gets a ticket later is sent it as well.
    #[schema(required)]
    valid_until: Option<DateTime<Utc>>,
    created_by: Uuid,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    #[schema(required)]
    began_at: Option<DateTime<Utc>>,
    /// Since when it is sent or cancelled.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// Null in lists.
    #[schema(required)]
    recipients: Option<RecipientCountsView>,
}

impl AnnouncementView {
    pub(super) fn of(it: Announcement, counts: Option<Counts>) -> Self {
        Self {
            id: it.id.as_uuid(),
            organisation_id: it.organisation.map(OrganisationId::as_uuid),
            audience: it.audience.into(),
            texts: it.texts.into(),
            status: it.status.as_str(),
            due_at: it.due_at,
            valid_until: it.valid_until,
            created_by: it.created_by.as_uuid(),
            created_at: it.created_at,
            changed_at: it.changed_at,
            began_at: it.began_at,
            ended_at: it.ended_at,
            recipients: counts.map(Into::into),
        }
    }
}

/// One with its counts.
pub(super) async fn shown(app: &App, it: Announcement) -> Result<AnnouncementView, Problem> {
    let counts = app.announcements.counts(it.id).await?;
    Ok(AnnouncementView::of(it, Some(counts)))
}
