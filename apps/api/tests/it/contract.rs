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

/// Of two shapes with one name the document would have but one, and say the wrong thing about the other.
#[test]
fn no_two_shapes_share_a_name() {
    let mut named = std::collections::BTreeMap::<String, Vec<String>>::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for (at, _) in text.match_indices("ToSchema)]\n") {
                let rest = text[at..].lines().find_map(|line| {
                    let line = line.trim_start_matches("pub ").trim_start_matches("pub(super) ");
                    line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "))
                });
                let letters = |letter: char| !letter.is_alphanumeric();
                let name = rest.unwrap().split(letters).next().unwrap();
                named.entry(name.to_owned()).or_default().push(path.display().to_string());
            }
        }
    }
    assert!(named.len() > 50, "only {} shapes were found", named.len());
    named.retain(|_, places| places.len() > 1);
    assert!(named.is_empty(), "{named:#?}");
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
