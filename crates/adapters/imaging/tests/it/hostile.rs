use crate::corpus::{Ends, Hostile, corpus};
use crate::samples::{self, QUARTERS};
use crate::workshop::{Made, alike, made};
use gallery::{ImageFormat, RenderError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// For any file, on a busy machine and with a program that was not built well.
const LONGEST: Duration = Duration::from_secs(60);

/// What is wrong with what came of it.
fn fault(hostile: &Hostile, came: &Result<Made, RenderError>) -> Option<String> {
    let wrong = |what: &dyn std::fmt::Debug| {
        Some(format!("{}: {:?}, and came to {what:?}", hostile.name, hostile.ends))
    };
    match (came, hostile.ends) {
        (Ok(made), Ends::Any | Ends::Either) => {
            holds_pictures(made).then_some(()).map_or_else(|| wrong(&"files"), |()| None)
        }
        (Ok(made), Ends::Picture) => {
            let seen = made.seen(ImageFormat::WebP);
            let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            for ((x, y), [red, green, blue]) in places.into_iter().zip(QUARTERS) {
                alike(seen.at(x, y), [red, green, blue, 255], 8);
            }
            holds_pictures(made).then_some(()).map_or_else(|| wrong(&"files"), |()| None)
        }
        (Err(RenderError::Refused(refusal)), Ends::Refused(reasons)) if reasons.contains(refusal) => None,
        (Err(RenderError::Refused(_)), Ends::Either) => None,
        (came, _) => wrong(&came.as_ref().map(|made| &made.rendered)),
    }
}

/// The folder has what was made and nothing else, and none of it repeats what came with the picture.
fn holds_pictures(made: &Made) -> bool {
    let all: Vec<_> =
        std::fs::read_dir(made.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let clean = all.iter().all(|path| {
        let bytes = std::fs::read(path).unwrap();
        [&b"script"[..], b"passwd", b"%PDF", b"PK\x03\x04"]
            .iter()
            .all(|word| !bytes.windows(word.len()).any(|part| part == *word))
    });
    clean && all.len() == made.rendered.files.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_badly_ends_well_and_leaves_others_alone() {
    let all = corpus();
    assert!(all.len() >= 60, "{}", all.len());
    let good = samples::jpeg(&samples::stored(1, 640, 480), 640, 480, None);
    let mut faults = Vec::new();
    let mut rest = all.into_iter();
    loop {
        let mut together: JoinSet<Option<String>> = JoinSet::new();
        for hostile in rest.by_ref().take(6) {
            together.spawn(async move {
                let began = Instant::now();
                let came = made(&hostile.bytes).await;
                let took = began.elapsed();
                let slow = (took > LONGEST).then(|| format!("{} took {took:?}", hostile.name));
                fault(&hostile, &came).or(slow)
            });
        }
        if together.is_empty() {
            break;
        }
        // One that is meant well, in the midst of them.
        let beside = made(&good).await.map(|made| made.rendered.files.len());
        assert_eq!(beside.ok(), Some(4));
        while let Some(ended) = together.join_next().await {
            faults.extend(ended.unwrap());
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn who_waits_no_longer_leaves_no_process_behind() {
    let imaging = crate::workshop::imaging();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("upload");
    let pixels = crate::photo::photo(3_000, 2_000, 9);
    std::fs::write(&source, samples::jpeg(&pixels, 3_000, 2_000, None)).unwrap();
    let into = tempfile::tempdir().unwrap();
    let work = gallery::Renderer::render(&imaging, &source, into.path());
    assert!(tokio::time::timeout(Duration::from_millis(60), work).await.is_err());
    let named = source.to_string_lossy().into_owned();
    let running = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(&named)).count()
    };
    for _ in 0..100 {
        if running() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} are left", running());
}
