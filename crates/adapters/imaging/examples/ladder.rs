//! Measures the whole ladder: `ladder make FILE.jpg [WIDTH HEIGHT]` draws a picture like a photograph, `ladder time
//! FILE RUNS` makes all its renditions RUNS times over, each time in a process of its own as the server does, and says
//! how long that took and how large they are. The program `picture` of this crate must have been built alike.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::indexing_slicing)]

#[path = "../tests/it/photo.rs"]
mod photo;

use adapter_imaging::{Imaging, Limits};
use gallery::{ImageFormat, Renderer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::Confines;
use std::path::Path;
use std::time::Instant;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", file] => make(file, 6000, 4000),
        ["make", file, width, height] => make(file, width.parse().unwrap(), height.parse().unwrap()),
        ["time", file, runs] => time(Path::new(file), runs.parse().unwrap()).await,
        _ => println!("ladder make FILE [WIDTH HEIGHT] | ladder time FILE RUNS"),
    }
}

fn make(file: &str, width: u16, height: u16) {
    let pixels = photo::photo(width.into(), height.into(), 1);
    let mut encoder = Encoder::new_file(file, 92).unwrap();
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&pixels, width, height, ColorType::Rgb).unwrap();
}

async fn time(source: &Path, runs: u32) {
    let program = std::env::current_exe().unwrap();
    let program = program.parent().and_then(Path::parent).unwrap().join("picture");
    let (confines, arguments, heif) = (Confines::none(), Vec::new(), Some("/usr/bin/heif-convert".into()));
    let imaging = Imaging { confines, program, arguments, heif, limits: Limits::default() };
    let mut best = f64::MAX;
    for run in 1..=runs {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let rendered = imaging.render(source, folder.path()).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        best = best.min(took);
        println!("{took:.3} s");
        if run == runs {
            for format in [ImageFormat::Jpeg, ImageFormat::WebP] {
                let files: Vec<_> = rendered.files.iter().filter(|file| file.format == format).collect();
                let sizes: Vec<_> = files.iter().map(|file| (file.width, file.bytes)).collect();
                let sum: u64 = files.iter().map(|file| file.bytes).sum();
                println!("{format:?} {sum} bytes: {sizes:?}");
            }
        }
    }
    println!("best {best:.3} s, {:.2} pictures per second", 1.0 / best);
}
