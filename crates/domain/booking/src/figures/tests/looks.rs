//! Whose turn it is to count, and what of it can be believed.

use super::*;

fn after(seconds: i64) -> Timestamp {
    noon() + TimeDelta::seconds(seconds)
}

/// A look that was begun at an instant and has come to its end.
fn over(at: Timestamp) -> Look {
    Look { at: Some(at), until: Some(at), whole: true, cursor: None }
}

#[test]
fn a_turn_is_due_a_moment_after_one_that_is_over_and_long_after_one_that_is_not() {
    let due = |look: Look| [0, 14, 15, 299, 300].map(|seconds| look.is_due(after(seconds)));
    assert_eq!(due(Look::default()), [true; 5], "nobody ever looked");
    assert_eq!(due(over(noon())), [false, false, true, true, true]);
    let at_it = over(after(-60)).taken(noon());
    assert_eq!((at_it.at, at_it.until), (Some(noon()), Some(after(-60))));
    assert_eq!(due(at_it), [false, false, false, false, true], "whoever is at it comes to an end");
    let first = Look::default().taken(noon());
    assert_eq!(due(first), [false, false, false, false, true], "so does whoever looks first");
}

#[test]
fn who_has_failed_keeps_nobody_waiting() {
    let before = over(after(-60));
    let taken = before.taken(noon());
    assert_eq!(taken.given_back(&before, noon()), Some(before));
    let by_other = taken.taken(after(1));
    assert_eq!(by_other.given_back(&before, noon()), None, "it is somebody else's by now");
}

#[test]
fn who_counts_everything_anew_has_the_turn() {
    let at_it = Look { cursor: Some(EventId::generate(noon())), ..over(after(-60)).taken(noon()) };
    let anew = at_it.anew(after(1));
    assert_eq!((anew.whole, anew.cursor, anew.until), (false, None, at_it.until));
    assert_ne!(anew.at, at_it.at, "whoever is at it keeps nothing of what it saw");
}

#[test]
fn a_clock_that_ran_ahead_holds_nobody_up_and_hides_nothing() {
    let ahead = Look { cursor: Some(EventId::generate(noon())), ..over(after(3600)) };
    assert!(ahead.is_due(noon()) && ahead.taken(noon()).until == ahead.until);
    assert!(!over(after(5)).is_due(noon()), "clocks differ by seconds");
    assert_eq!(ahead.since(noon()), noon() - TimeDelta::minutes(3));
    let believed = ahead.believed(noon());
    assert_eq!((believed.whole, believed.cursor), (false, None));
    let right = over(after(-60));
    assert_eq!((right.believed(noon()), right.since(noon())), (right, after(-60 - 180)));
}

#[test]
fn one_of_those_that_are_gone_through_is_counted_from_its_beginning() {
    let events: Vec<_> = (0..3).map(|_| EventId::generate(noon())).collect();
    assert_eq!(healed(&[], noon()), None);
    let healed: Vec<_> =
        (0..4).map(|micros| healed(&events, noon() + TimeDelta::microseconds(micros)).unwrap()).collect();
    assert_eq!(healed, [events[0], events[1], events[2], events[0]]);
}
