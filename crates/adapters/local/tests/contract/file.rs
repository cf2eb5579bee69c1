//! The file: who may open it, what is refused, and that what was committed is read back.

use accounts::{Account, AccountStore, Profile, Status};
use adapter_local::{LocalStore, Place};
use booking::BookingStore;
use chrono::TimeDelta;
use events::{AddressLog, AddressView};
use kernel::{
    AccountId, Begun, Email, EventId, IdempotencyStore, Outbox, PageRequest, RequestKey, Role, StoreError,
    StoredAnswer,
};
use rusqlite::Connection;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use testkit::door_store::OldEvening;
use testkit::fixtures_bookings::{booked_paid, booked_unpaid, bookings, buyer, confirm_free, house};
use testkit::outbox::EVERY_DOMAIN;
use testkit::{Stores, noon};

fn open(directory: &Path) -> Result<LocalStore, StoreError> {
    LocalStore::open(Place::Directory(directory.to_owned()))
}

/// The error with all its causes.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn damage(directory: &Path, sql: &str) {
    Connection::open(directory.join("synesthesie.sqlite")).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_store_in_use_is_not_opened_twice() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    let refused = open(directory.path()).err().unwrap();
    assert!(matches!(refused, StoreError::Unavailable { .. }));
    assert!(told(&refused).contains("in use by another process"), "{}", told(&refused));
    drop(first);
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn the_file_itself_refuses_to_change_the_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let house = house(Stores::of(Arc::new(open(directory.path()).unwrap())), 5, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    drop(house);
    let file = Connection::open(directory.path().join("synesthesie.sqlite")).unwrap();
    let count =
        || file.query_row("SELECT count(*) FROM docs WHERE kind = 'entry'", [], |row| row.get::<_, i64>(0));
    let entries = count().unwrap();
    assert!(entries > 0);
    for (sql, word) in [
        ("UPDATE docs SET body = replace(body, '2500', '2400') WHERE kind = 'entry'", "UPDATE"),
        ("DELETE FROM docs WHERE kind = 'entry'", "DELETE"),
    ] {
        let refused = file.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains(&format!("append-only: {word} is refused")), "{refused}");
    }
    assert_eq!(count().unwrap(), entries);
    drop(file);
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    damage(directory.path(), "PRAGMA user_version = 99");
    let refused = open(directory.path()).err().unwrap();
    assert!(matches!(refused, StoreError::Broken { .. }));
    assert!(told(&refused).contains("newer version"), "{}", told(&refused));
    damage(directory.path(), "PRAGMA user_version = 3");
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn bookings_of_the_first_version_say_whose_sale_they_are_and_who_paid_for_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(directory.path()).unwrap());
    let house = house(Stores::of(store.clone()), 10, None, 2500).await;
    let unpaid = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let paid = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.provider.pay(paid.payments[0].session.as_deref().unwrap());
    let paid = bookings(&house).come_back(paid.payments[0].id).await.unwrap().unwrap();
    assert!(paid.paid_by.is_some());
    drop((house, store));
    damage(
        directory.path(),
        "UPDATE docs SET body = json_remove(body, '$.organisation', '$.platform_fee', '$.paid_by')
             WHERE kind = 'booking';
         PRAGMA user_version = 1",
    );
    let store = open(directory.path()).unwrap();
    for booking in [unpaid, paid] {
        assert_eq!(BookingStore::booking(&store, booking.id).await.unwrap(), Some(booking));
    }
    drop(store);
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn check_ins_that_were_taken_back_in_the_second_version_stay_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let old = OldEvening::of(Stores::of(Arc::new(open(directory.path()).unwrap()))).await;
    damage(
        directory.path(),
        "DELETE FROM docs WHERE kind = 'scan' AND json_extract(body, '$.verdict') = 'undone';
         UPDATE docs SET body = json_remove(body, '$.way', '$.overruled', '$.reason', '$.version', '$.offline',
             '$.flags', '$.after') WHERE kind = 'scan';
         UPDATE docs SET body = json_remove(body, '$.presence') WHERE kind = 'ticket';
         PRAGMA user_version = 2",
    );
    let store = Arc::new(open(directory.path()).unwrap());
    old.is_as_it_was(&Stores::of(store.clone())).await;
    drop(store);
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn a_file_of_another_program_is_refused() {
    for sql in ["CREATE TABLE docs (kind TEXT)", "PRAGMA application_id = 7"] {
        let directory = tempfile::tempdir().unwrap();
        damage(directory.path(), sql);
        let refused = open(directory.path()).err().unwrap();
        assert!(told(&refused).contains("another program"), "{}", told(&refused));
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("synesthesie.sqlite"), "shopping list\n".repeat(500)).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::Broken { .. })));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_named() {
    let key = "X'00000000000000000000000000000001'";
    for (kind, body) in [("'hold'", "'{}'"), ("'hold'", "X'ff'"), ("'riddle'", "'{}'")] {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path()).unwrap());
        damage(directory.path(), &format!("INSERT INTO docs VALUES ({kind}, {key}, {body})"));
        let refused = open(directory.path()).err().unwrap();
        assert!(matches!(refused, StoreError::Broken { .. }));
        let told = told(&refused);
        assert!(told.contains(kind.trim_matches('\'')), "{told}");
        assert!(told.contains("00000000000000000000000000000001"), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep").join("data");
    let store = open(&directory).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in std::fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    drop(store);
}

/// Everything that can be asked of a store.
async fn told_by(stores: &Stores, event: EventId, guest: AccountId) -> String {
    let page = PageRequest { limit: 100, after: None };
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        stores.events.event(event).await.unwrap(),
        stores.events.ticket_types(event).await.unwrap(),
        stores.events.organisations().await.unwrap(),
        stores.booking.sales(&[event]).await.unwrap(),
        stores.booking.bookings_of(guest, page).await.unwrap(),
        stores.booking.tickets_of(guest, page).await.unwrap(),
        stores.booking.door_counts(event).await.unwrap(),
        stores.booking.stock_differences().await.unwrap(),
        stores.accounts.account(guest).await.unwrap(),
        stores.outbox.backlog().await.unwrap(),
    )
}

#[tokio::test]
async fn what_was_committed_reads_back_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let (event, guest, before) = {
        let stores = Stores::of(Arc::new(open(directory.path()).unwrap()));
        let house = house(stores, 10, None, 0).await;
        let guest = buyer(&house.stores).await;
        let bookings = bookings(&house);
        let hold = bookings.hold(guest, house.event.id, house.want(3)).await.unwrap();
        let placed = confirm_free(&bookings, guest, hold.id).await;
        bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
        let before = told_by(&house.stores, house.event.id, guest).await;
        assert!(before.contains(&placed.booking.id.to_string()));
        (house.event.id, guest, before)
    };
    let stores = Stores::of(Arc::new(open(directory.path()).unwrap()));
    assert_eq!(told_by(&stores, event, guest).await, before);
}

#[tokio::test]
async fn what_was_shown_before_views_were_counted_stands_for_one_and_is_counted_on() {
    let directory = tempfile::tempdir().unwrap();
    let view = AddressView::new(EventId::generate(noon()), AccountId::generate(noon()), noon(), None);
    let page = PageRequest { limit: 10, after: None };
    open(directory.path()).unwrap().note_address_views(&[view]).await.unwrap();
    damage(
        directory.path(),
        "UPDATE docs SET body = json_remove(body, '$.views', '$.last') WHERE kind = 'address_view'",
    );
    {
        let store = open(directory.path()).unwrap();
        assert_eq!(store.address_views(view.event, page).await.unwrap().items, [view]);
        store.note_address_views(&[view]).await.unwrap();
    }
    let store = open(directory.path()).unwrap();
    assert_eq!(store.address_views(view.event, page).await.unwrap().items, [view.and(&view)]);
}

#[tokio::test]
async fn leases_and_answers_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let request =
        RequestKey { caller: AccountId::generate(noon()), key: "key".into(), fingerprint: [200; 32] };
    let answer = StoredAnswer { status: 201, location: None, body: vec![0, 255] };
    let until = noon() + TimeDelta::days(1);
    {
        let stores = Stores::of(Arc::new(open(directory.path()).unwrap()));
        let begun = stores.idempotency.begin(&request, noon(), until).await.unwrap();
        assert_eq!(begun, Begun::Fresh);
        stores.idempotency.answer(&request, &answer).await.unwrap();
        let house = house(stores, 10, None, 0).await;
        let guest = buyer(&house.stores).await;
        let hold = bookings(&house).hold(guest, house.event.id, house.want(1)).await.unwrap();
        confirm_free(&bookings(&house), guest, hold.id).await;
        let claimed =
            house.stores.outbox.claim(&EVERY_DOMAIN, until - TimeDelta::hours(1), until, 10).await.unwrap();
        assert!(!claimed.is_empty());
    }
    let store = open(directory.path()).unwrap();
    let begun = IdempotencyStore::begin(&store, &request, noon(), until).await.unwrap();
    assert_eq!(begun, Begun::Answered(answer));
    assert_eq!(store.claim(&EVERY_DOMAIN, until - TimeDelta::seconds(1), until, 10).await.unwrap(), []);
    assert!(!store.claim(&EVERY_DOMAIN, until, until + TimeDelta::hours(1), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    let accounts = {
        let stores = Stores::of(Arc::new(open(directory.path()).unwrap()));
        for polled in [true, false].repeat(10) {
            let account = bare_account();
            let mut tx = AccountStore::begin(&*stores.accounts).await.unwrap();
            assert!(tx.add_account(&account).await.unwrap());
            let mut commit = tx.commit();
            if polled {
                // From here on it happens, although it is dropped before it is done.
                let _ = futures_util::poll!(&mut commit);
            }
            drop(commit);
            expected.push((account.id, polled));
        }
        expected
    };
    let store = open(directory.path()).unwrap();
    for (id, polled) in accounts {
        assert_eq!(store.account(id).await.unwrap().is_some(), polled);
    }
}

fn bare_account() -> Account {
    let id = AccountId::generate(noon());
    Account {
        id,
        email: Email::parse(&format!("{id}@example.org")).unwrap(),
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
