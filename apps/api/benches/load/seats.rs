//! Halls with seats: groups that want the best that are left, and the map that all of them look at.

use crate::drive::{Dice, Load, Measured, Window};
use std::sync::Arc;
use std::time::Instant;
use testkit::load::{Connection, Group, LoadError, Offered, request};
use tokio::task::JoinSet;

/// Groups of two to four hold the best seats next to each other and give them back, so that the hall never fills.
pub(crate) async fn groups(load: Load, tokens: &[String], halls: &Arc<[Offered]>) -> Measured {
    let window = Window::of(load);
    let mut loops = JoinSet::new();
    for row in 0..load.connections {
        let of_row = tokens.iter().skip(row).step_by(load.connections);
        let people: Vec<Group> = of_row.map(|token| Group::new(token)).collect();
        loops.spawn(in_turn(load, people, Arc::clone(halls), window.clone(), row));
    }
    Measured::of(loops, load.time).await
}

async fn in_turn(
    load: Load,
    people: Vec<Group>,
    halls: Arc<[Offered]>,
    window: Window,
    row: usize,
) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(row).unwrap_or(0) << 32);
    while window.is_open() {
        for group in &people {
            let hall = dice.choice(&halls).filter(|_| window.is_open());
            let Some((hall, count)) = hall.zip(dice.choice(&[2, 3, 4]).copied()) else { break };
            let held = hold(group, &mut connection, (hall, count), &window, &mut measured).await;
            if let Err(failure) = held {
                measured.failed(&window, &failure);
            }
        }
    }
    measured
}

async fn hold(
    group: &Group,
    connection: &mut Connection,
    (hall, count): (&Offered, u32),
    window: &Window,
    measured: &mut Measured,
) -> Result<(), LoadError> {
    let began = Instant::now();
    let Some(seats) = group.hold(connection, hall, count).await? else {
        let (doing, body) = ("holding seats", "a hall is full that should not be".to_owned());
        return Err(LoadError::Answer { doing, status: 409, body });
    };
    let held = Instant::now();
    group.release(connection, &seats).await?;
    let ended = Instant::now();
    measured.bought += 1;
    if window.counts(ended) {
        measured.first.add(held - began);
        measured.second.add(ended - held);
    }
    Ok(())
}

/// How the map is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map {
    /// Behind the address.
    pub(crate) query: &'static str,
    /// The browser has it already, and takes gzip in any case.
    pub(crate) had: bool,
}

/// Everybody looks at the map of one hall, again and again; also how many bytes an answer's body has.
pub(crate) async fn look(load: Load, tokens: &[String], hall: &Offered, map: Map) -> (Measured, usize) {
    let window = Window::of(load);
    let mut loops = JoinSet::new();
    for token in tokens.iter().take(load.connections) {
        let path = format!("/api/v1/events/{}/seats{}", hall.event, map.query);
        let plain = String::from_utf8(request("GET", &path, Some(token), "")).unwrap_or_default();
        let had = if map.had { "if-none-match: *\r\n" } else { "" };
        let asked = plain.replacen("\r\n\r\n", &format!("\r\naccept-encoding: gzip\r\n{had}\r\n"), 1);
        loops.spawn(look_on(load, asked.into_bytes(), if map.had { 304 } else { 200 }, window.clone()));
    }
    let size = size(load, tokens, hall, map.query).await;
    (Measured::of(loops, load.time).await, size)
}

async fn size(load: Load, tokens: &[String], hall: &Offered, query: &str) -> usize {
    let path = format!("/api/v1/events/{}/seats{query}", hall.event);
    let token = tokens.first().map(String::as_str);
    let plain = String::from_utf8(request("GET", &path, token, "")).unwrap_or_default();
    let asked = plain.replacen("\r\n\r\n", "\r\naccept-encoding: gzip\r\n\r\n", 1);
    let mut connection = Connection::new(load.address);
    connection.send(asked.as_bytes()).await.map_or(0, |answer| answer.body.len())
}

async fn look_on(load: Load, asked: Vec<u8>, expected: u16, window: Window) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    let doing = "looking at a map";
    while window.is_open() {
        let began = Instant::now();
        let failure = match connection.send(&asked).await {
            Ok(answer) if answer.status == expected => None,
            Ok(answer) => {
                let body = format!("{} bytes", answer.body.len());
                Some(LoadError::Answer { doing, status: answer.status, body })
            }
            Err(cause) => Some(LoadError::Connection { doing, cause }),
        };
        let ended = Instant::now();
        match failure {
            Some(failure) => measured.failed(&window, &failure),
            None if window.counts(ended) => measured.first.add(ended - began),
            None => {}
        }
    }
    measured
}
