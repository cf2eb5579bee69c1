//! The drill of docs/operations.md: a sale goes on, a backup is made in the middle of it, the machine is lost, and another one
//! is made of the backup. Everything holds up to the moment of the backup; what was paid later is found at the providers.

mod machine;

use crate::harness::TestApp;
use crate::harness::providers::Providers;
use crate::harness::shop::Store;
use crate::killed::{Sale, buy};
use booking::close::{Day, TaskKind};
use booking::{Booking, BookingStatus, Movement, MovementKind, PaymentProvider, RefundReason};
use chrono::TimeDelta;
use kernel::{AccountId, Cause, Clock, EventId, SystemClock, Timestamp};
use machine::{ADMIN, Another, Machine, PASSWORD, Vault};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use synesthesie::rehearse::check;
use synesthesie::wiring::payments::providers;
use synesthesie::worker;
use testkit::StoppedClock;
use testkit::load::{BoxOffice, Buyer, Connection, Offered, Plan, log_in_all, register};
use tokio::task::JoinSet;

/// So many buy at a time, and behind each stands another.
const AT_ONCE: usize = 6;
const PEOPLE: u32 = 13;
/// More than are sold, so that the sale goes on to the end.
const PLACES: u32 = 100_000;
const PRICE: u32 = 2500;
/// So many are sold before the backup, and between it and the fire.
const SOLD: usize = 12;
/// Steps of the clock until everything must have come to rest.
const STEPS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_on_the_local_store_outlives_its_machine_by_a_backup_in_a_folder() {
    a_sale_outlives_its_machine(Store::Local, Vault::Folder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_on_the_local_store_outlives_its_machine_by_a_backup_in_a_bucket() {
    a_sale_outlives_its_machine(Store::Local, Vault::Bucket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_on_postgres_outlives_its_machine_by_a_backup_in_a_folder() {
    a_sale_outlives_its_machine(Store::Postgres, Vault::Folder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_on_postgres_outlives_its_machine_by_a_backup_in_a_bucket() {
    a_sale_outlives_its_machine(Store::Postgres, Vault::Bucket).await;
}

/// What is on sale: for nothing, and at a price.
struct Doors {
    free: Offered,
    paid: Offered,
}

/// Puts it on sale.
async fn open(address: SocketAddr) -> Doors {
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let mut plan = async |title: &str, price| {
        let plan = Plan { title: title.into(), quantity: PLACES, price };
        office.put_on_sale(&plan).await.unwrap()
    };
    Doors { free: plan("For nothing", 0).await, paid: plan("At a price", PRICE).await }
}

/// The page on which somebody pays for a ticket.
async fn page(address: SocketAddr, token: &str, offered: &Offered) -> String {
    let (mut buyer, mut connection) = (Buyer::paying(token, "stripe"), Connection::new(address));
    let hold = buyer.hold(&mut connection, offered).await.unwrap().unwrap();
    buyer.order(&mut connection, &hold).await.unwrap()
}

/// Half of them take what is free, the other half pays.
fn crowd(
    address: SocketAddr,
    tokens: &[String],
    doors: &Doors,
    (sale, till): (&Arc<Sale>, &Arc<Providers>),
) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for (number, tokens) in tokens.chunks(tokens.len() / AT_ONCE).enumerate() {
        let (offered, pays) = if number % 2 == 0 { (&doors.free, None) } else { (&doors.paid, Some(till)) };
        let with = (Arc::clone(sale), pays.map(Arc::clone));
        crowd.spawn(buy(address, tokens.to_vec(), offered.clone(), with));
    }
    crowd
}

async fn a_sale_outlives_its_machine(store: Store, vault: Vault) {
    let mut till = Providers::start(Arc::new(SystemClock)).await;
    let mut machine = Machine::start(store, vault, &till).await;
    let address = machine.address();
    till.tell(&format!("http://{address}"));
    let (till, sale) = (Arc::new(till), Arc::new(Sale::default()));
    register(address, PEOPLE).await.unwrap();
    let (doors, tokens) = (open(address).await, log_in_all(address, PEOPLE).await.unwrap());
    let (patient, crowd_of) = tokens.split_first().unwrap();
    let (_, patient_id) = machine.log_in("buyer-0@example.org").await;
    // One ticket is paid for, and one is looked at on the provider's page.
    let paid_page = page(address, patient, &doors.paid).await;
    till.press(&paid_page, "pay?webhook=now").await;
    let open_page = page(address, patient, &doors.paid).await;
    let crowd = crowd(address, crowd_of, &doors, (&sale, &till));
    sale.goes_on(SOLD).await;

    // In the middle of it.
    let (admin, _) = machine.log_in(ADMIN).await;
    let before = sale.confirmed.load(Ordering::Acquire);
    let asked = admin.post("/admin/backups", &json!({})).await.expect(202);
    admin.post("/admin/backups", &json!({})).await.expect_problem(409, "backup_under_way");
    let backup = machine.made(&admin, &asked).await;
    assert_eq!((&backup["status"], &backup["depth"]), (&json!("good"), &json!("restored")), "{backup}");
    assert_eq!((&backup["findings"], &backup["failure"]), (&json!([]), &Value::Null));
    let after = sale.confirmed.load(Ordering::Acquire).max(2 * sale.paid.load(Ordering::Acquire));
    sale.goes_on(after + SOLD).await;

    // The machine is lost with all that was sold since. Then somebody pays, and money goes back, while nobody listens.
    machine.burn();
    sale.over.store(true, Ordering::Release);
    crowd.join_all().await;
    till.press(&open_page, "pay?webhook=lost").await;
    till.press(&paid_page, "refund?amount=1000&webhook=lost").await;

    let another = machine.drill().await;
    let clock = Arc::new(StoppedClock::at(SystemClock.now()));
    let made_at: Timestamp = backup["made_at"].as_str().unwrap().parse().unwrap();
    let named = found_at_the_providers(&another, &clock, made_at).await;
    let stores = another.stores().await;
    let given: u32 = {
        let counts = stores.booking.door_counts(event(&doors.free)).await.unwrap();
        counts.types.iter().map(|kind| kind.tickets).sum()
    };
    let given = usize::try_from(given).unwrap();
    let ever = sale.confirmed.load(Ordering::Acquire);
    assert!(before <= given && given < ever, "{before} were answered before, {given} are there, {ever} ever");
    let all = stores.ledger.bookings_after(None, 100_000).await.unwrap();
    who_was_patient(&all, patient_id.parse().unwrap());
    // A local store belongs to one at a time.
    drop(stores);
    let lost = lost(&another, &clock, &all).await;
    assert!(!lost.is_empty() && lost.iter().all(|charge| charge.at >= made_at), "{made_at}: {lost:?}");
    assert_eq!(named, lost.len(), "the daily close names each of them");
    everything_holds(&another, &clock, &doors, lost.len()).await;
}

fn event(offered: &Offered) -> EventId {
    offered.event.parse().unwrap()
}

/// The restored house works off what it owes, asks about what was being paid, and looks at the accounts; then each day since
/// is compared. How many charges that brought to light of which nobody here knows.
async fn found_at_the_providers(another: &Another, clock: &Arc<StoppedClock>, made_at: Timestamp) -> usize {
    let now = clock.now();
    let app = another.serve(clock.clone()).await;
    rest(&app, clock).await;
    // The next look is due.
    clock.advance(TimeDelta::minutes(20));
    let looked = app.app.bookings.look_outside().await.unwrap();
    assert!(looked.failures.is_empty() && looked.broken.is_empty(), "{looked:?}");
    assert!(looked.news >= 1, "the refund that nobody told of");
    rest(&app, clock).await;
    let mut named = BTreeSet::new();
    let (mut day, last) = (Day::of(made_at), Day::of(now));
    loop {
        clock.set(clock.now().max(day.end() + TimeDelta::hours(4)));
        let close = app.app.closing.close(day, &Cause::system()).await.unwrap();
        let unknown = close.open().filter(|task| task.what.kind == TaskKind::MissingHere);
        named.extend(unknown.map(|task| task.what.reference.clone()));
        if day == last {
            break;
        }
        day = day.after();
    }
    app.stop().await;
    named.len()
}

/// Time passes until nothing is owed any more.
async fn rest(app: &TestApp, clock: &StoppedClock) {
    for _ in 0..STEPS {
        while worker::round(&app.app).await.unwrap() > 0 {}
        let backlog = app.app.outbox.backlog().await.unwrap();
        assert_eq!(backlog.parked, 0, "nothing is left to a person");
        let Some(due) = backlog.oldest_due else { return };
        clock.set(due.max(clock.now() + TimeDelta::seconds(1)));
    }
    panic!("something is still owed: {:?}", app.app.outbox.backlog().await.unwrap());
}

/// Both tickets are theirs, although one was paid when nobody listened; of the other some money went back.
fn who_was_patient(all: &[Booking], who: AccountId) {
    let theirs: Vec<_> = all.iter().filter(|booking| booking.buyer == who).collect();
    assert_eq!(theirs.len(), 2, "{theirs:?}");
    assert!(theirs.iter().all(|booking| booking.status == BookingStatus::Confirmed), "{theirs:?}");
    let back: Vec<_> = theirs.iter().flat_map(|booking| &booking.refunds).collect();
    assert_eq!(back.len(), 1, "{back:?}");
    assert_eq!((back[0].reason, back[0].amount.minor()), (RefundReason::External, 1000));
}

/// The charges of which the restored house knows nothing.
async fn lost(another: &Another, clock: &Arc<StoppedClock>, all: &[Booking]) -> Vec<Movement> {
    let payments = all.iter().flat_map(|booking| &booking.payments);
    let known: BTreeSet<_> = payments.filter_map(|payment| payment.charge.clone()).collect();
    let told: Arc<dyn Clock> = clock.clone();
    let mut lost = Vec::new();
    for provider in providers(&another.config(), &told, None).unwrap() {
        lost.extend(charges(provider.as_ref(), clock.now()).await);
    }
    lost.retain(|charge| charge.charge.as_ref().is_none_or(|name| !known.contains(name)));
    lost
}

async fn charges(provider: &dyn PaymentProvider, now: Timestamp) -> Vec<Movement> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = provider.transactions(now - TimeDelta::days(30), now, cursor.as_deref()).await.unwrap();
        all.extend(page.items.into_iter().filter(|movement| movement.kind == MovementKind::Charge));
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// What a rehearsal counts: nothing is oversold, nothing in doubt, and everything that was ever charged has one outcome, save
/// what was sold after the backup.
async fn everything_holds(another: &Another, clock: &Arc<StoppedClock>, doors: &Doors, lost: usize) {
    let told: Arc<dyn Clock> = clock.clone();
    let places = u64::from(PLACES);
    let report = check::count(&told, &another.config(), event(&doors.paid), places).await.unwrap();
    let wrong = [report.oversold, report.in_doubt, report.ledger_differences];
    assert_eq!((wrong, report.ledger_sum), ([0; 3], 0), "{:#?}", report.broken);
    assert_eq!(report.payments_without_outcome, lost as u64, "{:#?}", report.broken);
    assert!(report.payments > report.payments_without_outcome, "{report:?}");
    let report = check::count(&told, &another.config(), event(&doors.free), places).await.unwrap();
    assert_eq!((report.oversold, report.in_doubt), (0, 0), "{:#?}", report.broken);
    for command in [&["check-stock"][..], &["ledger", "check"], &["audit", "verify"]] {
        another.program.run(command, "").unwrap();
    }
}
