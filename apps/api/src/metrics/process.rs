//! What the system says of this process, under the names that every program gives it.

use kernel::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fmt;
use std::time::Duration;

/// What is shown. What the system does not say is left out.
pub(super) const NAMES: [&str; 6] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
];

/// This process.
#[derive(Debug)]
struct Process {
    started: Timestamp,
}

/// What is told of a process that was started then.
pub(super) fn registry(started: Timestamp) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process { started }));
    registry
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let worked = ConstCounter::new(processor_time().as_secs_f64());
        let help = "Total user and system CPU time spent in seconds.";
        let kind = worked.metric_type();
        worked.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, kind)?)?;
        let started = Some(self.started.timestamp());
        let help = "Start time of the process since unix epoch in seconds.";
        gauge(&mut encoder, "process_start_time_seconds", help, started)?;
        let most = getrlimit(Resource::Nofile).current.and_then(signed);
        gauge(&mut encoder, "process_max_fds", "Maximum number of open file descriptors.", most)?;
        gauge(&mut encoder, "process_open_fds", "Number of open file descriptors.", open_files())?;
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let help = "Resident memory size in bytes.";
        gauge(&mut encoder, "process_resident_memory_bytes", help, bytes(&status, "VmRSS:"))?;
        let help = "Virtual memory size in bytes.";
        gauge(&mut encoder, "process_virtual_memory_bytes", help, bytes(&status, "VmSize:"))
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: Option<i64>,
) -> Result<(), fmt::Error> {
    let Some(value) = value else { return Ok(()) };
    let gauge = ConstGauge::new(value);
    let kind = gauge.metric_type();
    gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)
}

fn signed(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

/// What all threads have worked.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// Files that are open, connections among them; not the folder that says so.
fn open_files() -> Option<i64> {
    let files = std::fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(files.saturating_sub(1)).ok()
}

/// What a line of `/proc/self/status` says, which is written as `VmRSS:     123 kB`.
fn bytes(status: &str, name: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_system_writes_them() {
        let status = "Name:\tsynesthesie\nVmSize:\t  204800 kB\nVmRSS:\t   10240 kB\nThreads:\t9\n";
        assert_eq!(
            (bytes(status, "VmRSS:"), bytes(status, "VmSize:")),
            (Some(10_485_760), Some(209_715_200))
        );
        assert_eq!((bytes(status, "VmSwap:"), bytes("", "VmRSS:")), (None, None));
    }
}
