//! A sale on a server that is killed again and again, at any instant.

use adapter_postgres::testing::fresh_database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use testkit::load::{BoxOffice, Buyer, Connection, Offered, Plan, log_in, log_in_all, register, request};
use testkit::servers::{Program, postgres};
use tokio::task::{JoinSet, spawn_blocking};

const KILLS: u32 = 100;
const PEOPLE: u32 = 40;
/// More than are sold in all that time, so that the sale goes on to the end.
const PLACES: u32 = 100_000;
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";

/// Between two kills: from at once to a moment in which dozens buy. Spread by the golden ratio, so that no phase of
/// the work is always missed.
fn moment(kill: u32) -> Duration {
    Duration::from_millis(u64::from(kill * 618 % 400))
}

/// Buys until it is over, whatever happens to the server.
async fn buy_on(address: std::net::SocketAddr, token: String, offered: Offered, sale: Arc<Sale>) {
    let (mut buyer, mut connection) = (Buyer::new(&token), Connection::new(address));
    while !sale.over.load(Ordering::Acquire) {
        let Ok(Some(hold)) = buyer.hold(&mut connection, &offered).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if buyer.confirm(&mut connection, &hold).await.is_ok() {
            sale.confirmed.fetch_add(1, Ordering::AcqRel);
        }
    }
}

#[derive(Default)]
struct Sale {
    over: AtomicBool,
    confirmed: AtomicUsize,
}

/// Kills it a hundred times; after each time what is kept agrees with itself, and nothing that was answered is gone.
async fn killed_a_hundred_times(store: &str) {
    let settings = [
        ("store.url", store),
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", "0101010101010101010101010101010101010101010101010101010101010101"),
        ("payments.simulators", "false"),
        ("limits.enabled", "false"),
    ];
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.run(&["migrate"], "").unwrap();
    program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
    program.serve().unwrap();
    let address = program.address();
    register(address, PEOPLE).await.unwrap();
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let plan = Plan { title: "Again and again".into(), quantity: PLACES, price: 0 };
    let offered = office.put_on_sale(&plan).await.unwrap();
    let sale = Arc::new(Sale::default());
    let mut crowd = JoinSet::new();
    for token in log_in_all(address, PEOPLE).await.unwrap() {
        crowd.spawn(buy_on(address, token, offered.clone(), Arc::clone(&sale)));
    }
    for kill in 0..KILLS {
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
    let gone = u64::from(PLACES) - available(address, &offered).await;
    assert!(gone >= u64::try_from(confirmed).unwrap(), "{confirmed} were confirmed, {gone} are gone");
    assert!(confirmed > 100, "only {confirmed} were sold meanwhile");
    program.stop().unwrap();
}

async fn available(address: std::net::SocketAddr, offered: &Offered) -> u64 {
    let mut connection = Connection::new(address);
    let token = log_in(&mut connection, 0).await.unwrap();
    let path = format!("/api/v1/events/{}/ticket-types", offered.event);
    let answer = connection.send(&request("GET", &path, Some(&token), "")).await.unwrap();
    let types: serde_json::Value = serde_json::from_slice(answer.body).unwrap();
    types.pointer("/items/0/available").and_then(serde_json::Value::as_u64).unwrap()
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
