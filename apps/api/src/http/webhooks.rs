//! Providers telling us what happened, and buyers whom they send back.

use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use booking::notes::{NoteKind, notes};
use booking::use_cases::{Heard, NoticeFailure};
use booking::{Booking, BookingStatus, NoticeError, Payment, Provider, RawNotice};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// When a provider shall send a notice again that found too many others before it.
const BUSY: Duration = Duration::from_secs(5);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(stripe_webhook).service(paypal_webhook).service(come_back);
}

/// What was done with a notice.
#[derive(Serialize, ToSchema)]
pub struct NoticeView {
    /// `applied`, `ignored` or `repeat`.
    result: &'static str,
}

impl NoticeView {
    pub(super) const fn of(result: &'static str) -> Self {
        Self { result }
    }
}

async fn hear(
    app: &App,
    provider: Provider,
    request: &HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let text = |value: &header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = request.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect();
    app.limits.notice(request).await?;
    // PayPal is asked about each: when it hangs, strangers must not pile questions up. The real one sends again.
    let _one_of_few = match provider {
        Provider::Paypal => match timeout(BUSY, app.notices.acquire()).await {
            Ok(Ok(permit)) => Some(permit),
            Ok(Err(_)) | Err(_) => {
                app.metrics.notice(provider.as_str(), "busy");
                return Err(Problem::busy(BUSY));
            }
        },
        Provider::Stripe | Provider::BankTransfer | Provider::Cash => None,
    };
    let heard = match app.bookings.hear(provider, &RawNotice { headers, body: body.to_vec() }).await {
        Ok(heard) => heard,
        Err(failure) => {
            app.metrics.notice(provider.as_str(), refused(&failure));
            if !is_genuine(&failure) {
                app.limits.notice_forged(request).await?;
            }
            return Err(failure.into());
        }
    };
    let result = match heard {
        Heard::Repeat => "repeat",
        Heard::Ignored => "ignored",
        Heard::Applied(_) | Heard::Refund | Heard::Dispute => "applied",
    };
    app.metrics.notice(provider.as_str(), result);
    Ok(HttpResponse::Ok().json(NoticeView { result }))
}

/// What a notice is counted as of which nothing came.
const fn refused(failure: &NoticeFailure) -> &'static str {
    match failure {
        NoticeFailure::NotConfigured => "not_configured",
        NoticeFailure::Notice(NoticeError::Forged) => "forged",
        NoticeFailure::Notice(NoticeError::Unreadable(_)) => "unreadable",
        NoticeFailure::Notice(NoticeError::Unchecked(_)) => "unchecked",
        NoticeFailure::Store(_) => "failed",
    }
}

/// Whether a notice was the provider's although nothing came of it.
const fn is_genuine(failure: &NoticeFailure) -> bool {
    match failure {
        NoticeFailure::NotConfigured
        | NoticeFailure::Notice(NoticeError::Forged | NoticeError::Unchecked(_)) => false,
        NoticeFailure::Notice(NoticeError::Unreadable(_)) | NoticeFailure::Store(_) => true,
    }
}

/// Stripe tells what happened. 200 means that it is durable.
#[utoipa::path(tag = "webhooks", request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, body = NoticeView),
    (status = 400, description = "`signature_invalid`", body = Problem)))]
#[post("/webhooks/stripe")]
async fn stripe_webhook(app: Data<App>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Problem> {
    hear(&app, Provider::Stripe, &request, body).await
}

/// PayPal tells what happened. 200 means that it is durable.
#[utoipa::path(tag = "webhooks", request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, body = NoticeView),
    (status = 400, description = "`signature_invalid`", body = Problem)))]
#[post("/webhooks/paypal")]
async fn paypal_webhook(app: Data<App>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Problem> {
    hear(&app, Provider::Paypal, &request, body).await
}

/// How the buyer left the provider's page.
#[derive(Deserialize, IntoParams)]
pub struct Left {
    /// Turned back without paying.
    #[serde(default)]
    left: bool,
}

/// Where providers send the buyer's browser: asks the provider at once and sends the browser on. While nothing is to be
/// changed nobody is asked, and the booking told of as it stands.
#[utoipa::path(tag = "webhooks", params(Left), responses(
    (status = 200, description = "A page that says how the booking stands", content_type = "text/html", body = String),
    (status = 303, description = "On to the buyer's own success or cancel URL, with `booking` in its query"),
    (status = 404, body = Problem)))]
#[get("/payments/{id}/return")]
async fn come_back(
    app: Data<App>,
    request: HttpRequest,
    id: Path<Uuid>,
    left: Query<Left>,
) -> Result<HttpResponse, Problem> {
    app.limits.public(&request).await?;
    let id = id.into_inner().into();
    let booking = match app.maintenance.is_on().await {
        true => app.bookings.paid_for(id).await?,
        false => app.bookings.come_back(id).await?,
    };
    let booking = booking.ok_or_else(Problem::not_found)?;
    let payment = booking.payment(id).ok_or_else(Problem::not_found)?;
    Ok(match onward(&booking, payment, left.left) {
        Some(url) => HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish(),
        None => page(&booking),
    })
}

/// The buyer's own page for how it went, told which booking it was.
fn onward(booking: &Booking, payment: &Payment, left: bool) -> Option<String> {
    let well = !left || booking.status == BookingStatus::Confirmed;
    let url = if well { payment.success_url.as_ref() } else { payment.cancel_url.as_ref() }?;
    let (address, fragment) = url.split_once('#').map_or((url.as_str(), None), |(a, f)| (a, Some(f)));
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{address}{joint}booking={}{fragment}", booking.id))
}

/// What a buyer is told who named no page of their own.
fn told(booking: &Booking) -> (&'static str, &'static str) {
    let reviewed = || notes(booking).iter().any(|note| note.kind == NoteKind::UnderReview);
    match booking.status {
        BookingStatus::Confirmed => ("Thank you", "is confirmed. The tickets are on their way by mail."),
        BookingStatus::PendingPayment => ("Almost there", "is waiting for its payment."),
        BookingStatus::Cancelled => ("Cancelled", "was cancelled. What is paid for it now goes back."),
        BookingStatus::Expired if reviewed() => {
            ("Too late", "has ended. We look into what was paid, and tell you what becomes of it.")
        }
        BookingStatus::Expired if booking.payments.iter().any(Payment::took_money) => {
            ("Too late", "has ended. What was paid goes back.")
        }
        BookingStatus::Expired => ("Too late", "has ended. Nothing was charged for it."),
    }
}

/// That as a page. The reference is made of letters and digits only.
fn page(booking: &Booking) -> HttpResponse {
    let (head, text) = told(booking);
    let reference = &booking.reference;
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{head}</title><h1>{head}</h1><p>Booking <b>{reference}</b> {text}</p>"
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use booking::{PaymentStatus, Reference};
    use kernel::{AccountId, BookingId, EventId, HoldId, Money, OrganisationId, PaymentId, Timestamp};

    fn booking(success_url: Option<&str>, cancel_url: Option<&str>) -> Booking {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let payment = Payment {
            id: PaymentId::generate(now),
            attempt: 1,
            provider: Provider::Stripe,
            account: "main".into(),
            live: false,
            amount: Money::eur(2500),
            status: PaymentStatus::Open,
            session: None,
            charge: None,
            paid: None,
            charged_at: None,
            checkout_url: None,
            success_url: success_url.map(str::to_owned),
            cancel_url: cancel_url.map(str::to_owned),
            problem: None,
            declines: 0,
            created_at: now,
            changed_at: now,
        };
        Booking {
            id: BookingId::generate(now),
            reference: Reference::generate(),
            event: EventId::generate(now),
            organisation: OrganisationId::generate(now),
            buyer: AccountId::generate(now),
            hold: HoldId::generate(now),
            status: BookingStatus::PendingPayment,
            items: Vec::new(),
            attendees: Vec::new(),
            total: Money::eur(2500),
            platform_fee: Money::eur(0),
            created_at: now,
            pay_by: now,
            decided_at: None,
            paid_by: None,
            promise: None,
            request: None,
            payments: vec![payment],
            refunds: Vec::new(),
            disputes: Vec::new(),
            voucher: None,
        }
    }

    #[test]
    fn the_buyer_s_own_page_is_told_which_booking_it_was() {
        for (given, expected) in [
            ("https://a.example/ok", "https://a.example/ok?booking="),
            ("https://a.example/ok?x=1", "https://a.example/ok?x=1&booking="),
        ] {
            let booking = booking(Some(given), None);
            let url = onward(&booking, &booking.payments[0], false).unwrap();
            assert_eq!(url, format!("{expected}{}", booking.id));
        }
        let with_fragment = booking(Some("https://a.example/#/ok"), None);
        let url = onward(&with_fragment, &with_fragment.payments[0], false).unwrap();
        assert_eq!(url, format!("https://a.example/?booking={}#/ok", with_fragment.id));
    }

    #[test]
    fn who_comes_too_late_is_told_of_money_only_where_some_was_charged() {
        let mut booking = booking(None, None);
        booking.status = BookingStatus::Expired;
        assert!(told(&booking).1.ends_with("Nothing was charged for it."));
        booking.payments[0].charge = Some("ch_1".into());
        assert!(told(&booking).1.ends_with("What was paid goes back."));
    }

    #[test]
    fn nothing_is_promised_of_money_that_a_person_decides_about() {
        let mut booking = booking(None, None);
        booking.status = BookingStatus::Expired;
        let payment = &mut booking.payments[0];
        payment.charge = Some("ch_1".into());
        payment.paid = Some(Money::eur(2400));
        payment.status = PaymentStatus::Mismatched;
        assert!(told(&booking).1.ends_with("tell you what becomes of it."));
    }

    #[test]
    fn one_who_turned_back_sees_the_cancel_page_unless_it_was_paid_after_all() {
        let mut booking = booking(Some("https://a.example/ok"), Some("https://a.example/no"));
        let payment = booking.payments[0].clone();
        assert!(onward(&booking, &payment, true).unwrap().starts_with("https://a.example/no?"));
        booking.status = BookingStatus::Confirmed;
        assert!(onward(&booking, &payment, true).unwrap().starts_with("https://a.example/ok?"));
    }
}
