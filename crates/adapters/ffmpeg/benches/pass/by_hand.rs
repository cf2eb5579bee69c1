//! A recording, and one command of ffmpeg, written by hand, that makes of it what the processor makes.

use music::LADDER;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program of this name on the search path.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap()
}

/// Noise, tones that glide and beats: what is as hard to pack as music.
pub(crate) fn recording(folder: &Path, seconds: u32) -> PathBuf {
    let path = folder.join("recording.wav");
    let beats = "0.3*sin(2*PI*(220+110*sin(t/3))*t)*exp(-mod(t,0.47)*8)";
    let tones =
        format!("aevalsrc='{beats}+0.1*sin(2*PI*110*t)|{beats}+0.1*sin(2*PI*165*t)':s=44100:d={seconds}");
    let noise = |color: &str| format!("anoisesrc=c={color}:r=44100:d={seconds}:a=0.25:seed=1");
    let mix = "[1][2]amerge=inputs=2[n];[0][n]amix=2,aformat=channel_layouts=stereo";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tones, "-f", "lavfi", "-i", &noise("pink")])
        .args(["-f", "lavfi", "-i", &noise("brown"), "-filter_complex", mix, "-c:a", "pcm_s16le"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

/// What one would type.
pub(crate) fn by_hand(source: &Path, into: &Path) {
    let mut command = Command::new("ffmpeg");
    let split = "[0:a:0]aresample=48000,aformat=channel_layouts=stereo,ebur128=peak=true:framelog=verbose,\
                 asplit=6[a0][a1][a2][a3][a4][peaks]";
    command
        .args(["-nostdin", "-y", "-nostats", "-v", "info", "-i"])
        .arg(source)
        .args(["-filter_complex", split]);
    for (number, rung) in LADDER.iter().enumerate() {
        let opus = rung.codec == music::Codec::Opus;
        let plain = if opus { "[f=ogg]file.ogg" } else { "[f=ipod:movflags=+faststart]file.m4a" };
        let stream = "[f=mp4:movflags=+cmaf+delay_moov:frag_duration=6000000]stream.mp4";
        let files = format!("{stream}|{plain}").replace("]", &format!("]{}-", rung.name()));
        let encoder = if opus { "libopus" } else { "aac" };
        command.args(["-map", &format!("[a{number}]"), "-c:a", encoder, "-b:a", &format!("{}k", rung.kbps)]);
        command.args(["-flags:a", "+global_header", "-map_metadata", "-1", "-f", "tee", &files]);
    }
    command.args(["-map", "[peaks]", "-c:a", "pcm_s16le", "-f", "s16le", "peaks.raw"]);
    let output = command.current_dir(into).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
