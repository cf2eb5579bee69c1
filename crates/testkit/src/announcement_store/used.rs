//! What is done with announcements that go out.

use super::desk::{
    acts, announcements, draft, due, mailing, members, people_of, staff, states, work, written,
};
use super::{english, found, kept, later, recipient, wording};
use crate::fixtures_bookings::{House, bookings, buyer, confirm_free, house};
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{AccountId, AnnouncementId};
use messaging::{
    AnnouncementChange, AnnouncementError, AnnouncementFilter, AnnouncementStatus, Audience, LetterState,
    Mailing, RecipientState, Texts,
};

pub async fn each_of_an_audience_is_written_to_once(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 5).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    assert_eq!(work(&stores, &desk).await, [], "a draft goes to nobody");
    used.schedule(&by, it.id, Some(later(60))).await.unwrap();
    assert_eq!(work(&stores, &desk).await, [], "its time has not come");
    clock.advance(TimeDelta::seconds(60));
    let sent = work(&stores, &desk).await;
    assert_eq!(people_of(&sent), people, "and not to whoever may not log in");
    let over = kept(&stores, it.id).await.unwrap();
    assert_eq!(over.status, AnnouncementStatus::Sent);
    assert_eq!((over.began_at, over.ended_at), (Some(later(60)), Some(later(60))));
    let counts = used.counts(it.id).await.unwrap();
    assert_eq!((counts.of(RecipientState::Sent), counts.0.len()), (5, 1));
    for (mail, account) in sent {
        let letter = stores.messaging.letter(mail).await.unwrap().unwrap();
        assert_eq!((letter.state, letter.about.account), (LetterState::Sent, Some(account)));
        assert_eq!(recipient(&stores, &it, account).await.unwrap().mail, Some(mail));
    }
    // Whoever joins afterwards was not there.
    buyer(&stores).await;
    clock.advance(TimeDelta::days(1));
    assert_eq!(work(&stores, &desk).await, []);
    let nothing = stores.outbox.backlog().await.unwrap();
    assert_eq!(nothing.waiting, 0);
}

pub async fn a_worker_that_dies_half_way_leaves_nobody_out_and_nobody_twice(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 5).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, None).await.unwrap();
    // Several at once, and nobody says how it went: what they did counts all the same.
    let all = [(); 4].map(|()| {
        let used = used.clone();
        tokio::spawn(async move { used.spread(it.id, 1).await.unwrap() })
    });
    for one in all {
        assert!(one.await.unwrap().is_some());
    }
    assert!(!states(&stores, it.id).await.is_empty());
    // One mail is begun, and its worker is never heard of again.
    let first = due(&stores, noon()).await;
    let mails = first.iter().filter(|one| matches!(mailing(one), Mailing::Deliver { .. })).count();
    assert_eq!(mails, states(&stores, it.id).await.len(), "one mail for each");
    let lost = first.iter().find_map(|one| match mailing(one) {
        Mailing::Deliver { account, .. } => Some((one.id, account)),
        Mailing::Spread { .. } => None,
    });
    let (mail, somebody) = lost.unwrap();
    assert!(used.begin((it.id, somebody), draft(mail, somebody)).await.unwrap());
    clock.advance(TimeDelta::seconds(2));
    let sent = work(&stores, &desk).await;
    let rest: Vec<_> = people.iter().copied().filter(|one| *one != somebody).collect();
    assert_eq!(people_of(&sent), rest, "each of the others once");
    assert_eq!(states(&stores, it.id).await[&somebody], RecipientState::Uncertain);
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(work(&stores, &desk).await, []);
    assert_eq!(kept(&stores, it.id).await.unwrap().status, AnnouncementStatus::Sent);
}

pub async fn what_is_scheduled_anew_goes_out_once_and_at_its_last_time(stores: Stores) {
    let desk = announcements(&stores);
    let (by, people) = (staff(&stores).await, members(&stores, 2).await);
    let (used, clock) = &desk;
    let it = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, it.id, Some(later(10))).await.unwrap();
    used.schedule(&by, it.id, Some(later(30))).await.unwrap();
    clock.advance(TimeDelta::seconds(10));
    assert_eq!(work(&stores, &desk).await, []);
    let german = Texts { de: Some(wording("Einlass")), ..english() };
    let change = AnnouncementChange { texts: Some(german.clone()), ..AnnouncementChange::default() };
    used.change(&by, it.id, &change).await.unwrap();
    clock.advance(TimeDelta::seconds(20));
    assert_eq!(people_of(&work(&stores, &desk).await), people);
    assert_eq!(kept(&stores, it.id).await.unwrap().texts, german);
    let again = used.schedule(&by, it.id, None).await;
    assert!(matches!(again, Err(AnnouncementError::Stage(_))));
    let other = written(used, &by, Audience::Members, None).await;
    used.schedule(&by, other.id, None).await.unwrap();
    used.delete(&by, other.id).await.unwrap();
    assert_eq!(work(&stores, &desk).await, [], "what is gone goes to nobody");
}

/// A ticket for somebody.
async fn ticket(house: &House, who: AccountId) {
    let bookings = bookings(house);
    let hold = bookings.hold(who, house.event.id, house.want(1)).await.unwrap();
    confirm_free(&bookings, who, hold.id).await;
}

pub async fn who_comes_late_gets_what_is_still_valid_once(stores: Stores) {
    let desk = announcements(&stores);
    let by = staff(&stores).await;
    let house = house(stores.clone(), 50, None, 0).await;
    let (event, organisation) = (house.event.id, house.event.organisation);
    let (used, clock) = &desk;
    let [early, late, later_on] = [buyer(&stores).await, buyer(&stores).await, buyer(&stores).await];
    ticket(&house, early).await;
    let holders = Audience::TicketHolders { event };
    let valid = written(used, &by, holders, Some(later(100))).await;
    let to_guests = written(used, &by, Audience::Guests { organisation }, Some(later(100))).await;
    let for_those_there = written(used, &by, holders, None).await;
    let other_type = Audience::TicketType { event, ticket_type: kernel::TicketTypeId::generate(noon()) };
    let for_others = written(used, &by, other_type, Some(later(100))).await;
    for it in [&valid, &to_guests, &for_those_there, &for_others] {
        used.schedule(&by, it.id, None).await.unwrap();
    }
    assert_eq!(people_of(&work(&stores, &desk).await), [early; 3]);

    ticket(&house, late).await;
    used.came_late((event, organisation), late).await.unwrap();
    used.came_late((event, organisation), late).await.unwrap();
    assert_eq!(people_of(&work(&stores, &desk).await), [late; 2], "of each that is valid, once");
    for it in [&valid, &to_guests] {
        assert_eq!(states(&stores, it.id).await[&late], RecipientState::Sent);
    }
    // Also when it was sent long ago, but not when it is over.
    clock.advance(TimeDelta::seconds(50));
    assert_eq!(work(&stores, &desk).await, []);
    assert_eq!(kept(&stores, valid.id).await.unwrap().status, AnnouncementStatus::Sent);
    used.came_late((event, organisation), later_on).await.unwrap();
    assert_eq!(work(&stores, &desk).await, [], "they hold no ticket");
    used.cancel(&by, to_guests.id).await.unwrap();
    let after_that = buyer(&stores).await;
    ticket(&house, after_that).await;
    used.came_late((event, organisation), after_that).await.unwrap();
    assert_eq!(people_of(&work(&stores, &desk).await), [after_that], "the other one was called off");
    let kept_out = used.cancel(&by, for_those_there.id).await;
    assert!(matches!(kept_out, Err(AnnouncementError::Stage(_))), "all of it has gone");
    ticket(&house, later_on).await;
    clock.advance(TimeDelta::seconds(50));
    used.came_late((event, organisation), later_on).await.unwrap();
    assert_eq!(work(&stores, &desk).await, [], "it is not valid any more");
}

pub async fn an_announcement_is_changed_until_it_goes_out_and_it_is_on_record(stores: Stores) {
    let desk = announcements(&stores);
    let (by, _) = (staff(&stores).await, members(&stores, 1).await);
    let (used, clock) = &desk;
    let nothing = used.create(&by, &AnnouncementChange::default()).await;
    assert!(matches!(nothing, Err(AnnouncementError::Invalid(_))));
    let it = written(used, &by, Audience::Members, None).await;
    let other = AnnouncementChange {
        texts: Some(Texts { en: None, de: Some(wording("Einlass")) }),
        ..AnnouncementChange::default()
    };
    let changed = used.change(&by, it.id, &other).await.unwrap();
    assert_eq!(kept(&stores, it.id).await.as_ref(), Some(&changed));
    used.change(&by, it.id, &AnnouncementChange::default()).await.unwrap();
    used.schedule(&by, it.id, Some(later(5))).await.unwrap();
    used.change(&by, it.id, &AnnouncementChange { texts: Some(english()), ..other.clone() }).await.unwrap();
    clock.advance(TimeDelta::seconds(5));
    work(&stores, &desk).await;
    assert!(matches!(used.change(&by, it.id, &other).await, Err(AnnouncementError::Stage(_))));
    assert!(matches!(used.delete(&by, it.id).await, Err(AnnouncementError::Stage(_))));
    let nobodys = AnnouncementId::generate(noon());
    assert!(matches!(used.change(&by, nobodys, &other).await, Err(AnnouncementError::Unknown)));
    assert!(matches!(used.delete(&by, nobodys).await, Err(AnnouncementError::Unknown)));
    let doomed = written(used, &by, Audience::Members, None).await;
    used.delete(&by, doomed.id).await.unwrap();
    assert_eq!(found(&stores, &AnnouncementFilter::default()).await, [it.id]);
    let mut names = Vec::new();
    for (act, count) in [
        ("announcement.create", 2),
        ("announcement.change", 2),
        ("announcement.schedule", 1),
        ("announcement.delete", 1),
    ] {
        let found = acts(&stores, act).await;
        assert_eq!(found.len(), count, "{act}: what changes nothing is none");
        assert!(found.iter().all(|act| act.who.account() == Some(by.account)));
        names.push(format!("{found:?}"));
    }
    let said = names.concat();
    assert!(!said.contains("seven") && !said.contains("Doors"), "no words: {said}");
}
