//! The same pictures by sharp: libvips in one process of Node that stays.

use crate::pictures::{Sizes, sizes};
use crate::{Failure, float};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/media/sharp/ladder.mjs");

/// Where it lies.
#[derive(Debug)]
pub(crate) struct Sharp {
    tools: PathBuf,
}

impl Sharp {
    /// Where `./dev bench` puts it, if it is there and Node too.
    pub(crate) fn find() -> Option<Self> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/sharp");
        let tools = tools.canonicalize().ok().filter(|tools| tools.join("node_modules/sharp").is_dir())?;
        crate::is_there("node").then_some(Self { tools })
    }

    /// Makes some, so many at once; how many a second.
    pub(crate) async fn make(
        &self,
        source: &Path,
        pictures: usize,
        at_once: usize,
    ) -> Result<(f64, Sizes), Failure> {
        let into = tempfile::tempdir()?;
        let ended = Command::new("node")
            .args([OsStr::new(PROGRAM), self.tools.as_os_str(), source.as_os_str(), into.path().as_os_str()])
            .args([pictures.to_string(), at_once.to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let seconds: Option<f64> = String::from_utf8_lossy(&ended.stdout).trim().parse().ok();
        let failed = || format!("sharp: {}", String::from_utf8_lossy(&ended.stderr).trim());
        let seconds = seconds.filter(|_| ended.status.success()).ok_or_else(failed)?;
        Ok((float(pictures as u64) / seconds, sizes(into.path())?))
    }
}
