//! What is done with letters.

use super::{add, email, found, kept, later, letter};
use crate::clock::StoppedClock;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{AccountId, Act, BookingId, Cause, EffectId, EventId, OrganisationId, PageRequest, TicketId};
use messaging::{
    About, AddressKey, Channel, Draft, Effect, Heard, Letter, LetterFilter, LetterState, LiftError, Messages,
    News, Origin, Report, SendAgainError, Status, SuppressionReason, TicketWish, Verdict,
};
use std::sync::Arc;

/// The use cases, and the clock that they go by.
fn messages(stores: &Stores) -> (Messages, Arc<StoppedClock>) {
    let clock = Arc::new(StoppedClock::default());
    (Messages::new(Arc::clone(&stores.messaging), clock.clone(), AddressKey::new([7; 32])), clock)
}

fn draft(letter: &Letter) -> Draft {
    let Letter { id, effect, to, about, origin, .. } = letter.clone();
    Draft { id, effect, to, about, origin }
}

/// Acts of one kind, the oldest first.
async fn acts(stores: &Stores, of: &str) -> Vec<Act> {
    let filter = ActFilter { act: Some(of.to_owned()), ..ActFilter::default() };
    let page = stores.audit.acts(&filter, PageRequest { limit: 100, after: None }).await.unwrap();
    page.items.into_iter().rev().map(|sealed| sealed.act).collect()
}

/// What messaging owes.
async fn owed(stores: &Stores) -> Vec<(EffectId, Effect)> {
    let due = stores.outbox.claim(&[messaging::DOMAIN], later(3600), later(3601), 100).await.unwrap();
    due.into_iter().map(|due| (due.id, serde_json::from_str(&due.body).unwrap())).collect()
}

/// A report of a letter.
fn report(letter: EffectId, verdict: Verdict, status: &str) -> Report {
    Report { letters: vec![letter], verdict, status: Status::parse(status), said: Some("it said".into()) }
}

pub async fn a_letter_is_handed_over_until_it_has_gone(stores: Stores) {
    let (messages, clock) = messages(&stores);
    let letter = letter(0, "ada");
    assert!(messages.begin(draft(&letter)).await.unwrap());
    assert_eq!(kept(&stores, letter.id).await.unwrap().state, LetterState::Queued);
    messages.learn(letter.id, News::PutOff, Some("451 busy")).await.unwrap();
    clock.advance(TimeDelta::seconds(60));
    let moved = Draft { to: Some(email("countess@example.org")), ..draft(&letter) };
    assert!(messages.begin(moved).await.unwrap());
    messages.learn(letter.id, News::Taken, None).await.unwrap();
    assert!(!messages.begin(draft(&letter)).await.unwrap(), "it has gone");
    let gone = kept(&stores, letter.id).await.unwrap();
    assert_eq!((gone.state, gone.tries, gone.sent_at), (LetterState::Sent, 2, Some(later(60))));
    assert_eq!((gone.to, gone.created_at), (Some(email("countess@example.org")), noon()));
    // Of what is not there nothing is learned.
    messages.learn(EffectId::generate(noon()), News::Taken, None).await.unwrap();
    assert_eq!(found(&stores, &LetterFilter::default()).await, [letter.id]);
}

pub async fn what_nobody_tries_any_more_has_failed(stores: Stores) {
    let (messages, _) = messages(&stores);
    let effect = EffectId::generate(noon());
    let mut all = [letter(0, "ada"), letter(1, "bob"), letter(2, "eve")];
    for letter in &mut all {
        letter.effect = effect;
        assert!(messages.begin(draft(letter)).await.unwrap());
    }
    messages.learn(all[0].id, News::Taken, None).await.unwrap();
    messages.learn(all[1].id, News::PutOff, Some("451")).await.unwrap();
    messages.given_up(effect).await.unwrap();
    let mut states = Vec::new();
    for letter in &all {
        states.push(kept(&stores, letter.id).await.unwrap().state);
    }
    assert_eq!(states, [LetterState::Sent, LetterState::Failed, LetterState::Failed]);
    let nothing = letter(3, "ada");
    add(&stores, std::slice::from_ref(&nothing)).await;
    for id in [nothing.id, all[0].id, EffectId::generate(noon())] {
        messages.came_to_nothing(id).await.unwrap();
    }
    assert_eq!(kept(&stores, nothing.id).await.unwrap().state, LetterState::Failed);
    assert_eq!(kept(&stores, all[0].id).await.unwrap().state, LetterState::Sent);
}

pub async fn a_letter_is_sent_again_under_a_name_of_its_own(stores: Stores) {
    let (messages, clock) = messages(&stores);
    let mut old = letter(0, "ada");
    old.hear(News::Bounced, Some("550"), noon());
    add(&stores, std::slice::from_ref(&old)).await;
    clock.advance(TimeDelta::seconds(60));
    let by = Cause::command_line();
    let new = messages.send_again(&by, old.id).await.unwrap();
    assert_eq!((new.state, new.created_at, &new.to), (LetterState::Queued, later(60), &old.to));
    assert_eq!((&new.about, &new.origin), (&old.about, &old.origin));
    assert_ne!(new.id, old.id);
    assert_eq!(kept(&stores, new.id).await.as_ref(), Some(&new));
    assert_eq!(kept(&stores, old.id).await.unwrap().again, Some(new.id));
    assert_eq!(owed(&stores).await, [(new.id, Effect::SendAgain { letter: new.id })]);
    let acts = acts(&stores, "mail.resend").await;
    assert_eq!((acts.len(), acts[0].subject.id), (1, old.id.as_uuid()));
    let said = format!("{:?}{:?}", acts[0].before, acts[0].after);
    assert!(!said.contains("example.org") && said.contains(&new.id.to_string()));
}

pub async fn what_waits_or_is_forgotten_is_not_sent_again(stores: Stores) {
    let (messages, _) = messages(&stores);
    let by = Cause::command_line();
    let waiting = letter(0, "ada");
    let mut put_off = letter(1, "ada");
    put_off.hear(News::PutOff, None, noon());
    let mut sent = letter(2, "ada");
    sent.hear(News::Taken, None, noon());
    let mut forgotten = Letter { id: EffectId::generate(noon()), ..sent.clone() };
    forgotten.forget();
    let trial = Letter { id: EffectId::generate(noon()), origin: None, ..sent.clone() };
    add(&stores, &[waiting.clone(), put_off.clone(), sent.clone(), forgotten.clone(), trial.clone()]).await;
    for id in [waiting.id, put_off.id] {
        assert!(matches!(messages.send_again(&by, id).await, Err(SendAgainError::Waiting)));
    }
    for id in [forgotten.id, trial.id] {
        assert!(matches!(messages.send_again(&by, id).await, Err(SendAgainError::Forgotten)));
    }
    let nobodys = EffectId::generate(noon());
    assert!(matches!(messages.send_again(&by, nobodys).await, Err(SendAgainError::Unknown)));
    let again = messages.send_again(&by, sent.id).await.unwrap();
    let twice = messages.send_again(&by, sent.id).await;
    assert!(matches!(twice, Err(SendAgainError::Waiting)), "the second one is on its way");
    messages.learn(again.id, News::Taken, None).await.unwrap();
    messages.send_again(&by, sent.id).await.unwrap();
    assert_eq!(acts(&stores, "mail.resend").await.len(), 2);
}

pub async fn a_ticket_is_sent_to_the_address_that_is_wished(stores: Stores) {
    let (messages, _) = messages(&stores);
    let by = Cause::command_line();
    let organisation = OrganisationId::generate(noon());
    let wish = TicketWish {
        ticket: TicketId::generate(noon()),
        booking: BookingId::generate(noon()),
        event: EventId::generate(noon()),
        organisation,
        account: None,
        channel: Channel::Attendee,
        to: email("ada@example.org"),
        kind: "ticket",
    };
    let mut lost = letter(0, "ada");
    lost.about = About {
        booking: Some(wish.booking),
        ticket: Some(wish.ticket),
        ..About { kind: "ticket".into(), ..About::default() }
    };
    lost.hear(News::Refused, None, noon());
    add(&stores, std::slice::from_ref(&lost)).await;
    let sent = messages.send_ticket(&by, wish.clone()).await.unwrap();
    let effect = Effect::SendTicket { booking: wish.booking, ticket: wish.ticket, to: Channel::Attendee };
    let body = serde_json::to_string(&effect).unwrap();
    assert_eq!(sent.origin, Some(Origin { domain: messaging::DOMAIN.into(), body }));
    assert_eq!((&sent.to, sent.about.ticket), (&Some(wish.to.clone()), Some(wish.ticket)));
    assert_eq!(kept(&stores, sent.id).await.as_ref(), Some(&sent));
    assert_eq!(kept(&stores, lost.id).await.unwrap().again, Some(sent.id), "it was seen to");
    assert_eq!(owed(&stores).await, [(sent.id, effect)]);
    let twice = messages.send_ticket(&by, wish.clone()).await;
    assert!(matches!(twice, Err(SendAgainError::Waiting)));
    let elsewhere = TicketWish { channel: Channel::Account, to: email("bob@example.org"), ..wish.clone() };
    messages.send_ticket(&by, elsewhere).await.unwrap();
    let acts = acts(&stores, "ticket.resend").await;
    assert_eq!((acts.len(), acts[0].subject.id), (2, wish.ticket.as_uuid()));
    assert!(acts.iter().all(|act| act.organisation == Some(organisation)));
    assert!(!format!("{acts:?}").contains("example.org"));
}

pub async fn a_bounce_is_known_of_its_letter_and_stops_announcements(stores: Stores) {
    let (messages, clock) = messages(&stores);
    let mut letter = letter(0, "ada");
    letter.hear(News::Taken, None, noon());
    add(&stores, std::slice::from_ref(&letter)).await;
    clock.advance(TimeDelta::seconds(5));
    let ada = [email("ada@example.org")];
    let full = report(letter.id, Verdict::Bounced, "5.2.2");
    assert_eq!(messages.hear("one", Some(&full)).await.unwrap(), Heard::Applied);
    let bounced = kept(&stores, letter.id).await.unwrap();
    assert_eq!((bounced.state, bounced.said.as_deref()), (LetterState::Bounced, Some("it said")));
    assert!(messages.suppressed(&ada).await.unwrap().is_empty(), "the mailbox is there");
    let gone = report(letter.id, Verdict::Bounced, "5.1.1");
    assert_eq!(messages.hear("one", Some(&gone)).await.unwrap(), Heard::Repeat);
    assert_eq!(messages.hear("two", Some(&gone)).await.unwrap(), Heard::Applied);
    let why = messages.suppressed(&ada).await.unwrap().remove(&ada[0]).unwrap();
    assert_eq!((why.reason, why.at, why.letter), (SuppressionReason::Bounced, later(5), Some(letter.id)));
    let complaint = Report { status: None, ..report(letter.id, Verdict::Complained, "") };
    assert_eq!(messages.hear("three", Some(&complaint)).await.unwrap(), Heard::Applied);
    let why = messages.suppressed(&ada).await.unwrap().remove(&ada[0]).unwrap();
    assert_eq!(why.reason, SuppressionReason::Complained);
    assert_eq!(kept(&stores, letter.id).await.unwrap().complained_at, Some(later(5)));
}

pub async fn what_is_about_no_letter_is_ignored(stores: Stores) {
    let (messages, _) = messages(&stores);
    let (mut letter, nobodys) = (letter(0, "ada"), EffectId::generate(noon()));
    letter.hear(News::Taken, None, noon());
    add(&stores, std::slice::from_ref(&letter)).await;
    let unknown = report(nobodys, Verdict::Bounced, "5.1.1");
    assert_eq!(messages.hear("one", Some(&unknown)).await.unwrap(), Heard::Ignored);
    assert_eq!(messages.hear("two", None).await.unwrap(), Heard::Ignored);
    assert_eq!(messages.hear("two", None).await.unwrap(), Heard::Repeat);
    assert_eq!(kept(&stores, letter.id).await.as_ref(), Some(&letter));
    // Of several that it may be about, the first that is there.
    let either = Report { letters: vec![nobodys, letter.id], ..unknown };
    assert_eq!(messages.hear("three", Some(&either)).await.unwrap(), Heard::Applied);
}

pub async fn announcements_are_let_through_again_and_it_is_on_record(stores: Stores) {
    let (messages, _) = messages(&stores);
    let by = Cause::command_line();
    let mut letter = letter(0, "ada");
    letter.hear(News::Taken, None, noon());
    add(&stores, std::slice::from_ref(&letter)).await;
    assert!(matches!(messages.lift(&by, letter.id).await, Err(LiftError::Unknown)));
    messages.hear("one", Some(&report(letter.id, Verdict::Bounced, "5.1.1"))).await.unwrap();
    messages.lift(&by, letter.id).await.unwrap();
    assert!(messages.suppressed(&[email("ada@example.org")]).await.unwrap().is_empty());
    assert!(matches!(messages.lift(&by, letter.id).await, Err(LiftError::Unknown)));
    assert_eq!(acts(&stores, "mail.lift_suppression").await.len(), 1);
}

pub async fn everything_that_went_to_somebody_is_found(stores: Stores) {
    let (messages, _) = messages(&stores);
    let ada = AccountId::generate(noon());
    let to = |seconds, name: &str, account| {
        let mut letter = letter(seconds, name);
        letter.about.account = account;
        letter
    };
    let all = [
        to(0, "ada", None),
        to(1, "countess", Some(ada)),
        to(2, "ada", Some(ada)),
        to(3, "bob", None),
        to(4, "bob", Some(AccountId::generate(noon()))),
    ];
    add(&stores, &all).await;
    let page = PageRequest { limit: 1, after: None };
    let first = messages.letters_to(ada, page).await.unwrap();
    let rest = messages.letters_to(ada, PageRequest { after: first.next, ..page }).await.unwrap();
    assert_eq!(first.items, [all[2].clone()]);
    assert_eq!((rest.items, rest.next), (vec![all[1].clone()], None));
    // What went there to nobody's account.
    let page = PageRequest { limit: 100, after: None };
    let there = async |name| messages.letters_at(&email(name), page).await.unwrap().items;
    assert_eq!(there("ada@example.org").await, [all[0].clone()]);
    assert_eq!(there("bob@example.org").await, [all[3].clone()]);
    messages.forget(ada).await.unwrap();
    let found = messages.letters_to(ada, page).await.unwrap().items;
    assert_eq!(found.len(), 2, "that something was sent to the account stays");
    assert!(found.iter().all(|letter| letter.to.is_none()));
    assert_eq!(there("ada@example.org").await, []);
}
