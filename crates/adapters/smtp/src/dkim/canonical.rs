//! How header and body are read before they are signed, so that what servers on the way do to blanks and line ends breaks no
//! signature: "relaxed" (RFC 6376, sections 3.4.2 and 3.4.4).

/// A header field.
pub(super) struct Field {
    /// In lower case.
    pub(super) name: String,
    /// Unfolded.
    value: String,
}

/// The header fields of a message from top to bottom, and its body.
pub(super) fn parted(message: &[u8]) -> (Vec<Field>, &[u8]) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |end| end + 4);
    let (head, body) = message.split_at(end);
    let mut fields: Vec<Field> = Vec::new();
    for line in String::from_utf8_lossy(head).lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some(field)) => field.value.push_str(line),
            _ => fields.extend(field(line)),
        }
    }
    (fields, body)
}

fn field(line: &str) -> Option<Field> {
    let (name, value) = line.split_once(':')?;
    Some(Field { name: name.trim().to_ascii_lowercase(), value: value.to_owned() })
}

/// The fields of these names, in their order, each with a line end. Of several of one name the last is taken first; of one
/// that is not there, nothing.
pub(super) fn chosen(fields: &[Field], names: &[&str]) -> String {
    let mut left: Vec<&Field> = fields.iter().collect();
    let mut text = String::new();
    for name in names {
        if let Some(place) = left.iter().rposition(|field| field.name == *name) {
            text.push_str(&one(left.remove(place)));
            text.push_str("\r\n");
        }
    }
    text
}

/// One header as it stands in a message, without a line end.
pub(super) fn relaxed(header: &str) -> String {
    field(&header.replace("\r\n", "")).map_or_else(String::new, |field| one(&field))
}

fn one(field: &Field) -> String {
    let words: Vec<&str> = field.value.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    format!("{}:{}", field.name, words.join(" "))
}

/// Hands the body on, part by part.
pub(super) fn body(body: &[u8], mut write: impl FnMut(&[u8])) {
    // Empty lines count only when another line follows.
    let mut empty = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().all(is_blank) {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            write(b"\r\n");
        }
        let mut gap = false;
        for run in line.chunk_by(|one, next| is_blank(one) == is_blank(next)) {
            if run.iter().all(is_blank) {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                write(b" ");
            }
            write(run);
        }
        write(b"\r\n");
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(text: &str) -> String {
        let mut bytes = Vec::new();
        body(text.as_bytes(), |part| bytes.extend_from_slice(part));
        String::from_utf8(bytes).unwrap()
    }

    /// RFC 6376, section 3.4.5.
    #[test]
    fn the_examples_of_the_standard_come_out_as_it_says() {
        let (fields, rest) = parted(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
        assert_eq!(chosen(&fields, &["a", "b"]), "a:X\r\nb:Y Z\r\n");
        assert_eq!(body_of(std::str::from_utf8(rest).unwrap()), " C\r\nD E\r\n");
    }

    #[test]
    fn empty_lines_count_between_others_and_not_at_the_end() {
        for (text, expected) in [
            ("", ""),
            ("\r\n", ""),
            (" \t \r\n\r\n", ""),
            ("a", "a\r\n"),
            ("a\r\n  \r\n\r\nb\r\n \r\n", "a\r\n\r\n\r\nb\r\n"),
            ("\r\na\r\n", "\r\na\r\n"),
            ("a \t\r\n  b\t\tc", "a\r\n b c\r\n"),
        ] {
            assert_eq!(body_of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn of_several_fields_of_a_name_the_last_is_taken_first() {
        let (fields, rest) = parted(b"X: 1\r\nY: 2\r\nx:3\r\n\r\n");
        assert_eq!(chosen(&fields, &["x", "z", "x", "x"]), "x:3\r\nx:1\r\n");
        assert!(rest.is_empty());
        let (fields, rest) = parted(b"X: 1\r\n");
        assert_eq!((chosen(&fields, &["x"]).as_str(), rest), ("x:1\r\n", &b""[..]));
    }
}
