//! A renderer as the server has it, and the looking at what it made.

use adapter_imaging::{Imaging, Limits};
use gallery::{ImageFormat, RenderError, Rendered, RenderedFile, Renderer};
use media::Confines;
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Limited by a shell.
pub(crate) fn imaging() -> Imaging {
    let by = vec!["/bin/sh".into(), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/confined.sh").into()];
    Imaging {
        confines: Confines { by },
        program: env!("CARGO_BIN_EXE_picture").into(),
        arguments: Vec::new(),
        heif: Some(heif()),
        limits: Limits::default(),
    }
}

/// libheif's program: part of what the tests need.
pub(crate) fn heif() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&path)
        .flat_map(|folder| ["heif-convert", "heif-dec"].map(|name| folder.join(name)));
    all.into_iter()
        .find(|file| file.is_file())
        .expect("heif-convert or heif-dec is installed (libheif-examples)")
}

/// What came of a picture, and the folder that it lies in for as long as this is kept.
pub(crate) struct Made {
    pub(crate) rendered: Rendered,
    pub(crate) folder: TempDir,
}

impl Made {
    pub(crate) fn file(&self, width: u32, format: ImageFormat) -> &RenderedFile {
        let mut files = self.rendered.files.iter();
        files.find(|file| file.width == width && file.format == format).expect("there is such a rendition")
    }

    /// The largest rendition.
    pub(crate) fn seen(&self, format: ImageFormat) -> Seen {
        let file = self.rendered.files.iter().rfind(|file| file.format == format);
        Seen::of(&file.expect("there is one").path, format)
    }
}

pub(crate) async fn made(bytes: &[u8]) -> Result<Made, RenderError> {
    made_by(&imaging(), bytes).await
}

pub(crate) async fn made_by(imaging: &Imaging, bytes: &[u8]) -> Result<Made, RenderError> {
    let (upload, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = upload.path().join("upload");
    std::fs::write(&source, bytes).unwrap();
    let rendered = imaging.render(&source, folder.path()).await?;
    assert_eq!(std::fs::read(&source).unwrap(), bytes, "the upload is left as it was");
    Ok(Made { rendered, folder })
}

/// Decoded pixels, RGBA.
pub(crate) struct Seen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pixels: Vec<[u8; 4]>,
}

impl Seen {
    fn of(path: &Path, format: ImageFormat) -> Self {
        let (width, height, channels, bytes) = match format {
            ImageFormat::Jpeg => {
                let mut decoder = jpeg_decoder::Decoder::new(File::open(path).unwrap());
                let pixels = decoder.decode().unwrap();
                let info = decoder.info().unwrap();
                (info.width.into(), info.height.into(), 3, pixels)
            }
            ImageFormat::WebP => {
                let file = BufReader::new(File::open(path).unwrap());
                let mut decoder = image_webp::WebPDecoder::new(file).unwrap();
                let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
                decoder.read_image(&mut pixels).unwrap();
                let (width, height) = decoder.dimensions();
                (width, height, if decoder.has_alpha() { 4 } else { 3 }, pixels)
            }
        };
        let rgba = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(255)];
        Self { width, height, pixels: bytes.chunks_exact(channels).map(rgba).collect() }
    }

    /// At a place in shares of width and height.
    pub(crate) fn at(&self, x: f32, y: f32) -> [u8; 4] {
        let (x, y) = ((self.width as f32 * x) as u32, (self.height as f32 * y) as u32);
        self.pixels[(y * self.width + x) as usize]
    }
}

/// Holds two colours against each other.
#[track_caller]
pub(crate) fn alike(seen: [u8; 4], wanted: [u8; 4], most: u8) {
    let off = seen.iter().zip(&wanted).map(|(seen, wanted)| seen.abs_diff(*wanted)).max();
    assert!(off.unwrap() <= most, "seen {seen:?}, wanted {wanted:?}");
}

/// Whatever an independent reader finds in files, by `group:tag`, file by file.
pub(crate) fn found_in(files: &[PathBuf]) -> Vec<serde_json::Map<String, Value>> {
    let said = Command::new("exiftool").args(["-j", "-a", "-u", "-G1", "-n"]).args(files).output();
    let said = said.expect("exiftool is installed (libimage-exiftool-perl)");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}
