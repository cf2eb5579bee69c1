//! Each file of the corpus ends in a clear refusal, or in a good result.

use crate::bench::Bench;
use crate::corpus::End::{Played, Refused};
use crate::corpus::{Corpus, corpus, too_much};
use music::LADDER;
use std::time::{Duration, Instant};

#[tokio::test]
async fn every_file_of_the_corpus_ends_as_it_should() {
    let corpus = corpus();
    println!("{} files", corpus.files.len());
    assert!(corpus.files.len() >= 55);
    let mut wrong = Vec::new();
    for (path, end) in &corpus.files {
        let (name, begun) = (path.file_name().unwrap().display().to_string(), Instant::now());
        let made = corpus.bench.process(path).await;
        let took = begun.elapsed();
        println!("{name}: {:?} after {took:?}", made.as_ref().map(|made| made.duration_ms));
        let as_it_should = match (&made, end) {
            (Ok(made), Played) => made.files.len() == LADDER.len() && made.duration_ms.abs_diff(6_000) < 300,
            (Err(music::ProcessError::Refused(refusal)), Refused(reasons)) => reasons.contains(refusal),
            _ => false,
        };
        if !as_it_should || took > Duration::from_secs(60) {
            wrong.push(format!("{name}: {:?} after {took:?}", made.map(|made| made.duration_ms)));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[tokio::test]
async fn words_of_a_file_do_not_become_what_was_measured() {
    let bench = Bench::new();
    let mut corpus = Corpus { bench, files: Vec::new() };
    too_much(&mut corpus);
    let path = corpus.bench.path("words.mp3");
    let made = corpus.bench.process(&path).await.unwrap();
    assert!((made.loudness.true_peak_dbtp + 12.0).abs() < 1.0, "{:?}", made.loudness);
    let made = corpus.bench.process(&corpus.bench.path("chapters.mp3")).await.unwrap();
    assert_eq!(made.chapters.len(), adapter_ffmpeg::MOST_CHAPTERS);
}
