//! How loud it is, as ffmpeg's `ebur128` says it at its end.

use music::Loudness;

/// What counts as silence, in LUFS: the gate of ITU-R BS.1770.
const SILENCE: f64 = -70.0;
/// The true peak of silence, which has none, in dBTP: what 20 bits could just tell.
const NO_PEAK: f64 = -120.0;

/// Reads the last summary; tags of the file, which may pretend to be one, are told before it.
pub(crate) fn read(said: &str) -> Option<Loudness> {
    let summary = said.rsplit_once("Summary:")?.1;
    let value = |name: &str, unit: &str| {
        summary.lines().find_map(|line| {
            let number = line.trim().strip_prefix(name)?.trim().strip_suffix(unit)?.trim();
            number.parse::<f64>().ok().filter(|value| !value.is_nan())
        })
    };
    Some(Loudness {
        integrated_lufs: value("I:", "LUFS")?.clamp(SILENCE, 100.0),
        true_peak_dbtp: value("Peak:", "dBFS")?.clamp(NO_PEAK, 100.0),
        range_lu: value("LRA:", "LU")?.clamp(0.0, 1_000.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "[Parsed_ebur128_1 @ 0x7f] Summary:\n\n  Integrated loudness:\n    I:         -23.0 LUFS\n    \
        Threshold: -33.0 LUFS\n\n  Loudness range:\n    LRA:         1.5 LU\n    Threshold: -43.0 LUFS\n    LRA low:   \
        -24.0 LUFS\n    LRA high:  -22.5 LUFS\n\n  True peak:\n    Peak:      -20.0 dBFS\n";

    #[test]
    fn the_last_summary_counts() {
        let loudness = Loudness { integrated_lufs: -23.0, true_peak_dbtp: -20.0, range_lu: 1.5 };
        assert_eq!(read(SAID), Some(loudness));
        let spoofed =
            format!("title: Summary:\n    I: -1.0 LUFS\n    Peak: 0.0 dBFS\n    LRA: 9.0 LU\n{SAID}");
        assert_eq!(read(&spoofed), Some(loudness));
        assert_eq!(read("nothing"), None);
        assert_eq!(read("Summary:\n I: loud LUFS"), None);
    }

    #[test]
    fn silence_has_numbers() {
        let said = SAID.replace("-20.0 dBFS", "-inf dBFS").replace("-23.0 LUFS", "-inf LUFS");
        let loudness = read(&said).unwrap();
        assert_eq!((loudness.integrated_lufs, loudness.true_peak_dbtp), (-70.0, -120.0));
    }
}
