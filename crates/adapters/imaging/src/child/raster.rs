//! Pixels of eight bits a channel, and what is done to all of them.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::pixels::{U8, U8x2, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use gallery::{MOST_PIXELS, Refusal};

/// What one pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    /// Bytes of a pixel.
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A picture in memory, row by row without gaps.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: Channels,
    pub(super) pixels: Vec<u8>,
}

/// Refuses what has too many pixels, or none.
///
/// # Errors
/// [`Refusal::TooManyPixels`].
pub(super) fn measured(width: u32, height: u32) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MOST_PIXELS { Err(Refusal::TooManyPixels) } else { Ok(()) }
}

/// How a picture has to be turned to be upright: mirrored along its diagonal first, then left to right and upside down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) transposed: bool,
    pub(super) mirrored: bool,
    pub(super) upended: bool,
}

impl Turned {
    /// By the numbers of EXIF; what is none of them is upright.
    pub(super) const fn of_orientation(orientation: u32) -> Self {
        let (transposed, mirrored, upended) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transposed, mirrored, upended }
    }

    /// Width and height of what is that large before; and the other way round, it being the same.
    pub(super) const fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transposed { (height, width) } else { (width, height) }
    }
}

impl Raster {
    /// The same picture in another size; the same when it has that size.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], when there are fewer pixels than it says.
    pub(super) fn resized(&self, resizer: &mut Resizer, width: u32, height: u32) -> Result<Self, Refusal> {
        // The library would find out by itself, and be compiled for nine more kinds of pixels: five minutes.
        let pixels = match self.channels {
            Channels::Grey => self.resized_as::<U8>(resizer, width, height),
            Channels::GreyAlpha => self.resized_as::<U8x2>(resizer, width, height),
            Channels::Rgb => self.resized_as::<U8x3>(resizer, width, height),
            Channels::Rgba => self.resized_as::<U8x4>(resizer, width, height),
        };
        let pixels = pixels.ok_or(Refusal::Malformed)?;
        Ok(Self { width, height, channels: self.channels, pixels })
    }

    fn resized_as<P: PixelTrait>(&self, resizer: &mut Resizer, width: u32, height: u32) -> Option<Vec<u8>> {
        let from = ImageRef::new(self.width, self.height, &self.pixels, P::pixel_type()).ok()?;
        let mut to = Image::new(width, height, P::pixel_type());
        let how = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        resizer.resize_typed(&from.typed_image::<P>()?, &mut to.typed_image_mut::<P>()?, &how).ok()?;
        Some(to.into_vec())
    }

    /// The picture as it is to be looked at.
    pub(super) fn turned(self, turned: Turned) -> Self {
        if turned == Turned::default() {
            return self;
        }
        match self.channels {
            Channels::Grey => self.turned_by::<1>(turned),
            Channels::GreyAlpha => self.turned_by::<2>(turned),
            Channels::Rgb => self.turned_by::<3>(turned),
            Channels::Rgba => self.turned_by::<4>(turned),
        }
    }

    fn turned_by<const N: usize>(self, turned: Turned) -> Self {
        let (from, _) = self.pixels.as_chunks::<N>();
        let (wide, high) = (self.width as usize, self.height as usize);
        let (width, height) = turned.size(self.width, self.height);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for row in 0..height as usize {
            let row = if turned.upended { height as usize - 1 - row } else { row };
            let mut put = |column: usize| {
                let at = if turned.transposed { column * wide + row } else { row * wide + column };
                pixels.extend_from_slice(from.get(at).unwrap_or(&[0; N]));
            };
            if turned.mirrored {
                (0..width as usize).rev().for_each(put)
            } else {
                (0..width as usize).for_each(&mut put)
            }
        }
        debug_assert_eq!(wide * high, from.len());
        Self { width, height, channels: self.channels, pixels }
    }

    /// Without transparency where nothing is transparent.
    pub(super) fn without_idle_alpha(self) -> Self {
        if self.channels != Channels::Rgba {
            return self;
        }
        let (pixels, _) = self.pixels.as_chunks::<4>();
        if pixels.iter().any(|[_, _, _, alpha]| *alpha != 255) {
            return self;
        }
        let pixels = pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
        Self { channels: Channels::Rgb, pixels, ..self }
    }

    /// On white paper, for formats that know no transparency.
    pub(super) fn on_white(&self) -> Vec<u8> {
        let (pixels, _) = self.pixels.as_chunks::<4>();
        let over = |colour: u8, alpha: u8| {
            let (colour, alpha) = (u16::from(colour), u16::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
        };
        let flat = pixels.iter().flat_map(|[red, green, blue, alpha]| {
            [over(*red, *alpha), over(*green, *alpha), over(*blue, *alpha)]
        });
        flat.collect()
    }

    /// With transparency, whether it has any or not.
    pub(super) fn into_rgba(self) -> Vec<u8> {
        if self.channels == Channels::Rgba {
            return self.pixels;
        }
        let (pixels, _) = self.pixels.as_chunks::<3>();
        pixels.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect()
    }
}
