//! What people write about albums, pictures and their wishes, taken or refused with the reason.

use kernel::Invalid;

/// Most characters of an album's title.
pub const LONGEST_TITLE: usize = 200;
/// Most characters of a caption.
pub const LONGEST_CAPTION: usize = 500;
/// Most characters of why somebody wants a picture gone, and of what they are told.
pub const LONGEST_NOTE: usize = 1_000;
/// Most characters of what is kept of a file's name.
const LONGEST_FILENAME: usize = 200;

/// One line of 1 to `longest` characters, without spaces around it.
pub(crate) fn line(field: &str, text: &str, longest: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new(field, "required", "this is required"));
    }
    bounded(field, text, longest)?;
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "malformed", "must not have control characters"));
    }
    Ok(text.to_owned())
}

/// Up to `longest` characters, with line breaks; `None` when nothing is said.
pub(crate) fn note(field: &str, text: Option<&str>, longest: usize) -> Result<Option<String>, Invalid> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    bounded(field, text, longest)?;
    if text.chars().any(|one| one.is_control() && one != '\n' && one != '\r' && one != '\t') {
        return Err(Invalid::new(field, "malformed", "must not have control characters"));
    }
    Ok(Some(text.to_owned()))
}

fn bounded(field: &str, text: &str, longest: usize) -> Result<(), Invalid> {
    if text.chars().count() <= longest {
        return Ok(());
    }
    Err(Invalid::new(field, "too_long", format!("must have at most {longest} characters")))
}

/// What is kept of what a sender called a file: its last part, without what cannot be seen. It names nothing.
pub(crate) fn filename(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = last.chars().filter(|one| !one.is_control()).take(LONGEST_FILENAME);
    let name: String = seen.collect();
    let name = name.trim();
    if name.is_empty() { "picture".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("title", "  Night  ", 10), Ok("Night".to_owned()));
        for (text, code) in
            [("", "required"), (" ", "required"), ("a\nb", "malformed"), ("elevenchars", "too_long")]
        {
            assert_eq!(line("title", text, 10).unwrap_err().code, code, "{text}");
        }
        assert!(line("title", "zehn Äöü ß", 10).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn a_note_may_be_left_out_and_may_have_lines() {
        assert_eq!(note("note", None, 5), Ok(None));
        assert_eq!(note("note", Some(" \n"), 5), Ok(None));
        assert_eq!(note("note", Some("a\nb"), 5), Ok(Some("a\nb".to_owned())));
        assert_eq!(note("note", Some("123456"), 5).unwrap_err().code, "too_long");
        assert_eq!(note("note", Some("a\u{7}"), 5).unwrap_err().code, "malformed");
    }

    #[test]
    fn a_file_is_called_by_its_last_part_whatever_path_was_sent() {
        for (given, kept) in [
            ("a.jpg", "a.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\a.jpg", "a.jpg"),
            ("", "picture"),
            ("x/", "picture"),
            ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ] {
            assert_eq!(filename(given), kept);
        }
        assert_eq!(filename(&"x".repeat(5_000)).len(), 200);
    }
}
