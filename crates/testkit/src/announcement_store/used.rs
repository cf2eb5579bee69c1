//! What is done with announcements.

use super::{english, found, kept, later, recipient, wording};
use crate::clock::StoppedClock;
use crate::fixtures_accounts::save_account;
use crate::fixtures_bookings::{House, bookings, buyer, confirm_free, house};
use crate::fixtures_events::person;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{
    AccountId, Act, Actor, AnnouncementId, Clock, Due, EffectId, Email, PageRequest, Role, Timestamp,
    transact,
};
use messaging::{
    About, AddressKey, Announcement, AnnouncementChange, AnnouncementError, AnnouncementFilter,
    AnnouncementStatus, Announcements, Audience, Draft, HandedOver, LetterFilter, LetterState, MailList,
    Mailing, Preferences, RecipientState, Suppression, SuppressionReason, Texts, UnsubscribeKey,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ADDRESSES: AddressKey = AddressKey::new([7; 32]);

/// The use cases, taking two of an audience at a time, and the clock that they go by.
fn announcements(stores: &Stores) -> (Announcements, Arc<StoppedClock>) {
    let clock = Arc::new(StoppedClock::default());
    let (store, links) = (stores.announcements.clone(), UnsubscribeKey::new([9; 32]));
    (Announcements::new(store, clock.clone(), ADDRESSES, links).taking(2), clock)
}

/// What is owed by then, of which nobody else does anything for a while.
async fn due(stores: &Stores, at: Timestamp) -> Vec<Due> {
    let until = at + TimeDelta::seconds(1);
    stores.outbox.claim(&[messaging::ANNOUNCEMENTS], at, until, 1000).await.unwrap()
}

fn mailing(due: &Due) -> Mailing {
    serde_json::from_str(&due.body).unwrap()
}

/// A mail to somebody, as the worker writes it.
fn draft(mail: EffectId, account: AccountId) -> Draft {
    Draft {
        id: mail,
        effect: mail,
        to: Some(address(account)),
        about: About { kind: "announcement".into(), account: Some(account), ..About::default() },
        origin: None,
    }
}

/// Where those read mail who are made by [`person`].
fn address(account: AccountId) -> Email {
    format!("{account}@example.org").parse().unwrap()
}

/// Does what is owed as the worker does, until nothing is due: the mails that our server took, and to whom.
async fn work(
    stores: &Stores,
    (used, clock): &(Announcements, Arc<StoppedClock>),
) -> Vec<(EffectId, AccountId)> {
    let mut sent = Vec::new();
    loop {
        let owed = due(stores, clock.now()).await;
        if owed.is_empty() {
            return sent;
        }
        for one in owed {
            match mailing(&one) {
                Mailing::Spread { announcement, turn } => {
                    match used.spread(announcement, turn).await.unwrap() {
                        Some(at) => assert!(stores.outbox.postpone(one.lease(), at, None).await.unwrap()),
                        None => assert!(stores.outbox.finish(one.lease()).await.unwrap()),
                    }
                }
                Mailing::Deliver { announcement, account } => {
                    let of = (announcement, account);
                    let wanted = used.wanted(of, one.id, Some(&address(account))).await.unwrap();
                    if wanted.is_some() && used.begin(of, draft(one.id, account)).await.unwrap() {
                        used.learn(of, one.id, (HandedOver::Taken, None)).await.unwrap();
                        sent.push((one.id, account));
                    }
                    assert!(stores.outbox.finish(one.lease()).await.unwrap());
                }
            }
        }
    }
}

fn people_of(sent: &[(EffectId, AccountId)]) -> Vec<AccountId> {
    let mut people: Vec<_> = sent.iter().map(|(_, account)| *account).collect();
    people.sort_unstable();
    people
}

/// So many who are written to, in the order of their accounts.
async fn members(stores: &Stores, count: u32) -> Vec<AccountId> {
    let mut people = Vec::new();
    for _ in 0..count {
        people.push(buyer(stores).await);
    }
    people.sort_unstable();
    people
}

/// Somebody of the house, who may not log in and so gets nothing.
async fn staff(stores: &Stores) -> Actor {
    let actor = person(stores, Role::Admin).await;
    let account = stores.accounts.account(actor.account).await.unwrap().unwrap();
    save_account(stores, &accounts::Account { status: accounts::Status::Suspended, ..account }).await;
    actor
}

async fn written(
    used: &Announcements,
    by: &Actor,
    audience: Audience,
    until: Option<Timestamp>,
) -> Announcement {
    let organisation = match audience {
        Audience::Members => None,
        Audience::Guests { organisation } => Some(organisation),
        _ => Some(kernel::OrganisationId::generate(noon())),
    };
    let said = AnnouncementChange {
        audience: Some((audience, organisation)),
        texts: Some(english()),
        valid_until: Some(until),
    };
    used.create(by, &said).await.unwrap()
}

async fn states(stores: &Stores, id: AnnouncementId) -> BTreeMap<AccountId, RecipientState> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.announcements.recipients(id, None, page).await.unwrap();
    page.items.into_iter().map(|one| (one.account, one.state)).collect()
}

async fn acts(stores: &Stores, of: &str) -> Vec<Act> {
    let filter = ActFilter { act: Some(of.to_owned()), ..ActFilter::default() };
    let page = stores.audit.acts(&filter, PageRequest { limit: 100, after: None }).await.unwrap();
    page.items.into_iter().rev().map(|sealed| sealed.act).collect()
}

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
    ticket(&house, later_on).await;
    clock.advance(TimeDelta::seconds(50));
    used.came_late((event, organisation), later_on).await.unwrap();
    assert_eq!(work(&stores, &desk).await, [], "it is not valid any more");
}

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
