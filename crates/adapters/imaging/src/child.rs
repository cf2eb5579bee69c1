//! The side that reads foreign bytes: from a file to files, in a process that may fall.

mod colour;
mod encode;
mod exif;
mod format;
mod heic;
mod jpeg;
mod ladder;
mod png;
mod raster;
mod webp;

use crate::answer::{Answer, Convert};
use colour::Profile;
use exif::Told;
use format::Format;
use gallery::{Refusal, Rendered};
use raster::Raster;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A picture as its file has it.
struct Decoded {
    /// Pixels of it; there may be fewer in memory, as long as they are enough for what is made of them.
    width: u32,
    height: u32,
    raster: Raster,
    profile: Option<Profile>,
    told: Told,
}

/// Why there is nothing.
enum Trouble {
    /// It is the picture's fault.
    Refused(Refusal),
    /// It is not.
    Failed(io::Error),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// What is asked for on the command line.
struct Asked {
    source: PathBuf,
    into: PathBuf,
    /// Whatever it says of being turned was applied already.
    upright: bool,
    /// What its colours are if it has no profile.
    colours: Option<[u8; 2]>,
}

/// Reads `[--upright] [--colours PRIMARIES/TRANSFER] SOURCE FOLDER`, makes all renditions of the picture in SOURCE as
/// files in FOLDER and writes one line of JSON to standard output, as [`crate::Imaging`] understands it.
///
/// Answers 0 when it could say something of the picture, be it a refusal; 2 when it was asked for nothing sensible, 1 when
/// files could not be read or written, both with words on standard error.
#[must_use]
pub fn run(arguments: &[OsString]) -> ExitCode {
    let Some(asked) = asked(arguments) else {
        complain("usage: [--upright] [--colours PRIMARIES/TRANSFER] SOURCE FOLDER");
        return ExitCode::from(2);
    };
    // A decoder that panics has met a file that contradicts itself in a way that its authors did not think of.
    let made = catch_unwind(AssertUnwindSafe(|| answer(&asked)));
    let answer = match made.unwrap_or(Err(Trouble::Refused(Refusal::Malformed))) {
        Ok(answer) => answer,
        Err(Trouble::Refused(refusal)) => Answer::Refused(refusal),
        Err(Trouble::Failed(error)) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let said = serde_json::to_vec(&answer).map_err(io::Error::other);
    match said.and_then(|said| io::stdout().write_all(&said)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Whether a file that begins with these bytes is one that libheif's program has to decode.
pub(crate) fn is_heic(start: &[u8]) -> bool {
    matches!(format::of(start), Ok(Format::Heic))
}

fn complain(words: &str) {
    // There is nobody left to tell when this fails.
    let _ = writeln!(io::stderr(), "{words}");
}

fn asked(arguments: &[OsString]) -> Option<Asked> {
    let (mut upright, mut colours, mut paths) = (false, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--upright") => upright = true,
            Some("--colours") => {
                let (primaries, transfer) = rest.next()?.to_str()?.split_once('/')?;
                colours = Some([primaries.parse().ok()?, transfer.parse().ok()?]);
            }
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let [source, into] = <[PathBuf; 2]>::try_from(paths).ok()?;
    Some(Asked { source, into, upright, colours })
}

fn answer(asked: &Asked) -> Result<Answer, Trouble> {
    let Decoded { width, height, raster, profile, told } = match format_of(&asked.source)? {
        Format::Jpeg => jpeg::read(File::open(&asked.source)?)?,
        Format::Png => png::read(File::open(&asked.source)?)?,
        Format::WebP => webp::read(File::open(&asked.source)?)?,
        Format::Heic => {
            let colours = heic::check(File::open(&asked.source)?)?;
            let told = Told::of_heic(File::open(&asked.source)?);
            return Ok(Answer::Convert(Convert { taken_at: told.taken_at, colours }));
        }
    };
    let turned = if asked.upright { raster::Turned::default() } else { told.turned };
    let given = || asked.colours.and_then(|[primaries, transfer]| Profile::of_points(primaries, transfer));
    let profile = profile.or_else(given).or_else(|| told.adobe_rgb.then(Profile::adobe_rgb));
    let ladder::Made { thumbhash, files } =
        ladder::make(raster, (width, height), turned, profile.as_ref(), &asked.into)?;
    let (width, height) = turned.size(width, height);
    Ok(Answer::Made(Rendered { width, height, thumbhash, taken_at: told.taken_at, files }))
}

fn format_of(source: &Path) -> Result<Format, Trouble> {
    let mut start = Vec::new();
    File::open(source)?.take(format::START).read_to_end(&mut start)?;
    Ok(format::of(&start)?)
}
