//! How much of an event is left.

use crate::{Event, Quota, Status, Stocked, TicketType, quota};
use kernel::{Money, TicketTypeId, Timestamp};

/// What an event's visitors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Enough.
    Available,
    /// Fewer than ten, or less than a tenth of all.
    Few,
    /// Nothing, for now.
    SoldOut,
    /// No sale is open.
    NotOnSale,
}

/// What is left of one ticket type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The type.
    pub ticket_type: TicketType,
    /// How many can still be had, with the event's capacity in view.
    pub available: u32,
    /// Whether it can be bought now, places aside.
    pub on_sale: bool,
}

impl Availability {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Few => "few",
            Self::SoldOut => "sold_out",
            Self::NotOnSale => "not_on_sale",
        }
    }
}

impl TicketType {
    /// Whether the window of this type is open: from its start, or always; to its end, or to the event's start.
    #[must_use]
    pub fn sells_at(&self, event: &Event, now: Timestamp) -> bool {
        self.sales_start.is_none_or(|start| now >= start) && now < self.sales_end.unwrap_or(event.starts_at)
    }
}

/// What a code does for who has it, as far as it changes what they see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Types that are shown although they are hidden.
    pub types: Vec<TicketTypeId>,
    /// Places that are kept for the code, of which type and how many, beside what is left for everybody.
    pub kept: Option<(TicketTypeId, u32)>,
}

/// What is left of every type that is not hidden, in the order given.
#[must_use]
pub fn left(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Vec<Left> {
    left_with(event, ticket_types, &Opened::default(), now)
}

/// The same for somebody with a code.
#[must_use]
pub fn left_with(event: &Event, ticket_types: &[Stocked], opened: &Opened, now: Timestamp) -> Vec<Left> {
    let room = room(event, ticket_types);
    let open = event.status_at(now) == Status::Published;
    let shown = |kind: &TicketType| !kind.hidden || opened.types.contains(&kind.id);
    let kept = |kind: &TicketType| opened.kept.filter(|(id, _)| *id == kind.id).map_or(0, |(_, kept)| kept);
    let for_all = |it: &Stocked| it.left(ticket_types).min(room);
    let seen = ticket_types.iter().filter(|stocked| shown(&stocked.ticket_type));
    seen.map(|stocked| Left {
        ticket_type: stocked.ticket_type.clone(),
        available: for_all(stocked).saturating_add(kept(&stocked.ticket_type)),
        on_sale: open && stocked.ticket_type.sells_at(event, now),
    })
    .collect()
}

/// The word for what is left of an event: of those types that are on sale, within the capacity.
#[must_use]
pub fn availability(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Availability {
    let on_sale: Vec<Left> = left(event, ticket_types, now).into_iter().filter(|left| left.on_sale).collect();
    if on_sale.is_empty() {
        return Availability::NotOnSale;
    }
    let capacity = event.capacity.unwrap_or(u32::MAX);
    let quota_of =
        |left: &Left| ticket_types.iter().find(|it| it.ticket_type.id == left.ticket_type.id)?.quota.as_ref();
    let all = quota::places(on_sale.iter().map(|left| (left.ticket_type.quantity, quota_of(left))));
    let all = all.min(u64::from(capacity));
    // Each type was cut to the room that they share, their sum was not.
    let room_in = |quota: &Quota| (quota.id, quota::room_of(quota, ticket_types));
    let sum = quota::within(on_sale.iter().map(|left| (left.available, quota_of(left).map(room_in))));
    match sum.min(u64::from(room(event, ticket_types))) {
        0 => Availability::SoldOut,
        few if few < 10 || few.saturating_mul(10) < all => Availability::Few,
        _ => Availability::Available,
    }
}

/// How many more the event's capacity lets in, over all types.
fn room(event: &Event, ticket_types: &[Stocked]) -> u32 {
    let taken = ticket_types.iter().map(|stocked| stocked.stock.taken()).fold(0, u32::saturating_add);
    event.capacity.map_or(u32::MAX, |capacity| capacity.saturating_sub(taken))
}

/// The lowest price among the types that are not hidden and whose sale is not over; the base price without such.
#[must_use]
pub fn price_from(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Option<Money> {
    ticket_types
        .iter()
        .map(|stocked| &stocked.ticket_type)
        .filter(|kind| !kind.hidden && now < kind.sales_end.unwrap_or(event.starts_at))
        .map(|kind| kind.price)
        .min_by_key(|price| price.minor())
        .or(event.base_price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, stocked};
    use chrono::TimeDelta;

    fn published() -> Event {
        let mut event = event_input().draft(noon()).unwrap();
        event.publish(noon()).unwrap();
        event
    }

    #[test]
    fn the_word_follows_what_is_left() {
        let event = published();
        for (taken, word) in [
            (0, Availability::Available),
            (90, Availability::Available),
            (91, Availability::Few),
            (99, Availability::Few),
            (100, Availability::SoldOut),
        ] {
            let types = [stocked(&event, 100, 0, taken)];
            assert_eq!(availability(&event, &types, noon()), word, "{taken} taken");
        }
        let large = Event { capacity: None, ..event };
        assert_eq!(availability(&large, &[stocked(&large, 1000, 1, 900)], noon()), Availability::Few);
        assert_eq!(availability(&large, &[stocked(&large, 1000, 0, 900)], noon()), Availability::Available);
    }

    #[test]
    fn a_code_shows_what_is_hidden_and_what_is_kept_for_it() {
        let event = Event { capacity: Some(20), ..published() };
        let mut types = [stocked(&event, 10, 0, 0), stocked(&event, 10, 0, 6)];
        types[1].ticket_type.hidden = true;
        types[1].stock.reserved = 4;
        let hidden = types[1].ticket_type.id;
        let rows = |opened: &Opened| -> Vec<u32> {
            left_with(&event, &types, opened, noon()).iter().map(|left| left.available).collect()
        };
        assert_eq!(rows(&Opened::default()), [10]);
        assert_eq!(rows(&Opened { types: vec![hidden], kept: None }), [10, 0]);
        assert_eq!(rows(&Opened { types: vec![hidden], kept: Some((hidden, 3)) }), [10, 3]);
        let elsewhere = Opened { types: vec![TicketTypeId::generate(noon())], kept: None };
        assert_eq!(rows(&elsewhere), [10], "a type of another event");
    }

    #[test]
    fn the_capacity_bounds_what_is_left_of_every_type() {
        let event = Event { capacity: Some(20), ..published() };
        let types = [stocked(&event, 20, 5, 10), stocked(&event, 20, 0, 0)];
        let rows: Vec<u32> = left(&event, &types, noon()).iter().map(|left| left.available).collect();
        assert_eq!(rows, [5, 5]);
        assert_eq!(availability(&event, &types, noon()), Availability::Few);
        let full = [stocked(&event, 20, 10, 10), stocked(&event, 20, 0, 0)];
        assert_eq!(availability(&event, &full, noon()), Availability::SoldOut);
    }

    #[test]
    fn types_that_share_a_quota_have_what_it_has_left_and_no_more_together() {
        let event = Event { capacity: None, ..published() };
        let input = crate::QuotaInput { name: "The hall".into(), quantity: 30 };
        let hall = input.added(event.id, noon()).unwrap();
        let mut types = [stocked(&event, 25, 0, 20), stocked(&event, 25, 1, 0), stocked(&event, 7, 0, 0)];
        for shares in &mut types[..2] {
            shares.ticket_type.quota = Some(hall.id);
            shares.quota = Some(hall.clone());
        }
        let rows: Vec<u32> = left(&event, &types, noon()).iter().map(|left| left.available).collect();
        assert_eq!(rows, [5, 9, 7]);
        assert_eq!(availability(&event, &types, noon()), Availability::Available, "9 and 7 are left of 37");
        assert_eq!(availability(&event, &types[..2], noon()), Availability::Few, "9 are left, not 14");
        types[1].stock.sold = 9;
        assert_eq!(availability(&event, &types[..2], noon()), Availability::SoldOut);
    }

    #[test]
    fn nothing_is_on_sale_outside_window_and_state() {
        let event = published();
        let mut one = stocked(&event, 100, 0, 0);
        let word = |event: &Event, one: &Stocked, now| availability(event, std::slice::from_ref(one), now);
        assert_eq!(word(&event, &one, event.starts_at - TimeDelta::seconds(1)), Availability::Available);
        assert_eq!(word(&event, &one, event.starts_at), Availability::NotOnSale);
        let draft = Event { status: Status::Draft, ..event.clone() };
        assert_eq!(word(&draft, &one, noon()), Availability::NotOnSale);
        one.ticket_type.sales_start = Some(noon() + TimeDelta::seconds(1));
        assert_eq!(word(&event, &one, noon()), Availability::NotOnSale);
        assert_eq!(word(&event, &one, noon() + TimeDelta::seconds(1)), Availability::Available);
        one.ticket_type.hidden = true;
        assert_eq!(word(&event, &one, noon() + TimeDelta::seconds(1)), Availability::NotOnSale);
    }

    #[test]
    fn the_lowest_price_is_of_what_can_still_be_bought() {
        let event = Event { base_price: Some(Money::eur(9)), ..published() };
        let [mut hidden, mut over, dear] = [1, 2, 3].map(|_| stocked(&event, 10, 0, 0));
        hidden.ticket_type.price = Money::eur(1);
        hidden.ticket_type.hidden = true;
        over.ticket_type.price = Money::eur(2);
        over.ticket_type.sales_end = Some(noon());
        let types = [hidden, over, dear];
        assert_eq!(price_from(&event, &types, noon()), Some(Money::eur(2500)));
        assert_eq!(price_from(&event, &types[..2], noon()), Some(Money::eur(9)));
    }
}
