//! Mails to those on a waiting list.

use super::content::{Content, EventFacts};
use super::reader::reader;
use super::{LetterError, Outgoing, address, local};
use crate::wiring::App;
use booking::{EntryStatus, ListNews, SaleStatus};
use kernel::{EffectId, WaitlistEntryId};

/// What became of an entry. An offer that is over by now is not told any more.
///
/// # Errors
/// A [`LetterError`].
pub async fn on_list(
    app: &App,
    id: EffectId,
    entry: WaitlistEntryId,
    news: ListNews,
) -> Result<Option<Outgoing>, LetterError> {
    let Some(entry) = app.bookings.entry(entry).await? else { return Ok(None) };
    let stands = entry.status_at(app.clock.now());
    let Some(reader) = reader(app, entry.buyer).await? else { return Ok(None) };
    let Some(listed) = app.events.facts(entry.event).await? else { return Ok(None) };
    let Some(sale) = app.bookings.sale(entry.event).await? else { return Ok(None) };
    let cancelled = sale.status == SaleStatus::Cancelled;
    let event = EventFacts::of(&listed.event, reader.language);
    let content = match (news, entry.expires_at) {
        (ListNews::Offered, Some(until)) if stands == EntryStatus::Offered && !cancelled => {
            Content::WaitlistOffered {
                event,
                places: entry.quantity,
                until: local(&listed.event, until, reader.language),
                address: address(app, &listed.event),
            }
        }
        (ListNews::Offered, _) => return Ok(None),
        (ListNews::Expired | ListNews::Over | ListNews::Gone, _) if cancelled => {
            Content::WaitlistCalledOff { event }
        }
        (ListNews::Over, _) => Content::WaitlistEnded { event },
        (ListNews::Gone, _) => Content::WaitlistGone { event },
        (ListNews::Expired, _) => {
            Content::WaitlistExpired { event, sale_over: sale.is_over(app.clock.now()) }
        }
    };
    let written = app.templates.written(reader.language, &content)?;
    Ok(Some(written.mail(id, reader.to, Vec::new()).to(reader.account).on(entry.event)))
}
