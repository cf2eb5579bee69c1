//! When an answer of a provider cannot be written down.

use crate::faults::failing_after;
use crate::stores;
use booking::use_cases::{ConfirmError, ConfirmRequest, Pages, Placed};
use booking::{BookingStatus, BookingStore, Bookings, PaymentChoice, PaymentStatus, Provider, Terms};
use chrono::TimeDelta;
use kernel::{AccountId, Clock, HoldId, StoreError};
use std::sync::Arc;
use testkit::fixtures_bookings::{House, bookings, buyer, house};

fn over(house: &House, store: Arc<dyn BookingStore>) -> Bookings {
    let clock: Arc<dyn Clock> = house.clock.clone();
    let pages = Pages { name: "Test".into(), returns: "https://example.org".into() };
    let terms = Terms::to_pay_within(TimeDelta::minutes(30));
    Bookings::new(store, clock, vec![house.provider.clone()], terms, pages)
}

async fn confirm(bookings: &Bookings, buyer: AccountId, hold: HoldId) -> Result<Placed, ConfirmError> {
    let choice = PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    bookings.confirm(ConfirmRequest { buyer, hold, payment: Some(choice), attendees: vec![] }).await
}

/// A house with a hold of one place at 25.00.
async fn held() -> (House, AccountId, HoldId) {
    let house = house(stores(), 5, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(1)).await.unwrap();
    (house, guest, hold.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_that_cannot_be_written_down_is_closed_and_never_handed_out() {
    let (house, guest, hold) = held().await;
    // The booking is written; keeping the provider's answer fails, and so does noting that it was closed.
    let failing = over(&house, failing_after(house.stores.booking.clone(), 1, 2));
    let placed = confirm(&failing, guest, hold).await.unwrap();
    assert_eq!(placed.booking.payments[0].checkout_url, None);
    assert_eq!(house.provider.calls(), ["open", "close"]);
    // The watch learns later what happened; nobody can have paid.
    house.clock.advance(TimeDelta::minutes(1));
    let healthy = bookings(&house);
    healthy.attend(placed.booking.id).await.unwrap();
    let booking = house.stores.booking.booking(placed.booking.id).await.unwrap().unwrap();
    assert_eq!(booking.payments[0].status, PaymentStatus::Closed);
    assert_eq!(booking.status, BookingStatus::PendingPayment, "another attempt can still be made");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_provider_is_called_for_a_booking_that_was_not_written() {
    let (house, guest, hold) = held().await;
    let failing = over(&house, failing_after(house.stores.booking.clone(), 0, 1));
    let refused = confirm(&failing, guest, hold).await;
    assert!(matches!(refused, Err(ConfirmError::Store(StoreError::Unavailable { .. }))));
    assert_eq!(house.provider.calls(), Vec::<String>::new());
    // The hold is as it was: the same request goes through once the store is back.
    let placed = confirm(&failing, guest, hold).await.unwrap();
    assert!(placed.booking.payments[0].checkout_url.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_could_not_be_written_down_is_found_by_the_watch() {
    let (house, guest, hold) = held().await;
    let booking = confirm(&bookings(&house), guest, hold).await.unwrap().booking;
    let payment = booking.payments[0].clone();
    house.provider.pay(payment.session.as_deref().unwrap());
    let failing = over(&house, failing_after(house.stores.booking.clone(), 0, 1));
    assert!(failing.come_back(payment.id).await.is_err());
    assert_eq!(bookings(&house).attend(booking.id).await.unwrap(), None);
    let settled = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    assert_eq!((settled.status, settled.paid()), (BookingStatus::Confirmed, settled.total));
}
