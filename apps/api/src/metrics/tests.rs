use super::*;
use booking::{CallOutcome, Provider};
use chrono::TimeDelta;
use std::collections::BTreeSet;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// One of each.
fn used() -> Metrics {
    let metrics = Metrics::new(noon());
    let second = Duration::from_secs(1);
    metrics.request(&Route { method: "GET".into(), route: "/health/live".into(), status: 200 }, second);
    metrics.notice("stripe", "applied");
    metrics.effect("booking", "finished");
    metrics.job("quick", "booking", "finished", second);
    metrics.mail("sent");
    metrics.egress(Way::Served, 7);
    metrics.egress_counter(Way::Served).inc_by(3);
    let (provider, outcome) = (Provider::Paypal, CallOutcome::Uncertain);
    metrics.provider_calls()(&Called { provider, call: "open", outcome, took: second });
    metrics.store(
        &Backlog { waiting: 3, parked: 1, oldest_due: Some(noon()) },
        2,
        noon() + TimeDelta::minutes(1),
    );
    metrics.events(&Lag { unsent: 4, oldest: Some(noon()) }, noon() + TimeDelta::minutes(2));
    metrics.redis(Some(true));
    metrics.last_good_backup(Some(noon()));
    metrics
}

/// What the samples of a text are called.
fn samples(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let names = lines.map(|line| line.split(['{', ' ']).next().unwrap());
    names
        .map(|name| {
            let of_histogram = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end));
            of_histogram.unwrap_or(name)
        })
        .collect()
}

#[test]
fn what_is_shown_is_called_as_was_said() {
    let metrics = used();
    let (text, names) = (metrics.text(), metrics.names());
    let named: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(named.len(), names.len(), "no two are called the same: {names:?}");
    let ours = |name: &&str| name.starts_with("synesthesie_");
    let shown = samples(&text);
    assert_eq!(
        shown.iter().copied().filter(ours).collect::<BTreeSet<_>>(),
        named.iter().copied().filter(ours).collect::<BTreeSet<_>>()
    );
    assert!(shown.is_subset(&named), "{shown:?}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn what_is_counted_is_shown() {
    let text = used().text();
    for line in [
        "synesthesie_build_info{version=\"",
        "synesthesie_http_request_seconds_count{method=\"GET\",route=\"/health/live\",status=\"200\"} 1",
        "synesthesie_job_seconds_sum{lane=\"quick\",domain=\"booking\",result=\"finished\"} 1",
        "synesthesie_provider_call_seconds_count{provider=\"paypal\",call=\"open\",outcome=\"uncertain\"} 1",
        "synesthesie_egress_bytes_total{how=\"served\"} 10",
        "synesthesie_store_up 1",
        "synesthesie_redis_up 1",
        "synesthesie_holds 2",
        "synesthesie_outbox_waiting 3",
        "synesthesie_outbox_overdue_seconds 60",
        "synesthesie_events_unsent 4",
        "synesthesie_events_overdue_seconds 120",
        "synesthesie_backup_last_good_timestamp_seconds 1780315200",
        "process_start_time_seconds 1780315200",
    ] {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line} is not in:\n{text}");
    }
}

#[test]
fn what_nobody_knows_is_not_shown() {
    let metrics = used();
    metrics.store_away();
    metrics.redis(None);
    let text = metrics.text();
    assert!(text.contains("synesthesie_store_up 0\n"), "{text}");
    for name in ["synesthesie_holds", "synesthesie_outbox_", "synesthesie_events_", "synesthesie_redis_up"] {
        assert!(!text.contains(name), "{name} is in:\n{text}");
    }
    metrics.last_good_backup(None);
    assert!(metrics.text().contains("synesthesie_backup_last_good_timestamp_seconds 0\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_shown_under_the_usual_names() {
    let text = Metrics::new(noon()).text();
    assert!(process::NAMES.iter().all(|name| samples(&text).contains(name)), "{text}");
    let value = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap().parse().unwrap()
    };
    assert!(
        value("process_open_fds") >= 3.0 && value("process_open_fds") <= value("process_max_fds"),
        "{text}"
    );
    assert!(value("process_resident_memory_bytes") > 1_000_000.0, "{text}");
    assert!(value("process_resident_memory_bytes") <= value("process_virtual_memory_bytes"), "{text}");
}
