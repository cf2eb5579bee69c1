//! Reads what a file says, page by page.

use lopdf::Document;

/// The text of each page.
pub(crate) fn pages(file: &[u8]) -> Vec<String> {
    let document = Document::load_mem(file).unwrap();
    document.get_pages().keys().map(|page| document.extract_text(&[*page]).unwrap()).collect()
}

/// All text, with every run of white space as one space.
pub(crate) fn text(file: &[u8]) -> String {
    pages(file).join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How often each text is found, each of which has to be there.
pub(crate) fn assert_all(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
