//! What a rehearsal found out, in words and as JSON.

use super::habits::Habits;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How long answers took, over all requests of the crowd.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Latencies {
    /// Half of them at most so many milliseconds.
    pub p50: f64,
    /// 99 of a hundred at most so many.
    pub p99: f64,
}

/// Everything there is to say. The field names are an interface: programs read them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Decides about crowd and faults.
    pub seed: u64,
    /// What was offered.
    pub seats: u64,
    /// Who came.
    pub buyers: u64,
    /// `local` or `postgres`.
    pub store: String,
    /// How many processes served.
    pub instances: u64,
    /// How many performed what was owed and did nothing else; with none the instances did.
    pub workers: u64,
    /// Whether every invariant held.
    pub passed: bool,
    /// Living tickets of the event.
    pub tickets_sold: u64,
    /// What the crowd used of what there is.
    pub habits: Habits,
    /// More than there are, over all ticket types.
    pub oversold: u64,
    /// Charges that the providers booked.
    pub payments: u64,
    /// Charges that brought neither tickets nor their money back nor a task for a person, or more than one of these.
    pub payments_without_outcome: u64,
    /// Refunds that the providers booked.
    pub refunds: u64,
    /// Payments and refunds of which nobody knows how they stand.
    pub in_doubt: u64,
    /// What all entries of the ledger add up to, over all currencies, in minor units: zero.
    pub ledger_sum: i64,
    /// Bookings and provider accounts of which the ledger says something else than they do.
    pub ledger_differences: u64,
    /// Mails that came, each counted once.
    pub mails: u64,
    /// Mails that came once more under the same name, because nobody had said that they were sent.
    pub mails_again: u64,
    /// What was broken, how often.
    pub faults: BTreeMap<String, u64>,
    /// Faults that were wanted and could not happen here, and why.
    pub faults_not_tried: BTreeMap<String, String>,
    /// How visits ended.
    pub visits: BTreeMap<String, u64>,
    /// Answers of 500 and above, by status. 503 says to try again; anything else is a defect.
    pub errors: BTreeMap<u16, u64>,
    /// Requests that got no answer.
    pub unanswered: u64,
    /// Those of them that went on at another instance at once.
    pub moved_on: u64,
    /// In milliseconds.
    pub latency_ms: Latencies,
    /// Seconds from the opening until the last of the crowd was through.
    pub sale_seconds: f64,
    /// Every invariant that was broken, in words.
    pub broken: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed { "PASSED" } else { "BROKEN" };
        write!(f, "Rehearsal {verdict}: seed {}, {} store", self.seed, self.store)?;
        if self.instances > 1 || self.workers > 0 {
            write!(f, ", {} serving, {} working", self.instances, self.workers)?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "(the crowd, the providers and their money are simulated; the rest is what production runs)\n"
        )?;
        writeln!(
            f,
            "  {} people wanted {} places and were through after {:.1} s",
            self.buyers, self.seats, self.sale_seconds
        )?;
        for (end, count) in &self.visits {
            writeln!(f, "    {count:>6}  {end}")?;
        }
        writeln!(
            f,
            "  tickets                    {:>6}  ({} more than there are)",
            self.tickets_sold, self.oversold
        )?;
        write!(f, "{}", self.habits)?;
        writeln!(
            f,
            "  payments at the providers  {:>6}  ({} without exactly one outcome)",
            self.payments, self.payments_without_outcome
        )?;
        writeln!(f, "  refunds at the providers   {:>6}", self.refunds)?;
        writeln!(f, "  in doubt                   {:>6}", self.in_doubt)?;
        writeln!(
            f,
            "  mails                      {:>6}  ({} of them came once more)",
            self.mails, self.mails_again
        )?;
        writeln!(
            f,
            "  ledger: adds up to {}, {} differences to bookings and providers",
            self.ledger_sum, self.ledger_differences
        )?;
        writeln!(
            f,
            "  answers: half within {:.0} ms, 99 of a hundred within {:.0} ms",
            self.latency_ms.p50, self.latency_ms.p99
        )?;
        for (status, count) in &self.errors {
            writeln!(f, "    {count:>6}  times {status}, and asked again")?;
        }
        if self.unanswered > 0 {
            writeln!(f, "    {:>6}  times no answer, and asked again", self.unanswered)?;
            writeln!(f, "    {:>6}  of them at another instance at once", self.moved_on)?;
        }
        writeln!(f, "  broken on purpose:")?;
        for (fault, count) in &self.faults {
            writeln!(f, "    {count:>6}  {fault}")?;
        }
        for (fault, why) in &self.faults_not_tried {
            writeln!(f, "         -  {fault}: {why}")?;
        }
        if !self.broken.is_empty() {
            writeln!(f, "\nWhat must never happen, and did:")?;
        }
        self.broken.iter().try_for_each(|broken| writeln!(f, "  {broken}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_carries_the_fields_that_programs_read() {
        let json = serde_json::to_value(Report::default()).unwrap();
        for field in [
            "tickets_sold",
            "oversold",
            "payments",
            "payments_without_outcome",
            "refunds",
            "in_doubt",
            "ledger_sum",
            "ledger_differences",
            "instances",
            "workers",
            "mails",
            "mails_again",
            "moved_on",
            "faults",
            "habits",
        ] {
            assert!(json.get(field).is_some(), "{field}");
        }
        assert!(json.pointer("/latency_ms/p50").is_some() && json.pointer("/latency_ms/p99").is_some());
    }

    #[test]
    fn what_is_broken_is_said_in_words() {
        let broken = vec!["places were sold twice".to_owned()];
        let text = Report { broken, ..Report::default() }.to_string();
        assert!(text.starts_with("Rehearsal BROKEN") && text.ends_with("places were sold twice\n"), "{text}");
    }
}
