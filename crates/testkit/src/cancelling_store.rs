//! What every store promises about cancelling and refunding.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a contract fails by panicking"
)]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::booking_store::at_once;
use crate::fixtures_bookings::{
    House, booked_paid, booked_unpaid, bookings, buyer, by, confirm_free, house, staff,
};
use crate::fixtures_events::on_sale;
use crate::outbox::EVERY_DOMAIN;
use crate::pages::{first, in_pages};
use crate::{ScriptedProvider, Stores, noon};
use booking::by_hand::Receipt;
use booking::use_cases::{CancelError, Office, RefundError, VerifyRequest};
use booking::{
    Booking, BookingStatus, BookingTx, CancelRefusal, CodeSigner, Decision, Door, JobStatus, NoWay,
    PolicyInput, Promise, Provider, RefundReason, RefundRefusal, RefundStatus, RefundWish, SaleStatus,
    TicketStatus, TierInput, Verdict,
};
use chrono::TimeDelta;
use events::Status;
use kernel::{AccountId, BookingId, Cause, Clock, HoldId, JobId, Money, transact};
use std::sync::Arc;
use tokio::sync::Barrier;

/// One test per promise: `testkit::cancelling_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! cancelling_store_contract {
    ($open:ident) => {
        $crate::cancelling_store_contract!($open;
            a_promise_is_kept_as_it_was_when_the_booking_was_made,
            a_promise_that_cannot_be_read_is_no_promise_and_an_alarm,
            cancelled_places_are_on_sale_again_at_once,
            what_is_called_off_frees_its_places_and_takes_no_money,
            cancelling_and_the_door_exclude_each_other,
            two_refunds_at_once_are_one,
            a_wish_with_a_name_is_granted_once,
            all_of_a_refund_and_of_a_request_reads_back,
            requests_wait_in_the_order_in_which_they_were_made,
            bookings_of_an_event_come_newest_first_in_pages_that_meet,
            an_event_is_cancelled_once_and_all_its_money_goes_back,
            workers_that_were_both_given_the_work_cancel_each_booking_once,
            money_that_goes_back_by_hand_is_named_until_somebody_has_sent_it,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod cancelling_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::cancelling_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn BookingTx> {
    stores.booking.begin().await.unwrap()
}

async fn counters(house: &House) -> (u32, u32) {
    let sale = house.stores.booking.sales(&[house.event.id]).await.unwrap().remove(0);
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
    (sale.offers[0].held, sale.offers[0].sold)
}

async fn now(house: &House, id: BookingId) -> Booking {
    house.stores.booking.booking(id).await.unwrap().unwrap()
}

/// Everything goes back but so much percent, until the event begins.
pub fn policy(percent: &str) -> PolicyInput {
    let tier = TierInput { until_hours_before: 0, fee_percent: Some(percent.into()), fee_fixed: None };
    PolicyInput { refundable: true, tiers: vec![tier] }
}

fn whole() -> RefundWish {
    RefundWish {
        id: None,
        amount: None,
        tickets: None,
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: None,
        note: Some("because".into()),
    }
}

pub async fn a_promise_is_kept_as_it_was_when_the_booking_was_made(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let bookings = bookings(&house);
    assert_eq!(bookings.promise(house.event.id).await.unwrap(), None);
    let first = bookings.make_promise(house.event.id, &policy("10"), &Cause::system()).await.unwrap();
    let guest = buyer(&house.stores).await;
    let booking = booked_paid(&house, guest, 1).await;
    let second = bookings.make_promise(house.event.id, &policy("90"), &Cause::system()).await.unwrap();
    assert_eq!(bookings.promise(house.event.id).await.unwrap(), Some(Promise::Policy(second)));
    assert_eq!(now(&house, booking.id).await.promise, Some(Promise::Policy(first)));
    let quote = bookings.cancellation_preview(guest, booking.id, None).await.unwrap();
    assert_eq!((quote.fee, quote.refund), (Money::eur(250), Money::eur(2250)));
    bookings.cancel(&by(guest), booking.id, None).await.unwrap();
    let booking = now(&house, booking.id).await;
    assert_eq!((booking.refunded(), booking.status), (Money::eur(2250), BookingStatus::Cancelled));
}

pub async fn a_promise_that_cannot_be_read_is_no_promise_and_an_alarm(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let mut booking = booked_paid(&house, guest, 1).await;
    // As it would stand there if somebody had written it by hand.
    let stored = serde_json::json!({"refundable": "sometimes"});
    booking.promise = Some(Promise::Malformed(stored));
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    booking.id = BookingId::generate(noon());
    booking.reference = booking::Reference::generate();
    booking.hold = HoldId::generate(noon());
    for payment in &mut booking.payments {
        payment.id = kernel::PaymentId::generate(noon());
        payment.session = payment.session.as_ref().map(|session| format!("{session}-2"));
        payment.charge = payment.charge.as_ref().map(|charge| format!("{charge}-2"));
    }
    let mut ticket = tickets[0].clone();
    (ticket.id, ticket.booking) = (kernel::TicketId::generate(noon()), booking.id);
    transact(begin(&house.stores).await, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].offers[0].sold += 1;
        tx.add_bookings(std::slice::from_ref(&booking)).await?;
        tx.add_tickets(std::slice::from_ref(&ticket)).await?;
        tx.save_sales(&sales).await
    })
    .await
    .unwrap();
    let bookings = bookings(&house);
    let quote = bookings.cancellation_preview(guest, booking.id, None).await.unwrap();
    assert_eq!((quote.refund, quote.obstacle), (Money::eur(0), Some(NoWay::Malformed.into())));
    for _ in 0..2 {
        let refused = bookings.cancel(&by(guest), booking.id, None).await;
        let malformed = CancelRefusal::NoWay(NoWay::Malformed);
        assert!(matches!(refused, Err(CancelError::Refused(refusal)) if refusal == malformed));
    }
    let kept = now(&house, booking.id).await;
    assert_eq!(
        (kept.status, kept.refunds.len(), &kept.promise),
        (BookingStatus::Confirmed, 0, &booking.promise)
    );
    let waiting = bookings.open_requests(None, first(10)).await.unwrap().items;
    assert_eq!(waiting.len(), 1, "staff has to decide it");
    let due =
        house.stores.outbox.claim(&EVERY_DOMAIN, house.clock.now(), house.clock.now(), 100).await.unwrap();
    let told = due.iter().filter(|due| due.body.contains("bad_policy")).count();
    assert_eq!(told, 1, "told once, however often the buyer tries");
}

pub async fn cancelled_places_are_on_sale_again_at_once(stores: Stores) {
    let house = house(stores, 3, Some(3), 2500).await;
    let bookings = bookings(&house);
    bookings.make_promise(house.event.id, &policy("0"), &Cause::system()).await.unwrap();
    let (guest, other) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let booking = booked_paid(&house, guest, 3).await;
    assert!(bookings.hold(other, house.event.id, house.want(1)).await.is_err());
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let placed = bookings.cancel(&by(guest), booking.id, Some(&[tickets[1].id])).await.unwrap();
    assert_eq!(placed.booking, now(&house, booking.id).await);
    let kept = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    assert_eq!(placed.tickets, kept);
    let cancelled: Vec<_> = kept.iter().map(|ticket| ticket.status == TicketStatus::Cancelled).collect();
    assert_eq!(cancelled, [false, true, false]);
    assert_eq!(counters(&house).await, (0, 2));
    bookings.hold(other, house.event.id, house.want(1)).await.unwrap();
    assert_eq!(counters(&house).await, (1, 2));
}

pub async fn what_is_called_off_frees_its_places_and_takes_no_money(stores: Stores) {
    let house = house(stores, 2, None, 2500).await;
    let bookings = bookings(&house);
    let guest = buyer(&house.stores).await;
    let booking = booked_unpaid(&house, guest, 2).await;
    bookings.cancel(&by(guest), booking.id, None).await.unwrap();
    assert_eq!(
        (now(&house, booking.id).await.status, counters(&house).await),
        (BookingStatus::Cancelled, (0, 0))
    );
    assert_eq!(bookings.attend(booking.id).await.unwrap(), None, "its checkout is closed");
    house.provider.pay(&ScriptedProvider::session(booking.payments[0].id));
    bookings.come_back(booking.payments[0].id).await.unwrap();
    let after = now(&house, booking.id).await;
    assert_eq!((after.status, after.charged()), (BookingStatus::Cancelled, Money::eur(0)));
}

pub async fn cancelling_and_the_door_exclude_each_other(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    bookings(&house).make_promise(house.event.id, &policy("0"), &Cause::system()).await.unwrap();
    let staff = staff(&house).await;
    let (mut admitted, mut cancelled) = (0, 0);
    for _ in 0..6 {
        let guest = buyer(&house.stores).await;
        house.clock.set(noon());
        let booking = booked_paid(&house, guest, 1).await;
        let ticket = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap().remove(0);
        house.clock.set(house.event.starts_at - TimeDelta::minutes(30));
        let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[3; 32]));
        let request = VerifyRequest { code: door.code(&ticket), ..VerifyRequest::default() };
        let (at_door, giving_back) = (house.clone(), house.clone());
        let scanning = tokio::spawn({
            let staff = staff.clone();
            async move { door.verify(&staff, &request).await.unwrap().verdict }
        });
        let cancelling =
            tokio::spawn(
                async move { bookings(&giving_back).cancel(&by(guest), booking.id, None).await.is_ok() },
            );
        match (scanning.await.unwrap(), cancelling.await.unwrap()) {
            (Verdict::Admitted, false) => admitted += 1,
            (Verdict::Cancelled, true) => cancelled += 1,
            both => panic!("in and money back, or neither: {both:?}"),
        }
        counters(&at_door).await;
    }
    assert_eq!(admitted + cancelled, 6);
}

pub async fn two_refunds_at_once_are_one(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 2).await.id;
    let start = Arc::new(Barrier::new(6));
    let admins: Vec<_> = (0..6)
        .map(|_| {
            let (house, start) = (house.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                at_once(&house.stores, &start).await;
                bookings(&house).refund(booking, &whole(), &Cause::system()).await
            })
        })
        .collect();
    let mut done = 0;
    for admin in admins {
        match admin.await.unwrap() {
            Ok(_) => done += 1,
            Err(RefundError::Refused(RefundRefusal::Nothing)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let booking = now(&house, booking).await;
    assert_eq!((done, booking.refunds.len(), booking.refunded()), (1, 1, Money::eur(5000)));
    bookings(&house).send_money_back(booking.id, booking.refunds[0].id).await.unwrap();
    assert_eq!(house.provider.refunds().len(), 1);
    assert_eq!(counters(&house).await, (0, 0));
}

pub async fn all_of_a_refund_and_of_a_request_reads_back(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let bookings = bookings(&house);
    let guest = buyer(&house.stores).await;
    let booking = booked_paid(&house, guest, 3).await;
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let two = [tickets[0].id, tickets[1].id];
    let asked =
        bookings.request_cancel(&by(guest), booking.id, Some(&two), Some("ill".into())).await.unwrap();
    assert_eq!(now(&house, booking.id).await, asked.booking);
    let staff = AccountId::generate(noon());
    let grant = Decision::Grant(Some(Money::eur(3000)));
    let granted = bookings.decide_request(booking.id, &grant, &by(staff), Some("well".into())).await.unwrap();
    let read = now(&house, booking.id).await;
    assert_eq!(read, granted.booking);
    assert_eq!((&read.refunds[0].tickets[..], read.refunds[0].by), (&two[..], Some(staff)));
    transact(begin(&house.stores).await, async |tx| {
        let mut booking = tx.lock_booking(booking.id).await?.unwrap();
        booking.refund_stands(booking.refunds[0].id, RefundStatus::Failed, None, noon());
        tx.save_booking(&booking).await
    })
    .await
    .unwrap();
    let again = bookings.refund_again(booking.id, read.refunds[0].id, &by(staff)).await.unwrap();
    assert_eq!(now(&house, booking.id).await, again.booking);
    assert_eq!(again.booking.refunds[1].again, Some(read.refunds[0].id));
    assert_eq!(house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap(), again.tickets);
    assert_eq!(counters(&house).await, (0, 1));
}

pub async fn requests_wait_in_the_order_in_which_they_were_made(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let bookings = bookings(&house);
    let mut asked = Vec::new();
    for _ in 0..5 {
        let guest = buyer(&house.stores).await;
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        let booking = confirm_free(&bookings, guest, hold.id).await.booking.id;
        asked.insert(0, (guest, booking));
    }
    for (guest, booking) in &asked {
        house.clock.advance(TimeDelta::minutes(1));
        bookings.request_cancel(&by(*guest), *booking, None, None).await.unwrap();
    }
    let organisations = || Some(vec![house.event.organisation]);
    let seen = in_pages(2, async |page| bookings.open_requests(organisations(), page).await).await;
    let seen: Vec<_> = seen.iter().map(|placed| placed.booking.id).collect();
    assert_eq!(seen, asked.iter().map(|(_, booking)| *booking).collect::<Vec<_>>());
    let elsewhere = on_sale(&house.stores, 1).await.0.organisation;
    assert!(bookings.open_requests(Some(vec![elsewhere]), first(10)).await.unwrap().items.is_empty());
    assert!(bookings.open_requests(Some(vec![]), first(10)).await.unwrap().items.is_empty());
    let staff = AccountId::generate(noon());
    bookings.decide_request(asked[0].1, &Decision::Refuse, &by(staff), None).await.unwrap();
    bookings.decide_request(asked[1].1, &Decision::Grant(None), &by(staff), None).await.unwrap();
    let left = bookings.open_requests(None, first(10)).await.unwrap().items;
    assert_eq!((left.len(), left[0].booking.id), (3, asked[2].1));
    assert_eq!(counters(&house).await, (0, 4));
}

pub async fn bookings_of_an_event_come_newest_first_in_pages_that_meet(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let bookings = bookings(&house);
    let mut made = Vec::new();
    for _ in 0..5 {
        let guest = buyer(&house.stores).await;
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        made.insert(0, confirm_free(&bookings, guest, hold.id).await.booking.id);
        house.clock.advance(TimeDelta::seconds(1));
    }
    let seen = in_pages(2, async |page| bookings.list_of_event(house.event.id, page).await).await;
    assert!(seen.iter().all(|placed| placed.tickets.len() == 1));
    let seen: Vec<_> = seen.iter().map(|placed| placed.booking.id).collect();
    assert_eq!(seen, made);
    let (other, _) = on_sale(&house.stores, 1).await;
    assert!(bookings.list_of_event(other.id, first(10)).await.unwrap().items.is_empty());
}

async fn work(house: &House, job: JobId) {
    while bookings(house).cancel_bookings(job).await.unwrap().is_some() {}
}

pub async fn an_event_is_cancelled_once_and_all_its_money_goes_back(stores: Stores) {
    let house = house(stores, 20, None, 2500).await;
    let all = bookings(&house);
    let mut paid = Vec::new();
    for places in 1..=3 {
        paid.push(booked_paid(&house, buyer(&house.stores).await, places).await.id);
    }
    let waiting = booked_unpaid(&house, buyer(&house.stores).await, 2).await;
    let refunded = booked_paid(&house, buyer(&house.stores).await, 1).await.id;
    all.refund(refunded, &whole(), &Cause::system()).await.unwrap();
    let admin = AccountId::generate(noon());
    let job = all.cancel_event(house.event.id, &by(admin), Some("rain".into())).await.unwrap();
    assert_eq!(all.cancel_event(house.event.id, &by(admin), None).await.unwrap(), job, "one event, one work");
    let sale = all.sale(house.event.id).await.unwrap().unwrap();
    let event = house.stores.events.event(house.event.id).await.unwrap().unwrap();
    assert_eq!((sale.status, event.status), (SaleStatus::Cancelled, Status::Cancelled));
    let before = all.progress(job).await.unwrap().unwrap();
    assert_eq!((before.job.status, before.job.done, before.job.total), (JobStatus::Running, 0, 4));
    work(&house, job).await;
    let after = all.progress(job).await.unwrap().unwrap();
    assert_eq!((after.job.status, after.job.done, after.job.total), (JobStatus::Done, 4, 4));
    let report = &after.job.report;
    assert_eq!((report.refunded, report.amount, report.called_off), (3, Money::eur(6 * 2500), 1));
    assert_eq!((report.reason.as_deref(), report.by_hand.len()), (Some("rain"), 0));
    assert_eq!(after.refunds.by_status, [(RefundStatus::Created, 3)]);
    for id in &paid {
        let booking = now(&house, *id).await;
        assert_eq!((booking.shown_status(), booking.refunds.len()), ("refunded", 1));
        assert_eq!(
            (booking.refunds[0].reason, booking.refunds[0].by),
            (RefundReason::EventCancelled, Some(admin))
        );
    }
    assert_eq!(now(&house, waiting.id).await.status, BookingStatus::Cancelled);
    assert_eq!(now(&house, refunded).await.refunds.len(), 1, "what went back before goes back no more");
    assert_eq!(counters(&house).await, (0, 0));
    let first = now(&house, paid[0]).await;
    transact(begin(&house.stores).await, async |tx| {
        let mut booking = tx.lock_booking(first.id).await?.unwrap();
        booking.refund_stands(first.refunds[0].id, RefundStatus::Failed, None, noon());
        tx.save_booking(&booking).await
    })
    .await
    .unwrap();
    let refunds = all.progress(job).await.unwrap().unwrap().refunds;
    assert_eq!(refunds.by_status, [(RefundStatus::Created, 2), (RefundStatus::Failed, 1)]);
    assert_eq!((refunds.stuck[0].booking, refunds.stuck[0].amount), (first.id, Money::eur(2500)));
    all.refund_again(first.id, first.refunds[0].id, &by(admin)).await.unwrap();
    let refunds = all.progress(job).await.unwrap().unwrap().refunds;
    assert_eq!((refunds.by_status, refunds.stuck), (vec![(RefundStatus::Created, 3)], vec![]));
}

pub async fn workers_that_were_both_given_the_work_cancel_each_booking_once(stores: Stores) {
    let house = house(stores, 20, None, 2500).await;
    for _ in 0..8 {
        booked_paid(&house, buyer(&house.stores).await, 1).await;
    }
    let job = bookings(&house).cancel_event(house.event.id, &Cause::command_line(), None).await.unwrap();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { work(&house, job).await })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let progress = bookings(&house).progress(job).await.unwrap().unwrap();
    assert_eq!((progress.job.status, progress.job.done), (JobStatus::Done, 8));
    assert_eq!(progress.refunds.by_status, [(RefundStatus::Created, 8)]);
    assert_eq!(progress.job.report.amount, Money::eur(8 * 2500));
    assert_eq!(counters(&house).await, (0, 0));
}

pub async fn a_wish_with_a_name_is_granted_once(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 2).await.id;
    let name = kernel::RefundId::generate(noon());
    let wish = RefundWish { id: Some(name), amount: Some(Money::eur(500)), ..whole() };
    let first = bookings(&house).refund(booking, &wish, &Cause::system()).await.unwrap();
    bookings(&house).send_money_back(booking, name).await.unwrap();
    let again = bookings(&house).refund(booking, &wish, &Cause::system()).await.unwrap();
    assert_eq!((first.booking.refunds.len(), again.booking.refunds.len()), (1, 1));
    assert_eq!((again.booking.refunds[0].id, again.booking.refunded()), (name, Money::eur(500)));
    assert_eq!(house.provider.refunds().len(), 1);
}

pub async fn money_that_goes_back_by_hand_is_named_until_somebody_has_sent_it(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let office = Office::new(house.stores.office.clone(), &bookings(&house));
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let cash = Receipt { provider: Provider::Cash, amount: None, again: false };
    office.mark_paid(None, booking.id, cash, ("at the door", &Cause::command_line())).await.unwrap();
    let all = bookings(&house);
    let job = all.cancel_event(house.event.id, &Cause::command_line(), None).await.unwrap();
    work(&house, job).await;
    let stuck = all.progress(job).await.unwrap().unwrap().refunds.stuck;
    assert_eq!((stuck.len(), stuck[0].booking, stuck[0].by_hand), (1, booking.id, true));
    office.mark_sent(None, stuck[0].refund, &Cause::command_line()).await.unwrap();
    let refunds = all.progress(job).await.unwrap().unwrap().refunds;
    assert_eq!((refunds.by_status, refunds.stuck), (vec![(RefundStatus::Done, 1)], vec![]));
}
