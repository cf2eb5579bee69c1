//! Measures pictures, sound and what delivers them, each beside something else that does the same in the same run, and
//! prints a table.
//!
//! Nothing is asserted about time. It fails when something cannot be measured that is there to be measured: whatever
//! stands in the table by then is printed all the same.

mod ask;
#[path = "../../../../crates/adapters/ffmpeg/benches/pass/by_hand.rs"]
#[allow(clippy::unwrap_used, reason = "a measurement that cannot go on shall stop")]
mod by_hand;
mod house;
mod lists;
mod memory;
mod options;
#[path = "../../../../crates/adapters/imaging/tests/it/photo.rs"]
#[allow(clippy::indexing_slicing, reason = "a picture is drawn, and none but ours")]
mod photo;
mod pictures;
#[path = "../report/report.rs"]
mod report;
mod sending;
mod sharp;
mod silent;
mod sound;
mod table;
mod vips;
mod ways;

use house::House;
use media::Confines;
use options::Options;
use report::measured::{Failure, Report, run};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    run(Options::parse(std::env::args().skip(1)), measure, table::table)
}

fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    // As the server has it: what feeds the programs is not to wait for one core.
    let many = Builder::new_multi_thread().enable_all().build()?;
    if options.wants("pictures") {
        report.add("pictures", many.block_on(pictures::measure(options)));
    }
    if options.wants("sound") {
        report.add("sound", many.block_on(sound::measure(options)));
    }
    drop(many);
    if !["lists", "memory", "ways"].iter().any(|group| options.wants(group)) {
        return Ok(());
    }
    // One thread for all who ask: what they take is missing to the server.
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut house = House::open().await?;
        if options.wants("lists") {
            report.add("lists", lists::measure(&house, options).await);
        }
        if options.wants("memory") {
            report.add("memory", memory::measure(&mut house, options).await);
        }
        if options.wants("ways") {
            report.add("ways", ways::measure(&house, options).await);
        }
        Ok(())
    })
}

/// The server's program.
fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_synesthesie").into()
}

/// What the server confines other programs by.
fn confines() -> Confines {
    Confines { by: vec![program().into(), "confined".into()] }
}

/// Whether a program is there.
fn is_there(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// How many processors there are.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes that are free where that folder is.
fn free(folder: &Path) -> Result<u64, Failure> {
    let said = Command::new("df").args(["-B1", "--output=avail"]).arg(folder).output()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let free = text.lines().nth(1).and_then(|line| line.trim().parse().ok());
    free.ok_or_else(|| format!("df: {}", String::from_utf8_lossy(&said.stderr)).into())
}

/// Numbers of bytes are far below where these have gaps.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
const fn float(number: u64) -> f64 {
    number as f64
}
