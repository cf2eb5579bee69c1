//! What was found out, as a table.

use crate::options::Options;
use std::fmt::Write;
use std::time::Duration;
use testkit::load::Latencies;

/// One line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    figure: String,
    value: String,
    latency: Option<(Duration, Duration)>,
    beside: String,
    ratio: Option<f64>,
    goal: String,
}

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Line {
    /// A figure, named with its unit.
    pub(crate) fn new(figure: impl Into<String>, value: f64) -> Self {
        Self { figure: figure.into(), value: readable(value), ..Self::default() }
    }

    /// No figure.
    pub(crate) fn words(words: impl Into<String>) -> Self {
        Self { figure: words.into(), ..Self::default() }
    }

    /// With what it is compared with, and how many times that it is.
    pub(crate) fn beside(self, what: impl Into<String>, ratio: f64) -> Self {
        Self { beside: what.into(), ratio: Some(ratio), ..self }
    }

    /// With how that ratio should be.
    pub(crate) fn aiming(self, goal: Goal) -> Self {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        match goal {
            Goal::AtLeast(least) => self.judged(&format!("{least}"), ratio >= least),
            Goal::AtMost(most) => self.judged(&format!("at most {most}"), ratio <= most),
        }
    }

    /// With a goal of another kind, and whether it is met.
    pub(crate) fn judged(self, goal: &str, met: bool) -> Self {
        let met = if met { "met" } else { "MISSED" };
        Self { goal: format!("{goal} {met}"), ..self }
    }

    /// With how long answers took.
    pub(crate) fn lasting(self, latencies: &Latencies) -> Self {
        Self { latency: latencies.percentile(50).zip(latencies.percentile(99)), ..self }
    }
}

/// Everything, with a line about the circumstances.
pub(crate) fn table(lines: &[Line], options: &Options) -> String {
    format!(
        "\nWhat asks, the server and the database share this machine ({} processors). Pictures and sound: the fastest \
         of {} runs, both ways in turn. Lists: {} connections for {} s; milliseconds are those to the first byte. MB \
         are 1,000,000 bytes.\n\n{}\n",
        crate::processors(),
        options.runs,
        crate::lists::CONNECTIONS,
        options.time.as_secs(),
        drawn(lines)
    )
}

fn drawn(lines: &[Line]) -> String {
    // What has no figure may be as long as it wants.
    let figures = lines.iter().filter(|line| !line.value.is_empty());
    let figures = figures.map(|line| line.figure.chars().count()).max().unwrap_or(0);
    let besides = lines.iter().map(|line| line.beside.chars().count()).max().unwrap_or(0).max(6);
    let mut table = String::new();
    let mut row = |cells: [&str; 7]| {
        let [figure, value, p50, p99, beside, ratio, goal] = cells;
        let text = format!(
            "{figure:figures$}  {value:>11}  {p50:>8}  {p99:>8}  {beside:besides$}  {ratio:>5}  {goal}"
        );
        let _ = writeln!(table, "{}", text.trim_end());
    };
    row(["", "measured", "p50 ms", "p99 ms", "beside", "ratio", "goal"]);
    for line in lines {
        let milliseconds = |latency: Duration| format!("{:.2}", latency.as_secs_f64() * 1000.0);
        let (p50, p99) =
            line.latency.map(|(p50, p99)| (milliseconds(p50), milliseconds(p99))).unwrap_or_default();
        let ratio = line.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        row([&line.figure, &line.value, &p50, &p99, &line.beside, &ratio, &line.goal]);
    }
    table
}

/// With as many digits as say something, and a comma between each three.
pub(crate) fn readable(number: f64) -> String {
    let decimals = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{number:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut said = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            said.push(',');
        }
        said.push(digit);
    }
    said + rest
}
