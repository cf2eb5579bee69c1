//! What files are called that members save: readable, and what no system refuses.

use crate::{MusicSet, Rung};

/// Most bytes of a name before its ending: file systems take 255, and some programs add to it.
const LONGEST: usize = 180;

/// `Artist - Title.m4a`.
#[must_use]
pub fn file_name(set: &MusicSet, rung: Rung) -> String {
    let name = readable(&format!("{} - {}", set.artist, set.title));
    format!("{name}.{}", rung.codec.extension())
}

/// Without what stands for something else in paths, and without what is not seen.
fn readable(text: &str) -> String {
    let plain = |letter: char| match letter {
        '/' | '\\' | ':' | '|' => '-',
        '"' => '\'',
        '*' | '?' | '<' | '>' => '_',
        // Marks that turn the direction of what follows could make an ending look like another.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        other if other.is_control() || other.is_whitespace() => ' ',
        other => other,
    };
    let mapped: String = text.chars().map(plain).collect();
    let mut name = mapped.split_whitespace().collect::<Vec<_>>().join(" ");
    while name.len() > LONGEST {
        name.pop();
    }
    let name = name.trim_matches(|letter: char| letter == '.' || letter == ' ');
    if name.is_empty() { "set".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LADDER, samples};
    use proptest::prelude::*;

    #[test]
    fn it_can_be_read() {
        let mut set = samples::ready();
        assert_eq!(file_name(&set, LADDER[4]), "Ada - The night.m4a");
        assert_eq!(file_name(&set, LADDER[0]), "Ada - The night.opus");
        set.artist = "Ørjan / 梅".into();
        set.title = "a\u{202e}b \"live\": part 1?".into();
        assert_eq!(file_name(&set, LADDER[4]), "Ørjan - 梅 - a b 'live'- part 1_.m4a");
        (set.artist, set.title) = ("..".into(), "..".into());
        assert_eq!(file_name(&set, LADDER[4]), "-.m4a");
    }

    proptest! {
        #[test]
        fn no_system_refuses_it(text in ".{0,400}") {
            let name = readable(&text);
            prop_assert!(!name.is_empty() && name.len() <= LONGEST);
            prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert!(!name.contains(['/', '\\', ':', '"', '\r', '\n', '\0']));
        }
    }
}
