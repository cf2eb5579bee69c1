use super::*;
use proptest::prelude::*;

const ALL_NEWS: [News; 8] = [
    News::Taken,
    News::PutOff,
    News::Refused,
    News::GivenUp,
    News::Bounced,
    News::Delayed,
    News::Arrived,
    News::Complained,
];

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn draft() -> Draft {
    let id = EffectId::generate(noon());
    Draft {
        id,
        effect: id,
        to: Some("ada@example.org".parse().unwrap()),
        about: About { kind: "tickets".into(), ..About::default() },
        origin: Some(Origin { domain: "booking".into(), body: "{}".into() }),
    }
}

fn letter() -> Letter {
    Letter::queued(draft(), noon())
}

fn later(seconds: i64) -> Timestamp {
    noon() + chrono::TimeDelta::seconds(seconds)
}

#[test]
fn a_letter_is_tried_until_it_goes() {
    let mut letter = letter();
    assert!(letter.begin(draft(), later(1)) && letter.waits());
    letter.hear(News::PutOff, Some("451 later\r\n"), later(2));
    assert_eq!((letter.state, letter.said.as_deref()), (LetterState::Deferred, Some("451 later  ")));
    assert!(letter.waits() && letter.is_trouble());
    assert!(letter.begin(draft(), later(3)));
    letter.hear(News::Taken, None, later(4));
    assert_eq!((letter.state, letter.tries, letter.said.as_deref()), (LetterState::Sent, 2, None));
    assert_eq!((letter.sent_at, letter.changed_at), (Some(later(4)), later(4)));
    assert!(!letter.begin(draft(), later(5)), "it has gone");
    assert_eq!(letter.tries, 2);
}

#[test]
fn it_goes_where_it_goes_by_now() {
    let mut letter = letter();
    let moved: Email = "countess@example.org".parse().unwrap();
    assert!(letter.begin(Draft { to: Some(moved.clone()), ..draft() }, later(1)));
    assert_eq!(letter.to, Some(moved));
}

#[test]
fn what_is_given_up_keeps_why_and_may_be_tried_anew() {
    let mut letter = letter();
    letter.hear(News::PutOff, Some("451 full"), later(1));
    letter.hear(News::GivenUp, None, later(2));
    assert_eq!((letter.state, letter.said.as_deref()), (LetterState::Failed, Some("451 full")));
    assert!(letter.begin(draft(), later(3)));
    letter.hear(News::Taken, None, later(4));
    assert_eq!(letter.state, LetterState::Sent);
}

#[test]
fn a_bounce_counts_whenever_it_is_heard() {
    for (first, second) in [(News::Taken, News::Bounced), (News::Bounced, News::Taken)] {
        let mut letter = letter();
        letter.hear(first, Some("550 unknown"), later(1));
        letter.hear(second, Some("550 unknown"), later(2));
        assert_eq!((letter.state, letter.sent_at), (LetterState::Bounced, Some(later(1))));
        assert!(!letter.begin(draft(), later(3)), "what came back is not sent again by itself");
        letter.hear(News::Delayed, Some("still at it"), later(4));
        assert_eq!((letter.said.as_deref(), letter.changed_at <= later(2)), (Some("550 unknown"), true));
    }
}

#[test]
fn a_complaint_is_noted_and_proves_that_it_arrived() {
    let mut letter = letter();
    letter.hear(News::Complained, Some("abuse"), later(1));
    assert_eq!((letter.state, letter.complained_at), (LetterState::Sent, Some(later(1))));
    letter.hear(News::Complained, Some("abuse"), later(2));
    assert_eq!(letter.complained_at, Some(later(1)));
}

#[test]
fn the_same_once_more_is_another_letter() {
    let mut old = letter();
    old.hear(News::Refused, Some("550 no"), later(1));
    let id = EffectId::generate(later(2));
    let new = old.once_more(id, later(2));
    assert_eq!((new.id, new.effect, new.state, new.tries), (id, id, LetterState::Queued, 0));
    assert_eq!(
        (&new.to, &new.about, &new.origin, new.said.as_deref()),
        (&old.to, &old.about, &old.origin, None)
    );
    assert!(old.is_trouble());
    old.again = Some(id);
    assert!(!old.is_trouble(), "somebody has seen to it");
}

#[test]
fn what_is_called_off_is_no_trouble_and_not_sent_again() {
    let mut letter = letter();
    letter.hear(News::PutOff, Some("451 later"), later(1));
    assert!(letter.is_trouble());
    letter.call_off("it was called off", later(2));
    assert_eq!((letter.state, letter.said.as_deref()), (LetterState::Failed, Some("it was called off")));
    assert!(!letter.is_trouble() && !letter.waits() && !letter.can_be_sent_again());
    assert!(letter.to.is_some(), "whom it was for stays known");
}

#[test]
fn what_is_forgotten_names_nobody() {
    let mut letter = letter();
    letter.hear(News::Refused, Some("550 ada@example.org"), later(1));
    letter.forget();
    assert!(!serde_json::to_string(&letter).unwrap().contains("example.org"));
    assert!(!letter.can_be_sent_again());
}

#[test]
fn neither_address_nor_answer_leaks_through_debug() {
    let mut letter = letter();
    letter.hear(News::Refused, Some("550 ada@example.org"), later(1));
    let origin = Origin { domain: "accounts".into(), body: "ada@example.org".into() };
    assert!(!format!("{letter:?} {origin:?}").contains("example.org"));
}

#[test]
fn a_filter_wants_what_all_of_it_holds_for() {
    let letter = letter();
    let to: Option<Email> = Some("ada@example.org".parse().unwrap());
    let all = LetterFilter { state: Some(LetterState::Queued), to, ..LetterFilter::default() };
    assert!(LetterFilter::default().wants(&letter) && all.wants(&letter));
    for other in [
        LetterFilter { state: Some(LetterState::Sent), ..all.clone() },
        LetterFilter { trouble: true, ..all.clone() },
        LetterFilter { to: Some("bob@example.org".parse().unwrap()), ..all.clone() },
        LetterFilter { kind: Some("ticket".into()), ..all.clone() },
        LetterFilter { account: Some(AccountId::generate(noon())), ..all.clone() },
        LetterFilter { event: Some(EventId::generate(noon())), ..all.clone() },
        LetterFilter { booking: Some(BookingId::generate(noon())), ..all.clone() },
    ] {
        assert!(!other.wants(&letter), "{other:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_heard_in_whatever_order_what_has_gone_stays_gone(
        heard in prop::collection::vec(prop::sample::select(ALL_NEWS.to_vec()), 0..12),
    ) {
        let mut letter = letter();
        for (at, news) in heard.iter().enumerate() {
            let before = letter.state;
            letter.hear(*news, Some("said"), later(i64::try_from(at).unwrap()));
            prop_assert!(!before.is_gone() || letter.state.is_gone());
            prop_assert!(before != LetterState::Bounced || letter.state == LetterState::Bounced);
            prop_assert_eq!(letter.state.is_gone(), letter.sent_at.is_some());
        }
        prop_assert_eq!(letter.state == LetterState::Bounced, heard.contains(&News::Bounced));
        prop_assert_eq!(letter.complained_at.is_some(), heard.contains(&News::Complained));
    }
}
