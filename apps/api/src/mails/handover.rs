//! Mails about tickets that are handed on from one member to another. Neither is told the other's address.

use super::page::Page;
use super::{LetterError, attach, occasion, title, when_and_where};
use crate::press::{self, Night, PressError};
use crate::qr;
use crate::wiring::App;
use accounts::Status;
use adapter_pdf::Language;
use booking::{TransferNews, TransferStatus};
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
    let reference = occasion.placed.booking.reference.to_string();
    let printed: Result<Vec<u8>, PressError> =
        match press::ticket_sheet(app, ticket, &reference, &night, None) {
            Ok(sheet) => app.press.tickets(vec![sheet], Language::default()).await,
            Err(error) => Err(error.into()),
        };
    attach(&mut attachments, printed, id);
    Ok(Some(page.mail(id, to, attachments)))
}

/// What became of a ticket that is handed on, to the one who waits for the news. An offer that is over by now is not
/// told any more.
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
    let giver = reader(app, transfer.from).await?.map_or_else(|| "Somebody".to_owned(), |(_, name)| name);
    let (subject, text) = match news {
        TransferNews::Offered => (
            format!("A ticket for {}", event.title),
            format!(
                "{giver} offers you a ticket. Log in at {} to take it or to decline, until {}.",
                app.config.http.public_url,
                super::local(&event, transfer.expires_at)
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
