use crate::samples;
use crate::workshop::{alike, made};
use gallery::ImageFormat;
use png::{BitDepth, ColorType};

const WIDTH: usize = 12_500;
const HEIGHT: usize = 8_000;

/// The most that is taken, of each format that needs the most of its decoder, within the limits of the server.
#[tokio::test]
async fn a_hundred_megapixels_fit_into_what_one_may_use() {
    let colour = [90, 20, 200];
    let pixels = colour.repeat(WIDTH * HEIGHT);
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    encoder.encode(&pixels, WIDTH as u16, HEIGHT as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    drop(pixels);
    let sixteen: Vec<u8> = [90, 20, 200, 255].map(|value| [value; 2]).concat().repeat(WIDTH * HEIGHT);
    let kind = (ColorType::Rgba, BitDepth::Sixteen);
    let deep = samples::png(&sixteen, WIDTH as u32, HEIGHT as u32, kind, None);
    drop(sixteen);
    for (name, bytes) in [("progressive jpeg", progressive), ("png of 16 bits with alpha", deep)] {
        let made = made(&bytes).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!((made.rendered.width, made.rendered.height), (12_500, 8_000), "{name}");
        let [red, green, blue] = colour;
        alike(made.seen(ImageFormat::Jpeg).at(0.5, 0.5), [red, green, blue, 255], 6);
    }
}
