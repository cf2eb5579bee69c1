//! The same pictures by the commands of libvips, in the ways in which one would put them into a script.

use crate::Failure;
use crate::pictures::{Sizes, sizes};
use futures_util::{StreamExt, TryStreamExt, stream};
use gallery::{ImageFormat, WIDTHS};
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// The largest of the ladder, as pixels.
const STEP: &str = "step.v";

/// Every file from the photograph itself, which is read smaller than it is (JPEG can be), so many commands at once.
pub(crate) async fn from_the_file(source: &Path, at_once: usize) -> Result<Sizes, Failure> {
    let into = tempfile::tempdir()?;
    let make = async |width: u32, format: ImageFormat| {
        let out = output(into.path(), width, format);
        thumbnail(source, width, &out, at_once).await
    };
    all(at_once, make).await?;
    sizes(into.path())
}

/// The largest first, as pixels, and every file from those, so many commands at once.
pub(crate) async fn by_a_step(source: &Path, at_once: usize) -> Result<Sizes, Failure> {
    let into = tempfile::tempdir()?;
    let step = into.path().join(STEP);
    let widest = WIDTHS.into_iter().max().unwrap_or_default();
    thumbnail(source, widest, step.as_os_str(), 0).await?;
    let make = async |width: u32, format: ImageFormat| {
        let out = output(into.path(), width, format);
        match width == widest {
            true => run("vips", &["copy".into(), step.clone().into(), out], at_once).await,
            false => thumbnail(&step, width, &out, at_once).await,
        }
    };
    all(at_once, make).await?;
    sizes(into.path())
}

/// The largest first: all end at about the same time.
async fn all(
    at_once: usize,
    make: impl AsyncFn(u32, ImageFormat) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let widths = WIDTHS.into_iter().rev();
    let files = widths.flat_map(|width| [(width, ImageFormat::WebP), (width, ImageFormat::Jpeg)]);
    stream::iter(files)
        .map(|(width, format)| make(width, format))
        .buffer_unordered(at_once)
        .try_collect()
        .await
}

fn output(into: &Path, width: u32, format: ImageFormat) -> OsString {
    let options = match format {
        ImageFormat::Jpeg => "[Q=80,strip]",
        ImageFormat::WebP => "[Q=80,effort=4,strip]",
    };
    into.join(format!("{width}.{}{options}", format.extension())).into()
}

async fn thumbnail(source: &Path, width: u32, out: &std::ffi::OsStr, at_once: usize) -> Result<(), Failure> {
    let size = format!("{width}x");
    let arguments = [
        source.into(),
        "--size".into(),
        size.into(),
        "--export-profile".into(),
        "srgb".into(),
        "-o".into(),
        out.to_owned(),
    ];
    run("vipsthumbnail", &arguments, at_once).await
}

/// With all its threads where it is the only one.
async fn run(program: &str, arguments: &[OsString], at_once: usize) -> Result<(), Failure> {
    let mut command = Command::new(program);
    if at_once > 1 {
        command.env("VIPS_CONCURRENCY", "1");
    }
    let ended = command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(format!("{program}: {}", String::from_utf8_lossy(&ended.stderr).trim()).into()),
    }
}
