//! Mails to those on a waiting list.

use super::page::Page;
use super::{LetterError, local, reader, when_and_where};
use crate::wiring::App;
use booking::{EntryStatus, ListNews, SaleStatus};
use kernel::{EffectId, Mail, WaitlistEntryId};

/// What became of an entry. An offer that is over by now is not told any more.
///
/// # Errors
/// A [`LetterError`].
pub async fn on_list(
    app: &App,
    id: EffectId,
    entry: WaitlistEntryId,
    news: ListNews,
) -> Result<Option<Mail>, LetterError> {
    let Some(entry) = app.bookings.entry(entry).await? else { return Ok(None) };
    let stands = entry.status_at(app.clock.now());
    let Some((to, _)) = reader(app, entry.buyer).await? else { return Ok(None) };
    let Some(listed) = app.events.facts(entry.event).await? else { return Ok(None) };
    let Some(sale) = app.bookings.sale(entry.event).await? else { return Ok(None) };
    let (event, cancelled) = (listed.event, sale.status == SaleStatus::Cancelled);
    let many =
        if entry.quantity == 1 { "A place is".into() } else { format!("{} places are", entry.quantity) };
    let (subject, text) = match (news, entry.expires_at) {
        (ListNews::Offered, Some(until)) if stands == EntryStatus::Offered && !cancelled => (
            format!("Your turn: {}", event.title),
            format!(
                "{many} kept for you until {}. Log in to book; after that it is the next one's turn. The event: {}/events/{}",
                local(&event, until),
                app.config.http.public_url,
                event.slug
            ),
        ),
        (ListNews::Offered, _) => return Ok(None),
        (ListNews::Expired | ListNews::Over | ListNews::Gone, _) if cancelled => (
            format!("Cancelled: {}", event.title),
            "This event does not take place, and so its waiting list has ended. There is nothing that you have to do."
                .into(),
        ),
        (ListNews::Over, _) => (
            format!("The waiting list has ended: {}", event.title),
            "No tickets are sold any more, and none became free for you.".into(),
        ),
        (ListNews::Gone, _) => (
            format!("You wait no longer: {}", event.title),
            "The tickets that you waited for were taken out of the sale. You can join the list for others.".into(),
        ),
        (ListNews::Expired, _) if sale.is_over(app.clock.now()) => (
            format!("Your turn is over: {}", event.title),
            "You did not book in time, and no tickets are sold any more.".into(),
        ),
        (ListNews::Expired, _) => (
            format!("Your turn is over: {}", event.title),
            "You did not book in time, so it is the next one's turn. You can join the list again.".into(),
        ),
    };
    let mut page = Page::new(subject);
    page.line(text);
    page.lines(when_and_where(&event));
    Ok(Some(page.mail(id, to, Vec::new())))
}
