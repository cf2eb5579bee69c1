use crate::samples::{self, QUARTERS, SECRETS};
use crate::workshop::{Made, alike, found_in, made};
use chrono::{TimeZone, Utc};
use gallery::{ImageFormat, Refusal, RenderError, WIDTHS};
use moxcms::ColorProfile;

const BOTH: [ImageFormat; 2] = [ImageFormat::Jpeg, ImageFormat::WebP];

/// Holds every file against what may be in it, and every byte against what may not.
fn says_nothing(made: &Made) {
    let files: Vec<_> = made.rendered.files.iter().map(|file| file.path.clone()).collect();
    for found in found_in(&files) {
        for tag in found.keys() {
            let group = tag.split(':').next().unwrap();
            let known = ["SourceFile", "ExifTool", "System", "File", "JFIF", "RIFF", "Composite"];
            assert!(known.contains(&group), "{tag} in {found:?}");
            assert!(!tag.contains("GPS") && tag != "Composite:SubSecDateTimeOriginal", "{tag}");
        }
    }
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let words = SECRETS.iter().copied().chain(["Exif", "ICC_PROFILE", "ICCP", "http:", "acsp"]);
        for word in words {
            let there = bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!there, "{word} in {}", file.display());
        }
    }
}

#[track_caller]
fn is_upright(made: &Made) {
    for format in BOTH {
        let seen = made.seen(format);
        let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        for ((x, y), [red, green, blue]) in places.into_iter().zip(QUARTERS) {
            alike(seen.at(x, y), [red, green, blue, 255], 6);
        }
    }
}

#[tokio::test]
async fn all_that_a_camera_says_is_gone_but_when_it_was() {
    let pixels = samples::stored(1, 700, 500);
    let heic = samples::heic(&pixels, 700, 500, None);
    let all = [
        ("jpg", samples::jpeg(&pixels, 700, 500, None)),
        ("png", samples::plain_png(&pixels, 700, 500, None)),
        ("webp", samples::webp(&pixels, 700, 500, None)),
        ("heic", heic),
    ];
    for (extension, bytes) in all {
        let talkative = samples::talkative(&bytes, extension, 1);
        for secret in &SECRETS[..4] {
            let there = talkative.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(there, "{secret} in the {extension} before");
        }
        let made = made(&talkative).await.unwrap();
        assert_eq!((made.rendered.width, made.rendered.height), (700, 500), "{extension}");
        let taken = Utc.with_ymd_and_hms(2024, 5, 18, 21, 41, 7).unwrap();
        assert_eq!(made.rendered.taken_at, Some(taken), "{extension}");
        says_nothing(&made);
        is_upright(&made);
    }
}

#[tokio::test]
async fn every_orientation_is_made_upright() {
    for orientation in 1..=8 {
        let (width, height) = (700, 500);
        let pixels = samples::stored(orientation, width, height);
        let bytes = samples::talkative(&samples::jpeg(&pixels, width, height, None), "jpg", orientation);
        let made = made(&bytes).await.unwrap();
        let upright = if orientation >= 5 { (500, 700) } else { (700, 500) };
        assert_eq!((made.rendered.width, made.rendered.height), upright, "{orientation}");
        is_upright(&made);
    }
    let pixels = samples::stored(6, 700, 500);
    for (extension, bytes) in [
        ("png", samples::plain_png(&pixels, 700, 500, None)),
        ("webp", samples::webp(&pixels, 700, 500, None)),
    ] {
        let made = made(&samples::talkative(&bytes, extension, 6)).await.unwrap();
        assert_eq!((made.rendered.width, made.rendered.height), (500, 700), "{extension}");
        is_upright(&made);
    }
}

#[tokio::test]
async fn every_way_that_a_jpeg_is_sampled_and_ordered_is_read() {
    use jpeg_encoder::SamplingFactor::{F_1_1, F_1_2, F_1_4, F_2_1, F_2_2, F_2_4, F_4_1, F_4_2};
    // No multiple of anything; the large one is read at a part of its size.
    for (width, height) in [(707, 501), (5_211, 997)] {
        let pixels = samples::stored(1, width, height);
        for sampling in [F_1_1, F_1_2, F_1_4, F_2_1, F_2_2, F_2_4, F_4_1, F_4_2] {
            // Restarts go with the tables of the standard only: the encoder counts none of them.
            for (apart, progressive, restarts) in
                [(false, false, 0), (true, false, 0), (true, true, 0), (false, false, 7), (false, true, 7)]
            {
                let mut bytes = Vec::new();
                let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
                encoder.set_sampling_factor(sampling);
                // Which also writes each component apart from the others.
                encoder.set_optimized_huffman_tables(apart);
                encoder.set_progressive(progressive);
                encoder.set_restart_interval(restarts);
                let colours = jpeg_encoder::ColorType::Rgb;
                encoder.encode(&pixels, width as u16, height as u16, colours).unwrap();
                let made = made(&bytes).await;
                let what = (width, sampling, apart, progressive, restarts);
                let made = made.unwrap_or_else(|error| panic!("{what:?}: {error:?}"));
                assert_eq!((made.rendered.width, made.rendered.height), (width as u32, height as u32));
                is_upright(&made);
            }
        }
    }
}

/// Linear light of sRGB for linear light of another space, by the standards' own numbers.
type Matrix = [[f64; 3]; 3];
const FROM_P3: Matrix =
    [[1.224_940, -0.224_940, 0.0], [-0.042_057, 1.042_057, 0.0], [-0.019_638, -0.078_636, 1.098_274]];
const FROM_ADOBE: Matrix = [[1.398_356, -0.398_356, 0.0], [0.0, 1.0, 0.0], [0.0, -0.042_929, 1.042_929]];

fn in_srgb(colour: [u8; 3], matrix: Matrix, linear: impl Fn(f64) -> f64) -> [u8; 4] {
    let light = colour.map(|value| linear(f64::from(value) / 255.0));
    let [red, green, blue] = matrix.map(|row| {
        let light: f64 = row.iter().zip(light).map(|(factor, light)| factor * light).sum();
        let light = light.clamp(0.0, 1.0);
        let value = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (value * 255.0).round() as u8
    });
    [red, green, blue, 255]
}

fn srgb_linear(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn adobe_linear(value: f64) -> f64 {
    value.powf(563.0 / 256.0)
}

#[tokio::test]
async fn colours_of_other_spaces_become_those_of_srgb() {
    let p3 = samples::profile(&ColorProfile::new_display_p3(), 4_096);
    let adobe = samples::profile(&ColorProfile::new_adobe_rgb(), 4_096);
    // Too large for one segment of a JPEG.
    let large = samples::profile(&ColorProfile::new_display_p3(), 150_000);
    for colour in [[180, 60, 50], [60, 140, 70], [128, 128, 128], [90, 80, 170]] {
        let pixels = colour.repeat(400 * 300);
        let from_p3 = in_srgb(colour, FROM_P3, srgb_linear);
        let from_adobe = in_srgb(colour, FROM_ADOBE, adobe_linear);
        let all = [
            (samples::jpeg(&pixels, 400, 300, Some(&p3)), from_p3),
            (samples::jpeg(&pixels, 400, 300, Some(&large)), from_p3),
            (samples::jpeg(&pixels, 400, 300, Some(&adobe)), from_adobe),
            (samples::plain_png(&pixels, 400, 300, Some(&p3)), from_p3),
            (samples::webp(&pixels, 400, 300, Some(&adobe)), from_adobe),
            (samples::heic(&pixels, 400, 300, Some(&p3)), from_p3),
        ];
        for (bytes, wanted) in all {
            let start = String::from_utf8_lossy(&bytes[..16]).into_owned();
            let made = made(&bytes).await.unwrap_or_else(|error| panic!("{start}: {error:?}"));
            for format in BOTH {
                alike(made.seen(format).at(0.5, 0.5), wanted, 5);
            }
            says_nothing(&made);
        }
    }
}

#[tokio::test]
async fn code_points_stand_for_a_profile() {
    let colour = [180, 60, 50];
    let of = |primaries, transfer| {
        let png = samples::plain_png(&colour.repeat(400 * 300), 400, 300, None);
        let points = samples::chunk(b"cICP", &[primaries, transfer, 0, 1]);
        let (head, rest) = png.split_at(samples::PNG_HEAD_END);
        [head, &points, rest].concat()
    };
    let [red, green, blue] = colour;
    let p3 = made(&of(12, 13)).await.unwrap();
    alike(p3.seen(ImageFormat::WebP).at(0.5, 0.5), in_srgb(colour, FROM_P3, srgb_linear), 5);
    let srgb = made(&of(1, 13)).await.unwrap();
    alike(srgb.seen(ImageFormat::WebP).at(0.5, 0.5), [red, green, blue, 255], 5);
    let film = made(&of(9, 16)).await.map(|made| made.rendered);
    assert!(matches!(film, Err(RenderError::Refused(Refusal::Unsupported))), "{film:?}");
}

#[tokio::test]
async fn adobe_rgb_is_known_by_the_word_of_a_camera_alone() {
    let colour = [60, 140, 70];
    let bytes = samples::jpeg(&colour.repeat(400 * 300), 400, 300, None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("picture.jpg");
    std::fs::write(&file, bytes).unwrap();
    let run = std::process::Command::new("exiftool")
        .args(["-q", "-overwrite_original", "-n", "-InteropIndex=R03", "-ColorSpace=65535"])
        .arg(&file)
        .status();
    assert!(run.unwrap().success());
    let made = made(&std::fs::read(file).unwrap()).await.unwrap();
    alike(made.seen(ImageFormat::WebP).at(0.5, 0.5), in_srgb(colour, FROM_ADOBE, adobe_linear), 5);
}

#[tokio::test]
async fn every_kind_of_png_is_taken() {
    use png::{BitDepth, ColorType};
    let (width, height) = (320, 240);
    let pixels = (width * height) as usize;
    let sixteen =
        |values: &[u16]| -> Vec<u8> { values.iter().flat_map(|value| value.to_be_bytes()).collect() };
    let all = [
        (ColorType::Grayscale, BitDepth::Eight, vec![90], [90, 90, 90, 255]),
        (ColorType::Grayscale, BitDepth::Sixteen, sixteen(&[90 * 257]), [90, 90, 90, 255]),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, vec![90, 128], [90, 90, 90, 128]),
        (ColorType::Rgb, BitDepth::Sixteen, sixteen(&[90 * 257, 20 * 257, 200 * 257]), [90, 20, 200, 255]),
        (ColorType::Rgba, BitDepth::Eight, vec![90, 20, 200, 128], [90, 20, 200, 128]),
        (ColorType::Rgba, BitDepth::Eight, vec![90, 20, 200, 255], [90, 20, 200, 255]),
    ];
    for (colours, depth, pixel, wanted) in all {
        let bytes = samples::png(&pixel.repeat(pixels), width, height, (colours, depth), None);
        let made = made(&bytes).await.unwrap();
        alike(made.seen(ImageFormat::WebP).at(0.5, 0.5), wanted, 6);
        let [red, green, blue, alpha] = wanted.map(u32::from);
        let on_white = |colour: u32| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        let wanted = [on_white(red), on_white(green), on_white(blue), 255];
        alike(made.seen(ImageFormat::Jpeg).at(0.5, 0.5), wanted, 6);
    }
}

#[tokio::test]
async fn nothing_is_made_wider_than_the_picture() {
    let widths = |made: &Made| -> Vec<(u32, u32)> {
        let files = made.rendered.files.iter().filter(|file| file.format == ImageFormat::WebP);
        files.map(|file| (file.width, file.height)).collect()
    };
    let of = async |width: usize, height: usize| {
        made(&samples::jpeg(&samples::stored(1, width, height), width, height, None)).await.unwrap()
    };
    assert_eq!(widths(&of(700, 500).await), [(320, 229), (640, 457), (700, 500)]);
    assert_eq!(widths(&of(640, 10).await), [(320, 5), (640, 10)]);
    assert_eq!(widths(&of(1, 1).await), [(1, 1)]);
    assert_eq!(widths(&of(2, 40_000).await), [(1, 16_383)]);
    let large = of(2_700, 1_800).await;
    assert_eq!(widths(&large).iter().map(|(width, _)| *width).collect::<Vec<_>>(), WIDTHS);
    for file in &large.rendered.files {
        assert_eq!(std::fs::metadata(&file.path).unwrap().len(), file.bytes);
        let expected = large.folder.path().canonicalize().unwrap();
        assert_eq!(file.path, expected.join(format!("{}.{}", file.width, file.format.extension())));
    }
    assert!(large.file(2560, ImageFormat::Jpeg).bytes > large.file(320, ImageFormat::Jpeg).bytes);
    assert_eq!(std::fs::read_dir(large.folder.path()).unwrap().count(), 2 * WIDTHS.len());
}

#[tokio::test]
async fn a_blur_of_the_picture_is_kept() {
    let pixels = [200, 40, 40].repeat(500 * 250);
    let made = made(&samples::jpeg(&pixels, 500, 250, None)).await.unwrap();
    let hash = &made.rendered.thumbhash;
    let (red, green, blue, alpha) = thumbhash::thumb_hash_to_average_rgba(hash).unwrap();
    assert!((0.7..0.87).contains(&red) && green < 0.25 && blue < 0.25 && alpha > 0.99);
    assert!((thumbhash::thumb_hash_to_approximate_aspect_ratio(hash).unwrap() - 2.0).abs() < 0.5);
}

#[tokio::test]
async fn heic_waits_where_nothing_can_read_it() {
    let imaging = adapter_imaging::Imaging { heif: None, ..crate::workshop::imaging() };
    let heic = samples::heic(&samples::stored(1, 320, 240), 320, 240, None);
    let refused = crate::workshop::made_by(&imaging, &heic).await.map(|made| made.rendered);
    assert!(matches!(refused, Err(RenderError::Missing("heif-convert"))), "{refused:?}");
    let gone =
        adapter_imaging::Imaging { heif: Some("/nowhere/heif-convert".into()), ..crate::workshop::imaging() };
    let refused = crate::workshop::made_by(&gone, &heic).await.map(|made| made.rendered);
    assert!(matches!(refused, Err(RenderError::Missing("heif-convert"))), "{refused:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_no_fault_of_the_picture() {
    let imaging =
        adapter_imaging::Imaging { program: "/nowhere/picture".into(), ..crate::workshop::imaging() };
    let bytes = samples::jpeg(&samples::stored(1, 32, 32), 32, 32, None);
    let failed = crate::workshop::made_by(&imaging, &bytes).await.map(|made| made.rendered);
    assert!(matches!(failed, Err(RenderError::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn too_little_memory_or_room_ends_as_a_refusal_and_a_machine_that_stands_still_does_not() {
    let bytes = samples::jpeg(&crate::photo::photo(2_000, 1_500, 3), 2_000, 1_500, None);
    let made = async |limits| {
        let imaging = adapter_imaging::Imaging { limits, ..crate::workshop::imaging() };
        crate::workshop::made_by(&imaging, &bytes).await.map(|made| made.rendered)
    };
    for limits in [
        adapter_imaging::Limits { memory: 24 << 20, ..Default::default() },
        adapter_imaging::Limits { file: 8 << 10, ..Default::default() },
    ] {
        let refused = made(limits).await;
        assert!(matches!(refused, Err(RenderError::Refused(Refusal::TooMuch))), "{limits:?}: {refused:?}");
    }
    // Its time of the processor was not over: that says nothing of the picture, which is tried again.
    let patience = std::time::Duration::from_millis(30);
    let late = made(adapter_imaging::Limits { patience, ..Default::default() }).await;
    assert!(matches!(late, Err(RenderError::Failed(_))), "{late:?}");
}
