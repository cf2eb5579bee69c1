//! Sound: the whole ladder of a recording, as the server makes it and as one command of ffmpeg does.

use crate::by_hand::{by_hand, program, recording};
use crate::options::Options;
use crate::report::table::{Goal, Line, readable};
use crate::{Failure, confines};
use adapter_ffmpeg::Ffmpeg;
use music::Processor;
use std::path::Path;
use std::time::Instant;

/// Ours and theirs, in turn.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, Failure> {
    if !["ffmpeg", "ffprobe"].into_iter().all(crate::is_there) {
        return Ok(vec![Line::words("ffmpeg is not installed, so no sound is made")]);
    }
    let seconds = options.sound;
    eprintln!("sound: recording {seconds} s");
    let folder = tempfile::tempdir()?;
    let source = recording(folder.path(), seconds);
    let (mut hand, mut ours) = (f64::MAX, f64::MAX);
    for _ in 0..options.runs {
        let into = tempfile::tempdir_in(folder.path())?;
        let begun = Instant::now();
        by_hand(&source, into.path());
        hand = hand.min(begun.elapsed().as_secs_f64());
        let into = tempfile::tempdir_in(folder.path())?;
        ours = ours.min(by_us(&source, into.path()).await?);
        eprintln!("  so far: by hand {hand:.1} s, ours {ours:.1} s");
    }
    let speed = |took: f64| f64::from(seconds) / took;
    let name = format!("one command of ffmpeg: {}", readable(speed(hand)));
    let time = format!("one command of ffmpeg: {}", readable(hand));
    Ok(vec![
        Line::new("seconds of sound a second, all 10 files", speed(ours)).beside(name, hand / ours),
        Line::new(format!("    s that {seconds} s of sound took"), ours)
            .beside(time, ours / hand)
            .aiming(Goal::AtMost(1.1)),
    ])
}

/// As the server does: confined. How many seconds it took.
async fn by_us(source: &Path, into: &Path) -> Result<f64, Failure> {
    let ffmpeg = Ffmpeg::new(confines(), program("ffmpeg"), program("ffprobe"));
    let begun = Instant::now();
    ffmpeg.process(source, into, &|_| ()).await?;
    Ok(begun.elapsed().as_secs_f64())
}
