//! Messages as far as reports need them (RFC 5322, RFC 2045, RFC 2046): header fields, and the parts of one level. Whatever
//! comes is read once and in one direction, so that nothing that anybody sends takes long or goes deep.

/// Most fields that are read of one header.
const MOST_FIELDS: usize = 500;
/// Most parts that are read of one message; a report has three.
const MOST_PARTS: usize = 20;

/// Fields of a header, or a paragraph that is written like one.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `Name: value` lines; a line that begins with a blank goes on with the value of the one before.
    pub(super) fn of(text: &str) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                if fields.len() >= MOST_FIELDS {
                    break;
                }
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(fields)
    }

    /// The first field of a name, which is given in small letters.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All fields of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A message, or a part of one.
#[derive(Debug)]
pub(super) struct Part<'m> {
    /// What stands before the first empty line.
    pub(super) header: Fields,
    /// What stands after it.
    pub(super) body: &'m str,
}

impl<'m> Part<'m> {
    /// Reads a text with plain line ends.
    pub(super) fn of(text: &'m str) -> Self {
        let (header, body) = match text.strip_prefix('\n') {
            Some(body) => ("", body),
            None => text.split_once("\n\n").unwrap_or((text, "")),
        };
        Self { header: Fields::of(header), body }
    }

    /// Whether it says to be of this type, in whatever case.
    pub(super) fn is(&self, wanted: &str) -> bool {
        let kind = self.header.get("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    /// The parts of a multipart body; none where it says of nothing what separates them. What was cut off counts.
    pub(super) fn parts(&self) -> Vec<Part<'m>> {
        let kind = self.header.get("content-type").unwrap_or_default();
        let Some(boundary) = parameter(kind, "boundary").filter(|boundary| !boundary.is_empty()) else {
            return Vec::new();
        };
        let (mut found, mut start, mut at) = (Vec::new(), None, 0);
        for line in self.body.split_inclusive('\n') {
            let rest =
                line.trim_end().strip_prefix("--").and_then(|rest| rest.strip_prefix(boundary.as_str()));
            if let Some(rest) = rest.filter(|rest| ["", "--"].contains(rest)) {
                if let Some(start) = start.take() {
                    found.extend(self.body.get(start..at).map(Part::of));
                }
                if !rest.is_empty() || found.len() >= MOST_PARTS {
                    return found;
                }
                start = Some(at + line.len());
            }
            at += line.len();
        }
        if let Some(start) = start {
            found.extend(self.body.get(start..).map(Part::of));
        }
        found
    }
}

/// A parameter of a field, as `boundary` of `multipart/report; boundary="a;b"` (RFC 2045, section 5.1).
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = value.split_once(';')?;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (text, next) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (text, next) = after.split_at_checked(end)?;
                (text.trim().to_owned(), next)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = next.trim_start().strip_prefix(';')?;
    }
}

/// A text up to the quotation mark that ends it, and what stands behind that.
fn unquoted(text: &str) -> (String, &str) {
    let (mut value, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    (value, letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_case_and_unfolded() {
        let fields =
            Fields::of("Subject: one\n two\n\tthree\nno field\nTO: ada@example.org\nTo: bob@example.org");
        assert_eq!(fields.get("subject"), Some("one two three"));
        assert_eq!(fields.all("to").collect::<Vec<_>>(), ["ada@example.org", "bob@example.org"]);
        assert_eq!(fields.get("from"), None);
    }

    #[test]
    fn parameters_are_read_however_they_are_written() {
        for (value, boundary) in [
            ("multipart/report; boundary=abc", Some("abc")),
            (
                "multipart/report; report-type=delivery-status;\tBoundary = \"a;b=\\\"c\\\\\" ; x=y",
                Some("a;b=\"c\\"),
            ),
            ("multipart/report; boundary=\"open", Some("open")),
            ("multipart/report; boundary", None),
            ("multipart/report", None),
        ] {
            assert_eq!(parameter(value, "boundary").as_deref(), boundary, "{value}");
        }
    }

    #[test]
    fn parts_stand_between_their_lines_and_nowhere_else() {
        let text = "Content-Type: multipart/report; boundary=b\n\nbefore\n--b\nA: 1\n\none\n--bx\n--b  \n\ntwo\n--b--\n--b\n\nafter";
        let message = Part::of(text);
        let parts = message.parts();
        assert_eq!(parts.iter().map(|part| part.body).collect::<Vec<_>>(), ["one\n--bx\n", "two\n"]);
        assert_eq!(parts[0].header.get("a"), Some("1"));
        assert!(message.is("Multipart/Report") && !message.is("multipart"));
    }

    #[test]
    fn what_was_cut_off_is_a_part_and_too_many_are_not_read() {
        let head = "Content-Type: multipart/report; boundary=b\n\n";
        assert_eq!(Part::of(&format!("{head}--b\nA: 1\n\none")).parts()[0].body, "one");
        let many = format!("{head}{}", "--b\n\nx\n".repeat(1000));
        assert_eq!(Part::of(&many).parts().len(), MOST_PARTS);
        assert!(Part::of("Content-Type: text/plain\n\n--\n\nx").parts().is_empty());
    }
}
