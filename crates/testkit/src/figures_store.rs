//! What every store promises of the figures.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a contract fails by panicking"
)]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_paid, booked_unpaid, bookings, buyer, by, house, staff};
use crate::{Stores, noon, voucher_store};
use booking::close::Day;
use booking::figures::{
    By, Counts, DayFigures, DayRow, EventFigures, Flow, FlowFilter, GuestFigures, LocalDay, Look, Part,
    StandingFilter, Sum, TypeFigures, day_of,
};
use booking::ledger::EntryKind;
use booking::use_cases::VerifyRequest;
use booking::{Booking, Closing, CodeSigner, Door, Figures, JoinWish, RefundReason, RefundWish};
use chrono::TimeDelta;
use events::{Event, Status};
use kernel::{
    Cause, Clock, Currency, EventId, Money, OrganisationId, StoreError, TicketTypeId, Timestamp, transact,
};
use std::collections::BTreeMap;

/// One test per promise: `testkit::figures_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! figures_store_contract {
    ($open:ident) => {
        $crate::figures_store_contract!($open;
            what_is_sold_and_paid_is_counted,
            days_are_those_of_the_place,
            an_event_that_moves_to_another_zone_is_counted_anew,
            what_goes_back_is_taken_from_what_it_was_paid_for,
            what_was_sold_before_the_first_look_is_counted,
            what_a_provider_tells_late_is_counted,
            a_day_that_was_missed_is_seen_in_the_end,
            what_is_published_stands_before_anything_is_sold,
            one_looks_at_a_time_and_not_all_the_time,
            who_was_there_before_returns,
            lists_and_vouchers_are_counted,
            days_are_added_up_as_they_are_asked_for,
            what_is_kept_reads_back_whole,
            days_are_replaced_and_forgotten,
            a_figure_that_is_not_what_its_rows_say_is_named,
            whatever_stands_and_is_not_what_its_rows_say_is_named,
            who_is_slower_than_others_writes_nothing,
            nobody_takes_over_from_who_is_at_it,
            a_clock_that_ran_ahead_once_hides_nothing,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod figures_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::figures_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn figures(house: &House) -> Figures {
    let stores = &house.stores;
    Figures::new(stores.figures.clone(), stores.booking.clone(), stores.ledger.clone(), house.clock.clone())
}

fn date(text: &str) -> LocalDay {
    text.parse().unwrap()
}

fn of_event(house: &House) -> FlowFilter {
    FlowFilter { events: Some(vec![house.event.id]), ..FlowFilter::default() }
}

async fn sums(house: &House, by: By) -> Vec<Sum> {
    figures(house).sums(&of_event(house), by).await.unwrap()
}

/// All that happened to the event of a house.
async fn whole(house: &House) -> Flow {
    let mut sums = sums(house, By::Whole).await;
    assert!(sums.len() < 2, "{sums:?}");
    sums.pop().map(|sum| sum.flow).unwrap_or_default()
}

async fn standing(house: &House) -> EventFigures {
    let filter = StandingFilter { events: Some(vec![house.event.id]), ..StandingFilter::default() };
    figures(house).standings(&filter).await.unwrap().remove(0)
}

/// Counts, and looks whether all is what the rows say.
async fn counted(house: &House) {
    figures(house).count_now().await.unwrap();
    assert_eq!(figures(house).differences(house.event.id).await.unwrap(), []);
}

/// Changes facts of the event.
async fn edited(house: &House, change: impl FnOnce(&mut Event)) -> House {
    let mut event = house.stores.events.event(house.event.id).await.unwrap().unwrap();
    change(&mut event);
    let tx = house.stores.events.begin().await.unwrap();
    let saved = transact(tx, async |tx| -> Result<(), StoreError> {
        tx.lock_event(event.id).await?;
        tx.save_event(&event).await
    });
    saved.await.unwrap();
    House { event, ..house.clone() }
}

pub async fn what_is_sold_and_paid_is_counted(stores: Stores) {
    let house = house(stores, 10, Some(8), 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 2).await;
    booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    counted(&house).await;
    let flow = whole(&house).await;
    assert_eq!((flow.tickets, flow.orders, flow.sold, flow.net()), (2, 1, 5000, 5000));
    let standing = standing(&house).await;
    assert_eq!((standing.places, standing.organisation), (8, house.event.organisation));
    assert_eq!((standing.counts.orders.confirmed, standing.counts.orders.pending), (1, 1));
    let of_type = TypeFigures { valid: 2, ..TypeFigures::default() };
    assert_eq!(standing.counts.types, BTreeMap::from([(house.ticket_type.id, of_type)]));
    let occupancy = figures(&house).occupancy(&[house.event.id]).await.unwrap();
    assert_eq!((occupancy[0].places, occupancy[0].sold, occupancy[0].held), (8, 2, 1));
    house.clock.advance(TimeDelta::minutes(1));
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    counted(&house).await;
    assert_eq!(whole(&house).await.sold, 7500);
    // Nothing happened: nothing is written.
    let again = figures(&house).count_now().await.unwrap();
    assert_eq!((again.days, again.standings, again.whole), (0, 0, true));
}

pub async fn days_are_those_of_the_place(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let house = edited(&house, |event| {
        event.starts_at = noon() + TimeDelta::days(200);
        event.ends_at = event.starts_at + TimeDelta::hours(6);
    })
    .await;
    // In Berlin clocks are put back in this night, and the day has 25 hours.
    for (at, tickets) in [
        ("2026-10-24T21:59:59Z", 1),
        ("2026-10-24T22:00:00Z", 2),
        ("2026-10-25T22:59:59Z", 3),
        ("2026-10-25T23:00:00Z", 1),
    ] {
        house.clock.set(at.parse().unwrap());
        booked_paid(&house, buyer(&house.stores).await, tickets).await;
        counted(&house).await;
    }
    let days = sums(&house, By::Day).await;
    let days: Vec<_> = days.iter().map(|sum| (sum.day.unwrap(), sum.flow.tickets, sum.flow.sold)).collect();
    let expected = [("2026-10-24", 1), ("2026-10-25", 5), ("2026-10-26", 1)];
    assert_eq!(days, expected.map(|(day, tickets)| (date(day), tickets, tickets * 2500)));
}

pub async fn an_event_that_moves_to_another_zone_is_counted_anew(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    counted(&house).await;
    assert_eq!(sums(&house, By::Day).await[0].day, Some(date("2026-06-01")));
    house.clock.advance(TimeDelta::days(1));
    let house = edited(&house, |event| event.timezone = "Pacific/Auckland".parse().unwrap()).await;
    counted(&house).await;
    let days: Vec<_> = sums(&house, By::Day).await.iter().map(|sum| sum.day.unwrap()).collect();
    assert_eq!(days, [date("2026-06-02")]);
    assert_eq!(standing(&house).await.zone, "Pacific/Auckland");
}

/// Staff gives back so much, for these tickets.
async fn refund(house: &House, booking: &Booking, cents: Option<u32>, tickets: usize) -> Booking {
    let of_booking = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let named = of_booking.iter().take(tickets).map(|ticket| ticket.id).collect();
    let staff = staff(house).await.account;
    let wish = RefundWish {
        id: None,
        amount: cents.map(Money::eur),
        tickets: (tickets > 0).then_some(named),
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: Some(staff),
        note: None,
    };
    bookings(house).refund(booking.id, &wish, &by(staff)).await.unwrap().booking
}

pub async fn what_goes_back_is_taken_from_what_it_was_paid_for(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 2).await;
    house.clock.advance(TimeDelta::days(1));
    let booking = refund(&house, &booking, None, 1).await;
    counted(&house).await;
    let days = sums(&house, By::Day).await;
    let days: Vec<_> = days.iter().map(|sum| (sum.day.unwrap(), sum.flow.sold, sum.flow.refunded)).collect();
    assert_eq!(days, [(date("2026-06-01"), 5000, 0), (date("2026-06-02"), 0, 2500)]);
    bookings(&house).send_money_back(booking.id, booking.refunds[0].id).await.unwrap();
    house.clock.advance(TimeDelta::hours(1));
    refund(&house, &booking, Some(500), 0).await;
    counted(&house).await;
    let flow = whole(&house).await;
    assert_eq!((flow.refunds, flow.refunded, flow.net()), (2, 3000, 2000));
    let types = sums(&house, By::TicketType).await;
    let of_type = types.iter().find(|sum| sum.ticket_type == Some(house.ticket_type.id)).unwrap();
    assert_eq!((of_type.flow.refunded, of_type.flow.tickets), (3000, 2));
    let reasons = sums(&house, By::Reason).await;
    let [because] = &reasons[..] else { panic!("{reasons:?}") };
    assert_eq!((because.reason, because.flow.refunds), (Some(RefundReason::Staff), 2));
    assert_eq!((because.flow.refunded, because.flow.gone), (3000, flow.gone));
    let tickets = standing(&house).await.counts.tickets();
    assert_eq!((tickets.valid, tickets.cancelled), (1, 1));
}

pub async fn what_was_sold_before_the_first_look_is_counted(stores: Stores) {
    let (one, other) = (house(stores.clone(), 10, None, 2500).await, house(stores, 10, None, 0).await);
    booked_paid(&one, buyer(&one.stores).await, 1).await;
    // Long before what a look reaches back to.
    one.clock.advance(TimeDelta::days(3));
    booked_paid(&one, buyer(&one.stores).await, 2).await;
    one.clock.advance(TimeDelta::days(3));
    assert_eq!(one.stores.figures.figures_look().await.unwrap(), Look::default());
    assert!(!figures(&one).check(|difference| panic!("{difference:?}")).await.unwrap().whole);
    let first = figures(&one).count_now().await.unwrap();
    assert!(first.whole && first.kept && first.events == 2, "{first:?}");
    assert_eq!(figures(&one).differences(one.event.id).await.unwrap(), []);
    assert_eq!((whole(&one).await.sold, sums(&one, By::Day).await.len()), (7500, 2));
    let look = one.stores.figures.figures_look().await.unwrap();
    assert_eq!((look.whole, look.until, look.cursor), (true, Some(one.clock.now()), None));
    assert_eq!(whole(&other).await, Flow::default());
    let checked = figures(&one).check(|difference| panic!("{difference:?}")).await.unwrap();
    assert!(checked.agrees() && checked.whole && checked.events == 2, "{checked:?}");
    // Everything once more comes to the same.
    figures(&one).count_all().await.unwrap();
    assert_eq!(figures(&one).differences(one.event.id).await.unwrap(), []);
}

pub async fn what_a_provider_tells_late_is_counted(stores: Stores) {
    let house = house(stores.clone(), 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&stores).await, 1).await;
    let charge = booking.payments[0].charge.clone().unwrap();
    house.provider.keep(Money::eur(62));
    house.provider.refund_elsewhere(&charge, Money::eur(1000), noon());
    house.clock.advance(TimeDelta::days(1));
    let hesitation = house.provider.hesitate().await;
    let closing = tokio::spawn({
        let (ports, store) = ((stores.close.clone(), stores.ledger.clone()), stores.booking.clone());
        let closing = Closing::new(ports, store, house.clock.clone(), vec![house.provider.clone()]);
        async move { closing.close(Day::of(noon()), &Cause::command_line()).await }
    });
    let asked = async {
        while !house.provider.calls().iter().any(|call| call == "transactions") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), asked).await.expect("the provider is asked");
    // Others count while it takes its time.
    for _ in 0..2 {
        house.clock.advance(TimeDelta::minutes(5));
        counted(&house).await;
    }
    drop(hesitation);
    closing.await.unwrap().unwrap();
    let entries = stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap();
    let fee = entries.iter().find(|entry| entry.kind == EntryKind::ProviderFee).unwrap();
    assert_eq!(fee.at, house.clock.now(), "it is of the instant at which it was posted");
    counted(&house).await;
    assert_eq!(whole(&house).await.provider_fees, 62);
}

pub async fn a_day_that_was_missed_is_seen_in_the_end(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    counted(&house).await;
    house.clock.advance(TimeDelta::days(1));
    let store = &house.stores.figures;
    let mut missed = store.days(house.event.id, None).await.unwrap().remove(0);
    missed.rows.clear();
    let tx = store.begin_figures().await.unwrap();
    transact(tx, async |tx| tx.save_days(std::slice::from_ref(&missed)).await).await.unwrap();
    assert_eq!(whole(&house).await, Flow::default());
    counted(&house).await;
    assert_eq!(whole(&house).await.sold, 2500, "nothing touched it for a day");
}

pub async fn what_is_published_stands_before_anything_is_sold(stores: Stores) {
    let (house, hidden) = (house(stores.clone(), 10, Some(8), 2500).await, house(stores, 5, None, 0).await);
    let hidden = edited(&hidden, |event| event.status = Status::Draft).await;
    counted(&house).await;
    let stands = standing(&house).await;
    assert_eq!((stands.open, stands.places, stands.counts.is_nothing()), (true, 8, true));
    let of = StandingFilter { events: Some(vec![hidden.event.id]), ..StandingFilter::default() };
    assert_eq!(figures(&hidden).standings(&of).await.unwrap(), [], "of a draft there is nothing to tell");
    for (status, open) in
        [(Status::Deactivated, false), (Status::Published, true), (Status::Cancelled, false)]
    {
        edited(&house, |event| event.status = status).await;
        counted(&house).await;
        assert_eq!(standing(&house).await.open, open, "{status:?}");
    }
}

pub async fn one_looks_at_a_time_and_not_all_the_time(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let (one, other) = (figures(&house), figures(&house));
    let (first, second) = tokio::join!(one.count(), other.count());
    let took = [first.unwrap(), second.unwrap()].into_iter().flatten().count();
    assert_eq!(took, 1, "of two that look at once one does");
    assert_eq!(one.count().await.unwrap(), None);
    house.clock.advance(TimeDelta::seconds(15));
    assert!(other.count().await.unwrap().is_some());
}

pub async fn who_was_there_before_returns(stores: Stores) {
    let first = house(stores.clone(), 10, None, 0).await;
    let organisation = first.event.organisation;
    let second = house(stores.clone(), 10, None, 0).await;
    let second = edited(&second, |event| {
        event.organisation = organisation;
        event.starts_at += TimeDelta::days(10);
        event.ends_at += TimeDelta::days(10);
    })
    .await;
    let (guest, other, third) = (buyer(&stores).await, buyer(&stores).await, buyer(&stores).await);
    let take = async |house: &House, who| {
        let bookings = bookings(house);
        let hold = bookings.hold(who, house.event.id, house.want(1)).await.unwrap();
        crate::fixtures_bookings::confirm_free(&bookings, who, hold.id).await.tickets.remove(0)
    };
    let came = take(&first, third).await;
    take(&first, guest).await;
    for who in [guest, other] {
        take(&second, who).await;
    }
    let second = House { clock: first.clock.clone(), ..second };
    counted(&second).await;
    let known = async || {
        let guests = standing(&second).await.guests.unwrap();
        (guests.guests, guests.returning)
    };
    assert_eq!(known().await, (2, 0), "the first event is still to come");
    first.clock.set(first.event.ends_at);
    counted(&second).await;
    assert_eq!(known().await, (2, 1), "where nobody scans who holds a ticket was there");
    let door = Door::new(stores.booking.clone(), first.clock.clone(), CodeSigner::new(&[7; 32]));
    first.clock.set(first.event.starts_at);
    let request = VerifyRequest { code: door.code(&came), ..VerifyRequest::default() };
    door.verify(&staff(&first).await, &request).await.unwrap();
    first.clock.set(first.event.ends_at + TimeDelta::hours(1));
    counted(&second).await;
    assert_eq!(known().await, (2, 0), "the door scanned, and they did not come");
    let evening = standing(&first).await;
    assert_eq!((evening.counts.door, evening.no_shows(first.clock.now())), (true, Some(1)));
    assert_eq!(evening.counts.tickets().checked_in, 1);
}

pub async fn lists_and_vouchers_are_counted(stores: Stores) {
    let house = house(stores, 1, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    let wish = JoinWish {
        buyer: buyer(&house.stores).await,
        ticket_types: Vec::new(),
        quantity: 1,
        max_price: None,
    };
    bookings(&house).join_list(house.event.id, wish).await.unwrap();
    voucher_store::make(&house, "FIRST1", &voucher_store::half()).await.unwrap();
    counted(&house).await;
    let counts = standing(&house).await.counts;
    assert_eq!((counts.list.waiting, counts.list.wanted, counts.list.joined()), (1, 1, 1));
    assert_eq!((counts.vouchers.made, counts.vouchers.used), (1, 0));
    let house = house.with_places(5).await;
    house.clock.advance(TimeDelta::minutes(1));
    let (who, selling) = (buyer(&house.stores).await, bookings(&house));
    selling.leave_list(house.event.id, wish_of(&house).await).await.unwrap();
    let hold = voucher_store::hold_with(&house, &selling, who, (Some("FIRST1"), 2)).await.unwrap();
    let booking = crate::fixtures_bookings::confirm_paid(&selling, who, hold.id).await.booking;
    house.provider.pay(booking.payments[0].session.as_deref().unwrap());
    selling.come_back(booking.payments[0].id).await.unwrap().unwrap();
    counted(&house).await;
    let counts = standing(&house).await.counts;
    assert_eq!((counts.vouchers.made, counts.vouchers.used), (1, 1));
    assert_eq!((counts.list.waiting, counts.list.left), (0, 1));
    let flow = whole(&house).await;
    assert_eq!((flow.orders, flow.vouchered, flow.discount), (2, 1, 2500));
    assert_eq!((flow.sold, flow.sold_with_voucher), (5000, 2500));
}

/// Who waits.
async fn wish_of(house: &House) -> kernel::AccountId {
    let page = kernel::PageRequest { limit: 1, after: None };
    house.stores.booking.entries_of_event(house.event.id, page).await.unwrap().items[0].buyer
}

/// A day with some rows, as no sale would make it.
fn made_up(event: EventId, organisation: OrganisationId, day: &str) -> DayFigures {
    let mut flow = Flow { tickets: 1, orders: -2, ..Flow::default() };
    flow.dispute_fees = i64::MAX;
    let row = |part, currency, flow| DayRow { part, currency, flow };
    let rows = vec![
        row(Part::Order, Currency::EUR, flow),
        row(Part::Order, Currency::JPY, Flow { vouchered: 3, discount: 4, refunds: 5, ..Flow::default() }),
        row(
            Part::Type(TicketTypeId::generate(noon())),
            Currency::EUR,
            Flow { sold: 6, sold_with_voucher: 7, differences: -8, refunded: 9, ..Flow::default() },
        ),
        row(
            Part::Reason(RefundReason::EventCancelled),
            Currency::EUR,
            Flow { unearned: 10, gone: 11, disputed: 12, platform_fees: 13, provider_fees: 14, ..flow },
        ),
    ];
    DayFigures { event, organisation, day: date(day), rows }
}

pub async fn what_is_kept_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let (event, organisation) = (house.event.id, house.event.organisation);
    let day = made_up(event, organisation, "2026-06-01");
    let mut counts = Counts { door: true, ..Counts::default() };
    counts.orders.expired = 7;
    counts.list.lapsed_offers = 2;
    counts.vouchers.used = 1;
    counts
        .types
        .insert(TicketTypeId::generate(noon()), TypeFigures { returned: 3, ..TypeFigures::default() });
    let standing = EventFigures {
        event,
        organisation,
        zone: "Europe/Berlin".into(),
        starts_at: house.event.starts_at,
        ends_at: house.event.ends_at,
        places: 10,
        open: true,
        counts,
        guests: Some(GuestFigures { guests: 3, returning: 1, at: noon() }),
    };
    let gone = EventFigures { event: EventId::generate(noon()), ..standing.clone() };
    let look = Look { at: Some(noon()), until: None, whole: true, cursor: Some(event) };
    let store = &house.stores.figures;
    transact(store.begin_figures().await.unwrap(), async |tx| -> Result<(), StoreError> {
        assert_eq!(tx.lock_look().await?, Look::default());
        tx.save_days(std::slice::from_ref(&day)).await?;
        tx.save_standings(&[standing.clone(), gone.clone()]).await?;
        tx.save_look(&look).await
    })
    .await
    .unwrap();
    assert_eq!(store.days(event, None).await.unwrap(), std::slice::from_ref(&day));
    assert_eq!(store.figures_look().await.unwrap(), look);
    let all = StandingFilter::default();
    assert_eq!(
        store.standings(&all).await.unwrap(),
        std::slice::from_ref(&standing),
        "what is gone is left out"
    );
    let begins = house.event.starts_at;
    let narrowed = [
        (StandingFilter { organisations: Some(vec![organisation]), ..all.clone() }, 1),
        (StandingFilter { organisations: Some(vec![]), ..all.clone() }, 0),
        (StandingFilter { events: Some(vec![event]), organisations: Some(vec![]), ..all.clone() }, 0),
        (
            StandingFilter { from: Some(begins), until: Some(begins + TimeDelta::seconds(1)), ..all.clone() },
            1,
        ),
        (StandingFilter { until: Some(begins), ..all.clone() }, 0),
        (StandingFilter { from: Some(begins + TimeDelta::seconds(1)), ..all }, 0),
    ];
    for (filter, expected) in narrowed {
        assert_eq!(store.standings(&filter).await.unwrap().len(), expected, "{filter:?}");
    }
}

pub async fn days_are_replaced_and_forgotten(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let (event, organisation) = (house.event.id, house.event.organisation);
    let store = &house.stores.figures;
    let save = async |days: &[DayFigures]| {
        let tx = store.begin_figures().await.unwrap();
        transact(tx, async |tx| tx.save_days(days).await).await.unwrap();
    };
    let days = ["2026-06-01", "2026-06-02", "2026-06-03"].map(|day| made_up(event, organisation, day));
    save(&days).await;
    assert_eq!(store.days(event, Some(&[date("2026-06-03"), date("2026-06-09")])).await.unwrap(), days[2..]);
    let less = DayFigures { rows: days[0].rows[..1].to_vec(), ..days[0].clone() };
    let none = DayFigures { rows: Vec::new(), ..days[1].clone() };
    save(&[less.clone(), none]).await;
    assert_eq!(store.days(event, None).await.unwrap(), [less, days[2].clone()]);
    let tx = store.begin_figures().await.unwrap();
    transact(tx, async |tx| tx.drop_days(event).await).await.unwrap();
    assert_eq!(store.days(event, None).await.unwrap(), []);
}

pub async fn days_are_added_up_as_they_are_asked_for(stores: Stores) {
    let (one, other) = (house(stores.clone(), 10, None, 2500).await, house(stores, 10, None, 1000).await);
    let other = House { clock: one.clock.clone(), ..other };
    for house in [&one, &other, &one] {
        let booking = booked_paid(house, buyer(&house.stores).await, 2).await;
        refund(house, &booking, Some(100), 0).await;
        one.clock.advance(TimeDelta::days(1));
    }
    counted(&one).await;
    counted(&other).await;
    let store = &one.stores.figures;
    let mut kept = store.days(one.event.id, None).await.unwrap();
    kept.extend(store.days(other.event.id, None).await.unwrap());
    assert_eq!(kept.len(), 3);
    let all = FlowFilter::default();
    let organisations =
        |of: &[&House]| Some(of.iter().map(|house| house.event.organisation).collect::<Vec<_>>());
    let filters = [
        all.clone(),
        FlowFilter { organisations: organisations(&[&one]), ..all.clone() },
        FlowFilter { organisations: organisations(&[&one, &other]), ..all.clone() },
        FlowFilter { organisations: Some(Vec::new()), ..all.clone() },
        FlowFilter { events: Some(vec![other.event.id]), ..all.clone() },
        FlowFilter {
            events: Some(vec![other.event.id]),
            organisations: organisations(&[&one]),
            ..all.clone()
        },
        FlowFilter { from: Some(date("2026-06-02")), ..all.clone() },
        FlowFilter { until: Some(date("2026-06-03")), ..all.clone() },
        FlowFilter {
            organisations: organisations(&[&one]),
            from: Some(date("2026-06-02")),
            until: Some(date("2026-06-03")),
            ..all
        },
    ];
    for filter in filters {
        for by in [By::Whole, By::Day, By::Event, By::TicketType, By::Reason] {
            let mut expected = BTreeMap::new();
            for day in kept.iter().filter(|day| filter.wants(day)) {
                for sum in day.rows.iter().filter_map(|row| by.sum(day, row)) {
                    expected
                        .entry(sum.key())
                        .or_insert(Sum { flow: Flow::default(), ..sum })
                        .flow
                        .add(&sum.flow);
                }
            }
            let expected: Vec<_> = expected.into_values().filter(|sum| !sum.flow.is_nothing()).collect();
            assert_eq!(store.sums(&filter, by).await.unwrap(), expected, "{by:?} {filter:?}");
        }
    }
    let sold = |sums: &[Sum]| sums.iter().map(|sum| sum.flow.sold).sum::<i64>();
    let everything = FlowFilter::default();
    assert_eq!(sold(&store.sums(&everything, By::Event).await.unwrap()), 12_000);
    assert_eq!(sold(&store.sums(&everything, By::TicketType).await.unwrap()), 12_000);
}

pub async fn a_figure_that_is_not_what_its_rows_say_is_named(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    house.clock.advance(TimeDelta::hours(1));
    counted(&house).await;
    let store = &house.stores.figures;
    let day = day_of("Europe/Berlin".parse().unwrap(), noon());
    let mut wrong = store.days(house.event.id, Some(&[day])).await.unwrap().remove(0);
    wrong.rows.iter_mut().find(|row| row.flow.sold > 0).unwrap().flow.sold += 1;
    let tx = store.begin_figures().await.unwrap();
    transact(tx, async |tx| tx.save_days(std::slice::from_ref(&wrong)).await).await.unwrap();
    let mut named = Vec::new();
    let checked = figures(&house).check(|difference| named.push(difference.clone())).await.unwrap();
    assert!(!checked.agrees() && checked.differences == 1, "{checked:?}");
    assert_eq!((named[0].event, named[0].kept, named[0].found), (house.event.id, 2501, 2500));
    assert!(named[0].what.starts_with("2026-06-01, ticket type"), "{named:?}");
    // What is sold at this moment is no mistake.
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    let moving = figures(&house).check(|difference| panic!("{difference:?}")).await.unwrap();
    assert_eq!((moving.moving, moving.differences), (1, 0));
    figures(&house).count_all().await.unwrap();
    assert_eq!(figures(&house).differences(house.event.id).await.unwrap(), []);
}

pub async fn whatever_stands_and_is_not_what_its_rows_say_is_named(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (guest, selling) = (buyer(&house.stores).await, bookings(&house));
    let hold = selling.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let ticket = crate::fixtures_bookings::confirm_free(&selling, guest, hold.id).await.tickets.remove(0);
    house.clock.set(house.event.starts_at);
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let request = VerifyRequest { code: door.code(&ticket), ..VerifyRequest::default() };
    door.verify(&staff(&house).await, &request).await.unwrap();
    counted(&house).await;
    let right = standing(&house).await;
    assert!(right.counts.door && right.guests.is_some_and(|it| it.guests == 1), "{right:?}");
    let mut wrong = right.clone();
    (wrong.places, wrong.counts.door) = (11, false);
    wrong.guests = Some(GuestFigures { guests: 3, returning: 2, at: house.clock.now() });
    let tx = house.stores.figures.begin_figures().await.unwrap();
    transact(tx, async |tx| tx.save_standings(std::slice::from_ref(&wrong)).await).await.unwrap();
    let named = figures(&house).differences(house.event.id).await.unwrap();
    let named: Vec<_> = named.iter().map(|it| (&*it.what, it.kept, it.found)).collect();
    let expected =
        [("a door that scanned", 0, 1), ("places", 11, 10), ("guests", 3, 1), ("returning guests", 2, 0)];
    assert_eq!(named, expected);
}

/// Writes how far was counted.
async fn look(house: &House, look: Look) {
    let tx = house.stores.figures.begin_figures().await.unwrap();
    let saved = transact(tx, async |tx| -> Result<(), StoreError> {
        tx.lock_look().await?;
        tx.save_look(&look).await
    });
    saved.await.unwrap();
}

pub async fn nobody_takes_over_from_who_is_at_it(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let before = noon() - TimeDelta::minutes(1);
    look(&house, Look { at: Some(noon()), until: Some(before), whole: true, cursor: None }).await;
    for _ in 0..4 {
        house.clock.advance(TimeDelta::minutes(1));
        assert_eq!(figures(&house).count().await.unwrap(), None, "somebody is at it");
    }
    house.clock.advance(TimeDelta::minutes(1));
    let counted = figures(&house).count().await.unwrap().unwrap();
    assert!(counted.kept, "whoever was at it is gone");
    house.clock.advance(TimeDelta::seconds(15));
    assert!(figures(&house).count().await.unwrap().is_some(), "that one has come to its end");
}

pub async fn a_clock_that_ran_ahead_once_hides_nothing(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let ahead = noon() + TimeDelta::hours(1);
    look(&house, Look { at: Some(ahead), until: Some(ahead), whole: true, cursor: None }).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    house.clock.advance(TimeDelta::minutes(30));
    let counted = figures(&house).count().await.unwrap().expect("nobody waits for that clock");
    assert!(counted.whole && counted.kept, "{counted:?}");
    assert_eq!(figures(&house).differences(house.event.id).await.unwrap(), []);
    let look = house.stores.figures.figures_look().await.unwrap();
    assert_eq!((look.at, look.until), (Some(house.clock.now()), Some(house.clock.now())));
}

pub async fn who_is_slower_than_others_writes_nothing(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let store = &house.stores.figures;
    let at = |at: Timestamp| Look { at: Some(at), ..Look::default() };
    // Whoever holds the row keeps the others waiting, and they see what was written then.
    let mut tx = store.begin_figures().await.unwrap();
    tx.lock_look().await.unwrap();
    tx.save_look(&at(noon() + TimeDelta::seconds(1))).await.unwrap();
    let waiting = tokio::spawn({
        let figures = figures(&house);
        async move { figures.count().await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    tx.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), None, "somebody has the turn");
    assert_eq!(store.figures_look().await.unwrap(), at(noon() + TimeDelta::seconds(1)));
}
