//! Waveforms as players read them: the JSON of BBC's `audiowaveform`, version 2, which peaks.js and wavesurfer.js take.

use crate::{MusicSet, Peaks};
use std::fmt::Write;

/// Points of a waveform that is as wide as a screen.
const SCREEN: u64 = 1000;
/// Samples of a second.
const RATE: u64 = 48_000;

/// A waveform as JSON.
#[must_use]
pub fn json(peaks: &Peaks) -> Vec<u8> {
    let mut text = format!(
        "{{\"version\":2,\"channels\":1,\"sample_rate\":{RATE},\"samples_per_pixel\":{},\"bits\":8,\"length\":{},\"data\":[",
        peaks.zoom,
        peaks.points.len() / 2
    );
    for (place, point) in peaks.points.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = write!(text, "{comma}{point}");
    }
    text.push_str("]}");
    text.into_bytes()
}

/// The zoom in which a whole set is shown at once: the coarsest that still fills a screen.
#[must_use]
pub fn overview(set: &MusicSet) -> Option<u32> {
    let samples = set.duration_ms * RATE / 1000;
    let fills = |zoom: &&u32| samples / u64::from(**zoom).max(1) >= SCREEN;
    set.zooms.iter().filter(fills).max().or_else(|| set.zooms.iter().min()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn it_is_written_as_players_read_it() {
        let text = String::from_utf8(json(&Peaks { zoom: 512, points: vec![-128, 127, -1, 0] })).unwrap();
        let expected = "{\"version\":2,\"channels\":1,\"sample_rate\":48000,\"samples_per_pixel\":512,\"bits\":8,\
            \"length\":2,\"data\":[-128,127,-1,0]}";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_whole_set_is_shown_as_coarse_as_a_screen_is_wide() {
        let mut set = samples::ready();
        set.zooms = vec![480, 4_800, 48_000];
        for (seconds, zoom) in
            [(1, 480), (99, 480), (100, 4_800), (999, 4_800), (1000, 48_000), (20_000, 48_000)]
        {
            set.duration_ms = seconds * 1000;
            assert_eq!(overview(&set), Some(zoom), "{seconds}");
        }
        set.zooms.clear();
        assert_eq!(overview(&set), None);
    }
}
