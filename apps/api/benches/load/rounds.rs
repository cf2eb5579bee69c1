//! Measures in rounds: what is compared is measured within seconds of each other, since machines drift.

use crate::Failure;
use crate::databases::{Databases, LARGE, Serving};
use crate::drive::{Diary, Load, Measured, buy, read};
use crate::floor::{Best, Floor};
use crate::options::Options;
use crate::paid::{notify, order};
use crate::seats::{Map, groups, look};
use crate::stream::Crowd;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use testkit::load::{Offered, Stock};

/// Buyers at a time that are tried.
const CONNECTIONS: [usize; 3] = [32, 64, 128];
const LIST: &str = "/api/v1/events";
const LIVE: &str = "/health/live";

/// One measurement of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    /// Median and 99th percentile of holds, or of plain answers.
    pub(crate) first: Option<(Duration, Duration)>,
    /// The same of confirmations.
    pub(crate) second: Option<(Duration, Duration)>,
}

/// Everything that was found out.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// All scripts, with the clients that suit each best.
    pub(crate) survey: Vec<Best>,
    pub(crate) connections: usize,
    pub(crate) samples: BTreeMap<String, Vec<Sample>>,
    /// The most that a server had in memory, in bytes, and what it had in the end.
    pub(crate) memory: Option<(u64, u64)>,
    /// Bytes of answers, as they are sent.
    pub(crate) sizes: BTreeMap<&'static str, usize>,
    /// The most that a server had in memory to which thousands listened, in bytes.
    pub(crate) crowded: Option<u64>,
    /// What is not right, in words.
    pub(crate) wrong: Vec<String>,
}

/// Measures on these databases.
pub(crate) struct Rounds<'a> {
    pub(crate) options: &'a Options,
    pub(crate) floor: Option<&'a Floor<'a>>,
    pub(crate) databases: &'a Databases<'a>,
}

impl Report {
    /// The sample whose rate is the median of a figure.
    pub(crate) fn median(&self, figure: &str) -> Option<Sample> {
        let mut samples = self.samples.get(figure)?.clone();
        samples.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        samples.get(samples.len() / 2).copied()
    }

    /// The script among these that was fastest in the rounds, with its median.
    pub(crate) fn best_of(&self, scripts: &[&str]) -> Option<(&Best, f64)> {
        let medians = self
            .survey
            .iter()
            .filter(|best| scripts.contains(&best.script))
            .filter_map(|best| Some((best, self.median(best.script)?.per_second)));
        medians.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    fn add(&mut self, figure: &str, measured: &Measured) {
        let both = |all: &testkit::load::Latencies| Some((all.percentile(50)?, all.percentile(99)?));
        let sample = Sample {
            per_second: measured.per_second,
            first: both(&measured.first),
            second: both(&measured.second),
        };
        eprintln!("  {figure}: {:.0} a second", sample.per_second);
        self.samples.entry(figure.to_owned()).or_default().push(sample);
        self.wrong.extend(measured.failures.iter().map(|failure| format!("{figure}: {failure}")));
    }
}

impl Rounds<'_> {
    /// Runs them all.
    pub(crate) async fn run(&self) -> Result<Report, Failure> {
        let mut report = Report::default();
        if let Some(floor) = self.floor {
            eprintln!("pgbench, {:?} each", self.survey_time());
            floor.prepare()?;
            report.survey = floor.survey(self.survey_time())?;
        }
        report.connections = self.connections(&mut report).await?;
        for round in 1..=self.options.rounds {
            eprintln!("round {round} of {}, {} connections", self.options.rounds, report.connections);
            self.round(&mut report).await?;
        }
        Ok(report)
    }

    fn survey_time(&self) -> Duration {
        (self.options.time / 2).max(Duration::from_secs(2)).min(self.options.time)
    }

    /// As many as were asked for, or the best of some.
    async fn connections(&self, report: &mut Report) -> Result<usize, Failure> {
        if let Some(connections) = self.options.connections {
            return Ok(connections);
        }
        eprintln!("hold + confirm on one event, {:?} each", self.survey_time());
        let small = self.databases.serve_small("small").await?;
        let mut best = (0.0, 0);
        for connections in CONNECTIONS {
            let load = Load { address: small.program.address(), connections, time: self.survey_time() };
            let measured =
                self.bought(report, &small, (load, &Diary::default()), &self.databases.hot).await?;
            eprintln!("  {connections} connections: {:.0} a second", measured.per_second);
            report.wrong.extend(measured.failures);
            if measured.per_second > best.0 {
                best = (measured.per_second, connections);
            }
        }
        self.end(report, small)?;
        Ok(best.1)
    }

    async fn round(&self, report: &mut Report) -> Result<(), Failure> {
        if let Some(floor) = self.floor {
            floor.prepare()?;
        }
        let small = self.databases.serve_small("small").await?;
        let large = match self.options.wants("million") {
            true => Some(self.databases.serve(LARGE).await?),
            false => None,
        };
        if self.options.wants("hot") {
            self.pgbench(report, &["txn_hot", "cte_hot"])?;
            self.sell(report, "hot", (&small, large.as_ref()), &self.databases.hot).await?;
        }
        if self.options.wants("spread") {
            self.pgbench(report, &["txn_spread"])?;
            self.sell(report, "spread", (&small, large.as_ref()), &self.databases.spread).await?;
        }
        if self.options.wants("list") {
            for (figure, path) in [("live", LIVE), ("list", LIST)] {
                report.add(figure, &read(self.load(report, &small), path).await);
            }
            if let Some(large) = &large {
                report.add("list large", &read(self.load(report, large), LIST).await);
            }
        }
        if self.options.wants("paid") {
            self.paid(report, "", &small).await?;
            if let Some(large) = &large {
                self.paid(report, " large", large).await?;
            }
        }
        if self.options.wants("seats") {
            self.seats(report, &small).await?;
        }
        for serving in [Some(small), large].into_iter().flatten() {
            self.end(report, serving)?;
        }
        if self.options.wants("stream") {
            self.listened(report, self.databases.serve_small("small").await?).await?;
        }
        Ok(())
    }

    fn load(&self, report: &Report, serving: &Serving) -> Load {
        let address = serving.program.address();
        Load { address, connections: report.connections, time: self.options.time }
    }

    fn pgbench(&self, report: &mut Report, scripts: &[&str]) -> Result<(), Failure> {
        let Some(floor) = self.floor else { return Ok(()) };
        let chosen: Vec<Best> =
            report.survey.iter().filter(|best| scripts.contains(&best.script)).cloned().collect();
        for Best { script, clients, .. } in chosen {
            let per_second = floor.run(script, clients, self.options.time)?;
            report.add(script, &Measured { per_second, ..Measured::default() });
        }
        Ok(())
    }

    /// On the small database and at once on the large one.
    async fn sell(
        &self,
        report: &mut Report,
        figure: &str,
        (small, large): (&Serving, Option<&Serving>),
        offers: &Arc<[Offered]>,
    ) -> Result<(), Failure> {
        for (name, serving) in [("", Some(small)), (" large", large)] {
            let Some(serving) = serving else { continue };
            let load = self.load(report, serving);
            let measured = self.bought(report, serving, (load, &Diary::default()), offers).await?;
            report.add(&format!("{figure}{name}"), &measured);
        }
        Ok(())
    }

    /// Seats of one hall and of many, and the map of a large one.
    async fn seats(&self, report: &mut Report, serving: &Serving) -> Result<(), Failure> {
        let (load, halls) = (self.load(report, serving), &self.databases.halls);
        let hot: Arc<[Offered]> = halls.iter().take(1).cloned().collect();
        let spread: Arc<[Offered]> = halls.iter().skip(1).cloned().collect();
        for (figure, halls) in [("seats hot", &hot), ("seats spread", &spread)] {
            self.databases.server.query("postgres", "CHECKPOINT;")?;
            report.add(figure, &groups(load, &serving.tokens, halls).await);
        }
        report.wrong.extend(Stock::drifts(self.databases.server, &serving.database)?);
        let Some(hall) = &self.databases.large_hall else { return Ok(()) };
        for (figure, query, had) in
            [("map", "", false), ("map states", "?view=status", false), ("map again", "", true)]
        {
            let (measured, size) = look(load, &serving.tokens, hall, Map { query, had }).await;
            report.add(figure, &measured);
            report.sizes.insert(figure, if had { 0 } else { size });
        }
        Ok(())
    }

    /// Bookings that are paid through a provider, and the notices that tell of it.
    async fn paid(&self, report: &mut Report, which: &str, serving: &Serving) -> Result<(), Failure> {
        let (server, database) = (self.databases.server, serving.database.as_str());
        let before = Stock::count(server, database)?;
        server.query("postgres", "CHECKPOINT;")?;
        let load = self.load(report, serving);
        let (ordered, checkouts) = order(load, &serving.tokens, &self.databases.paid).await;
        report.add(&format!("paid{which}"), &ordered);
        let told = self.databases.till.pay(&checkouts).await?;
        server.query("postgres", "CHECKPOINT;")?;
        let told_of = u64::try_from(told.len()).unwrap_or(u64::MAX);
        report.add(&format!("notices{which}"), &notify(load, told).await);
        let after = Stock::count(server, database)?;
        let confirmed = after.bookings - before.bookings;
        if confirmed != told_of {
            report.wrong.push(format!("{told_of} payments were told of, {confirmed} bookings confirmed"));
        }
        report.wrong.extend(Stock::drifts(server, database)?);
        Ok(())
    }

    /// Sells one event, and sells it once more while thousands listen to it.
    async fn listened(&self, report: &mut Report, mut serving: Serving) -> Result<(), Failure> {
        let (load, offers) = (self.load(report, &serving), &self.databases.hot);
        let alone = self.bought(report, &serving, (load, &Diary::default()), offers).await?;
        report.add("unheard", &alone);
        let diary = Diary::default();
        let crowd = Crowd::gather(&serving, offers, self.options.listeners, &diary).await?;
        let heard = self.bought(report, &serving, (load, &diary), offers).await?;
        report.add("heard", &heard);
        report.crowded = report.crowded.max(serving.program.memory().map(|memory| memory.peak));
        report.add("age", &crowd.went());
        Ok(serving.program.stop()?)
    }

    /// Sells, and looks whether the database says the same as the buyers.
    async fn bought(
        &self,
        report: &mut Report,
        serving: &Serving,
        (load, diary): (Load, &Diary),
        offers: &Arc<[Offered]>,
    ) -> Result<Measured, Failure> {
        let (server, database) = (self.databases.server, serving.database.as_str());
        let before = Stock::count(server, database)?;
        server.query("postgres", "CHECKPOINT;")?;
        let measured = buy(load, &serving.tokens, offers, diary).await;
        let after = Stock::count(server, database)?;
        let expected = Stock {
            bookings: before.bookings + measured.bought,
            tickets: before.tickets + measured.bought,
            sold: before.sold + measured.bought,
            ..before
        };
        if after != expected {
            report
                .wrong
                .push(format!("{} were bought: expected {expected:?}, found {after:?}", measured.bought));
        }
        report.wrong.extend(Stock::drifts(server, database)?);
        Ok(measured)
    }

    /// Weighs a server and stops it.
    fn end(&self, report: &mut Report, mut serving: Serving) -> Result<(), Failure> {
        if let Some(memory) = serving.program.memory() {
            let (peak, now) = report.memory.unwrap_or_default();
            report.memory = Some((peak.max(memory.peak), now.max(memory.now)));
        }
        Ok(serving.program.stop()?)
    }
}
