//! What every store of letters promises, and what is done with letters over whichever store.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod used;

pub use used::*;

use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{
    AccountId, BookingId, EffectId, Email, EventId, Owed, PageRequest, StoreError, TicketId, Timestamp,
    transact,
};
use messaging::{
    About, AddressHash, AddressKey, Draft, Effect, Letter, LetterFilter, LetterState, MessagingTx, News,
    Origin, Suppression, SuppressionReason, Troubles,
};
use std::collections::BTreeSet;

/// One test per promise: `testkit::messaging_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives
/// a fresh, empty system.
#[macro_export]
macro_rules! messaging_store_contract {
    ($open:ident) => {
        $crate::messaging_store_contract!($open;
            a_letter_reads_back_whole,
            a_letter_is_added_once,
            a_letter_that_was_not_kept_to_the_end_is_not_there,
            letters_are_listed_the_newest_first_in_pages_that_meet,
            letters_are_found_by_all_that_is_given,
            letters_about_orders_are_found_together,
            letters_of_one_effect_are_locked_together,
            letters_in_trouble_are_counted_until_they_are_seen_to,
            who_is_forgotten_is_not_found_by_any_address,
            guests_of_an_order_are_forgotten_and_nobody_else,
            a_report_counts_once,
            an_address_is_suppressed_for_the_weightier_reason_and_let_through_again,
            what_is_old_is_swept_and_the_rest_stays,
            what_messaging_owes_is_owed_with_its_cause,
            a_letter_is_handed_over_until_it_has_gone,
            what_nobody_tries_any_more_has_failed,
            a_letter_is_sent_again_under_a_name_of_its_own,
            what_waits_or_is_forgotten_is_not_sent_again,
            a_ticket_is_sent_to_the_address_that_is_wished,
            a_bounce_is_known_of_its_letter_and_stops_announcements,
            what_is_about_no_letter_is_ignored,
            announcements_are_let_through_again_and_it_is_on_record,
            everything_that_went_to_somebody_is_found,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod messaging_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::messaging_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn later(seconds: i64) -> Timestamp {
    noon() + TimeDelta::seconds(seconds)
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

/// Wanted so many seconds after [`noon`], to somebody of this name.
fn letter(seconds: i64, to: &str) -> Letter {
    let id = EffectId::generate(later(seconds));
    let draft = Draft {
        id,
        effect: id,
        to: Some(email(&format!("{to}@example.org"))),
        about: About { kind: "tickets".into(), ..About::default() },
        origin: Some(Origin { domain: "booking".into(), body: "{\"kind\":\"send_tickets\"}".into() }),
    };
    Letter::queued(draft, later(seconds))
}

async fn begin(stores: &Stores) -> Box<dyn MessagingTx> {
    stores.messaging.begin_messaging().await.unwrap()
}

async fn add(stores: &Stores, letters: &[Letter]) {
    transact(begin(stores).await, async |tx| -> Result<(), StoreError> {
        for letter in letters {
            assert!(tx.add_letter(letter).await?);
        }
        Ok(())
    })
    .await
    .unwrap();
}

async fn save(stores: &Stores, letter: &Letter) {
    let saving = transact(begin(stores).await, async |tx| {
        tx.lock_letter(letter.id).await?;
        tx.save_letter(letter).await
    });
    saving.await.unwrap();
}

async fn kept(stores: &Stores, id: EffectId) -> Option<Letter> {
    stores.messaging.letter(id).await.unwrap()
}

async fn found(stores: &Stores, filter: &LetterFilter) -> Vec<EffectId> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.messaging.letters(filter, page).await.unwrap();
    page.items.into_iter().map(|letter| letter.id).collect()
}

pub async fn a_letter_reads_back_whole(stores: Stores) {
    let bare = Letter { to: None, origin: None, ..letter(0, "ada") };
    let mut full = letter(1, "ada");
    full.effect = EffectId::generate(noon());
    full.about = About {
        kind: "ticket".into(),
        account: Some(AccountId::generate(noon())),
        booking: Some(BookingId::generate(noon())),
        event: Some(EventId::generate(noon())),
        ticket: Some(TicketId::generate(noon())),
    };
    full.tries = u32::MAX;
    full.hear(News::Taken, None, later(2));
    full.hear(News::Complained, Some("Füße, 'quotes'\\ and \u{1f3a7}"), later(3));
    full.again = Some(EffectId::generate(noon()));
    add(&stores, &[bare.clone(), full.clone()]).await;
    for letter in [&bare, &full] {
        assert_eq!(kept(&stores, letter.id).await.as_ref(), Some(letter));
    }
    assert_eq!(kept(&stores, EffectId::generate(noon())).await, None);
    let changed = Letter { state: LetterState::Bounced, said: None, changed_at: later(9), ..full.clone() };
    let forgotten = Letter { to: None, origin: None, ..changed };
    save(&stores, &forgotten).await;
    assert_eq!(kept(&stores, full.id).await, Some(forgotten));
}

pub async fn a_letter_is_added_once(stores: Stores) {
    let first = letter(0, "ada");
    add(&stores, std::slice::from_ref(&first)).await;
    let other = Letter { tries: 7, ..first.clone() };
    let again = transact(begin(&stores).await, async |tx| tx.add_letter(&other).await);
    assert!(!again.await.unwrap());
    assert_eq!(kept(&stores, first.id).await, Some(first));
}

pub async fn a_letter_that_was_not_kept_to_the_end_is_not_there(stores: Stores) {
    let letter = letter(0, "ada");
    let mut tx = begin(&stores).await;
    assert!(tx.add_letter(&letter).await.unwrap());
    assert_eq!(tx.lock_letter(letter.id).await.unwrap().as_ref(), Some(&letter));
    drop(tx);
    assert_eq!(kept(&stores, letter.id).await, None);
    // Nobody waits for who has gone.
    add(&stores, &[letter]).await;
}

pub async fn letters_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    // Two of one instant.
    let all = [letter(0, "ada"), letter(1, "ada"), letter(1, "bob"), letter(2, "ada"), letter(3, "bob")];
    add(&stores, &all).await;
    let mut expected: Vec<_> = all.iter().map(Letter::cursor).collect();
    expected.sort_unstable_by(|one, other| other.cmp(one));
    let filter = LetterFilter::default();
    let seen = in_pages(2, async |page| stores.messaging.letters(&filter, page).await).await;
    let seen: Vec<_> = seen.iter().map(Letter::cursor).collect();
    assert_eq!(seen, expected);
}

pub async fn letters_are_found_by_all_that_is_given(stores: Stores) {
    let (account, event) = (AccountId::generate(noon()), EventId::generate(noon()));
    let booking = BookingId::generate(noon());
    let mut one = letter(0, "ada");
    one.about = About {
        account: Some(account),
        event: Some(event),
        booking: Some(booking),
        ..About { kind: "ticket".into(), ..About::default() }
    };
    let mut two = letter(1, "ada");
    two.about.event = Some(event);
    two.hear(News::PutOff, Some("451"), later(1));
    let mut three = letter(2, "bob");
    three.about.account = Some(account);
    three.hear(News::Taken, None, later(2));
    let mut four = letter(3, "bob");
    four.hear(News::Refused, Some("550"), later(3));
    four.again = Some(three.id);
    add(&stores, &[one.clone(), two.clone(), three.clone(), four.clone()]).await;
    let none = LetterFilter::default();
    let to = |name: &str| Some(email(&format!("{name}@example.org")));
    for (filter, expected) in [
        (LetterFilter { state: Some(LetterState::Queued), ..none.clone() }, vec![one.id]),
        (LetterFilter { state: Some(LetterState::Failed), ..none.clone() }, vec![four.id]),
        (LetterFilter { trouble: true, ..none.clone() }, vec![two.id]),
        (LetterFilter { to: to("ada"), ..none.clone() }, vec![two.id, one.id]),
        (LetterFilter { to: to("ada"), trouble: true, ..none.clone() }, vec![two.id]),
        (LetterFilter { to: to("nobody"), ..none.clone() }, vec![]),
        (LetterFilter { kind: Some("ticket".into()), ..none.clone() }, vec![one.id]),
        (LetterFilter { account: Some(account), ..none.clone() }, vec![three.id, one.id]),
        (LetterFilter { event: Some(event), ..none.clone() }, vec![two.id, one.id]),
        (LetterFilter { event: Some(event), account: Some(account), ..none.clone() }, vec![one.id]),
        (LetterFilter { booking: Some(booking), ..none.clone() }, vec![one.id]),
        (LetterFilter { booking: Some(booking), to: to("bob"), ..none.clone() }, vec![]),
    ] {
        assert_eq!(found(&stores, &filter).await, expected, "{filter:?}");
    }
}

pub async fn letters_about_orders_are_found_together(stores: Stores) {
    let [one, two, other] = [(); 3].map(|()| BookingId::generate(noon()));
    let about = |seconds, booking| {
        let mut letter = letter(seconds, "ada");
        letter.about.booking = Some(booking);
        letter
    };
    let all = [about(0, one), about(1, two), about(2, one), about(3, other), letter(4, "ada")];
    add(&stores, &all).await;
    let found = stores.messaging.letters_about(&[two, one, BookingId::generate(noon())]).await.unwrap();
    let found: BTreeSet<_> = found.into_iter().map(|letter| letter.id).collect();
    assert_eq!(found, BTreeSet::from([all[0].id, all[1].id, all[2].id]));
}

pub async fn letters_of_one_effect_are_locked_together(stores: Stores) {
    let effect = EffectId::generate(noon());
    let of = |seconds| Letter { effect, ..letter(seconds, "admin") };
    let (one, two) = (of(0), of(1));
    add(&stores, &[one.clone(), two.clone(), letter(2, "ada")]).await;
    let mut tx = begin(&stores).await;
    let mut expected = [one, two];
    expected.sort_by_key(|letter| letter.id);
    assert_eq!(tx.lock_letters_of(effect).await.unwrap(), expected);
    assert_eq!(tx.lock_letters_of(EffectId::generate(noon())).await.unwrap(), []);
}

pub async fn letters_in_trouble_are_counted_until_they_are_seen_to(stores: Stores) {
    let heard = |seconds, news| {
        let mut letter = letter(seconds, "ada");
        letter.hear(news, None, later(seconds));
        letter
    };
    let old = heard(0, News::Bounced);
    let mut all = vec![old, letter(10, "ada"), heard(10, News::Taken), heard(11, News::PutOff)];
    all.extend([heard(11, News::Bounced), heard(12, News::Refused), heard(13, News::Refused)]);
    add(&stores, &all).await;
    let troubles = async || stores.messaging.troubles(later(10)).await.unwrap();
    assert_eq!(troubles().await, Troubles { deferred: 1, bounced: 1, failed: 2 });
    let seen_to = Letter { again: Some(EffectId::generate(noon())), ..all[5].clone() };
    save(&stores, &seen_to).await;
    assert_eq!(troubles().await, Troubles { deferred: 1, bounced: 1, failed: 1 });
    let over = Letter { origin: None, ..all[6].clone() };
    save(&stores, &over).await;
    assert_eq!(troubles().await, Troubles { deferred: 1, bounced: 1, failed: 0 }, "nobody can send it again");
    assert_eq!(stores.messaging.troubles(later(100)).await.unwrap(), Troubles::default());
}

pub async fn who_is_forgotten_is_not_found_by_any_address(stores: Stores) {
    let (ada, bob) = (AccountId::generate(noon()), AccountId::generate(noon()));
    let to = |seconds, name: &str, account| {
        let mut letter = letter(seconds, name);
        letter.about.account = account;
        letter.hear(News::PutOff, Some(&format!("451 {name}")), later(seconds));
        letter
    };
    // Under two addresses, and before there was an account.
    let hers = [to(0, "ada", Some(ada)), to(1, "countess", Some(ada)), to(2, "ada", None)];
    let his = to(3, "bob", Some(bob));
    add(&stores, &hers).await;
    add(&stores, std::slice::from_ref(&his)).await;
    for _ in 0..2 {
        let forgetting = transact(begin(&stores).await, async |tx| tx.forget_letters_to(ada).await);
        forgetting.await.unwrap();
        for letter in &hers {
            let mut forgotten = letter.clone();
            forgotten.forget();
            assert_eq!(kept(&stores, letter.id).await, Some(forgotten));
        }
        assert_eq!(kept(&stores, his.id).await.as_ref(), Some(&his));
    }
    let there = LetterFilter { to: Some(email("ada@example.org")), ..LetterFilter::default() };
    assert_eq!(found(&stores, &there).await, []);
}

pub async fn guests_of_an_order_are_forgotten_and_nobody_else(stores: Stores) {
    let (booking, other) = (BookingId::generate(noon()), BookingId::generate(noon()));
    let about = |seconds, booking, account| {
        let mut letter = letter(seconds, "ada");
        (letter.about.booking, letter.about.account) = (booking, account);
        letter.hear(News::PutOff, Some("451 ada"), later(seconds));
        letter
    };
    let guests = [about(0, Some(booking), None), about(1, Some(booking), None)];
    let member = AccountId::generate(noon());
    let others = [about(2, Some(booking), Some(member)), about(3, Some(other), None), about(4, None, None)];
    add(&stores, &guests).await;
    add(&stores, &others).await;
    for _ in 0..2 {
        let forgetting =
            transact(begin(&stores).await, async |tx| tx.forget_letters_to_guests(booking).await);
        forgetting.await.unwrap();
        for letter in &guests {
            let mut forgotten = letter.clone();
            forgotten.forget();
            assert_eq!(kept(&stores, letter.id).await, Some(forgotten));
        }
        for letter in &others {
            assert_eq!(kept(&stores, letter.id).await.as_ref(), Some(letter));
        }
    }
}

pub async fn a_report_counts_once(stores: Stores) {
    let name = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    for new in [true, false, false] {
        let told = transact(begin(&stores).await, async |tx| tx.remember_report(name, noon()).await);
        assert_eq!(told.await.unwrap(), new);
    }
    // Two at once: one of them is the first.
    let both = [(); 2].map(|()| {
        let stores = stores.clone();
        tokio::spawn(async move {
            let told = transact(begin(&stores).await, async |tx| tx.remember_report("both", noon()).await);
            told.await.unwrap()
        })
    });
    let mut new = 0;
    for one in both {
        new += u32::from(one.await.unwrap());
    }
    assert_eq!(new, 1);
}

async fn lift(stores: &Stores, address: &AddressHash) -> Option<Suppression> {
    let lifting = transact(begin(stores).await, async |tx| tx.lift_suppression(address).await);
    lifting.await.unwrap()
}

pub async fn an_address_is_suppressed_for_the_weightier_reason_and_let_through_again(stores: Stores) {
    let key = AddressKey::new([7; 32]);
    let (ada, bob) = (key.hash(&email("ada@example.org")), key.hash(&email("bob@example.org")));
    let one = |reason, seconds| Suppression {
        address: ada.clone(),
        reason,
        at: later(seconds),
        letter: Some(EffectId::from(uuid::Uuid::from_u128(u128::try_from(seconds).unwrap()))),
    };
    let (bounced, complained) = (SuppressionReason::Bounced, SuppressionReason::Complained);
    for (reason, seconds, changes) in [
        (bounced, 1, true),
        (bounced, 1, false),
        (bounced, 2, true),
        (complained, 0, true),
        (bounced, 9, false),
        (complained, 3, true),
    ] {
        let suppression = one(reason, seconds);
        let told = transact(begin(&stores).await, async |tx| tx.suppress(&suppression).await);
        assert_eq!(told.await.unwrap(), changes, "{reason:?} {seconds}");
    }
    let known = stores.messaging.suppressions(&[bob.clone(), ada.clone()]).await.unwrap();
    assert_eq!(known, [one(complained, 3)]);
    assert_eq!(lift(&stores, &ada).await, Some(one(complained, 3)));
    assert_eq!((lift(&stores, &ada).await, lift(&stores, &bob).await), (None, None));
    assert_eq!(stores.messaging.suppressions(&[ada]).await.unwrap(), []);
}

pub async fn what_is_old_is_swept_and_the_rest_stays(stores: Stores) {
    let (old, new) = (letter(0, "ada"), letter(10, "ada"));
    add(&stores, &[old.clone(), new.clone()]).await;
    for (name, seconds) in [("old", 0), ("new", 10)] {
        let told = transact(begin(&stores).await, async |tx| tx.remember_report(name, later(seconds)).await);
        assert!(told.await.unwrap());
    }
    assert_eq!(stores.messaging.sweep_letters(later(10), later(0)).await.unwrap(), 1);
    assert_eq!((kept(&stores, old.id).await, kept(&stores, new.id).await), (None, Some(new)));
    assert_eq!(stores.messaging.sweep_letters(later(10), later(10)).await.unwrap(), 1);
    for (name, new) in [("old", true), ("new", false)] {
        let told = transact(begin(&stores).await, async |tx| tx.remember_report(name, later(11)).await);
        assert_eq!(told.await.unwrap(), new);
    }
}

pub async fn what_messaging_owes_is_owed_with_its_cause(stores: Stores) {
    let owed = Owed::now(Effect::SendAgain { letter: EffectId::generate(noon()) }, noon());
    let mut tx = begin(&stores).await;
    tx.enqueue_messaging(std::slice::from_ref(&owed)).await.unwrap();
    drop(tx);
    let claim = async || {
        let due = stores.outbox.claim(&[messaging::DOMAIN], noon(), later(60), 10).await.unwrap();
        due.into_iter()
            .map(|due| (due.id, serde_json::from_str::<Effect>(&due.body).unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(claim().await, []);
    let owing =
        transact(begin(&stores).await, async |tx| tx.enqueue_messaging(std::slice::from_ref(&owed)).await);
    owing.await.unwrap();
    assert_eq!(claim().await, [(owed.id, owed.effect)]);
}
