//! Killed at any instant, nothing that was answered is lost and nothing is there by half.

use adapter_local::{LocalStore, Place};
use booking::{BookingStore, NoticeKey, Provider};
use kernel::{BookingId, EventId, Outbox};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use testkit::noon;
use uuid::Uuid;

/// How often the process is killed.
const KILLS: u32 = 12;

fn start(directory: &Path, first: u32) -> Child {
    Command::new(env!("CARGO_BIN_EXE_numbered-commits"))
        .arg(directory)
        .arg(first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets it answer so many commits, kills it (SIGKILL), and returns all that it had answered.
fn run_and_kill(directory: &Path, first: u32, answers: usize) -> Vec<u32> {
    let mut child = start(directory, first);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered: Vec<u32> = Vec::new();
    while answered.len() < answers {
        let line = lines.next().expect("it sells until it is killed").unwrap();
        answered.push(line.parse().unwrap());
    }
    // Somewhere in the next two milliseconds: between two syncs, or within one.
    let pause = Uuid::new_v4().as_u128() % 2000;
    std::thread::sleep(std::time::Duration::from_micros(u64::try_from(pause).unwrap()));
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be cut off in the middle of its number; without its end it is no answer.
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    answered.extend(rest.iter().filter_map(|line| line.parse::<u32>().ok()));
    answered
}

/// Whether transaction `number` is there; fails when a part of it is there without the others.
async fn is_there(store: &LocalStore, number: u32) -> bool {
    let id = BookingId::from(Uuid::from_u128(number.into()));
    let booking = store.booking(id).await.unwrap();
    let tickets = store.tickets_of_bookings(&[id]).await.unwrap().len();
    let notice =
        NoticeKey { provider: Provider::Stripe, id: number.to_string(), kind: "test".into(), at: noon() };
    let mut tx = BookingStore::begin(store).await.unwrap();
    let noticed = !tx.remember_notice(&notice).await.unwrap();
    tx.rollback().await.unwrap();
    let places = usize::try_from(1 + number % 5).unwrap();
    assert_eq!(tickets, if booking.is_some() { places } else { 0 }, "transaction {number}");
    assert_eq!(noticed, booking.is_some(), "transaction {number}");
    booking.is_some()
}

#[tokio::test]
async fn nothing_answered_is_lost_and_nothing_is_half_there_after_kills() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = 1;
    let mut whole = 0_u64;
    for round in 0..KILLS {
        // The first rounds are killed while the file is being made, or right after.
        let answers = if round < 2 { 0 } else { usize::try_from(Uuid::new_v4().as_u128() % 120).unwrap() };
        let answered = run_and_kill(directory.path(), first, answers);
        let store = LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap();
        // Those in flight can be beyond the last answer: one per buyer.
        let last = answered.iter().copied().max().unwrap_or(first) + 8;
        let mut there = 0;
        for number in first..=last {
            let present = is_there(&store, number).await;
            there += u64::from(present);
            assert!(present || !answered.contains(&number), "answered transaction {number} is lost");
        }
        whole += there;
        assert_eq!(store.backlog().await.unwrap().waiting, whole, "one effect each");
        assert_eq!(store.stock_differences().await.unwrap(), [], "the counter counts whole transactions");
        let sold = store.sales(&[EventId::from(Uuid::from_u128(1))]).await.unwrap();
        assert!(
            sold.is_empty() || sold[0].offers.len() == 1,
            "the event is there with its ticket type, or not"
        );
        first = last + 1;
    }
    assert!(whole > 0);
}
