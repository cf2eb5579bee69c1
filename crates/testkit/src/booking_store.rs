//! What every store of bookings promises.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a contract fails by panicking"
)]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod outside;

pub use outside::*;

use crate::fixtures_bookings::{
    House, booked_unpaid, bookings, buyer, confirm_free, confirm_paid, house, staff,
};
use crate::pages::{first, in_pages};
use crate::{Stores, noon};
use booking::sale::OPEN_HOLDS;
use booking::use_cases::{ConfirmRequest, HoldError, VerifyError, VerifyRequest};
use booking::{
    Attendee, BookingStatus, BookingTx, CodeSigner, Counter, Door, HoldRefusal, Limit, NoticeKey, Provider,
    RefundReason, TicketStatus, TypeCount, Verdict,
};
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, HoldId, StoreError, TicketId, transact};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;

/// One test per promise: `testkit::booking_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! booking_store_contract {
    ($open:ident) => {
        $crate::booking_store_contract!($open;
            a_sale_never_oversells,
            a_sale_never_oversells_its_capacity,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            what_is_unknown_is_not_there,
            a_hold_reads_back_whole,
            a_booking_reads_back_whole,
            a_ticket_reads_back_whole,
            a_hold_becomes_one_booking,
            a_lapsed_hold_makes_room_for_the_next,
            a_hold_given_back_makes_room_once,
            holdings_count_what_lives,
            unpaid_bookings_count_as_open_holds,
            a_buyer_cannot_go_beyond_the_limit_in_parallel,
            lapsed_holds_are_swept,
            a_notice_counts_once,
            paid_twice_at_once_is_confirmed_once_and_sent_back_once,
            settling_and_expiring_exclude_each_other,
            an_edit_of_a_booking_waits_for_the_edit_before_it,
            bookings_come_newest_first_in_pages_that_meet,
            tickets_come_newest_first_in_pages_that_meet,
            counters_that_drift_are_reported,
            counters_beyond_the_quantity_are_not_written,
            a_drift_is_refused_and_not_hidden,
            two_scanners_cannot_both_pass,
            a_repeated_nonce_gives_the_first_answer,
            a_nonce_used_before_admits_no_other_ticket,
            attendance_counts_living_and_checked_in,
            a_charge_leads_to_its_attempt,
            a_dispute_reads_back_whole,
            one_name_of_a_refund_is_kept_once,
            one_of_many_takes_a_look,
            the_last_notice_of_each_provider_is_known,
            what_was_mailed_and_scanned_is_found_by_its_booking,
            others_are_served_while_a_provider_is_asked,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod booking_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::booking_store::$case(super::$open().await).await;
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
    (sale.offers[0].held, sale.offers[0].sold)
}

/// Every counter equals the rows that it counts.
async fn consistent(stores: &Stores) {
    assert_eq!(stores.booking.stock_differences().await.unwrap(), []);
}

/// Returns to all at the same time, when each has a way to the store that is open: else the first would be done before
/// the second has come there.
pub(crate) async fn at_once(stores: &Stores, start: &Barrier) {
    start.wait().await;
    assert_eq!(stores.booking.ticket(TicketId::generate(noon())).await.unwrap(), None);
    start.wait().await;
}

async fn try_to_buy(house: &House, asked: u32) -> u32 {
    let buyers: Vec<_> = (0..25)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move {
                let guest = buyer(&house.stores).await;
                // A desk of its own: the store alone has to keep the buyers apart.
                let bookings = bookings(&house);
                match bookings.hold(guest, house.event.id, house.want(asked)).await {
                    Ok(hold) => confirm_free(&bookings, guest, hold.id).await.tickets.len(),
                    Err(HoldError::Refused(HoldRefusal::SoldOut { .. })) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut sold = 0;
    for buyer in buyers {
        sold += u32::try_from(buyer.await.unwrap()).unwrap();
    }
    sold
}

pub async fn a_sale_never_oversells(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    assert_eq!(try_to_buy(&house, 1).await, 10);
    assert_eq!(counters(&house).await, (0, 10));
    consistent(&house.stores).await;
}

pub async fn a_sale_never_oversells_its_capacity(stores: Stores) {
    let house = house(stores, 50, Some(8), 0).await;
    assert_eq!(try_to_buy(&house, 2).await, 8);
    assert_eq!(counters(&house).await, (0, 8));
    consistent(&house.stores).await;
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(2)).await.unwrap();
    let refused: Result<(), StoreError> = transact(begin(&house.stores).await, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].release(&hold.items, hold.id);
        tx.save_sales(&sales).await?;
        tx.drop_holds(&[hold.id]).await?;
        Err(StoreError::Unavailable { doing: "refusing", cause: None })
    })
    .await;
    assert!(refused.is_err());
    assert_eq!(counters(&house).await, (2, 0));
    assert_eq!(house.stores.booking.hold(hold.id).await.unwrap(), Some(hold));
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let mut tx = begin(&house.stores).await;
    let mut sales = tx.lock_sales(&[house.event.id]).await.unwrap();
    sales[0].offers[0].held = 5;
    tx.save_sales(&sales).await.unwrap();
    drop(tx);
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let next = bookings.hold(guest, house.event.id, house.want(1));
    tokio::time::timeout(Duration::from_secs(5), next).await.expect("the lock is free").unwrap();
    assert_eq!(counters(&house).await, (1, 0));
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let house = house(stores, 1, None, 0).await;
    let store = &house.stores.booking;
    let nobody = AccountId::generate(noon());
    assert_eq!(store.hold(HoldId::generate(noon())).await.unwrap(), None);
    assert_eq!(store.booking(BookingId::generate(noon())).await.unwrap(), None);
    assert_eq!(store.ticket(TicketId::generate(noon())).await.unwrap(), None);
    assert!(store.bookings_of(nobody, first(10)).await.unwrap().items.is_empty());
    assert_eq!(store.payment_of_session(Provider::Stripe, "none").await.unwrap(), None);
    let refused = bookings(&house).hold(nobody, kernel::EventId::generate(noon()), house.want(1)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::UnknownEvent))));
    let mut tx = begin(&house.stores).await;
    assert_eq!(tx.lock_booking(BookingId::generate(noon())).await.unwrap(), None);
    assert_eq!(tx.lock_holds(&[HoldId::generate(noon())]).await.unwrap(), []);
    assert_eq!(tx.lock_ticket(TicketId::generate(noon())).await.unwrap(), None);
}

pub async fn a_hold_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(3)).await.unwrap();
    assert_eq!(house.stores.booking.hold(hold.id).await.unwrap(), Some(hold.clone()));
    assert_eq!(begin(&house.stores).await.lock_holds(&[hold.id]).await.unwrap(), [hold]);
}

pub async fn a_booking_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 2).await;
    let store = &house.stores.booking;
    assert_eq!(store.booking(booking.id).await.unwrap(), Some(booking.clone()));
    let payment = booking.payments[0].clone();
    assert_eq!(store.booking_of_payment(payment.id).await.unwrap(), Some(booking.id));
    let session = payment.session.clone().unwrap();
    let found = store.payment_of_session(Provider::Stripe, &session).await.unwrap();
    assert_eq!(found, Some((booking.id, payment.id)));
    assert_eq!(store.payment_of_session(Provider::Paypal, &session).await.unwrap(), None);
    // Paid twice, so that there is a second attempt and a refund to read back.
    let bookings = bookings(&house);
    let choice = booking::PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    bookings.pay(booking.buyer, booking.id, &choice).await.unwrap();
    let attempts = store.booking(booking.id).await.unwrap().unwrap().payments;
    for attempt in &attempts {
        house.provider.pay(attempt.session.as_deref().unwrap());
        bookings.come_back(attempt.id).await.unwrap();
    }
    let whole = store.booking(booking.id).await.unwrap().unwrap();
    assert_eq!((whole.payments.len(), whole.refunds.len()), (2, 1));
    assert_eq!(whole.refunds[0].reason, RefundReason::Overpaid);
    assert_eq!(store.booking_of_refund(whole.refunds[0].id).await.unwrap(), Some(whole.id));
    assert_eq!(begin(&house.stores).await.lock_booking(whole.id).await.unwrap(), Some(whole));
}

pub async fn a_ticket_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
    let attendee =
        Attendee { first_name: "A".into(), last_name: "B".into(), email: Some("a@example.org".into()) };
    let request = ConfirmRequest { buyer: guest, hold: hold.id, payment: None, attendees: vec![attendee] };
    let placed = bookings.confirm(request).await.unwrap();
    let mut tickets = placed.tickets.clone();
    tickets.sort_by_key(|ticket| ticket.id);
    assert_eq!(house.stores.booking.tickets_of_bookings(&[placed.booking.id]).await.unwrap(), tickets);
    assert_eq!(tickets.iter().filter(|ticket| ticket.attendee.is_some()).count(), 1);
    let mut changed = tickets[0].clone();
    changed.status = TicketStatus::CheckedIn;
    changed.checked_in_at = Some(noon());
    changed.version = 2;
    transact(begin(&house.stores).await, async |tx| {
        assert_eq!(tx.lock_ticket(changed.id).await?.unwrap(), tickets[0]);
        tx.save_ticket(&changed).await
    })
    .await
    .unwrap();
    assert_eq!(house.stores.booking.ticket(changed.id).await.unwrap(), Some(changed));
}

pub async fn a_hold_becomes_one_booking(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(2)).await.unwrap();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { confirm_paid(&bookings(&house), guest, hold.id).await.booking.id })
        })
        .collect();
    let mut made = Vec::new();
    for one in tries {
        made.push(one.await.unwrap());
    }
    made.dedup();
    assert_eq!(made.len(), 1, "one booking, however often it was asked for");
    assert_eq!(house.stores.booking.bookings_of(guest, first(10)).await.unwrap().items.len(), 1);
    assert_eq!(counters(&house).await, (2, 0));
    consistent(&house.stores).await;
}

pub async fn a_lapsed_hold_makes_room_for_the_next(stores: Stores) {
    let house = house(stores, 2, None, 0).await;
    let (early, late) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let bookings = bookings(&house);
    let hold = bookings.hold(early, house.event.id, house.want(2)).await.unwrap();
    let refused = bookings.hold(late, house.event.id, house.want(1)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { left: 0, .. }))));
    house.clock.set(hold.expires_at);
    bookings.hold(late, house.event.id, house.want(1)).await.unwrap();
    assert_eq!(counters(&house).await, (1, 0));
    assert_eq!(house.stores.booking.hold(hold.id).await.unwrap(), None);
    consistent(&house.stores).await;
}

pub async fn a_hold_given_back_makes_room_once(stores: Stores) {
    let house = house(stores, 2, None, 0).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(2)).await.unwrap();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { bookings(&house).release(guest, hold.id).await.unwrap().is_some() })
        })
        .collect();
    let mut released = 0;
    for one in tries {
        released += u32::from(one.await.unwrap());
    }
    assert_eq!(released, 1);
    assert_eq!(counters(&house).await, (0, 0));
    consistent(&house.stores).await;
}

pub async fn holdings_count_what_lives(stores: Stores) {
    let house = house(stores, 20, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let held = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let bought = bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
    confirm_free(&bookings, guest, bought.id).await;
    let pairs = [(guest, house.event.id), (buyer(&house.stores).await, house.event.id)];
    let ticket_type = house.ticket_type.id;
    let tally = async |at| {
        let found = begin(&house.stores).await.holdings(&pairs, at).await.unwrap();
        let mine = found.into_iter().find(|tally| tally.buyer == guest).unwrap().holdings;
        (mine.taken.get(&ticket_type).copied().unwrap_or(0), mine.open_holds)
    };
    let open = begin(&house.stores).await.open_holds(&pairs, noon()).await.unwrap();
    assert_eq!(open.len(), 1, "who has none may be left out");
    assert_eq!((open[0].buyer, open[0].holdings.open_holds), (guest, 1));
    assert!(open[0].holdings.taken.is_empty());
    assert_eq!(tally(noon()).await, (3, 1));
    assert_eq!(tally(held.expires_at).await, (2, 0));
}

pub async fn unpaid_bookings_count_as_open_holds(stores: Stores) {
    let house = house(stores, 50, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    for _ in 0..OPEN_HOLDS {
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        confirm_paid(&bookings, guest, hold.id).await;
    }
    let refused = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap_err();
    let HoldError::Refused(HoldRefusal::LimitExceeded { limit, most }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((limit, most), (Limit::OpenHolds, OPEN_HOLDS));
    let limited = house.clone().with_limit_per_user(40).await;
    let refused = self::bookings(&limited).hold(guest, house.event.id, house.want(1)).await.unwrap_err();
    assert!(matches!(
        refused,
        HoldError::Refused(HoldRefusal::LimitExceeded { limit: Limit::OpenHolds, .. })
    ));
}

pub async fn a_buyer_cannot_go_beyond_the_limit_in_parallel(stores: Stores) {
    let house = house(stores, 50, None, 0).await.with_limit_per_user(2).await;
    let guest = buyer(&house.stores).await;
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move {
                let bookings = bookings(&house);
                let held = bookings.hold(guest, house.event.id, house.want(1)).await;
                match held {
                    Ok(hold) => confirm_free(&bookings, guest, hold.id).await.tickets.len(),
                    Err(HoldError::Refused(HoldRefusal::LimitExceeded { .. })) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut tickets = 0;
    for one in tries {
        tickets += one.await.unwrap();
    }
    assert_eq!(tickets, 2);
    consistent(&house.stores).await;
}

pub async fn lapsed_holds_are_swept(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let bookings = bookings(&house);
    for _ in 0..3 {
        bookings.hold(buyer(&house.stores).await, house.event.id, house.want(2)).await.unwrap();
    }
    assert_eq!(bookings.sweep().await.unwrap(), 0);
    assert_eq!(house.stores.booking.living_holds(noon()).await.unwrap(), 3);
    house.clock.advance(TimeDelta::hours(1));
    let now = noon() + TimeDelta::hours(1);
    assert_eq!(house.stores.booking.living_holds(now).await.unwrap(), 0, "swept or not");
    assert_eq!(house.stores.booking.events_with_lapsed_holds(now, 10).await.unwrap(), [house.event.id]);
    assert_eq!(bookings.sweep().await.unwrap(), 3);
    assert_eq!(counters(&house).await, (0, 0));
    assert_eq!(bookings.sweep().await.unwrap(), 0);
}

pub async fn a_notice_counts_once(stores: Stores) {
    let key =
        NoticeKey { provider: Provider::Stripe, id: "evt_1".into(), kind: "something".into(), at: noon() };
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let (stores, key) = (stores.clone(), key.clone());
            tokio::spawn(async move {
                let tx = begin(&stores).await;
                transact(tx, async |tx| tx.remember_notice(&key).await).await.unwrap()
            })
        })
        .collect();
    let mut new = 0;
    for one in tries {
        new += u32::from(one.await.unwrap());
    }
    assert_eq!(new, 1);
    let elsewhere = NoticeKey { provider: Provider::Paypal, ..key };
    let other = transact(begin(&stores).await, async |tx| tx.remember_notice(&elsewhere).await).await;
    assert!(other.unwrap(), "ids are the provider's own");
}

pub async fn paid_twice_at_once_is_confirmed_once_and_sent_back_once(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let choice = booking::PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    bookings(&house).pay(booking.buyer, booking.id, &choice).await.unwrap();
    let attempts = house.stores.booking.booking(booking.id).await.unwrap().unwrap().payments;
    let returns: Vec<_> = attempts
        .iter()
        .chain(&attempts)
        .map(|attempt| {
            house.provider.pay(attempt.session.as_deref().unwrap());
            let (house, id) = (house.clone(), attempt.id);
            tokio::spawn(async move { bookings(&house).come_back(id).await.unwrap() })
        })
        .collect();
    for one in returns {
        one.await.unwrap();
    }
    let settled = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    assert_eq!(settled.status, BookingStatus::Confirmed);
    assert_eq!(settled.refunds.len(), 1);
    assert_eq!(settled.paid(), settled.total);
    assert_eq!(house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap().len(), 1);
    assert_eq!(counters(&house).await, (0, 1));
    consistent(&house.stores).await;
}

pub async fn settling_and_expiring_exclude_each_other(stores: Stores) {
    for _ in 0..5 {
        let house = house(stores.clone(), 10, None, 2500).await;
        let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
        let attempt = booking.payments[0].clone();
        house.clock.set(booking.pay_by);
        let (payer, watcher) = (house.clone(), house.clone());
        let paying = tokio::spawn(async move {
            payer.provider.pay(attempt.session.as_deref().unwrap());
            bookings(&payer).come_back(attempt.id).await.unwrap();
        });
        let watching = tokio::spawn(async move { bookings(&watcher).attend(booking.id).await.unwrap() });
        paying.await.unwrap();
        watching.await.unwrap();
        let settled = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
        let expected = match settled.status {
            BookingStatus::Confirmed => (0, 1),
            BookingStatus::Expired => (0, 0),
            BookingStatus::PendingPayment => panic!("its time is over"),
            BookingStatus::Cancelled => panic!("nobody cancelled it"),
        };
        assert_eq!(counters(&house).await, expected);
        assert!(settled.paid().is_zero() || settled.status == BookingStatus::Confirmed);
    }
    consistent(&stores).await;
}

pub async fn an_edit_of_a_booking_waits_for_the_edit_before_it(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let start = Arc::new(Barrier::new(8));
    let edits: Vec<_> = (0..8)
        .map(|_| {
            let (stores, id, start) = (house.stores.clone(), booking.id, Arc::clone(&start));
            tokio::spawn(async move {
                at_once(&stores, &start).await;
                let edited: Result<(), StoreError> = transact(begin(&stores).await, async |tx| {
                    let mut booking = tx.lock_booking(id).await?.unwrap();
                    booking.pay_by += TimeDelta::minutes(1);
                    tx.save_booking(&booking).await
                })
                .await;
                edited.unwrap();
            })
        })
        .collect();
    for one in edits {
        one.await.unwrap();
    }
    let edited = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    assert_eq!(edited.pay_by, booking.pay_by + TimeDelta::minutes(8));
}

pub async fn bookings_come_newest_first_in_pages_that_meet(stores: Stores) {
    let house = house(stores, 20, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let mut made = Vec::new();
    for _ in 0..5 {
        house.clock.advance(TimeDelta::seconds(1));
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        made.push(confirm_free(&bookings, guest, hold.id).await.booking.id);
    }
    made.reverse();
    let seen = in_pages(2, async |page| house.stores.booking.bookings_of(guest, page).await).await;
    let seen: Vec<_> = seen.iter().map(|booking| booking.id).collect();
    assert_eq!(seen, made);
}

pub async fn tickets_come_newest_first_in_pages_that_meet(stores: Stores) {
    let house = house(stores, 20, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let mut made = Vec::new();
    for _ in 0..3 {
        house.clock.advance(TimeDelta::seconds(1));
        let hold = bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
        let tickets = confirm_free(&bookings, guest, hold.id).await.tickets;
        made.extend(tickets.iter().map(|ticket| (ticket.issued_at, ticket.id)));
    }
    made.sort_unstable();
    made.reverse();
    let seen = in_pages(4, async |page| house.stores.booking.tickets_of(guest, page).await).await;
    let seen: Vec<_> = seen.iter().map(|ticket| (ticket.issued_at, ticket.id)).collect();
    assert_eq!(seen, made);
}

pub async fn counters_that_drift_are_reported(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    bookings(&house).hold(guest, house.event.id, house.want(2)).await.unwrap();
    consistent(&house.stores).await;
    transact(begin(&house.stores).await, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].offers[0].held = 1;
        sales[0].offers[0].sold = 3;
        tx.save_sales(&sales).await
    })
    .await
    .unwrap();
    let found = house.stores.booking.stock_differences().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].of, found[0].counted, found[0].found),
        (Counter::Type(house.ticket_type.id), (1, 3), (2, 0))
    );
}

pub async fn counters_beyond_the_quantity_are_not_written(stores: Stores) {
    let house = house(stores, 10, Some(5), 0).await;
    for (held, sold) in [(11, 0), (6, 5), (0, 6)] {
        let written: Result<(), StoreError> = transact(begin(&house.stores).await, async |tx| {
            let mut sales = tx.lock_sales(&[house.event.id]).await?;
            sales[0].offers[0].held = held;
            sales[0].offers[0].sold = sold;
            tx.save_sales(&sales).await
        })
        .await;
        assert!(matches!(written, Err(StoreError::Broken { .. })), "{held} held, {sold} sold");
        assert_eq!(counters(&house).await, (0, 0));
    }
}

pub async fn a_drift_is_refused_and_not_hidden(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
    transact(begin(&house.stores).await, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].offers[0].held = 1;
        tx.save_sales(&sales).await
    })
    .await
    .unwrap();
    let released = bookings.release(guest, hold.id).await;
    assert!(matches!(released, Err(StoreError::Broken { .. })), "{released:?}");
    assert_eq!(counters(&house).await, (1, 0));
    assert_eq!(house.stores.booking.hold(hold.id).await.unwrap(), Some(hold));
}

fn door(house: &House) -> Door {
    Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]))
}

async fn ticket_at_the_door(house: &House) -> (booking::Ticket, String) {
    let guest = buyer(&house.stores).await;
    let bookings = bookings(house);
    let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let ticket = confirm_free(&bookings, guest, hold.id).await.tickets.remove(0);
    house.clock.set(house.event.starts_at);
    let code = door(house).code(&ticket);
    (ticket, code)
}

pub async fn two_scanners_cannot_both_pass(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (_, code) = ticket_at_the_door(&house).await;
    let mut at_the_door = Vec::new();
    for _ in 0..8 {
        at_the_door.push(staff(&house).await);
    }
    let start = Arc::new(Barrier::new(at_the_door.len()));
    let mut scans = Vec::new();
    for (number, staff) in at_the_door.into_iter().enumerate() {
        let (house, code, start) = (house.clone(), code.clone(), Arc::clone(&start));
        let nonce = Some(format!("scan-{number}"));
        let request = VerifyRequest { code, nonce, ..VerifyRequest::default() };
        scans.push(tokio::spawn(async move {
            at_once(&house.stores, &start).await;
            door(&house).verify(&staff, &request).await.unwrap().verdict
        }));
    }
    let mut admitted = 0;
    for scan in scans {
        admitted += u32::from(scan.await.unwrap() == Verdict::Admitted);
    }
    assert_eq!(admitted, 1);
}

pub async fn a_repeated_nonce_gives_the_first_answer(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (ticket, code) = ticket_at_the_door(&house).await;
    let staff = staff(&house).await;
    let request = VerifyRequest { code, nonce: Some("same".into()), ..VerifyRequest::default() };
    let scans: Vec<_> = (0..12)
        .map(|_| {
            let (house, staff, request) = (house.clone(), staff.clone(), request.clone());
            tokio::spawn(async move { door(&house).verify(&staff, &request).await.unwrap() })
        })
        .collect();
    for scan in scans {
        let admission = scan.await.unwrap();
        assert_eq!(admission.verdict, Verdict::Admitted, "the same scan is one check-in");
        assert_eq!(admission.ticket.unwrap().id, ticket.id);
        assert_eq!(admission.checked_in_at, Some(house.event.starts_at));
    }
    let another = VerifyRequest { nonce: Some("other".into()), ..request };
    assert_eq!(door(&house).verify(&staff, &another).await.unwrap().verdict, Verdict::AlreadyCheckedIn);
}

pub async fn a_nonce_used_before_admits_no_other_ticket(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (_, code) = ticket_at_the_door(&house).await;
    house.clock.set(noon());
    let (other, other_code) = ticket_at_the_door(&house).await;
    let staff = staff(&house).await;
    let request = VerifyRequest { code, nonce: Some("1".into()), ..VerifyRequest::default() };
    assert_eq!(door(&house).verify(&staff, &request).await.unwrap().verdict, Verdict::Admitted);
    for code in [other_code, "not a code".to_owned()] {
        let reused = VerifyRequest { code, ..request.clone() };
        let refused = door(&house).verify(&staff, &reused).await;
        assert!(matches!(refused, Err(VerifyError::NonceReused)), "{refused:?}");
    }
    assert_eq!(house.stores.booking.ticket(other.id).await.unwrap().unwrap().status, TicketStatus::Valid);
}

pub async fn attendance_counts_living_and_checked_in(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(3)).await.unwrap();
    let mut tickets = confirm_free(&bookings, guest, hold.id).await.tickets;
    tickets[0].status = TicketStatus::CheckedIn;
    tickets[1].status = TicketStatus::Cancelled;
    transact(begin(&house.stores).await, async |tx| {
        tx.save_ticket(&tickets[0]).await?;
        tx.save_ticket(&tickets[1]).await
    })
    .await
    .unwrap();
    let counts = house.stores.booking.door_counts(house.event.id).await.unwrap();
    let ticket_type = house.ticket_type.id;
    assert_eq!(counts.types, [TypeCount { ticket_type, tickets: 2, checked_in: 1, inside: 1 }]);
}
