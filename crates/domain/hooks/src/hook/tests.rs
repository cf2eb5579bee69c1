use super::*;
use crate::{Heard, Outgoing};
use async_trait::async_trait;
use uuid::Uuid;

struct Strict;

#[async_trait]
impl Caller for Strict {
    fn objection(&self, url: &str) -> Option<&'static str> {
        (!url.starts_with("https://")).then_some("must begin with https://")
    }

    async fn call(&self, _: &Outgoing) -> Heard {
        Heard::Silent { why: "nobody is called".into() }
    }
}

const KNOWN: [&str; 2] = ["booking.created", "booking.confirmed"];

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn input() -> HookInput {
    HookInput {
        url: " https://house.example/hook ".into(),
        description: " Our books\t".into(),
        kinds: vec!["booking.confirmed".into(), "booking.confirmed".into()],
        enabled: true,
    }
}

fn hook() -> Hook {
    let nobody = Uuid::nil();
    Hook::new(nobody.into(), nobody.into(), input().checked(&Strict, &KNOWN).unwrap(), noon())
}

fn codes(input: HookInput) -> Vec<(String, &'static str)> {
    let wrong = input.checked(&Strict, &KNOWN).unwrap_err();
    wrong.into_iter().map(|one| (one.field, one.code)).collect()
}

#[test]
fn what_owners_say_is_checked_as_a_whole() {
    let hook = hook();
    assert_eq!((&*hook.url, &*hook.description), ("https://house.example/hook", "Our books"));
    assert_eq!((hook.host(), &*hook.kinds), ("house.example", &["booking.confirmed".to_owned()][..]));
    let wrong = HookInput {
        url: "http://house.example".into(),
        description: format!("{}\n{}", "a".repeat(150), "b".repeat(150)),
        kinds: vec!["booking.sung".into()],
        enabled: true,
    };
    let expected = [
        ("url", "not_allowed"),
        ("description", "too_long"),
        ("description", "malformed"),
        ("events", "unknown_event"),
    ];
    assert_eq!(codes(wrong), expected.map(|(field, code)| (field.to_owned(), code)));
    let long = HookInput { url: format!("https://house.example/{}", "a".repeat(2000)), ..input() };
    assert_eq!(codes(long), [("url".to_owned(), "too_long")]);
}

#[test]
fn people_are_shown_its_host_alone() {
    for (url, host) in [
        ("https://house.example/hook/s3cret", "house.example"),
        ("https://house.example:8443?key=s3cret", "house.example:8443"),
        ("https://[2001:db8::1]/s3cret", "[2001:db8::1]"),
        ("https://house.example", "house.example"),
    ] {
        assert_eq!(Hook { url: url.into(), ..hook() }.host(), host);
    }
}

#[test]
fn it_calls_for_what_it_names_or_for_everything_of_its_organisation() {
    let mut hook = hook();
    let news = |kind: &str, organisation: u128| Published {
        place: 1,
        booking: Uuid::nil().into(),
        number: 1,
        organisation: Uuid::from_u128(organisation).into(),
        event: Uuid::nil().into(),
        kind: kind.into(),
        at: noon(),
        body: "{}".into(),
    };
    assert!(hook.wants(&news("booking.confirmed", 0)) && !hook.wants(&news("booking.created", 0)));
    assert!(!hook.wants(&news("booking.confirmed", 1)));
    hook.kinds.clear();
    assert!(hook.wants(&news("booking.created", 0)));
    hook.off = Some((noon(), WhyOff::ByHand));
    assert!(!hook.wants(&news("booking.created", 0)));
}

#[test]
fn who_is_not_answered_for_days_is_switched_off_once() {
    let mut hook = hook();
    for hour in 0..80 {
        let off = hook.heard(false, false, noon() + TimeDelta::hours(hour));
        assert_eq!(off, hour == 72, "after {hour} hours");
    }
    assert_eq!(hook.off, Some((noon() + TimeDelta::hours(72), WhyOff::Failing)));
    // Few calls are no proof, however long it takes.
    let mut quiet = self::hook();
    for week in 0..9 {
        assert!(!quiet.heard(false, false, noon() + TimeDelta::weeks(week)));
    }
    assert!(quiet.heard(false, false, noon() + TimeDelta::weeks(9)));
}

#[test]
fn a_good_answer_makes_up_for_all_before_it_and_gone_is_gone() {
    let mut hook = hook();
    for hour in 0..71 {
        hook.heard(false, false, noon() + TimeDelta::hours(hour));
    }
    assert!(!hook.heard(true, false, noon() + TimeDelta::hours(71)));
    assert_eq!((hook.failing_since, hook.failures), (None, 0));
    assert!(!hook.heard(false, false, noon() + TimeDelta::hours(80)));
    assert!(hook.heard(false, true, noon() + TimeDelta::hours(81)));
    assert_eq!(hook.off.map(|(_, why)| why), Some(WhyOff::Gone));
    assert!(!hook.heard(false, true, noon() + TimeDelta::hours(82)), "they know it");
}

#[test]
fn switched_on_it_starts_anew_and_switched_off_it_stays_what_it_was() {
    let mut hook = hook();
    hook.heard(false, true, noon());
    hook.change(HookInput { enabled: false, description: "Other".into(), ..input() }, noon());
    assert_eq!((hook.off, &*hook.description), (Some((noon(), WhyOff::Gone)), "Other"));
    hook.change(input(), noon());
    assert_eq!((hook.off, hook.failing_since, hook.failures), (None, None, 0));
    hook.change(HookInput { enabled: false, ..input() }, noon() + TimeDelta::hours(1));
    assert_eq!(hook.off, Some((noon() + TimeDelta::hours(1), WhyOff::ByHand)));
}

#[test]
fn for_a_day_the_secret_of_before_is_good_as_well() {
    let mut hook = hook();
    assert_eq!(hook.generations(noon()), [1]);
    hook.rotate(noon());
    assert_eq!(hook.generations(noon() + TimeDelta::hours(23)), [2, 1]);
    assert_eq!(hook.generations(noon() + TimeDelta::hours(24)), [2]);
    hook.rotate(noon() + TimeDelta::hours(1));
    assert_eq!(hook.generations(noon() + TimeDelta::hours(2)), [3, 2]);
}
