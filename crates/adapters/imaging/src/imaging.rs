//! The side that starts processes and believes nothing of what they say.

mod process;

use crate::answer::{Answer, Convert};
use crate::child;
use async_trait::async_trait;
use gallery::WIDTHS;
use gallery::render::{Lacking, Refusal, RenderError, Rendered, RenderedFile, Renderer};
use media::Confines;
use media::confines::Allowed;
use process::{End, Ended};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What one process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: u64,
    /// Of the processor.
    pub time: Duration,
    /// By the clock on the wall; a machine that is busy takes longer, and who is over it is tried again.
    pub patience: Duration,
    /// Bytes of the largest file that it may write: a decoded HEIC is the largest.
    pub file: u64,
}

impl Default for Limits {
    /// Enough for 100 megapixels of every format: 1.5 GiB, a minute, four minutes on the wall, 1 GiB.
    fn default() -> Self {
        Self {
            memory: 3 << 29,
            time: Duration::from_secs(60),
            patience: Duration::from_secs(240),
            file: 1 << 30,
        }
    }
}

/// Makes renditions, each picture in a process of its own.
#[derive(Debug, Clone)]
pub struct Imaging {
    /// How processes are confined.
    pub confines: Confines,
    /// The program that [`crate::child::run`] is in.
    pub program: PathBuf,
    /// What makes it call that, before what is said of the picture.
    pub arguments: Vec<OsString>,
    /// libheif's `heif-convert` or `heif-dec`, where there is one.
    pub heif: Option<PathBuf>,
    /// What each process may use.
    pub limits: Limits,
}

#[async_trait]
impl Renderer for Imaging {
    fn lacking(&self) -> Option<Lacking> {
        let lacking = Lacking { program: "heif-convert", needed_by: child::is_heic };
        self.heif.is_none().then_some(lacking)
    }

    async fn render(&self, source: &Path, into: &Path) -> Result<Rendered, RenderError> {
        // What confines goes by where files really are.
        let source = tokio::fs::canonicalize(source).await.map_err(failed)?;
        let into = tokio::fs::canonicalize(into).await.map_err(failed)?;
        match self.read(&[], &source, &into).await? {
            Answer::Made(rendered) => checked(rendered, &into).await,
            Answer::Refused(refusal) => Err(RenderError::Refused(refusal)),
            Answer::Convert(told) => self.converted(&source, &into, told).await,
        }
    }
}

impl Imaging {
    async fn converted(&self, source: &Path, into: &Path, told: Convert) -> Result<Rendered, RenderError> {
        let folder = into.join("decoded");
        tokio::fs::create_dir(&folder).await.map_err(failed)?;
        let made = self.made_of_heic(source, into, &folder, told).await;
        tokio::fs::remove_dir_all(&folder).await.map_err(failed)?;
        made
    }

    async fn made_of_heic(
        &self,
        source: &Path,
        into: &Path,
        folder: &Path,
        told: Convert,
    ) -> Result<Rendered, RenderError> {
        let decoded = self.decoded(source, folder).await?;
        let mut flags = vec!["--upright".into()];
        if let Some([primaries, transfer]) = told.colours {
            flags.extend(["--colours".into(), format!("{primaries}/{transfer}").into()]);
        }
        match self.read(&flags, &decoded, into).await? {
            Answer::Made(rendered) => checked(Rendered { taken_at: told.taken_at, ..rendered }, into).await,
            Answer::Refused(refusal) => Err(RenderError::Refused(refusal)),
            Answer::Convert(_) => Err(RenderError::Refused(Refusal::Malformed)),
        }
    }

    /// Lets libheif turn a HEIC into a PNG in that folder.
    async fn decoded(&self, source: &Path, folder: &Path) -> Result<PathBuf, RenderError> {
        let heif = self.heif.as_deref().ok_or(RenderError::Missing("heif-convert"))?;
        let file = folder.join("picture.png");
        let arguments = [source.into(), file.clone().into()];
        let end = self.run(heif, &arguments, source, folder).await?;
        match end.ended {
            Ended::Well => {}
            Ended::NotFound => return Err(RenderError::Missing("heif-convert")),
            Ended::Exhausted => return Err(RenderError::Refused(Refusal::TooMuch)),
            Ended::Killed => return Err(failed(io::Error::other("heif-convert was killed"))),
            Ended::Late => return Err(late()),
            Ended::Badly => return Err(RenderError::Refused(said_of_heic(&end))),
        }
        // A file of several pictures is numbered; it is looked at by its first one.
        for file in [file, folder.join("picture-1.png")] {
            // It ends well even where it could write nothing.
            if tokio::fs::symlink_metadata(&file).await.is_ok_and(|about| about.is_file() && about.len() > 0)
            {
                return Ok(file);
            }
        }
        Err(RenderError::Refused(said_of_heic(&end)))
    }

    /// Lets the program read a picture.
    async fn read(&self, flags: &[OsString], source: &Path, into: &Path) -> Result<Answer, RenderError> {
        let mut arguments = self.arguments.clone();
        arguments.extend_from_slice(flags);
        arguments.extend([source.into(), into.into()]);
        let end = self.run(&self.program, &arguments, source, into).await?;
        match end.ended {
            Ended::Well => serde_json::from_slice(&end.said).map_err(failed),
            Ended::Exhausted => Err(RenderError::Refused(Refusal::TooMuch)),
            Ended::Late => Err(late()),
            Ended::NotFound | Ended::Killed | Ended::Badly => Err(failed(io::Error::other(end.complaint()))),
        }
    }

    async fn run(
        &self,
        program: &Path,
        arguments: &[OsString],
        source: &Path,
        into: &Path,
    ) -> Result<End, RenderError> {
        let Limits { memory, time, patience, file } = self.limits;
        let allowed = Allowed { memory, time, file, reads: vec![source], writes: vec![into] };
        let line = self.confines.command(&allowed, program, arguments);
        process::run(&line, patience).await.map_err(failed)
    }
}

/// It says nothing of the picture, which is tried again.
fn late() -> RenderError {
    failed(io::Error::other("reading a picture did not end in time"))
}

/// What libheif's program wrote of a file that it could not decode.
fn said_of_heic(end: &End) -> Refusal {
    let words = end.complaint().to_lowercase();
    if words.contains("end of file") || words.contains("end of data") {
        Refusal::Truncated
    } else if words.contains("memory") || words.contains("limit") {
        Refusal::TooMuch
    } else if words.contains("unsupported") {
        Refusal::Unsupported
    } else {
        Refusal::Malformed
    }
}

/// Holds what a process said against what lies in the folder: it has read foreign bytes.
async fn checked(rendered: Rendered, into: &Path) -> Result<Rendered, RenderError> {
    let wrong = || failed(io::Error::other("what was made is not what was said"));
    if rendered.files.is_empty() || rendered.files.len() > 2 * (WIDTHS.len() + 1) {
        return Err(wrong());
    }
    if rendered.width == 0 || rendered.height == 0 || rendered.thumbhash.len() > 32 {
        return Err(wrong());
    }
    let mut files = Vec::with_capacity(rendered.files.len());
    for RenderedFile { width, height, format, .. } in rendered.files {
        let path = into.join(format!("{width}.{}", format.extension()));
        let about = tokio::fs::symlink_metadata(&path).await.map_err(failed)?;
        if !about.is_file() || about.len() == 0 || width == 0 || height == 0 {
            return Err(wrong());
        }
        files.push(RenderedFile { path, width, height, format, bytes: about.len() });
    }
    Ok(Rendered { files, ..rendered })
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RenderError {
    RenderError::Failed(error.into())
}
