//! An on-sale, rehearsed: the system as it is in production, one process or several, with its production adapters, against
//! simulated providers; a crowd that behaves as crowds do; things that break; and a report that says whether a place, a
//! ticket or a cent was lost.
//!
//! Everything is decided by a seed. What is not is the scheduling of real processes, which is the point.

pub mod check;
pub mod clock;
pub mod crowd;
pub mod fault;
pub mod fleet;
pub mod habits;
mod later;
mod letters;
pub mod offer;
mod once;
pub mod options;
pub mod passing;
pub mod post;
pub mod report;
pub mod saboteur;
pub mod server;
pub mod shop;
pub mod stage;
mod together;
pub mod visitor;
pub mod wire;
mod wish;

use crate::cli::Failure;
use crate::config::{Config, StoreUrl};
use chrono::TimeDelta;
use crowd::{Plan, crowd};
use futures_util::{StreamExt, stream};
use offer::kinds;
use options::Options;
use report::{Latencies, Report};
use saboteur::Saboteur;
use shop::{Seen, Shop};
use stage::Stage;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};
use visitor::{Offered, Visit, Visitor};

/// People who are in the shop at the same moment; others wait at the door.
const INSIDE: usize = 250;
/// How long the system may take to come to rest after the sale, and how much longer for each person.
const REST: Duration = Duration::from_secs(240);
const REST_OF_ONE: Duration = Duration::from_millis(200);
/// How often people come again after time has passed.
const WAVES: u32 = 2;
/// So many people come in a second at the height.
const RUSH: u32 = 250;

/// Rehearses, telling its progress on `log`.
///
/// # Errors
/// The rehearsal could not take place. That something was broken is no error but what the report says.
pub async fn run(options: &Options, configured: &Config, log: &mut impl Write) -> Result<Report, Failure> {
    let kinds = kinds(options, configured).await?;
    let seats: u64 = kinds.iter().map(|kind| u64::from(kind.quantity)).sum();
    writeln!(log, "Building the stage.")?;
    let mut stage = Stage::build(options, configured).await?;
    let shop = Shop::new(stage.client.clone(), stage.fleet.bases());
    let offered = stage.put_on_sale(&shop, &kinds).await?;
    let span = Duration::from_secs(u64::from(options.buyers / RUSH).max(2));
    let crowd = crowd(options.seed, options.buyers, kinds.len(), span, &options.faults);
    writeln!(log, "{} people open accounts.", crowd.len())?;
    stage.invite(&shop, &crowd).await?;
    stage.prove_addresses(&shop, &crowd).await?;
    writeln!(log, "The sale of {seats} places opens.")?;
    let opened = Instant::now();
    let (visits, faults) = rush(&mut stage, &shop, (&crowd, &offered), options).await?;
    let sale_seconds = opened.elapsed().as_secs_f64();
    writeln!(log, "After {sale_seconds:.1} s everybody was through. Time passes.")?;
    let during = shop.seen();
    let (visits, restless) = come_to_rest(&mut stage, &shop, &crowd, visits, &offered).await;
    writeln!(log, "Everything is counted.")?;
    let impossible = stage.impossible(&options.faults);
    let apart = match crowd.first() {
        Some(plan) => {
            let member = Visitor::new(&shop, plan, &stage.run);
            together::disagreements(member, &offered.event, stage.redis.is_some()).await
        }
        None => Vec::new(),
    };
    let config = stage.fleet.config()?;
    stage.fleet.stop().await?;
    let mut found = check::check(&stage, &config, &offered, seats).await?;
    found.broken.extend(restless.into_iter().chain(apart));
    let mut ends = BTreeMap::new();
    for visit in &visits {
        *ends.entry(visit.end.to_owned()).or_default() += 1;
    }
    let seen = shop.seen();
    let store = match config.store.url {
        StoreUrl::Postgres(_) => "postgres",
        StoreUrl::Folder(_) | StoreUrl::Memory => "local",
    };
    let report = Report {
        seed: options.seed,
        seats,
        buyers: options.buyers.into(),
        store: store.to_owned(),
        instances: options.instances.into(),
        workers: options.workers.map_or(0, u64::from),
        faults: told(&crowd, faults),
        faults_not_tried: impossible
            .into_iter()
            .map(|(fault, why)| (fault.as_str().into(), why.into()))
            .collect(),
        visits: ends,
        errors: seen.errors.clone(),
        unanswered: seen.unanswered,
        moved_on: seen.moved_on,
        latency_ms: latencies(&during),
        sale_seconds,
        ..found
    };
    Ok(judged(report, &seen))
}

/// The crowd and the faults, until the last one is through.
async fn rush(
    stage: &mut Stage,
    shop: &Shop,
    (crowd, offered): (&[Plan], &Offered),
    options: &Options,
) -> Result<(Vec<Visit>, BTreeMap<&'static str, u64>), Failure> {
    let run = stage.run.clone();
    let impossible = stage.impossible(&options.faults);
    let possible = |fault: &fault::Fault| !impossible.iter().any(|(other, _)| other == fault);
    let faults = options.faults.0.iter().copied().filter(possible).collect();
    let providers = [stage.simulators.stripe_base.clone(), stage.simulators.paypal_base.clone()];
    let Stage { fleet, database, redis, client, .. } = stage;
    let saboteur = Saboteur {
        faults,
        fleet: Mutex::new(fleet),
        database: database.as_ref(),
        redis: redis.as_ref(),
        providers,
        client: client.clone(),
    };
    let (stop, stopped) = watch::channel(false);
    let opened = Instant::now();
    let visits = async {
        // In the order in which they come, so that nobody who is late keeps others out.
        let mut queue: Vec<&Plan> = crowd.iter().collect();
        queue.sort_by_key(|plan| plan.arrives);
        let visits: Vec<(u32, Visit)> = stream::iter(queue)
            .map(|plan| {
                let run = run.as_str();
                async move {
                    tokio::time::sleep(plan.arrives.saturating_sub(opened.elapsed())).await;
                    (plan.number, Visitor::new(shop, plan, run).buy(offered).await)
                }
            })
            .buffer_unordered(INSIDE)
            .collect()
            .await;
        let _ = stop.send(true);
        let visits: BTreeMap<u32, Visit> = visits.into_iter().collect();
        visits.into_values().collect()
    };
    let (visits, sabotaged) = tokio::join!(visits, saboteur.work(options.seed, stopped));
    Ok((visits, sabotaged?))
}

/// What [`afterwards`] does, within bounds. A system that never rests is what a rehearsal is there to find: it is
/// counted as it stands then, and why it did not rest is among what was broken.
async fn come_to_rest(
    stage: &mut Stage,
    shop: &Shop,
    crowd: &[Plan],
    visits: Vec<Visit>,
    offered: &Offered,
) -> (Vec<Visit>, Option<String>) {
    let patience = REST + REST_OF_ONE * u32::try_from(crowd.len()).unwrap_or(u32::MAX);
    match tokio::time::timeout(patience, afterwards(stage, shop, crowd, visits.clone(), offered)).await {
        Ok(Ok(visits)) => (visits, None),
        Ok(Err(failure)) => (visits, Some(failure.to_string())),
        Err(_) => (visits, Some(format!("the system did not come to rest within {patience:?}"))),
    }
}

/// Time passes: unpaid bookings end, others want what they gave up, some pay too late, some cancel, and money that
/// goes back arrives. How the visits ended in the end.
async fn afterwards(
    stage: &mut Stage,
    shop: &Shop,
    crowd: &[Plan],
    mut visits: Vec<Visit>,
    offered: &Offered,
) -> Result<Vec<Visit>, Failure> {
    passing::quiet(stage).await?;
    for wave in 1..=WAVES {
        passing::pass(stage, TimeDelta::minutes(7), 6).await?;
        let run = stage.run.as_str();
        visits = stream::iter(crowd.iter().zip(visits))
            .map(|(plan, visit)| Visitor::new(shop, plan, run).later(wave).come_again(visit, offered))
            .buffered(INSIDE)
            .collect()
            .await;
        passing::quiet(stage).await?;
    }
    passing::pass(stage, TimeDelta::minutes(7), 6).await?;
    passing::pass(stage, TimeDelta::hours(2), 4).await?;
    passing::pass(stage, TimeDelta::hours(16), 3).await?;
    Ok(visits)
}

/// What the crowd's notices and the saboteur brought about.
fn told(crowd: &[Plan], done: BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    let mut faults: BTreeMap<String, u64> =
        done.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    for (notice, fault) in [
        ("lost", fault::Fault::WebhooksLost),
        ("twice", fault::Fault::WebhooksDoubled),
        ("reversed", fault::Fault::WebhooksReversed),
        ("late", fault::Fault::WebhooksLate),
    ] {
        let planned = crowd.iter().filter(|plan| plan.notice == notice).count();
        if planned > 0 {
            faults.insert(format!("{} (people)", fault.as_str()), u64::try_from(planned).unwrap_or(u64::MAX));
        }
    }
    faults
}

fn latencies(seen: &Seen) -> Latencies {
    let mut all = seen.latencies.clone();
    all.sort_unstable();
    let at = |hundredth: usize| {
        let index = (all.len() * hundredth / 100).min(all.len().saturating_sub(1));
        all.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    };
    Latencies { p50: at(50), p99: at(99) }
}

/// The verdict: every sentence that was broken.
fn judged(mut report: Report, seen: &Seen) -> Report {
    let broken = &mut report.broken;
    let mut rule = |number: u64, what: &str| {
        if number > 0 {
            broken.push(format!("{number} {what}"));
        }
    };
    rule(report.oversold, "places were sold more than once");
    rule(report.payments_without_outcome, "payments have not exactly one outcome");
    rule(report.in_doubt, "payments or refunds stay in doubt");
    rule(report.ledger_sum.unsigned_abs(), "minor units are too many or too few in the ledger");
    rule(report.ledger_differences, "differences between the ledger and what it tells of");
    for (status, count) in report.errors.iter().filter(|(status, _)| **status != 503) {
        rule(*count, &format!("answers were {status}"));
    }
    broken.extend(seen.odd.iter().cloned());
    report.passed = report.broken.is_empty();
    report
}
