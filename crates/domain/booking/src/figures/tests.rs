mod looks;
mod sent_back;

use super::*;
use crate::ledger::postings;
use crate::samples::{noon, paid, sale};
use crate::{Booking, Item, Refund, RefundReason, RefundStatus, Sale, SaleStatus, Ticket, TicketStatus};
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use kernel::{
    Currency, EventId, Money, OrganisationId, PaymentId, RefundId, TicketTypeId, Timestamp, VatRate,
};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn berlin() -> Tz {
    "Europe/Berlin".parse().unwrap()
}

#[test]
fn a_day_is_that_of_the_place_and_has_23_24_or_25_hours() {
    for (day, hours) in [("2026-06-01", 24), ("2026-03-29", 23), ("2026-10-25", 25)] {
        let (from, until) = span_of(berlin(), date(day));
        assert_eq!(until - from, TimeDelta::hours(hours), "{day}");
        assert_eq!(
            (day_of(berlin(), from), day_of(berlin(), until)),
            (date(day), date(day).succ_opt().unwrap())
        );
    }
    assert_eq!(day_of(berlin(), at("2026-05-31T22:00:00Z")), date("2026-06-01"));
    assert_eq!(day_of(berlin(), at("2026-05-31T21:59:59Z")), date("2026-05-31"));
    assert_eq!(day_of(Tz::UTC, at("2026-05-31T22:00:00Z")), date("2026-05-31"));
}

#[test]
fn a_day_that_a_place_left_out_has_no_instant() {
    // Samoa had no 30 December 2011.
    let apia: Tz = "Pacific/Apia".parse().unwrap();
    let (from, until) = span_of(apia, date("2011-12-30"));
    assert_eq!(from, until);
    assert_eq!(day_of(apia, until), date("2011-12-31"));
    assert_eq!(day_of(apia, until - TimeDelta::seconds(1)), date("2011-12-29"));
}

proptest! {
    #[test]
    fn days_follow_one_another_without_gap_or_overlap(
        seconds in 0_i64..1_900_000_000, which in 0..6_usize,
    ) {
        // In Goose Bay clocks were put back from one minute past midnight.
        let zones = [
            "Europe/Berlin", "America/Goose_Bay", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe",
            "Pacific/Apia",
        ];
        let zone: Tz = zones[which].parse().unwrap();
        let instant = Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let day = day_of(zone, instant);
        let (from, until) = span_of(zone, day);
        prop_assert!(from <= instant && instant < until, "{day} of {instant} in {zone}: {from} to {until}");
        prop_assert_eq!(span_of(zone, day.succ_opt().unwrap()).0, until);
    }
}

#[test]
fn ids_sort_by_the_instants_that_they_were_made_at() {
    let before = noon() - TimeDelta::milliseconds(1);
    assert!(EventId::generate(before).as_uuid() < first_id(noon()));
    assert!(EventId::generate(noon()).as_uuid() >= first_id(noon()));
}

fn recounted(booking: &Booking, tickets: &[Ticket], entries: &[crate::ledger::Entry]) -> Recount {
    let mut recount = Recount::of(Tz::UTC);
    recount.order(booking, tickets, entries);
    recount
}

fn row(rows: &[DayRow], part: Part) -> Flow {
    rows.iter().find(|row| row.part == part).map(|row| row.flow).unwrap_or_default()
}

#[test]
fn what_is_sold_counts_on_the_day_on_which_it_was_paid() {
    let (_, booking, tickets) = paid(10, 2);
    let entries = postings(None, &booking, noon());
    let recount = recounted(&booking, &tickets, &entries);
    let days = recount.days();
    assert_eq!((days.len(), days[0].0), (1, date("2026-06-01")));
    let (rows, kind) = (&days[0].1, booking.items[0].ticket_type);
    let sold = row(rows, Part::Type(kind));
    assert_eq!((sold.tickets, sold.sold, sold.net()), (2, 5000, 5000));
    let order = row(rows, Part::Order);
    assert_eq!((order.orders, order.sold, order.vouchered), (1, 0, 0));
    assert_eq!(recount.counts().orders.confirmed, 1);
    assert_eq!(recount.counts().tickets().living(), 2);
}

/// Money that goes back of a booking, for these tickets.
fn send_back(booking: &mut Booking, cents: u32, tickets: &[Ticket], status: RefundStatus) {
    booking.refunds.push(Refund {
        id: RefundId::generate(noon()),
        payment: booking.paid_by.unwrap_or_else(|| PaymentId::generate(noon())),
        amount: Money::eur(cents),
        reason: RefundReason::Staff,
        status,
        reference: None,
        tickets: tickets.iter().map(|ticket| ticket.id).collect(),
        by: None,
        note: None,
        again: None,
        created_at: noon(),
        changed_at: noon(),
    });
}

#[test]
fn what_goes_back_is_taken_off_on_the_day_of_the_decision_and_comes_back_when_it_fails() {
    let (_, before, tickets) = paid(10, 2);
    let mut entries = postings(None, &before, noon());
    let mut decided = before.clone();
    send_back(&mut decided, 2500, &tickets[..1], RefundStatus::Created);
    let later = noon() + TimeDelta::days(1);
    entries.extend(postings(Some(&before), &decided, later));
    let recount = recounted(&decided, &tickets, &entries);
    let days = recount.days();
    let kind = Part::Type(before.items[0].ticket_type);
    assert_eq!((days.len(), days[0].0, days[1].0), (2, date("2026-06-01"), date("2026-06-02")));
    assert_eq!((row(&days[1].1, kind).refunded, row(&days[1].1, Part::Order).refunds), (2500, 1));
    let because = row(&days[1].1, Part::Reason(RefundReason::Staff));
    assert_eq!((because.refunds, because.refunded, because.gone), (1, 2500, 0));
    let mut failed = decided.clone();
    failed.refunds[0].status = RefundStatus::Failed;
    entries.extend(postings(Some(&decided), &failed, later));
    let days = recounted(&failed, &tickets, &entries).days();
    assert_eq!(days.len(), 1, "of what came to nothing nothing is left: {days:?}");
}

fn item(cents: u32, quantity: u32) -> Item {
    Item {
        ticket_type: TicketTypeId::generate(noon()),
        quantity,
        unit_price: Money::eur(cents),
        vat: VatRate::ZERO,
        list_price: None,
        seat: None,
    }
}

fn sale_of(items: Vec<Item>, cents: u32) -> Moved {
    let organiser = crate::ledger::Account::Organiser(OrganisationId::generate(noon()));
    Moved {
        kind: crate::ledger::EntryKind::Sale,
        reversal: false,
        from: organiser,
        to: crate::ledger::Account::Buyers,
        amount: Money::eur(cents),
        items,
        vouchered: true,
        reason: None,
        given_back: Vec::new(),
        refund: None,
        earlier: Vec::new(),
        times: 1,
    }
}

#[test]
fn what_cannot_be_divided_goes_to_the_first_types() {
    let items = vec![item(1000, 1), item(1000, 1), item(1000, 1)];
    let types: Vec<_> = items.iter().map(|item| Part::Type(item.ticket_type)).collect();
    let rows = Facts { moved: vec![sale_of(items, 1000)], sold: Vec::new() }.rows();
    let sold: Vec<_> = types.iter().map(|part| row(&rows, *part).sold).collect();
    assert_eq!(sold, [334, 333, 333]);
    assert!(rows.iter().all(|row| row.flow.sold_with_voucher == row.flow.sold));
}

proptest! {
    #[test]
    fn however_it_is_divided_it_adds_up(
        prices in proptest::collection::vec((0_u32..5000, 1_u32..5), 1..5),
        cents in 1_u32..1_000_000, reversal in any::<bool>(), times in 1_i64..4,
    ) {
        let items: Vec<_> = prices.into_iter().map(|(cents, quantity)| item(cents, quantity)).collect();
        let mut moved = sale_of(items, cents);
        if reversal {
            std::mem::swap(&mut moved.from, &mut moved.to);
        }
        let moved = Moved { reversal, times, ..moved };
        let rows = Facts { moved: vec![moved.clone()], sold: Vec::new() }.rows();
        let sum: i64 = rows.iter().map(|row| row.flow.sold).sum();
        let sign = if reversal { -1 } else { 1 };
        prop_assert_eq!(sum, sign * times * i64::from(cents));
        let back = Moved {
            reversal: !reversal, from: moved.to.clone(), to: moved.from.clone(), ..moved.clone()
        };
        prop_assert_eq!(Facts { moved: vec![moved, back], sold: Vec::new() }.rows(), Vec::new());
    }
}

#[test]
fn currencies_are_never_added_up() {
    let yen = Sold { currency: Currency::JPY, discount: None, types: Vec::new(), times: 2 };
    let euro = Sold { currency: Currency::EUR, discount: Some(500), types: Vec::new(), times: 1 };
    let rows = Facts { moved: Vec::new(), sold: vec![yen, euro] }.rows();
    let told: Vec<_> = rows.iter().map(|row| (row.currency, row.flow.orders, row.flow.discount)).collect();
    assert_eq!(told, [(Currency::EUR, 1, 500), (Currency::JPY, 2, 0)]);
}

#[test]
fn a_difference_is_named_by_day_part_and_figure() {
    let (_, booking, tickets) = paid(10, 1);
    let recount = recounted(&booking, &tickets, &postings(None, &booking, noon()));
    let (event, organisation) = (booking.event, booking.organisation);
    let kept: Vec<_> =
        recount.days().into_iter().map(|(day, rows)| DayFigures { event, organisation, day, rows }).collect();
    assert_eq!(recount.differences_of_days(event, &kept), []);
    let mut wrong = kept.clone();
    let sold = wrong[0].rows.iter_mut().find(|row| row.flow.sold > 0).unwrap();
    sold.flow.sold -= 1;
    let named = recount.differences_of_days(event, &wrong);
    assert_eq!((named.len(), named[0].kept, named[0].found), (1, 2499, 2500));
    assert!(named[0].what.starts_with("2026-06-01, ticket type "), "{named:?}");
    assert!(named[0].what.ends_with(", EUR: sold"), "{named:?}");
    assert!(!recount.differences_of_days(event, &[]).is_empty(), "what is missing is a difference as well");
}

#[test]
fn whatever_stands_is_counted_again_from_its_rows() {
    let (sale, booking, tickets) = paid(10, 2);
    let mut recount = recounted(&booking, &tickets, &[]);
    recount.door(true);
    assert_eq!(recount.holders().iter().collect::<Vec<_>>(), [&booking.buyer]);
    recount.guest(vec![HeldTicket { status: TicketStatus::Valid, let_in: true, scanned: true }]);
    let found = recount.standing(&sale, noon());
    assert_eq!(found.guests, Some(GuestFigures { guests: 1, returning: 1, at: noon() }));
    let named = |kept: &EventFigures| {
        let all = found.differences(Some(kept)).into_iter().chain(found.differences_of_guests(Some(kept)));
        all.map(|it| (it.what, it.kept, it.found)).collect::<Vec<_>>()
    };
    assert_eq!(named(&found), []);
    let mut wrong = found.clone();
    wrong.counts.orders.confirmed = 2;
    assert_eq!(named(&wrong), [("confirmed orders".to_owned(), 2, 1)]);
    let mut wrong = found.clone();
    (wrong.places, wrong.counts.door, wrong.open) = (9, false, false);
    let expected = [("a door that scanned", 0, 1), ("a sale that is open", 0, 1), ("places", 9, 10)];
    assert_eq!(named(&wrong), expected.map(|(what, kept, found)| (what.to_owned(), kept, found)));
    let wrong =
        EventFigures { guests: Some(GuestFigures { guests: 1, returning: 0, at: noon() }), ..found.clone() };
    assert_eq!(named(&wrong), [("returning guests".to_owned(), 0, 1)]);
    assert!(!found.differences(None).is_empty(), "what is missing is a difference as well");
}

#[test]
fn of_an_event_that_nobody_can_see_nothing_needs_be_kept() {
    let mut closed = sale(vec![crate::samples::offer(10, 0)]);
    let differences = |sale: &Sale| Recount::of(Tz::UTC).standing(sale, noon()).differences(None);
    assert_eq!(differences(&closed).len(), 2, "that it is open, and its places");
    closed.status = SaleStatus::Closed;
    assert_eq!(differences(&closed), []);
}

#[test]
fn places_are_those_of_types_and_quotas_within_the_capacity() {
    let quota = |quantity| Some(crate::Quota { id: kernel::QuotaId::from(uuid::Uuid::nil()), quantity });
    let mut offers =
        vec![crate::samples::offer(10, 0), crate::samples::offer(10, 0), crate::samples::offer(10, 0)];
    for offer in offers.iter_mut().skip(1) {
        offer.quota = quota(15);
    }
    let mut sale = sale(offers);
    assert_eq!(places(&sale), 25);
    sale.capacity = Some(20);
    assert_eq!(places(&sale), 20);
}

#[test]
fn who_did_not_come_is_known_when_it_is_over_and_somebody_scanned() {
    let (sale, booking, tickets) = paid(10, 2);
    let mut counts = recounted(&booking, &tickets, &[]).counts().clone();
    let over = sale.ends_at;
    assert_eq!(EventFigures::of(&sale, counts.clone(), None).no_shows(over), None);
    assert!(EventFigures::of(&sale, counts.clone(), None).open);
    counts.door = true;
    let figures = EventFigures::of(&sale, counts, None);
    assert_eq!((figures.no_shows(noon()), figures.no_shows(over)), (None, Some(2)));
    let total = Total::of([&figures], over, false);
    assert_eq!((total.events, total.places, total.expected, total.no_shows), (1, 10, 2, 2));
}

#[test]
fn who_holds_a_ticket_was_there_unless_the_door_scanned_and_did_not_see_them() {
    let held = |status, let_in, scanned| HeldTicket { status, let_in, scanned };
    for (ticket, was_there) in [
        (held(TicketStatus::CheckedIn, true, true), true),
        (held(TicketStatus::Valid, false, false), true),
        (held(TicketStatus::Valid, false, true), false),
        (held(TicketStatus::Cancelled, false, false), false),
        (held(TicketStatus::Cancelled, true, true), true),
    ] {
        assert_eq!(ticket.was_there(), was_there, "{ticket:?}");
    }
    let guests = |earlier, times| Guests { earlier, times };
    let all = [
        guests(vec![], 3),
        guests(vec![held(TicketStatus::Valid, false, true), held(TicketStatus::CheckedIn, true, true)], 2),
        guests(vec![held(TicketStatus::Valid, false, true)], 4),
    ];
    assert_eq!(GuestFigures::of(&all, noon()), GuestFigures { guests: 9, returning: 2, at: noon() });
    assert_eq!(GuestFigures::of(&[], noon()).guests, 0);
}

#[test]
fn of_few_guests_nothing_is_told_but_to_admins() {
    let (sale, booking, tickets) = paid(10, 2);
    let counts = recounted(&booking, &tickets, &[]).counts().clone();
    let of = |guests, returning| {
        let guests = GuestFigures { guests, returning, at: noon() };
        EventFigures::of(&sale, counts.clone(), Some(guests))
    };
    let all = [of(2, 1), of(3, 2), of(1, 1)];
    let told = |to_admin| {
        let total = Total::of(&all, noon(), to_admin);
        (total.events, total.guests, total.returning)
    };
    assert_eq!((told(false), told(true)), ((3, 3, 2), (3, 6, 4)));
    assert_eq!(all.clone().map(|it| it.guests.and_then(|it| it.told(false)).is_some()), [false, true, false]);
}

#[test]
fn an_offer_that_was_not_wanted_has_ended_as_one_that_ran_out() {
    let mut counts = Counts::default();
    for (status, number, offered) in [
        (crate::EntryStatus::Waiting, 1, 0),
        (crate::EntryStatus::Offered, 2, 2),
        (crate::EntryStatus::Accepted, 4, 4),
        (crate::EntryStatus::Expired, 3, 1),
        (crate::EntryStatus::Left, 5, 2),
    ] {
        counts.add_entries(status, number, (number, offered));
    }
    let list = counts.list;
    assert_eq!((list.accepted, list.expired, list.left, list.lapsed_offers), (4, 3, 5, 3));
    assert_eq!(percent(list.accepted, list.accepted + list.lapsed_offers), Some(57));
}

#[test]
fn shares_are_rounded_and_none_of_nothing() {
    let shares = [(0, 0), (0, 3), (1, 3), (2, 3), (3, 3), (199, 200)];
    let expected = [None, Some(0), Some(33), Some(67), Some(100), Some(100)];
    assert_eq!(shares.map(|(part, whole)| percent(part, whole)), expected);
}

#[test]
fn amounts_are_ranked_within_their_own_currency() {
    let amounts = [
        (Currency::JPY, 900_000),
        (Currency::EUR, 2500),
        (Currency::EUR, 5000),
        (Currency::JPY, 1000),
        (Currency::EUR, 5000),
        (Currency::EUR, -100),
    ];
    assert_eq!(ranks(&amounts), [0, 1, 0, 1, 0, 2]);
    assert_eq!(ranks(&[]), Vec::<usize>::new());
}
