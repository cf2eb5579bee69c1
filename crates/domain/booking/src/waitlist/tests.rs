use super::*;
use crate::sale::USUAL_ORDER;
use crate::samples::{held, noon, offer, sale, somebody, terms};
use chrono::TimeDelta;

fn wish(quantity: u32) -> JoinWish {
    JoinWish { buyer: somebody(), ticket_types: Vec::new(), quantity, max_price: None }
}

fn nothing() -> Holdings {
    Holdings::default()
}

/// A sale whose last place is held.
fn sold_out(quantity: u32) -> Sale {
    let mut sale = sale(vec![offer(quantity, 2500)]);
    held(&mut sale, quantity);
    sale
}

fn offered(sale: &mut Sale, entry: &mut Entry, now: Timestamp) -> Option<(Hold, Timestamp)> {
    sale.offer_places(entry, &nothing(), (&terms().offers, None), now)
}

#[test]
fn one_waits_for_what_cannot_be_had() {
    let mut sale = sold_out(4);
    let entry = sale.join(&wish(1), (&nothing(), None), 1, noon()).unwrap();
    assert_eq!((entry.status, entry.number, entry.quantity), (EntryStatus::Waiting, 1, 1));
    sale.offers[0].held = 2;
    assert_eq!(sale.join(&wish(2), (&nothing(), None), 2, noon()), Err(JoinRefusal::PlacesAvailable));
    assert!(sale.join(&wish(3), (&nothing(), None), 2, noon()).is_ok(), "three together are not there");
}

#[test]
fn what_cannot_be_wanted_is_refused() {
    let mut sale = sold_out(4);
    let mut hidden = offer(4, 2500);
    hidden.hidden = true;
    let unknown = [hidden.ticket_type, TicketTypeId::generate(noon())];
    sale.offers.push(hidden);
    let refused = |wish: JoinWish| sale.join(&wish, (&nothing(), None), 1, noon()).unwrap_err();
    for id in unknown {
        let wish = JoinWish { ticket_types: vec![id], ..wish(1) };
        assert_eq!(refused(wish), JoinRefusal::UnknownTicketType(id));
    }
    assert_eq!(refused(wish(0)), JoinRefusal::Nothing);
    let limit = JoinRefusal::LimitExceeded { limit: Limit::PerOrder, most: USUAL_ORDER };
    assert_eq!(refused(wish(USUAL_ORDER + 1)), limit);
    let dollars = Money::new(100, "USD".parse().unwrap()).unwrap();
    assert_eq!(refused(JoinWish { max_price: Some(dollars), ..wish(1) }), JoinRefusal::WrongCurrency);
    assert_eq!(refused(wish(5)), JoinRefusal::NeverSoMany { most: 4 }, "they would wait for ever");
    let mut larger = sale.clone();
    larger.offers.push(offer(6, 2500));
    let refused_of = |sale: &Sale| sale.join(&wish(9), (&nothing(), None), 1, noon()).unwrap_err();
    assert_eq!(refused_of(&larger), JoinRefusal::NeverSoMany { most: 6 }, "of the larger kind");
    larger.offers.push(Offer { max_per_order: Some(8), ..offer(50, 2500) });
    let limit = JoinRefusal::LimitExceeded { limit: Limit::PerOrder, most: 8 };
    assert_eq!(refused_of(&larger), limit, "there are fifty of a kind");
    let cheap = JoinWish { max_price: Some(Money::eur(2499)), ..wish(1) };
    assert_eq!(refused(cheap.clone()), JoinRefusal::TooCheap);
    let mut ended = sale.clone();
    ended.offers.iter_mut().for_each(|offer| offer.sales_end = Some(noon()));
    assert_eq!(ended.join(&cheap, (&nothing(), None), 1, noon()), Err(JoinRefusal::NotOnSale));
    let types = vec![sale.offers[0].ticket_type; MOST_TYPES + 1];
    assert_eq!(refused(JoinWish { ticket_types: types, ..wish(1) }), JoinRefusal::TooManyTypes);
}

#[test]
fn nobody_waits_for_more_than_they_may_have() {
    let mut sale = sold_out(4);
    sale.offers[0].max_per_user = Some(2);
    let mut already = nothing();
    already.taken.insert(sale.offers[0].ticket_type, 1);
    let limit = JoinRefusal::LimitExceeded { limit: Limit::PerUser, most: 2 };
    assert_eq!(sale.join(&wish(2), (&already, None), 1, noon()), Err(limit));
    let mut entry = sale.join(&wish(1), (&already, None), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    already.taken.insert(sale.offers[0].ticket_type, 2);
    assert_eq!(
        sale.offer_places(&mut entry, &already, (&terms().offers, None), noon()),
        None,
        "bought meanwhile"
    );
    assert_eq!(entry.status, EntryStatus::Waiting);
}

#[test]
fn nothing_is_offered_and_nobody_joins_when_sales_are_over() {
    let mut sale = sold_out(4);
    let mut entry = sale.join(&wish(1), (&nothing(), None), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    let over = sale.starts_at;
    assert!(!sale.is_over(over - TimeDelta::seconds(1)) && sale.is_over(over));
    assert_eq!(offered(&mut sale, &mut entry, over), None);
    assert_eq!(sale.free(None, over), []);
    assert_eq!(sale.join(&wish(5), (&nothing(), None), 2, over), Err(JoinRefusal::NotOnSale));
    sale.status = SaleStatus::Cancelled;
    assert!(sale.is_over(noon()));
    assert_eq!(offered(&mut sale, &mut entry, noon()), None);
    assert_eq!(sale.join(&wish(5), (&nothing(), None), 2, noon()), Err(JoinRefusal::NotOnSale));
    sale.status = SaleStatus::Closed;
    assert_eq!(sale.join(&wish(5), (&nothing(), None), 2, noon()), Err(JoinRefusal::UnknownEvent));
}

#[test]
fn an_offer_takes_its_places_like_any_hold_and_ends_by_itself() {
    let mut sale = sold_out(4);
    let mut entry = sale.join(&wish(2), (&nothing(), None), 1, noon()).unwrap();
    assert_eq!(offered(&mut sale, &mut entry, noon()), None);
    sale.offers[0].held = 1;
    let (hold, told_at) = offered(&mut sale, &mut entry, noon()).unwrap();
    assert_eq!((hold.entry, hold.places(), hold.buyer), (Some(entry.id), 2, entry.buyer));
    assert_eq!((hold.expires_at, told_at), (noon() + TimeDelta::hours(12), noon()));
    assert_eq!((sale.offers[0].held, entry.hold), (3, Some(hold.id)));
    assert_eq!(entry.status_at(hold.expires_at - TimeDelta::seconds(1)), EntryStatus::Offered);
    assert_eq!(entry.status_at(hold.expires_at), EntryStatus::Expired);
    entry.end(EntryStatus::Expired, noon());
    entry.end(EntryStatus::Accepted, noon());
    assert_eq!(entry.status, EntryStatus::Expired, "what has ended stays ended");
}

#[test]
fn an_offer_ends_with_the_sale_at_the_latest() {
    let mut sale = sold_out(4);
    let mut entry = sale.join(&wish(1), (&nothing(), None), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    sale.offers[0].sales_end = Some(noon() + TimeDelta::hours(1));
    let (hold, _) = offered(&mut sale, &mut entry, noon()).unwrap();
    assert_eq!(hold.expires_at, noon() + TimeDelta::hours(1));
}

#[test]
fn in_quiet_hours_places_are_kept_and_the_clock_waits() {
    let quiet = Some(Quiet { from: 22, until: 8 });
    let terms = OfferTerms { lasts: TimeDelta::hours(2), quiet };
    let mut sale = sold_out(4);
    sale.resale.zone = "Europe/Berlin".parse().unwrap();
    let mut entry = sale.join(&wish(1), (&nothing(), None), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    let night = "2026-06-01T21:00:00Z".parse().unwrap();
    let (hold, told_at) =
        sale.clone().offer_places(&mut entry.clone(), &nothing(), (&terms, None), night).unwrap();
    assert_eq!(told_at.to_rfc3339(), "2026-06-02T06:00:00+00:00");
    assert_eq!(hold.expires_at.to_rfc3339(), "2026-06-02T08:00:00+00:00");
    // A sale that ends before anybody wakes has no night.
    sale.offers[0].sales_end = Some(night + TimeDelta::hours(1));
    let (hold, told_at) = sale.offer_places(&mut entry, &nothing(), (&terms, None), night).unwrap();
    assert_eq!((told_at, hold.expires_at), (night, night + TimeDelta::hours(1)));
}

#[test]
fn any_of_several_types_does_and_the_price_has_a_limit() {
    let mut sale = sale(vec![offer(2, 2500), offer(2, 4000), offer(2, 1000)]);
    let ids: Vec<_> = sale.offers.iter().map(|offer| offer.ticket_type).collect();
    for offer in &mut sale.offers {
        offer.held = 2;
    }
    let two = JoinWish { ticket_types: vec![ids[1], ids[0]], max_price: Some(Money::eur(2500)), ..wish(2) };
    let mut entry = sale.join(&two, (&nothing(), None), 1, noon()).unwrap();
    sale.offers[1].held = 0;
    sale.offers[2].held = 0;
    assert_eq!(offered(&mut sale, &mut entry, noon()), None, "one is too dear, the other is not wanted");
    sale.offers[0].held = 1;
    assert_eq!(offered(&mut sale, &mut entry, noon()), None, "together or not at all");
    sale.offers[0].held = 0;
    let (hold, _) = offered(&mut sale, &mut entry, noon()).unwrap();
    assert_eq!((hold.items[0].ticket_type, hold.items[0].quantity), (ids[0], 2));
}

#[test]
fn how_many_holds_somebody_has_open_costs_them_no_offer() {
    let mut sale = sold_out(4);
    let mut entry = sale.join(&wish(1), (&nothing(), None), 1, noon()).unwrap();
    sale.offers[0].held = 0;
    let busy = Holdings { open_holds: crate::sale::OPEN_HOLDS, ..Holdings::default() };
    assert!(sale.offer_places(&mut entry, &busy, (&terms().offers, None), noon()).is_some());
}

#[test]
fn what_is_free_names_types_with_their_places_and_prices() {
    let mut sale = sale(vec![offer(5, 2500), offer(9, 1500), offer(3, 100)]);
    sale.offers[2].hidden = true;
    sale.offers[1].held = 2;
    let line = |at: usize, places, cents| Free {
        ticket_type: sale.offers[at].ticket_type,
        places,
        price: Money::eur(cents),
    };
    let free = [line(0, 5, 2500), line(1, 7, 1500)];
    assert_eq!(sale.free(None, noon()), free);
    let fits = |ticket_types: &[TicketTypeId], quantity, most: Option<u32>| {
        let wish = JoinWish { ticket_types: ticket_types.to_vec(), ..wish(quantity) };
        let mut entry = sale.entry(&wish, 1, noon()).unwrap();
        entry.max_price = most.map(Money::eur);
        free.iter().any(|free| entry.fits(free))
    };
    let first = [sale.offers[0].ticket_type];
    assert!(fits(&[], 7, None) && fits(&first, 5, Some(2500)));
    assert!(!fits(&first, 6, None), "the other type has them, which is not wanted");
    assert!(!fits(&[], 8, None) && !fits(&[], 6, Some(1499)) && !fits(&first, 1, Some(1500)));
    sale.capacity = Some(2);
    assert_eq!(sale.free(None, noon()), [], "the house is full");
}

#[test]
fn as_many_places_are_kept_as_are_wished_and_there_are() {
    let mut sale = sale(vec![offer(10, 2500), offer(10, 1500), offer(10, 500)]);
    let ids: Vec<_> = sale.offers.iter().map(|offer| offer.ticket_type).collect();
    let quota = Some(crate::Quota { id: kernel::QuotaId::generate(noon()), quantity: 12 });
    (sale.offers[0].quota, sale.offers[1].quota) = (quota, quota);
    let before = sale.clone();
    let kept = sale.keep_wished(&[(ids[0], 9), (ids[1], 50)], noon()).unwrap();
    let places: Vec<_> = kept.items.iter().map(|item| (item.ticket_type, item.quantity)).collect();
    assert_eq!(places, [(ids[0], 9), (ids[1], 3)], "they share twelve");
    assert_eq!(sale.left_of_each(), [0, 0, 10]);
    assert_eq!(sale.keep_wished(&[(ids[1], 1), (TicketTypeId::generate(noon()), 1)], noon()), None);
    sale.uncount(&kept.items);
    assert_eq!(sale, before);
}
