//! What happens at providers without us: by webhook, by looking, in any order.

use crate::faults::unreadable;
use crate::stores;
use booking::use_cases::Heard;
use booking::{
    Booking, BookingStatus, DisputeStanding, DisputeStatus, Provider, RawNotice, RefundReason, RefundStatus,
    Standing,
};
use chrono::TimeDelta;
use kernel::{Clock, EffectId, Money};
use testkit::fixtures_bookings::{House, booked_unpaid, bookings, buyer, house};
use testkit::outbox::EVERY_DOMAIN;

/// A paid booking of one place, with its charge.
async fn paid(house: &House) -> (Booking, String) {
    let booking = booked_unpaid(house, buyer(&house.stores).await, 1).await;
    let session = booking.payments[0].session.clone().unwrap();
    let Standing::Paid(charge) = house.provider.pay(&session) else { panic!("not paid") };
    bookings(house).come_back(booking.payments[0].id).await.unwrap();
    (now(house, &booking).await, charge.reference)
}

async fn place() -> House {
    house(stores(), 5, None, 2500).await
}

async fn now(house: &House, booking: &Booking) -> Booking {
    house.stores.booking.booking(booking.id).await.unwrap().unwrap()
}

/// A notice about what goes by this name at the provider.
fn notice(about: &str, id: &str) -> RawNotice {
    RawNotice { headers: vec![("session".into(), about.into()), ("id".into(), id.into())], body: Vec::new() }
}

async fn look(house: &House) -> usize {
    house.clock.advance(TimeDelta::minutes(16));
    let looked = bookings(house).look_outside().await.unwrap();
    assert!(looked.failures.is_empty(), "{:?}", looked.failures);
    looked.news
}

#[tokio::test]
async fn a_refund_made_elsewhere_is_recorded_once_whoever_tells_first() {
    for webhook_first in [true, false] {
        let house = place().await;
        let (booking, charge) = paid(&house).await;
        let told = house.provider.refund_elsewhere(&charge, Money::eur(1_000), house.clock.now());
        let name = &told.standing.reference;
        if webhook_first {
            let heard = bookings(&house).hear(Provider::Stripe, &notice(name, "evt_1")).await.unwrap();
            assert_eq!(heard, Heard::Refund);
            assert_eq!(look(&house).await, 0);
        } else {
            assert_eq!(look(&house).await, 1);
            bookings(&house).hear(Provider::Stripe, &notice(name, "evt_1")).await.unwrap();
        }
        for id in ["evt_1", "evt_2"] {
            bookings(&house).hear(Provider::Stripe, &notice(name, id)).await.unwrap();
        }
        assert_eq!(look(&house).await, 0);
        let after = now(&house, &booking).await;
        let [refund] = after.refunds.as_slice() else { panic!("{:?}", after.refunds) };
        assert_eq!((refund.reason, refund.status), (RefundReason::External, RefundStatus::Done));
        assert_eq!((refund.amount, after.status), (Money::eur(1_000), BookingStatus::Confirmed));
        let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
        assert!(tickets.iter().all(|ticket| ticket.status == booking::TicketStatus::Valid));
    }
}

#[tokio::test]
async fn every_page_is_looked_at_and_a_look_goes_on_where_the_last_one_ended() {
    let house = place().await;
    let (booking, charge) = paid(&house).await;
    for _ in 0..3 {
        house.provider.refund_elsewhere(&charge, Money::eur(100), house.clock.now());
    }
    assert_eq!(look(&house).await, 3);
    house.clock.advance(TimeDelta::days(40));
    house.provider.refund_elsewhere(&charge, Money::eur(200), house.clock.now() - TimeDelta::days(20));
    assert_eq!(look(&house).await, 1, "it was away for long and missed nothing");
    assert_eq!(now(&house, &booking).await.refunded(), Money::eur(500));
}

#[tokio::test]
async fn what_a_provider_lists_late_is_found_by_the_next_look() {
    let house = place().await;
    let (booking, charge) = paid(&house).await;
    look(&house).await;
    house.provider.refund_elsewhere(&charge, Money::eur(100), house.clock.now() - TimeDelta::hours(4));
    assert_eq!(look(&house).await, 1);
    assert_eq!(now(&house, &booking).await.refunds.len(), 1);
}

#[tokio::test]
async fn one_of_many_looks_and_not_all_the_time() {
    let house = place().await;
    let first = bookings(&house);
    let (one, two) = tokio::join!(first.look_outside(), first.look_outside());
    one.unwrap();
    two.unwrap();
    let disputes = || house.provider.calls().iter().filter(|call| *call == "disputes").count();
    assert_eq!(disputes(), 1);
    house.clock.advance(TimeDelta::minutes(14));
    first.look_outside().await.unwrap();
    assert_eq!(disputes(), 1);
    house.clock.advance(TimeDelta::minutes(2));
    first.look_outside().await.unwrap();
    assert_eq!(disputes(), 2);
}

#[tokio::test]
async fn a_provider_that_is_away_is_looked_at_later_and_nothing_is_missed() {
    let house = place().await;
    let (booking, charge) = paid(&house).await;
    house.provider.refund_elsewhere(&charge, Money::eur(100), house.clock.now());
    house.provider.be_silent(true);
    house.clock.advance(TimeDelta::minutes(16));
    assert_eq!(bookings(&house).look_outside().await.unwrap().failures.len(), 1);
    house.provider.be_silent(false);
    assert_eq!(look(&house).await, 1);
    assert_eq!(now(&house, &booking).await.refunds.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_unreadable_booking_hides_no_other() {
    let house = place().await;
    let ((broken, first), (sound, second)) = (paid(&house).await, paid(&house).await);
    for charge in [&first, &second] {
        house.provider.refund_elsewhere(charge, Money::eur(100), house.clock.now());
    }
    house.provider.disputed(dispute(&house, &first, DisputeStatus::Open));
    let mut blind = house.clone();
    blind.stores.booking = unreadable(house.stores.booking.clone(), broken.id);
    house.clock.advance(TimeDelta::minutes(16));
    let looked = bookings(&blind).look_outside().await.unwrap();
    let told: Vec<_> = looked.broken.iter().map(|(_, charge, _)| charge).collect();
    assert_eq!((looked.news, told), (1, vec![&first, &first]));
    assert_eq!(now(&house, &sound).await.refunded(), Money::eur(100));
    assert_eq!(look(&house).await, 2, "what can be read again is found");
    assert_eq!(now(&house, &broken).await.refunded(), Money::eur(100));
}

fn dispute(house: &House, charge: &str, status: DisputeStatus) -> DisputeStanding {
    DisputeStanding {
        reference: "dp_1".into(),
        charge: charge.into(),
        amount: Money::eur(2_600),
        fee: Some(Money::eur(2_000)),
        reason: "fraudulent".into(),
        status,
        opened_at: house.clock.now(),
        answer_by: None,
    }
}

async fn owed_to_admins(house: &House) -> usize {
    let due =
        house.stores.outbox.claim(&EVERY_DOMAIN, house.clock.now(), house.clock.now(), 100).await.unwrap();
    due.iter().filter(|due| due.body.contains("tell_admins")).count()
}

#[tokio::test]
async fn a_dispute_is_recorded_once_tells_staff_and_can_be_shown() {
    let house = place().await;
    let (booking, charge) = paid(&house).await;
    house.provider.disputed(dispute(&house, &charge, DisputeStatus::Open));
    let heard = bookings(&house).hear(Provider::Stripe, &notice("dp_1", "evt_1")).await.unwrap();
    assert_eq!(heard, Heard::Dispute);
    bookings(&house).hear(Provider::Stripe, &notice("dp_1", "evt_2")).await.unwrap();
    assert_eq!(look(&house).await, 0);
    let after = now(&house, &booking).await;
    let [dispute] = after.disputes.as_slice() else { panic!("{:?}", after.disputes) };
    assert_eq!((dispute.amount, dispute.status), (Money::eur(2_600), DisputeStatus::Open));
    assert_eq!(owed_to_admins(&house).await, 1);
    let effect = EffectId::generate(house.clock.now());
    for _ in 0..2 {
        bookings(&house).delivered(effect, booking.id, "tickets").await.unwrap();
    }
    let evidence = bookings(&house).evidence(dispute.id).await.unwrap().unwrap();
    assert_eq!((evidence.booking.id, evidence.tickets.len()), (booking.id, 1));
    assert_eq!(evidence.deliveries.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), ["tickets"]);
}

#[tokio::test]
async fn a_dispute_that_no_webhook_told_is_found_by_looking_and_so_is_its_end() {
    let house = place().await;
    let (booking, charge) = paid(&house).await;
    house.provider.disputed(dispute(&house, &charge, DisputeStatus::Open));
    assert_eq!(look(&house).await, 1);
    house.provider.disputed(dispute(&house, &charge, DisputeStatus::Lost));
    assert_eq!(look(&house).await, 1);
    assert_eq!(look(&house).await, 0);
    let after = now(&house, &booking).await;
    assert_eq!(after.disputes.iter().map(|one| one.status).collect::<Vec<_>>(), [DisputeStatus::Lost]);
    assert!(after.is_disputed(after.payments[0].id));
    assert_eq!(owed_to_admins(&house).await, 2);
}

/// A booking that was paid too late, whose refund has not been sent.
async fn to_be_sent_back(house: &House) -> (Booking, String) {
    let booking = booked_unpaid(house, buyer(&house.stores).await, 5).await;
    house.clock.set(booking.pay_by);
    bookings(house).attend(booking.id).await.unwrap();
    bookings(house).hold(buyer(&house.stores).await, house.event.id, house.want(5)).await.unwrap();
    let session = booking.payments[0].session.clone().unwrap();
    house.provider.stands(&session, Standing::Open);
    let Standing::Paid(charge) = house.provider.pay(&session) else { panic!("not paid") };
    bookings(house).hear(Provider::Stripe, &notice(&session, "late")).await.unwrap();
    (now(house, &booking).await, charge.reference)
}

#[tokio::test]
async fn nothing_is_sent_back_while_a_bank_is_asked_for_it() {
    for (status, refunded) in
        [(DisputeStatus::Won, RefundStatus::Done), (DisputeStatus::Lost, RefundStatus::Failed)]
    {
        let house = place().await;
        let (booking, charge) = to_be_sent_back(&house).await;
        let refund = booking.refunds[0].id;
        house.provider.disputed(dispute(&house, &charge, DisputeStatus::Open));
        assert_eq!(look(&house).await, 1);
        assert!(bookings(&house).send_money_back(booking.id, refund).await.unwrap().is_some());
        assert!(house.provider.refunds().is_empty());
        house.provider.disputed(dispute(&house, &charge, status));
        assert_eq!(look(&house).await, 1);
        bookings(&house).send_money_back(booking.id, refund).await.unwrap();
        assert_eq!(now(&house, &booking).await.refunds[0].status, refunded);
        assert_eq!(house.provider.refunds().len(), usize::from(status == DisputeStatus::Won));
    }
}
