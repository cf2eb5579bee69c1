//! What files are called that somebody saves: readable, and what no system refuses.

/// What somebody wrote, as the name of a file or folder without its ending: at most `longest` bytes of it, and `otherwise`
/// when nothing is left that could be read. File systems take 255 bytes, and some programs add to them.
///
/// What stands for something else in paths is replaced, and so is what is not seen: marks that turn the direction of what
/// follows could make an ending look like another. Joiners stay, which letters and signs are put together with. A name that
/// Windows keeps for its devices gets a mark in front.
#[must_use]
pub fn readable_name(text: &str, longest: usize, otherwise: &str) -> String {
    let plain = |letter: char| match letter {
        '/' | '\\' | ':' | '|' => '-',
        '"' => '\'',
        '*' | '?' | '<' | '>' | '%' => '_',
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => ' ',
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => ' ',
        other if other.is_control() || other.is_whitespace() => ' ',
        other => other,
    };
    let mapped: String = text.chars().map(plain).collect();
    let words = mapped.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = words.trim_matches(['.', ' ']);
    let mut name = if is_device(whole) { format!("_{whole}") } else { whole.to_owned() };
    while name.len() > longest {
        name.pop();
    }
    let name = name.trim_end_matches(['.', ' ']);
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

/// Whether Windows takes it for a device, whatever its ending is.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|one| one.is_ascii_digit()))
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
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
            ("a\u{feff}b\u{61c}c\u{200b}", "a b c"),
            ("نمی\u{200c}خواهم", "نمی\u{200c}خواهم"),
            ("con", "_con"),
            ("Lpt1.zip", "_Lpt1.zip"),
            ("Console", "Console"),
            (&"ü".repeat(50), &"ü".repeat(20)),
        ] {
            assert_eq!(readable_name(text, 40, "album"), name);
        }
    }

    proptest! {
        #[test]
        fn no_system_refuses_it(text in "(?s).{0,400}") {
            let name = readable_name(&text, 180, "set");
            prop_assert!(!name.is_empty() && name.len() <= 180);
            prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert!(!name.contains(['/', '\\', ':', '"', '%', '|', '*', '?', '<', '>']));
            let hidden = |one: char| one.is_control() || ('\u{202a}'..='\u{202e}').contains(&one);
            prop_assert!(!name.contains(hidden));
        }
    }
}
