use crate::samples;
use crate::workshop::{alike, made};
use gallery::ImageFormat;
use png::{BitDepth, ColorType};

const WIDTH: usize = 12_500;
const HEIGHT: usize = 8_000;
const COLOUR: [u8; 3] = [90, 20, 200];

fn pixels() -> Vec<u8> {
    COLOUR.repeat(WIDTH * HEIGHT)
}

/// The most that is taken, within the limits of the server.
async fn fits(name: &str, bytes: &[u8]) {
    let made = made(bytes).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert_eq!((made.rendered.width, made.rendered.height), (12_500, 8_000), "{name}");
    let [red, green, blue] = COLOUR;
    alike(made.seen(ImageFormat::Jpeg).at(0.5, 0.5), [red, green, blue, 255], 6);
}

/// In the kind of JPEG that needs the most of its decoder: all of it is held until the last scan.
#[tokio::test]
async fn a_hundred_megapixels_of_jpeg_fit_into_what_one_may_use() {
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    encoder.encode(&pixels(), WIDTH as u16, HEIGHT as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    fits("progressive jpeg", &progressive).await;
}

/// In the kind of PNG that is largest once it is read: 800 MB.
#[tokio::test]
async fn a_hundred_megapixels_of_png_fit_into_what_one_may_use() {
    let sixteen: Vec<u8> = [90, 20, 200, 255].map(|value| [value; 2]).concat().repeat(WIDTH * HEIGHT);
    let kind = (ColorType::Rgba, BitDepth::Sixteen);
    let deep = samples::png(&sixteen, WIDTH as u32, HEIGHT as u32, kind, None);
    drop(sixteen);
    fits("png of 16 bits with alpha", &deep).await;
}

/// Without loss, which is decoded all at once.
#[tokio::test]
async fn a_hundred_megapixels_of_webp_fit_into_what_one_may_use() {
    let webp = samples::webp(&pixels(), WIDTH as u32, HEIGHT as u32, None);
    fits("webp without loss", &webp).await;
}

/// By another program's decoder, and what it writes is read afterwards.
#[tokio::test]
async fn a_hundred_megapixels_of_heic_fit_into_what_one_may_use() {
    let heic = samples::heic(&pixels(), WIDTH as u32, HEIGHT as u32, None);
    fits("heic", &heic).await;
}
