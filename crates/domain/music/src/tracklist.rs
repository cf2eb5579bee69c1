//! What is played in a set, and when.

use crate::Chapter;
use kernel::Invalid;
use serde::{Deserialize, Serialize};

/// Most pieces of a set.
pub const MOST_TRACKS: usize = 500;
/// Most characters of a title or of an artist.
pub const LONGEST_NAME: usize = 200;

/// One piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Seconds from the beginning of the set.
    pub at_seconds: u32,
    /// By whom, up to 200 characters; empty when unknown.
    pub artist: String,
    /// What, 1 to 200 characters.
    pub title: String,
}

/// A tracklist as it is kept: by time, names without blanks around them. `duration_ms` is 0 as long as it is not known.
///
/// # Errors
/// All that is wrong with it, with the pieces numbered as they were sent.
pub fn check(tracks: Vec<Track>, duration_ms: u64) -> Result<Vec<Track>, Vec<Invalid>> {
    if tracks.len() > MOST_TRACKS {
        let message = format!("must have at most {MOST_TRACKS} pieces");
        return Err(vec![Invalid::new("tracklist", "too_long", message)]);
    }
    let mut wrong = Vec::new();
    let mut numbered: Vec<(usize, Track)> = tracks.into_iter().map(trimmed).enumerate().collect();
    for (number, track) in &numbered {
        let field = |name: &str| format!("tracklist.{number}.{name}");
        wrong.extend(name_problem(field("title"), &track.title, 1));
        wrong.extend(name_problem(field("artist"), &track.artist, 0));
        if duration_ms > 0 && u64::from(track.at_seconds) * 1000 >= duration_ms {
            let message = "must lie before the end of the set";
            wrong.push(Invalid::new(field("at_seconds"), "out_of_range", message));
        }
    }
    numbered.sort_by_key(|(_, track)| track.at_seconds);
    for pair in numbered.windows(2) {
        if let [(_, one), (number, other)] = pair
            && one.at_seconds == other.at_seconds
        {
            let field = format!("tracklist.{number}.at_seconds");
            wrong.push(Invalid::new(field, "taken", "another piece begins at this time"));
        }
    }
    if wrong.is_empty() { Ok(numbered.into_iter().map(|(_, track)| track).collect()) } else { Err(wrong) }
}

/// What is wrong with a name of this field that has at least so many characters.
pub(crate) fn name_problem(field: impl Into<String>, name: &str, least: usize) -> Option<Invalid> {
    let length = name.chars().count();
    if length < least {
        return Some(Invalid::new(field, "required", "must not be empty"));
    }
    if length > LONGEST_NAME {
        let message = format!("must have at most {LONGEST_NAME} characters");
        return Some(Invalid::new(field, "too_long", message));
    }
    let control = name.chars().any(char::is_control);
    control.then(|| Invalid::new(field, "malformed", "must not have control characters"))
}

fn trimmed(track: Track) -> Track {
    let trim = |text: String| text.trim().to_owned();
    Track { at_seconds: track.at_seconds, artist: trim(track.artist), title: trim(track.title) }
}

/// What the chapters of a file say, as far as it makes a tracklist: without those that have no name, that begin with
/// another one or behind the end.
#[must_use]
pub fn of_chapters(chapters: &[Chapter], duration_ms: u64) -> Vec<Track> {
    let named = chapters.iter().filter(|chapter| chapter.at_ms < duration_ms);
    tidy(named.map(|chapter| track_of(chapter.at_ms / 1000, None, &chapter.title)).collect())
}

/// Of pieces that nobody wrote for us those that can be taken: by time, one at each.
pub(crate) fn tidy(tracks: Vec<Track>) -> Vec<Track> {
    let mut tracks: Vec<_> = tracks.into_iter().filter(|track| !track.title.is_empty()).collect();
    tracks.sort_by_key(|track| track.at_seconds);
    tracks.dedup_by_key(|track| track.at_seconds);
    tracks.truncate(MOST_TRACKS);
    tracks
}

/// A piece as a file names it. Many write artist and title as one: `Artist - Title`.
pub(crate) fn track_of(at_seconds: u64, artist: Option<&str>, title: &str) -> Track {
    let (artist, title) = match (artist, title.split_once(" - ")) {
        (Some(artist), _) => (artist, title),
        (None, Some((artist, rest))) if !artist.trim().is_empty() && !rest.trim().is_empty() => {
            (artist, rest)
        }
        (None, _) => ("", title),
    };
    let cut = |text: &str| {
        let shown: String = text.chars().filter(|letter| !letter.is_control()).collect();
        shown.trim().chars().take(LONGEST_NAME).collect::<String>().trim_end().to_owned()
    };
    Track {
        at_seconds: u32::try_from(at_seconds).unwrap_or(u32::MAX),
        artist: cut(artist),
        title: cut(title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn track(at_seconds: u32, title: &str) -> Track {
        Track { at_seconds, artist: String::new(), title: title.into() }
    }

    #[test]
    fn pieces_come_out_by_time() {
        let kept = check(vec![track(60, " Two "), track(0, "One")], 0).unwrap();
        assert_eq!(kept, [track(0, "One"), track(60, "Two")]);
    }

    #[test]
    fn every_mistake_is_named_as_it_was_sent() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let sent = vec![track(90, " "), track(5, &long), track(5, "a\u{7}b"), track(100, "late")];
        let wrong = check(sent, 100_000).unwrap_err();
        let told: Vec<_> = wrong.iter().map(|one| (one.field.as_str(), one.code)).collect();
        let expected = [
            ("tracklist.0.title", "required"),
            ("tracklist.1.title", "too_long"),
            ("tracklist.2.title", "malformed"),
            ("tracklist.3.at_seconds", "out_of_range"),
            ("tracklist.2.at_seconds", "taken"),
        ];
        assert_eq!(told, expected);
        let many = (0..=500).map(|at| track(at, "x")).collect();
        assert_eq!(check(many, 0).unwrap_err()[0].code, "too_long");
    }

    #[test]
    fn chapters_make_a_tracklist() {
        let chapter = |at_ms, title: &str| Chapter { at_ms, title: title.into() };
        let chapters = [
            chapter(61_900, "Ada - Second - Part"),
            chapter(0, "First"),
            chapter(61_000, "shadowed by an earlier one?"),
            chapter(70_000, " \u{0} "),
            chapter(99_000, "behind the end"),
        ];
        let made = of_chapters(&chapters, 90_000);
        let second = Track { at_seconds: 61, artist: "Ada".into(), title: "Second - Part".into() };
        assert_eq!(made, [track(0, "First"), second]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_a_file_says_can_be_kept(said in prop::collection::vec((0_u64..10_000_000, ".{0,300}"), 0..200)) {
            let chapters: Vec<_> = said.into_iter().map(|(at_ms, title)| Chapter { at_ms, title }).collect();
            let made = of_chapters(&chapters, 5_000_000);
            // A piece may begin in the last second, of which only a part is there.
            prop_assert_eq!(check(made.clone(), 5_000_001), Ok(made));
        }
    }
}
