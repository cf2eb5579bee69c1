//! From whatever colours a picture has to sRGB.

use super::raster::{Channels, Raster};
use gallery::Refusal;
use moxcms::{
    CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, TransformExecutor,
    TransformOptions,
};
use std::sync::Arc;

/// Largest that is read; those of printers are about 2 MiB.
pub(super) const MOST: usize = 4 << 20;
/// BT.709, sRGB: nothing to do.
const SRGB_PRIMARIES: u8 = 1;

/// Whether colours with that transfer are meant to be brighter than white: PQ and HLG, of films.
pub(super) const fn is_brighter(transfer: u8) -> bool {
    matches!(transfer, 16 | 18)
}

/// What the numbers of a picture mean.
pub(super) struct Profile(Box<ColorProfile>);

type Transform = Arc<dyn TransformExecutor<u8> + Send + Sync>;

impl Profile {
    /// As embedded; `None` for what is no profile, which is then taken for sRGB as browsers do.
    pub(super) fn parse(icc: &[u8]) -> Option<Self> {
        if icc.len() > MOST {
            return None;
        }
        ColorProfile::new_from_slice(icc).ok().map(|profile| Self(Box::new(profile)))
    }

    /// As code points; `None` for sRGB, and what is unknown.
    pub(super) fn of_points(primaries: u8, transfer: u8) -> Option<Self> {
        if primaries == SRGB_PRIMARIES {
            return None;
        }
        let points = CicpProfile {
            color_primaries: primaries.try_into().ok()?,
            transfer_characteristics: transfer.try_into().ok()?,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        };
        let mut profile = ColorProfile::new_srgb();
        // What it answers is no sign of whether it did.
        profile.update_rgb_colorimetry_from_cicp(points);
        profile.cicp.is_some().then(|| Self(Box::new(profile)))
    }

    /// Of cameras that say so without embedding it.
    pub(super) fn adobe_rgb() -> Self {
        Self(Box::new(ColorProfile::new_adobe_rgb()))
    }

    /// From one layout to another, if the profile is for such pixels.
    fn transform(&self, from: Layout, to: Layout) -> Option<Transform> {
        let fits = match from {
            Layout::Gray | Layout::GrayAlpha => self.0.color_space == DataColorSpace::Gray,
            _ => self.0.color_space == DataColorSpace::Rgb,
        };
        if !fits {
            return None;
        }
        self.0.create_transform_8bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default()).ok()
    }
}

/// The picture in sRGB, as RGB or, where it has transparency, RGBA.
///
/// # Errors
/// [`Refusal::Malformed`], when there are fewer pixels than it says.
pub(super) fn in_srgb(raster: Raster, profile: Option<&Profile>) -> Result<Raster, Refusal> {
    let (from, to, channels) = match raster.channels {
        Channels::Grey => (Layout::Gray, Layout::Rgb, Channels::Rgb),
        Channels::GreyAlpha => (Layout::GrayAlpha, Layout::Rgba, Channels::Rgba),
        Channels::Rgb => (Layout::Rgb, Layout::Rgb, Channels::Rgb),
        Channels::Rgba => (Layout::Rgba, Layout::Rgba, Channels::Rgba),
    };
    let transform = profile.and_then(|profile| profile.transform(from, to));
    let Some(transform) = transform.filter(|transform| from != to || does_something(transform, channels))
    else {
        return Ok(coloured(raster));
    };
    let mut pixels = vec![0; raster.pixels.len() / raster.channels.count() * channels.count()];
    transform.transform(&raster.pixels, &mut pixels).map_err(|_| Refusal::Malformed)?;
    Ok(Raster { channels, pixels, ..raster })
}

/// Most pictures carry a profile that says sRGB: those need not be touched. A profile is what it does to colours.
fn does_something(transform: &Transform, channels: Channels) -> bool {
    let steps = || (0..=8u8).map(|step| step.saturating_mul(32));
    let mut colours = Vec::new();
    for red in steps() {
        for green in steps() {
            for blue in steps() {
                let colour = [red, green, blue, 255];
                colours.extend_from_slice(colour.get(..channels.count()).unwrap_or_default());
            }
        }
    }
    let mut there = vec![0; colours.len()];
    let done = transform.transform(&colours, &mut there);
    done.is_ok() && colours.iter().zip(&there).any(|(before, after)| before.abs_diff(*after) > 1)
}

/// Grey as colours that are alike.
fn coloured(raster: Raster) -> Raster {
    let (channels, pixels) = match raster.channels {
        Channels::Rgb | Channels::Rgba => return raster,
        Channels::Grey => (Channels::Rgb, raster.pixels.iter().flat_map(|grey| [*grey; 3]).collect()),
        Channels::GreyAlpha => {
            let (pixels, _) = raster.pixels.as_chunks::<2>();
            let pixels = pixels.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]);
            (Channels::Rgba, pixels.collect())
        }
    };
    Raster { channels, pixels, ..raster }
}
