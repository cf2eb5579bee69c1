//! The mails that the worker sends: what they say, and to whom.
//!
//! Everything is read when the mail is written, so that a mail that waited says what is true now.

mod announcement;
mod content;
mod files;
mod gallery;
mod handover;
mod hooks;
mod news;
mod outgoing;
mod reader;
mod samples;
mod security;
mod templates;
mod trial;
mod waitlist;

use crate::press::{self, Night, PressError};
use crate::qr::QrError;
use crate::wiring::App;
use crate::worker::backups::complaint;
use accounts::Letter;
pub use announcement::{announcement, in_language};
use booking::close::Day;
use booking::use_cases::Placed;
use booking::{Booking, Incident, Ticket};
use content::{Content, EventFacts, Slip};
use events::{Event, Listed};
pub use gallery::{removal, removal_asked};
pub use handover::{handed_on, one_ticket, tickets_died};
pub use hooks::hook_off;
use invites::InviteLetter;
use kernel::{BookingId, EffectId, Language, StoreError, TicketTypeId, Timestamp};
pub use news::news;
pub use outgoing::Outgoing;
use reader::{Reader, reader};
pub use samples::{Preview, preview, previews};
pub use security::{address_asked, address_changed, new_address, second_factor};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
pub use templates::{Templates, Written};
pub use trial::trial;
use uuid::Uuid;
pub use waitlist::on_list;

/// What the mail is called that brings all tickets of a booking.
pub const TICKETS: &str = "tickets";
/// What the mail is called that brings one ticket.
pub const TICKET: &str = "ticket";

/// Why a mail could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A code could not be drawn.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// A template lacks something.
    #[error("a mail could not be made from its template")]
    Template(#[from] minijinja::Error),
}

/// A booking with all that a mail about it needs.
struct Occasion {
    placed: Placed,
    /// Who bought it; `None` when the account is gone.
    reader: Option<Reader>,
    event: Event,
    types: BTreeMap<TicketTypeId, String>,
    organiser: String,
}

async fn occasion(app: &App, id: BookingId) -> Result<Option<Occasion>, StoreError> {
    let Some(placed) = app.bookings.placed(id).await? else { return Ok(None) };
    let reader = reader(app, placed.booking.buyer).await?;
    let Some(Listed { event, ticket_types }) = app.events.facts(placed.booking.event).await? else {
        return Ok(None);
    };
    let types =
        ticket_types.into_iter().map(|stocked| (stocked.ticket_type.id, stocked.ticket_type.name)).collect();
    let issuer = app.events.issuer(event.organisation).await?;
    let organiser = issuer.map(|(organisation, _)| organisation.name).unwrap_or_default();
    Ok(Some(Occasion { placed, reader, event, types, organiser }))
}

/// In the event's own time.
fn local(event: &Event, at: Timestamp, language: Language) -> String {
    let at = at.with_timezone(&event.timezone.tz());
    language.moment(at.naive_local(), &at.format("%Z").to_string())
}

/// Where an event is shown.
fn address(app: &App, event: &Event) -> String {
    format!("{}/events/{}", app.config.http.public_url, event.slug)
}

/// The tickets of a booking with their codes.
///
/// # Errors
/// A [`LetterError`].
pub async fn tickets(app: &App, id: EffectId, booking: BookingId) -> Result<Option<Outgoing>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let Occasion { placed: Placed { booking, tickets }, reader, event, types, .. } = &occasion;
    let Some(reader) = reader else { return Ok(None) };
    let tickets = living(booking, tickets);
    if tickets.is_empty() {
        return Ok(None);
    }
    let (mut slips, mut attachments) = (Vec::new(), Vec::new());
    for (place, ticket) in tickets.iter().copied().enumerate() {
        let slip = Slip::of(ticket, app.door.code(ticket), (place + 1, tickets.len()), types);
        attachments.push(files::picture(&slip, format!("ticket-{}.png", slip.number))?);
        slips.push(slip);
    }
    attachments.push(files::calendar(app, event));
    let printed = printed(app, &occasion, reader.language).await;
    files::attach(&mut attachments, printed, id);
    let facts = EventFacts::of(event, reader.language);
    let content = Content::Tickets { reference: booking.reference.to_string(), event: facts, tickets: slips };
    let mail = app.templates.written(reader.language, &content)?.mail(id, reader.to.clone(), attachments);
    Ok(Some(mail.to(reader.account).of(booking.id).on(event.id)))
}

/// What the buyer has of a booking: some may have been cancelled or handed on while the mail waited.
fn living<'a>(booking: &Booking, tickets: &'a [Ticket]) -> Vec<&'a Ticket> {
    tickets.iter().filter(|ticket| ticket.status.lives() && ticket.holder == booking.buyer).collect()
}

/// All tickets of a booking as one file.
async fn printed(app: &App, occasion: &Occasion, language: Language) -> Result<Vec<u8>, PressError> {
    let Occasion { placed: Placed { booking, tickets }, event, types, organiser, .. } = occasion;
    let night = Night { event, types, organiser };
    let tickets = living(booking, tickets);
    let sheet = |(place, ticket): (usize, &&Ticket)| {
        press::ticket_sheet(app, ticket, booking, &night, Some((place + 1, tickets.len())))
    };
    let sheets = tickets.iter().enumerate().map(sheet).collect::<Result<Vec<_>, _>>()?;
    app.press.tickets(sheets, language).await
}

/// What a person has to decide, to every admin.
///
/// # Errors
/// A [`LetterError`].
pub async fn incident(app: &App, id: EffectId, incident: &Incident) -> Result<Vec<Outgoing>, LetterError> {
    let booking = app.bookings.placed(incident.booking).await?.map(|placed| placed.booking);
    let reference = booking.as_ref().map(|booking| booking.reference.to_string());
    let content = Content::Incident {
        kind: incident.kind.as_str(),
        reference: reference.unwrap_or_else(|| incident.booking.to_string()),
        attempt: incident.payment.to_string(),
        evidence: incident.evidence.clone(),
    };
    let all = to_admins(app, id, &content).await?.into_iter();
    Ok(match booking {
        Some(booking) => all.map(|mail| mail.of(booking.id).on(booking.event)).collect(),
        None => all.collect(),
    })
}

/// A day that cannot be closed without a person, to each admin.
///
/// # Errors
/// A [`LetterError`].
pub async fn day_open(app: &App, id: EffectId, day: Day, open: u64) -> Result<Vec<Outgoing>, LetterError> {
    to_admins(app, id, &Content::DayOpen { day: day.to_string(), open }).await
}

/// That no backup has been good since the instant that the last one shows, to each admin.
///
/// # Errors
/// A [`LetterError`].
pub async fn none_good(
    app: &App,
    id: EffectId,
    last_good: Option<Timestamp>,
) -> Result<Vec<Outgoing>, LetterError> {
    let content = Content::NoGoodBackup {
        last_good: last_good.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
        why: complaint(app).await?,
    };
    to_admins(app, id, &content).await
}

/// The same to each admin, in the language of each.
async fn to_admins(app: &App, id: EffectId, content: &Content) -> Result<Vec<Outgoing>, LetterError> {
    let mail = |admin: accounts::Account| -> Result<Outgoing, LetterError> {
        let id = for_each(id, admin.id.as_uuid());
        let reader = Reader::from(admin);
        let mail = app.templates.written(reader.language, content)?.mail(id, reader.to, Vec::new());
        Ok(mail.to(reader.account))
    };
    app.accounts.admins().await?.into_iter().map(mail).collect()
}

/// The id of one of several mails that an effect owes: the same for the same effect and recipient.
fn for_each(effect: EffectId, recipient: Uuid) -> EffectId {
    let digest = Sha256::new().chain_update(effect.as_uuid()).chain_update(recipient).finalize();
    let (bytes, _) = digest.split_first_chunk::<16>().map_or(([0; 16], ()), |(first, _)| (*first, ()));
    EffectId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The link that proves an address.
///
/// # Errors
/// A [`LetterError`].
pub fn verification(app: &App, id: EffectId, letter: &Letter) -> Result<Outgoing, LetterError> {
    let (first_name, address) = (letter.first_name.clone(), link(app, "verify-email", letter));
    linked(app, id, letter, &Content::VerifyEmail { first_name, address })
}

/// The link that sets a new password.
///
/// # Errors
/// A [`LetterError`].
pub fn reset(app: &App, id: EffectId, letter: &Letter) -> Result<Outgoing, LetterError> {
    let (first_name, address) = (letter.first_name.clone(), link(app, "reset-password", letter));
    linked(app, id, letter, &Content::ResetPassword { first_name, address })
}

/// A link that carries a token. The token stands behind `#`, which browsers send to no server.
fn link(app: &App, page: &str, letter: &Letter) -> String {
    format!("{}/{page}#token={}", app.config.http.public_url, letter.token.expose())
}

fn linked(app: &App, id: EffectId, letter: &Letter, content: &Content) -> Result<Outgoing, LetterError> {
    let written = app.templates.written(letter.language.unwrap_or_default(), content)?;
    Ok(written.mail(id, letter.to.clone().into(), Vec::new()).to(letter.account))
}

/// An invite to the address that it is bound to. Nobody knows what is read there; whoever invites writes as they read
/// themselves.
///
/// # Errors
/// A [`LetterError`].
pub async fn invite(app: &App, id: EffectId, letter: &InviteLetter) -> Result<Outgoing, LetterError> {
    let language = app.accounts.account(letter.by).await?.and_then(|by| by.language).unwrap_or_default();
    let (code, address) = (letter.code.to_string(), app.config.http.public_url.clone());
    let written = app.templates.written(language, &Content::Invite { code, address })?;
    Ok(written.mail(id, letter.to.clone().into(), Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recipient_has_a_mail_of_their_own_that_stays_the_same() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let (effect, one, other) = (EffectId::generate(now), Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(for_each(effect, one), for_each(effect, one));
        assert_ne!(for_each(effect, one), for_each(effect, other));
        assert_ne!(for_each(EffectId::generate(now), one), for_each(effect, one));
    }
}
