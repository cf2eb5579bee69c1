use super::*;
use proptest::prelude::*;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn mail() -> EffectId {
    EffectId::generate(noon())
}

fn waiting(mail: EffectId) -> Recipient {
    Recipient::waiting(AnnouncementId::generate(noon()), AccountId::generate(noon()), mail, noon())
}

#[test]
fn what_was_put_off_is_tried_again_and_what_was_taken_is_not() {
    let mail = mail();
    let mut one = waiting(mail);
    assert!(one.begin(mail, noon()));
    one.hear(mail, HandedOver::PutOff, noon());
    assert_eq!(one.state, RecipientState::Waiting);
    assert!(one.begin(mail, noon()));
    one.hear(mail, HandedOver::Taken, noon());
    assert!(!one.begin(mail, noon()) && !one.leave_out(mail, LeftOut::Unsubscribed, noon()));
    assert_eq!(one.state, RecipientState::Sent);
}

#[test]
fn what_nobody_heard_the_end_of_is_for_a_person_to_decide() {
    let first = mail();
    let mut one = waiting(first);
    assert!(one.begin(first, noon()));
    assert!(!one.begin(first, noon()), "whoever began it was killed");
    assert_eq!(one.state, RecipientState::Uncertain);
    assert!(!one.begin(first, noon()));
    let second = mail();
    assert!(one.send_again(second, noon()) && !one.send_again(mail(), noon()));
    assert!(!one.begin(first, noon()), "the first one has had its turn");
    assert!(one.begin(second, noon()));
    one.hear(first, HandedOver::Taken, noon());
    assert_eq!(one.state, RecipientState::Handing, "that was about another mail");
    one.hear(second, HandedOver::Unheard, noon());
    assert_eq!(one.state, RecipientState::Uncertain);
}

#[test]
fn who_is_heard_of_late_knows_best() {
    for (how, state) in [
        (HandedOver::Taken, RecipientState::Sent),
        (HandedOver::PutOff, RecipientState::Failed),
        (HandedOver::Refused, RecipientState::Failed),
        (HandedOver::Unheard, RecipientState::Uncertain),
        (HandedOver::GivenUp, RecipientState::Uncertain),
    ] {
        let mail = mail();
        let mut one = waiting(mail);
        assert!(one.begin(mail, noon()) && !one.begin(mail, noon()));
        one.hear(mail, how, noon());
        assert_eq!(one.state, state, "{how:?}");
    }
}

#[test]
fn who_wants_no_more_while_nobody_knows_whether_it_arrived_is_no_longer_waited_for() {
    let mail = mail();
    let mut one = waiting(mail);
    assert!(one.begin(mail, noon()));
    assert!(
        !one.leave_out(EffectId::generate(noon()), LeftOut::Unsubscribed, noon()),
        "that is another mail"
    );
    assert_eq!(one.state, RecipientState::Handing);
    assert!(!one.leave_out(mail, LeftOut::Unsubscribed, noon()), "it may have arrived");
    assert_eq!(one.state, RecipientState::Uncertain);
    one.hear(mail, HandedOver::Taken, noon());
    assert_eq!(one.state, RecipientState::Sent);
    assert!(!one.leave_out(mail, LeftOut::Unsubscribed, noon()));
    assert_eq!(one.state, RecipientState::Sent);
}

#[test]
fn what_is_given_up_has_failed_until_it_is_tried_again() {
    let mail = mail();
    let mut one = waiting(mail);
    one.hear(mail, HandedOver::GivenUp, noon());
    assert_eq!(one.state, RecipientState::Failed);
    assert!(one.begin(mail, noon()));
    one.hear(mail, HandedOver::GivenUp, noon());
    assert_eq!(one.state, RecipientState::Uncertain);
}

#[test]
fn what_was_sent_in_its_place_counts_for_it() {
    let (first, second) = (mail(), mail());
    let mut one = waiting(first);
    assert!(!one.replace(second, noon()), "it is on its way");
    one.hear(first, HandedOver::Refused, noon());
    assert!(one.replace(second, noon()) && !one.replace(mail(), noon()));
    assert_eq!((one.state, one.mail), (RecipientState::Sent, Some(second)));
}

/// What may happen to a mail that is on its way to somebody.
#[derive(Debug, Clone, Copy)]
enum Happens {
    /// A worker takes it up; the last one is killed if it has not said anything.
    Begun,
    /// The last one that took it up says how it ended.
    Said(HandedOver),
    /// Nobody owes it any more.
    GivenUp,
    /// They want it no more.
    LeftOut,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => Just(Happens::Begun),
        1 => Just(Happens::Said(HandedOver::Taken)),
        2 => Just(Happens::Said(HandedOver::PutOff)),
        1 => Just(Happens::Said(HandedOver::Refused)),
        1 => Just(Happens::Said(HandedOver::Unheard)),
        1 => Just(Happens::GivenUp),
        1 => Just(Happens::LeftOut),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_a_mail_is_handed_over_at_most_once_without_a_no(
        all in prop::collection::vec(happens(), 0..40),
    ) {
        let mail = mail();
        let mut one = waiting(mail);
        // Begun and not known not to have arrived.
        let (mut may_have_arrived, mut at_it) = (0_u32, false);
        for each in all {
            match each {
                Happens::Begun => {
                    at_it = one.begin(mail, noon());
                    may_have_arrived += u32::from(at_it);
                }
                Happens::Said(how) if at_it => {
                    one.hear(mail, how, noon());
                    let no = matches!(how, HandedOver::PutOff | HandedOver::Refused);
                    may_have_arrived -= u32::from(no);
                    at_it = false;
                }
                Happens::Said(_) => {}
                Happens::GivenUp => one.hear(mail, HandedOver::GivenUp, noon()),
                Happens::LeftOut => {
                    one.leave_out(mail, LeftOut::Unsubscribed, noon());
                }
            }
            prop_assert!(may_have_arrived <= 1);
            if one.state == RecipientState::Sent || one.state == RecipientState::Uncertain {
                prop_assert_eq!(may_have_arrived, 1);
            }
        }
    }
}
