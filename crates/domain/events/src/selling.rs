//! Whether an event can be sold, and how much of it is left.

use crate::{Event, Status, Stocked, TicketType};
use kernel::{Invalid, Money, TicketTypeId, Timestamp};

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

/// What is left of every type that is not hidden, in the order given.
#[must_use]
pub fn left(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Vec<Left> {
    let room = room(event, ticket_types);
    let open = event.status_at(now) == Status::Published;
    let seen = ticket_types.iter().filter(|stocked| !stocked.ticket_type.hidden);
    seen.map(|stocked| Left {
        ticket_type: stocked.ticket_type.clone(),
        available: stocked.ticket_type.quantity.saturating_sub(stocked.stock.taken()).min(room),
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
    let all = on_sale.iter().map(|left| left.ticket_type.quantity).fold(0, u32::saturating_add).min(capacity);
    // Each type was cut to the room that they share, their sum was not.
    let sum = on_sale.iter().map(|left| left.available).fold(0, u32::saturating_add);
    match sum.min(room(event, ticket_types)) {
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

/// Why the event cannot be put on sale; empty when it can. What was published before may be so again after it has
/// begun: its visitors want to find it.
#[must_use]
pub fn obstacles(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut add = |field: String, code, message: &str| found.push(Invalid::new(field, code, message));
    if event.ends_at <= event.starts_at {
        add("ends_at".into(), "before_start", "the event ends after it starts");
    }
    if event.ends_at <= now || (event.status == Status::Draft && event.starts_at <= now) {
        add("starts_at".into(), "in_the_past", "the event lies in the past");
    }
    if event.doors_at.is_some_and(|doors| doors > event.starts_at) {
        add("doors_at".into(), "after_start", "doors open before the event starts");
    }
    if ticket_types.is_empty() {
        add("ticket_types".into(), "no_ticket_type", "there is no ticket type to sell");
    }
    let quantities: u64 = ticket_types.iter().map(|stocked| u64::from(stocked.ticket_type.quantity)).sum();
    if event.capacity.is_some_and(|capacity| quantities > u64::from(capacity)) {
        add("capacity".into(), "types_exceed_capacity", "there are more tickets than people fit");
    }
    for (at, TicketType { id, sales_start, sales_end, price, .. }) in
        ticket_types.iter().map(|stocked| &stocked.ticket_type).enumerate()
    {
        let field = |name: &str| format!("ticket_types.{at}.{name}");
        let named = |what: &str| message(*id, what);
        if sales_start.is_some_and(|start| start >= event.starts_at) {
            add(field("sales_start"), "sale_after_start", &named("starts to sell when the event has begun"));
        }
        if let (Some(start), Some(end)) = (sales_start, sales_end)
            && end <= start
        {
            add(field("sales_end"), "before_start", &named("ends to sell before it starts"));
        }
        if price.currency() != event.currency {
            add(field("price"), "currency_mismatch", &named("is priced in another currency"));
        }
    }
    found
}

fn message(ticket_type: TicketTypeId, what: &str) -> String {
    format!("the ticket type {ticket_type} {what}")
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

    fn codes(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Vec<(String, &'static str)> {
        obstacles(event, ticket_types, now).into_iter().map(|reason| (reason.field, reason.code)).collect()
    }

    #[test]
    fn a_draft_with_room_for_its_types_can_be_sold() {
        let event = event_input().draft(noon()).unwrap();
        assert_eq!(codes(&event, &[stocked(&event, 60, 0, 0), stocked(&event, 40, 0, 0)], noon()), []);
    }

    #[test]
    fn all_reasons_against_a_sale_are_named() {
        let mut event = event_input().draft(noon()).unwrap();
        assert_eq!(codes(&event, &[], noon()), [("ticket_types".into(), "no_ticket_type")]);
        let mut one = stocked(&event, 101, 0, 0);
        one.ticket_type.sales_start = Some(event.starts_at);
        one.ticket_type.sales_end = Some(event.starts_at);
        one.ticket_type.price = Money::zero(kernel::Currency::JPY);
        event.doors_at = Some(event.starts_at + TimeDelta::seconds(1));
        event.ends_at = event.starts_at;
        let found = codes(&event, &[one], event.starts_at);
        let expected = [
            ("ends_at", "before_start"),
            ("starts_at", "in_the_past"),
            ("doors_at", "after_start"),
            ("capacity", "types_exceed_capacity"),
            ("ticket_types.0.sales_start", "sale_after_start"),
            ("ticket_types.0.sales_end", "before_start"),
            ("ticket_types.0.price", "currency_mismatch"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn what_was_published_before_may_be_again_while_it_runs() {
        let mut event = published();
        let types = [stocked(&event, 10, 0, 0)];
        event.deactivate(noon()).unwrap();
        assert_eq!(codes(&event, &types, event.starts_at), []);
        assert_eq!(codes(&event, &types, event.ends_at), [("starts_at".into(), "in_the_past")]);
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
