//! Names in addresses: lower-case letters, digits and single hyphens.

use kernel::EventId;

/// The longest slug that may be given.
pub const LONGEST: usize = 80;
/// Made slugs are shorter, so that a number fits behind them.
const LONGEST_MADE: usize = 60;
/// Words that stand at the same place of an address for something else.
const RESERVED: [&str; 1] = ["upcoming"];

/// Whether the text may name something: `[a-z0-9]`, single hyphens inside, no id and no reserved word.
#[must_use]
pub fn is_valid(slug: &str) -> bool {
    let parts = |slug: &str| {
        slug.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
    };
    slug.len() <= LONGEST && parts(slug) && !RESERVED.contains(&slug) && slug.parse::<EventId>().is_err()
}

/// A slug for a title: letters lose their marks, all else becomes a hyphen. `fallback` when nothing is left.
#[must_use]
pub fn made_from(title: &str, fallback: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            slug.push(letter);
        } else if let Some(plain) = without_marks(letter) {
            slug.push_str(plain);
        } else if !matches!(letter, '\'' | '\u{2019}' | '\u{300}'..='\u{36f}') && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= LONGEST_MADE {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    match slug {
        "" => fallback.to_owned(),
        slug if is_valid(slug) => slug.to_owned(),
        taken => format!("{fallback}-{taken}"),
    }
}

/// The slug itself, then with `-2`, `-3`, ... until a free one is found.
pub fn candidates(slug: &str) -> impl Iterator<Item = String> + Send {
    let numbered = slug.to_owned();
    std::iter::once(slug.to_owned()).chain((2..=1000).map(move |number| format!("{numbered}-{number}")))
}

/// ASCII for the lower-case Latin letters with marks (Latin-1 and Latin Extended-A) and the ligatures.
const fn without_marks(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ü' => "ue",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_become_readable_slugs() {
        for (title, slug) in [
            ("Opening Night", "opening-night"),
            ("  Füße & Öl – Straßenfest!! ", "fuesse-oel-strassenfest"),
            ("L'été à Łódź", "lete-a-lodz"),
            ("東京", "event"),
            ("Upcoming", "event-upcoming"),
            ("0190163d-8694-739b-aea5-966c26f8ad91", "event-0190163d-8694-739b-aea5-966c26f8ad91"),
        ] {
            assert_eq!(made_from(title, "event"), slug);
        }
    }

    #[test]
    fn what_is_no_slug_is_refused() {
        for text in ["", "-a", "a-", "a--b", "A", "a b", "ä", "a/b", "upcoming", &"a".repeat(81)] {
            assert!(!is_valid(text), "{text}");
        }
        assert!(is_valid("a-2"));
    }

    #[test]
    fn a_taken_slug_is_numbered() {
        assert_eq!(candidates("a").take(3).collect::<Vec<_>>(), ["a", "a-2", "a-3"]);
    }

    proptest! {
        #[test]
        fn every_title_gives_a_valid_slug_with_any_number_behind_it(title in ".{0,120}") {
            let slug = made_from(&title, "event");
            prop_assert!(is_valid(&slug), "{}", slug);
            prop_assert!(candidates(&slug).all(|slug| is_valid(&slug)));
        }
    }
}
