use super::*;
use crate::samples::{event_input, noon, price, stocked, type_input};
use crate::{Factor, SectionInput, Stock};
use kernel::OrganisationId;

fn section(name: &str, factor: &str) -> SectionInput {
    SectionInput {
        name: name.into(),
        row_start: "A".into(),
        row_end: "B".into(),
        seats_per_row: 5,
        price_multiplier: Some(factor.into()),
        position: None,
    }
}

fn hall(organisation: OrganisationId) -> VenueTemplate {
    let hall = VenueTemplate::named(organisation, "The hall", noon()).unwrap();
    let (hall, _) = hall.with(&section("Stalls", "1.5"), noon()).unwrap();
    hall.with(&section("Circle", "1"), noon()).unwrap().0
}

fn event() -> Event {
    let mut input = event_input();
    input.base_price = Some(price(999));
    input.draft(noon()).unwrap()
}

fn seats() -> (Event, VenueTemplate, Seats) {
    let event = event();
    let hall = hall(event.organisation);
    let seats = Seats::of(&hall, &event, 3, noon()).unwrap();
    (event, hall, seats)
}

fn types(seats: &Seats) -> Vec<Stocked> {
    let pairs = seats.types.iter().zip(&seats.quotas);
    let one = |(kind, quota): (&TicketType, &Quota)| Stocked {
        stock: Stock::untouched(kind.id),
        ticket_type: kind.clone(),
        quota: Some(quota.clone()),
        by_hand: false,
    };
    pairs.map(one).collect()
}

fn codes<T: std::fmt::Debug>(result: Result<T, Vec<Invalid>>) -> Vec<(String, &'static str)> {
    result.unwrap_err().into_iter().map(|mistake| (mistake.field, mistake.code)).collect()
}

fn block(seat: SeatId, blocked: bool) -> SeatChange {
    SeatChange { seat, accessible: None, blocked: Some(blocked), aisle_after: None, price: None }
}

#[test]
fn every_section_gets_a_type_and_a_quota_as_large_as_it_is() {
    let (_, hall, seats) = seats();
    let told: Vec<_> =
        seats.types.iter().map(|it| (it.name.as_str(), it.price.minor(), it.quantity, it.position)).collect();
    // 9.99 times 1.5 is 14.985, rounded once.
    assert_eq!(told, [("Stalls", 1499, 10, 3), ("Circle", 999, 10, 4)]);
    assert_eq!(seats.quotas.iter().map(|quota| quota.quantity).collect::<Vec<_>>(), [10, 10]);
    assert!(seats.types.iter().zip(&seats.quotas).all(|(kind, quota)| kind.quota == Some(quota.id)));
    let copied: Vec<_> = seats.seating.sections.iter().map(|seated| &seated.section).collect();
    assert_eq!(copied, hall.sections.iter().collect::<Vec<_>>());
}

#[test]
fn a_hall_of_others_is_unknown_and_one_without_a_price_or_seats_is_refused() {
    let event = event();
    let of = |hall: &VenueTemplate, event: &Event| codes(Seats::of(hall, event, 0, noon()));
    let foreign = hall(OrganisationId::generate(noon()));
    assert_eq!(of(&foreign, &event), [("venue_template_id".into(), "unknown")]);
    let empty = VenueTemplate::named(event.organisation, "Empty", noon()).unwrap();
    let free = Event { base_price: None, ..event };
    assert_eq!(
        of(&empty, &free),
        [("venue_template_id".into(), "no_seats"), ("base_price".into(), "required")]
    );
}

#[test]
fn a_seat_that_is_blocked_is_told_and_its_section_is_smaller() {
    let (_, _, seats) = seats();
    let seat = seats.seating.sections[0].section.rows[0].seats[1].id;
    let (after, blocked) = seats.seating.changed(&[block(seat, true)]).unwrap();
    assert_eq!((blocked.as_slice(), after.version), ([seat].as_slice(), 2));
    assert_eq!((after.sections[0].section.for_sale(), after.sections[1].section.for_sale()), (9, 10));
    let (again, blocked) = after.changed(&[block(seat, true)]).unwrap();
    assert_eq!((blocked.len(), again.sections[0].section.for_sale()), (0, 9));
    assert_eq!(again.changed(&[block(seat, false)]).unwrap().0.sections[0].section.for_sale(), 10);
}

#[test]
fn types_of_a_section_share_its_quota_and_its_own_is_as_large_as_it_is() {
    let (_, _, seats) = seats();
    let seating = Some(&seats.seating);
    let (own, section) = (&seats.types[0], seats.types[0].section);
    let reduced = TicketTypeInput { section, ..type_input(4) };
    assert_eq!(Seating::joined(seating, &reduced, None).unwrap().quota, own.quota);
    assert_eq!(codes(Seating::joined(None, &reduced, None)), [("section_id".into(), "unknown")]);
    let other = TicketTypeInput { quota: seats.types[1].quota, ..reduced.clone() };
    assert_eq!(codes(Seating::joined(seating, &other, None)), [("quota_id".into(), "of_section")]);
    let intruder = TicketTypeInput { quota: own.quota, ..type_input(4) };
    assert_eq!(codes(Seating::joined(seating, &intruder, None)), [("quota_id".into(), "of_section")]);
    assert!(Seating::joined(seating, &type_input(10), Some(own)).is_ok());
    assert_eq!(
        codes(Seating::joined(seating, &type_input(9), Some(own))),
        [("quantity".into(), "of_section")]
    );
    let moved = TicketTypeInput { section: seats.types[1].section, ..type_input(10) };
    assert_eq!(codes(Seating::joined(seating, &moved, Some(own))), [("section_id".into(), "frozen")]);
}

#[test]
fn prices_follow_the_base_price_unless_they_were_set_by_hand() {
    let (_, _, seats) = seats();
    let mut types = types(&seats);
    types[1].ticket_type.price = Money::eur(1200);
    let after = repriced(&seats.seating, &types, (Money::eur(999), Money::eur(2000)));
    assert_eq!(
        after.iter().map(|kind| (kind.id, kind.price.minor())).collect::<Vec<_>>(),
        [(seats.types[0].id, 3000)]
    );
}

#[test]
fn a_copy_has_the_same_seats_and_its_own_types() {
    let (event, _, seats) = seats();
    let types = types(&seats);
    let copied = crate::CopyInput::default().of(&event, &types, Some(&seats.seating), noon()).unwrap();
    let seating = copied.seating.unwrap();
    assert_eq!((seating.event, seating.version, seating.seats()), (copied.event.id, 1, 20));
    for (seated, kind) in seating.sections.iter().zip(&copied.types) {
        assert_eq!((seated.ticket_type, Some(seated.quota)), (kind.id, kind.quota));
        assert_eq!(kind.section, Some(seated.section.id));
    }
    assert_eq!(seating.sections[0].section, seats.seating.sections[0].section);
}

struct Cash(i64);

impl Till for Cash {
    fn charge(&self, price: Money) -> Chargeable {
        if price.minor() < self.0 { Chargeable::BelowMinimum(Money::eur(50)) } else { Chargeable::Yes }
    }
}

#[test]
fn what_cannot_be_sold_of_a_hall_is_named() {
    let (mut event, _, seats) = seats();
    event.venue_template = Some(seats.seating.template);
    let types = types(&seats);
    let obstacles = |seating: &Seating, types: &[Stocked]| {
        let found = obstacles(&event, Some(seating), types, &Cash(50));
        found.into_iter().map(|it| (it.field, it.code)).collect::<Vec<_>>()
    };
    assert_eq!(obstacles(&seats.seating, &types), []);
    assert_eq!(obstacles(&seats.seating, &types[..1]), [("sections.1".into(), "no_ticket_type")]);
    let first = seats.seating.sections[0].section.rows[0].seats[0].id;
    let cheap = |price| SeatChange { blocked: None, price: Some(Some(price)), ..block(first, false) };
    let (odd, _) = seats.seating.changed(&[cheap(SeatPrice::Exact(Money::eur(49)))]).unwrap();
    assert_eq!(obstacles(&odd, &types), [("sections.0".into(), "price_not_chargeable")]);
    let (free, _) =
        seats.seating.changed(&[cheap(SeatPrice::Times(Factor::of_thousandths(0).unwrap()))]).unwrap();
    assert_eq!(obstacles(&free, &types), []);
    let all: Vec<_> = seats.seating.open().map(|seat| block(seat, true)).collect();
    let (shut, _) = seats.seating.changed(&all).unwrap();
    assert_eq!(obstacles(&shut, &types), [("venue_template_id".into(), "no_seats")]);
    let plain = stocked(&event, 10, 0, 0);
    assert_eq!(super::obstacles(&event, None, &[plain], &Cash(0))[0].code, "no_seats");
}
