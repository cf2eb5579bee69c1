//! Thousands who listen to one event, on a server of its own.

use rustix::process::{Resource, getrlimit, setrlimit};
use std::time::{Duration, Instant};
use testkit::load::{BoxOffice, Buyer, Connection, Listener, Plan, available, register, request};
use testkit::servers::Program;
use tokio::task::JoinSet;

/// `./dev bench --only stream` takes five thousand.
const CROWD: usize = 2000;
/// Connections that the test needs for something else.
const OTHERS: usize = 200;
const PLACES: u32 = 1000;
/// Telling so many takes its share of the second, and all of them are played by this one process.
const SOON: Duration = Duration::from_millis(2500);
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";

/// As many as there can be connections.
fn crowd() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let most = limit.current.map_or(CROWD, |most| usize::try_from(most).unwrap().saturating_sub(OTHERS));
    if most < CROWD {
        eprintln!("WARNING: this system allows {most} connections: ONLY SO MANY LISTEN, not {CROWD}");
    }
    CROWD.min(most)
}

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
    for _ in 0..crowd() {
        let mut listener = Listener::open(address, &path, &token).await.unwrap();
        assert_eq!(available(&listener.next().await.unwrap()), Some(PLACES.into()));
        listeners.push(listener);
    }
    let (mut buyer, mut connection) = (Buyer::new(&token), Connection::new(address));
    for sold in 1..=3 {
        let hold = buyer.hold(&mut connection, &offered).await.unwrap().unwrap();
        let taken = Instant::now();
        let mut hearing = JoinSet::new();
        for mut listener in listeners {
            hearing.spawn(async move {
                while available(&listener.next().await.unwrap()) != Some(u64::from(PLACES) - sold) {}
                (listener, taken.elapsed())
            });
        }
        let heard = hearing.join_all().await;
        let slowest = heard.iter().map(|(_, took)| *took).max().unwrap();
        assert!(slowest < SOON, "the last one heard of it after {slowest:?}");
        listeners = heard.into_iter().map(|(listener, _)| listener).collect();
        buyer.confirm(&mut connection, &hold).await.unwrap();
    }
    let answer = connection.send(&request("GET", "/metrics", None, "")).await.unwrap();
    let metrics = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(metrics.contains(&format!("live_listeners {}", listeners.len())), "{metrics}");
    let since = Instant::now();
    program.stop().unwrap();
    assert!(since.elapsed() < Duration::from_secs(10), "it took {:?} to stop", since.elapsed());
}
