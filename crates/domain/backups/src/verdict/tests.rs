//! What verdicts make of a record.

use super::*;
use chrono::TimeDelta;

fn at(hour: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::hours(hour)
}

fn verdict(depth: Depth, hour: i64, findings: Vec<Finding>) -> Verdict {
    Verdict { backup: BackupName::generate(at(0)), at: at(hour), depth, findings }
}

fn good(depth: Depth, hour: i64) -> Verdict {
    verdict(depth, hour, Vec::new())
}

fn bad(depth: Depth, hour: i64) -> Verdict {
    verdict(depth, hour, vec![Finding::Missing { part: "database.zst.age.000001".into() }])
}

fn after(verdicts: &[Verdict]) -> Record {
    verdicts.iter().fold(Record::default(), Record::after)
}

#[test]
fn a_backup_is_worth_what_was_last_found_as_deep() {
    use Depth::{Opened, Restored, Sums};
    use Standing::{Bad, Good, Unchecked};
    for (verdicts, standing) in [
        (vec![], Unchecked),
        (vec![good(Sums, 1)], Good(Sums)),
        (vec![good(Sums, 1), good(Restored, 2), good(Opened, 3)], Good(Restored)),
        (vec![good(Restored, 1), bad(Sums, 2)], Bad),
        (vec![good(Restored, 1), bad(Sums, 2), good(Sums, 3)], Good(Sums)),
        (vec![bad(Restored, 1), good(Opened, 2)], Bad),
        (vec![good(Opened, 1), bad(Restored, 2)], Bad),
        (vec![bad(Restored, 1), good(Restored, 2)], Good(Restored)),
        (vec![bad(Sums, 1), good(Restored, 2)], Good(Restored)),
    ] {
        assert_eq!(after(&verdicts).standing(), standing, "{verdicts:?}");
    }
}

#[test]
fn a_failed_restore_leaves_what_was_proven_of_the_parts() {
    let record = after(&[good(Depth::Opened, 1), bad(Depth::Restored, 2)]);
    assert_eq!(record.proven, Some(Proof { depth: Depth::Opened, at: at(1) }));
    assert_eq!(record.against.map(|against| against.at), Some(at(2)));
}

#[test]
fn a_wrong_key_says_nothing_of_the_backup() {
    let before = after(&[good(Depth::Sums, 1)]);
    let wrong = verdict(Depth::Opened, 2, vec![Finding::WrongKey { sealed_to: vec!["age1x".into()] }]);
    assert_eq!(before.clone().after(&wrong), before);
}

#[test]
fn every_finding_names_what_it_is_about() {
    let part = || "database.zst.age.000002".to_owned();
    for finding in [
        Finding::Missing { part: part() },
        Finding::Length { part: part(), written: 9, found: 3 },
        Finding::Length { part: part(), written: 9, found: 12 },
        Finding::Changed { part: part() },
        Finding::Unreadable { part: part(), why: "the disk says no".into() },
    ] {
        assert!(finding.to_string().contains(&part()), "{finding}");
    }
    let cut = Finding::Length { part: part(), written: 9, found: 3 }.to_string();
    assert!(cut.contains("cut off: 3 of 9"), "{cut}");
    let key = Finding::WrongKey { sealed_to: vec!["age1one".into(), "age1two".into()] }.to_string();
    assert!(key.contains("age1one or of age1two"), "{key}");
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let record = after(&[good(Depth::Sums, 1), bad(Depth::Opened, 2)]);
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
}
