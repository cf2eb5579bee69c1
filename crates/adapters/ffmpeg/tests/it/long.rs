//! Six hours are taken, and not a second more. Hearing six hours through takes minutes; whether they are taken is
//! decided before anything is heard, and by what is heard no recording gets longer.

use crate::bench::{Bench, run_ffmpeg};
use music::{LONGEST_SECONDS, Processor, Refusal};
use std::path::PathBuf;
use tokio::sync::Notify;

impl Bench {
    /// Silence of so many seconds at a low rate, which is soon made and small.
    fn silence(&self, name: &str, rate: u32, seconds: u64) -> PathBuf {
        let path = self.path(name);
        let source = format!("anullsrc=r={rate}:cl=mono:d={seconds}");
        run_ffmpeg(&["-f", "lavfi", "-i", &source, "-compression_level", "0", path.to_str().unwrap()]);
        path
    }
}

#[tokio::test]
async fn six_hours_are_taken_and_five_seconds_more_are_refused() {
    let bench = Bench::new();
    let longest = bench.silence("longest.flac", 8_000, LONGEST_SECONDS);
    let heard = Notify::new();
    let tell = |_| heard.notify_one();
    tokio::select! {
        // Told as soon as a hundredth of it was heard: it was taken.
        () = heard.notified() => {}
        made = bench.ffmpeg.process(&longest, &bench.into, &tell) => panic!("it is not that fast: {made:?}"),
    }
    let longer = bench.silence("longer.flac", 8_000, LONGEST_SECONDS + 5);
    assert_eq!(bench.refusal(&longer).await, Some(Refusal::TooLong));
}

#[tokio::test]
async fn a_recording_gets_no_longer_by_being_heard() {
    let bench = Bench::new();
    for rate in [8_000, 11_025, 22_050, 44_100, 88_200, 96_000, 192_000] {
        let source = bench.silence("a.flac", rate, 3);
        let made = bench.process(&source).await.unwrap();
        assert_eq!(made.duration_ms, 3_000, "at {rate}");
    }
}
