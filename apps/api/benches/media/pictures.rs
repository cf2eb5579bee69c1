//! Pictures: the whole ladder of a photograph of 24 megapixels, as the server makes it and as others do.

use crate::options::Options;
use crate::report::table::{Goal, Line, readable};
use crate::sharp::Sharp;
use crate::{Failure, confines, float, photo, processors, program, vips};
use adapter_imaging::{Imaging, Limits};
use futures_util::{StreamExt, TryStreamExt, stream};
use gallery::{ImageFormat, Renderer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::path::Path;
use std::time::Instant;

const WIDTH: u16 = 6000;
const HEIGHT: u16 = 4000;
/// Pictures that each who works on several makes in a run.
const EACH: usize = 2;

/// What somebody made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sizes {
    /// Bytes of all JPEG.
    pub(crate) jpeg: u64,
    /// Bytes of all WebP.
    pub(crate) webp: u64,
}

/// How somebody did.
#[derive(Debug)]
struct Maker {
    name: String,
    /// Pictures a second, one after another.
    alone: f64,
    /// Several at once.
    crowd: f64,
    sizes: Sizes,
}

impl Maker {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), alone: 0.0, crowd: 0.0, sizes: Sizes::default() }
    }

    fn took(&mut self, alone: (f64, Sizes), crowd: (f64, Sizes)) {
        (self.alone, self.crowd) = (self.alone.max(alone.0), self.crowd.max(crowd.0));
        self.sizes = alone.1;
        eprintln!("  {}: {:.2} pictures a second, {:.2} with several at once", self.name, alone.0, crowd.0);
    }
}

/// Ours and theirs, in turn.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, Failure> {
    eprintln!("pictures: drawing one of {WIDTH} x {HEIGHT}");
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("photo.jpg");
    draw(&source)?;
    let mut left_out = Vec::new();
    let sharp = Sharp::find();
    let mut ours = Maker::new("ours");
    let mut others = Vec::new();
    if crate::is_there("vipsthumbnail") && crate::is_there("vips") {
        others.push(Maker::new("vips"));
    } else {
        left_out.push(Line::words("vips is not installed (libvips-tools), so nothing is compared with it"));
    }
    if sharp.is_some() {
        others.push(Maker::new("sharp"));
    } else {
        left_out.push(Line::words("sharp is not in target/tools/sharp, so nothing is compared with it"));
    }
    for _ in 0..options.runs {
        ours.took(paced(1, || our_own(&source)).await?, paced(processors(), || our_own(&source)).await?);
        for other in &mut others {
            match &sharp {
                Some(sharp) if other.name == "sharp" => {
                    let alone = sharp.make(&source, EACH, 1).await?;
                    let crowd = sharp.make(&source, EACH * processors(), processors()).await?;
                    other.took(alone, crowd);
                }
                _ => other.took(vips_alone(&source).await?, vips_crowd(&source).await?),
            }
        }
    }
    let mut lines = compared(&ours, &others);
    lines.extend(left_out);
    Ok(lines)
}

fn draw(file: &Path) -> Result<(), Failure> {
    let pixels = photo::photo(WIDTH.into(), HEIGHT.into(), 1);
    let mut encoder = Encoder::new_file(file, 92)?;
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    Ok(encoder.encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb)?)
}

/// As the server does: confined, in a process of its own.
async fn our_own(source: &Path) -> Result<Sizes, Failure> {
    let imaging = Imaging {
        confines: confines(),
        program: program(),
        arguments: vec!["picture".into()],
        heif: None,
        limits: Limits::default(),
    };
    let into = tempfile::tempdir()?;
    let made = imaging.render(source, into.path()).await?;
    let bytes = |format: ImageFormat| -> u64 {
        made.files.iter().filter(|file| file.format == format).map(|file| file.bytes).sum()
    };
    Ok(Sizes { jpeg: bytes(ImageFormat::Jpeg), webp: bytes(ImageFormat::WebP) })
}

/// The faster of the ways in which one types it.
async fn vips_alone(source: &Path) -> Result<(f64, Sizes), Failure> {
    let straight = paced(1, || vips::from_the_file(source, 1)).await?;
    let apart = paced(1, || vips::from_the_file(source, processors())).await?;
    let step = paced(1, || vips::by_a_step(source, processors())).await?;
    Ok([straight, apart, step].into_iter().fold((0.0, Sizes::default()), faster))
}

async fn vips_crowd(source: &Path) -> Result<(f64, Sizes), Failure> {
    let straight = paced(processors(), || vips::from_the_file(source, 1)).await?;
    let step = paced(processors(), || vips::by_a_step(source, 1)).await?;
    Ok(faster(straight, step))
}

fn faster(one: (f64, Sizes), other: (f64, Sizes)) -> (f64, Sizes) {
    if other.0 > one.0 { other } else { one }
}

/// Makes some, so many at once; how many a second.
async fn paced(
    at_once: usize,
    make: impl AsyncFn() -> Result<Sizes, Failure>,
) -> Result<(f64, Sizes), Failure> {
    let count = EACH * at_once;
    let begun = Instant::now();
    let made: Vec<Sizes> =
        stream::iter(0..count).map(|_| make()).buffer_unordered(at_once).try_collect().await?;
    let per_second = float(count as u64) / begun.elapsed().as_secs_f64();
    Ok((per_second, made.last().copied().unwrap_or_default()))
}

/// What is looked at of each.
type Figure = (String, fn(&Maker) -> f64, Option<Goal>);

fn compared(ours: &Maker, others: &[Maker]) -> Vec<Line> {
    let figures: [Figure; 4] = [
        ("pictures a second, all 12 files of 24 megapixels".into(), |it| it.alone, Some(Goal::AtLeast(1.0))),
        (format!("    the same, {} at once", processors()), |it| it.crowd, Some(Goal::AtLeast(1.0))),
        ("    bytes of all JPEG, quality 80".into(), |it| float(it.sizes.jpeg), None),
        ("    bytes of all WebP, quality 80".into(), |it| float(it.sizes.webp), None),
    ];
    let mut lines = Vec::new();
    for (figure, of, goal) in figures {
        if others.is_empty() {
            lines.push(Line::new(figure.clone(), of(ours)));
        }
        for other in others {
            let line = Line::new(figure.clone(), of(ours));
            let line = line.beside(format!("{}: {}", other.name, readable(of(other))), of(ours) / of(other));
            lines.push(goal.into_iter().fold(line, Line::aiming));
        }
    }
    lines
}

/// Bytes of the files in a folder.
pub(crate) fn sizes(folder: &Path) -> Result<Sizes, Failure> {
    let mut sizes = Sizes::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, bytes) = (entry.path(), entry.metadata()?.len());
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("jpg") => sizes.jpeg += bytes,
            Some("webp") => sizes.webp += bytes,
            _ => {}
        }
    }
    Ok(sizes)
}
