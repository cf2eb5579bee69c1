//! Closed loops over a fixed number of connections: each waits for its answer before it asks again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use testkit::load::{Buyer, Connection, Latencies, LoadError, Offered, request};
use tokio::task::JoinSet;

/// Before anything counts: connections open, plans are made, tokens are seen for the first time.
const WARM_UP: Duration = Duration::from_secs(2);
/// So many failures end a measurement.
const MOST_FAILURES: usize = 20;

/// How hard, how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) connections: usize,
    pub(crate) time: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Purchases, or answers, that ended within the time measured, per second.
    pub(crate) per_second: f64,
    /// Of holds, or of plain answers.
    pub(crate) first: Latencies,
    /// Of confirmations.
    pub(crate) second: Latencies,
    /// All purchases, those of the warm-up included.
    pub(crate) bought: u64,
    /// What should not have been answered.
    pub(crate) failures: Vec<String>,
}

/// When to count, and when to stop.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    from: Instant,
    until: Instant,
    failures: Arc<AtomicUsize>,
}

impl Window {
    pub(crate) fn of(load: Load) -> Self {
        let from = Instant::now() + WARM_UP.min(load.time);
        Self { from, until: from + load.time, failures: Arc::default() }
    }

    pub(crate) fn is_open(&self) -> bool {
        Instant::now() < self.until && self.failures.load(Ordering::Relaxed) < MOST_FAILURES
    }

    pub(crate) fn counts(&self, ended: Instant) -> bool {
        ended >= self.from && ended < self.until
    }
}

impl Measured {
    pub(crate) fn failed(&mut self, window: &Window, failure: &LoadError) {
        window.failures.fetch_add(1, Ordering::Relaxed);
        self.failures.push(failure.to_string());
    }

    pub(crate) async fn of(mut loops: JoinSet<Self>, time: Duration) -> Self {
        let mut all = Self::default();
        while let Some(ended) = loops.join_next().await {
            match ended {
                Ok(one) => {
                    all.first.extend(&one.first);
                    all.second.extend(&one.second);
                    all.bought += one.bought;
                    all.failures.extend(one.failures);
                }
                Err(panic) => all.failures.push(panic.to_string()),
            }
        }
        let counted = u32::try_from(all.first.count()).unwrap_or(u32::MAX);
        all.per_second = f64::from(counted) / time.as_secs_f64();
        all
    }
}

/// When each hold was answered, in their order, for whoever wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<Instant>>>);

impl Diary {
    fn note(&self, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(at);
    }

    /// When the hold was answered before which there were so many.
    pub(crate) fn after(&self, holds: usize) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(holds).copied()
    }
}

/// Everybody holds one ticket of some event and confirms it, again and again. People take turns on a connection.
pub(crate) async fn buy(load: Load, tokens: &[String], offers: &Arc<[Offered]>, diary: &Diary) -> Measured {
    let window = Window::of(load);
    let mut loops = JoinSet::new();
    for row in 0..load.connections {
        let of_row = tokens.iter().skip(row).step_by(load.connections);
        let buyers: Vec<Buyer> = of_row.map(|token| Buyer::new(token)).collect();
        let (offers, diary) = (Arc::clone(offers), diary.clone());
        loops.spawn(buy_in_turn(load, buyers, (offers, diary), window.clone(), row));
    }
    Measured::of(loops, load.time).await
}

async fn buy_in_turn(
    load: Load,
    mut buyers: Vec<Buyer>,
    (offers, diary): (Arc<[Offered]>, Diary),
    window: Window,
    row: usize,
) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(row).unwrap_or(0) << 32);
    while window.is_open() {
        for buyer in &mut buyers {
            let Some(offered) = dice.choice(&offers).filter(|_| window.is_open()) else { break };
            if let Err(failure) =
                purchase(buyer, &mut connection, offered, (&window, &diary), &mut measured).await
            {
                measured.failed(&window, &failure);
            }
        }
    }
    measured
}

async fn purchase(
    buyer: &mut Buyer,
    connection: &mut Connection,
    offered: &Offered,
    (window, diary): (&Window, &Diary),
    measured: &mut Measured,
) -> Result<(), LoadError> {
    let began = Instant::now();
    let Some(hold) = buyer.hold(connection, offered).await? else {
        let (doing, body) = ("holding a ticket", "an event is sold out that should not be".to_owned());
        return Err(LoadError::Answer { doing, status: 409, body });
    };
    let held = Instant::now();
    diary.note(held);
    buyer.confirm(connection, &hold).await?;
    let ended = Instant::now();
    measured.bought += 1;
    if window.counts(ended) {
        measured.first.add(held - began);
        measured.second.add(ended - held);
    }
    Ok(())
}

/// Everybody reads one address, again and again.
pub(crate) async fn read(load: Load, path: &str) -> Measured {
    let window = Window::of(load);
    let request: Arc<[u8]> = request("GET", path, None, "").into();
    let mut loops = JoinSet::new();
    for _ in 0..load.connections {
        loops.spawn(read_on(load, Arc::clone(&request), window.clone()));
    }
    Measured::of(loops, load.time).await
}

async fn read_on(load: Load, request: Arc<[u8]>, window: Window) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    let doing = "reading";
    while window.is_open() {
        let began = Instant::now();
        let failure = match connection.send(&request).await {
            Ok(answer) if answer.status == 200 => None,
            Ok(answer) => {
                let body = String::from_utf8_lossy(answer.body).into_owned();
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

/// Uniform enough to choose an event by (xorshift64*, Vigna 2016).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn choice<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        things.get(usize::try_from(roll).ok()? % things.len().max(1))
    }
}
