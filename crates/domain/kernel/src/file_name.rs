//! What files are called that somebody saves: readable, and what no system refuses.

/// What somebody wrote, as the name of a file or folder without its ending: at most `longest` bytes of it, and `otherwise`
/// when nothing is left that could be read. File systems take 255 bytes, and some programs add to them.
///
/// What stands for something else in paths is replaced, and what is not seen is left out: marks that turn the direction
/// of what follows could make an ending look like another.
#[must_use]
pub fn readable_name(text: &str, longest: usize, otherwise: &str) -> String {
    let plain = |letter: char| match letter {
        '/' | '\\' | ':' | '|' => '-',
        '"' => '\'',
        '*' | '?' | '<' | '>' | '%' => '_',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        other if other.is_control() || other.is_whitespace() => ' ',
        other => other,
    };
    let mapped: String = text.chars().map(plain).collect();
    let mut name = mapped.split_whitespace().collect::<Vec<_>>().join(" ");
    while name.len() > longest {
        name.pop();
    }
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_can_be_read() {
        for (text, name) in [
            ("Opening night", "Opening night"),
            ("Nächte/2026: \"best\"", "Nächte-2026- 'best'"),
            ("a\u{202e}b  live?", "a b live_"),
            ("..", "album"),
            ("../../etc", "-..-etc"),
            ("a\r\nSet-Cookie: b", "a Set-Cookie- b"),
            ("100% \u{7f}", "100_"),
            (&"ü".repeat(50), &"ü".repeat(20)),
        ] {
            assert_eq!(readable_name(text, 40, "album"), name);
        }
    }

    proptest! {
        #[test]
        fn no_system_refuses_it(text in ".{0,400}") {
            let name = readable_name(&text, 180, "set");
            prop_assert!(!name.is_empty() && name.len() <= 180);
            prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert!(!name.contains(['/', '\\', ':', '"', '%', '\r', '\n', '\0']));
        }
    }
}
