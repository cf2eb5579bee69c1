//! A workbench: a folder, recordings made by ffmpeg, and what independent programs say about files.

use adapter_ffmpeg::Ffmpeg;
use media::Confines;
use music::{ProcessError, Processed, Processor, Refusal};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Limits memory, time and files as the server's own command does; it cannot keep from other files.
const LIMITS: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do
  case "$1" in
    --memory) ulimit -v $(($2 / 1024));;
    --seconds) ulimit -H -t $(($2 + 5)); ulimit -S -t "$2";;
    --file) ulimit -f $((($2 + 511) / 512));;
  esac
  shift 2
done
shift
exec "$@"
"#;

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) into: PathBuf,
    pub(crate) ffmpeg: Ffmpeg,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (into, limits) = (folder.path().join("into"), folder.path().join("limits"));
        fs::create_dir(&into).unwrap();
        fs::write(&limits, LIMITS).unwrap();
        fs::set_permissions(&limits, fs::Permissions::from_mode(0o755)).unwrap();
        // By way of the shell: a file that was just written may still be open in a process that another test has forked.
        let confines = Confines { by: vec!["/bin/sh".into(), limits.into()] };
        Self { folder, into, ffmpeg: Ffmpeg::new(confines, program("ffmpeg"), program("ffprobe")) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// A recording that sounds as `aevalsrc` says, at a rate, for some seconds, packed as the arguments say.
    pub(crate) fn record(
        &self,
        name: &str,
        sound: &str,
        rate: u32,
        seconds: f64,
        arguments: &str,
    ) -> PathBuf {
        let source = format!("aevalsrc='{sound}':s={rate}:d={seconds}");
        let mut line = vec!["-f", "lavfi", "-i", &source];
        line.extend(arguments.split_whitespace());
        let path = self.path(name);
        line.push(path.to_str().unwrap());
        run_ffmpeg(&line);
        path
    }

    pub(crate) async fn process(&self, source: &Path) -> Result<Processed, ProcessError> {
        for entry in fs::read_dir(&self.into).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.ffmpeg.process(source, &self.into, &|_| ()).await
    }

    pub(crate) async fn refusal(&self, source: &Path) -> Option<Refusal> {
        match self.process(source).await {
            Ok(_) => None,
            Err(ProcessError::Refused(refusal)) => Some(refusal),
            Err(error) => panic!("{}: {error:?}", source.display()),
        }
    }
}

pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is needed for these tests"))
}

pub(crate) fn run_ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What ffprobe says about a file.
pub(crate) fn probed(path: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_packets",
            "-show_format",
            "-show_streams",
            "-show_chapters",
            "-of",
            "json",
        ])
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// All samples of a file, left and right in turn.
pub(crate) fn samples(path: &Path, before: &[&str]) -> Vec<f32> {
    let mut line = before.to_vec();
    line.extend(["-i", path.to_str().unwrap(), "-f", "f32le", "-"]);
    run_ffmpeg(&line).chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}
