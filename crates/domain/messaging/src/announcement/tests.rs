use super::*;
use kernel::TicketTypeId;
use proptest::prelude::*;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> Timestamp {
    noon() + TimeDelta::hours(hours)
}

fn english() -> Texts {
    Texts { en: Some(Wording { subject: "Doors".into(), body: "They open earlier.".into() }), de: None }
}

fn holders() -> Audience {
    Audience::TicketHolders { event: EventId::generate(noon()) }
}

/// To holders of tickets, in English.
fn draft() -> Announcement {
    let organisation = Some(OrganisationId::generate(noon()));
    let said = AnnouncementChange {
        audience: Some((holders(), organisation)),
        texts: Some(english()),
        valid_until: None,
    };
    Announcement::create(&said, AccountId::generate(noon()), noon()).unwrap()
}

fn codes(outcome: Result<Announcement, Vec<Invalid>>) -> Vec<(String, &'static str)> {
    outcome.unwrap_err().into_iter().map(|one| (one.field, one.code)).collect()
}

#[test]
fn it_is_said_in_a_language_and_only_holders_of_tickets_can_come_later() {
    let until = AnnouncementChange { valid_until: Some(Some(hours(9))), ..AnnouncementChange::default() };
    let by = AccountId::generate(noon());
    let wrong = [("texts".to_owned(), "required"), ("valid_until".to_owned(), "not_allowed")];
    assert_eq!(codes(Announcement::create(&until, by, noon())), wrong);
    let event = EventId::generate(noon());
    let (organisation, ticket_type) = (OrganisationId::generate(noon()), TicketTypeId::generate(noon()));
    for (audience, grows) in [
        (Audience::Members, false),
        (Audience::Guests { organisation }, true),
        (Audience::TicketHolders { event }, true),
        (Audience::CheckedIn { event }, false),
        (Audience::Waiting { event }, false),
        (Audience::TicketType { event, ticket_type }, true),
    ] {
        let to =
            AnnouncementChange { audience: Some((audience, None)), texts: Some(english()), ..until.clone() };
        assert_eq!(Announcement::create(&to, by, noon()).is_ok(), grows, "{audience:?}");
        assert!(Audience::KINDS.contains(&audience.kind()));
    }
}

#[test]
fn what_is_not_said_stays_and_nothing_changes_by_saying_it_again() {
    let draft = draft();
    assert_eq!(draft.changed(&AnnouncementChange::default(), hours(1)).unwrap(), draft);
    let german = Texts { de: english().en, ..english() };
    let change = AnnouncementChange { texts: Some(german.clone()), ..AnnouncementChange::default() };
    let changed = draft.changed(&change, hours(1)).unwrap();
    assert_eq!((changed.audience, &changed.texts, changed.changed_at), (draft.audience, &german, hours(1)));
    let nothing = AnnouncementChange { texts: Some(Texts::default()), ..AnnouncementChange::default() };
    assert_eq!(codes(draft.changed(&nothing, hours(1))), [("texts".to_owned(), "required")]);
}

#[test]
fn it_is_scheduled_anew_until_it_goes_out_and_only_the_last_time_counts() {
    let mut one = draft();
    one.schedule(Some(hours(2)), noon()).unwrap();
    assert_eq!((one.status, one.due_at, one.turn), (AnnouncementStatus::Scheduled, Some(hours(2)), 1));
    one.require_open().unwrap();
    one.schedule(Some(hours(1) - TimeDelta::minutes(5)), hours(1)).unwrap();
    assert_eq!((one.due_at, one.goes(1), one.goes(2)), (Some(hours(1)), false, true), "at once");
    one.advance(None, true, hours(1));
    assert_eq!(one.require_open(), Err(WrongStage(AnnouncementStatus::Sending)));
    assert!(one.goes(2));
    one.finish(hours(2));
    assert_eq!((one.goes(2), one.ended_at), (false, Some(hours(2))));
}

#[test]
fn its_time_lies_before_it_is_over_and_not_years_ahead() {
    let mut one = draft();
    let far = one.schedule(Some(noon() + TimeDelta::days(401)), noon()).unwrap_err();
    assert_eq!((far[0].field.as_str(), far[0].code), ("at", "out_of_range"));
    one.valid_until = Some(hours(3));
    let late = one.schedule(Some(hours(3)), noon()).unwrap_err();
    assert_eq!((late[0].field.as_str(), late[0].code), ("at", "too_late"));
    one.schedule(Some(hours(2)), noon()).unwrap();
    let early = AnnouncementChange { valid_until: Some(Some(hours(2))), ..AnnouncementChange::default() };
    assert_eq!(codes(one.changed(&early, noon())), [("valid_until".to_owned(), "too_early")]);
}

#[test]
fn a_time_that_is_long_past_is_a_mistake_and_not_at_once() {
    let mut one = draft();
    let before = one.clone();
    for past in [hours(-5), hours(-24 * 365 * 25), noon() - TimeDelta::seconds(301)] {
        let wrong = one.schedule(Some(past), noon()).unwrap_err();
        assert_eq!((wrong.len(), wrong[0].field.as_str(), wrong[0].code), (1, "at", "in_the_past"), "{past}");
    }
    one.valid_until = Some(noon());
    for at in [None, Some(noon()), Some(hours(1))] {
        let over = one.schedule(at, noon()).unwrap_err();
        assert_eq!((over[0].field.as_str(), over[0].code), ("valid_until", "in_the_past"), "{at:?}");
    }
    one.valid_until = None;
    assert_eq!(one, before, "nothing of it was kept");
    one.schedule(Some(noon() - TimeDelta::minutes(5)), noon()).unwrap();
    assert_eq!(one.due_at, Some(noon()), "whose clock is a little behind is heard");
}

#[test]
fn it_is_for_late_ones_while_it_is_out_and_valid() {
    let mut one = draft();
    one.valid_until = Some(hours(5));
    assert!(!one.is_for_late_ones(noon()));
    one.schedule(None, noon()).unwrap();
    assert!(!one.is_for_late_ones(noon()), "they are written to with everybody else");
    one.advance(None, false, hours(1));
    assert!(one.is_for_late_ones(hours(1)));
    one.finish(hours(2));
    assert!(one.is_for_late_ones(hours(4)) && !one.is_for_late_ones(hours(5)));
    one.status = AnnouncementStatus::Cancelled;
    assert!(!one.is_for_late_ones(hours(4)));
}

#[test]
fn only_what_is_about_to_go_out_can_be_called_off() {
    for status in AnnouncementStatus::ALL {
        let mut one = Announcement { status, ..draft() };
        let called_off = one.cancel(hours(1));
        match status {
            AnnouncementStatus::Scheduled | AnnouncementStatus::Sending => {
                assert_eq!((called_off, one.ended_at), (Ok(()), Some(hours(1))));
                assert_eq!(one.status, AnnouncementStatus::Cancelled);
            }
            _ => assert_eq!((called_off, one.status), (Err(WrongStage(status)), status)),
        }
    }
}

#[test]
fn what_is_sent_can_be_called_off_for_those_who_would_come_later() {
    let mut one = draft();
    one.valid_until = Some(hours(5));
    one.schedule(None, noon()).unwrap();
    one.advance(None, true, noon());
    one.finish(hours(1));
    let mut over = one.clone();
    assert_eq!(over.cancel(hours(5)), Err(WrongStage(AnnouncementStatus::Sent)), "nobody gets it any more");
    one.cancel(hours(4)).unwrap();
    assert_eq!((one.status, one.ended_at), (AnnouncementStatus::Cancelled, Some(hours(4))));
    assert!(!one.is_for_late_ones(hours(4)));
}

#[test]
fn a_filter_wants_what_all_of_it_holds_for() {
    let one = draft();
    let none = AnnouncementFilter::default();
    let by = |own: Vec<OrganisationId>| AnnouncementFilter { organisations: Some(own), ..none.clone() };
    let own = one.organisation.unwrap();
    assert!(none.wants(&one) && by(vec![own]).wants(&one) && !by(vec![]).wants(&one));
    let nobodys = Announcement { organisation: None, ..one.clone() };
    assert!(!by(vec![own]).wants(&nobodys));
    let event = AnnouncementFilter { event: one.audience.event(), ..by(vec![own]) };
    assert!(event.wants(&one));
    assert!(!event.wants(&Announcement { audience: Audience::Members, ..one.clone() }));
    let sent = AnnouncementFilter { status: Some(AnnouncementStatus::Sent), ..event };
    assert!(!sent.wants(&one));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Schedule(i64),
    Advance(bool),
    Finish,
    Cancel,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..500_i64).prop_map(Step::Schedule),
        any::<bool>().prop_map(Step::Advance),
        Just(Step::Finish),
        Just(Step::Cancel),
    ]
}

proptest! {
    /// Steps are taken as the use cases take them: each asks first whether it may.
    #[test]
    fn whatever_is_done_it_goes_forward_and_ends_once(all in prop::collection::vec(steps(), 0..30)) {
        let mut one = draft();
        let mut ended = None;
        for (hour, step) in (0_i64..).zip(all) {
            let (now, turn) = (hours(hour), one.turn);
            let before = one.clone();
            match step {
                Step::Schedule(ahead) => {
                    if one.require_open().is_ok() {
                        one.schedule(Some(now + TimeDelta::hours(ahead)), now).unwrap();
                        prop_assert!(!one.goes(turn) && one.goes(turn + 1));
                    }
                }
                Step::Advance(last) => {
                    if one.goes(turn) && !one.complete {
                        one.advance(Some(AccountId::generate(now)), last, now);
                    }
                }
                Step::Finish => {
                    if one.goes(turn) && one.complete {
                        one.finish(now);
                    }
                }
                Step::Cancel => {
                    let _ = one.cancel(now);
                }
            }
            prop_assert!(one.status >= before.status, "never back");
            prop_assert!(one.reached >= before.reached && one.turn >= before.turn);
            prop_assert_eq!(one.began_at.is_some(), one.reached.is_some());
            if let Some(end) = ended {
                prop_assert_eq!((one.status, one.ended_at), end);
            } else if one.ended_at.is_some() {
                ended = Some((one.status, one.ended_at));
                prop_assert!(matches!(one.status, AnnouncementStatus::Sent | AnnouncementStatus::Cancelled));
            }
        }
    }
}
