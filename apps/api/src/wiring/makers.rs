//! What makes everything of pictures and recordings, by the programs that are here at that moment: one that is installed,
//! or goes, while this program runs is noticed at the next file.

use super::programs::Programs;
use crate::config::Media;
use adapter_ffmpeg::Ffmpeg;
use adapter_imaging::Imaging;
use async_trait::async_trait;
use gallery::{Lacking, RenderError, Rendered, Renderer};
use media::Confines;
use music::{ProcessError, Processed, Processor, Progress};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Processes recordings.
pub struct Sound {
    /// Where programs lie that are not looked for.
    pub media: Media,
    /// How they are confined.
    pub confines: Confines,
}

/// Makes renditions of pictures.
pub struct Pictures {
    /// Where programs lie that are not looked for.
    pub media: Media,
    /// How they are confined.
    pub confines: Confines,
    /// This program.
    pub program: PathBuf,
}

impl Sound {
    fn ffmpeg(&self) -> Result<Ffmpeg, ProcessError> {
        let Programs { ffmpeg, ffprobe, .. } = Programs::find(&self.media);
        let ffmpeg = ffmpeg.ok_or(ProcessError::Missing("ffmpeg"))?;
        let ffprobe = ffprobe.ok_or(ProcessError::Missing("ffprobe"))?;
        Ok(Ffmpeg::new(self.confines.clone(), ffmpeg, ffprobe))
    }
}

#[async_trait]
impl Processor for Sound {
    fn missing(&self) -> Option<&'static str> {
        match self.ffmpeg() {
            Err(ProcessError::Missing(program)) => Some(program),
            _ => None,
        }
    }

    async fn process(
        &self,
        source: &Path,
        into: &Path,
        progress: Progress<'_>,
    ) -> Result<Processed, ProcessError> {
        self.ffmpeg()?.process(source, into, progress).await
    }
}

impl Pictures {
    fn imaging(&self) -> Imaging {
        Imaging {
            confines: self.confines.clone(),
            program: self.program.clone(),
            arguments: vec![OsString::from("picture")],
            heif: Programs::find(&self.media).heif,
            limits: adapter_imaging::Limits::default(),
        }
    }
}

#[async_trait]
impl Renderer for Pictures {
    fn lacking(&self) -> Option<Lacking> {
        self.imaging().lacking()
    }

    async fn render(&self, source: &Path, into: &Path) -> Result<Rendered, RenderError> {
        self.imaging().render(source, into).await
    }
}
