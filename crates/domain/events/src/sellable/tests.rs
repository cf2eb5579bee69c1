use super::*;
use crate::samples::{event_input, noon, stocked};
use chrono::TimeDelta;
use kernel::{Currency, Money};

/// A till that says one and the same of every price.
struct Says(Chargeable);

impl Till for Says {
    fn charge(&self, _: Money) -> Chargeable {
        self.0
    }
}

fn draft() -> Event {
    event_input().draft(noon()).unwrap()
}

fn codes_at(
    event: &Event,
    ticket_types: &[Stocked],
    till: Chargeable,
    now: Timestamp,
) -> Vec<(String, &'static str)> {
    let found = obstacles(event, ticket_types, &Says(till), now);
    found.into_iter().map(|reason| (reason.field, reason.code)).collect()
}

fn codes(event: &Event, ticket_types: &[Stocked], now: Timestamp) -> Vec<(String, &'static str)> {
    codes_at(event, ticket_types, Chargeable::Yes, now)
}

fn named(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    expected.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect()
}

#[test]
fn a_draft_with_room_for_its_types_can_be_sold() {
    let event = draft();
    assert_eq!(codes(&event, &[stocked(&event, 60, 0, 0), stocked(&event, 40, 0, 0)], noon()), []);
}

#[test]
fn who_pays_is_told_beforehand_what_goes_back() {
    let event = draft();
    let priced = stocked(&event, 10, 0, 0);
    let mut free = priced.clone();
    free.ticket_type.price = Money::new(0, Currency::EUR).unwrap();
    let codes = |types: &[Stocked], ruled| -> Vec<_> {
        cautions(types, ruled).into_iter().map(|caution| caution.code).collect()
    };
    assert_eq!(codes(&[free.clone(), priced.clone()], false), ["no_refund_rule"]);
    assert_eq!(codes(&[free.clone(), priced], true), [""; 0]);
    assert_eq!(codes(&[free], false), [""; 0]);
}

#[test]
fn all_reasons_against_a_sale_are_named() {
    let mut event = draft();
    assert_eq!(codes(&event, &[], noon()), named(&[("ticket_types", "no_ticket_type")]));
    let mut one = stocked(&event, 101, 0, 0);
    one.ticket_type.sales_start = Some(event.starts_at);
    one.ticket_type.sales_end = Some(event.starts_at);
    one.ticket_type.price = Money::new(1, Currency::JPY).unwrap();
    event.doors_at = Some(event.starts_at + TimeDelta::seconds(1));
    event.ends_at = event.starts_at;
    event.location.address_visible_from = Some(event.starts_at + TimeDelta::seconds(1));
    let found = codes_at(&event, &[one], Chargeable::NoProvider, event.starts_at);
    let expected = [
        ("ends_at", "before_start"),
        ("starts_at", "in_the_past"),
        ("doors_at", "after_start"),
        ("location.address_visible_from", "no_address"),
        ("location.address_visible_from", "after_start"),
        ("capacity", "types_exceed_capacity"),
        ("ticket_types", "sale_is_over"),
        ("ticket_types.0.sales_start", "sale_after_start"),
        ("ticket_types.0.sales_end", "before_start"),
        ("ticket_types.0.price", "currency_mismatch"),
        ("ticket_types.0.price", "no_provider"),
    ];
    assert_eq!(found, named(&expected));
}

#[test]
fn what_was_published_before_may_be_again_while_it_runs() {
    let mut event = draft();
    event.publish(noon()).unwrap();
    let types = [stocked(&event, 10, 0, 0)];
    event.deactivate(noon()).unwrap();
    assert_eq!(codes(&event, &types, event.starts_at), []);
    assert_eq!(codes(&event, &types, event.ends_at), named(&[("starts_at", "in_the_past")]));
}

#[test]
fn a_sale_whose_time_has_passed_sells_nothing() {
    let event = draft();
    let mut types = [stocked(&event, 10, 0, 0), stocked(&event, 10, 0, 0)];
    types[0].ticket_type.sales_end = Some(noon());
    assert_eq!(codes(&event, &types, noon()), [], "the other one still sells");
    types[1].ticket_type.sales_end = Some(noon());
    assert_eq!(codes(&event, &types, noon()), named(&[("ticket_types", "sale_is_over")]));
}

#[test]
fn a_price_that_nobody_can_charge_is_refused_and_what_is_free_needs_nobody() {
    let event = draft();
    let [mut free, paid] = [stocked(&event, 10, 0, 0), stocked(&event, 10, 0, 0)];
    free.ticket_type.price = Money::zero(event.currency);
    for (till, code) in [
        (Chargeable::NoProvider, "no_provider"),
        (Chargeable::NotInCurrency, "currency_not_chargeable"),
        (Chargeable::BelowMinimum(Money::eur(5000)), "below_minimum"),
        (Chargeable::OddAmount, "amount_not_chargeable"),
    ] {
        assert_eq!(codes_at(&event, std::slice::from_ref(&free), till, noon()), []);
        let found = codes_at(&event, &[free.clone(), paid.clone()], till, noon());
        assert_eq!(found, named(&[("ticket_types.1.price", code)]));
    }
    let least = Says(Chargeable::BelowMinimum(Money::eur(5000)));
    let reasons = obstacles(&event, std::slice::from_ref(&paid), &least, noon());
    assert!(reasons[0].message.contains("50.00 EUR"), "{}", reasons[0].message);
}

#[test]
fn a_local_time_that_comes_twice_is_named_and_the_hours_around_it_are_not() {
    // In Berlin clocks go from 03:00 back to 02:00 in the night to 2026-10-25, at 01:00 UTC.
    let mut event = draft();
    event.ends_at = "2026-10-25T05:00:00Z".parse().unwrap();
    for (at, twice) in [
        ("2026-10-24T23:59:59Z", false),
        ("2026-10-25T00:00:00Z", true),
        ("2026-10-25T01:59:59Z", true),
        ("2026-10-25T02:00:00Z", false),
    ] {
        event.starts_at = at.parse().unwrap();
        event.doors_at = Some(event.starts_at);
        let expected: &[_] = if twice {
            &[("starts_at", "ambiguous_local_time"), ("doors_at", "ambiguous_local_time")]
        } else {
            &[]
        };
        let mut one = stocked(&event, 10, 0, 0);
        assert_eq!(codes(&event, std::slice::from_ref(&one), noon()), named(expected), "{at}");
        one.ticket_type.sales_end = Some(event.starts_at - TimeDelta::hours(1));
        let sale_ends_twice = is_told_twice(&event, event.starts_at - TimeDelta::hours(1));
        let named_too =
            codes(&event, &[one], noon()).iter().any(|(field, _)| field == "ticket_types.0.sales_end");
        assert_eq!(named_too, sale_ends_twice, "{at}");
    }
    // In spring an hour is left out; no instant is shown as a time in it.
    event.ends_at = "2027-03-28T05:00:00Z".parse().unwrap();
    for at in ["2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z"] {
        event.starts_at = at.parse().unwrap();
        event.doors_at = None;
        assert_eq!(codes(&event, &[stocked(&event, 10, 0, 0)], noon()), [], "{at}");
    }
}

#[test]
fn an_address_is_revealed_before_the_event_begins_if_there_is_one() {
    let mut event = draft();
    let one = [stocked(&event, 10, 0, 0)];
    event.location.address = Some("Quay 7".into());
    event.location.address_visible_from = Some(event.starts_at);
    assert_eq!(codes(&event, &one, noon()), []);
    event.location.address_visible_from = Some(event.starts_at + TimeDelta::microseconds(1));
    assert_eq!(codes(&event, &one, noon()), named(&[("location.address_visible_from", "after_start")]));
    event.location.address = None;
    event.location.address_visible_from = Some(noon());
    assert_eq!(codes(&event, &one, noon()), named(&[("location.address_visible_from", "no_address")]));
}
