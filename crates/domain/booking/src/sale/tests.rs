use super::*;
use crate::samples::{held, noon, offer, sale, somebody, unpaid, want};
use crate::{Hold, Wanted};
use chrono::TimeDelta;
use proptest::prelude::*;

fn ask(sale: &mut Sale, quantity: u32) -> Result<Hold, HoldRefusal> {
    sale.hold(somebody(), &want(sale, quantity), &Holdings::default(), noon())
}

#[test]
fn a_hold_freezes_the_price_and_ends_by_itself() {
    let mut sale = sale(vec![offer(10, 2500)]);
    let hold = ask(&mut sale, 3).unwrap();
    sale.offers[0].price = Money::eur(9900);
    assert_eq!(hold.total, Money::eur(7500));
    assert_eq!(hold.expires_at, noon() + TimeDelta::minutes(10));
    assert!(hold.lives(noon()) && !hold.lives(hold.expires_at));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (3, 0));
}

#[test]
fn all_that_was_asked_for_or_nothing() {
    let mut sale = sale(vec![offer(5, 0), offer(1, 0)]);
    let wanted: Vec<_> =
        sale.offers.iter().map(|offer| Wanted { ticket_type: offer.ticket_type, quantity: 2 }).collect();
    let before = sale.clone();
    let refused = sale.hold(somebody(), &wanted, &Holdings::default(), noon());
    assert!(matches!(refused, Err(HoldRefusal::SoldOut { left: 1, .. })));
    assert_eq!(sale, before);
}

#[test]
fn the_same_type_named_twice_is_one_wish() {
    let mut sale = sale(vec![offer(10, 0)]);
    sale.offers[0].max_per_order = Some(3);
    let twice = [want(&sale, 2)[0], want(&sale, 2)[0]];
    let refused = sale.hold(somebody(), &twice, &Holdings::default(), noon());
    assert_eq!(refused, Err(HoldRefusal::LimitExceeded { limit: Limit::PerOrder, most: 3 }));
}

#[test]
fn nothing_and_none_are_refused() {
    let mut sale = sale(vec![offer(10, 0)]);
    assert_eq!(ask(&mut sale, 0), Err(HoldRefusal::Nothing));
    assert_eq!(sale.hold(somebody(), &[], &Holdings::default(), noon()), Err(HoldRefusal::Nothing));
}

#[test]
fn an_order_has_a_limit_even_when_none_was_set() {
    let mut sale = sale(vec![offer(1000, 0)]);
    assert!(ask(&mut sale, USUAL_ORDER).is_ok());
    assert!(matches!(ask(&mut sale, USUAL_ORDER + 1), Err(HoldRefusal::LimitExceeded { .. })));
    assert!(matches!(ask(&mut sale, u32::MAX), Err(HoldRefusal::LimitExceeded { .. })));
}

#[test]
fn the_limit_per_user_counts_what_the_buyer_has() {
    let mut sale = sale(vec![offer(10, 0)]);
    sale.offers[0].max_per_user = Some(4);
    let taken = [(sale.offers[0].ticket_type, 3)].into();
    let already = Holdings { taken, open_holds: 1, ..Holdings::default() };
    let (two, one) = (want(&sale, 2), want(&sale, 1));
    let refused = sale.hold(somebody(), &two, &already, noon());
    assert_eq!(refused, Err(HoldRefusal::LimitExceeded { limit: Limit::PerUser, most: 4 }));
    assert!(sale.hold(somebody(), &one, &already, noon()).is_ok());
}

#[test]
fn nobody_keeps_a_hall_by_asking_again() {
    let mut sale = sale(vec![offer(100, 0)]);
    let already = Holdings { open_holds: OPEN_HOLDS, ..Holdings::default() };
    let one = want(&sale, 1);
    let refused = sale.hold(somebody(), &one, &already, noon());
    assert_eq!(refused, Err(HoldRefusal::LimitExceeded { limit: Limit::OpenHolds, most: OPEN_HOLDS }));
}

#[test]
fn nothing_is_sold_outside_its_window() {
    let mut sale = sale(vec![offer(10, 0)]);
    let wanted = want(&sale, 1);
    let none = Holdings::default();
    sale.offers[0].sales_start = Some(noon() + TimeDelta::hours(1));
    sale.offers[0].sales_end = Some(noon() + TimeDelta::hours(2));
    for (minutes, sells) in [(0, false), (59, false), (60, true), (119, true), (120, false)] {
        let at = noon() + TimeDelta::minutes(minutes);
        assert_eq!(sale.hold(somebody(), &wanted, &none, at).is_ok(), sells, "after {minutes} minutes");
    }
}

#[test]
fn the_sale_ends_with_the_start_unless_told_otherwise() {
    let mut sale = sale(vec![offer(10, 0)]);
    let (wanted, start) = (want(&sale, 1), sale.starts_at);
    assert_eq!(sale.hold(somebody(), &wanted, &Holdings::default(), start), Err(HoldRefusal::NotOnSale));
    sale.offers[0].sales_end = Some(sale.ends_at);
    assert!(sale.hold(somebody(), &wanted, &Holdings::default(), start).is_ok());
}

#[test]
fn what_is_not_shown_is_unknown_and_what_is_cancelled_does_not_sell() {
    let hidden = offer(10, 0).ticket_type;
    let refusals = [
        (SaleStatus::Closed, false, HoldRefusal::UnknownEvent),
        (SaleStatus::Closed, true, HoldRefusal::UnknownEvent),
        (SaleStatus::Cancelled, false, HoldRefusal::NotOnSale),
        (SaleStatus::Open, true, HoldRefusal::UnknownTicketType(hidden)),
    ];
    for (status, hides, refusal) in refusals {
        let mut sale = sale(vec![Offer { ticket_type: hidden, ..offer(10, 0) }]);
        sale.status = status;
        sale.offers[0].hidden = hides;
        assert_eq!(ask(&mut sale, 1), Err(refusal));
    }
}

#[test]
fn types_of_other_events_are_unknown() {
    let mut sale = sale(vec![offer(10, 0)]);
    let foreign = offer(1, 0).ticket_type;
    let wanted = [Wanted { ticket_type: foreign, quantity: 1 }];
    let refused = sale.hold(somebody(), &wanted, &Holdings::default(), noon());
    assert_eq!(refused, Err(HoldRefusal::UnknownTicketType(foreign)));
}

/// Two types of `own` places each that share `places`.
fn sharing(own: u32, places: u32) -> Sale {
    let quota = Some(Quota { id: QuotaId::generate(noon()), quantity: places });
    sale(vec![Offer { quota, ..offer(own, 0) }, Offer { quota, ..offer(own, 0) }, offer(own, 0)])
}

fn of_each(sale: &Sale, quantities: &[u32]) -> Vec<Wanted> {
    let wanted = sale.offers.iter().zip(quantities).filter(|(_, quantity)| **quantity > 0);
    wanted.map(|(offer, quantity)| Wanted { ticket_type: offer.ticket_type, quantity: *quantity }).collect()
}

#[test]
fn types_that_share_a_quota_have_its_places_together() {
    let mut sale = sharing(8, 10);
    let take = |sale: &mut Sale, quantities: &[u32]| {
        let wanted = of_each(sale, quantities);
        sale.hold(somebody(), &wanted, &Holdings::default(), noon())
    };
    assert!(matches!(take(&mut sale, &[6, 5]), Err(HoldRefusal::SoldOut { .. })), "in one order as well");
    let first = take(&mut sale, &[6]).unwrap();
    let left: Vec<u32> = sale.offers.iter().map(|offer| sale.left_of(offer)).collect();
    assert_eq!(left, [2, 4, 8]);
    assert!(matches!(take(&mut sale, &[0, 5]), Err(HoldRefusal::SoldOut { left: 4, .. })));
    take(&mut sale, &[0, 4, 8]).unwrap();
    assert_eq!(sale.taken_of_quotas().into_values().collect::<Vec<_>>(), [10]);
    sale.sell(&first.items, first.id, noon());
    assert!(
        matches!(take(&mut sale, &[1]), Err(HoldRefusal::SoldOut { left: 0, .. })),
        "sold counts as held"
    );
    let (of_it, by_it) = unpaid(1, 1);
    let ticket = crate::Ticket {
        ticket_type: sale.offers[0].ticket_type,
        ..crate::Ticket::issue(&by_it, noon()).remove(0)
    };
    assert_ne!(of_it.event, sale.event);
    sale.take_back(&[&ticket], (first.id, None));
    assert!(take(&mut sale, &[0, 1]).is_ok(), "what one type gives back the other may take");
}

#[test]
fn early_birds_end_by_count_and_the_rest_of_the_hall_is_sold_on() {
    let mut sale = sharing(5, 9);
    sale.offers[1].quantity = 9;
    let (early, regular) = (of_each(&sale, &[5]), of_each(&sale, &[0, 4]));
    sale.hold(somebody(), &early, &Holdings::default(), noon()).unwrap();
    assert_eq!((sale.left_of(&sale.offers[0]), sale.left_of(&sale.offers[1])), (0, 4));
    sale.hold(somebody(), &regular, &Holdings::default(), noon()).unwrap();
    assert_eq!(sale.left_of(&sale.offers[1]), 0);
}

#[test]
fn limits_of_the_event_count_over_all_types() {
    let mut sale = sale(vec![offer(10, 0), offer(10, 0)]);
    (sale.max_per_order, sale.max_per_user) = (Some(5), Some(6));
    let already = Holdings { taken: [(sale.offers[1].ticket_type, 3)].into(), ..Holdings::default() };
    let mut ask = |quantities: &[u32], already: &Holdings| {
        let wanted = of_each(&sale, quantities);
        sale.hold(somebody(), &wanted, already, noon()).map(drop)
    };
    let beyond = |limit, most| Err(HoldRefusal::LimitExceeded { limit, most });
    assert_eq!(ask(&[3, 3], &Holdings::default()), beyond(Limit::EventPerOrder, 5));
    assert_eq!(ask(&[2, 2], &already), beyond(Limit::EventPerUser, 6));
    assert_eq!(ask(&[1, 2], &already), Ok(()));
    assert!(sale.limits_users(), "so that what somebody has is looked up");
}

#[test]
fn late_money_gets_no_place_beyond_a_quota_or_a_limit_of_the_event() {
    let (mut sale, booking) = unpaid(10, 2);
    sale.release(&booking.items, booking.hold);
    let nothing = Holdings::default();
    sale.offers[0].quota = Some(Quota { id: QuotaId::generate(noon()), quantity: 1 });
    assert!(!sale.take_again(&booking, &nothing, noon()));
    sale.offers[0].quota = None;
    sale.max_per_user = Some(3);
    let two = Holdings { taken: [(sale.offers[0].ticket_type, 2)].into(), ..Holdings::default() };
    assert!(!sale.take_again(&booking, &two, noon()));
    assert!(sale.take_again(&booking, &nothing, noon()));
}

#[test]
fn the_capacity_counts_over_all_types() {
    let mut sale = sale(vec![offer(5, 0), offer(5, 0)]);
    sale.capacity = Some(6);
    ask(&mut sale, 4).unwrap();
    let second = sale.offers[1].ticket_type;
    assert_eq!(sale.left_of(&sale.offers[1]), 2);
    let wanted = [Wanted { ticket_type: second, quantity: 3 }];
    let refused = sale.hold(somebody(), &wanted, &Holdings::default(), noon());
    assert_eq!(refused, Err(HoldRefusal::SoldOut { ticket_type: second, left: 2 }));
}

#[test]
fn lost_places_are_taken_again_only_if_all_are_there() {
    let (mut sale, booking) = unpaid(3, 2);
    sale.release(&booking.items, booking.hold);
    held(&mut sale, 2);
    let before = sale.clone();
    assert!(!sale.take_again(&booking, &Holdings::default(), noon()));
    assert_eq!(sale, before);
    sale.release(&booking.items, booking.hold);
    assert!(sale.take_again(&booking, &Holdings::default(), noon()));
    assert_eq!(sale.offers[0].held, 2);
}

#[test]
fn lost_places_are_not_taken_again_when_the_event_is_off_or_over() {
    let (mut sale, booking) = unpaid(3, 2);
    sale.release(&booking.items, booking.hold);
    let ends_at = sale.ends_at;
    assert!(!sale.take_again(&booking, &Holdings::default(), ends_at));
    sale.status = SaleStatus::Cancelled;
    assert!(!sale.take_again(&booking, &Holdings::default(), noon()));
}

#[test]
fn lost_places_are_not_taken_again_beyond_the_limit_per_user() {
    let (mut sale, booking) = unpaid(9, 2);
    sale.release(&booking.items, booking.hold);
    sale.offers[0].max_per_user = Some(3);
    let has = |count| Holdings { taken: [(sale.offers[0].ticket_type, count)].into(), ..Holdings::default() };
    let (one, two) = (has(1), has(2));
    assert!(!sale.take_again(&booking, &two, noon()));
    assert!(sale.take_again(&booking, &one, noon()));
}

#[derive(Debug, Clone)]
enum Step {
    Hold { offer: usize, quantity: u32 },
    Release(usize),
    Sell(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..2usize, 0..6u32).prop_map(|(offer, quantity)| Step::Hold { offer, quantity }),
        1 => (0..20usize).prop_map(Step::Release),
        1 => (0..20usize).prop_map(Step::Sell),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn no_history_oversells(steps in steps(), capacity in prop::option::of(0..12u32)) {
        let mut sale = sale(vec![offer(7, 100), offer(5, 0)]);
        sale.capacity = capacity;
        let (mut open, mut sold) = (Vec::<Hold>::new(), 0);
        for step in steps {
            match step {
                Step::Hold { offer, quantity } => {
                    let ticket_type = sale.offers[offer].ticket_type;
                    let wanted = [Wanted { ticket_type, quantity }];
                    open.extend(sale.hold(somebody(), &wanted, &Holdings::default(), noon()));
                }
                Step::Release(at) if at < open.len() => {
                    let hold = open.remove(at);
                    sale.release(&hold.items, hold.id);
                }
                Step::Sell(at) if at < open.len() => {
                    let hold = open.remove(at);
                    sale.sell(&hold.items, hold.id, noon());
                    sold += hold.places();
                }
                Step::Release(_) | Step::Sell(_) => {}
            }
            prop_assert!(sale.offers.iter().all(|offer| offer.held + offer.sold <= offer.quantity));
            prop_assert!(capacity.is_none_or(|most| sale.taken() <= most));
            prop_assert_eq!(sale.offers.iter().map(|offer| offer.held).sum::<u32>(), open.iter().map(Hold::places).sum::<u32>());
            prop_assert_eq!(sale.offers.iter().map(|offer| offer.sold).sum::<u32>(), sold);
        }
    }
}
