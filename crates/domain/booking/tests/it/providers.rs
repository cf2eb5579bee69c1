//! When a provider is away, or its answers get lost.

use crate::stores;
use booking::use_cases::Heard;
use booking::{
    Booking, BookingStatus, PaymentChoice, PaymentStatus, Provider, RefundStatus, Settled, Standing,
};
use chrono::TimeDelta;
use kernel::BookingId;
use std::sync::Arc;
use testkit::ScriptedProvider;
use testkit::fixtures_bookings::{House, booked_unpaid, bookings, buyer, confirm_paid, house};

async fn place() -> House {
    house(stores(), 1, None, 2500).await
}

async fn now(house: &House, id: BookingId) -> Booking {
    house.stores.booking.booking(id).await.unwrap().unwrap()
}

async fn left(house: &House) -> u32 {
    house.stores.booking.sales(&[house.event.id]).await.unwrap()[0].offers[0].left()
}

/// A booking that was made while the provider did not answer.
async fn booked_without_answer(house: &House) -> Booking {
    let guest = buyer(&house.stores).await;
    let bookings = bookings(house);
    let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    confirm_paid(&bookings, guest, hold.id).await.booking
}

#[tokio::test]
async fn a_provider_that_is_away_fails_no_booking_and_is_asked_again() {
    let house = place().await;
    house.provider.be_silent(true);
    let booking = booked_without_answer(&house).await;
    assert_eq!((booking.status, &booking.payments[0].checkout_url), (BookingStatus::PendingPayment, &None));
    house.provider.be_silent(false);
    house.clock.advance(TimeDelta::minutes(1));
    assert!(bookings(&house).attend(booking.id).await.unwrap().is_some());
    let payment = now(&house, booking.id).await.payments.remove(0);
    assert_eq!(payment.status, PaymentStatus::Open);
    assert!(payment.checkout_url.is_some());
}

#[tokio::test]
async fn a_lost_answer_opens_no_second_checkout() {
    let house = place().await;
    house.provider.lose_answers(true);
    let booking = booked_without_answer(&house).await;
    house.provider.lose_answers(false);
    bookings(&house).attend(booking.id).await.unwrap();
    let payment = now(&house, booking.id).await.payments.remove(0);
    let session = testkit::ScriptedProvider::session(payment.id);
    assert_eq!(payment.session.as_deref(), Some(session.as_str()), "the same key finds the same checkout");
}

#[tokio::test]
async fn places_are_kept_while_the_provider_cannot_be_asked() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.clock.set(booking.pay_by);
    house.provider.be_silent(true);
    assert!(bookings(&house).attend(booking.id).await.unwrap().is_some(), "it is looked at again");
    assert_eq!(
        (now(&house, booking.id).await.status, left(&house).await),
        (BookingStatus::PendingPayment, 0)
    );
    house.provider.be_silent(false);
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    assert_eq!((now(&house, booking.id).await.status, left(&house).await), (BookingStatus::Expired, 1));
}

#[tokio::test]
async fn a_checkout_is_ended_before_its_places_are_given_back() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.clock.set(booking.pay_by);
    bookings(&house).attend(booking.id).await.unwrap();
    assert_eq!(house.provider.calls(), ["open", "close"]);
    assert_eq!(left(&house).await, 1);
}

#[tokio::test]
async fn one_who_paid_in_the_last_second_keeps_the_places() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.provider.pay(booking.payments[0].session.as_deref().unwrap());
    house.clock.set(booking.pay_by);
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    assert_eq!((now(&house, booking.id).await.status, left(&house).await), (BookingStatus::Confirmed, 0));
}

#[tokio::test]
async fn money_on_its_way_keeps_the_places_beyond_the_deadline() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let session = booking.payments[0].session.clone().unwrap();
    house.provider.stands(&session, Standing::Processing);
    bookings(&house).come_back(booking.payments[0].id).await.unwrap();
    house.clock.set(booking.pay_by + TimeDelta::days(2));
    assert!(bookings(&house).attend(booking.id).await.unwrap().is_some());
    assert_eq!(
        (now(&house, booking.id).await.status, left(&house).await),
        (BookingStatus::PendingPayment, 0)
    );
    house.provider.stands(&session, Standing::Failed);
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    assert_eq!((now(&house, booking.id).await.status, left(&house).await), (BookingStatus::Expired, 1));
}

#[tokio::test]
async fn an_approval_is_captured_by_the_watch_too() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.provider.stands(booking.payments[0].session.as_deref().unwrap(), Standing::Approved);
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    assert_eq!(now(&house, booking.id).await.status, BookingStatus::Confirmed);
}

#[tokio::test]
async fn the_other_tab_is_closed_once_one_is_paid() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let choice = PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    bookings(&house).pay(booking.buyer, booking.id, &choice).await.unwrap();
    house.provider.pay(booking.payments[0].session.as_deref().unwrap());
    bookings(&house).come_back(booking.payments[0].id).await.unwrap();
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    let statuses: Vec<_> = now(&house, booking.id).await.payments.iter().map(|p| p.status).collect();
    assert_eq!(statuses, [PaymentStatus::Paid, PaymentStatus::Closed]);
}

/// The same house after its keys were replaced by those of another account.
fn with_another_account(house: &House) -> House {
    let provider = Arc::new(ScriptedProvider::new(Provider::Stripe).with_account("another"));
    House { provider, ..house.clone() }
}

#[tokio::test]
async fn a_charge_goes_back_through_the_account_that_took_it() {
    let house = place().await;
    let booking = refundable(&house).await;
    let (other, refund) = (with_another_account(&house), booking.refunds[0].id);
    assert!(bookings(&other).send_money_back(booking.id, refund).await.unwrap().is_some(), "it waits");
    assert_eq!(other.provider.calls(), Vec::<String>::new());
    assert_eq!(bookings(&house).send_money_back(booking.id, refund).await.unwrap(), None);
    assert_eq!(house.provider.refunds().len(), 1);
}

#[tokio::test]
async fn places_that_nobody_can_ask_about_come_back_when_no_page_takes_money_any_more() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let other = with_another_account(&house);
    house.clock.set(booking.pay_by + TimeDelta::hours(24));
    assert!(bookings(&other).attend(booking.id).await.unwrap().is_some(), "Stripe's page may still be open");
    assert_eq!(
        (now(&house, booking.id).await.status, left(&house).await),
        (BookingStatus::PendingPayment, 0)
    );
    house.clock.set(booking.pay_by + TimeDelta::hours(25));
    assert_eq!(bookings(&other).attend(booking.id).await.unwrap(), None);
    assert_eq!((now(&house, booking.id).await.status, left(&house).await), (BookingStatus::Expired, 1));
    assert_eq!(other.provider.calls(), Vec::<String>::new());
}

/// A booking that was paid too late, with its refund.
async fn refundable(house: &House) -> Booking {
    let booking = booked_unpaid(house, buyer(&house.stores).await, 1).await;
    house.clock.set(booking.pay_by);
    bookings(house).attend(booking.id).await.unwrap();
    bookings(house).hold(buyer(&house.stores).await, house.event.id, house.want(1)).await.unwrap();
    let session = booking.payments[0].session.clone().unwrap();
    house.provider.stands(&session, Standing::Open);
    let charge = house.provider.pay(&session);
    assert!(matches!(charge, Standing::Paid(_)));
    let headers = vec![("session".into(), session), ("id".into(), "late".into())];
    let notice = booking::RawNotice { headers, body: Vec::new() };
    bookings(house).hear(Provider::Stripe, &notice).await.unwrap();
    now(house, booking.id).await
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_asked_for_and_not_sent_again() {
    let house = place().await;
    let booking = refundable(&house).await;
    let refund = booking.refunds[0].id;
    house.provider.lose_answers(true);
    assert!(bookings(&house).send_money_back(booking.id, refund).await.unwrap().is_some());
    assert_eq!(now(&house, booking.id).await.refunds[0].status, RefundStatus::Uncertain);
    house.provider.lose_answers(false);
    assert_eq!(bookings(&house).send_money_back(booking.id, refund).await.unwrap(), None);
    assert_eq!(now(&house, booking.id).await.refunds[0].status, RefundStatus::Done);
    let asked: Vec<_> = house.provider.calls().into_iter().filter(|call| call.contains("refund")).collect();
    assert_eq!(asked, ["refund", "find_refund"]);
    assert_eq!(house.provider.refunds().len(), 1);
}

#[tokio::test]
async fn a_refused_question_about_a_lost_refund_neither_fails_it_nor_sends_it_again() {
    let house = place().await;
    let booking = refundable(&house).await;
    let refund = booking.refunds[0].id;
    house.provider.lose_answers(true);
    bookings(&house).send_money_back(booking.id, refund).await.unwrap();
    house.provider.lose_answers(false);
    house.provider.refuse_questions(true);
    assert!(bookings(&house).send_money_back(booking.id, refund).await.unwrap().is_some());
    assert_eq!(now(&house, booking.id).await.refunds[0].status, RefundStatus::Uncertain);
    house.provider.refuse_questions(false);
    assert_eq!(bookings(&house).send_money_back(booking.id, refund).await.unwrap(), None);
    let asked: Vec<_> = house.provider.calls().into_iter().filter(|call| call.contains("refund")).collect();
    assert_eq!(asked, ["refund", "find_refund", "find_refund"]);
}

#[tokio::test]
async fn a_refund_waits_for_a_provider_that_is_away() {
    let house = place().await;
    let booking = refundable(&house).await;
    house.provider.be_silent(true);
    let refund = booking.refunds[0].id;
    assert!(bookings(&house).send_money_back(booking.id, refund).await.unwrap().is_some());
    assert_eq!(now(&house, booking.id).await.refunds[0].status, RefundStatus::Created);
    house.provider.be_silent(false);
    assert_eq!(bookings(&house).send_money_back(booking.id, refund).await.unwrap(), None);
    assert_eq!(house.provider.refunds().len(), 1);
}

#[tokio::test]
async fn a_notice_that_comes_again_does_not_undo_what_came_after_it() {
    let house = place().await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let session = booking.payments[0].session.clone().unwrap();
    let tell = async |standing, id: &str| {
        house.provider.stands(&session, standing);
        let headers = vec![("session".into(), session.clone()), ("id".into(), id.into())];
        let notice = booking::RawNotice { headers, body: Vec::new() };
        bookings(&house).hear(Provider::Stripe, &notice).await.unwrap()
    };
    assert!(matches!(tell(Standing::Approved, "first").await, Heard::Applied(Settled::Capture { .. })));
    assert_eq!(tell(Standing::Declined, "second").await, Heard::Applied(Settled::Noted));
    assert!(matches!(tell(Standing::Approved, "third").await, Heard::Applied(Settled::Capture { .. })));
    let agreed = now(&house, booking.id).await;
    assert_eq!((agreed.payments[0].status, agreed.payments[0].declines), (PaymentStatus::Processing, 1));
    assert_eq!(tell(Standing::Declined, "second").await, Heard::Repeat);
    assert_eq!(now(&house, booking.id).await, agreed);
}
