//! A mail about nobody as it arrives, with the files that belong to it.

use super::content::{Content, Slip};
use super::samples::{BEGINS, REFERENCE, sample};
use super::{LetterError, Outgoing, files};
use crate::press::PressError;
use crate::qr::{self, QrError};
use crate::wiring::App;
use adapter_pdf::TicketSheet;
use chrono::{DateTime, TimeDelta};
use events::{Event, Location, Status, Visibility, Zone};
use kernel::{Currency, EffectId, EventId, Language, OrganisationId, Timestamp};
use uuid::Uuid;

/// One template with sample values as a mail to whoever wants to see it arrive; `None` when no template is called so.
///
/// # Errors
/// A [`LetterError`].
pub async fn trial(
    app: &App,
    name: &str,
    language: Language,
    to: String,
) -> Result<Option<Outgoing>, LetterError> {
    let Some(content) = sample(name, language) else { return Ok(None) };
    let id = EffectId::generate(app.clock.now());
    let mut attachments = Vec::new();
    for slip in content.slips() {
        attachments.push(files::picture(slip, format!("ticket-{}.png", slip.number))?);
    }
    attachments.extend(in_calendar(&content).map(|status| files::calendar(app, &night(status))));
    if !content.slips().is_empty() {
        let printed = printed(app, &content, language).await;
        files::attach(&mut attachments, printed, id);
    }
    Ok(Some(app.templates.written(language, &content)?.mail(id, to, attachments)))
}

/// The state of the event that is attached for calendar programs, where one is.
const fn in_calendar(content: &Content) -> Option<Status> {
    match content {
        Content::Tickets { .. } | Content::Ticket { .. } => Some(Status::Published),
        Content::EventCancelled { .. } | Content::TicketsCancelled { called_off: true, .. } => {
            Some(Status::Cancelled)
        }
        _ => None,
    }
}

/// The event that all samples are about.
pub(super) fn night(status: Status) -> Event {
    // Its clocks are two hours ahead.
    let starts_at = DateTime::from_timestamp(BEGINS, 0).unwrap_or_default() - TimeDelta::hours(2);
    let made_at: Timestamp = starts_at - TimeDelta::days(30);
    Event {
        id: EventId::from(Uuid::nil()),
        organisation: OrganisationId::from(Uuid::nil()),
        slug: "a-night-out".into(),
        title: "A night out".into(),
        description: String::new(),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(6),
        doors_at: Some(starts_at - TimeDelta::hours(1)),
        timezone: "Europe/Berlin".parse().unwrap_or(Zone::UTC),
        currency: Currency::EUR,
        capacity: None,
        max_per_user: None,
        max_per_order: None,
        location: Location {
            area: "Old harbour".into(),
            address: None,
            latitude: None,
            longitude: None,
            address_visible_from: None,
        },
        base_price: None,
        hold_seconds: 600,
        visibility: Visibility::Public,
        tags: Vec::new(),
        images: Vec::new(),
        status,
        created_at: made_at,
        updated_at: made_at,
        venue_template: None,
    }
}

/// The tickets that a mail shows, as one file.
async fn printed(app: &App, content: &Content, language: Language) -> Result<Vec<u8>, PressError> {
    let night = night(Status::Published);
    let sheets = content.slips().iter().map(|slip| sheet(&night, slip));
    app.press.tickets(sheets.collect::<Result<_, QrError>>()?, language).await
}

fn sheet(night: &Event, slip: &Slip) -> Result<TicketSheet, QrError> {
    let zone = night.timezone.tz();
    let begins = night.starts_at.with_timezone(&zone);
    // One that is handed over alone is a ticket of nobody's booking.
    let together = slip.of > 1;
    Ok(TicketSheet {
        title: night.title.clone(),
        begins: begins.naive_local(),
        doors: night.doors_at.map(|doors| doors.with_timezone(&zone).naive_local()),
        zone: begins.format("%Z").to_string(),
        place: night.location.area.clone(),
        kind: slip.kind.clone().unwrap_or_default(),
        seat: slip.seat.clone(),
        guest: slip.guest.clone(),
        reference: together.then(|| REFERENCE.to_owned()),
        number: together.then_some((slip.number, slip.of)),
        organiser: "The house".into(),
        symbol: qr::symbol_of(&slip.code)?,
        issued_at: night.created_at,
    })
}
