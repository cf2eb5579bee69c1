//! The mails that the worker sends: what they say, and to whom.
//!
//! Everything is read when the mail is written, so that a mail that waited says what is true now.

mod gallery;
mod handover;
mod page;
mod security;
mod waitlist;

use crate::http::problem::Causes;
use crate::press::{self, Night, PressError};
use crate::qr::{self, QrError};
use crate::wiring::App;
use accounts::{Letter, Status};
use adapter_pdf::Language;
use booking::close::Day;
use booking::use_cases::Placed;
use booking::{Booking, BuyerNews, Incident, RefundReason, Ticket};
use events::{Event, Listed};
pub use gallery::{removal, removal_asked};
use handover::reader;
pub use handover::{handed_on, one_ticket, tickets_died};
use invites::InviteLetter;
use kernel::{Attachment, BookingId, EffectId, Mail, StoreError, TicketTypeId, Timestamp};
use page::Page;
pub use security::{address_asked, address_changed, new_address, second_factor};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;
pub use waitlist::on_list;

/// Most that all files of a mail are as they are sent: servers commonly take 10 MB.
const MOST_ATTACHED: usize = 8_000_000;

/// Why a mail could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A code could not be drawn.
    #[error(transparent)]
    Qr(#[from] QrError),
}

/// A booking with all that a mail about it needs.
struct Occasion {
    placed: Placed,
    /// Where its buyer reads mail; `None` when the account is gone.
    to: Option<String>,
    event: Event,
    types: BTreeMap<TicketTypeId, String>,
    organiser: String,
}

async fn occasion(app: &App, id: BookingId) -> Result<Option<Occasion>, StoreError> {
    let Some(placed) = app.bookings.placed(id).await? else { return Ok(None) };
    let buyer = app.accounts.account(placed.booking.buyer).await?;
    let to = buyer.filter(|buyer| buyer.status != Status::Deleted).map(|buyer| buyer.email.into());
    let Some(Listed { event, ticket_types }) = app.events.facts(placed.booking.event).await? else {
        return Ok(None);
    };
    let types =
        ticket_types.into_iter().map(|stocked| (stocked.ticket_type.id, stocked.ticket_type.name)).collect();
    let issuer = app.events.issuer(event.organisation).await?;
    let organiser = issuer.map(|(organisation, _)| organisation.name).unwrap_or_default();
    Ok(Some(Occasion { placed, to, event, types, organiser }))
}

/// When and where, in the event's own time.
fn when_and_where(event: &Event) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", event.title, local(event, event.starts_at))];
    if let Some(doors) = event.doors_at {
        lines.push(format!("Doors: {}", local(event, doors)));
    }
    lines.push(format!("Where: {}", event.location.area));
    lines
}

fn local(event: &Event, at: Timestamp) -> String {
    at.with_timezone(&event.timezone.tz()).format("%A, %-d %B %Y, %H:%M (%Z)").to_string()
}

/// The tickets of a booking with their codes.
///
/// # Errors
/// A [`LetterError`].
pub async fn tickets(app: &App, id: EffectId, booking: BookingId) -> Result<Option<Mail>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let Occasion { placed: Placed { booking, tickets }, to, event, types, .. } = &occasion;
    let Some(to) = to else { return Ok(None) };
    let tickets = living(booking, tickets);
    if tickets.is_empty() {
        return Ok(None);
    }
    let mut page = Page::new(format!("Your tickets for {}", event.title));
    page.line(format!("Your booking {} is confirmed.", booking.reference));
    page.lines(when_and_where(event));
    let mut attachments = Vec::new();
    for (place, ticket) in tickets.iter().copied().enumerate() {
        let number = place + 1;
        let code = app.door.code(ticket);
        let filename = format!("ticket-{number}.png");
        let content_id = format!("ticket-{}", ticket.id);
        page.ticket(&title(ticket, number, tickets.len(), types), &code, &content_id);
        attachments.push(Attachment {
            filename,
            content_type: "image/png".into(),
            content_id: Some(content_id),
            bytes: qr::png(&code)?,
        });
    }
    page.line("Each code lets one person in, once. Whoever shows it first is the one.".into());
    let printed = printed(app, &occasion).await;
    attach(&mut attachments, printed, id);
    Ok(Some(page.mail(id, to.clone(), attachments)))
}

/// What the buyer has of a booking: some may have been cancelled or handed on while the mail waited.
fn living<'a>(booking: &Booking, tickets: &'a [Ticket]) -> Vec<&'a Ticket> {
    tickets.iter().filter(|ticket| ticket.status.lives() && ticket.holder == booking.buyer).collect()
}

/// All tickets of a booking as one file.
async fn printed(app: &App, occasion: &Occasion) -> Result<Vec<u8>, PressError> {
    let Occasion { placed: Placed { booking, tickets }, event, types, organiser, .. } = occasion;
    let night = Night { event, types, organiser };
    let tickets = living(booking, tickets);
    let sheet = |(place, ticket): (usize, &&Ticket)| {
        press::ticket_sheet(app, ticket, booking, &night, Some((place + 1, tickets.len())))
    };
    let sheets = tickets.iter().enumerate().map(sheet).collect::<Result<Vec<_>, _>>()?;
    app.press.tickets(sheets, Language::default()).await
}

/// Adds the file when it could be drawn and the mail does not become too large by it: a mail with the codes alone is
/// better than one that no server takes.
fn attach(attachments: &mut Vec<Attachment>, printed: Result<Vec<u8>, PressError>, id: EffectId) {
    let bytes = match printed {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(effect = %id, causes = %Causes(&error), "a mail goes out without its tickets as PDF");
            return;
        }
    };
    let size: usize = attachments.iter().map(|file| encoded(file.bytes.len())).sum();
    if size + encoded(bytes.len()) > MOST_ATTACHED {
        tracing::warn!(effect = %id, bytes = bytes.len(), "a mail goes out without its tickets as PDF: too large");
        return;
    }
    let (filename, content_type) = ("tickets.pdf".to_owned(), "application/pdf".to_owned());
    attachments.push(Attachment { filename, content_type, content_id: None, bytes });
}

/// How long so many bytes are as base64 in lines of 76 letters (RFC 2045, 6.8).
const fn encoded(bytes: usize) -> usize {
    let letters = bytes.div_ceil(3) * 4;
    letters + letters.div_ceil(76) * 2
}

fn title(ticket: &Ticket, number: usize, of: usize, types: &BTreeMap<TicketTypeId, String>) -> String {
    let kind = types.get(&ticket.ticket_type).map_or("Ticket", String::as_str);
    let guest = ticket.attendee.as_ref().map(|guest| format!(", {} {}", guest.first_name, guest.last_name));
    let seat = ticket.seat.as_ref().map(|seat| format!(", {}", seat.label));
    format!("{number} of {of}: {kind}{}{}", seat.unwrap_or_default(), guest.unwrap_or_default())
}

/// What became of a booking.
///
/// # Errors
/// A [`LetterError`].
pub async fn news(
    app: &App,
    id: EffectId,
    booking: BookingId,
    news: BuyerNews,
) -> Result<Option<Mail>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let Occasion { placed: Placed { booking, tickets }, to, event, .. } = occasion;
    let Some(to) = to else { return Ok(None) };
    // What somebody sent back by hand has nothing to do with this.
    let ours = booking.refunds.iter().filter(|refund| refund.reason != RefundReason::External);
    let back: Vec<_> = ours.map(|refund| refund.amount.to_string()).collect();
    let back = back.join(" and ");
    let (subject, text) = match news {
        BuyerNews::Expired => ("Your booking has ended", expired(&booking)),
        BuyerNews::Overpaid => (
            "You paid twice",
            format!("Your tickets are safe. What you paid too much ({back}) goes back the way it came."),
        ),
        BuyerNews::TooLate => (
            "Your payment came too late",
            format!("By then the places were gone. Your money ({back}) goes back the way it came."),
        ),
        BuyerNews::Cancelled => ("Your cancellation", cancelled(&booking, &tickets)),
        BuyerNews::EventCancelled => ("Cancelled", event_cancelled(&booking)),
        BuyerNews::Refunded => ("Money comes back to you", refunded(&booking)),
        BuyerNews::RequestRefused => ("Your request to cancel", request_refused(&booking)),
    };
    let mut page = Page::new(format!("{subject}: {}", event.title));
    page.line(format!("This is about your booking {}.", booking.reference));
    page.lines(when_and_where(&event));
    page.line(text);
    Ok(Some(page.mail(id, to, Vec::new())))
}

/// What has become of tickets that were given back.
fn cancelled(booking: &Booking, tickets: &[Ticket]) -> String {
    let gone = tickets.iter().filter(|ticket| !ticket.status.lives()).count();
    let all = tickets.len();
    format!(
        "{gone} of your {all} tickets are cancelled and do not open the door any more. {}",
        refunded(booking)
    )
}

/// How much has gone back, in all.
fn refunded(booking: &Booking) -> String {
    let back = booking.refunded();
    if back.is_zero() {
        return "No money goes back.".into();
    }
    format!("So far {back} of the {} that you paid goes back the way it came.", booking.charged())
}

/// What becomes of the money of an event that does not take place.
fn event_cancelled(booking: &Booking) -> String {
    let money = if booking.refunds.iter().any(|it| it.reason == RefundReason::EventCancelled && it.counts()) {
        refunded(booking)
    } else if booking.left().is_zero() {
        "There is nothing to pay back.".into()
    } else {
        "We look into how your money comes back to you and will write to you.".into()
    };
    format!("We are sorry: this does not take place, and your tickets are cancelled. {money}")
}

/// Staff said no.
fn request_refused(booking: &Booking) -> String {
    let answer = booking.request.as_ref().and_then(|request| request.answer.clone());
    let answer = answer.map(|answer| format!(" We were told: {answer}")).unwrap_or_default();
    format!("You asked us to cancel tickets. That is not possible, so they stay good.{answer}")
}

/// Why a booking has ended, without a word that is not true of its money.
fn expired(booking: &Booking) -> String {
    let charged = booking.payments.iter().any(|payment| payment.paid.is_some());
    let money = if charged {
        "A payment came that is not what was asked for; we look into it and will write to you."
    } else {
        "Nothing was charged."
    };
    format!("It was not paid in time, so its places were given back. {money}")
}

/// What a person has to decide, to every admin.
///
/// # Errors
/// A [`LetterError`].
pub async fn incident(app: &App, id: EffectId, incident: &Incident) -> Result<Vec<Mail>, LetterError> {
    let admins = app.accounts.admins().await?;
    let reference =
        app.bookings.placed(incident.booking).await?.map(|placed| placed.booking.reference.to_string());
    let mail = |admin: accounts::Account| {
        let mut page = Page::new(format!("A payment needs you: {}", incident.kind.as_str()));
        page.line(format!("Booking: {}", reference.clone().unwrap_or_else(|| incident.booking.to_string())));
        page.line(format!("Attempt: {}", incident.payment));
        page.line(format!("What happened: {}.", incident.evidence));
        page.line(
            "Nothing was issued or sent back because of it. Please look at the provider and decide.".into(),
        );
        page.mail(for_each(id, admin.id.as_uuid()), admin.email.into(), Vec::new())
    };
    Ok(admins.into_iter().map(mail).collect())
}

/// A day that cannot be closed without a person, to each admin.
///
/// # Errors
/// A [`LetterError`].
pub async fn day_open(app: &App, id: EffectId, day: Day, open: u64) -> Result<Vec<Mail>, LetterError> {
    let admins = app.accounts.admins().await?;
    let mail = |admin: accounts::Account| {
        let mut page = Page::new(format!("The books of {day} need you"));
        page.line(format!("Our books and the payment providers' differ in {open} places on {day}."));
        page.line(
            "Each difference is a task of the daily close of that day. Most are gone by themselves once what"
                .into(),
        );
        page.line("is missing was told; closing the day again shows what is left.".into());
        page.mail(for_each(id, admin.id.as_uuid()), admin.email.into(), Vec::new())
    };
    Ok(admins.into_iter().map(mail).collect())
}

/// The id of one of several mails that an effect owes: the same for the same effect and recipient.
fn for_each(effect: EffectId, recipient: Uuid) -> EffectId {
    let digest = Sha256::new().chain_update(effect.as_uuid()).chain_update(recipient).finalize();
    let (bytes, _) = digest.split_first_chunk::<16>().map_or(([0; 16], ()), |(first, _)| (*first, ()));
    EffectId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The link that proves an address.
#[must_use]
pub fn verification(app: &App, id: EffectId, letter: &Letter) -> Mail {
    let mut page = Page::new("Please confirm your address".into());
    page.line(format!("Hello {},", letter.first_name));
    page.line("please confirm that mail to this address reaches you.".into());
    page.token(&app.config.http.public_url, "verify-email", letter.token.expose());
    page.mail(id, letter.to.clone().into(), Vec::new())
}

/// The link that sets a new password.
#[must_use]
pub fn reset(app: &App, id: EffectId, letter: &Letter) -> Mail {
    let mut page = Page::new("Set a new password".into());
    page.line(format!("Hello {},", letter.first_name));
    page.line("somebody, probably you, asked to set a new password. If not, do nothing.".into());
    page.token(&app.config.http.public_url, "reset-password", letter.token.expose());
    page.mail(id, letter.to.clone().into(), Vec::new())
}

/// An invite to the address that it is bound to.
#[must_use]
pub fn invite(app: &App, id: EffectId, letter: &InviteLetter) -> Mail {
    let mut page = Page::new("You are invited".into());
    page.line("You are invited to join us. Sign up with this code and this address:".into());
    page.line(letter.code.to_string());
    page.line(format!("At {}", app.config.http.public_url));
    page.mail(id, letter.to.clone().into(), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdf(bytes: usize) -> Result<Vec<u8>, PressError> {
        Ok(vec![0; bytes])
    }

    #[test]
    fn a_mail_goes_out_without_the_file_rather_than_never() {
        let id = EffectId::from(Uuid::nil());
        let mut files = Vec::new();
        attach(&mut files, Err(PressError::Busy), id);
        assert!(files.is_empty());
        attach(&mut files, pdf(MOST_ATTACHED * 3 / 4), id);
        assert!(files.is_empty(), "base64 makes a third more of it");
        attach(&mut files, pdf(MOST_ATTACHED / 2), id);
        assert_eq!((files.len(), files[0].filename.as_str()), (1, "tickets.pdf"));
        attach(&mut files, pdf(MOST_ATTACHED / 2), id);
        assert_eq!(files.len(), 1, "all files count together");
    }

    #[test]
    fn files_are_counted_as_they_are_sent() {
        // 57 bytes are one line of 76 letters and its end.
        assert_eq!([0, 1, 57, 58].map(encoded), [0, 6, 78, 84]);
    }

    #[test]
    fn each_recipient_has_a_mail_of_their_own_that_stays_the_same() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let (effect, one, other) = (EffectId::generate(now), Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(for_each(effect, one), for_each(effect, one));
        assert_ne!(for_each(effect, one), for_each(effect, other));
        assert_ne!(for_each(EffectId::generate(now), one), for_each(effect, one));
    }
}
