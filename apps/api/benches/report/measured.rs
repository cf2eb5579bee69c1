//! What could be measured and what could not, and how a bench ends.

use super::table::Line;
use super::with_causes;
use std::io::Write;
use std::process::ExitCode;

/// Why something was not measured.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What was found out so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
    failed: bool,
}

impl Report {
    /// A group of figures, or that there are none.
    pub(crate) fn add(&mut self, group: &str, measured: Result<Vec<Line>, Failure>) {
        match measured {
            Ok(lines) => self.lines.extend(lines),
            Err(failure) => {
                self.failed = true;
                let why = with_causes(&*failure);
                eprintln!("bench: {group}: {why}");
                self.lines.push(Line::words(format!("{group}: NOT MEASURED, {why}")));
            }
        }
    }
}

/// Measures what was asked for and prints the table; the error of `options` is what to say.
pub(crate) fn run<O>(
    options: Result<O, String>,
    measure: impl FnOnce(&O, &mut Report) -> Result<(), Failure>,
    table: impl FnOnce(&[Line], &O) -> String,
) -> ExitCode {
    let options = match options {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let mut report = Report::default();
    let said = measure(&options, &mut report).and_then(|()| {
        let mut out = std::io::stdout().lock();
        write!(out, "{}", table(&report.lines, &options))?;
        Ok(out.flush()?)
    });
    match said {
        Ok(()) if !report.failed => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("bench: {}", with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}
