//! From one picture to all its renditions: made small early, turned and coloured when it is, then from step to step.

use super::Trouble;
use super::colour::{self, Profile};
use super::encode;
use super::raster::{Raster, Turned};
use fast_image_resize::Resizer;
use gallery::{ImageFormat, RenderedFile, WIDTHS};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

/// Longest side that WebP can write.
const LONGEST: u32 = 16_383;
/// Longest side that a thumbhash is made of.
const HASHED: u32 = 100;
/// More encoders at once would not be faster, and each takes memory.
const MOST_THREADS: usize = 4;

/// What was made.
pub(super) struct Made {
    pub(super) thumbhash: Vec<u8>,
    pub(super) files: Vec<RenderedFile>,
}

/// How large a picture has to be in memory, as it is stored, so that nothing is lost to what is made of it.
pub(super) fn enough(width: u32, height: u32, turned: Turned) -> (u32, u32) {
    let upright = turned.size(width, height);
    let (width, height) = sizes(upright.0, upright.1).first().copied().unwrap_or(upright);
    turned.size(width, height)
}

/// Makes all renditions of a picture of that size, as it is stored, in that folder.
///
/// # Errors
/// A refusal, or that they cannot be written.
pub(super) fn make(
    raster: Raster,
    (width, height): (u32, u32),
    turned: Turned,
    profile: Option<&Profile>,
    into: &Path,
) -> Result<Made, Trouble> {
    let mut resizer = Resizer::new();
    let upright = turned.size(width, height);
    let sizes = sizes(upright.0, upright.1);
    let enough = enough(width, height, turned);
    let mut steps = Vec::with_capacity(sizes.len());
    let mut step = largest(raster, &mut resizer, enough, turned, profile)?;
    for &(width, height) in sizes.iter().skip(1) {
        let smaller = step.resized(&mut resizer, width, height)?;
        steps.push(std::mem::replace(&mut step, smaller));
    }
    let thumbhash = hashed(&step, &mut resizer)?;
    steps.push(step);
    // The encoders need the memory.
    drop(resizer);
    let mut files = written(&steps, into)?;
    files.sort_by_key(|file| (file.width, file.format));
    Ok(Made { thumbhash, files })
}

/// The first step. The whole picture is in memory for no longer than this takes.
fn largest(
    raster: Raster,
    resizer: &mut Resizer,
    (width, height): (u32, u32),
    turned: Turned,
    profile: Option<&Profile>,
) -> Result<Raster, Trouble> {
    let small = if (width, height) == (raster.width, raster.height) {
        raster
    } else {
        let small = raster.resized(resizer, width, height)?;
        drop(raster);
        small
    };
    // Those for a whole picture are of no use for the rest of it.
    resizer.reset_internal_buffers();
    Ok(colour::in_srgb(small.turned(turned), profile)?.without_idle_alpha())
}

/// What is to be made of a picture of that size, the largest first: every width that is smaller than the picture, and
/// the picture's own unless it is wider than all.
fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
    let highest = u64::from(LONGEST) * u64::from(width) / u64::from(height.max(1));
    let most = width.min(u32::try_from(highest).unwrap_or(u32::MAX)).max(1);
    let widest = WIDTHS.iter().copied().max().unwrap_or(most).min(most);
    let smaller = WIDTHS.iter().copied().filter(|each| *each < widest);
    let mut widths: Vec<u32> = smaller.chain([widest]).collect();
    widths.sort_unstable_by(|one, other| other.cmp(one));
    let high = |wide: u32| {
        let (wide, width) = (u64::from(wide), u64::from(width.max(1)));
        u32::try_from((u64::from(height) * wide + width / 2) / width).unwrap_or(LONGEST).clamp(1, LONGEST)
    };
    widths.into_iter().map(|wide| (wide, high(wide))).collect()
}

fn hashed(step: &Raster, resizer: &mut Resizer) -> Result<Vec<u8>, Trouble> {
    let longest = u64::from(step.width.max(step.height)).max(1);
    let side = |side: u32| {
        let scaled = u64::from(side) * u64::from(HASHED) / longest;
        u32::try_from(scaled).unwrap_or(HASHED).clamp(1, HASHED).min(side)
    };
    let small = step.resized(resizer, side(step.width), side(step.height))?;
    let (wide, high) = (small.width as usize, small.height as usize);
    Ok(thumbhash::rgba_to_thumb_hash(wide, high, &small.into_rgba()))
}

/// Encodes and writes all steps in both formats, several at once.
fn written(steps: &[Raster], into: &Path) -> Result<Vec<RenderedFile>, Trouble> {
    let mut work: Vec<_> =
        steps.iter().rev().flat_map(|step| [(step, ImageFormat::Jpeg), (step, ImageFormat::WebP)]).collect();
    // Taken from the end: the longest work first, so that all threads end at about the same time.
    work.sort_by_key(|(step, format)| (step.width, *format));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let work = Mutex::new(work);
    let next = || work.lock().ok().and_then(|mut work| work.pop());
    let write = || -> io::Result<Vec<RenderedFile>> {
        let mut files = Vec::new();
        while let Some((step, format)) = next() {
            files.push(file(step, format, into)?);
        }
        Ok(files)
    };
    let made: io::Result<Vec<_>> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(write)).collect();
        let mine = write();
        let joined = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|_| Err(io::Error::other("an encoder has panicked"))));
        std::iter::once(mine).chain(joined.collect::<Vec<_>>()).collect()
    });
    Ok(made?.into_iter().flatten().collect())
}

fn file(step: &Raster, format: ImageFormat, into: &Path) -> io::Result<RenderedFile> {
    let bytes = encode::encoded(step, format)?;
    let path: PathBuf = into.join(format!("{}.{}", step.width, format.extension()));
    std::fs::write(&path, &bytes)?;
    Ok(RenderedFile { path, width: step.width, height: step.height, format, bytes: bytes.len() as u64 })
}
