//! What became of a booking, to whoever made it.

use super::content::{Content, EventFacts, MoneyBack, Settled};
use super::{LetterError, Occasion, Outgoing, files, occasion};
use crate::wiring::App;
use booking::use_cases::Placed;
use booking::{Booking, BuyerNews, Ticket};
use kernel::{BookingId, EffectId, Language};

/// What became of a booking.
///
/// # Errors
/// A [`LetterError`].
pub async fn news(
    app: &App,
    id: EffectId,
    booking: BookingId,
    news: BuyerNews,
) -> Result<Option<Outgoing>, LetterError> {
    let Some(occasion) = occasion(app, booking).await? else { return Ok(None) };
    let Occasion { placed: Placed { booking, tickets }, reader, event, .. } = occasion;
    let Some(reader) = reader else { return Ok(None) };
    let facts = EventFacts::of(&event, reader.language);
    let content = content(news, (&booking, &tickets), facts, reader.language);
    // In whose calendar it stands, there it shall be struck out.
    let struck_out = (news == BuyerNews::EventCancelled).then(|| files::calendar(app, &event));
    let written = app.templates.written(reader.language, &content)?;
    let mail = written.mail(id, reader.to, struck_out.into_iter().collect());
    Ok(Some(mail.to(reader.account).of(booking.id).on(event.id)))
}

fn content(
    news: BuyerNews,
    (booking, tickets): (&Booking, &[Ticket]),
    event: EventFacts,
    language: Language,
) -> Content {
    let reference = booking.reference.to_string();
    let refund = MoneyBack::of(booking, language);
    match news {
        BuyerNews::Expired => {
            // Not a word that is not true of its money.
            let charged = booking.payments.iter().any(|payment| payment.paid.is_some());
            Content::BookingExpired { reference, event, charged }
        }
        BuyerNews::Overpaid => {
            Content::PaidTwice { reference, event, back: MoneyBack::each(booking, language) }
        }
        BuyerNews::TooLate => {
            Content::PaidTooLate { reference, event, back: MoneyBack::each(booking, language) }
        }
        BuyerNews::Cancelled => {
            let gone = tickets.iter().filter(|ticket| !ticket.status.lives()).count();
            Content::BookingCancelled { reference, event, gone, all: tickets.len(), refund }
        }
        BuyerNews::EventCancelled => {
            Content::EventCancelled { reference, event, money: Settled::of(booking), refund }
        }
        BuyerNews::Refunded => Content::Refunded { reference, event, refund },
        BuyerNews::RequestRefused => {
            let answer = booking.request.as_ref().and_then(|request| request.answer.clone());
            Content::RequestRefused { reference, event, answer }
        }
    }
}
