//! What every store of accounts promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{accounts_at, bare_invite, save_account};
use crate::fixtures_events::person;
use crate::pages::in_pages;
use crate::{StoppedClock, Stores, noon};
use accounts::{
    Account, AccountFilter, AccountTx, Alert, Brought, Effect, EmailChange, Joined, Network, OneTime, Origin,
    PasswordHash, Profile, Purpose, RecoveryHash, SecondFactor, Session, Status,
};
use chrono::TimeDelta;
use kernel::{
    AccountId, Email, EmailChangeId, Language, OneTimeId, Owed, Role, SessionId, StoreError, Timestamp,
    transact,
};
use std::sync::Arc;

/// One test per promise: `testkit::account_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! account_store_contract {
    ($open:ident) => {
        $crate::account_store_contract!($open;
            an_account_reads_back_whole,
            a_session_reads_back_whole,
            a_link_reads_back_whole,
            what_is_unknown_is_not_there,
            an_email_is_taken_once,
            an_email_is_taken_once_by_many_at_a_time,
            an_erased_address_is_free_again,
            an_address_is_taken_over_by_one,
            a_second_factor_reads_back_whole,
            a_wish_for_another_address_reads_back_whole,
            a_link_is_made_once,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            an_edit_waits_for_the_edit_before_it,
            pages_meet_without_gap_or_overlap,
            a_filter_finds_what_the_rules_say,
            living_sessions_are_listed_newest_first,
            sessions_of_one_account_end_but_for_one,
            the_sessions_that_count_are_those_that_somebody_is_known_in,
            links_of_one_purpose_become_void,
            what_ended_long_ago_is_swept,
            only_admins_who_may_log_in_are_locked_as_such,
            who_joined_is_counted_by_day_and_by_whom_they_were_brought,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod account_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::account_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn AccountTx> {
    stores.accounts.begin().await.unwrap()
}

fn unsaved(email: &str) -> Account {
    Account {
        id: AccountId::generate(noon()),
        email: email.parse().unwrap(),
        email_verified_at: None,
        password_hash: None,
        first_name: "Some".into(),
        last_name: "Body".into(),
        role: Role::Member,
        status: Status::Active,
        profile: Profile::default(),
        language: None,
        invite: None,
        created_at: noon(),
        updated_at: noon(),
    }
}

async fn add(stores: &Stores, account: &Account) -> bool {
    transact(begin(stores).await, async |tx| tx.add_account(account).await).await.unwrap()
}

async fn added(stores: &Stores, email: &str) -> Account {
    let account = unsaved(email);
    assert!(add(stores, &account).await);
    account
}

async fn add_session(stores: &Stores, session: &Session) {
    transact(begin(stores).await, async |tx| tx.add_session(session).await).await.unwrap();
}

async fn add_link(stores: &Stores, account: AccountId, purpose: Purpose, at: Timestamp) -> OneTimeId {
    let link = OneTime::new(OneTimeId::generate(at), account, purpose, at);
    assert!(transact(begin(stores).await, async |tx| tx.add_one_time(&link).await).await.unwrap());
    link.id
}

fn refusal() -> StoreError {
    StoreError::Unavailable { doing: "nothing at all", cause: None }
}

pub async fn an_account_reads_back_whole(stores: Stores) {
    let plain = added(&stores, "plain@example.org").await;
    let profile = Profile {
        bio: Some("Füße, 'quotes'\nand \\ strokes 🎧".into()),
        location: Some("Somewhere".into()),
        phone: Some("+49 30 1".into()),
        website: Some("https://example.org/?a=b&c".into()),
        social_links: [("net".into(), "@me".into()), ("other".into(), "https://example.org".into())].into(),
        preferences: [
            ("deep".into(), serde_json::json!({"list": [1, -2.5, null, true, {"x": "ü"}], "empty": {}})),
            ("big".into(), serde_json::json!(9_007_199_254_740_993_u64)),
        ]
        .into(),
    };
    let mut full = Account {
        email_verified_at: Some(noon() - TimeDelta::microseconds(1)),
        password_hash: Some(PasswordHash::new("$2b$12$abc./")),
        role: Role::Admin,
        status: Status::Pending,
        profile,
        language: Some(Language::German),
        created_at: noon() + TimeDelta::microseconds(1),
        ..unsaved("full@example.org")
    };
    assert!(add(&stores, &full).await);
    for account in [&plain, &full] {
        assert_eq!(stores.accounts.account(account.id).await.unwrap().as_ref(), Some(account));
        assert_eq!(stores.accounts.account_by_email(&account.email).await.unwrap().as_ref(), Some(account));
    }
    let languages = [Some(Language::English), None, Some(Language::German)];
    for (status, language) in [Status::Suspended, Status::Rejected, Status::Active].into_iter().zip(languages)
    {
        full.status = status;
        full.language = language;
        full.role = Role::Member;
        full.first_name.push('x');
        full.profile = Profile::default();
        full.password_hash = None;
        full.updated_at += TimeDelta::seconds(1);
        save_account(&stores, &full).await;
        assert_eq!(stores.accounts.account(full.id).await.unwrap().as_ref(), Some(&full));
    }
    assert_eq!(stores.accounts.account(plain.id).await.unwrap(), Some(plain));
}

pub async fn a_session_reads_back_whole(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let network = Some(Network::v4([203, 0, 113, 7]));
    let origin = Origin { user_agent: Some("Browser 🎧".into()), network, request: None };
    let mut session = Session::open_from(owner, &origin, noon());
    add_session(&stores, &session).await;
    assert_eq!(stores.accounts.sessions(&[session.id]).await.unwrap().pop().as_ref(), Some(&session));
    session.generation = u32::MAX;
    session.last_used_at += TimeDelta::microseconds(1);
    session.expires_at += TimeDelta::days(1);
    session.last_network = Some(Network::v6([0x2001, 0xdb8, 1, 2, 3, 4, 5, 6]));
    session.end(noon());
    let saving = transact(begin(&stores).await, async |tx| {
        tx.lock_session(session.id).await?;
        tx.save_session(&session).await
    });
    saving.await.unwrap();
    assert_eq!(stores.accounts.sessions(&[session.id]).await.unwrap().pop(), Some(session));
}

pub async fn a_link_reads_back_whole(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
        let id = add_link(&stores, owner, purpose, noon()).await;
        let mut link = stores.accounts.one_time(id).await.unwrap().unwrap();
        assert_eq!(link, OneTime::new(id, owner, purpose, noon()));
        link.spend(noon()).unwrap();
        let saving = transact(begin(&stores).await, async |tx| {
            tx.lock_one_time(id).await?;
            tx.save_one_time(&link).await
        });
        saving.await.unwrap();
        assert_eq!(stores.accounts.one_time(id).await.unwrap(), Some(link));
    }
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let (account, session) = (AccountId::generate(noon()), SessionId::generate(noon()));
    let (link, email): (_, Email) = (OneTimeId::generate(noon()), "no@example.org".parse().unwrap());
    assert_eq!(stores.accounts.account(account).await.unwrap(), None);
    assert_eq!(stores.accounts.account_by_email(&email).await.unwrap(), None);
    assert_eq!(stores.accounts.sessions(&[session]).await.unwrap().pop(), None);
    assert_eq!(stores.accounts.sessions_of(account, noon()).await.unwrap(), []);
    assert_eq!(stores.accounts.one_time(link).await.unwrap(), None);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_account(account).await.unwrap(), None);
    assert_eq!(tx.lock_session(session).await.unwrap(), None);
    assert_eq!(tx.lock_one_time(link).await.unwrap(), None);
    assert_eq!(tx.lock_admins().await.unwrap(), []);
    tx.end_sessions_of(account, None, noon()).await.unwrap();
    tx.void_one_times(account, Purpose::VerifyEmail, noon()).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn an_email_is_taken_once(stores: Stores) {
    let first = added(&stores, "ada@example.org").await;
    let mut second = unsaved("Ada@Example.org");
    let mut tx = begin(&stores).await;
    assert!(!tx.add_account(&second).await.unwrap());
    // The refusal was an answer: the same transaction goes on.
    second.email = "bob@example.org".parse().unwrap();
    assert!(tx.add_account(&second).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.account_by_email(&first.email).await.unwrap(), Some(first));
    assert_eq!(stores.accounts.account(second.id).await.unwrap(), Some(second));
}

pub async fn an_email_is_taken_once_by_many_at_a_time(stores: Stores) {
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move { add(&stores, &unsaved("ada@example.org")).await })
        })
        .collect();
    let mut taken = 0;
    for one in tries {
        taken += u32::from(one.await.unwrap());
    }
    assert_eq!(taken, 1);
}

pub async fn an_erased_address_is_free_again(stores: Stores) {
    let mut first = added(&stores, "ada@example.org").await;
    let address = first.email.clone();
    first.erase(&[], noon()).unwrap();
    save_account(&stores, &first).await;
    assert_eq!(stores.accounts.account_by_email(&address).await.unwrap(), None);
    assert_eq!(stores.accounts.account(first.id).await.unwrap(), Some(first));
    let second = added(&stores, "ada@example.org").await;
    assert_eq!(stores.accounts.account_by_email(&address).await.unwrap(), Some(second));
}

pub async fn an_address_is_taken_over_by_one(stores: Stores) {
    let (mut ada, mut bob) =
        (added(&stores, "ada@example.org").await, added(&stores, "bob@example.org").await);
    let mut tx = begin(&stores).await;
    tx.lock_account(bob.id).await.unwrap();
    let before = std::mem::replace(&mut bob.email, ada.email.clone());
    assert!(!tx.take_email(&bob).await.unwrap());
    // The refusal was an answer: the same transaction goes on.
    bob.email = "countess@example.org".parse().unwrap();
    assert!(tx.take_email(&bob).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.account_by_email(&bob.email).await.unwrap().as_ref(), Some(&bob));
    assert_eq!(stores.accounts.account_by_email(&before).await.unwrap(), None);
    // What somebody left is free, and one's own is no other's.
    let mut tx = begin(&stores).await;
    tx.lock_account(ada.id).await.unwrap();
    assert!(tx.take_email(&ada).await.unwrap());
    ada.email = before;
    assert!(tx.take_email(&ada).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.account_by_email(&ada.email).await.unwrap(), Some(ada));
}

pub async fn a_second_factor_reads_back_whole(stores: Stores) {
    let (ada, bob) = (added(&stores, "ada@example.org").await.id, added(&stores, "bob@example.org").await.id);
    let save = async |factor: &SecondFactor| {
        let saving = transact(begin(&stores).await, async |tx| {
            tx.lock_account(factor.account).await?;
            tx.save_second_factor(factor).await
        });
        saving.await.unwrap();
    };
    let first = SecondFactor::begin(ada, noon());
    save(&first).await;
    assert_eq!(stores.accounts.second_factors(&[ada, bob]).await.unwrap(), [first]);
    let mut second = SecondFactor::begin(ada, noon() + TimeDelta::microseconds(1));
    second.confirmed_at = Some(noon());
    second.last_step = Some(59_999_999_999);
    second.recovery = (0..10).map(|number| RecoveryHash([number; 32])).collect();
    second.wrong = u32::MAX;
    second.wrong_since = Some(noon() - TimeDelta::microseconds(1));
    save(&second).await;
    let others = SecondFactor::begin(bob, noon());
    save(&others).await;
    let mut found = stores.accounts.second_factors(&[bob, ada, AccountId::generate(noon())]).await.unwrap();
    found.sort_by_key(|factor| factor.wrong);
    assert_eq!(found, [others.clone(), second.clone()]);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_second_factor(ada).await.unwrap(), Some(second));
    for _ in 0..2 {
        tx.drop_second_factor(ada).await.unwrap();
    }
    assert_eq!(tx.lock_second_factor(ada).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.second_factors(&[ada, bob]).await.unwrap(), [others]);
    assert_eq!(stores.accounts.second_factors(&[]).await.unwrap(), []);
}

pub async fn a_wish_for_another_address_reads_back_whole(stores: Stores) {
    let (ada, bob) = (added(&stores, "ada@example.org").await, added(&stores, "bob@example.org").await);
    let wish = |of: &Account, days| {
        let at = noon() + TimeDelta::days(days);
        EmailChange::ask(of, SessionId::generate(at), format!("new{days}@example.org").parse().unwrap(), at)
    };
    let (mut made, open, foreign) = (wish(&ada, 0), wish(&ada, 1), wish(&bob, 1));
    let mut tx = begin(&stores).await;
    for change in [&made, &open, &foreign] {
        tx.add_email_change(change).await.unwrap();
    }
    tx.commit().await.unwrap();
    made.make(&mut ada.clone(), noon()).unwrap();
    let mut tx = begin(&stores).await;
    assert!(tx.lock_email_change(made.id).await.unwrap().is_some_and(|change| change.made_at.is_none()));
    assert_eq!(tx.lock_email_change(EmailChangeId::generate(noon())).await.unwrap(), None);
    tx.save_email_change(&made).await.unwrap();
    let end = noon() + TimeDelta::days(1);
    for later in 0..2 {
        tx.end_email_changes(ada.id, end + TimeDelta::hours(later)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let open = EmailChange { ended_at: Some(end), ..open };
    assert_eq!(stores.accounts.email_changes_of(ada.id).await.unwrap(), [open.clone(), made.clone()]);
    assert_eq!(
        stores.accounts.email_change(foreign.id).await.unwrap(),
        Some(foreign.clone()),
        "somebody else's"
    );
    // Each expires a day after it was asked for.
    assert_eq!(stores.accounts.sweep_accounts(made.expires_at).await.unwrap(), 0);
    assert_eq!(stores.accounts.sweep_accounts(open.expires_at).await.unwrap(), 1);
    assert_eq!(stores.accounts.email_change(made.id).await.unwrap(), None);
    let mut tx = begin(&stores).await;
    tx.forget_email_changes(ada.id).await.unwrap();
    let alert = Alert::AddressAsked { change: foreign.id };
    tx.enqueue_alerts(&[Owed::now(alert, noon())]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.email_changes_of(ada.id).await.unwrap(), []);
    assert_eq!(stores.accounts.email_changes_of(bob.id).await.unwrap(), [foreign]);
    let due = stores.outbox.claim(&[accounts::ALERTS], noon(), end, 10).await.unwrap().pop().unwrap();
    assert_eq!(serde_json::from_str::<Alert>(&due.body).unwrap(), alert);
}

pub async fn a_link_is_made_once(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let id = add_link(&stores, owner, Purpose::ResetPassword, noon()).await;
    let later = OneTime::new(id, owner, Purpose::ResetPassword, noon() + TimeDelta::days(1));
    let mut tx = begin(&stores).await;
    assert!(!tx.add_one_time(&later).await.unwrap());
    // The refusal was an answer: the same transaction goes on.
    assert!(tx.add_one_time(&OneTime { id: OneTimeId::generate(noon()), ..later }).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.accounts.one_time(id).await.unwrap().unwrap().created_at, noon());
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let before = added(&stores, "ada@example.org").await;
    let kept = Session::open(before.id, None, noon());
    add_session(&stores, &kept).await;
    let (new, session) = (unsaved("bob@example.org"), Session::open(before.id, None, noon()));
    let link = OneTime::new(OneTimeId::generate(noon()), before.id, Purpose::VerifyEmail, noon());
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        let mut account = tx.lock_account(before.id).await?.unwrap();
        account.erase(&[], noon()).unwrap();
        tx.save_account(&account).await?;
        assert!(tx.add_account(&new).await?);
        tx.add_session(&session).await?;
        tx.end_sessions_of(before.id, None, noon()).await?;
        assert!(tx.add_one_time(&link).await?);
        tx.enqueue_accounts(&[Owed::now(Effect::SendVerification { one_time: link.id }, noon())]).await?;
        Err(refusal())
    });
    assert!(refused.await.is_err());
    assert_eq!(stores.accounts.account(before.id).await.unwrap().as_ref(), Some(&before));
    assert_eq!(stores.accounts.account_by_email(&before.email).await.unwrap(), Some(before));
    assert_eq!(stores.accounts.account_by_email(&new.email).await.unwrap(), None);
    assert_eq!(stores.accounts.sessions(&[kept.id]).await.unwrap().pop(), Some(kept));
    assert_eq!(stores.accounts.sessions(&[session.id]).await.unwrap().pop(), None);
    assert_eq!(stores.accounts.one_time(link.id).await.unwrap(), None);
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 0);
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let before = added(&stores, "ada@example.org").await;
    let session = Session::open(before.id, None, noon());
    add_session(&stores, &session).await;
    let link = add_link(&stores, before.id, Purpose::VerifyEmail, noon()).await;
    let mut tx = begin(&stores).await;
    let mut account = tx.lock_account(before.id).await.unwrap().unwrap();
    account.first_name = "Changed".into();
    tx.save_account(&account).await.unwrap();
    tx.lock_session(session.id).await.unwrap();
    tx.lock_one_time(link).await.unwrap();
    tx.end_sessions_of(before.id, None, noon()).await.unwrap();
    drop(tx);
    let again = async {
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_account(before.id).await.unwrap(), Some(before));
        assert_eq!(tx.lock_session(session.id).await.unwrap(), Some(session));
        assert!(tx.lock_one_time(link).await.unwrap().is_some());
        tx.rollback().await.unwrap();
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), again).await.unwrap();
}

pub async fn an_edit_waits_for_the_edit_before_it(stores: Stores) {
    let account = added(&stores, "ada@example.org").await;
    let session = Session::open(account.id, None, noon());
    add_session(&stores, &session).await;
    let edits: Vec<_> = (0..10)
        .map(|_| {
            let (stores, account, session) = (stores.clone(), account.id, session.id);
            tokio::spawn(async move {
                let edited = transact(begin(&stores).await, async |tx| {
                    let mut account = tx.lock_account(account).await?.unwrap();
                    account.first_name.push('x');
                    tx.save_account(&account).await?;
                    let mut session = tx.lock_session(session).await?.unwrap();
                    session.generation += 1;
                    tx.save_session(&session).await
                });
                edited.await.unwrap();
            })
        })
        .collect();
    for one in edits {
        one.await.unwrap();
    }
    assert_eq!(stores.accounts.account(account.id).await.unwrap().unwrap().first_name, "Somexxxxxxxxxx");
    assert_eq!(stores.accounts.sessions(&[session.id]).await.unwrap().pop().unwrap().generation, 10);
}

async fn found(stores: &Stores, filter: &AccountFilter, limit: u32) -> Vec<Account> {
    in_pages(limit, async |page| stores.accounts.accounts(filter, page).await).await
}

pub async fn pages_meet_without_gap_or_overlap(stores: Stores) {
    let mut expected = Vec::new();
    for number in 0..25 {
        let mut account = unsaved(&format!("a{number}@example.org"));
        // Many are opened at one instant: then the id decides.
        account.created_at -= TimeDelta::seconds(number % 3);
        account.status = if number % 5 == 0 { Status::Suspended } else { Status::Active };
        assert!(add(&stores, &account).await);
        expected.push(account);
    }
    expected.sort_by_key(|account| std::cmp::Reverse(account.cursor()));
    for limit in [1, 4, 5, 24, 25, 100] {
        assert_eq!(found(&stores, &AccountFilter::default(), limit).await, expected, "pages of {limit}");
    }
    let suspended = AccountFilter { status: Some(Status::Suspended), query: None };
    expected.retain(|account| account.status == Status::Suspended);
    assert_eq!(found(&stores, &suspended, 2).await, expected);
}

pub async fn a_filter_finds_what_the_rules_say(stores: Stores) {
    let people = [
        ("a_b@example.org", "Ada", "Byron", Status::Active),
        ("axb@example.org", "Grace", "O'Connor", Status::Pending),
        ("per%cent@example.org", "Zoë", "Ångström", Status::Suspended),
        ("back@example.org", r"Back\slash", "Bone", Status::Rejected),
        ("gone@example.org", "Ada", "Gone", Status::Deleted),
    ];
    let mut all = Vec::new();
    for (email, first, last, status) in people {
        let account = Account { first_name: first.into(), last_name: last.into(), status, ..unsaved(email) };
        assert!(add(&stores, &account).await);
        all.push(account);
    }
    all.sort_by_key(|account| std::cmp::Reverse(account.cursor()));
    let queries = ["ADA", "a_b", "%", "_", r"\s", "o'c", "da by", "zoË", "ÅNG", "@example.org", "nobody", ""];
    let statuses = [None, Some(Status::Active), Some(Status::Pending), Some(Status::Deleted)];
    for query in queries.map(|query| Some(query.to_owned())).into_iter().chain([None]) {
        for status in statuses {
            let filter = AccountFilter { query: query.clone(), status };
            let expected: Vec<_> = all.iter().filter(|account| filter.matches(account)).cloned().collect();
            assert_eq!(found(&stores, &filter, 100).await, expected, "{filter:?}");
        }
    }
}

pub async fn living_sessions_are_listed_newest_first(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let other = added(&stores, "bob@example.org").await.id;
    let mut expected = Vec::new();
    for number in 0..5 {
        let session = Session::open(owner, None, noon() + TimeDelta::seconds(number));
        add_session(&stores, &session).await;
        expected.insert(0, session);
    }
    let mut ended = Session::open(owner, None, noon());
    ended.end(noon());
    add_session(&stores, &ended).await;
    add_session(&stores, &Session::open(other, None, noon())).await;
    assert_eq!(stores.accounts.sessions_of(owner, noon()).await.unwrap(), expected);
    // An expired one is not alive at the very instant.
    let last = expected.pop().unwrap();
    assert_eq!(stores.accounts.sessions_of(owner, last.expires_at).await.unwrap(), expected);
    for number in 0..110 {
        add_session(&stores, &Session::open(other, None, noon() + TimeDelta::seconds(number + 1))).await;
    }
    let newest = stores.accounts.sessions_of(other, noon()).await.unwrap();
    assert_eq!((newest.len(), newest[0].created_at), (100, noon() + TimeDelta::seconds(110)));
}

pub async fn the_sessions_that_count_are_those_that_somebody_is_known_in(stores: Stores) {
    let mut all = vec![SessionId::generate(noon())];
    for status in Status::ALL {
        let account = Account { status, ..unsaved(&format!("{}@example.org", status.as_str())) };
        assert!(add(&stores, &account).await);
        let mut ended = Session::open(account.id, None, noon());
        ended.end(noon());
        let [one, later] = [0, 1].map(|days| Session::open(account.id, None, noon() + TimeDelta::days(days)));
        for session in [&one, &later, &ended] {
            add_session(&stores, session).await;
            all.push(session.id);
        }
    }
    let over = Session::open(AccountId::generate(noon()), None, noon()).expires_at;
    let sorted = |mut ids: Vec<SessionId>| {
        ids.sort_unstable();
        ids
    };
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    // The first are over at the very instant.
    for (at, expected) in [(noon(), 2), (over - TimeDelta::microseconds(1), 2), (over, 1)] {
        clock.set(at);
        for asked in [&all[..], &all[..all.len() / 2], &[]] {
            let known = accounts.identify(asked).await.unwrap().into_iter().map(|it| it.actor.session);
            let counting = sorted(accounts.counting(asked).await.unwrap());
            assert_eq!(counting, sorted(known.collect()), "{at}");
            assert!(asked.is_empty() || counting.len() == expected, "{at} {counting:?}");
        }
    }
}

pub async fn sessions_of_one_account_end_but_for_one(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let other = added(&stores, "bob@example.org").await.id;
    let [kept, ended, foreign] = [owner, owner, other].map(|account| Session::open(account, None, noon()));
    let mut before = Session::open(owner, None, noon());
    before.end(noon());
    for session in [&kept, &ended, &foreign, &before] {
        add_session(&stores, session).await;
    }
    let at = noon() + TimeDelta::hours(1);
    let end = async |except| {
        let tx = begin(&stores).await;
        transact(tx, async |tx| tx.end_sessions_of(owner, except, at).await).await.unwrap();
        let mut ends = Vec::new();
        for id in [kept.id, ended.id, foreign.id, before.id] {
            ends.push(stores.accounts.sessions(&[id]).await.unwrap().pop().unwrap().ended_at);
        }
        ends
    };
    assert_eq!(end(Some(kept.id)).await, [None, Some(at), None, Some(noon())]);
    assert_eq!(end(None).await, [Some(at), Some(at), None, Some(noon())]);
}

pub async fn links_of_one_purpose_become_void(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let other = added(&stores, "bob@example.org").await.id;
    let reset = add_link(&stores, owner, Purpose::ResetPassword, noon()).await;
    let verify = add_link(&stores, owner, Purpose::VerifyEmail, noon()).await;
    let foreign = add_link(&stores, other, Purpose::ResetPassword, noon()).await;
    let mut ends = Vec::new();
    for at in [noon(), noon() + TimeDelta::seconds(1)] {
        let tx = begin(&stores).await;
        transact(tx, async |tx| tx.void_one_times(owner, Purpose::ResetPassword, at).await).await.unwrap();
    }
    for id in [reset, verify, foreign] {
        ends.push(stores.accounts.one_time(id).await.unwrap().unwrap().used_at);
    }
    assert_eq!(ends, [Some(noon()), None, None]);
}

pub async fn what_ended_long_ago_is_swept(stores: Stores) {
    let owner = added(&stores, "ada@example.org").await.id;
    let alive = Session::open(owner, None, noon());
    let expired =
        Session { expires_at: noon() - TimeDelta::seconds(1), ..Session::open(owner, None, noon()) };
    let [mut ended, mut just_ended] =
        [Session::open(owner, None, noon()), Session::open(owner, None, noon())];
    ended.end(noon() - TimeDelta::seconds(1));
    just_ended.end(noon());
    for session in [&alive, &expired, &ended, &just_ended] {
        add_session(&stores, session).await;
    }
    let link = add_link(&stores, owner, Purpose::ResetPassword, noon()).await;
    let old = add_link(&stores, owner, Purpose::ResetPassword, noon() - TimeDelta::hours(2)).await;
    assert_eq!(stores.accounts.sweep_accounts(noon()).await.unwrap(), 3);
    for (id, kept) in [(alive.id, true), (expired.id, false), (ended.id, false), (just_ended.id, true)] {
        assert_eq!(stores.accounts.sessions(&[id]).await.unwrap().pop().is_some(), kept);
    }
    assert!(stores.accounts.one_time(link).await.unwrap().is_some());
    assert_eq!(stores.accounts.one_time(old).await.unwrap(), None);
    assert_eq!(stores.accounts.sweep_accounts(noon()).await.unwrap(), 0);
}

pub async fn only_admins_who_may_log_in_are_locked_as_such(stores: Stores) {
    let mut admins =
        vec![person(&stores, Role::Admin).await.account, person(&stores, Role::Admin).await.account];
    person(&stores, Role::Member).await;
    let suspended =
        Account { role: Role::Admin, status: Status::Suspended, ..unsaved("suspended@example.org") };
    assert!(add(&stores, &suspended).await);
    admins.sort();
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_admins().await.unwrap(), admins);
    tx.rollback().await.unwrap();
}

pub async fn who_joined_is_counted_by_day_and_by_whom_they_were_brought(stores: Stores) {
    let (maker, other) =
        (person(&stores, Role::Admin).await.account, person(&stores, Role::Member).await.account);
    let ends = Some(noon() + TimeDelta::days(1));
    let used_up = invites::Invite { max_uses: 5, used: 2, expires_at: ends, ..bare_invite(maker) };
    let taken_back = invites::Invite { max_uses: 3, used: 1, revoked_at: ends, ..bare_invite(other) };
    let tx = stores.accounts.begin_invites().await.unwrap();
    let invites = [used_up.clone(), taken_back.clone()];
    transact(tx, async |tx| tx.add_invites(&invites).await).await.unwrap();
    let (first, until) = (noon() - TimeDelta::hours(12), noon() + TimeDelta::hours(36));
    for (email, invite, created_at) in [
        ("a@example.org", Some(used_up.id), noon()),
        ("b@example.org", Some(used_up.id), until - TimeDelta::microseconds(1)),
        ("c@example.org", Some(taken_back.id), first),
        ("d@example.org", None, first),
        ("e@example.org", Some(taken_back.id), until),
        ("f@example.org", None, first - TimeDelta::microseconds(1)),
    ] {
        assert!(add(&stores, &Account { invite, created_at, ..unsaved(email) }).await);
    }
    let (store, span) = (&stores.accounts, (first, until));
    let day = noon().date_naive();
    // With the two who made the invites.
    let expected = [
        Joined { day, members: 5, invited: 2 },
        Joined { day: day.succ_opt().unwrap(), members: 1, invited: 1 },
    ];
    assert_eq!(store.joined(span).await.unwrap(), expected);
    let brought = [Brought { account: maker, members: 2 }, Brought { account: other, members: 1 }];
    assert_eq!(store.most_brought(span, 9).await.unwrap(), brought);
    assert_eq!(store.most_brought(span, 1).await.unwrap(), brought[..1]);
    assert_eq!(store.joined((until, first)).await.unwrap(), []);
    let made =
        |invites, uses, used, expired, revoked| invites::Made { invites, uses, used, expired, revoked };
    assert_eq!(store.invites_made(span, noon()).await.unwrap(), made(2, 8, 3, 0, 2));
    assert_eq!(store.invites_made(span, noon() + TimeDelta::days(1)).await.unwrap(), made(2, 8, 3, 3, 2));
    assert_eq!(store.invites_made((until, until), noon()).await.unwrap(), invites::Made::default());
}
