//! `docs/openapi.json` is what clients are written against: it changes on purpose only.

use crate::harness::document::{json_contents, mistakes};

/// To take over a change: `synesthesie openapi > docs/openapi.json`.
#[test]
fn the_written_document_is_the_served_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == synesthesie::http::openapi::text(),
        "docs/openapi.json is not what is served; if that is intended: synesthesie openapi > docs/openapi.json"
    );
}

/// `./dev examples` makes those that are missing.
#[test]
fn every_call_has_an_example_that_is_as_documented() {
    let mut wrong = Vec::new();
    for (call, part, content) in json_contents() {
        match content.get("example") {
            None => wrong.push(format!("{call} has no example of its {part}")),
            Some(example) => wrong.extend(
                mistakes(&content["schema"], example).iter().map(|it| format!("{call} {part}: {it}")),
            ),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
