//! Thousands of groups at once who want a hall of a thousand seats.

use crate::harness::files::connections;
use std::collections::{BTreeMap, BTreeSet};
use testkit::load::{BoxOffice, Connection, Group, Hall, LoadError, Offered, Stock, register};
use testkit::servers::{PostgresOptions, PostgresServer, Program};
use tokio::task::JoinSet;

const ROWS: u32 = 25;
const IN_ROW: u32 = 40;
const PEOPLE: u32 = 5_000;
const DATABASE: &str = "synesthesie";
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";

/// Row and number of a seat that is called so.
fn place(label: &str) -> (u32, u32) {
    let (row, number) = label.rsplit(' ').next().unwrap().split_once('-').unwrap();
    (row.parse().unwrap(), number.parse().unwrap())
}

/// Whether these seats are next to each other in one row.
fn together(labels: &[String]) -> bool {
    let mut places: Vec<_> = labels.iter().map(|label| place(label)).collect();
    places.sort_unstable();
    places.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].1 + 1 == pair[1].1)
}

/// What one of them gets.
///
/// # Errors
///
/// Any answer but seats or none, every 5xx among them.
async fn come(
    connection: &mut Connection,
    offered: &Offered,
    token: &str,
    number: u32,
) -> Result<Vec<String>, LoadError> {
    let (group, count) = (Group::new(token), 2 + number % 3);
    let Some(seats) = group.hold(connection, offered, count).await? else { return Ok(Vec::new()) };
    assert_eq!(seats.labels.len(), usize::try_from(count).unwrap());
    assert!(together(&seats.labels), "{:?}", seats.labels);
    group.confirm(connection, &seats).await?;
    Ok(seats.labels)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn five_thousand_groups_at_a_thousand_seats_split_no_group_and_sell_no_seat_twice() {
    let postgres = PostgresServer::start(&PostgresOptions::default()).unwrap();
    postgres.query("postgres", &format!("CREATE DATABASE {DATABASE};")).unwrap();
    let url = postgres.database_url(DATABASE);
    let settings = [
        ("store.url", url.as_str()),
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
    let tokens = register(address, PEOPLE).await.unwrap();
    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let hall = Hall { title: "Sought after".into(), rows: ROWS, seats_per_row: IN_ROW, price: 0 };
    let offered = office.open_hall(&hall).await.unwrap();
    // All of them stand before the door before it opens, each on a connection of their own.
    let mut before = Vec::new();
    for _ in 0..connections(tokens.len()) {
        before.push(Connection::open(address).await.unwrap());
    }
    let rows = before.len();
    let mut crowd = JoinSet::new();
    for (row, mut connection) in before.into_iter().enumerate() {
        // More than one in a row only where the system allows too few connections.
        let queue: Vec<_> =
            (0..).zip(&tokens).skip(row).step_by(rows).map(|(at, one)| (at, one.clone())).collect();
        let offered = offered.clone();
        crowd.spawn(async move {
            let mut got = Vec::new();
            for (number, token) in queue {
                got.push(come(&mut connection, &offered, &token, number).await);
            }
            // Nobody goes before everybody was served.
            (got, connection)
        });
    }
    let (got, failed): (Vec<_>, Vec<_>) =
        crowd.join_all().await.into_iter().flat_map(|(got, _)| got).partition(Result::is_ok);
    let some: Vec<_> = failed.iter().take(3).collect();
    assert!(failed.is_empty(), "{} failed: {some:?}; the log ends with {}", failed.len(), program.log());
    let got: Vec<String> = got.into_iter().flatten().flatten().collect();
    let different: BTreeSet<&String> = got.iter().collect();
    assert_eq!(different.len(), got.len(), "a seat was sold twice");
    // At the most one seat of each row can be left over, where all who come want two or more.
    assert!(got.len() >= usize::try_from(ROWS * (IN_ROW - 1)).unwrap(), "only {} seats were sold", got.len());
    let tickets = postgres.query(
        DATABASE,
        "SELECT booking_id, seat ->> 'label' FROM tickets WHERE status = 'valid' ORDER BY booking_id;",
    );
    let mut bookings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tickets.unwrap().lines() {
        let (booking, label) = line.split_once('|').unwrap();
        bookings.entry(booking.to_owned()).or_default().push(label.to_owned());
    }
    assert_eq!(bookings.values().map(Vec::len).sum::<usize>(), got.len());
    assert!(bookings.values().all(|labels| together(labels)), "a group was split");
    let claims = postgres.query(DATABASE, "SELECT count(*) FROM seat_claims WHERE state = 'sold';").unwrap();
    assert_eq!(claims.trim(), got.len().to_string());
    assert_eq!(Stock::drifts(&postgres, DATABASE).unwrap(), Vec::<String>::new());
    program.stop().unwrap();
    program.run(&["check-stock"], "").unwrap();
}
