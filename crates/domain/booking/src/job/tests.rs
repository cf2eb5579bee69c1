use super::*;
use crate::samples::{noon, offer, sale};

#[test]
fn a_report_names_some_and_counts_the_rest() {
    let mut job = Job::new(&sale(vec![offer(1, 2500)]), None, None, 5_000, noon());
    let first = BookingId::generate(noon());
    job.broken(first, noon());
    let small = serde_json::to_string(&job.report).unwrap().len();
    for _ in 1..5_000 {
        job.broken(BookingId::generate(noon()), noon());
    }
    let (named, most) = (job.report.by_hand.len(), usize::try_from(MOST_NAMED).unwrap());
    assert_eq!((named, job.report.unnamed, job.done), (most, 5_000 - MOST_NAMED, 5_000));
    assert_eq!(job.report.by_hand[0].booking, first);
    assert!(serde_json::to_string(&job.report).unwrap().len() < small * most);
}

#[test]
fn a_report_from_before_anything_was_counted_reads_as_it_was() {
    let job = Job::new(&sale(vec![offer(1, 2500)]), None, None, 1, noon());
    let mut written = serde_json::to_value(&job.report).unwrap();
    written.as_object_mut().unwrap().remove("unnamed").unwrap();
    assert_eq!(serde_json::from_value::<Report>(written).unwrap(), job.report);
}
