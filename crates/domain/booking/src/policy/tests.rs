use super::*;
use chrono::DateTime;
use kernel::Currency;
use proptest::prelude::*;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency).unwrap()
}

fn tier(until_hours_before: u32, fee_basis_points: u16, fixed: Option<Money>) -> Tier {
    Tier { until_hours_before, fee_basis_points, fee_fixed: fixed }
}

fn promise(tiers: Vec<Tier>) -> Promise {
    Promise::Policy(CancellationPolicy::new(true, tiers).unwrap())
}

const START: &str = "2026-07-01T18:00:00Z";

fn fee(promise: &Promise, paid: Money, now: &str) -> Result<i64, NoWay> {
    Promise::fee(Some(promise), paid, at(START), at(now)).map(Money::minor)
}

#[test]
fn the_tier_that_has_not_ended_yet_applies_up_to_its_very_instant() {
    let promise = promise(vec![tier(24, 5000, None), tier(168, 1000, None)]);
    let paid = Money::eur(2500);
    assert_eq!(fee(&promise, paid, "2026-06-24T18:00:00Z"), Ok(250));
    assert_eq!(fee(&promise, paid, "2026-06-24T18:00:00.000001Z"), Ok(1250));
    assert_eq!(fee(&promise, paid, "2026-06-30T18:00:00Z"), Ok(1250));
    assert_eq!(fee(&promise, paid, "2026-06-30T18:00:00.000001Z"), Err(NoWay::TooLate));
}

#[test]
fn without_tiers_all_goes_back_until_the_event_begins() {
    let promise = promise(vec![]);
    assert_eq!(fee(&promise, Money::eur(2500), "2026-07-01T17:59:59Z"), Ok(0));
    assert_eq!(fee(&promise, Money::eur(2500), START), Err(NoWay::TooLate));
}

#[test]
fn what_was_not_promised_is_for_staff_to_decide() {
    let never = Promise::Policy(CancellationPolicy::new(false, vec![tier(1, 0, None)]).unwrap());
    let early = "2026-01-01T00:00:00Z";
    assert_eq!(fee(&never, Money::eur(2500), early), Err(NoWay::NotRefundable));
    let none = Promise::fee(None, Money::eur(2500), at(START), at(early));
    assert_eq!(none, Err(NoWay::NotRefundable));
}

#[test]
fn fees_are_exact_and_rounded_once_in_the_currencys_own_unit() {
    let cases = [
        // paid, basis points, fixed, kept
        (money(2500, Currency::EUR), 1250, Some(100), 413),
        (money(2501, Currency::EUR), 5000, None, 1251),
        (money(999, Currency::JPY), 1000, None, 100),
        (money(2500, Currency::JPY), 333, Some(50), 133),
        (money(12_345, Currency::KWD), 1000, None, 1235),
        (money(12_345, Currency::KWD), 1, Some(1), 2),
        (money(1, Currency::EUR), 4999, None, 0),
        (money(1, Currency::EUR), 5000, None, 1),
    ];
    for (paid, points, fixed, kept) in cases {
        let fixed = fixed.map(|minor| money(minor, paid.currency()));
        assert_eq!(tier(0, points, fixed).fee(paid), Ok(money(kept, paid.currency())), "{paid} {points}");
    }
}

#[test]
fn no_more_is_kept_than_was_paid() {
    let all = tier(0, 10_000, Some(Money::eur(500)));
    assert_eq!(all.fee(Money::eur(300)), Ok(Money::eur(300)));
    assert_eq!(tier(0, 0, Some(Money::eur(500))).fee(Money::eur(300)), Ok(Money::eur(300)));
}

/// Two nights in Berlin: at 02:00 the clock jumps to 03:00, or back to 02:00 at 03:00. A day before the event begins
/// is 24 hours before, whatever the clock on the wall says.
#[test]
fn hours_are_counted_by_instants_across_the_change_of_the_clock() {
    let promise = promise(vec![tier(24, 1000, None)]);
    let paid = Money::eur(1000);
    // 2026-03-29T12:00+02:00; on the wall, a day before is 12:00+01:00, which is only 23 hours.
    let spring = at("2026-03-29T10:00:00Z");
    let kept = |start, now| Promise::fee(Some(&promise), paid, start, at(now)).map(Money::minor);
    assert_eq!(kept(spring, "2026-03-28T11:00:00+01:00"), Ok(100));
    assert_eq!(kept(spring, "2026-03-28T11:00:01+01:00"), Err(NoWay::TooLate));
    assert_eq!(kept(spring, "2026-03-28T12:00:00+01:00"), Err(NoWay::TooLate));
    // 2026-10-25T12:00+01:00; on the wall, a day before is 12:00+02:00, which is 25 hours.
    let autumn = at("2026-10-25T11:00:00Z");
    assert_eq!(kept(autumn, "2026-10-24T12:00:00+02:00"), Ok(100));
    assert_eq!(kept(autumn, "2026-10-24T13:00:00+02:00"), Ok(100));
    assert_eq!(kept(autumn, "2026-10-24T13:00:01+02:00"), Err(NoWay::TooLate));
}

#[test]
fn a_promise_that_cannot_be_read_gives_nothing_and_crashes_nothing() {
    let broken = [
        json!({"refundable": true}),
        json!({"refundable": true, "tiers": [{"until_hours_before": -1, "fee_basis_points": 0}]}),
        json!({"refundable": true, "tiers": [{"until_hours_before": 1, "fee_basis_points": 10_001}]}),
        json!({"refundable": true, "tiers": [
            {"until_hours_before": 1, "fee_basis_points": 0}, {"until_hours_before": 1, "fee_basis_points": 1}]}),
        json!("all of it"),
        json!(null),
    ];
    for stored in broken {
        let promise: Promise = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(promise, Promise::Malformed(stored.clone()));
        assert_eq!(fee(&promise, Money::eur(2500), "2026-01-01T00:00:00Z"), Err(NoWay::Malformed));
        assert_eq!(serde_json::to_value(&promise).unwrap(), stored, "the evidence is kept");
    }
    let foreign = promise(vec![tier(0, 0, Some(money(1, Currency::JPY)))]);
    assert_eq!(fee(&foreign, Money::eur(2500), "2026-01-01T00:00:00Z"), Err(NoWay::Malformed));
}

#[test]
fn a_promise_reads_back_as_it_was_stored() {
    let promise = promise(vec![tier(24, 5000, Some(Money::eur(100))), tier(168, 0, None)]);
    let stored = serde_json::to_value(&promise).unwrap();
    assert_eq!(serde_json::from_value::<Promise>(stored).unwrap(), promise);
}

fn input(hours: i64, percent: &str, fixed: Option<(i64, &str)>) -> TierInput {
    let fee_fixed = fixed.map(|(amount, code)| (amount, code.to_owned()));
    TierInput { until_hours_before: hours, fee_percent: Some(percent.to_owned()), fee_fixed }
}

#[test]
fn an_input_is_read_exactly_and_all_its_mistakes_are_named() {
    let tiers = vec![input(24, "12.5", Some((100, "EUR"))), input(168, "0", None), input(48, "99.99", None)];
    let policy = PolicyInput { refundable: true, tiers }.checked(Currency::EUR).unwrap();
    let read: Vec<_> =
        policy.tiers().iter().map(|tier| (tier.until_hours_before, tier.fee_basis_points)).collect();
    assert_eq!(read, [(168, 0), (48, 9999), (24, 1250)]);
    let tiers = vec![
        input(-1, "0", None),
        input(24, "100.01", Some((-1, "EUR"))),
        input(1, "1.001", Some((1, "JPY"))),
        input(2, "-1", None),
        input(3, "1", None),
        input(3, "2", None),
    ];
    let wrong = PolicyInput { refundable: true, tiers }.checked(Currency::EUR).unwrap_err();
    let found: Vec<_> = wrong.iter().map(|mistake| (mistake.field.as_str(), mistake.code)).collect();
    assert_eq!(
        found,
        [
            ("tiers.0.until_hours_before", "out_of_range"),
            ("tiers.1.fee_percent", "out_of_range"),
            ("tiers.1.fee_fixed.amount", "out_of_range"),
            ("tiers.2.fee_percent", "out_of_range"),
            ("tiers.2.fee_fixed.currency", "currency_mismatch"),
            ("tiers.3.fee_percent", "out_of_range"),
            ("tiers.5.until_hours_before", "repeated"),
        ]
    );
}

fn currencies() -> impl Strategy<Value = Currency> {
    prop_oneof![Just(Currency::EUR), Just(Currency::JPY), Just(Currency::KWD)]
}

proptest! {
    #[test]
    fn fee_and_refund_of_a_ticket_are_its_price_to_the_last_unit(
        price in 0_i64..=100_000_000,
        points in 0_u16..=WHOLE,
        fixed in proptest::option::of(0_i64..=100_000_000),
        currency in currencies(),
    ) {
        let paid = money(price, currency);
        let kept = tier(0, points, fixed.map(|minor| money(minor, currency))).fee(paid).unwrap();
        let back = paid.minus(kept).unwrap();
        prop_assert_eq!(kept.plus(back), Some(paid));
        // Within half a unit of the exact share, unless the price caps it.
        let exact = i128::from(price) * i128::from(points) + i128::from(fixed.unwrap_or(0)) * 10_000;
        let off = (i128::from(kept.minor()) * 10_000 - exact).abs();
        prop_assert!(off <= 5_000 || kept == paid);
    }

    #[test]
    fn a_later_cancellation_never_falls_into_an_earlier_tier(
        hours in proptest::collection::btree_set(0_u32..=2000, 1..6),
        minutes in 0_i64..=200_000,
    ) {
        let tiers: Vec<_> = hours.iter().map(|hours| tier(*hours, 0, None)).collect();
        let policy = CancellationPolicy::new(true, tiers).unwrap();
        let start = at(START);
        let before = |minutes| policy.tier(start, start - TimeDelta::minutes(minutes)).ok().flatten();
        let ends = |found: Option<&Tier>| found.map_or(-1, |tier| i64::from(tier.until_hours_before));
        prop_assert!(ends(before(minutes)) >= ends(before(minutes - 1)));
        if let Some(found) = before(minutes) {
            prop_assert!(i64::from(found.until_hours_before) * 60 <= minutes);
        }
    }
}
