//! What every store promises of vouchers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, bookings, buyer, by, confirm_free, house};
use crate::fixtures_events::{events_at_noon, organiser, person, type_input};
use crate::pages::in_pages;
use crate::{ScriptedProvider, Stores};
use booking::use_cases::{ConfirmRequest, HoldError, VoucherError};
use booking::voucher::{Batch, PriceChange, ReserveInput};
use booking::{
    Booking, BookingStatus, Bookings, Charge, Hold, HoldRefusal, Issued, PaymentChoice, Provider, RawNotice,
    RefundReason, Voucher, VoucherInput, VoucherKey, Vouchers, WhyNot, Wish,
};
use chrono::TimeDelta;
use events::use_cases::TicketTypeError;
use events::{PriceInput, QuotaInput, Standing, TicketTypeInput};
use kernel::{AccountId, Actor, Clock, Money, PageRequest, Role, StoreError, VoucherId, transact};

/// One test per promise: `testkit::voucher_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! voucher_store_contract {
    ($open:ident) => {
        $crate::voucher_store_contract!($open;
            a_voucher_reads_back_whole,
            vouchers_come_newest_first_in_pages_that_meet,
            a_code_is_one_vouchers_of_its_event,
            the_last_use_is_one_buyers,
            what_is_used_follows_from_what_lives,
            the_budget_is_never_overspent_by_buyers_who_come_at_once,
            kept_places_are_counted_once_whatever_becomes_of_them,
            kept_places_are_sold_to_nobody_else,
            places_of_an_expired_voucher_are_free_for_whoever_asks,
            places_of_expired_vouchers_are_swept,
            an_event_has_so_many_vouchers_that_keep_places_and_no_more,
            a_type_never_gets_smaller_than_what_is_kept_of_it,
            a_store_refuses_more_than_there_is_with_what_is_kept,
            kept_places_that_drift_are_reported,
            late_money_asks_the_voucher_again,
            a_voucher_that_was_used_is_taken_back_and_not_removed,
            an_event_goes_with_its_vouchers,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod voucher_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::voucher_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

const PAGE: PageRequest = PageRequest { limit: 100, after: None };

/// The use cases of vouchers.
#[must_use]
pub fn vouchers(house: &House) -> Vouchers {
    Vouchers::new(house.stores.booking.clone(), house.clock.clone(), VoucherKey::new([9; 32]))
}

/// Half of the price off.
#[must_use]
pub fn half() -> VoucherInput {
    VoucherInput { prices: vec![PriceChange::Percent("50".into())], ..VoucherInput::default() }
}

/// Keeps so many places of the house's one type.
#[must_use]
pub fn keeping(house: &House, quantity: i64) -> VoucherInput {
    let reserve = ReserveInput { ticket_type: house.ticket_type.id, quantity };
    VoucherInput { reserve: Some(reserve), ..half() }
}

/// A voucher with a code.
///
/// # Errors
/// As the use case.
pub async fn make(house: &House, code: &str, input: &VoucherInput) -> Result<Voucher, VoucherError> {
    let batch = Batch { code: Some(code.into()), count: 1 };
    let actor = person(&house.stores, Role::Member).await;
    let made = vouchers(house).create(&actor, house.event.id, &batch, input).await?;
    Ok(made.into_iter().next().unwrap().0)
}

/// Holds places with a code.
///
/// # Errors
/// As the use case.
pub async fn hold_with(
    house: &House,
    bookings: &Bookings,
    buyer: AccountId,
    (code, quantity): (Option<&str>, u32),
) -> Result<Hold, HoldError> {
    let event = house.event.id;
    let voucher = code.map(|code| vouchers(house).recognised(event, code));
    let seats = booking::SeatWish::default();
    bookings.keep(Wish { buyer, event, wanted: house.want(quantity), voucher, seats }).await
}

async fn hold(house: &House, code: Option<&str>, quantity: u32) -> Result<Hold, HoldError> {
    let guest = buyer(&house.stores).await;
    hold_with(house, &bookings(house), guest, (code, quantity)).await
}

fn invalid<T>(result: &Result<T, HoldError>) -> bool {
    matches!(result, Err(HoldError::Refused(HoldRefusal::VoucherInvalid(WhyNot::Invalid))))
}

fn sold_out<T>(result: &Result<T, HoldError>) -> bool {
    matches!(result, Err(HoldError::Refused(HoldRefusal::SoldOut { .. })))
}

async fn issued(house: &House, id: VoucherId) -> Issued {
    vouchers(house).show(id).await.unwrap().unwrap()
}

async fn used(house: &House, id: VoucherId) -> (u32, i64, u32) {
    let usage = issued(house, id).await.usage;
    (usage.uses, usage.spent, usage.places)
}

/// Held, sold and kept; and that every counter is what it counts.
async fn counters(house: &House) -> (u32, u32, u32) {
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
    let sale = house.stores.booking.sales(&[house.event.id]).await.unwrap().remove(0);
    (sale.offers[0].held, sale.offers[0].sold, sale.offers[0].reserved)
}

async fn manager(house: &House) -> Actor {
    organiser(&house.stores, house.event.organisation, Standing::Manager).await
}

pub async fn a_voucher_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let now = house.event.starts_at - TimeDelta::days(1);
    let input = VoucherInput {
        name: Some("Friends".into()),
        ticket_types: Some(vec![house.ticket_type.id]),
        max_uses: Some(5),
        max_per_user: Some(2),
        budget: Some((10_000, "EUR".into())),
        valid_from: Some(now - TimeDelta::days(1)),
        valid_until: Some(now),
        unlocks: vec![house.ticket_type.id],
        ..keeping(&house, 3)
    };
    let voucher = make(&house, "friends", &input).await.unwrap();
    let read = issued(&house, voucher.id).await;
    assert_eq!(read.voucher, voucher);
    assert_eq!(read.usage, booking::Usage::default());
    let smaller = VoucherInput { name: Some("Few".into()), ..keeping(&house, 1) };
    let actor = manager(&house).await;
    let after = vouchers(&house).update(&actor, voucher.id, &smaller).await.unwrap();
    assert_eq!((after.voucher.name.as_str(), after.voucher.max_uses), ("Few", None));
    assert_eq!((after.voucher.code, after.voucher.id), (voucher.code, voucher.id));
    assert_eq!(issued(&house, voucher.id).await, after);
    assert_eq!(counters(&house).await, (0, 0, 1));
    vouchers(&house).delete(&actor, voucher.id).await.unwrap();
    assert_eq!(vouchers(&house).show(voucher.id).await.unwrap(), None, "nobody ever used it");
    assert_eq!(counters(&house).await, (0, 0, 0));
}

pub async fn vouchers_come_newest_first_in_pages_that_meet(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let actor = manager(&house).await;
    let batch = Batch { code: None, count: 3 };
    let made = vouchers(&house).create(&actor, house.event.id, &batch, &half()).await.unwrap();
    house.clock.advance(TimeDelta::seconds(1));
    let last = make(&house, "LASTONE", &half()).await.unwrap();
    let mut expected: Vec<_> = made.iter().map(|(voucher, _)| voucher.id).collect();
    expected.sort_unstable_by(|one, other| other.cmp(one));
    expected.insert(0, last.id);
    let seen = in_pages(3, async |page| vouchers(&house).list(house.event.id, page).await).await;
    let seen: Vec<_> = seen.iter().map(|it| it.voucher.id).collect();
    assert_eq!(seen, expected);
    for (voucher, code) in &made {
        assert_eq!(vouchers(&house).recognised(house.event.id, &code.to_string()), voucher.code);
    }
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let mut booked = Vec::new();
    for _ in 0..2 {
        let held = hold_with(&house, &bookings, guest, (Some("lastone"), 1)).await.unwrap();
        booked.insert(0, confirm(&bookings, guest, &held).await.id);
        house.clock.advance(TimeDelta::seconds(1));
    }
    let first = vouchers(&house).bookings_with(last.id, PageRequest { limit: 1, after: None }).await.unwrap();
    let rest = PageRequest { limit: 1, after: first.next };
    let rest = vouchers(&house).bookings_with(last.id, rest).await.unwrap();
    assert_eq!([first.items[0].booking.id, rest.items[0].booking.id], booked[..]);
    assert_eq!(rest.next, None);
    assert_eq!(rest.items[0].booking.voucher.unwrap().discount, Money::eur(1250));
}

async fn confirm(bookings: &Bookings, buyer: AccountId, hold: &Hold) -> Booking {
    let choice = PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    let payment = (!hold.total.is_zero()).then_some(choice);
    let request = ConfirmRequest { buyer, hold: hold.id, payment, attendees: Vec::new() };
    bookings.confirm(request).await.unwrap().booking
}

pub async fn a_code_is_one_vouchers_of_its_event(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    make(&house, "SUMMER", &half()).await.unwrap();
    let again = make(&house, "sum-mer", &keeping(&house, 2)).await;
    assert!(matches!(again, Err(VoucherError::CodeTaken)), "{again:?}");
    assert_eq!(counters(&house).await, (0, 0, 0), "nothing was kept for it");
    let next = crate::fixtures_bookings::house(house.stores.clone(), 10, None, 2500).await;
    let elsewhere = hold(&next, Some("SUMMER"), 1).await;
    assert!(invalid(&elsewhere), "of another event it is as unknown as any: {elsewhere:?}");
    make(&next, "SUMMER", &half()).await.unwrap();
    hold(&next, Some("SUMMER"), 1).await.unwrap();
}

pub async fn the_last_use_is_one_buyers(stores: Stores) {
    let house = house(stores, 100, None, 2500).await;
    let input = VoucherInput { max_uses: Some(3), ..half() };
    let voucher = make(&house, "LASTONE", &input).await.unwrap();
    // Desks of their own: the store alone has to keep the buyers apart.
    let crowd: Vec<_> = (0..20)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move {
                let got = hold(&house, Some("LASTONE"), 1).await;
                assert!(got.is_ok() || invalid(&got), "{got:?}");
                u32::from(got.is_ok())
            })
        })
        .collect();
    let mut got = 0;
    for one in crowd {
        got += one.await.unwrap();
    }
    assert_eq!((got, used(&house, voucher.id).await.0), (3, 3));
}

pub async fn what_is_used_follows_from_what_lives(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let voucher = make(&house, "ONLYONCE", &VoucherInput { max_uses: Some(1), ..half() }).await.unwrap();
    let (bookings, guest) = (bookings(&house), buyer(&house.stores).await);
    let held = hold_with(&house, &bookings, guest, (Some("ONLYONCE"), 2)).await.unwrap();
    assert_eq!(used(&house, voucher.id).await, (1, 2500, 0));
    let stranger = buyer(&house.stores).await;
    let of_code =
        async |code, who| house.stores.booking.voucher_by_code(code, who, house.clock.now()).await.unwrap();
    for (who, theirs) in [(guest, Some(1)), (stranger, None)] {
        let found = of_code(voucher.code, who).await.unwrap();
        assert_eq!((&found.voucher, found.usage.uses), (&voucher, 1));
        assert_eq!(found.usage.by_buyer.get(&who).copied(), theirs);
    }
    let elsewhere = vouchers(&house).recognised(kernel::EventId::generate(house.clock.now()), "ONLYONCE");
    assert_eq!(of_code(elsewhere, guest).await, None);
    assert!(invalid(&hold(&house, Some("ONLYONCE"), 1).await));
    assert!(bookings.release(guest, held.id).await.unwrap().is_some());
    assert_eq!(used(&house, voucher.id).await, (0, 0, 0), "released");
    let held = hold_with(&house, &bookings, guest, (Some("ONLYONCE"), 2)).await.unwrap();
    house.clock.advance(TimeDelta::minutes(11));
    assert_eq!(used(&house, voucher.id).await, (0, 0, 0), "ended, though nobody has swept it");
    assert_eq!(house.stores.booking.hold(held.id).await.unwrap().unwrap().voucher, held.voucher);
    let held = hold_with(&house, &bookings, guest, (Some("ONLYONCE"), 2)).await.unwrap();
    let booking = confirm(&bookings, guest, &held).await;
    assert_eq!(booking.voucher, held.voucher);
    assert_eq!(house.stores.booking.booking(booking.id).await.unwrap().unwrap(), booking);
    assert_eq!(used(&house, voucher.id).await, (1, 2500, 0), "waiting for its money");
    house.provider.pay(&ScriptedProvider::session(booking.payments[0].id));
    let paid = bookings.come_back(booking.payments[0].id).await.unwrap().unwrap();
    assert_eq!((paid.status, used(&house, voucher.id).await.0), (BookingStatus::Confirmed, 1));
    let wish = booking::RefundWish {
        id: None,
        amount: Some(Money::eur(0)),
        tickets: None,
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: None,
        note: None,
    };
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let one = booking::RefundWish { tickets: Some(vec![tickets[0].id]), amount: None, ..wish.clone() };
    bookings.refund(booking.id, &one, &by(guest)).await.unwrap();
    assert_eq!(used(&house, voucher.id).await, (1, 2500, 0), "a ticket of it lives");
    let rest = booking::RefundWish { tickets: Some(vec![tickets[1].id]), amount: None, ..wish };
    bookings.refund(booking.id, &rest, &by(guest)).await.unwrap();
    assert_eq!(used(&house, voucher.id).await, (0, 0, 0), "cancelled");
    hold(&house, Some("ONLYONCE"), 1).await.unwrap();
}

pub async fn the_budget_is_never_overspent_by_buyers_who_come_at_once(stores: Stores) {
    let house = house(stores, 100, None, 2500).await;
    let input = VoucherInput { budget: Some((4000, "EUR".into())), ..half() };
    let voucher = make(&house, "BUDGET", &input).await.unwrap();
    let crowd: Vec<_> = (0..12)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { u32::from(hold(&house, Some("BUDGET"), 1).await.is_ok()) })
        })
        .collect();
    let mut got = 0;
    for one in crowd {
        got += one.await.unwrap();
    }
    assert_eq!((got, used(&house, voucher.id).await), (3, (3, 3750, 0)));
}

pub async fn kept_places_are_counted_once_whatever_becomes_of_them(stores: Stores) {
    let house = house(stores, 10, Some(10), 0).await;
    let voucher = make(&house, "GUESTS", &keeping(&house, 4)).await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 4));
    let (bookings, guest) = (bookings(&house), buyer(&house.stores).await);
    let held = hold_with(&house, &bookings, guest, (Some("GUESTS"), 3)).await.unwrap();
    assert_eq!((counters(&house).await, used(&house, voucher.id).await.2), ((3, 0, 1), 3));
    bookings.release(guest, held.id).await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 4));
    hold_with(&house, &bookings, guest, (Some("GUESTS"), 2)).await.unwrap();
    house.clock.advance(TimeDelta::minutes(11));
    assert_eq!(bookings.sweep().await.unwrap(), 1);
    assert_eq!(counters(&house).await, (0, 0, 4), "swept");
    let held = hold_with(&house, &bookings, guest, (Some("GUESTS"), 3)).await.unwrap();
    let placed = confirm_free(&bookings, guest, held.id).await;
    assert_eq!((counters(&house).await, used(&house, voucher.id).await.2), ((0, 3, 1), 3));
    let tickets: Vec<_> = placed.tickets.iter().take(2).map(|ticket| ticket.id).collect();
    bookings.cancel(&by(guest), placed.booking.id, Some(&tickets)).await.unwrap();
    assert_eq!(counters(&house).await, (0, 1, 3), "given back to whom they were kept for");
    let actor = manager(&house).await;
    vouchers(&house).delete(&actor, voucher.id).await.unwrap();
    assert_eq!(counters(&house).await, (0, 1, 0), "what was not used is free");
    bookings.cancel(&by(guest), placed.booking.id, None).await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 0), "and what comes back later as well");
}

pub async fn kept_places_are_sold_to_nobody_else(stores: Stores) {
    let house = house(stores, 10, Some(8), 0).await.with_quota(7).await;
    make(&house, "GUESTS", &keeping(&house, 5)).await.unwrap();
    let more = make(&house, "MOREOFIT", &keeping(&house, 3)).await;
    assert!(matches!(more, Err(VoucherError::NoPlaces { left: 2 })), "{more:?}");
    let crowd: Vec<_> = (0..20)
        .map(|number| {
            let house = house.clone();
            let code = (number % 2 == 0).then_some("GUESTS");
            tokio::spawn(async move { (number % 2, u32::from(hold(&house, code, 1).await.is_ok())) })
        })
        .collect();
    let mut got = [0, 0];
    for one in crowd {
        let (who, count) = one.await.unwrap();
        got[who] += count;
    }
    assert_eq!(got.iter().sum::<u32>(), 7);
    assert!(got[0] >= 5, "those who have the code get at least what was kept: {got:?}");
    assert_eq!(counters(&house).await, (7, 0, 0));
}

async fn with_ended_reserve(stores: Stores) -> (House, Voucher) {
    let house = house(stores, 4, None, 0).await;
    let until = booking::Hold::clone(&hold(&house, None, 1).await.unwrap()).created_at + TimeDelta::hours(1);
    let input = VoucherInput { valid_until: Some(until), ..keeping(&house, 3) };
    let voucher = make(&house, "EARLYBIRD", &input).await.unwrap();
    assert!(sold_out(&hold(&house, None, 1).await));
    house.clock.set(until);
    (house, voucher)
}

pub async fn places_of_an_expired_voucher_are_free_for_whoever_asks(stores: Stores) {
    let (house, voucher) = with_ended_reserve(stores).await;
    assert!(invalid(&hold(&house, Some("EARLYBIRD"), 1).await));
    hold(&house, None, 3).await.unwrap();
    let (held, _, kept) = counters(&house).await;
    assert!((3..=4).contains(&held) && kept == 0);
    assert!(!issued(&house, voucher.id).await.voucher.keeps);
}

pub async fn places_of_expired_vouchers_are_swept(stores: Stores) {
    let (house, voucher) = with_ended_reserve(stores).await;
    let now = kernel::Clock::now(&*house.clock);
    assert_eq!(house.stores.booking.events_with_lapsed_holds(now, 10).await.unwrap(), [house.event.id]);
    bookings(&house).sweep().await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 0));
    assert!(!issued(&house, voucher.id).await.voucher.keeps);
    assert_eq!(house.stores.booking.events_with_lapsed_holds(now, 10).await.unwrap(), []);
}

pub async fn an_event_has_so_many_vouchers_that_keep_places_and_no_more(stores: Stores) {
    let house = house(stores, 300, None, 0).await;
    let actor = person(&house.stores, Role::Member).await;
    let until = kernel::Clock::now(&*house.clock) + TimeDelta::hours(1);
    let input = VoucherInput { valid_until: Some(until), ..keeping(&house, 1) };
    let batch = Batch { code: None, count: 100 };
    for _ in 0..2 {
        vouchers(&house).create(&actor, house.event.id, &batch, &input).await.unwrap();
    }
    let beyond = make(&house, "BEYOND", &input).await;
    let Err(VoucherError::Invalid(mistakes)) = beyond else { panic!("{beyond:?}") };
    assert_eq!((mistakes[0].field.as_str(), mistakes[0].code), ("reserve", "too_many"));
    let other = make(&house, "OTHERS", &half()).await.unwrap();
    let beyond = vouchers(&house).update(&actor, other.id, &input).await;
    assert!(matches!(beyond, Err(VoucherError::Invalid(_))), "{beyond:?}");
    assert_eq!(counters(&house).await, (0, 0, 200));
    // All of them end together, and then there is room for others.
    house.clock.set(until);
    bookings(&house).sweep().await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 0));
    make(&house, "BEYOND", &keeping(&house, 1)).await.unwrap();
}

pub async fn a_type_never_gets_smaller_than_what_is_kept_of_it(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let hall = QuotaInput { name: "The hall".into(), quantity: 10 };
    let quota = events.add_quota(actor, house.event.id, &hall).await.unwrap();
    let free = PriceInput { amount: 0, currency: "EUR".into() };
    let input =
        |quantity| TicketTypeInput { price: free.clone(), quota: Some(quota.id), ..type_input(quantity) };
    events.update_ticket_type(actor, house.ticket_type.id, &input(10)).await.unwrap();
    make(&house, "GUESTS", &keeping(&house, 6)).await.unwrap();
    let smaller = events.update_ticket_type(actor, house.ticket_type.id, &input(5)).await;
    assert!(matches!(smaller, Err(TicketTypeError::Invalid(_))), "{smaller:?}");
    let smaller = events.update_quota(actor, quota.id, &QuotaInput { quantity: 5, ..hall }).await;
    assert!(matches!(smaller, Err(TicketTypeError::Invalid(_))), "{smaller:?}");
    let gone = events.delete_ticket_type(actor, house.ticket_type.id).await;
    assert!(matches!(gone, Err(TicketTypeError::InUse)), "{gone:?}");
    events.update_ticket_type(actor, house.ticket_type.id, &input(6)).await.unwrap();
    assert_eq!(counters(&house).await, (0, 0, 6), "an edit leaves the counters as they are");
    assert!(sold_out(&hold(&house, None, 1).await));
}

pub async fn a_store_refuses_more_than_there_is_with_what_is_kept(stores: Stores) {
    let house = house(stores, 10, Some(5), 0).await;
    for (held, sold, reserved) in [(5, 5, 1), (0, 0, 11), (3, 2, 1)] {
        let tx = house.stores.booking.begin().await.unwrap();
        let written: Result<(), StoreError> = transact(tx, async |tx| {
            let mut sales = tx.lock_sales(&[house.event.id]).await?;
            let offer = &mut sales[0].offers[0];
            (offer.held, offer.sold, offer.reserved) = (held, sold, reserved);
            tx.save_sales(&sales).await
        })
        .await;
        assert!(matches!(written, Err(StoreError::Broken { .. })), "{held} {sold} {reserved}");
    }
    assert_eq!(counters(&house).await, (0, 0, 0));
}

pub async fn kept_places_that_drift_are_reported(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    make(&house, "GUESTS", &keeping(&house, 4)).await.unwrap();
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].offers[0].reserved = 1;
        tx.save_sales(&sales).await
    })
    .await
    .unwrap();
    let found = house.stores.booking.stock_differences().await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let expected = (booking::Counter::Reserved(house.ticket_type.id), (1, 0), (4, 0));
    assert_eq!((found[0].of, found[0].counted, found[0].found), expected);
}

/// A booking whose time is over, and that was paid after all.
async fn paid_late(house: &House, code: &str, meanwhile: impl AsyncFnOnce(&House)) -> Booking {
    let (bookings, guest) = (bookings(house), buyer(&house.stores).await);
    let held = hold_with(house, &bookings, guest, (Some(code), 1)).await.unwrap();
    let booking = confirm(&bookings, guest, &held).await;
    let payment = booking.payments[0].id;
    house.clock.advance(TimeDelta::minutes(31));
    bookings.attend(booking.id).await.unwrap();
    let given_up = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    assert_eq!(given_up.status, BookingStatus::Expired);
    meanwhile(house).await;
    let session = ScriptedProvider::session(payment);
    // The page was closed, and was paid all the same.
    let charge = Charge { reference: payment.to_string(), amount: booking.total, live: false };
    house.provider.stands(&session, booking::Standing::Paid(charge));
    let headers = vec![("session".into(), session), ("id".into(), payment.to_string())];
    bookings.hear(Provider::Stripe, &RawNotice { headers, body: Vec::new() }).await.unwrap();
    house.stores.booking.booking(booking.id).await.unwrap().unwrap()
}

pub async fn late_money_asks_the_voucher_again(stores: Stores) {
    let house = house(stores, 50, None, 2500).await;
    let once = VoucherInput { max_uses: Some(1), ..half() };
    make(&house, "FREEOFIT", &once).await.unwrap();
    let booking = paid_late(&house, "FREEOFIT", async |_| {}).await;
    assert_eq!(booking.status, BookingStatus::Confirmed, "its use was still there");
    make(&house, "GONEBY", &once).await.unwrap();
    let booking =
        paid_late(&house, "GONEBY", async |house| drop(hold(house, Some("GONEBY"), 1).await.unwrap())).await;
    assert_eq!(
        (booking.status, booking.refunds.len()),
        (BookingStatus::Expired, 1),
        "somebody else has its use"
    );
    make(&house, "SPENTALL", &VoucherInput { budget: Some((1250, "EUR".into())), ..half() }).await.unwrap();
    let booking =
        paid_late(&house, "SPENTALL", async |house| drop(hold(house, Some("SPENTALL"), 1).await.unwrap()))
            .await;
    assert_eq!((booking.status, booking.refunds.len()), (BookingStatus::Expired, 1), "its budget is spent");
    let taken_back = make(&house, "BACKAGAIN", &half()).await.unwrap();
    let booking = paid_late(&house, "BACKAGAIN", async |house| {
        let actor = manager(house).await;
        vouchers(house).delete(&actor, taken_back.id).await.unwrap();
    })
    .await;
    assert_eq!(booking.status, BookingStatus::Expired, "it was taken back");
    let soon = kernel::Clock::now(&*house.clock) + TimeDelta::minutes(10);
    make(&house, "ENDEDNOW", &VoucherInput { valid_until: Some(soon), ..half() }).await.unwrap();
    let booking = paid_late(&house, "ENDEDNOW", async |_| {}).await;
    assert_eq!(booking.status, BookingStatus::Confirmed, "its buyer acted in time");
    let guests = keeping(&house, 2);
    make(&house, "GUESTS", &guests).await.unwrap();
    let booking = paid_late(&house, "GUESTS", async |house| {
        hold(house, None, 10).await.unwrap();
        assert_eq!(counters(house).await.2, 2);
    })
    .await;
    assert_eq!(
        (booking.status, counters(&house).await.2),
        (BookingStatus::Confirmed, 1),
        "it takes of its own"
    );
}

pub async fn a_voucher_that_was_used_is_taken_back_and_not_removed(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let voucher = make(&house, "BACKAGAIN", &keeping(&house, 4)).await.unwrap();
    let (bookings, guest) = (bookings(&house), buyer(&house.stores).await);
    let held = hold_with(&house, &bookings, guest, (Some("BACKAGAIN"), 1)).await.unwrap();
    let actor = manager(&house).await;
    for _ in 0..2 {
        vouchers(&house).delete(&actor, voucher.id).await.unwrap();
    }
    let read = issued(&house, voucher.id).await;
    assert_eq!((read.voucher.revoked_at.is_some(), read.voucher.keeps, read.usage.uses), (true, false, 1));
    assert_eq!(counters(&house).await, (1, 0, 0));
    assert!(invalid(&hold(&house, Some("BACKAGAIN"), 1).await));
    let refused = vouchers(&house).update(&actor, voucher.id, &half()).await;
    assert!(matches!(refused, Err(VoucherError::Revoked)), "{refused:?}");
    let booking = confirm(&bookings, guest, &held).await;
    assert_eq!(booking.total, Money::eur(1250), "what was held keeps its price");
    let acts = house.stores.audit.acts(&kernel::audit::ActFilter::default(), PAGE).await.unwrap().items;
    let named = acts.iter().filter(|sealed| sealed.act.act == "voucher.revoke").count();
    assert_eq!(named, 1);
    assert!(
        acts.iter().all(|sealed| !format!("{:?}", sealed.act).contains("BACKAGAIN")),
        "no act tells a code"
    );
}

pub async fn an_event_goes_with_its_vouchers(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let voucher = make(&house, "GONEBY", &keeping(&house, 4)).await.unwrap();
    let tx = house.stores.events.begin().await.unwrap();
    let gone = transact(tx, async |tx| {
        tx.lock_event(house.event.id).await?;
        tx.delete_event(house.event.id).await
    });
    assert!(gone.await.unwrap());
    assert_eq!(vouchers(&house).show(voucher.id).await.unwrap(), None);
}
