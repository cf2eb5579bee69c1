//! Mails about tickets that are handed on from one member to another. Neither is told the other's address.

use super::page::Page;
use super::{LetterError, attach, occasion, title, when_and_where};
use crate::press::{self, Night, PressError};
use crate::qr;
use crate::wiring::App;
use accounts::Status;
use adapter_pdf::Language;
use booking::{Ticket, TransferNews, TransferStatus};
use kernel::{AccountId, Attachment, BookingId, EffectId, Mail, StoreError, TicketId, TransferId};

/// Where somebody reads mail, and their given name; `None` when the account is gone.
pub(super) async fn reader(app: &App, account: AccountId) -> Result<Option<(String, String)>, StoreError> {
    let account = app.accounts.account(account).await?.filter(|account| account.status != Status::Deleted);
    Ok(account.map(|account| (account.email.into(), account.first_name)))
}

/// One ticket with its code, to whoever holds it now.
///
/// # Errors
/// A [`LetterError`].
pub async fn one_ticket(
    app: &App,
    id: EffectId,
    (booking, ticket): (BookingId, TicketId),
) -> Result<Option<Mail>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let ticket = occasion.placed.tickets.iter().find(|it| it.id == ticket && it.status.lives());
    let Some(ticket) = ticket else { return Ok(None) };
    let Some((to, _)) = reader(app, ticket.holder).await? else { return Ok(None) };
    let mut page = Page::new(format!("Your ticket for {}", occasion.event.title));
    page.line(
        "The ticket is yours now, with a code of its own. The one that it had before opens no door.".into(),
    );
    page.lines(when_and_where(&occasion.event));
    let (code, content_id) = (app.door.code(ticket), format!("ticket-{}", ticket.id));
    page.ticket(&title(ticket, 1, 1, &occasion.types), &code, &content_id);
    page.line("The code lets one person in, once. Whoever shows it first is the one.".into());
    let picture = Attachment {
        filename: "ticket.png".into(),
        content_type: "image/png".into(),
        content_id: Some(content_id),
        bytes: qr::png(&code)?,
    };
    let mut attachments = vec![picture];
    let night = Night { event: &occasion.event, types: &occasion.types, organiser: &occasion.organiser };
    let printed: Result<Vec<u8>, PressError> =
        match press::ticket_sheet(app, ticket, &occasion.placed.booking, &night, None) {
            Ok(sheet) => app.press.tickets(vec![sheet], Language::default()).await,
            Err(error) => Err(error.into()),
        };
    attach(&mut attachments, printed, id);
    Ok(Some(page.mail(id, to, attachments)))
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
) -> Result<Option<Mail>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let gone = |ticket: &&Ticket| tickets.contains(&ticket.id) && !ticket.status.lives();
    let count = occasion.placed.tickets.iter().filter(gone).count();
    let Some((to, _)) = reader(app, holder).await?.filter(|_| count > 0) else { return Ok(None) };
    let event = &occasion.event;
    let (which, opens) = match count {
        1 => ("your ticket is cancelled".to_owned(), "opens"),
        _ => (format!("your {count} tickets are cancelled"), "open"),
    };
    let what = if event.status == events::Status::Cancelled {
        format!("We are sorry: this does not take place, and {which}.")
    } else {
        format!("We are sorry: {which} and {opens} no door any more.")
    };
    let mut page = Page::new(format!("Cancelled: {}", event.title));
    page.line(what);
    page.lines(when_and_where(event));
    page.line("If money goes back for it, it goes to whoever bought it.".into());
    Ok(Some(page.mail(id, to, Vec::new())))
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
) -> Result<Option<(BookingId, Mail)>, LetterError> {
    let Some(transfer) = app.bookings.transfer(transfer).await? else { return Ok(None) };
    let stands = transfer.status_at(app.clock.now());
    let reader_of = match news {
        TransferNews::Offered => transfer.to.filter(|_| stands == TransferStatus::Offered),
        TransferNews::Accepted | TransferNews::Declined => Some(transfer.from),
    };
    let Some(account) = reader_of else { return Ok(None) };
    let Some((to, _)) = reader(app, account).await? else { return Ok(None) };
    let Some(listed) = app.events.facts(transfer.event).await? else { return Ok(None) };
    let event = listed.event;
    if news == TransferNews::Offered && event.status == events::Status::Cancelled {
        return Ok(None);
    }
    let giver = reader(app, transfer.from).await?;
    let giver = giver.as_ref().and_then(|(_, name)| spoken(name)).unwrap_or("Somebody");
    let (subject, text) = match news {
        TransferNews::Offered => (
            format!("A ticket for {}", event.title),
            format!(
                "{giver} offers you a ticket. Log in to take it or to decline, until {}. The event: {}/events/{}",
                super::local(&event, transfer.expires_at),
                app.config.http.public_url,
                event.slug
            ),
        ),
        TransferNews::Accepted => (
            format!("Your ticket for {} was taken", event.title),
            "The ticket that you offered is somebody else's now; the code that you have opens no door."
                .into(),
        ),
        TransferNews::Declined => (
            format!("Your ticket for {} was not taken", event.title),
            "The ticket that you offered was declined. It is still yours and good.".into(),
        ),
    };
    let mut page = Page::new(subject);
    page.line(text);
    page.lines(when_and_where(&event));
    Ok(Some((transfer.booking, page.mail(id, to, Vec::new()))))
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
