//! Whether an event can be put on sale, and every reason why not.

use crate::{Chargeable, Event, Status, Stocked, TicketType, Till, quota};
use chrono::{LocalResult, TimeZone};
use kernel::{Invalid, Timestamp};

/// Why the event cannot be put on sale; empty when it can. What was published before may be so again after it has
/// begun: its visitors want to find it.
#[must_use]
pub fn obstacles(event: &Event, ticket_types: &[Stocked], till: &dyn Till, now: Timestamp) -> Vec<Invalid> {
    let mut found = times(event, now);
    found.extend(place(event));
    let mut add = |field: &str, code, message: &str| found.push(Invalid::new(field, code, message));
    if ticket_types.is_empty() {
        add("ticket_types", "no_ticket_type", "there is no ticket type to sell");
    }
    let quantities =
        quota::places(ticket_types.iter().map(|it| (it.ticket_type.quantity, it.quota.as_ref())));
    if event.capacity.is_some_and(|capacity| quantities > u64::from(capacity)) {
        add("capacity", "types_exceed_capacity", "there are more tickets than people fit");
    }
    let over = |kind: &TicketType| now >= kind.sales_end.unwrap_or(event.starts_at);
    let begun = event.status != Status::Draft && event.starts_at <= now;
    if !begun && !ticket_types.is_empty() && ticket_types.iter().all(|stocked| over(&stocked.ticket_type)) {
        add(
            "ticket_types",
            "sale_is_over",
            "the time in which tickets are sold has passed for every ticket type",
        );
    }
    for (at, stocked) in ticket_types.iter().enumerate() {
        found.extend(of_type(event, at, &stocked.ticket_type, till));
    }
    found
}

/// What an organiser should know before an event is put on sale, although it can be; `ruled` when the event says what
/// goes back to buyers who cancel.
#[must_use]
pub fn cautions(ticket_types: &[Stocked], ruled: bool) -> Vec<Invalid> {
    let costs = ticket_types.iter().any(|stocked| !stocked.ticket_type.price.is_zero());
    let message = "nothing says what goes back to a buyer who cancels, so that each of them has to ask";
    let unruled = || Invalid::new("cancellation_policy", "no_refund_rule", message);
    (costs && !ruled).then(unruled).into_iter().collect()
}

fn times(event: &Event, now: Timestamp) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut add = |field: &str, code, message: &str| found.push(Invalid::new(field, code, message));
    if event.ends_at <= event.starts_at {
        add("ends_at", "before_start", "the event ends after it starts");
    }
    if event.ends_at <= now || (event.status == Status::Draft && event.starts_at <= now) {
        add("starts_at", "in_the_past", "the event lies in the past");
    }
    if event.doors_at.is_some_and(|doors| doors > event.starts_at) {
        add("doors_at", "after_start", "doors open before the event starts");
    }
    let told = [
        ("starts_at", Some(event.starts_at)),
        ("doors_at", event.doors_at),
        ("ends_at", Some(event.ends_at)),
    ];
    for (field, at) in told {
        if at.is_some_and(|at| is_told_twice(event, at)) {
            add(
                field,
                "ambiguous_local_time",
                "clocks are put back then: this local time comes twice in that night",
            );
        }
    }
    found
}

/// Whether clocks at the place show this time twice, so that people who read it cannot know which one is meant. The
/// hour that is left out in spring needs no such look: no instant is shown as a time in it.
fn is_told_twice(event: &Event, at: Timestamp) -> bool {
    let zone = event.timezone.tz();
    let shown = at.with_timezone(&zone).naive_local();
    matches!(zone.from_local_datetime(&shown), LocalResult::Ambiguous(..))
}

fn place(event: &Event) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut add = |code, message: &str| {
        found.push(Invalid::new("location.address_visible_from", code, message));
    };
    let Some(from) = event.location.address_visible_from else { return found };
    if event.location.address.is_none() {
        add("no_address", "there is no address that could be shown from then on");
    }
    if from > event.starts_at {
        add("after_start", "the address would be shown when the event has begun");
    }
    found
}

fn of_type(event: &Event, at: usize, kind: &TicketType, till: &dyn Till) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut add = |field: &str, code, what: String| {
        let message = format!("the ticket type {} {what}", kind.id);
        found.push(Invalid::new(format!("ticket_types.{at}.{field}"), code, message));
    };
    if kind.sales_start.is_some_and(|start| start >= event.starts_at) {
        add("sales_start", "sale_after_start", "starts to sell when the event has begun".into());
    }
    if let (Some(start), Some(end)) = (kind.sales_start, kind.sales_end)
        && end <= start
    {
        add("sales_end", "before_start", "ends to sell before it starts".into());
    }
    for (field, time) in [("sales_start", kind.sales_start), ("sales_end", kind.sales_end)] {
        if time.is_some_and(|time| is_told_twice(event, time)) {
            add(
                field,
                "ambiguous_local_time",
                "has a time that comes twice, because clocks are put back then".into(),
            );
        }
    }
    let price = kind.price;
    if price.currency() != event.currency {
        add("price", "currency_mismatch", "is priced in another currency".into());
    }
    // What is given away needs nobody who takes money.
    if price.is_zero() {
        return found;
    }
    match till.charge(price) {
        Chargeable::Yes => {}
        Chargeable::NoProvider => {
            add("price", "no_provider", "costs something, and no way to pay is set up".into());
        }
        Chargeable::NotInCurrency => {
            let currency = price.currency();
            add(
                "price",
                "currency_not_chargeable",
                format!("is priced in {}, which no way to pay takes", currency.code()),
            );
        }
        Chargeable::BelowMinimum(least) => {
            let (least, currency) = (least.decimal(), price.currency());
            add(
                "price",
                "below_minimum",
                format!("costs less than {least} {}, the least that can be charged", currency.code()),
            );
        }
        Chargeable::OddAmount => {
            add(
                "price",
                "amount_not_chargeable",
                "has a price with smaller parts than can be charged".into(),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests;
