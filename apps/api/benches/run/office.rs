//! What admins look at while the database is large: dashboards and analytics.

use crate::databases::{ADMIN, Databases, LARGE, PASSWORD};
use crate::drive::{Load, Measured, Window};
use crate::options::Options;
use crate::report::table::{Line, thousands};
use crate::{Failure, megabytes};
use booking::Figures;
use chrono::TimeDelta;
use kernel::{Clock, SystemClock};
use serde_json::Value;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use synesthesie::config::StoreUrl;
use synesthesie::wiring::store::Stores;
use testkit::load::{BoxOffice, Connection, LoadError, Stock, request};
use tokio::task::JoinSet;

/// People who look at a time.
pub(crate) const CONNECTIONS: usize = 8;
/// What 99 of 100 answers should take at most.
const GOAL: Duration = Duration::from_millis(100);
/// Bookings are of the last thirty days; spans begin and end within twice as many.
const DAYS: i64 = 60;
const DASHBOARD: &str = "/api/v1/admin/dashboard";
const ANALYTICS: &str = "/api/v1/admin/analytics";

/// A question that is asked in many forms.
struct Asked {
    name: &'static str,
    paths: Vec<String>,
}

/// Counts all figures, then asks for them.
pub(crate) async fn measure(databases: &Databases<'_>, options: &Options) -> Result<Vec<Line>, Failure> {
    let bookings = thousands(f64::from(options.bookings));
    eprintln!("office: counting the figures of {bookings} bookings");
    let counted = count(databases).await?;
    eprintln!("  {:.1} s", counted.as_secs_f64());
    let mut serving = databases.serve(LARGE).await?;
    let mut office = BoxOffice::open(serving.program.address(), ADMIN, PASSWORD).await?;
    agree(databases, &mut office).await?;
    let address = serving.program.address();
    let mut lines =
        vec![Line::new(format!("figures of {bookings} bookings, counted anew, s"), counted.as_secs_f64())];
    let load = Load { address, connections: CONNECTIONS, time: options.time };
    let ready = request("GET", DASHBOARD, Some(office.token()), "");
    lines.push(judged("dashboard, answers a second", &again(load, ready.into()).await)?);
    for Asked { name, paths } in questions(databases) {
        let each: VecDeque<_> =
            paths.iter().map(|path| request("GET", path, Some(office.token()), "")).collect();
        lines.push(judged(name, &once_each(address, each, options.time).await?)?);
    }
    if let Some(memory) = serving.program.memory() {
        lines.push(Line::new("    memory of the server at its most, MB", megabytes(memory.peak)));
    }
    serving.program.stop()?;
    Ok(lines)
}

/// Counts every event from its beginning, as after the upgrade that brings figures.
async fn count(databases: &Databases<'_>) -> Result<Duration, Failure> {
    let url = StoreUrl::read(&databases.server.database_url(LARGE)).ok_or("no store")?;
    let stores = Stores::open(&url).await?;
    let figures = Figures::new(stores.figures, stores.booking, stores.ledger, Arc::new(SystemClock));
    let begun = Instant::now();
    figures.count_all().await?;
    Ok(begun.elapsed())
}

/// Whether what is shown is what is there.
async fn agree(databases: &Databases<'_>, office: &mut BoxOffice) -> Result<(), Failure> {
    let shown = office.get(ANALYTICS).await?;
    let tickets = shown.pointer("/sales/tickets").and_then(Value::as_u64);
    let there = Stock::count(databases.server, LARGE)?.tickets;
    let complete = shown.pointer("/complete").and_then(Value::as_bool);
    if (tickets, complete) == (Some(there), Some(true)) {
        return Ok(());
    }
    Err(format!("{there} tickets are there, and shown are {tickets:?} (complete: {complete:?})").into())
}

/// Each of them asks for something else every time, so that no answer stands ready.
fn questions(databases: &Databases<'_>) -> Vec<Asked> {
    let today = SystemClock.now().date_naive();
    let day = |back: i64| (today - TimeDelta::days(back)).to_string();
    // Long ones and short ones, of every end.
    let spans: Vec<String> = (1..DAYS)
        .flat_map(|length| (0..DAYS - length).map(move |end| (end + length, end)))
        .map(|(from, to)| format!("from={}&to={}", day(from), day(to)))
        .collect();
    let of_spans = |path: &str, mark: char| -> Vec<String> {
        spans.iter().map(|span| format!("{path}{mark}{span}")).collect()
    };
    let all = databases.hot.iter().chain(databases.paid.iter()).chain(databases.spread.iter());
    let revenue = |by: &str| of_spans(&format!("{ANALYTICS}/revenue?by={by}"), '&');
    vec![
        Asked {
            name: "    made anew",
            paths: (0..DAYS).map(|back| format!("{DASHBOARD}?day={}", day(back))).collect(),
        },
        Asked { name: "analytics of all, made anew", paths: of_spans(ANALYTICS, '?') },
        Asked { name: "    revenue by day", paths: revenue("day") },
        Asked { name: "    revenue by event", paths: revenue("event") },
        Asked { name: "    revenue by ticket type", paths: revenue("ticket_type") },
        Asked { name: "    popular events", paths: of_spans(&format!("{ANALYTICS}/popular-events"), '?') },
        Asked { name: "    a page of events", paths: of_spans("/api/v1/admin/events/analytics", '?') },
        Asked {
            name: "    one event",
            paths: all.map(|one| format!("/api/v1/admin/events/{}/analytics", one.event)).collect(),
        },
        Asked { name: "    who joined", paths: of_spans(&format!("{ANALYTICS}/members"), '?') },
    ]
}

/// The same again and again, as pages do that stay open.
async fn again(load: Load, request: Arc<[u8]>) -> Measured {
    let window = Window::of(load);
    let mut loops = JoinSet::new();
    for _ in 0..load.connections {
        let (request, window) = (Arc::clone(&request), window.clone());
        loops.spawn(async move {
            let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
            while window.is_open() {
                let begun = Instant::now();
                match ask(&mut connection, &request).await {
                    Err(failure) => measured.failed(&window, &failure),
                    Ok(ended) if window.counts(ended) => measured.first.add(ended - begun),
                    Ok(_) => {}
                }
            }
            measured
        });
    }
    Measured::of(loops, load.time).await
}

/// Each of these once, for so long at most.
async fn once_each(
    address: SocketAddr,
    requests: VecDeque<Vec<u8>>,
    time: Duration,
) -> Result<Measured, Failure> {
    let (begun, queue) = (Instant::now(), Arc::new(Mutex::new(requests)));
    let mut loops = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let queue = Arc::clone(&queue);
        loops.spawn(async move {
            let (mut measured, mut connection) = (Measured::default(), Connection::new(address));
            while begun.elapsed() < time {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(request) = next else { break };
                let asked = Instant::now();
                match ask(&mut connection, &request).await {
                    Ok(ended) => measured.first.add(ended - asked),
                    Err(failure) => {
                        measured.failures.push(failure.to_string());
                        break;
                    }
                }
            }
            measured
        });
    }
    let mut all = Measured::default();
    while let Some(ended) = loops.join_next().await {
        let one = ended?;
        all.first.extend(&one.first);
        all.failures.extend(one.failures);
    }
    let answers = u32::try_from(all.first.count()).unwrap_or(u32::MAX);
    all.per_second = f64::from(answers) / begun.elapsed().as_secs_f64();
    Ok(all)
}

async fn ask(connection: &mut Connection, request: &[u8]) -> Result<Instant, LoadError> {
    let doing = "looking at figures";
    let answer = connection.send(request).await.map_err(|cause| LoadError::Connection { doing, cause })?;
    if answer.status == 200 {
        return Ok(Instant::now());
    }
    let body = String::from_utf8_lossy(answer.body).chars().take(600).collect();
    Err(LoadError::Answer { doing, status: answer.status, body })
}

fn judged(name: &str, measured: &Measured) -> Result<Line, Failure> {
    if let Some(failure) = measured.failures.first() {
        return Err(format!("{}: {failure}", name.trim()).into());
    }
    let slowest = measured.first.percentile(99).ok_or_else(|| format!("{}: no answer", name.trim()))?;
    let latency = measured.first.percentile(50).map(|half| (half, slowest));
    eprintln!("  {}: {:.0} a second, p99 {slowest:?}", name.trim(), measured.per_second);
    let line = Line::new(name, measured.per_second).lasting(latency);
    Ok(line.judged("p99 under 100 ms", slowest < GOAL))
}
