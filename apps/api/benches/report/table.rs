//! A table of figures.

use std::fmt::Write;
use std::time::Duration;

/// One line.
#[derive(Debug, Default, Clone)]
pub(crate) struct Line {
    figure: String,
    value: String,
    latency: Option<(Duration, Duration)>,
    beside: String,
    ratio: Option<f64>,
    /// And whether it is met.
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

    /// With how long half of all answers took at most, and how long 99 of 100.
    pub(crate) fn lasting(self, latency: Option<(Duration, Duration)>) -> Self {
        Self { latency, ..self }
    }
}

/// All lines below each other; what is measured is called so.
pub(crate) fn drawn(lines: &[Line], measured: &str) -> String {
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
    row(["", measured, "p50 ms", "p99 ms", "beside", "ratio", "goal"]);
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
    digits(number, decimals)
}

/// Rounded to a whole number, with a comma between each three digits.
pub(crate) fn thousands(number: f64) -> String {
    digits(number, 0)
}

fn digits(number: f64, decimals: usize) -> String {
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
