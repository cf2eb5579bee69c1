//! In which words something is said: plain text in up to two languages.

use kernel::{Invalid, Language};
use serde::{Deserialize, Serialize};

/// Most characters of a subject.
pub const LONGEST_SUBJECT: usize = 200;
/// Most characters of a text.
pub const LONGEST_BODY: usize = 10_000;
/// With what a paragraph begins that is an address, if it consists of nothing else.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// What is said in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// One line.
    pub subject: String,
    /// Plain text. Empty lines separate paragraphs; one that is an address and nothing else is a link.
    pub body: String,
}

/// The same in several languages; in one at least.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Texts {
    /// In English.
    pub en: Option<Wording>,
    /// In German.
    pub de: Option<Wording>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines that belong together.
    Paragraph(Vec<String>),
    /// An address to open.
    Link(String),
}

impl Wording {
    /// What was written, without what cannot be seen around it; `field` is what it is a part of.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn written(field: &str, subject: &str, body: &str) -> Result<Self, Vec<Invalid>> {
        let mut wrong = Vec::new();
        let (subject, body) = (subject.trim(), body.replace("\r\n", "\n"));
        let body = body.trim_matches(|letter: char| letter == '\n' || letter == ' ');
        let unseen = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
        for (part, text, longest, malformed) in [
            ("subject", subject, LONGEST_SUBJECT, subject.contains(char::is_control)),
            ("body", body, LONGEST_BODY, body.contains(unseen)),
        ] {
            let field = format!("{field}.{part}");
            if text.is_empty() {
                wrong.push(Invalid::new(field, "required", "this is required"));
            } else if text.chars().count() > longest {
                let message = format!("must have at most {longest} characters");
                wrong.push(Invalid::new(field, "too_long", message));
            } else if malformed {
                wrong.push(Invalid::new(field, "malformed", "must not have control characters"));
            }
        }
        let written = Self { subject: subject.to_owned(), body: body.to_owned() };
        if wrong.is_empty() { Ok(written) } else { Err(wrong) }
    }

    /// The text as it is set. Whatever is typed is a word of it: there is no way to say anything to a mail program.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines: Vec<String> = Vec::new();
        // One line more, which is empty, ends the last paragraph.
        for line in self.body.lines().chain([""]) {
            // Blanks in a row, as tables of the past were made of, are one.
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if !line.is_empty() {
                lines.push(line);
            } else if !lines.is_empty() {
                blocks.push(block(std::mem::take(&mut lines)));
            }
        }
        blocks
    }
}

fn block(lines: Vec<String>) -> Block {
    match lines.as_slice() {
        [only] if SCHEMES.iter().any(|scheme| is_address(only, scheme)) => Block::Link(only.clone()),
        _ => Block::Paragraph(lines),
    }
}

fn is_address(line: &str, scheme: &str) -> bool {
    line.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
}

impl Texts {
    /// What is said in a language.
    #[must_use]
    pub const fn of(&self, language: Language) -> Option<&Wording> {
        match language {
            Language::English => self.en.as_ref(),
            Language::German => self.de.as_ref(),
        }
    }

    /// What somebody is sent who wishes this language, and in which it is: that one if it is there, else the other.
    #[must_use]
    pub fn read_in(&self, wished: Language) -> Option<(Language, &Wording)> {
        let first = std::iter::once(wished);
        first.chain(Language::ALL).find_map(|language| Some((language, self.of(language)?)))
    }

    /// In which languages it is.
    #[must_use]
    pub fn languages(&self) -> Vec<Language> {
        Language::ALL.into_iter().filter(|language| self.of(*language).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wording(body: &str) -> Wording {
        Wording::written("texts.en", "Doors", body).unwrap()
    }

    #[test]
    fn empty_lines_separate_paragraphs_and_an_address_alone_is_a_link() {
        let written = wording(
            "\n\nHello,\r\nthe doors open  at 7.\n \n\nhttps://example.org/a?b=1\n\nSee https://a.b\n",
        );
        let lines = |lines: &[&str]| Block::Paragraph(lines.iter().map(|&line| line.to_owned()).collect());
        let expected = [
            lines(&["Hello,", "the doors open at 7."]),
            Block::Link("https://example.org/a?b=1".into()),
            lines(&["See https://a.b"]),
        ];
        assert_eq!(written.blocks(), expected);
        for text in ["https://", "javascript:alert(1)", "ftp://example.org", "HTTPS://example.org x"] {
            assert_eq!(wording(text).blocks(), [lines(&[text])], "{text}");
        }
    }

    #[test]
    fn what_is_missing_too_long_or_cannot_be_seen_is_named() {
        let codes = |subject: &str, body: &str| -> Vec<(String, &'static str)> {
            let wrong = Wording::written("texts.de", subject, body).unwrap_err();
            wrong.into_iter().map(|one| (one.field, one.code)).collect()
        };
        let (subject, body) = ("texts.de.subject".to_owned(), "texts.de.body".to_owned());
        let nothing = [(subject.clone(), "required"), (body.clone(), "required")];
        assert_eq!(codes(" ", "\n \n"), nothing);
        let long = ("x".repeat(LONGEST_SUBJECT + 1), "ü".repeat(LONGEST_BODY + 1));
        assert_eq!(codes(&long.0, &long.1), [(subject.clone(), "too_long"), (body.clone(), "too_long")]);
        assert_eq!(codes("a\nBcc: b", "x"), [(subject, "malformed")]);
        assert_eq!(codes("a", "x\u{7}"), [(body, "malformed")]);
        assert!(Wording::written("texts.de", &"ü".repeat(LONGEST_SUBJECT), "x\ty").is_ok());
    }

    #[test]
    fn whoever_wishes_a_language_that_is_not_there_reads_the_other() {
        let (english, german) = (wording("Hello"), wording("Hallo"));
        let both = Texts { en: Some(english.clone()), de: Some(german.clone()) };
        assert_eq!(both.read_in(Language::German), Some((Language::German, &german)));
        assert_eq!(both.read_in(Language::English), Some((Language::English, &english)));
        let one = Texts { en: None, de: Some(german.clone()) };
        assert_eq!(one.read_in(Language::English), Some((Language::German, &german)));
        assert_eq!(
            (one.languages(), Texts::default().read_in(Language::German)),
            (vec![Language::German], None)
        );
    }

    proptest! {
        #[test]
        fn every_word_is_set_and_nothing_else(body in "[a-z :/.<>&\n\t]{0,200}") {
            if let Ok(written) = Wording::written("texts.en", "x", &body) {
                let mut set = Vec::new();
                for block in written.blocks() {
                    let lines = match block {
                        Block::Paragraph(lines) => lines,
                        Block::Link(address) => vec![address],
                    };
                    prop_assert!(!lines.is_empty() && lines.iter().all(|line| !line.is_empty()));
                    set.extend(lines.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect::<Vec<_>>());
                }
                let typed: Vec<_> = body.split_whitespace().map(str::to_owned).collect();
                prop_assert_eq!(set, typed);
            }
        }
    }
}
