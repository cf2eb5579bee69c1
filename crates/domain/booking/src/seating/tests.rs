use super::*;
use crate::round::{Answer, Ask, Round};
use crate::samples::{by, noon, offer, sale, somebody, terms};
use crate::voucher::{VoucherInput, VoucherKey};
use crate::{Booking, Hold, HoldRefusal, Offer, Provider, Sale, Tally, Ticket, Wanted, Wish};
use chrono::TimeDelta;
use kernel::EventId;
use proptest::prelude::*;

/// Rows as strings: `.` a seat, `b` blocked, `w` accessible, `|` an aisle after the seat before.
fn plan(event: EventId, section: SectionId, rows: &[&str]) -> SeatPlan {
    let row = |(number, text): (usize, &&str)| {
        let mut seats: Vec<PlanSeat> = Vec::new();
        for letter in text.chars() {
            if letter == '|' {
                seats.last_mut().unwrap().aisle_after = true;
                continue;
            }
            seats.push(PlanSeat {
                id: SeatId::generate(noon()),
                label: format!("{number}-{}", seats.len() + 1),
                accessible: letter == 'w',
                blocked: letter == 'b',
                aisle_after: false,
                price: None,
            });
        }
        seats
    };
    let rows = rows.iter().enumerate().map(row).collect();
    SeatPlan::new(event, 1, vec![PlanSection { id: section, rows }])
}

struct House {
    sale: Sale,
    plan: Arc<SeatPlan>,
}

impl House {
    fn new(rows: &[&str]) -> Self {
        let section = SectionId::generate(noon());
        let seats = rows.iter().flat_map(|row| row.chars()).filter(|letter| *letter != '|' && *letter != 'b');
        let quantity = u32::try_from(seats.count()).unwrap();
        let own = Offer { section: Some(section), max_per_order: Some(50), ..offer(quantity, 2000) };
        let mut sale = sale(vec![own]);
        sale.plan = Some(1);
        let plan = Arc::new(plan(sale.event, section, rows));
        Self { sale, plan }
    }

    fn hall(&self, claims: &[Claim]) -> Hall {
        Hall::new(Arc::clone(&self.plan), claims, noon())
    }

    fn round(&self, claims: &[Claim]) -> Round {
        Round::new(noon(), terms(), vec![self.sale.clone()], Vec::<Tally>::new())
            .with_halls(vec![self.hall(claims)])
    }

    fn wish(&self, quantity: u32, chosen: &[usize]) -> Wish {
        let ticket_type = self.sale.offers[0].ticket_type;
        let choice = |at: &usize| SeatChoice { seat: self.plan.seat(*at).unwrap().id, ticket_type: None };
        let wanted = if quantity == 0 { Vec::new() } else { vec![Wanted { ticket_type, quantity }] };
        let seats = SeatWish { chosen: chosen.iter().map(choice).collect(), ..SeatWish::default() };
        Wish { buyer: somebody(), event: self.sale.event, wanted, voucher: None, seats }
    }

    fn places(&self, hold: &Hold) -> Vec<usize> {
        let mut places: Vec<_> =
            hold.items.iter().map(|item| self.plan.place(item.seat.as_ref().unwrap().id).unwrap()).collect();
        places.sort_unstable();
        places
    }
}

fn hold(round: &mut Round, wish: Wish) -> Result<Hold, HoldRefusal> {
    match round.decide(&Ask::Hold(wish)) {
        Answer::Hold(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// What a group of so many gets, row by row as a picture.
fn best(rows: &[&str], count: u32) -> Result<Vec<usize>, HoldRefusal> {
    let house = House::new(rows);
    hold(&mut house.round(&[]), house.wish(count, &[])).map(|hold| house.places(&hold))
}

#[test]
fn the_front_comes_first_and_then_the_middle() {
    assert_eq!(best(&[".......", "......."], 3).unwrap(), [2, 3, 4]);
    assert_eq!(
        best(&["bb.bbbb", "......."], 2).unwrap(),
        [9, 10],
        "a row further back when the front has no room"
    );
}

#[test]
fn no_seat_is_left_alone_where_that_costs_no_row() {
    // In the middle, one seat would be left alone at each end.
    assert_eq!(best(&["....."], 3).unwrap(), [0, 1, 2]);
    assert_eq!(best(&["....", "......"], 3).unwrap(), [0, 1, 2], "no row is given up for it");
}

#[test]
fn an_aisle_a_blocked_and_a_taken_seat_each_end_a_neighbourhood() {
    assert!(matches!(best(&["..|.."], 3), Err(HoldRefusal::NotTogether { most: 2, .. })));
    assert!(matches!(best(&["..b..."], 4), Err(HoldRefusal::NotTogether { most: 3, .. })));
    let house = House::new(&["....."]);
    let mut round = house.round(&[]);
    hold(&mut round, house.wish(0, &[2])).unwrap();
    let refused = hold(&mut round, house.wish(3, &[]));
    assert!(matches!(refused, Err(HoldRefusal::NotTogether { most: 2, .. })));
    assert_eq!(round.sales()[0].offers[0].held, 1, "a refusal leaves no trace");
    assert!(hold(&mut round, house.wish(2, &[])).is_ok());
}

#[test]
fn accessible_seats_are_for_those_who_ask_unless_nothing_else_is_left() {
    let house = House::new(&["ww..", "...."]);
    let mut round = house.round(&[]);
    let places = |hold: Hold| house.places(&hold);
    assert_eq!(hold(&mut round, house.wish(2, &[])).map(places).unwrap(), [2, 3]);
    assert_eq!(hold(&mut round, house.wish(4, &[])).map(places).unwrap(), [4, 5, 6, 7]);
    assert_eq!(hold(&mut round, house.wish(1, &[])).map(places).unwrap(), [1]);
    let house = House::new(&["....", "..w."]);
    let mut wish = house.wish(2, &[]);
    wish.seats.accessible = true;
    let group = hold(&mut house.round(&[]), wish.clone()).map(|hold| house.places(&hold)).unwrap();
    assert!(group.contains(&6), "{group:?}");
    wish.wanted[0].quantity = 5;
    assert!(matches!(hold(&mut house.round(&[]), wish), Err(HoldRefusal::NotTogether { most: 4, .. })));
}

#[test]
fn a_group_may_be_split_only_if_it_says_so() {
    let house = House::new(&["..|..", "..."]);
    let mut wish = house.wish(6, &[]);
    assert!(matches!(
        hold(&mut house.round(&[]), wish.clone()),
        Err(HoldRefusal::NotTogether { most: 3, .. })
    ));
    wish.seats.apart = true;
    let held = hold(&mut house.round(&[]), wish).unwrap();
    assert_eq!(house.places(&held).len(), 6);
    assert_eq!(held.total, Money::eur(12_000));
}

#[test]
fn chosen_seats_are_all_kept_or_none() {
    let house = House::new(&["...b"]);
    let mut round = house.round(&[]);
    let first = hold(&mut round, house.wish(0, &[1])).unwrap();
    assert_eq!(first.items[0].seat.as_ref().unwrap().label, "0-2");
    let gone = house.plan.seat(1).unwrap().id;
    let blocked = house.plan.seat(3).unwrap().id;
    assert_eq!(hold(&mut round, house.wish(0, &[0, 1])), Err(HoldRefusal::SeatUnavailable(vec![gone])));
    assert_eq!(hold(&mut round, house.wish(0, &[3])), Err(HoldRefusal::SeatUnavailable(vec![blocked])));
    assert_eq!(
        hold(&mut round, house.wish(0, &[0, 0])),
        Err(HoldRefusal::SeatTwice(house.plan.seat(0).unwrap().id))
    );
    let strange = SeatId::generate(noon());
    let mut wish = house.wish(0, &[0]);
    wish.seats.chosen.push(SeatChoice { seat: strange, ticket_type: None });
    assert_eq!(hold(&mut round, wish), Err(HoldRefusal::UnknownSeats(vec![strange])));
    assert!(hold(&mut round, house.wish(0, &[0])).is_ok(), "what was refused is still there");
    let plain = sale(vec![offer(5, 0)]);
    let wish = Wish { event: plain.event, ..house.wish(0, &[0]) };
    let mut round = Round::new(noon(), terms(), vec![plain], Vec::new());
    assert!(matches!(hold(&mut round, wish), Err(HoldRefusal::UnknownSeats(_))));
}

#[test]
fn a_seat_costs_what_its_type_costs_or_its_own_price() {
    let mut house = House::new(&["..."]);
    let event = house.sale.event;
    let section = house.sale.offers[0].section.unwrap();
    let reduced = Offer { section: Some(section), ..offer(3, 1000) };
    let reduced_type = reduced.ticket_type;
    house.sale.offers.push(reduced);
    let mut seats = plan(event, section, &["..."]).seats_for_tests();
    seats[0].price = Some(SeatPrice::Exact(Money::eur(5000)));
    seats[1].price = Some(SeatPrice::Times(1500));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let mut wish = house.wish(0, &[0, 1, 2]);
    wish.seats.chosen[1].ticket_type = Some(reduced_type);
    let held = hold(&mut house.round(&[]), wish).unwrap();
    let prices: Vec<_> = held.items.iter().map(|item| item.unit_price.minor()).collect();
    assert_eq!((prices, held.total.minor()), (vec![5000, 1500, 2000], 8500));
    let mut wish = house.wish(0, &[0]);
    wish.seats.chosen[0].ticket_type = Some(kernel::TicketTypeId::generate(noon()));
    assert!(matches!(hold(&mut house.round(&[]), wish.clone()), Err(HoldRefusal::UnknownTicketType(_))));
    let standing = offer(3, 1000);
    let (seat, ticket_type) = (wish.seats.chosen[0].seat, standing.ticket_type);
    house.sale.offers.push(standing);
    wish.seats.chosen[0].ticket_type = Some(ticket_type);
    let refused = hold(&mut house.round(&[]), wish);
    assert_eq!(
        refused,
        Err(HoldRefusal::OtherSection { seat, ticket_type }),
        "the event has it, for other places"
    );
}

#[test]
fn a_claim_goes_from_hold_to_booking_to_ticket_and_back() {
    let house = House::new(&["..."]);
    let mut round = house.round(&[]);
    let held = hold(&mut round, house.wish(2, &[])).unwrap();
    let mut sale = round.sales().remove(0);
    let until = noon() + TimeDelta::minutes(10);
    let states = |sale: &Sale| sale.seats.taken.values().map(|claim| claim.state).collect::<Vec<_>>();
    assert_eq!(states(&sale), [ClaimState::Held { until }; 2]);
    let asked = by(&held, Some(Provider::Stripe));
    let mut booking = Booking::confirm(&held, &asked, &mut sale, terms(), noon()).unwrap();
    assert_eq!(states(&sale), [ClaimState::Booked; 2]);
    let mut tickets = crate::samples::pay(&mut booking, &mut sale, 0, "pi_1");
    assert_eq!(states(&sale), [ClaimState::Sold; 2]);
    assert!(tickets.iter().zip(&booking.items).all(|(ticket, item)| ticket.seat == item.seat));
    let first = tickets[0].id;
    booking.void(&mut tickets, &[first], &mut sale, noon());
    assert_eq!(sale.seats.taken.len(), 1);
    let gone = tickets[0].seat.as_ref().unwrap().id;
    assert!(sale.seats.released.contains(&(gone, held.id)));
    assert!(!sale.seats.taken.contains_key(&gone));
}

#[test]
fn late_money_gets_the_same_seats_or_none() {
    let house = House::new(&["..."]);
    let mut round = house.round(&[]);
    let held = hold(&mut round, house.wish(2, &[])).unwrap();
    let mut sale = round.sales().remove(0);
    let mut booking =
        Booking::confirm(&held, &by(&held, Some(Provider::Stripe)), &mut sale, terms(), noon()).unwrap();
    booking.payments[0].status = crate::PaymentStatus::Closed;
    booking.lapse(&mut sale, booking.pay_by);
    assert_eq!((sale.seats.taken.len(), sale.seats.released.len()), (0, 2));
    let gone = crate::Holdings { seat_is_gone: true, ..crate::Holdings::default() };
    assert!(!sale.take_again(&booking, &gone, noon()));
    assert!(sale.take_again(&booking, &crate::Holdings::default(), noon()));
    assert!(
        sale.seats.taken.values().all(|claim| claim.state == ClaimState::Booked && claim.hold == held.id)
    );
    assert_eq!(Ticket::issue(&booking, noon()).len(), 2);
}

#[test]
fn an_ended_claim_keeps_nobody_away() {
    let house = House::new(&["."]);
    let seat = house.plan.seat(0).unwrap().id;
    let claim = |until| Claim {
        seat,
        section: house.sale.offers[0].section.unwrap(),
        hold: HoldId::generate(noon()),
        state: ClaimState::Held { until },
        at: noon(),
    };
    assert!(hold(&mut house.round(&[claim(noon())]), house.wish(0, &[0])).is_ok());
    let second = noon() + TimeDelta::seconds(1);
    assert_eq!(
        hold(&mut house.round(&[claim(second)]), house.wish(0, &[0])),
        Err(HoldRefusal::SeatUnavailable(vec![seat]))
    );
}

/// A seat that a hold got after another had ended, while that one was not cleaned up.
fn given_on(house: &House) -> (Hold, Claim) {
    let mut ended = hold(&mut house.round(&[]), house.wish(0, &[0])).unwrap();
    ended.expires_at = noon();
    let claim = Claim {
        seat: house.plan.seat(0).unwrap().id,
        section: house.sale.offers[0].section.unwrap(),
        hold: HoldId::generate(noon()),
        state: ClaimState::Held { until: noon() + TimeDelta::hours(12) },
        at: noon(),
    };
    (ended, claim)
}

#[test]
fn what_a_hold_that_ended_gives_back_is_not_the_seat_of_the_next() {
    let mut house = House::new(&[".."]);
    let (ended, claim) = given_on(&house);
    house.sale.offers[0].held = 2;
    let mut hall = house.hall(&[claim]);
    let mut changes = SeatChanges::default();
    changes.release(claim.seat, ended.id);
    hall.follow(&changes);
    assert!(!hall.is_free(0), "it is somebody else's by now");
    changes.release(claim.seat, claim.hold);
    hall.follow(&changes);
    assert!(hall.is_free(0));
    // The same in a round, whose hall was loaded before.
    let mut round = house.round(&[claim]);
    round.reclaim(&[ended]);
    assert_eq!(round.sales()[0].offers[0].held, 1);
    let refused = hold(&mut round, house.wish(0, &[0]));
    assert_eq!(refused, Err(HoldRefusal::SeatUnavailable(vec![claim.seat])));
    assert!(hold(&mut round, house.wish(0, &[1])).is_ok());
}

#[test]
fn a_seat_that_is_set_aside_stays_so_until_it_is_put_back() {
    let house = House::new(&[".."]);
    let (_, claim) = given_on(&house);
    let mut round = house.round(&[]);
    let kept = hold(&mut house.round(&[]), house.wish(0, &[0])).unwrap();
    round.set_aside(house.sale.event, vec![kept.into()]);
    // Whoever had it before gives it back in the same decision.
    round.sale_to_serve(house.sale.event).unwrap().seats.release(claim.seat, claim.hold);
    round.follow_offers();
    let refused = hold(&mut round, house.wish(0, &[0]));
    assert_eq!(refused, Err(HoldRefusal::SeatUnavailable(vec![claim.seat])));
    round.put_back();
    assert!(hold(&mut round, house.wish(0, &[0])).is_ok());
}

#[test]
fn what_is_free_together_is_looked_for_anew_when_a_seat_changes_hands() {
    let house = House::new(&["..."]);
    let (section, mut hall) = (house.sale.offers[0].section.unwrap(), house.hall(&[]));
    let (one, other) = (HoldId::generate(noon()), HoldId::generate(noon()));
    let middle = house.plan.seat(1).unwrap().id;
    assert_eq!(hall.most_together(section), 3);
    hall.take(middle, one);
    assert_eq!(hall.most_together(section), 1);
    hall.free(middle, other);
    assert_eq!(hall.most_together(section), 1, "it is another's");
    hall.free(middle, one);
    assert_eq!(hall.most_together(section), 3);
}

#[test]
fn a_list_is_asked_for_no_more_than_is_free_together() {
    let house = House::new(&[".b.b.", "b.b"]);
    let free = house.sale.free_in(Some(&mut house.hall(&[])), noon());
    assert_eq!((house.sale.free(None, noon())[0].places, free[0].places), (4, 1));
    let mut full = house.hall(&[]);
    (0..house.plan.len()).for_each(|at| full.take(house.plan.seat(at).unwrap().id, HoldId::generate(noon())));
    assert_eq!(house.sale.free_in(Some(&mut full), noon()), []);
}

#[test]
fn nobody_on_the_list_gets_a_seat_that_is_too_dear() {
    let mut house = House::new(&[".."]);
    let (event, section) = (house.sale.event, house.sale.offers[0].section.unwrap());
    let mut seats = plan(event, section, &[".."]).seats_for_tests();
    seats[0].price = Some(SeatPrice::Exact(Money::eur(5000)));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let (mut sale, mut hall) = (house.sale.clone(), house.hall(&[]));
    let none = crate::Holdings::default();
    let wish =
        |max_price| crate::JoinWish { buyer: somebody(), ticket_types: vec![], quantity: 1, max_price };
    let (cheap, any) = (wish(Some(Money::eur(2000))), wish(None));
    let refused = sale.join(&cheap, (&none, Some(&hall)), 1, noon());
    assert_eq!(refused, Err(crate::JoinRefusal::PlacesAvailable));
    sale.offers[0].held = 2;
    let mut entries: Vec<_> = [&cheap, &cheap, &any]
        .iter()
        .map(|wish| sale.join(wish, (&none, Some(&hall)), 1, noon()).unwrap())
        .collect();
    sale.offers[0].held = 0;
    let terms = terms().offers;
    let mut offered = |entry: &mut crate::WaitlistEntry| {
        let offered = sale.offer_places(entry, &none, (&terms, Some(&mut hall)), noon());
        offered.map(|(hold, _)| house.places(&hold))
    };
    assert_eq!(offered(&mut entries[0]), Some(vec![1]));
    assert_eq!(offered(&mut entries[1]), None, "the other costs more");
    assert_eq!((sale.offers[0].held, sale.seats.taken.len()), (1, 1), "and nothing is left of the thought");
    assert!(sale.join(&cheap, (&none, Some(&hall)), 2, noon()).is_ok(), "that one is free is no reason");
    let offered = sale.offer_places(&mut entries[2], &none, (&terms, Some(&mut hall)), noon());
    assert_eq!(offered.map(|(hold, _)| house.places(&hold)), Some(vec![0]));
}

#[test]
fn a_seat_that_is_cheaper_than_its_type_is_waited_for_and_offered() {
    let mut house = House::new(&["..."]);
    let (event, section) = (house.sale.event, house.sale.offers[0].section.unwrap());
    let price = house.sale.offers[0].price;
    let mut seats = plan(event, section, &["..."]).seats_for_tests();
    seats[2].price = Some(SeatPrice::Times(500));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let half = SeatPrice::Times(500).of(price).unwrap();
    assert_eq!(house.plan.least_price(section, price), Some(half));
    let (mut sale, mut hall, none) = (house.sale.clone(), house.hall(&[]), crate::Holdings::default());
    sale.offers[0].held = 3;
    let wish = |most| crate::JoinWish {
        buyer: somebody(),
        ticket_types: vec![],
        quantity: 1,
        max_price: Some(most),
    };
    let cheaper = half.minus(Money::eur(1)).unwrap();
    let refused = sale.join(&wish(cheaper), (&none, Some(&hall)), 1, noon());
    assert_eq!(refused, Err(crate::JoinRefusal::TooCheap), "no seat is as cheap");
    let mut entry = sale.join(&wish(half), (&none, Some(&hall)), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    let offered = sale.offer_places(&mut entry, &none, (&terms().offers, Some(&mut hall)), noon());
    let (hold, _) = offered.unwrap();
    assert_eq!((house.places(&hold), hold.total), (vec![2], half));
}

#[test]
fn a_list_is_asked_for_no_cheaper_seats_than_are_free() {
    let mut house = House::new(&["..."]);
    let (event, section) = (house.sale.event, house.sale.offers[0].section.unwrap());
    let mut seats = plan(event, section, &["..."]).seats_for_tests();
    seats[0].price = Some(SeatPrice::Exact(Money::eur(700)));
    seats[1].price = Some(SeatPrice::Times(500));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let mut hall = house.hall(&[]);
    let least = |hall: &mut Hall| house.sale.free_in(Some(hall), noon())[0].price;
    assert_eq!(least(&mut hall), Money::eur(700));
    hall.take(house.plan.seat(0).unwrap().id, HoldId::generate(noon()));
    assert_eq!(least(&mut hall), Money::eur(1000));
    hall.take(house.plan.seat(1).unwrap().id, HoldId::generate(noon()));
    assert_eq!(least(&mut hall), Money::eur(2000));
}

#[test]
fn of_a_section_of_which_nothing_was_loaded_nothing_is_offered() {
    let house = House::new(&["..."]);
    let section = house.sale.offers[0].section.unwrap();
    let (none, mut sale) = (crate::Holdings::default(), house.sale.clone());
    let hall = |sections| Hall::of_sections(Arc::clone(&house.plan), &[], sections, noon());
    let (mut unknown, mut known) = (hall(BTreeSet::new()), hall(BTreeSet::from([section])));
    sale.offers[0].held = 3;
    let wish = crate::JoinWish { buyer: somebody(), ticket_types: vec![], quantity: 1, max_price: None };
    let mut entry = sale.join(&wish, (&none, Some(&known)), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    assert_eq!(sale.free_in(Some(&mut unknown), noon()), []);
    let terms = terms().offers;
    assert_eq!(sale.offer_places(&mut entry, &none, (&terms, Some(&mut unknown)), noon()), None);
    assert!(sale.offer_places(&mut entry, &none, (&terms, Some(&mut known)), noon()).is_some());
}

#[test]
fn nobody_waits_for_a_type_all_of_whose_seats_are_dearer() {
    let mut house = House::new(&[".."]);
    let (event, section) = (house.sale.event, house.sale.offers[0].section.unwrap());
    let mut seats = plan(event, section, &[".."]).seats_for_tests();
    seats.iter_mut().for_each(|seat| seat.price = Some(SeatPrice::Times(2000)));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let (mut sale, hall, none) = (house.sale.clone(), house.hall(&[]), crate::Holdings::default());
    sale.offers[0].held = 2;
    let max_price = Some(sale.offers[0].price);
    let wish = crate::JoinWish { buyer: somebody(), ticket_types: vec![], quantity: 1, max_price };
    let refused = sale.join(&wish, (&none, Some(&hall)), 1, noon());
    assert_eq!(refused, Err(crate::JoinRefusal::TooCheap));
}

/// Issues a voucher; what it is recognised by.
fn voucher(sale: &mut Sale, input: &VoucherInput) -> crate::VoucherHash {
    let id = kernel::VoucherId::generate(noon());
    let code = VoucherKey::new([7; 32]).hash(sale.event, &id.to_string());
    let voucher = input.added(sale, (id, code, String::new()), somebody(), noon()).unwrap();
    sale.vouchers.push(crate::Issued { voucher, usage: crate::Usage::default() });
    code
}

#[test]
fn a_code_opens_a_hidden_type_for_chosen_seats() {
    let mut house = House::new(&["..."]);
    let hidden = Offer { hidden: true, ..house.sale.offers[0].clone() };
    let hidden =
        Offer { ticket_type: kernel::TicketTypeId::generate(noon()), price: Money::eur(500), ..hidden };
    let id = hidden.ticket_type;
    house.sale.offers.insert(0, hidden);
    let code = voucher(&mut house.sale, &VoucherInput { unlocks: vec![id], ..VoucherInput::default() });
    let regular = house.sale.offers[1].ticket_type;
    let wish = |code, named| {
        let mut wish = house.wish(0, &[0]);
        wish.seats.chosen[0].ticket_type = named;
        Wish { voucher: code, ..wish }
    };
    let ask = |wish| hold(&mut house.round(&[]), wish).map(|hold| hold.items[0].ticket_type);
    assert_eq!(ask(wish(None, Some(id))), Err(HoldRefusal::UnknownTicketType(id)));
    assert_eq!(ask(wish(Some(code), Some(id))), Ok(id));
    assert_eq!(ask(wish(None, None)), Ok(regular));
    let nothing = Err(HoldRefusal::VoucherInvalid(crate::WhyNot::Invalid));
    assert_eq!(ask(wish(Some(code), Some(regular))), nothing, "it does nothing for that one");
    let unknown = VoucherKey::new([7; 32]).hash(house.sale.event, "UNKNOWN");
    assert_eq!(ask(wish(Some(unknown), Some(id))), nothing, "a wrong code says nothing of what is hidden");
}

#[test]
fn a_budget_is_asked_for_what_the_very_seat_is_cheaper_by() {
    let mut house = House::new(&["..."]);
    let (event, section) = (house.sale.event, house.sale.offers[0].section.unwrap());
    let mut seats = plan(event, section, &["..."]).seats_for_tests();
    seats[0].price = Some(SeatPrice::Exact(Money::eur(600)));
    house.plan = Arc::new(SeatPlan::new(event, 1, vec![PlanSection { id: section, rows: vec![seats] }]));
    let input = VoucherInput {
        prices: vec![crate::voucher::PriceChange::Percent("50".into())],
        budget: Some((300, "EUR".into())),
        ..VoucherInput::default()
    };
    let code = voucher(&mut house.sale, &input);
    let mut round = house.round(&[]);
    let dear = Wish { voucher: Some(code), ..house.wish(0, &[1]) };
    assert_eq!(hold(&mut round, dear), Err(HoldRefusal::VoucherInvalid(crate::WhyNot::Spent)));
    let cheap = hold(&mut round, Wish { voucher: Some(code), ..house.wish(0, &[0]) }).unwrap();
    assert_eq!((cheap.total, cheap.voucher.unwrap().discount), (Money::eur(300), Money::eur(300)));
    assert_eq!(round.sales()[0].vouchers[0].usage.spent, 300);
}

fn rows() -> impl Strategy<Value = Vec<String>> {
    let seat = prop_oneof![8 => Just("."), 1 => Just("b"), 1 => Just("w"), 1 => Just(".|")];
    prop::collection::vec(prop::collection::vec(seat, 1..12).prop_map(|seats| seats.concat()), 1..5)
}

proptest! {
    /// Whoever asks, in whatever order: no seat twice, every group side by side, and a refusal only when there is no
    /// room for the group.
    #[test]
    fn groups_sit_together_and_nobody_on_another(rows in rows(), groups in prop::collection::vec(1..5u32, 1..20)) {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let house = House::new(&rows);
        let mut round = house.round(&[]);
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        let seat = |at: usize| house.plan.seat(at).unwrap();
        let row_of = |at: usize| house.plan.rows(house.sale.offers[0].section.unwrap()).iter().position(|row| row.contains(&at)).unwrap();
        let together = |group: &[usize]| group.windows(2).all(|pair| {
            pair[1] == pair[0] + 1 && row_of(pair[0]) == row_of(pair[1]) && !seat(pair[0]).aisle_after
        });
        for count in groups {
            let size = usize::try_from(count).unwrap();
            let windows: Vec<Vec<usize>> = (0..house.plan.len().saturating_sub(size - 1))
                .map(|from| (from..from + size).collect::<Vec<_>>())
                .filter(|group| together(group) && group.iter().all(|at| !taken.contains(at) && !seat(*at).blocked))
                .collect();
            match hold(&mut round, house.wish(count, &[])) {
                Ok(held) => {
                    let group = house.places(&held);
                    prop_assert!(windows.contains(&group), "{group:?} of {windows:?}");
                    let common = windows.iter().any(|group| group.iter().all(|at| !seat(*at).accessible));
                    prop_assert!(!common || group.iter().all(|at| !seat(*at).accessible));
                    taken.extend(group);
                }
                Err(HoldRefusal::NotTogether { most, .. }) => {
                    prop_assert!(windows.is_empty());
                    prop_assert!(most < count);
                }
                Err(HoldRefusal::SoldOut { .. }) => prop_assert!(windows.is_empty()),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
            let sale = round.sales().remove(0);
            let claimed: BTreeSet<usize> = sale.seats.taken.keys().map(|id| house.plan.place(*id).unwrap()).collect();
            prop_assert_eq!(&claimed, &taken);
            prop_assert_eq!(usize::try_from(sale.offers[0].held).unwrap(), taken.len());
        }
    }
}
