//! Packing: one program for each rendition, which is fed with bare samples and writes its two files at once.

use crate::pass::Samples;
use crate::running::{Ending, Running};
use crate::{Ffmpeg, RATE, boxes, failed};
use media::confines::Allowed;
use music::{Codec, LADDER, LONGEST_SECONDS, ProcessError, Rung, SoundFile, SoundObject};
use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::sync::mpsc::Receiver;

/// How far what was made may be from what was heard: encoders fill their last frame.
const OFF_MS: u64 = 60;

/// Packs one rendition of all samples that come, as files in a folder.
pub(crate) async fn pack(
    ffmpeg: &Ffmpeg,
    into: &Path,
    rung: Rung,
    samples: Receiver<Samples>,
) -> Result<(), ProcessError> {
    let limits = ffmpeg.limits;
    // Encoders of variable rate may exceed theirs; none by half.
    let file = u64::from(rung.kbps) * 125 * LONGEST_SECONDS * 3 / 2;
    let allowed =
        Allowed { memory: limits.memory, time: limits.encode, file, reads: vec![], writes: vec![into] };
    let mut running =
        Running::start(&ffmpeg.confines, &allowed, &ffmpeg.ffmpeg, &arguments(rung), true).map_err(failed)?;
    let input = running.input.take().ok_or_else(|| failed("ffmpeg has no input"))?;
    let complaints = running.complaints();
    let ((), complaints) = tokio::join!(feed(input, samples), complaints);
    let complaints = complaints.map_err(failed)?;
    match running.ending(&complaints).await.map_err(failed)? {
        Ending::Well => Ok(()),
        // It reads nothing that is foreign, so it is the machine or us.
        ending => Err(failed(format!("packing {} ended: {ending:?}: {complaints}", rung.name()))),
    }
}

/// Ends with the samples, or when it takes no more, which its end explains.
async fn feed(mut input: ChildStdin, mut samples: Receiver<Samples>) {
    while let Some(samples) = samples.recv().await {
        if input.write_all(&samples).await.is_err() {
            return;
        }
    }
}

fn arguments(rung: Rung) -> Vec<OsString> {
    let (encoder, plain) = match rung.codec {
        Codec::Opus => ("libopus", "f=ogg"),
        Codec::Aac => ("aac", "f=ipod:movflags=+faststart"),
    };
    // The edit list says what of the beginning is the encoder's and not to be heard.
    let stream = "f=mp4:movflags=+cmaf+delay_moov+skip_trailer:use_editlist=1:frag_duration=6000000";
    let (stream_name, plain_name) = (SoundObject::Stream(rung).name(), SoundObject::File(rung).name());
    let exact = "fflags=+bitexact";
    let files = format!("[{stream}:{exact}]{stream_name}|[{plain}:{exact}]{plain_name}");
    let rate = (RATE.to_string(), format!("{}k", rung.kbps));
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-v", "error", "-y"].map(Into::into).into();
    arguments.extend(["-f", "f32le", "-ar", &rate.0, "-ac", "2", "-i", "pipe:0"].map(Into::into));
    arguments.extend(["-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1"].map(Into::into));
    arguments
        .extend(["-flags:a", "+bitexact+global_header", "-c:a", encoder, "-b:a", &rate.1].map(Into::into));
    arguments.extend(["-f".into(), "tee".into(), files.into()]);
    arguments
}

/// Looks at what was made.
pub(crate) async fn files(into: PathBuf, duration_ms: u64) -> Result<Vec<SoundFile>, ProcessError> {
    let look = move || LADDER.into_iter().map(|rung| file(&into, rung, duration_ms)).collect();
    tokio::task::spawn_blocking(look).await.map_err(failed)?
}

fn file(into: &Path, rung: Rung, duration_ms: u64) -> Result<SoundFile, ProcessError> {
    let (stream, file) =
        (into.join(SoundObject::Stream(rung).name()), into.join(SoundObject::File(rung).name()));
    let opened = std::fs::File::open(&stream).map_err(failed)?;
    let index = boxes::index(&mut BufReader::new(opened)).map_err(failed)?;
    let made: u64 = index.segments.iter().map(|segment| u64::from(segment.duration_ms)).sum();
    if made.abs_diff(duration_ms) > OFF_MS {
        return Err(failed(format!("{} is {made} ms of {duration_ms} ms", rung.name())));
    }
    let bytes = |path: &Path| path.metadata().map(|about| about.len()).map_err(failed);
    let (stream_bytes, file_bytes) = (bytes(&stream)?, bytes(&file)?);
    if file_bytes == 0 {
        return Err(failed(format!("{} is empty", rung.name())));
    }
    Ok(SoundFile { rung, stream, index, file, stream_bytes, file_bytes })
}
