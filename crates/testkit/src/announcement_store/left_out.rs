//! Who gets nothing, or nothing any more, and what a person has to decide.

use super::desk::{
    ADDRESSES, acts, address, announcements, draft, due, mailing, members, people_of, staff, states, work,
    written,
};
use super::{kept, recipient};
use crate::fixtures_bookings::buyer;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{AccountId, AnnouncementId, EffectId, PageRequest, transact};
use messaging::{
    AnnouncementError, AnnouncementStatus, Audience, Draft, HandedOver, LetterFilter, LetterState, MailList,
    Mailing, Origin, Preferences, RecipientState, Suppression, SuppressionReason, Troubles,
};
use std::collections::{BTreeMap, BTreeSet};

/// Mail to somebody came back.
async fn suppress(stores: &Stores, account: AccountId) {
    let suppression = Suppression {
        address: ADDRESSES.hash(&address(account)),
        reason: SuppressionReason::Bounced,
        at: noon(),
        letter: None,
    };
    let tx = stores.announcements.begin_announcements().await.unwrap();
    assert!(transact(tx, async |tx| tx.suppress(&suppression).await).await.unwrap());
}

pub async fn who_left_the_list_or_cannot_be_reached_is_left_out_and_counted(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 6).await);
    let (used, clock) = &desk;
    let (left, lost, other_list) = (people[0], people[1], people[2]);
    assert!(used.unsubscribe(&used.link(left, MailList::News)).await.unwrap());
    assert!(used.unsubscribe(&used.link(other_list, MailList::Events)).await.unwrap());
    suppress(&stores, lost).await;
    let it = written(used, &by, Audience::Members, None).await;
    let tally = used.tally(&it.audience, &it.texts).await.unwrap();
    assert_eq!((tally.recipients, tally.unsubscribed, tally.suppressed), (4, 1, 1));
    assert_eq!(tally.languages, BTreeMap::from([("en", 4)]));
    used.schedule(&by, it.id, None).await.unwrap();
    // They are written down, and leave before it is their turn.
    while used.spread(it.id, 1).await.unwrap() == Some(noon()) {}
    let (leaving, losing, going) = (people[3], people[4], people[5]);
    assert!(used.unsubscribe(&used.link(leaving, MailList::News)).await.unwrap());
    suppress(&stores, losing).await;
    for one in due(&stores, noon()).await {
        if let Mailing::Deliver { account, .. } = mailing(&one)
            && account == going
        {
            assert!(used.wanted((it.id, going), one.id, None).await.unwrap().is_none());
        }
    }
    clock.advance(TimeDelta::seconds(2));
    assert_eq!(people_of(&work(&stores, &desk).await), [other_list]);
    let expected = BTreeMap::from([
        (left, RecipientState::Unsubscribed),
        (lost, RecipientState::Suppressed),
        (other_list, RecipientState::Sent),
        (leaving, RecipientState::Unsubscribed),
        (losing, RecipientState::Suppressed),
        (going, RecipientState::Gone),
    ]);
    assert_eq!(states(&stores, it.id).await, expected);
}

pub async fn what_is_called_off_goes_to_nobody_any_more(stores: Stores) {
    let desk = announcements(&stores);
    let by = staff(&stores).await;
    members(&stores, 5).await;
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    assert!(matches!(used.cancel(&by, it.id).await, Err(AnnouncementError::Stage(_))), "it is a draft");
    used.schedule(&by, it.id, None).await.unwrap();
    assert!(used.spread(it.id, 1).await.unwrap().is_some());
    let called_off = used.cancel(&by, it.id).await.unwrap();
    assert_eq!((called_off.status, called_off.ended_at), (AnnouncementStatus::Cancelled, Some(noon())));
    assert_eq!(work(&stores, &desk).await, []);
    let seen = states(&stores, it.id).await;
    assert!((1..=2).contains(&seen.len()), "the others were not written down yet: {seen:?}");
    assert!(seen.values().all(|state| *state == RecipientState::Cancelled), "{seen:?}");
    clock.advance(TimeDelta::days(1));
    assert_eq!(work(&stores, &desk).await, []);
    assert!(matches!(used.send_again(&by, it.id, None).await, Err(AnnouncementError::Stage(_))));
    assert_eq!(acts(&stores, "announcement.cancel").await.len(), 1);
}

pub async fn what_is_called_off_is_no_trouble_in_the_log(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 1).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, None).await.unwrap();
    assert!(used.spread(it.id, 1).await.unwrap().is_some());
    let of = (it.id, people[0]);
    let mail = recipient(&stores, &it, people[0]).await.unwrap().mail.unwrap();
    let origin = Some(Origin { domain: messaging::ANNOUNCEMENTS.into(), body: "{}".into() });
    assert!(used.begin(of, Draft { origin, ..draft(mail, people[0]) }).await.unwrap());
    used.learn(of, mail, (HandedOver::PutOff, Some("451 busy"))).await.unwrap();
    let troubles = async || stores.messaging.troubles(noon()).await.unwrap();
    assert_eq!(troubles().await, Troubles { deferred: 1, ..Troubles::default() });
    used.cancel(&by, it.id).await.unwrap();
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    let letter = stores.messaging.letter(mail).await.unwrap().unwrap();
    assert_eq!((letter.state, letter.said.as_deref()), (LetterState::Failed, Some("it was called off")));
    assert!(!letter.can_be_sent_again());
    assert_eq!(troubles().await, Troubles::default());
    let trouble = LetterFilter { trouble: true, ..LetterFilter::default() };
    let page = stores.messaging.letters(&trouble, PageRequest { limit: 9, after: None }).await.unwrap();
    assert_eq!(page.items, []);
}

pub async fn who_leaves_the_list_by_a_mail_whose_worker_died_keeps_nothing_open(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 2).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, None).await.unwrap();
    while used.spread(it.id, 1).await.unwrap() == Some(noon()) {}
    // Both are begun, and nobody says how that ended. It arrived, and one of them follows the link in it.
    let mut mails = BTreeMap::new();
    for one in due(&stores, noon()).await {
        if let Mailing::Deliver { account, .. } = mailing(&one) {
            assert!(used.begin((it.id, account), draft(one.id, account)).await.unwrap());
            mails.insert(account, one.id);
        }
    }
    assert!(used.unsubscribe(&used.link(people[0], MailList::News)).await.unwrap());
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    let expected = BTreeMap::from([people[0], people[1]].map(|who| (who, RecipientState::Uncertain)));
    assert_eq!(states(&stores, it.id).await, expected);
    assert_eq!(kept(&stores, it.id).await.unwrap().status, AnnouncementStatus::Sent);
    let letter = stores.messaging.letter(mails[&people[0]]).await.unwrap().unwrap();
    assert_eq!((letter.state, letter.said), (LetterState::Queued, None), "it is not said that it did not go");
    // Whoever wants that it goes again is not heard for those who have left.
    assert_eq!(used.send_again(&by, it.id, None).await.unwrap(), 2);
    assert_eq!(people_of(&work(&stores, &desk).await), [people[1]]);
    let seen = states(&stores, it.id).await;
    assert_eq!((seen[&people[0]], seen[&people[1]]), (RecipientState::Unsubscribed, RecipientState::Sent));
}

pub async fn what_nobody_heard_the_end_of_waits_for_a_person(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 5).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, None).await.unwrap();
    while used.spread(it.id, 1).await.unwrap() == Some(noon()) {}
    let mut old = BTreeSet::new();
    for one in due(&stores, noon()).await {
        if let Mailing::Deliver { account, .. } = mailing(&one) {
            let of = (it.id, account);
            assert!(used.begin(of, draft(one.id, account)).await.unwrap());
            used.learn(of, one.id, (HandedOver::Unheard, None)).await.unwrap();
            assert!(stores.outbox.finish(one.lease()).await.unwrap());
            old.insert(one.id);
        }
    }
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    assert_eq!(used.counts(it.id).await.unwrap().of(RecipientState::Uncertain), 5);
    assert_eq!(used.send_again(&by, it.id, Some(people[0])).await.unwrap(), 1);
    assert_eq!(used.send_again(&by, it.id, Some(people[0])).await.unwrap(), 0, "it is on its way");
    assert_eq!(used.send_again(&by, it.id, None).await.unwrap(), 4);
    let sent = work(&stores, &desk).await;
    assert_eq!(people_of(&sent), people);
    assert!(sent.iter().all(|(mail, _)| !old.contains(mail)), "or mail programs would show it once");
    for mail in old {
        let letter = stores.messaging.letter(mail).await.unwrap().unwrap();
        assert!(letter.state == LetterState::Queued && letter.again.is_some(), "{letter:?}");
    }
    assert_eq!(acts(&stores, "announcement.resend").await.len(), 3, "each time that some were");
    let nobodys = used.send_again(&by, AnnouncementId::generate(noon()), None).await;
    assert!(matches!(nobodys, Err(AnnouncementError::Unknown)));
}

pub async fn a_mail_in_the_log_tells_of_its_recipient(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 1).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, None).await.unwrap();
    assert!(used.spread(it.id, 1).await.unwrap().is_some());
    let of = (it.id, people[0]);
    let mail = recipient(&stores, &it, people[0]).await.unwrap().mail.unwrap();
    for (how, state, letter) in [
        (HandedOver::PutOff, RecipientState::Waiting, LetterState::Deferred),
        (HandedOver::Refused, RecipientState::Failed, LetterState::Failed),
    ] {
        assert!(used.begin(of, draft(mail, people[0])).await.unwrap());
        assert_eq!(recipient(&stores, &it, people[0]).await.unwrap().state, RecipientState::Handing);
        used.learn(of, mail, (how, Some("it said"))).await.unwrap();
        assert_eq!(recipient(&stores, &it, people[0]).await.unwrap().state, state);
        let kept = stores.messaging.letter(mail).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.said.as_deref()), (letter, Some("it said")));
    }
    // An admin has it sent again by the log of mails.
    let other = EffectId::generate(noon());
    used.sent_otherwise(of, other).await.unwrap();
    let one = recipient(&stores, &it, people[0]).await.unwrap();
    assert_eq!((one.state, one.mail), (RecipientState::Sent, Some(other)));
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    let to_them = LetterFilter { account: Some(people[0]), ..LetterFilter::default() };
    let page = stores.messaging.letters(&to_them, PageRequest { limit: 9, after: None }).await.unwrap();
    assert_eq!(page.items.len(), 1);
}

pub async fn who_follows_the_link_leaves_that_list_alone(stores: Stores) {
    let (used, clock) = announcements(&stores);
    let [ada, bob] = [buyer(&stores).await, buyer(&stores).await];
    let both = Preferences { news: true, events: true };
    assert_eq!(used.preferences(ada).await.unwrap(), both, "whoever says nothing is on all of them");
    let link = used.link(ada, MailList::News);
    for _ in 0..2 {
        assert!(used.unsubscribe(&link).await.unwrap(), "as often as it is followed");
        clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(used.preferences(ada).await.unwrap(), Preferences { news: false, events: true });
    assert_eq!(used.left_lists(ada).await.unwrap()[0].at, noon());
    assert_eq!(used.preferences(bob).await.unwrap(), both);
    for forged in ["", "x", &link[1..], &used.link(bob, MailList::News).replace('A', "B")[..40]] {
        assert!(!used.unsubscribe(forged).await.unwrap(), "{forged}");
    }
    used.prefer(ada, Preferences { news: true, events: false }).await.unwrap();
    assert_eq!(used.preferences(ada).await.unwrap(), Preferences { news: true, events: false });
    used.forget(ada).await.unwrap();
    assert_eq!(used.left_lists(ada).await.unwrap(), []);
}
