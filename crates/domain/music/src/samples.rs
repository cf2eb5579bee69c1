//! Sets for tests.

use crate::{LADDER, Loudness, MusicSet, Rendition, SetStatus};
use kernel::{AccountId, PassId, SetId, Timestamp};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// One of ten seconds that can be heard.
pub(crate) fn ready() -> MusicSet {
    let now = noon();
    let rendition = |rung: crate::Rung| {
        let bytes = u64::from(rung.kbps) * 1250;
        Rendition { rung, stream_bytes: bytes, file_bytes: bytes, peak_bps: u64::from(rung.kbps) * 1100 }
    };
    MusicSet {
        id: SetId::generate(now),
        title: "The night".into(),
        artist: "Ada".into(),
        event: None,
        recorded_at: None,
        tracklist: Vec::new(),
        downloads: Vec::new(),
        filename: "night.wav".into(),
        original_bytes: 1_764_044,
        original: Some("uploads/1".into()),
        status: SetStatus::Ready,
        progress: 100,
        pass: Some(PassId::generate(now)),
        duration_ms: 10_000,
        loudness: Some(Loudness { integrated_lufs: -14.0, true_peak_dbtp: -1.0, range_lu: 5.0 }),
        renditions: LADDER.into_iter().map(rendition).collect(),
        zooms: vec![480, 4_800],
        published_at: Some(now),
        created_by: AccountId::generate(now),
        created_at: now,
    }
}
