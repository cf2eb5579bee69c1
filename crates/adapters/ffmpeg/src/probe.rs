//! What a file says about itself, told by ffprobe.

use crate::running::{Ending, Running};
use crate::sniff::Kind;
use crate::{Ffmpeg, complaints, failed, times};
use kernel::Timestamp;
use media::Format;
use media::confines::Allowed;
use music::{Chapter, LONGEST_SECONDS, ProcessError, Refusal};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use tokio::io::AsyncReadExt;

/// Chapters that are believed, at most; the first ones.
pub const MOST_CHAPTERS: usize = 1_000;
/// Characters of a chapter's name that are kept.
const TITLE: usize = 200;
/// How much longer than the processor's time it may take by the clock.
const PATIENCE: u32 = 10;
/// Bytes that ffprobe may say.
const WORDS: u64 = 8 * 1024 * 1024;
/// Rates that are believed, in samples a second.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;
/// Channels that are believed.
const CHANNELS: std::ops::RangeInclusive<u32> = 1..=64;

/// What was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct About {
    pub(crate) channels: u32,
    /// How long it should be, in milliseconds; `None`: it does not say.
    pub(crate) duration_ms: Option<u64>,
    /// What its header promises, in milliseconds, if that is something else than what was counted.
    pub(crate) promised_ms: Option<u64>,
    pub(crate) chapters: Vec<Chapter>,
    pub(crate) recorded_at: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    chapters: Vec<ToldChapter>,
    #[serde(default)]
    format: Container,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    codec_name: String,
    sample_rate: Option<String>,
    channels: Option<u32>,
    duration: Option<String>,
    nb_read_packets: Option<String>,
}

#[derive(Deserialize)]
struct ToldChapter {
    start_time: Option<String>,
    #[serde(default)]
    tags: HashMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Container {
    #[serde(default)]
    tags: HashMap<String, String>,
}

/// Asks about a file.
pub(crate) async fn probe(ffmpeg: &Ffmpeg, source: &Path, kind: Kind) -> Result<About, ProcessError> {
    let mut arguments: Vec<std::ffi::OsString> = vec!["-v".into(), "level+error".into()];
    arguments.extend(crate::reading(source, kind, &kind.decoders_beside()));
    if kind.format == Format::Mp3 {
        arguments.push("-count_packets".into()); // Its length is a guess, unless its frames are counted.
    }
    let wanted = "stream=codec_name,sample_rate,channels,duration,nb_read_packets:format_tags:\
                  chapter=start_time:chapter_tags=title";
    arguments.extend(["-select_streams", "a:0", "-show_entries", wanted, "-of", "json"].map(Into::into));
    let limits = ffmpeg.limits;
    let allowed =
        Allowed { memory: limits.memory, time: limits.probe, file: 0, reads: vec![source], writes: vec![] };
    let (ending, said, complaints) =
        tokio::time::timeout(limits.probe * PATIENCE, ask(ffmpeg, &allowed, &arguments))
            .await
            // It used less of the processor than it may: the machine stood still.
            .map_err(|_| failed("ffprobe did not end in time"))??;
    match ending {
        Ending::Well => {}
        Ending::Exhausted => return Err(ProcessError::Refused(Refusal::TooMuch)),
        Ending::Killed => return Err(failed("ffprobe was killed")),
        Ending::NotStarted => return Err(failed("ffprobe could not be started")),
        Ending::Crashed => return Err(ProcessError::Refused(Refusal::Malformed)),
        Ending::Badly => return Err(given_up(&complaints)),
    }
    let told = serde_json::from_slice(&said).map_err(|_| ProcessError::Refused(Refusal::Malformed))?;
    understood(told, kind).map_err(ProcessError::Refused)
}

async fn ask(
    ffmpeg: &Ffmpeg,
    allowed: &Allowed<'_>,
    arguments: &[std::ffi::OsString],
) -> Result<(Ending, Vec<u8>, String), ProcessError> {
    let mut running =
        Running::start(&ffmpeg.confines, allowed, &ffmpeg.ffprobe, arguments, false).map_err(failed)?;
    let output = running.output.take().ok_or_else(|| failed("ffprobe has no output"))?;
    let complaints = running.complaints();
    let listen = async {
        let mut said = Vec::new();
        output.take(WORDS + 1).read_to_end(&mut said).await.map_err(failed)?;
        // Who still has something to say is not listened to.
        if said.len() as u64 > WORDS { Err(ProcessError::Refused(Refusal::TooMuch)) } else { Ok(said) }
    };
    let complaints = async { complaints.await.map_err(failed) };
    let (said, complaints) = tokio::try_join!(listen, complaints)?;
    let ending = running.ending(&complaints).await.map_err(failed)?;
    Ok((ending, said, complaints))
}

fn given_up(said: &str) -> ProcessError {
    if complaints::found(said, &["moov atom not found", "End of file"]).is_some() {
        ProcessError::Refused(Refusal::Truncated)
    } else if complaints::found(said, &["not on whitelist"]).is_some() {
        ProcessError::Refused(Refusal::UnknownFormat)
    } else {
        crate::unreadable(said, Refusal::Malformed)
    }
}

fn understood(told: Told, kind: Kind) -> Result<About, Refusal> {
    let stream = told.streams.first().ok_or(Refusal::NoSound)?;
    if !kind.has(&stream.codec_name) {
        return Err(Refusal::UnknownFormat);
    }
    let rate = stream.sample_rate.as_ref().and_then(|rate| rate.parse().ok()).unwrap_or(0);
    let channels = stream.channels.unwrap_or(0);
    if !RATES.contains(&rate) || !CHANNELS.contains(&channels) {
        return Err(Refusal::Malformed);
    }
    let moments = |moments: u64| moments.saturating_mul(1_000) / u64::from(rate);
    let counted = stream.nb_read_packets.as_ref().and_then(|packets| packets.parse::<u64>().ok());
    let duration_ms = match counted {
        Some(packets) => Some(moments(packets.saturating_mul(if rate >= 32_000 { 1_152 } else { 576 }))),
        None => stream.duration.as_deref().and_then(milliseconds),
    };
    if duration_ms.is_some_and(|duration| duration > LONGEST_SECONDS * 1_000) {
        return Err(Refusal::TooLong);
    }
    Ok(About {
        channels,
        duration_ms,
        promised_ms: kind.promised.map(moments).or(duration_ms),
        chapters: chapters(told.chapters),
        recorded_at: times::recorded(&told.format.tags),
    })
}

fn chapters(told: Vec<ToldChapter>) -> Vec<Chapter> {
    let mut chapters: Vec<_> = told
        .into_iter()
        .filter_map(|chapter| {
            let at_ms = milliseconds(chapter.start_time.as_deref()?)?;
            let title = chapter.tags.get("title").map(String::as_str).unwrap_or_default();
            let title: String =
                title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            Some(Chapter { at_ms, title: title.trim().chars().take(TITLE).collect() })
        })
        .collect();
    chapters.sort_by_key(|chapter| chapter.at_ms);
    chapters.truncate(MOST_CHAPTERS);
    chapters
}

/// From seconds as they are written; `None` when they are no time within some years.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be small and not negative"
)]
fn milliseconds(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (0.0..1e9).contains(&seconds).then(|| (seconds * 1_000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAV: Kind = Kind { format: Format::Wav, promised: None };

    fn told(json: serde_json::Value) -> Result<About, Refusal> {
        understood(serde_json::from_value(json).unwrap(), WAV)
    }

    fn stream(codec: &str, rate: &str, duration: &str) -> serde_json::Value {
        serde_json::json!({"streams": [{"codec_name": codec, "sample_rate": rate, "channels": 2, "duration": duration}]})
    }

    #[test]
    fn what_is_told_is_believed_within_limits() {
        assert_eq!(told(stream("pcm_s16le", "44100", "1.5")).unwrap().duration_ms, Some(1500));
        assert_eq!(told(stream("pcm_s16le", "44100", "N/A")).unwrap().duration_ms, None);
        assert_eq!(told(stream("pcm_s16le", "44100", "21601")), Err(Refusal::TooLong));
        assert_eq!(told(stream("pcm_s16le", "1", "1")), Err(Refusal::Malformed));
        assert_eq!(told(stream("pcm_s16le", "-4", "1")), Err(Refusal::Malformed));
        assert_eq!(told(stream("adpcm_ms", "44100", "1")), Err(Refusal::UnknownFormat));
        assert_eq!(told(serde_json::json!({})), Err(Refusal::NoSound));
    }

    #[test]
    fn chapters_come_in_order_and_not_without_end() {
        let one = |at: &str, title: &str| {
            serde_json::from_value(serde_json::json!({"start_time": at, "tags": {"title": title}}))
        };
        let found = chapters(vec![
            one("5.25", " b\n\0").unwrap(),
            one("1", &"a".repeat(500)).unwrap(),
            one("x", "").unwrap(),
        ]);
        assert_eq!(found.iter().map(|chapter| chapter.at_ms).collect::<Vec<_>>(), [1000, 5250]);
        assert_eq!((found[0].title.len(), found[1].title.as_str()), (200, "b"));
        let many = (0..5_000).map(|at| one(&at.to_string(), "x").unwrap()).collect();
        assert_eq!(chapters(many).len(), MOST_CHAPTERS);
    }
}
