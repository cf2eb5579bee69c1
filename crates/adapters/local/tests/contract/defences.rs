//! The last line of defence: what PostgreSQL refuses by its constraints is refused here too, and nothing of such a
//! transaction can be committed.

use adapter_local::{LocalStore, Place};
use booking::{Booking, PaymentStatus};
use kernel::{BookingId, HoldId, PaymentId, StoreError};
use std::sync::Arc;
use testkit::fixtures_bookings::{House, booked_unpaid, buyer, house};
use testkit::{Stores, noon};

async fn open() -> House {
    let store = LocalStore::open(Place::Memory).unwrap();
    house(Stores::of(Arc::new(store)), 10, None, 2500).await
}

/// Another booking that shares nothing with this one but its buyer and its event.
fn another(booking: &Booking) -> Booking {
    let mut other = booking.clone();
    other.id = BookingId::generate(noon());
    other.reference = booking::Reference::generate();
    other.hold = HoldId::generate(noon());
    for payment in &mut other.payments {
        payment.id = PaymentId::generate(noon());
        payment.session = None;
        payment.charge = None;
    }
    other
}

/// A change that makes a booking share a name with the one that is given.
type Theft = fn(&mut Booking, &Booking);

const THEFTS: [(&str, Theft); 7] = [
    ("id", |thief, booking| thief.id = booking.id),
    ("reference", |thief, booking| thief.reference = booking.reference.clone()),
    ("hold", |thief, booking| thief.hold = booking.hold),
    ("attempt", |thief, booking| thief.payments[0].id = booking.payments[0].id),
    ("checkout", |thief, booking| thief.payments[0].session = booking.payments[0].session.clone()),
    ("charge", |thief, booking| thief.payments[0].charge = booking.payments[0].charge.clone()),
    ("own checkout", |thief, _| {
        thief.payments[0].session = Some("one".into());
        let mut second = thief.payments[0].clone();
        second.id = PaymentId::generate(noon());
        second.attempt = 2;
        thief.payments.push(second);
    }),
];

#[tokio::test]
async fn what_names_a_booking_names_no_other() {
    let house = open().await;
    let guest = buyer(&house.stores).await;
    let mut booking = booked_unpaid(&house, guest, 1).await;
    booking.payments[0].status = PaymentStatus::Paid;
    booking.payments[0].charge = Some("charge".into());
    let mut tx = house.stores.booking.begin().await.unwrap();
    tx.save_booking(&booking).await.unwrap();
    tx.add_bookings(&[another(&booking)]).await.unwrap();
    tx.commit().await.unwrap();
    for (name, steal) in THEFTS {
        let mut thief = another(&booking);
        steal(&mut thief, &booking);
        let mut tx = house.stores.booking.begin().await.unwrap();
        let refused = tx.add_bookings(&[thief.clone()]).await;
        assert!(matches!(refused, Err(StoreError::Broken { .. })), "{name}: {refused:?}");
        tx.rollback().await.unwrap();
    }
    let read = house.stores.booking.booking(booking.id).await.unwrap();
    assert_eq!(read, Some(booking));
}

#[tokio::test]
async fn after_a_broken_promise_nothing_is_committed() {
    let house = open().await;
    let guest = buyer(&house.stores).await;
    let booking = booked_unpaid(&house, guest, 1).await;
    let mut tx = house.stores.booking.begin().await.unwrap();
    let new = another(&booking);
    tx.add_bookings(std::slice::from_ref(&new)).await.unwrap();
    tx.add_bookings(std::slice::from_ref(&new)).await.unwrap_err();
    assert!(matches!(tx.commit().await, Err(StoreError::Broken { .. })));
    assert_eq!(house.stores.booking.booking(new.id).await.unwrap(), None);
}
