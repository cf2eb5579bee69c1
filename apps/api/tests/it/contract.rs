//! `docs/openapi.json` is what clients are written against: it changes on purpose only.

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
