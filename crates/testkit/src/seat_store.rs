//! What every store promises of halls, of the seats of events, and of who has which.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, confirm_free, confirm_paid};
use crate::fixtures_events::{event_input, events_at_noon, organisation, organiser, type_input};
use crate::fixtures_seats::{hall, seated, seated_in, section};
use crate::pages::in_pages;
use crate::{ScriptedProvider, Stores, noon, voucher_store};
use booking::use_cases::HoldError;
use booking::{
    BookingStatus, Charge, Claim, ClaimState, HoldRefusal, Provider, RawNotice, SeatWish, Standing as Stands,
    Wanted, Wish,
};
use chrono::TimeDelta;
use events::use_cases::{AccessError, SeatingError, TicketTypeError, UpdateError, VenueError};
use events::{EventInput, PriceInput, SeatChange, Standing, TicketTypeInput};
use kernel::{HoldId, PageRequest, SeatId, StoreError, VenueTemplateId, transact};
use std::collections::BTreeSet;

/// One test per promise: `testkit::seat_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! seat_store_contract {
    ($open:ident) => {
        $crate::seat_store_contract!($open;
            a_hall_reads_back_whole,
            halls_are_listed_the_newest_first_in_pages_that_meet,
            a_hall_of_which_an_event_was_made_is_not_deleted,
            halls_of_other_organisations_are_unknown,
            a_hall_that_is_edited_changes_no_event,
            an_event_moves_to_another_hall_until_something_is_held,
            an_event_goes_with_its_seats,
            one_seat_is_held_once_however_many_want_it,
            groups_sit_together_however_many_come_at_once,
            a_seat_is_free_in_every_other_event_of_the_hall,
            a_hold_that_ended_is_taken_over_with_its_seats,
            what_is_given_back_is_free_again,
            a_claim_follows_the_booking_to_its_tickets_and_ends_with_them,
            late_money_gets_the_same_seats_or_goes_back,
            late_money_gets_a_seat_whose_next_hold_has_ended,
            late_money_gets_no_seat_that_is_blocked,
            types_of_a_section_share_its_seats,
            a_seat_that_is_held_is_not_blocked,
            no_more_seats_are_blocked_than_vouchers_leave,
            a_store_refuses_a_second_claim_and_keeps_nothing,
            claims_without_their_rows_are_found,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod seat_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::seat_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn consistent(house: &House) {
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
}

async fn claims(house: &House) -> Vec<Claim> {
    let mut claims = house.stores.booking.claimed_seats(house.event.id, None).await.unwrap();
    claims.sort_by_key(|claim| claim.seat);
    claims
}

fn block(seat: SeatId) -> SeatChange {
    SeatChange { seat, accessible: Some(true), blocked: Some(true), aisle_after: None, price: None }
}

async fn manager(house: &House) -> kernel::Actor {
    organiser(&house.stores, house.event.organisation, Standing::Manager).await
}

pub async fn a_hall_reads_back_whole(stores: Stores) {
    let (hall, actor) = hall(&stores, "C", 4).await;
    let events = events_at_noon(&stores);
    assert_eq!(stores.events.template(hall.id).await.unwrap().as_ref(), Some(&hall));
    let seat = hall.sections[0].rows[1].seats[2].id;
    let after = events.update_venue_template(actor, hall.id, "Ballroom", &[block(seat)]).await.unwrap();
    assert_eq!((after.name.as_str(), after.sections[0].for_sale()), ("Ballroom", 11));
    assert_eq!(stores.events.template(hall.id).await.unwrap(), Some(after));
    let house = seated_in(stores, &hall, actor, 2000).await;
    let seating = house.seating().await;
    assert_eq!((seating.version, seating.seats()), (1, 12));
    let store = &house.stores.events;
    assert_eq!(store.seating_version(house.event.id).await.unwrap(), Some(1));
    assert_eq!(store.event(house.event.id).await.unwrap().unwrap().venue_template, Some(hall.id));
    let (kind, section) = (&house.ticket_type, &seating.sections[0]);
    assert_eq!(
        (kind.section, kind.quota, kind.quantity),
        (Some(section.section.id), Some(section.quota), 11)
    );
    assert_eq!(store.template(VenueTemplateId::generate(noon())).await.unwrap(), None);
    assert_eq!(house.stores.booking.sales(&[house.event.id]).await.unwrap()[0].plan, Some(1));
}

pub async fn halls_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let (first, actor) = hall(&stores, "A", 3).await;
    let events = events_at_noon(&stores);
    let mut ids = vec![first.id];
    for _ in 0..3 {
        let more = events.add_venue_template(actor, first.organisation, "Another").await.unwrap();
        ids.push(more.id);
    }
    let (other, _) = hall(&stores, "A", 3).await;
    ids.sort_unstable_by(|one, next| next.cmp(one));
    let found = in_pages(3, async |page| events.venue_templates(actor, page).await).await;
    let found: Vec<_> = found.into_iter().map(|it| it.id).collect();
    assert_eq!(found, ids);
    let all = stores.events.templates(None, PageRequest { limit: 100, after: None }).await.unwrap().items;
    assert!(all.iter().any(|it| it.id == other.id));
    let summary = all.iter().find(|it| it.id == first.id).unwrap();
    assert_eq!((summary.sections, summary.seats), (1, 3));
}

pub async fn a_hall_of_which_an_event_was_made_is_not_deleted(stores: Stores) {
    let (hall, actor) = hall(&stores, "A", 3).await;
    let house = seated_in(stores, &hall, actor, 0).await;
    let events = events_at_noon(&house.stores);
    let refused = events.delete_venue_template(actor, hall.id).await;
    assert!(matches!(refused, Err(VenueError::InUse)), "{refused:?}");
    events.delete(actor, house.event.id).await.unwrap();
    events.delete_venue_template(actor, hall.id).await.unwrap();
    assert_eq!(house.stores.events.template(hall.id).await.unwrap(), None);
    let gone = events.venue_template(actor, hall.id).await;
    assert!(matches!(gone, Err(AccessError::NotFound)), "{gone:?}");
}

pub async fn halls_of_other_organisations_are_unknown(stores: Stores) {
    let (hall, _) = hall(&stores, "A", 3).await;
    let elsewhere = organisation(&stores).await;
    let stranger = organiser(&stores, elsewhere, Standing::Owner).await;
    let events = events_at_noon(&stores);
    let seen = events.venue_template(stranger, hall.id).await;
    assert!(matches!(seen, Err(AccessError::NotFound)), "{seen:?}");
    let edited = events.update_venue_template(stranger, hall.id, "Mine", &[]).await;
    assert!(matches!(edited, Err(VenueError::Access(AccessError::NotFound))), "{edited:?}");
    let input = EventInput {
        venue_template: Some(hall.id),
        base_price: Some(PriceInput { amount: 100, currency: "EUR".into() }),
        ..event_input(elsewhere)
    };
    let unknown = EventInput { venue_template: Some(VenueTemplateId::generate(noon())), ..input.clone() };
    for input in [input, unknown] {
        let Err(events::use_cases::CreateError::Invalid(mistakes)) = events.create(stranger, &input).await
        else {
            panic!("a foreign hall was taken")
        };
        assert_eq!((mistakes[0].field.as_str(), mistakes[0].code), ("venue_template_id", "unknown"));
    }
    assert_eq!(stores.events.template(hall.id).await.unwrap(), Some(hall));
}

pub async fn a_hall_that_is_edited_changes_no_event(stores: Stores) {
    let (hall, actor) = hall(&stores, "B", 3).await;
    let house = seated_in(stores, &hall, actor, 0).await;
    let before = house.seating().await;
    let events = events_at_noon(&house.stores);
    let seat = hall.sections[0].rows[0].seats[0].id;
    events.update_venue_template(actor, hall.id, "Hall", &[block(seat)]).await.unwrap();
    events.add_section(actor, hall.id, &section("Circle", "A", 2, "2")).await.unwrap();
    assert_eq!(house.seating().await, before);
    let (copy, types) = events.duplicate(actor, house.event.id, &events::CopyInput::default()).await.unwrap();
    let copied = house.stores.events.seating(copy.id).await.unwrap().unwrap();
    assert_eq!(copied.sections[0].section, before.sections[0].section);
    assert_eq!(copied.sections[0].ticket_type, types[0].ticket_type.id);
    assert_ne!(copied.sections[0].quota, before.sections[0].quota);
}

pub async fn an_event_moves_to_another_hall_until_something_is_held(stores: Stores) {
    let (first, actor) = hall(&stores, "B", 3).await;
    let house = seated_in(stores, &first, actor, 1000).await;
    let events = events_at_noon(&house.stores);
    let second = events.add_venue_template(actor, first.organisation, "Second").await.unwrap();
    events.add_section(actor, second.id, &section("Circle", "A", 5, "1.5")).await.unwrap();
    let input = |template, cents| EventInput {
        venue_template: template,
        base_price: Some(PriceInput { amount: cents, currency: "EUR".into() }),
        capacity: None,
        ..event_input(first.organisation)
    };
    let prices = async || {
        let types = house.stores.events.ticket_types(house.event.id).await.unwrap();
        types.iter().map(|it| (it.ticket_type.price.minor(), it.ticket_type.quantity)).collect::<Vec<_>>()
    };
    events.update(actor, house.event.id, &input(None, 2000)).await.unwrap();
    assert_eq!(prices().await, [(2000, 6)], "prices follow the base price, and the hall stays");
    events.update(actor, house.event.id, &input(Some(second.id), 2000)).await.unwrap();
    assert_eq!(prices().await, [(3000, 5)]);
    assert_eq!((house.seats().await.len(), house.seating().await.version), (5, 2));
    let guest = buyer(&house.stores).await;
    let seats = house.seats().await;
    bookings(&house).keep(house.wish_for(guest, &seats[..1])).await.unwrap();
    let moved = events.update(actor, house.event.id, &input(Some(first.id), 2000)).await;
    let Err(UpdateError::Invalid(mistakes)) = moved else { panic!("{moved:?}") };
    assert_eq!((mistakes[0].field.as_str(), mistakes[0].code), ("venue_template_id", "frozen"));
    consistent(&house).await;
}

pub async fn an_event_goes_with_its_seats(stores: Stores) {
    let house = seated(stores, "A", 3, 0).await;
    let actor = manager(&house).await;
    events_at_noon(&house.stores).delete(actor, house.event.id).await.unwrap();
    assert_eq!(house.stores.events.seating(house.event.id).await.unwrap(), None);
    assert_eq!(house.stores.events.quotas(house.event.id).await.unwrap(), []);
}

pub async fn one_seat_is_held_once_however_many_want_it(stores: Stores) {
    let house = seated(stores, "A", 3, 0).await;
    let seat = house.seats().await[1];
    let crowd: Vec<_> = (0..16)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move {
                let guest = buyer(&house.stores).await;
                // A desk of its own: the store alone has to keep the buyers apart.
                let bookings = bookings(&house);
                match bookings.keep(house.wish_for(guest, &[seat])).await {
                    Ok(hold) => confirm_free(&bookings, guest, hold.id).await.tickets.len(),
                    Err(HoldError::Refused(HoldRefusal::SeatUnavailable(gone))) => {
                        assert_eq!(gone, [seat]);
                        0
                    }
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut sold = 0;
    for guest in crowd {
        sold += guest.await.unwrap();
    }
    assert_eq!(sold, 1);
    let claims = claims(&house).await;
    assert_eq!(claims.iter().map(|it| (it.seat, it.state)).collect::<Vec<_>>(), [(seat, ClaimState::Sold)]);
    consistent(&house).await;
}

pub async fn groups_sit_together_however_many_come_at_once(stores: Stores) {
    let house = seated(stores, "D", 6, 0).await;
    let seats = house.seats().await;
    let crowd: Vec<_> = (0..24_u32)
        .map(|number| {
            let house = house.clone();
            tokio::spawn(async move {
                let guest = buyer(&house.stores).await;
                let wanted = house.want(2 + number % 3);
                bookings(&house).hold(guest, house.event.id, wanted).await
            })
        })
        .collect();
    let mut taken = BTreeSet::new();
    for guest in crowd {
        let hold = match guest.await.unwrap() {
            Ok(hold) => hold,
            Err(HoldError::Refused(HoldRefusal::NotTogether { .. } | HoldRefusal::SoldOut { .. })) => {
                continue;
            }
            Err(other) => panic!("{other:?}"),
        };
        let mut group: Vec<usize> = Vec::new();
        for item in &hold.items {
            let id = item.seat.as_ref().unwrap().id;
            group.push(seats.iter().position(|seat| *seat == id).unwrap());
            assert!(taken.insert(id), "a seat was given twice");
        }
        group.sort_unstable();
        assert!(
            group.windows(2).all(|pair| pair[1] == pair[0] + 1 && pair[1] / 6 == pair[0] / 6),
            "{group:?}"
        );
    }
    assert!(taken.len() >= 18, "only {} of 24 seats were given", taken.len());
    assert_eq!(claims(&house).await.len(), taken.len());
    consistent(&house).await;
}

pub async fn a_seat_is_free_in_every_other_event_of_the_hall(stores: Stores) {
    let (hall, actor) = hall(&stores, "A", 2).await;
    let one = seated_in(stores.clone(), &hall, actor, 0).await;
    let input = EventInput {
        title: "The next night".into(),
        venue_template: Some(hall.id),
        base_price: Some(PriceInput { amount: 0, currency: "EUR".into() }),
        capacity: None,
        ..event_input(hall.organisation)
    };
    let events = events_at_noon(&stores);
    let next = events.create(actor, &input).await.unwrap();
    let next = events.publish(actor, next.id).await.unwrap();
    let other = House { event: next, ..one.clone() };
    assert_eq!(one.seats().await, other.seats().await);
    let seats = one.seats().await;
    let guest = buyer(&stores).await;
    for house in [&one, &other] {
        bookings(house).keep(house.wish_for(guest, &seats)).await.unwrap();
        assert_eq!(claims(house).await.len(), 2);
    }
    consistent(&one).await;
}

pub async fn a_hold_that_ended_is_taken_over_with_its_seats(stores: Stores) {
    let house = seated(stores, "A", 4, 0).await;
    let seats = house.seats().await;
    let (first, second) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let bookings = bookings(&house);
    let old = bookings.keep(house.wish_for(first, &seats[..3])).await.unwrap();
    house.clock.advance(TimeDelta::seconds(599));
    let refused = bookings.keep(house.wish_for(second, &seats[2..])).await;
    assert!(
        matches!(&refused, Err(HoldError::Refused(HoldRefusal::SeatUnavailable(gone))) if *gone == seats[2..3]),
        "{refused:?}"
    );
    house.clock.advance(TimeDelta::seconds(1));
    let new = bookings.keep(house.wish_for(second, &seats[2..])).await.unwrap();
    assert!(claims(&house).await.iter().all(|claim| claim.hold == new.id), "the whole old hold is gone");
    assert_eq!(house.stores.booking.hold(old.id).await.unwrap(), None);
    assert_eq!(claims(&house).await.len(), 2);
    consistent(&house).await;
    house.clock.advance(TimeDelta::seconds(600));
    let group = bookings.hold(first, house.event.id, house.want(4)).await.unwrap();
    assert_eq!((group.items.len(), claims(&house).await.len()), (4, 4));
    assert!(claims(&house).await.iter().all(|claim| claim.hold == group.id));
    consistent(&house).await;
}

pub async fn what_is_given_back_is_free_again(stores: Stores) {
    let house = seated(stores, "A", 3, 2000).await;
    let seats = house.seats().await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.keep(house.wish_for(guest, &seats)).await.unwrap();
    assert_eq!(bookings.release(guest, hold.id).await.unwrap(), Some(hold.event), "whose places are free");
    assert_eq!(claims(&house).await, []);
    bookings.keep(house.wish_for(guest, &seats)).await.unwrap();
    house.clock.advance(TimeDelta::minutes(11));
    assert_eq!(bookings.sweep().await.unwrap(), 1);
    assert_eq!(claims(&house).await, []);
    let booking = booked_unpaid(&house, guest, 3).await;
    assert!(claims(&house).await.iter().all(|claim| claim.state == ClaimState::Booked));
    house.clock.advance(TimeDelta::minutes(31));
    bookings.attend(booking.id).await.unwrap();
    assert_eq!(claims(&house).await, []);
    consistent(&house).await;
    assert!(bookings.keep(house.wish_for(guest, &seats)).await.is_ok());
}

pub async fn a_claim_follows_the_booking_to_its_tickets_and_ends_with_them(stores: Stores) {
    let house = seated(stores, "B", 3, 2000).await;
    let seats = house.seats().await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.keep(house.wish_for(guest, &seats[..2])).await.unwrap();
    assert_eq!(hold.items[0].seat.as_ref().unwrap().label, "Stalls A-1");
    let of_hold = |state| move |claim: &Claim| claim.hold == hold.id && claim.state == state;
    let until = hold.expires_at;
    assert!(claims(&house).await.iter().all(of_hold(ClaimState::Held { until })));
    let placed = confirm_paid(&bookings, guest, hold.id).await;
    assert!(claims(&house).await.iter().all(of_hold(ClaimState::Booked)));
    let payment = placed.booking.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    let booking = bookings.come_back(payment).await.unwrap().unwrap();
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert!(claims(&house).await.iter().all(of_hold(ClaimState::Sold)));
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let of_tickets: BTreeSet<_> = tickets.iter().map(|ticket| ticket.seat.as_ref().unwrap().id).collect();
    assert_eq!(of_tickets, seats[..2].iter().copied().collect());
    consistent(&house).await;
    let staff = crate::fixtures_bookings::by(manager(&house).await.account);
    let wish = booking::RefundWish {
        id: None,
        amount: None,
        tickets: Some(vec![tickets[0].id]),
        again: false,
        keep_tickets: false,
        reason: booking::RefundReason::Staff,
        by: None,
        note: None,
    };
    bookings.refund(booking.id, &wish, &staff).await.unwrap();
    let left = claims(&house).await;
    assert_eq!(left.iter().map(|it| it.seat).collect::<Vec<_>>(), [tickets[1].seat.as_ref().unwrap().id]);
    consistent(&house).await;
    let other = buyer(&house.stores).await;
    assert!(bookings.keep(house.wish_for(other, &[tickets[0].seat.as_ref().unwrap().id])).await.is_ok());
    consistent(&house).await;
}

pub async fn late_money_gets_the_same_seats_or_goes_back(stores: Stores) {
    let house = seated(stores, "A", 4, 2000).await;
    let seats = house.seats().await;
    let (first, second, other) =
        (buyer(&house.stores).await, buyer(&house.stores).await, buyer(&house.stores).await);
    let bookings = bookings(&house);
    let mut late = Vec::new();
    for (guest, seats) in [(first, &seats[..2]), (second, &seats[2..])] {
        let hold = bookings.keep(house.wish_for(guest, seats)).await.unwrap();
        late.push(confirm_paid(&bookings, guest, hold.id).await.booking);
    }
    house.clock.advance(TimeDelta::minutes(31));
    for booking in &late {
        bookings.attend(booking.id).await.unwrap();
    }
    assert_eq!(claims(&house).await, []);
    // One seat of the second booking is somebody else's by now.
    bookings.keep(house.wish_for(other, &seats[3..])).await.unwrap();
    for (booking, becomes) in late.iter().zip([BookingStatus::Confirmed, BookingStatus::Expired]) {
        let payment = booking.payments[0].id;
        let session = ScriptedProvider::session(payment);
        let charge = Charge { reference: format!("late-{payment}"), amount: booking.total, live: false };
        house.provider.stands(&session, Stands::Paid(charge));
        let headers = vec![("session".into(), session), ("id".into(), format!("late-{payment}"))];
        bookings.hear(Provider::Stripe, &RawNotice { headers, body: Vec::new() }).await.unwrap();
        let booking = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
        assert_eq!(booking.status, becomes);
        assert_eq!(booking.refunds.len(), usize::from(becomes == BookingStatus::Expired));
        consistent(&house).await;
    }
    let held: BTreeSet<_> = claims(&house).await.iter().map(|claim| claim.seat).collect();
    assert_eq!(held, [seats[0], seats[1], seats[3]].into());
}

/// A booking of one seat whose time is over, before its money came.
async fn given_up(house: &House, seat: SeatId) -> booking::Booking {
    let (guest, bookings) = (buyer(&house.stores).await, bookings(house));
    let hold = bookings.keep(house.wish_for(guest, &[seat])).await.unwrap();
    let booking = confirm_paid(&bookings, guest, hold.id).await.booking;
    house.clock.advance(TimeDelta::minutes(31));
    bookings.attend(booking.id).await.unwrap();
    assert_eq!(claims(house).await, []);
    booking
}

/// Its money comes after all; how it stands then.
async fn late_money(house: &House, booking: &booking::Booking) -> (BookingStatus, usize) {
    let session = ScriptedProvider::session(booking.payments[0].id);
    let charge = Charge { reference: "late".into(), amount: booking.total, live: false };
    house.provider.stands(&session, Stands::Paid(charge));
    let headers = vec![("session".into(), session), ("id".into(), "late".into())];
    bookings(house).hear(Provider::Stripe, &RawNotice { headers, body: Vec::new() }).await.unwrap();
    let booking = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    (booking.status, booking.refunds.len())
}

pub async fn late_money_gets_a_seat_whose_next_hold_has_ended(stores: Stores) {
    let house = seated(stores, "A", 1, 2000).await;
    let seats = house.seats().await;
    let late = given_up(&house, seats[0]).await;
    let next = bookings(&house).keep(house.wish_for(buyer(&house.stores).await, &seats)).await.unwrap();
    // Nobody has given its seat back yet.
    house.clock.set(next.expires_at);
    assert_eq!(late_money(&house, &late).await, (BookingStatus::Confirmed, 0));
    let claims = claims(&house).await;
    assert_eq!((claims.len(), claims[0].hold, claims[0].state), (1, late.hold, ClaimState::Sold));
    consistent(&house).await;
}

pub async fn late_money_gets_no_seat_that_is_blocked(stores: Stores) {
    let house = seated(stores, "A", 2, 2000).await;
    let seats = house.seats().await;
    let late = given_up(&house, seats[0]).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    events.change_seats(actor, house.event.id, &[block(seats[0])]).await.unwrap();
    assert_eq!(late_money(&house, &late).await, (BookingStatus::Expired, 1));
    assert_eq!(claims(&house).await, []);
    consistent(&house).await;
}

pub async fn types_of_a_section_share_its_seats(stores: Stores) {
    let house = seated(stores, "A", 4, 2000).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let reduced = TicketTypeInput {
        name: "Reduced".into(),
        price: PriceInput { amount: 1000, currency: "EUR".into() },
        section: house.ticket_type.section,
        ..type_input(3)
    };
    let reduced = events.add_ticket_type(actor, house.event.id, &reduced).await.unwrap();
    assert_eq!(reduced.quota, house.ticket_type.quota);
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let wanted = |kind, quantity| Wanted { ticket_type: kind, quantity };
    let both = vec![wanted(house.ticket_type.id, 1), wanted(reduced.id, 2)];
    let hold = bookings.hold(guest, house.event.id, both).await.unwrap();
    assert_eq!((hold.items.len(), hold.total.minor()), (3, 4000));
    consistent(&house).await;
    let left = events.availability(Some(actor), house.event.id).await.unwrap();
    assert_eq!(left.iter().map(|left| left.available).collect::<Vec<_>>(), [1, 1]);
    let mut wish = house.wish_for(guest, &house.seats().await);
    wish.seats
        .chosen
        .retain(|choice| hold.items.iter().all(|it| it.seat.as_ref().unwrap().id != choice.seat));
    wish.seats.chosen[0].ticket_type = Some(reduced.id);
    let last = bookings.keep(wish).await.unwrap();
    assert_eq!(last.total.minor(), 1000);
    let refused = events.delete_ticket_type(actor, house.ticket_type.id).await;
    assert!(matches!(refused, Err(TicketTypeError::OfSection)), "{refused:?}");
    let more = Wish {
        buyer: guest,
        event: house.event.id,
        wanted: house.want(1),
        voucher: None,
        seats: SeatWish { apart: true, ..SeatWish::default() },
    };
    let refused = bookings.keep(more).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { left: 0, .. }))), "{refused:?}");
    consistent(&house).await;
}

pub async fn a_seat_that_is_held_is_not_blocked(stores: Stores) {
    let house = seated(stores, "A", 4, 2000).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let seats = house.seats().await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    bookings.keep(house.wish_for(guest, &seats[..1])).await.unwrap();
    let refused = events.change_seats(actor, house.event.id, &[block(seats[0]), block(seats[1])]).await;
    assert!(matches!(&refused, Err(SeatingError::Taken(ids)) if *ids == seats[..1]), "{refused:?}");
    assert_eq!(house.seating().await.version, 1);
    let after = events.change_seats(actor, house.event.id, &[block(seats[1])]).await.unwrap();
    assert_eq!((after.version, after.sections[0].section.for_sale()), (2, 3));
    assert_eq!(house.stores.events.seating_version(house.event.id).await.unwrap(), Some(2));
    let types = house.stores.events.ticket_types(house.event.id).await.unwrap();
    assert_eq!((types[0].ticket_type.quantity, types[0].quota.as_ref().unwrap().quantity), (3, 3));
    let refused = bookings.keep(house.wish_for(guest, &seats[1..2])).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SeatUnavailable(_)))), "{refused:?}");
    let open = SeatChange { blocked: Some(false), accessible: Some(false), ..block(seats[1]) };
    events.change_seats(actor, house.event.id, &[open]).await.unwrap();
    assert!(
        bookings.keep(house.wish_for(guest, &seats[1..2])).await.is_ok(),
        "the plan in memory is not an old one"
    );
    consistent(&house).await;
}

pub async fn no_more_seats_are_blocked_than_vouchers_leave(stores: Stores) {
    let house = seated(stores, "A", 4, 2000).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let seats = house.seats().await;
    voucher_store::make(&house, "GUESTS", &voucher_store::keeping(&house, 3)).await.unwrap();
    let refused = events.change_seats(actor, house.event.id, &[block(seats[0]), block(seats[1])]).await;
    let Err(SeatingError::Invalid(mistakes)) = refused else { panic!("{refused:?}") };
    assert_eq!((mistakes[0].field.as_str(), mistakes[0].code), ("seats", "below_taken"));
    assert_eq!(house.seating().await.version, 1);
    let after = events.change_seats(actor, house.event.id, &[block(seats[0])]).await.unwrap();
    assert_eq!(after.sections[0].section.for_sale(), 3);
    consistent(&house).await;
}

/// Writes a claim as if it had been decided.
async fn claim(house: &House, claim: Claim) -> Result<(), StoreError> {
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].seats.taken.insert(claim.seat, claim);
        tx.save_sales(&sales).await
    })
    .await
}

pub async fn a_store_refuses_a_second_claim_and_keeps_nothing(stores: Stores) {
    let house = seated(stores, "A", 2, 0).await;
    let seats = house.seats().await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).keep(house.wish_for(guest, &seats[..1])).await.unwrap();
    let before = claims(&house).await;
    let second = Claim { hold: HoldId::generate(noon()), state: ClaimState::Sold, ..before[0] };
    let refused = claim(&house, second).await;
    assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    assert_eq!(claims(&house).await, before);
    // Once it has ended, and for the hold itself, it can be.
    claim(&house, Claim { state: ClaimState::Booked, ..before[0] }).await.unwrap();
    claim(&house, before[0]).await.unwrap();
    claim(&house, Claim { at: hold.expires_at, ..second }).await.unwrap();
    assert_eq!(claims(&house).await[0].hold, second.hold);
}

pub async fn claims_without_their_rows_are_found(stores: Stores) {
    use booking::Counter;
    let house = seated(stores, "A", 3, 0).await;
    let seats = house.seats().await;
    let guest = buyer(&house.stores).await;
    bookings(&house).keep(house.wish_for(guest, &seats[..1])).await.unwrap();
    let kept = claims(&house).await[0];
    let stray = Claim { seat: seats[1], hold: HoldId::generate(noon()), state: ClaimState::Sold, ..kept };
    claim(&house, stray).await.unwrap();
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].seats.released.insert((kept.seat, kept.hold));
        tx.save_sales(&sales).await
    })
    .await
    .unwrap();
    let mut found = house.stores.booking.stock_differences().await.unwrap();
    found.sort_by_key(|it| it.of);
    let told: BTreeSet<_> = found.into_iter().map(|it| (it.of, it.counted, it.found)).collect();
    let seat = |seat, claims, rows| (Counter::Seat(house.event.id, seat), (claims, 0), (rows, 0));
    assert_eq!(told, [seat(seats[0], 0, 1), seat(seats[1], 1, 0)].into());
}
