//! Pictures that say a lot of themselves.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::process::Command;

/// In what is told of a picture, and nowhere in what is made of it.
pub(crate) const SECRETS: [&str; 5] = ["SN-0815-4711", "Olga Owner", "Karl Camera", "Cellar 7", "Adobe"];

/// Upright, one colour a quarter: red, green; blue, white.
pub(crate) const QUARTERS: [[u8; 3]; 4] = [[200, 30, 30], [30, 160, 40], [40, 50, 190], [240, 240, 240]];

/// The quarter of a place in the upright picture.
pub(crate) fn quarter(x: usize, y: usize, width: usize, height: usize) -> [u8; 3] {
    QUARTERS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)]
}

/// Quarters as they are stored so that the orientation makes them upright, `width` and `height` being as stored.
/// The first row and column that are stored are where EXIF 2.32, 4.6.4, says that they are.
pub(crate) fn stored(orientation: u32, width: usize, height: usize) -> Vec<u8> {
    let (right, below) = (width - 1, height - 1);
    let upright = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (x, y) = match orientation {
                1 => (x, y),
                2 => (right - x, y),
                3 => (right - x, below - y),
                4 => (x, below - y),
                5 => (y, x),
                6 => (below - y, x),
                7 => (below - y, right - x),
                8 => (y, right - x),
                _ => unreachable!(),
            };
            pixels.extend(quarter(x, y, upright.0, upright.1));
        }
    }
    pixels
}

/// RGB as a JPEG of good quality.
pub(crate) fn jpeg(pixels: &[u8], width: usize, height: usize, icc: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
    if let Some(icc) = icc {
        encoder.add_icc_profile(icc).unwrap();
    }
    encoder.encode(pixels, width as u16, height as u16, ColorType::Rgb).unwrap();
    bytes
}

/// Eight or sixteen bits a channel, with whatever channels.
pub(crate) fn png(
    pixels: &[u8],
    width: u32,
    height: u32,
    (colours, depth): (png::ColorType, png::BitDepth),
    icc: Option<&[u8]>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(width, height);
    (info.color_type, info.bit_depth) = (colours, depth);
    info.icc_profile = icc.map(|icc| icc.to_vec().into());
    let mut writer = png::Encoder::with_info(&mut bytes, info).unwrap().write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A part of a PNG.
pub(crate) fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(body);
    [&(body.len() as u32).to_be_bytes(), &kind[..], body, &crc.sum().to_be_bytes()].concat()
}

/// After its signature and its head, a PNG may say more.
pub(crate) const PNG_HEAD_END: usize = 33;

/// As large as asked for, which must be a multiple of four, and with a white that is D50 to the last digit: libpng
/// insists on both, and libheif's program writes PNG.
pub(crate) fn profile(profile: &moxcms::ColorProfile, size: usize) -> Vec<u8> {
    let mut icc = profile.encode().unwrap();
    assert!(size >= icc.len());
    icc.resize(size, 0);
    icc[..4].copy_from_slice(&(size as u32).to_be_bytes());
    // ICC.1:2022, 7.2.16: X, Y and Z, of which 65,536 are one.
    icc[68..80].copy_from_slice(&[0xf6d6u32, 0x1_0000, 0xd32d].map(u32::to_be_bytes).concat());
    icc
}

/// RGB as an eight-bit PNG.
pub(crate) fn plain_png(pixels: &[u8], width: u32, height: u32, icc: Option<&[u8]>) -> Vec<u8> {
    png(pixels, width, height, (png::ColorType::Rgb, png::BitDepth::Eight), icc)
}

/// Lossless.
pub(crate) fn webp(pixels: &[u8], width: u32, height: u32, icc: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec());
    }
    encoder.encode(pixels, width, height, image_webp::ColorType::Rgb8).unwrap();
    bytes
}

/// By libheif's encoder.
pub(crate) fn heic(pixels: &[u8], width: u32, height: u32, icc: Option<&[u8]>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("picture.png"), folder.path().join("picture.heic"));
    std::fs::write(&from, plain_png(pixels, width, height, icc)).unwrap();
    let run = Command::new("heif-enc").args(["-q", "90", "-o"]).arg(&to).arg(&from).output();
    let run = run.expect("heif-enc is installed (libheif-examples)");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(to).unwrap()
}

/// With everything in it that a camera and its owner may say: where, when, by whom, with what. Written by a program
/// that is not ours.
pub(crate) fn talkative(bytes: &[u8], extension: &str, orientation: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("picture.{extension}"));
    std::fs::write(&file, bytes).unwrap();
    let mut command = Command::new("exiftool");
    command.args(["-q", "-q", "-overwrite_original", "-n"]);
    command.arg(format!("-IFD0:Orientation={orientation}"));
    command.args(["-EXIF:GPSLatitude=48.20849", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=16.37208"]);
    command.args(["-EXIF:GPSLongitudeRef=E", "-EXIF:GPSAltitude=171", "-EXIF:SerialNumber=SN-0815-4711"]);
    command.args(["-EXIF:OwnerName=Olga Owner", "-EXIF:Artist=Olga Owner", "-EXIF:Make=Karl Camera"]);
    command.args(["-EXIF:DateTimeOriginal=2024:05:18 23:41:07", "-EXIF:OffsetTimeOriginal=+02:00"]);
    command.args([
        "-EXIF:ImageDescription=Cellar 7",
        "-EXIF:UserComment=Cellar 7",
        "-XMP:Creator=Olga Owner",
    ]);
    command.args(["-XMP:SerialNumber=SN-0815-4711", "-XMP:City=Cellar 7"]);
    let run = command.arg(&file).output().expect("exiftool is installed (libimage-exiftool-perl)");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(file).unwrap()
}
