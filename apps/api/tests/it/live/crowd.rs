//! Thousands who listen to one event, on a server of its own.
//!
//! All hear of the sales, and the sales go on meanwhile. How old what they know may be, a second, is measured by `./dev
//! bench --only stream`, with a release and as many listeners. One process plays all of them here, beside whatever else
//! runs: the bound is ten seconds, which a board that is broken does not keep.

use crate::harness::files::connections;
use std::time::Duration;
use testkit::load::{BoxOffice, Buyer, Connection, Listener, Plan, available, register, request};
use testkit::servers::Program;
use tokio::task::JoinSet;
use tokio::time::timeout;

const CROWD: usize = 5000;
const PLACES: u32 = 1000;
const SALES: u32 = 10;
/// From the last sale to the last who hears of it.
const SOON: Duration = Duration::from_secs(10);
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn thousands_who_listen_hear_of_each_sale_and_nobody_is_kept_from_buying() {
    let settings = [
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("limits.enabled", "false"),
        ("payments.simulators", "false"),
        ("live.per_account", "100000"),
    ];
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
    program.serve().unwrap();
    let address = program.address();
    let token = register(address, 1).await.unwrap().remove(0);
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let plan = Plan { title: "Sought after".into(), quantity: PLACES, price: 0 };
    let offered = office.put_on_sale(&plan).await.unwrap();
    let path = format!("/api/v1/events/{}/stream", offered.event);
    let mut listeners = Vec::new();
    for _ in 0..connections(CROWD) {
        let mut listener = Listener::open(address, &path, &token).await.unwrap();
        assert_eq!(available(&listener.next().await.unwrap()), Some(PLACES.into()));
        listeners.push(listener);
    }
    let mut hearing = JoinSet::new();
    for mut listener in listeners {
        hearing.spawn(async move {
            while available(&listener.next().await.unwrap()) != Some(u64::from(PLACES - SALES)) {}
            listener
        });
    }
    let (mut buyer, mut connection) = (Buyer::new(&token), Connection::new(address));
    for _ in 0..SALES {
        let hold = buyer.hold(&mut connection, &offered).await.unwrap().unwrap();
        buyer.confirm(&mut connection, &hold).await.unwrap();
    }
    let listeners = timeout(SOON, hearing.join_all()).await.expect("all hear soon of the last sale");
    let answer = connection.send(&request("GET", "/metrics", None, "")).await.unwrap();
    let metrics = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(metrics.contains(&format!("live_listeners {}", listeners.len())), "{metrics}");
    program.stop().unwrap();
}
