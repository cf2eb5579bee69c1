//! Figures as cells of tables: the same as they are shown elsewhere, one beside the other.

use crate::http::csv::Cell;
use booking::figures::{EventFigures, Flow, Total, percent};
use kernel::{Currency, Timestamp};
use std::iter::{once, repeat_n};

/// Amounts of a sum, each with what it is called.
pub fn money(flow: &Flow) -> [(&'static str, i64); 12] {
    [
        ("sold", flow.sold),
        ("sold_with_vouchers", flow.sold_with_voucher),
        ("discounts", flow.discount),
        ("differences", flow.differences),
        ("refunded", flow.refunded),
        ("disputed", flow.disputed),
        ("net", flow.net()),
        ("refunded_unearned", flow.unearned),
        ("gone_back", flow.gone),
        ("platform_fees", flow.platform_fees),
        ("provider_fees", flow.provider_fees),
        ("dispute_fees", flow.dispute_fees),
    ]
}

/// What a sum has that is no money, each with what it is called.
pub fn counts(flow: &Flow) -> [(&'static str, i64); 4] {
    [
        ("tickets_issued", flow.tickets),
        ("orders", flow.orders),
        ("orders_with_vouchers", flow.vouchered),
        ("refunds", flow.refunds),
    ]
}

/// How events stand, each figure with what it is called; `None` where there is nothing to take a share of.
pub fn standing(total: &Total) -> [(&'static str, Option<u64>); 24] {
    let Total { places, tickets, expected, no_shows, orders, list, vouchers, .. } = *total;
    [
        ("places", Some(places)),
        ("tickets", Some(tickets.living())),
        ("occupancy_percent", percent(tickets.living(), places)),
        ("checked_in", Some(tickets.checked_in)),
        ("returned", Some(tickets.returned)),
        ("cancelled", Some(tickets.cancelled)),
        ("expected", Some(expected)),
        ("no_shows", Some(no_shows)),
        ("no_show_percent", percent(no_shows, expected)),
        ("orders_pending_payment", Some(orders.pending)),
        ("orders_confirmed", Some(orders.confirmed)),
        ("orders_cancelled", Some(orders.cancelled)),
        ("orders_expired", Some(orders.expired)),
        ("waitlist_joined", Some(list.joined())),
        ("waitlist_waiting", Some(list.waiting)),
        ("waitlist_offered", Some(list.offered)),
        ("waitlist_accepted", Some(list.accepted)),
        ("waitlist_expired", Some(list.expired)),
        ("waitlist_left", Some(list.left)),
        ("waitlist_places_wanted", Some(list.wanted)),
        ("waitlist_conversion_percent", percent(list.accepted, list.accepted + list.lapsed_offers)),
        ("vouchers_made", Some(vouchers.made)),
        ("vouchers_used", Some(vouchers.used)),
        ("vouchers_used_percent", percent(vouchers.used, vouchers.made)),
    ]
}

/// The columns of [`sums`].
pub fn sum_columns() -> impl Iterator<Item = &'static str> {
    once("currency").chain(money(&Flow::default()).map(|(name, _)| name))
}

/// Sums in one currency; without them empty cells.
pub fn sums(sum: Option<(Currency, &Flow)>) -> Vec<Cell> {
    match sum {
        Some((currency, flow)) => {
            let amounts = money(flow).map(|(_, minor)| Cell::counted(minor, currency));
            once(Cell::of(currency)).chain(amounts).collect()
        }
        None => repeat_n(Cell::NOTHING, sum_columns().count()).collect(),
    }
}

/// The columns of [`of_event`].
pub fn event_columns() -> impl Iterator<Item = &'static str> {
    let standing = standing(&Total::default()).map(|(name, _)| name);
    standing.into_iter().chain(["guests", "returning_guests"])
}

/// How one event stands, and who comes: of few guests that is told to admins alone.
pub fn of_event(figures: Option<&EventFigures>, admin: bool, now: Timestamp) -> Vec<Cell> {
    let guests = figures.and_then(|it| it.guests).and_then(|guests| guests.told(admin));
    let guests = [guests.map(|it| it.guests), guests.map(|it| it.returning)];
    let standing = standing(&Total::of(figures, now, admin)).map(|(_, number)| number);
    standing.into_iter().chain(guests).map(Cell::some_number).collect()
}
