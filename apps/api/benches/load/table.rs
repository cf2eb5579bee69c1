//! What was found out, as a table.

use crate::floor::Floor;
use crate::options::Options;
use crate::report::table::{Goal, Line, drawn, thousands};
use crate::rounds::{Report, Sample};
use std::time::Duration;

/// The most that the server may have in memory, in bytes.
const MEMORY: u64 = 120 * 1024 * 1024;

/// Everything, with a line about the circumstances.
pub(crate) fn table(report: &Report, options: &Options) -> String {
    let mut lines = floor(report);
    let hot = report.best_of(&["txn_hot", "cte_hot"]);
    let spread = report.best_of(&["txn_spread"]);
    let beside = |best: Option<(&crate::floor::Best, f64)>| {
        best.map(|(best, per_second)| (format!("{}, {} clients", best.script, best.clients), per_second))
    };
    lines.extend(sale(report, "hot", "hold + confirm, one event", beside(hot), 1.0));
    lines.extend(sale(report, "spread", "hold + confirm, 1,000 events", beside(spread), 0.5));
    let rate = |figure: &str| report.median(figure).map(|sample| sample.per_second);
    for (figure, name) in [("hot", "the same, one event"), ("spread", "the same, 1,000 events")] {
        let name = format!("{name}, {} bookings", thousands(f64::from(options.bookings)));
        let small = rate(figure).map(|per_second| ("with 1,000 bookings".to_owned(), per_second));
        lines.extend(sale(report, &format!("{figure} large"), &name, small, 0.8));
    }
    lines.extend(read(report, "live", "GET /health/live", None, None));
    let live = rate("live").map(|per_second| ("/health/live".to_owned(), per_second));
    lines.extend(read(report, "list", "GET /api/v1/events", live, Some(0.5)));
    let list = rate("list").map(|per_second| ("with 1,000 bookings".to_owned(), per_second));
    let name = format!("the same, {} bookings", thousands(f64::from(options.bookings)));
    lines.extend(read(report, "list large", &name, list, Some(0.8)));
    for (figure, name, beside) in [
        ("paid", "hold + confirm with a paid provider (simulator)", None),
        ("paid large", "the same, 1,000,000 bookings", rate("paid")),
        ("notices", "webhook notices that confirm a booking", None),
        ("notices large", "the same, 1,000,000 bookings", rate("notices")),
    ] {
        let name = name.replace("1,000,000", &thousands(f64::from(options.bookings)));
        let beside = beside.map(|per_second| ("with 1,000 bookings".to_owned(), per_second));
        // At most 1.2 times slower.
        lines.extend(read(report, figure, &name, beside, Some(0.83)));
    }
    lines.extend(seats(report));
    let unheard = rate("unheard").map(|per_second| ("the same run, nobody listens".to_owned(), per_second));
    let name = format!("hold + confirm, {} listen", thousands(f64::from(listeners(options))));
    lines.extend(sale(report, "heard", &name, unheard, 0.8));
    lines.extend(read(report, "age", "snapshots heard; ms: how old the last one was by then", None, None));
    let name = format!(
        "memory of that server at its most, MB ({} listen)",
        thousands(f64::from(listeners(options)))
    );
    lines.extend(report.crowded.map(|peak| Line::new(name, megabytes(peak))));
    lines.extend(memory(report));
    format!("\n{}{}\n", circumstances(report, options), drawn(&lines, "per second"))
}

fn listeners(options: &Options) -> u32 {
    u32::try_from(options.listeners).unwrap_or(u32::MAX)
}

fn circumstances(report: &Report, options: &Options) -> String {
    let worker = if options.worker {
        "The server also performs what it owes (mails) meanwhile."
    } else {
        "What is owed (mails) is written down in each purchase and performed later, as by `work`."
    };
    format!(
        "Durable commits; client, server and database share this machine; {} connections; median of {} rounds of \
         {} s; pgbench with the clients that suit it best.\n{worker}\n\n",
        report.connections,
        options.rounds,
        options.time.as_secs()
    )
}

fn floor(report: &Report) -> Vec<Line> {
    let line = |best: &crate::floor::Best| {
        let per_second = report.median(best.script).map_or(best.per_second, |sample| sample.per_second);
        let unit = if best.script == "batch" { ", 50 tickets a commit" } else { "" };
        let figure = format!("pgbench {}, {} clients{unit}", best.script, best.clients);
        Line::new(figure, per_second)
    };
    report.survey.iter().map(line).collect()
}

fn sale(report: &Report, figure: &str, name: &str, beside: Option<(String, f64)>, goal: f64) -> Vec<Line> {
    let Some(Sample { per_second, first, second }) = report.median(figure) else { return Vec::new() };
    vec![compared(name, per_second, beside, Some(goal)), part("hold", first), part("confirm", second)]
}

/// Holds of seats beside places without seats, and maps beside the least that can be answered.
fn seats(report: &Report) -> Vec<Line> {
    let rate = |figure: &str| report.median(figure).map(|sample| sample.per_second);
    let mut lines = Vec::new();
    for (figure, name, plain) in [
        ("seats hot", "hold + release 2 to 4 best seats, one hall of 1,000", "hot"),
        ("seats spread", "the same, 99 halls", "spread"),
    ] {
        let beside = rate(plain).map(|per_second| ("hold + confirm of places".to_owned(), per_second));
        let Some(Sample { per_second, first, second }) = report.median(figure) else { continue };
        lines.push(compared(name, per_second, beside, None));
        lines.extend([part("hold", first), part("release", second)]);
    }
    for (figure, name) in [
        ("map", "map of 10,000 seats, gzip"),
        ("map states", "the same, only how they stand"),
        ("map again", "the same, not changed (304)"),
    ] {
        let size = report.sizes.get(figure).copied().unwrap_or(0);
        let bytes = u32::try_from(size).map_or(0.0, f64::from);
        let live = rate("live").map(|per_second| ("/health/live".to_owned(), per_second));
        lines.extend(read(report, figure, &format!("{name}, {} bytes", thousands(bytes)), live, None));
    }
    lines
}

fn read(
    report: &Report,
    figure: &str,
    name: &str,
    beside: Option<(String, f64)>,
    goal: Option<f64>,
) -> Option<Line> {
    let Sample { per_second, first: latency, .. } = report.median(figure)?;
    Some(compared(name, per_second, beside, goal).lasting(latency))
}

/// How long a step took that is part of what stands above.
fn part(name: &str, latency: Option<(Duration, Duration)>) -> Line {
    Line::words(format!("    {name}")).lasting(latency)
}

fn compared(name: &str, per_second: f64, beside: Option<(String, f64)>, goal: Option<f64>) -> Line {
    let line = Line::new(name, per_second);
    let Some((beside, other)) = beside else { return line };
    let line = line.beside(beside, per_second / other);
    goal.map(Goal::AtLeast).into_iter().fold(line, Line::aiming)
}

fn memory(report: &Report) -> Option<Line> {
    let (peak, now) = report.memory?;
    let name = format!("memory of the server at its most, MB (in the end {:.0})", megabytes(now));
    let met = peak < MEMORY;
    Some(Line::new(name, megabytes(peak)).judged(&format!("under {:.0} MB", megabytes(MEMORY)), met))
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1024 * 1024)
}

/// Says what the table leaves out.
pub(crate) fn left_out(floor: Option<&Floor<'_>>) -> &'static str {
    if floor.is_some() {
        ""
    } else {
        "Without pgbench: its scripts were not found, so two goals are not compared.\n"
    }
}
