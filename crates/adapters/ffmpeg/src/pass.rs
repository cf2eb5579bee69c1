//! The one pass: a program decodes, everything else listens.

use crate::peaks::Shape;
use crate::probe::About;
use crate::running::{Ending, Running};
use crate::sniff::Kind;
use crate::{Ffmpeg, RATE, encode, failed, loudness, reading, unreadable};
use media::confines::Allowed;
use music::{LADDER, LONGEST_SECONDS, Loudness, Peaks, ProcessError, Progress, Refusal};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Samples that are passed on together.
pub(crate) type Samples = Arc<Vec<u8>>;

/// Bytes of one moment: left and right, as 32-bit floats.
const MOMENT: usize = 8;
/// Bytes that are passed on together: 170 ms.
const CHUNK: usize = 8_192 * MOMENT;
/// Chunks that a slow listener may be behind: all share them, so 4 MiB altogether.
const BEHIND: usize = 64;
/// How much shorter than promised a recording may be. Encoders add a little in front and at the end, which players of
/// one kind count and others do not.
const SLACK_MS: u64 = 2_000;
/// How long those who pack have to say why one of them ended.
const EXPLAINING: Duration = Duration::from_secs(5);
/// What is left to be done after the pass, in hundredths.
const AFTER: u64 = 2;

/// What was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Of 48,000 a second.
    moments: u64,
    pub(crate) loudness: Loudness,
    pub(crate) peaks: Vec<Peaks>,
}

impl Heard {
    pub(crate) fn duration_ms(&self) -> u64 {
        self.moments * 1_000 / RATE
    }
}

/// Decodes a recording, measures it and packs all renditions.
pub(crate) async fn run(
    ffmpeg: &Ffmpeg,
    source: &Path,
    into: &Path,
    kind: Kind,
    about: &About,
    progress: Progress<'_>,
) -> Result<Heard, ProcessError> {
    // No slower than it is played: whatever hangs is ended, and tried again.
    let longest = Duration::from_secs(LONGEST_SECONDS);
    let patience = about.duration_ms.map_or(longest, Duration::from_millis) + ffmpeg.limits.silence;
    tokio::time::timeout(patience, listen(ffmpeg, source, into, kind, about, progress))
        .await
        .map_err(|_| failed("packing took longer than playing"))?
}

async fn listen(
    ffmpeg: &Ffmpeg,
    source: &Path,
    into: &Path,
    kind: Kind,
    about: &About,
    progress: Progress<'_>,
) -> Result<Heard, ProcessError> {
    let (senders, receivers): (Vec<Sender<Samples>>, Vec<Receiver<Samples>>) =
        LADDER.iter().map(|_| channel(BEHIND)).unzip();
    let packing =
        LADDER.into_iter().zip(receivers).map(|(rung, samples)| encode::pack(ffmpeg, into, rung, samples));
    let mut decoder = decoder(ffmpeg, source, kind, about.channels)?;
    let output = decoder.output.take().ok_or_else(|| failed("ffmpeg has no output"))?;
    let complaints = decoder.complaints();
    let ears =
        Ears { senders, shape: Shape::default(), moments: 0, told: 0, expected: about.duration_ms, progress };
    let decoding = async {
        // What is heard decides while it lasts; who speaks without end is not waited for.
        let (ears, complaints) = tokio::try_join!(ears.hear(output, ffmpeg.limits.silence), async {
            complaints.await.map_err(failed)
        })?;
        let ending = decoder.ending(&complaints).await.map_err(failed)?;
        heard(ears, ending, &complaints, about)
    };
    let (heard, _) = tokio::try_join!(decoding, futures_util::future::try_join_all(packing))?;
    Ok(heard)
}

fn decoder(ffmpeg: &Ffmpeg, source: &Path, kind: Kind, channels: u32) -> Result<Running, ProcessError> {
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-v", "level+info", "-threads", "1"].map(Into::into).into();
    arguments.extend(reading(source, kind, kind.decoders()));
    arguments.extend(
        ["-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1", "-filter_threads", "1"]
            .map(Into::into),
    );
    arguments.extend(["-af".into(), filters(channels).into()]);
    arguments.extend(["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"].map(Into::into));
    let limits = ffmpeg.limits;
    let allowed =
        Allowed { memory: limits.memory, time: limits.decode, file: 0, reads: vec![source], writes: vec![] };
    Running::start(&ffmpeg.confines, &allowed, &ffmpeg.ffmpeg, &arguments, false).map_err(failed)
}

/// Two channels, none louder than full scale by being added up, measured as they are heard.
fn filters(channels: u32) -> String {
    let stereo = match channels {
        // Both sides at full level, as every player does it.
        1 => "pan=stereo|c0=c0|c1=c0,aresample=48000",
        2 => "pan=stereo|c0=c0|c1=c1,aresample=48000",
        3..=8 => "aresample=48000:out_chlayout=stereo:rematrix_maxval=1.0:internal_sample_fmt=fltp",
        // Stems, or worse: the first two, which are left and right where anything is.
        _ => "pan=stereo|c0=c0|c1=c1,aresample=48000",
    };
    format!("{stereo},aformat=sample_fmts=flt:channel_layouts=stereo,ebur128=peak=true:framelog=verbose")
}

/// What the samples go through.
struct Ears<'a> {
    senders: Vec<Sender<Samples>>,
    shape: Shape,
    moments: u64,
    /// The last progress that was told.
    told: u8,
    expected: Option<u64>,
    progress: Progress<'a>,
}

impl Ears<'_> {
    /// Hears everything that the decoder says. When a listener is gone it waits for them to say why, and says itself that it
    /// did not work when they do not.
    async fn hear(mut self, mut output: ChildStdout, silence: Duration) -> Result<Self, ProcessError> {
        loop {
            let mut bytes = Vec::with_capacity(CHUNK);
            while bytes.len() < CHUNK {
                let more = (&mut output).take((CHUNK - bytes.len()) as u64);
                let read = read_some(more, &mut bytes);
                // Whoever works without saying anything uses up their time of the processor, and is ended for that; here
                // the machine stood still.
                let read = tokio::time::timeout(silence, read)
                    .await
                    .map_err(|_| failed("ffmpeg said nothing for too long"))?;
                if read.map_err(failed)? == 0 {
                    break;
                }
            }
            let last = bytes.len() < CHUNK;
            bytes.truncate(bytes.len() / MOMENT * MOMENT);
            self.take(&bytes)?;
            let samples = Arc::new(bytes);
            for sender in &self.senders {
                if sender.send(Arc::clone(&samples)).await.is_err() {
                    self.senders.clear();
                    tokio::time::sleep(EXPLAINING).await;
                    return Err(failed("a rendition was given up before the recording ended"));
                }
            }
            if last {
                self.senders.clear(); // The listeners see the end.
                return Ok(self);
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ProcessError> {
        for moment in bytes.chunks_exact(MOMENT) {
            if let [a, b, c, d, e, f, g, h] = *moment {
                self.shape.take(f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]));
            }
        }
        self.moments += (bytes.len() / MOMENT) as u64;
        if self.moments > LONGEST_SECONDS * RATE {
            return Err(ProcessError::Refused(Refusal::TooLong));
        }
        if self.expected.is_some_and(|expected| outlasts(self.moments, expected)) {
            return Err(ProcessError::Refused(Refusal::Malformed));
        }
        let expected = self.expected.unwrap_or(0) * RATE / 1_000;
        let done = (self.moments * (100 - AFTER)).checked_div(expected).unwrap_or(0).min(100 - AFTER);
        let done = u8::try_from(done).unwrap_or(100);
        if done > self.told {
            self.told = done;
            (self.progress)(done);
        }
        Ok(())
    }
}

/// Whether so much was heard that a file cannot have meant so many milliseconds. Frames of MP3 were counted and other
/// formats know how long they are; who is off by more than a minute and a twentieth says what is not so, and would use up
/// the patience for a short recording.
const fn outlasts(moments: u64, expected_ms: u64) -> bool {
    moments * 1_000 / RATE > expected_ms + expected_ms / 20 + 60_000
}

async fn read_some(
    mut from: impl tokio::io::AsyncRead + Unpin,
    bytes: &mut Vec<u8>,
) -> std::io::Result<usize> {
    from.read_buf(bytes).await
}

fn heard(ears: Ears<'_>, ending: Ending, complaints: &str, about: &About) -> Result<Heard, ProcessError> {
    match ending {
        Ending::Well => {}
        Ending::Exhausted => return Err(ProcessError::Refused(Refusal::TooMuch)),
        Ending::Crashed => return Err(ProcessError::Refused(Refusal::Malformed)),
        Ending::Killed => return Err(failed("ffmpeg was killed")),
        Ending::NotStarted => return Err(failed("ffmpeg could not be started")),
        Ending::Badly => return Err(unreadable(complaints, Refusal::Malformed)),
    }
    let there = ears.moments * 1_000 / RATE;
    if about.promised_ms.is_some_and(|promised| promised > there + SLACK_MS) {
        return Err(ProcessError::Refused(Refusal::Truncated));
    }
    if ears.moments == 0 {
        return Err(ProcessError::Refused(Refusal::NoSound));
    }
    let loudness = loudness::read(complaints).ok_or_else(|| failed("ffmpeg did not say how loud it is"))?;
    Ok(Heard { moments: ears.moments, loudness, peaks: ears.shape.zooms() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_may_be_a_little_longer_than_it_says() {
        let minutes = |count: u64| count * 60 * RATE;
        assert!(!outlasts(minutes(1), 0) && outlasts(minutes(1) + RATE, 0));
        assert!(!outlasts(minutes(64), 60 * 60_000) && outlasts(minutes(65), 60 * 60_000));
    }
}
