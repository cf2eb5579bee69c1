use super::{Facts, NewsKind, changed, made};
use crate::samples::{by, held, noon, offer, paid, pay, sale, terms, unpaid};
use crate::{Attendee, Booking, DisputeStanding, DisputeStatus, RefundReason, RefundStatus};
use chrono::TimeDelta;
use kernel::Money;
use std::collections::BTreeSet;

fn kind(before: &Booking, after: &Booking) -> &'static str {
    changed(Some(before), after, noon()).unwrap().kind
}

#[test]
fn what_is_made_is_created_or_confirmed_at_once() {
    let (_, waits) = unpaid(10, 1);
    assert_eq!(made(&waits).unwrap().kind, "booking.created");
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 1);
    let free = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    assert_eq!(made(&free).unwrap().kind, "booking.confirmed");
}

#[test]
fn the_status_says_what_happened_and_then_the_money() {
    let (mut sale, waits) = unpaid(10, 1);
    let mut booking = waits.clone();
    booking.opened(booking.payments[0].id, "session", "https://pay.example.org", noon());
    assert_eq!(kind(&waits, &booking), "booking.changed");
    let opened = booking.clone();
    pay(&mut booking, &mut sale, 0, "pi_1");
    assert_eq!(kind(&opened, &booking), "booking.confirmed");
    let confirmed = booking.clone();
    booking.send_back(booking.payments[0].id, RefundReason::Staff, noon());
    assert_eq!(kind(&confirmed, &booking), "booking.changed", "decided, and not gone yet");
    let decided = booking.clone();
    booking.refund_stands(booking.refunds[0].id, RefundStatus::Done, Some("re_1"), noon());
    assert_eq!(kind(&decided, &booking), "booking.refunded");
    let standing = DisputeStanding {
        reference: "dp_1".into(),
        charge: "pi_1".into(),
        amount: Money::eur(2500),
        fee: None,
        reason: "fraudulent".into(),
        status: DisputeStatus::Open,
        opened_at: noon(),
        answer_by: None,
    };
    let refunded = booking.clone();
    booking.dispute_stands(booking.payments[0].id, &standing, noon());
    assert_eq!(kind(&refunded, &booking), "booking.disputed");
    let (mut sale, waits) = unpaid(10, 1);
    let mut late = Booking { payments: Vec::new(), ..waits };
    let before = late.clone();
    late.lapse(&mut sale, noon() + TimeDelta::hours(1));
    assert_eq!((kind(&before, &late), kind(&late, &before)), ("booking.expired", "booking.reopened"));
    assert_eq!(changed(None, &late, noon()).unwrap().kind, "booking.changed");
}

#[test]
fn news_say_how_it_stands_and_name_nobody() {
    let (_, mut booking, _) = paid(10, 2);
    booking.attendees = vec![Attendee {
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        email: Some("ada@example.org".into()),
    }];
    booking.payments[0].checkout_url = Some("https://pay.example.org/secret".into());
    let news = made(&booking).unwrap();
    assert_eq!(
        (news.booking, news.organisation, news.event),
        (booking.id, booking.organisation, booking.event)
    );
    for secret in ["Ada", "Byron", "example.org", "secret"] {
        assert!(!news.body.contains(secret), "{secret}: {}", news.body);
    }
    let facts: Facts = serde_json::from_str(&news.body).unwrap();
    assert_eq!(facts, Facts::from(&booking));
    assert_eq!((facts.paid, facts.refunded), (Money::eur(5000), Money::eur(0)));
}

#[test]
fn no_two_kinds_have_one_name() {
    let names: BTreeSet<_> = NewsKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), NewsKind::ALL.len());
}
