//! A sale on a server that is killed again and again, at any instant: half of the buyers take what is free, the other
//! half pays at a provider which goes on telling whoever listens.

use crate::harness::providers::{Providers, Till};
use adapter_postgres::testing::fresh_database;
use kernel::SystemClock;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::load::{BoxOffice, Buyer, Connection, Offered, Plan, log_in, log_in_all, register, request};
use testkit::servers::{Program, postgres};
use tokio::task::{JoinSet, spawn_blocking};

const KILLS: u32 = 100;
/// So many buy at a time.
const AT_ONCE: u32 = 20;
/// What a kill leaves half done, a hold or an unpaid booking, is open for minutes, and nobody may have more than three
/// open. So behind everybody who buys stand others: in all enough for three at every kill.
const PEOPLE: u32 = AT_ONCE * (KILLS / 3 + 1);
/// More than are sold in all that time, so that the sale goes on to the end.
const PLACES: u32 = 100_000;
const PRICE: u32 = 2500;
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";
/// How long what was under way may take to come to rest in the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two kills: from at once to a moment in which dozens buy. Spread by the golden ratio, so that no phase of
/// the work is always missed.
fn moment(kill: u32) -> Duration {
    Duration::from_millis(u64::from(kill * 618 % 400))
}

#[derive(Default)]
pub(crate) struct Sale {
    pub(crate) over: AtomicBool,
    pub(crate) confirmed: AtomicUsize,
    pub(crate) paid: AtomicUsize,
}

impl Sale {
    /// Waits until so many were confirmed and half as many paid, so that there is a sale to kill on any machine.
    pub(crate) async fn goes_on(&self, confirmed: usize) {
        let since = Instant::now();
        let so_far = |count: &AtomicUsize| count.load(Ordering::Acquire);
        while so_far(&self.confirmed) < confirmed || so_far(&self.paid) < confirmed / 2 {
            assert!(since.elapsed() < PATIENCE, "nobody buys any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Takes a free ticket; whether that was answered.
async fn take(buyer: &mut Buyer, connection: &mut Connection, offered: &Offered, sale: &Sale) -> bool {
    let Ok(Some(hold)) = buyer.hold(connection, offered).await else { return false };
    let confirmed = buyer.confirm(connection, &hold).await.is_ok();
    sale.confirmed.fetch_add(usize::from(confirmed), Ordering::AcqRel);
    confirmed
}

/// Pays for a ticket; whether all of it was answered. Whoever has seen the provider's page pays, whatever became of
/// the server.
async fn pay(
    buyer: &mut Buyer,
    connection: &mut Connection,
    offered: &Offered,
    (sale, till): (&Sale, &Providers),
) -> bool {
    let Ok(Some(hold)) = buyer.hold(connection, offered).await else { return false };
    let Ok(page) = buyer.order(connection, &hold).await else { return false };
    till.press(&page, "pay?webhook=now").await;
    sale.paid.fetch_add(1, Ordering::AcqRel);
    true
}

/// These people buy until it is over, whatever happens to the server; after a failure the next one does. Without a
/// till they take what is free.
pub(crate) async fn buy(
    address: SocketAddr,
    tokens: Vec<String>,
    offered: Offered,
    (sale, till): (Arc<Sale>, Option<Arc<Providers>>),
) {
    let provider = if till.is_some() { "stripe" } else { "free" };
    let mut buyers: Vec<Buyer> = tokens.iter().map(|token| Buyer::paying(token, provider)).collect();
    let mut connection = Connection::new(address);
    while !sale.over.load(Ordering::Acquire) {
        let answered = match &till {
            Some(till) => pay(&mut buyers[0], &mut connection, &offered, (&sale, till)).await,
            None => take(&mut buyers[0], &mut connection, &offered, &sale).await,
        };
        if !answered {
            buyers.rotate_left(1);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Kills it a hundred times; after each time what is kept agrees with itself, and nothing that was answered or paid
/// is gone.
async fn killed_a_hundred_times(store: &str) {
    let mut till = Providers::start(Arc::new(SystemClock)).await;
    let mut settings = Providers::variables(till.base(Till::Stripe), till.base(Till::Paypal));
    settings.extend([
        ("store.url", store.to_owned()),
        ("auth.registration", "open".to_owned()),
        ("auth.bcrypt_cost", "4".to_owned()),
        ("auth.signing_key", "01".repeat(32)),
        ("booking.first_look_seconds", "1".to_owned()),
        ("booking.look_again_seconds", "1".to_owned()),
        ("worker.lease_seconds", "1".to_owned()),
        ("payments.simulators", "false".to_owned()),
        ("limits.enabled", "false".to_owned()),
    ]);
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.run(&["migrate"], "").unwrap();
    program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
    program.serve().unwrap();
    let address = program.address();
    till.tell(&format!("http://{address}"));
    let till = Arc::new(till);
    register(address, PEOPLE).await.unwrap();
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let free = Plan { title: "Again and again".into(), quantity: PLACES, price: 0 };
    let free = office.put_on_sale(&free).await.unwrap();
    let paid = Plan { title: "And at a price".into(), quantity: PLACES, price: PRICE };
    let paid = office.put_on_sale(&paid).await.unwrap();
    let sale = Arc::new(Sale::default());
    let mut crowd = JoinSet::new();
    let tokens = log_in_all(address, PEOPLE).await.unwrap();
    for (number, tokens) in tokens.chunks(tokens.len() / AT_ONCE as usize).enumerate() {
        let (offered, till) = if number % 2 == 0 { (&free, None) } else { (&paid, Some(Arc::clone(&till))) };
        crowd.spawn(buy(address, tokens.to_vec(), offered.clone(), (Arc::clone(&sale), till)));
    }
    for kill in 0..KILLS {
        sale.goes_on(usize::try_from(kill).unwrap() + 2).await;
        tokio::time::sleep(moment(kill)).await;
        program = spawn_blocking(move || {
            program.kill().unwrap();
            program.run(&["check-stock"], "").unwrap();
            program.run(&["ledger", "check"], "").unwrap();
            program.serve().unwrap();
            program
        })
        .await
        .unwrap();
    }
    sale.over.store(true, Ordering::Release);
    crowd.join_all().await;
    let confirmed = sale.confirmed.load(Ordering::Acquire);
    let gone = u64::from(PLACES) - available(address, &free).await;
    assert!(gone >= u64::try_from(confirmed).unwrap(), "{confirmed} were confirmed, {gone} are gone");
    assert!(confirmed > 100, "only {confirmed} were given away meanwhile");
    let charges = everything_paid_is_in_the_books(address, &till).await;
    assert!(charges >= 50, "only {charges} were sold meanwhile");
    let gone = u64::from(PLACES) - available(address, &paid).await;
    assert!(gone >= u64::try_from(charges).unwrap(), "{charges} were paid, {gone} are gone");
    program.stop().unwrap();
    program.run(&["check-stock"], "").unwrap();
    program.run(&["ledger", "check"], "").unwrap();
}

/// Waits until what lies at the provider is what our ledger says; how many paid. Nobody's money goes back: there is
/// room for all.
async fn everything_paid_is_in_the_books(address: SocketAddr, till: &Providers) -> usize {
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let theirs = till.ledger(Till::Stripe).await;
    assert_eq!(theirs.kept["EUR"], i64::from(PRICE) * i64::try_from(theirs.charges).unwrap());
    let since = Instant::now();
    loop {
        let balances = office.get("/api/v1/admin/ledger/balances").await.unwrap();
        let at_stripe = balances["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|balance| balance["account"].as_str().unwrap().starts_with("provider:stripe"));
        let ours = at_stripe.map_or(0, |balance| balance["amount"].as_i64().unwrap());
        if ours == theirs.kept["EUR"] {
            return theirs.charges;
        }
        assert!(since.elapsed() < PATIENCE, "{theirs:?} is in the provider's books, in ours: {balances}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn available(address: SocketAddr, offered: &Offered) -> u64 {
    let mut connection = Connection::new(address);
    let token = log_in(&mut connection, 0).await.unwrap();
    let path = format!("/api/v1/events/{}/ticket-types", offered.event);
    let answer = connection.send(&request("GET", &path, Some(&token), "")).await.unwrap();
    let types: Value = serde_json::from_slice(answer.body).unwrap();
    types.pointer("/items/0/available").and_then(Value::as_u64).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_a_hundred_times_during_a_sale_loses_nothing_on_the_local_store() {
    let folder = tempfile::tempdir().unwrap();
    killed_a_hundred_times(&format!("local:{}", folder.path().join("data").display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_a_hundred_times_during_a_sale_loses_nothing_on_postgres() {
    let database = fresh_database(&postgres().url).await.unwrap();
    killed_a_hundred_times(&database.url()).await;
}
