//! Mails about tickets that are handed on from one member to another. Neither is told the other's address.

use super::content::{Content, EventFacts, Slip};
use super::reader::reader;
use super::{LetterError, Outgoing, address, files, local, occasion};
use crate::press::{self, Night, PressError};
use crate::reach::attendee_address;
use crate::wiring::App;
use booking::{Ticket, TransferNews, TransferStatus};
use kernel::{AccountId, BookingId, EffectId, TicketId, TransferId};
use messaging::Channel;

/// One ticket with its code, to whoever holds it now, or to whoever is to come with it.
///
/// # Errors
/// A [`LetterError`].
pub async fn one_ticket(
    app: &App,
    id: EffectId,
    (booking, ticket): (BookingId, TicketId),
    channel: Channel,
) -> Result<Option<Outgoing>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let ticket = occasion.placed.tickets.iter().find(|it| it.id == ticket && it.status.lives());
    let Some(ticket) = ticket else { return Ok(None) };
    let holder = reader(app, ticket.holder).await?;
    // Nobody knows what others read, but for who named them.
    let language = holder.as_ref().map(|holder| holder.language).unwrap_or_default();
    let (to, account) = match channel {
        Channel::Account => match holder {
            Some(holder) => (holder.to, Some(holder.account)),
            None => return Ok(None),
        },
        Channel::Attendee => match attendee_address(ticket) {
            Some(address) => (address.into(), None),
            None => return Ok(None),
        },
    };
    let slip = Slip::of(ticket, app.door.code(ticket), (1, 1), &occasion.types);
    let mut attachments =
        vec![files::picture(&slip, "ticket.png".into())?, files::calendar(app, &occasion.event)];
    let event = EventFacts::of(&occasion.event, language);
    let written = app.templates.written(language, &Content::Ticket { event, ticket: slip })?;
    let night = Night { event: &occasion.event, types: &occasion.types, organiser: &occasion.organiser };
    let printed: Result<Vec<u8>, PressError> =
        match press::ticket_sheet(app, ticket, &occasion.placed.booking, &night, None) {
            Ok(sheet) => app.press.tickets(vec![sheet], language).await,
            Err(error) => Err(error.into()),
        };
    files::attach(&mut attachments, printed, id);
    let mail = written.mail(id, to, attachments).of(booking).on(occasion.event.id).with(ticket.id);
    Ok(Some(match account {
        Some(account) => mail.to(account),
        None => mail,
    }))
}

/// That tickets are good no more, to whoever held them without having bought them. What was paid for them is the
/// buyer's, and neither the booking nor its money is theirs to know.
///
/// # Errors
/// A [`LetterError`].
pub async fn tickets_died(
    app: &App,
    id: EffectId,
    booking: BookingId,
    (holder, tickets): (AccountId, &[TicketId]),
) -> Result<Option<Outgoing>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let gone = |ticket: &&Ticket| tickets.contains(&ticket.id) && !ticket.status.lives();
    let count = occasion.placed.tickets.iter().filter(gone).count();
    let Some(reader) = reader(app, holder).await?.filter(|_| count > 0) else { return Ok(None) };
    let called_off = occasion.event.status == events::Status::Cancelled;
    let event = EventFacts::of(&occasion.event, reader.language);
    let content = Content::TicketsCancelled { event, count, called_off };
    // In whose calendar it stands, there it shall be struck out.
    let struck_out = called_off.then(|| files::calendar(app, &occasion.event));
    let written = app.templates.written(reader.language, &content)?;
    let mail = written.mail(id, reader.to, struck_out.into_iter().collect());
    Ok(Some(mail.to(reader.account).of(booking).on(occasion.event.id)))
}

/// A given name as it may stand in a mail to somebody else, who did not ask for it: nothing that a mail program makes a
/// link of, and nothing that is longer than names are. `None` for whatever looks like more than a name.
fn spoken(name: &str) -> Option<&str> {
    const LONGEST: usize = 40;
    // Dots of other scripts separate the parts of a web address as well (UTS 46).
    let harmless = |letter: char| match letter {
        ' ' | '-' | '\'' => true,
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{ff0f}' | '\u{ff1a}' | '\u{ff20}' => false,
        _ if letter.is_ascii() => letter.is_ascii_alphabetic(),
        // Nor what turns the direction of writing, or cannot be seen.
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        _ => !letter.is_control() && !letter.is_whitespace() && !letter.is_numeric(),
    };
    let named = name.chars().any(char::is_alphabetic) && !name.to_lowercase().contains("http");
    (named && name.chars().count() <= LONGEST && name.chars().all(harmless)).then_some(name)
}

/// What became of a ticket that is handed on, to the one who waits for the news. An offer that is over by now, or whose
/// event does not take place, is not told any more.
///
/// # Errors
/// A [`LetterError`].
pub async fn handed_on(
    app: &App,
    id: EffectId,
    transfer: TransferId,
    news: TransferNews,
) -> Result<Option<Outgoing>, LetterError> {
    let Some(transfer) = app.bookings.transfer(transfer).await? else { return Ok(None) };
    let stands = transfer.status_at(app.clock.now());
    let reader_of = match news {
        TransferNews::Offered => transfer.to.filter(|_| stands == TransferStatus::Offered),
        TransferNews::Accepted | TransferNews::Declined => Some(transfer.from),
    };
    let Some(account) = reader_of else { return Ok(None) };
    let Some(reader) = reader(app, account).await? else { return Ok(None) };
    let Some(listed) = app.events.facts(transfer.event).await? else { return Ok(None) };
    if news == TransferNews::Offered && listed.event.status == events::Status::Cancelled {
        return Ok(None);
    }
    let event = EventFacts::of(&listed.event, reader.language);
    let content = match news {
        TransferNews::Offered => {
            let giver = self::reader(app, transfer.from).await?;
            Content::TransferOffered {
                event,
                giver: giver.and_then(|giver| spoken(&giver.first_name).map(str::to_owned)),
                until: local(&listed.event, transfer.expires_at, reader.language),
                address: address(app, &listed.event),
            }
        }
        TransferNews::Accepted => Content::TransferAccepted { event },
        TransferNews::Declined => Content::TransferDeclined { event },
    };
    let written = app.templates.written(reader.language, &content)?;
    let mail = written.mail(id, reader.to, Vec::new()).to(reader.account);
    Ok(Some(mail.of(transfer.booking).on(transfer.event).with(transfer.ticket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_mail_carries_no_address_of_the_web() {
        for name in ["Ada", "Jean-Luc", "O'Neil", "Mary Ann", "Zoë", "François", "小明", "Ольга", "प्रिया"]
        {
            assert_eq!(spoken(name), Some(name));
        }
        let long = "a".repeat(41);
        for trick in [
            "evil.example",
            "www.evil.example",
            "https://evil.example",
            "http:evil",
            "Ada evil．example",
            "a。b",
            "me@evil",
            "\u{202e}adA",
            "Ada\nBcc",
            "call 0190",
            "win/now",
            " - ",
            "",
            long.as_str(),
        ] {
            assert_eq!(spoken(trick), None, "{trick}");
        }
    }
}
