//! CUE sheets: text files beside a recording that say what is played when.
//!
//! Of their commands only those count that tell of pieces: `TRACK`, `PERFORMER`, `TITLE` and `INDEX`. Times are
//! `MM:SS:FF`, minutes without a limit and 75 frames to the second.

use crate::Track;
use crate::tracklist::{MOST_TRACKS, tidy, track_of};

/// Frames of a second.
const FRAMES: u64 = 75;

/// What listeners call a piece of which only the time is known, or who plays it.
const UNKNOWN: &str = "ID";

/// Why a text is no CUE sheet of one recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CueError {
    /// A line cannot be read, counted from 1.
    #[error("line {0} cannot be read")]
    Line(usize),
    /// A piece does not say when it begins, counted from 1.
    #[error("piece {0} has no INDEX 01")]
    NoTime(usize),
    /// Times begin anew with every file, and nothing says how long each is.
    #[error("it is about more than one file")]
    ManyFiles,
    /// No piece is in it.
    #[error("no piece is in it")]
    Empty,
    /// More pieces are in it than a set can have.
    #[error("more than {MOST_TRACKS} pieces are in it")]
    TooMany,
}

/// A piece that is being read.
#[derive(Default)]
struct Piece {
    title: Option<String>,
    performer: Option<String>,
    /// Of `INDEX 01`.
    at_seconds: Option<u64>,
}

/// The pieces of a CUE sheet, by time.
///
/// # Errors
/// [`CueError`].
pub fn tracklist_from_cue(text: &str) -> Result<Vec<Track>, CueError> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut files = 0;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let malformed = || CueError::Line(number + 1);
        let line = line.trim();
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match (command.to_ascii_uppercase().as_str(), pieces.last_mut()) {
            ("FILE", _) => files += 1,
            ("TRACK", _) => pieces.push(Piece::default()),
            // Before the first piece it is said of the whole.
            ("TITLE", Some(piece)) => piece.title = Some(word(rest).ok_or_else(malformed)?.to_owned()),
            ("PERFORMER", Some(piece)) => {
                piece.performer = Some(word(rest).ok_or_else(malformed)?.to_owned());
            }
            ("INDEX", Some(piece)) => {
                let (index, time) = rest.trim().split_once(char::is_whitespace).ok_or_else(malformed)?;
                let seconds = seconds(time.trim()).ok_or_else(malformed)?;
                if index.parse() == Ok(1_u8) {
                    piece.at_seconds = Some(seconds);
                }
            }
            ("INDEX", None) => return Err(malformed()),
            _ => {}
        }
        if pieces.len() > MOST_TRACKS {
            return Err(CueError::TooMany);
        }
    }
    if files > 1 {
        return Err(CueError::ManyFiles);
    }
    let tracks = pieces.iter().enumerate().map(|(number, piece)| {
        let at = piece.at_seconds.ok_or(CueError::NoTime(number + 1))?;
        let track = track_of(at, piece.performer.as_deref(), piece.title.as_deref().unwrap_or_default());
        let title = if track.title.is_empty() { UNKNOWN.to_owned() } else { track.title };
        Ok(Track { title, ..track })
    });
    let tracks = tidy(tracks.collect::<Result<_, CueError>>()?);
    if tracks.is_empty() { Err(CueError::Empty) } else { Ok(tracks) }
}

/// What stands in quotes, or the rest of the line when there are none.
fn word(rest: &str) -> Option<&str> {
    let rest = rest.trim();
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"'),
        None => Some(rest),
    }
}

/// `MM:SS:FF` as whole seconds.
fn seconds(time: &str) -> Option<u64> {
    let mut parts = time.split(':').map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse::<u64>().ok() } else { None }
    });
    let (minutes, seconds, frames) = (parts.next()??, parts.next()??, parts.next()??);
    (seconds < 60 && frames < FRAMES && parts.next().is_none()).then_some(minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHEET: &str = "\u{feff}REM GENRE Techno\r\nPERFORMER \"The DJ\"\r\nTITLE \"The night\"\r\nFILE \"night.wav\" WAVE\r\n  \
        TRACK 01 AUDIO\r\n    TITLE \"First \"light\"\"\r\n    PERFORMER \"Ada\"\r\n    INDEX 01 00:00:00\r\n  \
        track 02 audio\r\n    title Bob - Second\r\n    INDEX 00 05:58:00\r\n    INDEX 01 06:01:74\r\n  \
        TRACK 03 AUDIO\r\n    TITLE \"Third\"\r\n    INDEX 01 125:00:10\r\n";

    fn track(at_seconds: u32, artist: &str, title: &str) -> Track {
        Track { at_seconds, artist: artist.into(), title: title.into() }
    }

    #[test]
    fn a_sheet_is_read_as_programs_write_it() {
        let expected =
            [track(0, "Ada", "First \"light\""), track(361, "Bob", "Second"), track(7500, "", "Third")];
        assert_eq!(tracklist_from_cue(SHEET).unwrap(), expected);
    }

    #[test]
    fn a_piece_without_a_title_is_one_all_the_same() {
        let sheet = "TRACK 01 AUDIO\nPERFORMER \"Ada\"\nINDEX 01 00:00:00\n\
                     TRACK 02 AUDIO\nTITLE \"\"\nINDEX 01 00:05:00\n\
                     TRACK 03 AUDIO\nTITLE \"\u{7}\"\nPERFORMER \"\"\nINDEX 01 00:10:00\n";
        let expected = [track(0, "Ada", "ID"), track(5, "", "ID"), track(10, "", "ID")];
        assert_eq!(tracklist_from_cue(sheet).unwrap(), expected);
    }

    #[test]
    fn what_is_no_sheet_of_one_recording_says_why() {
        let track = "TRACK 01 AUDIO\nTITLE \"x\"\n";
        for (text, error) in [
            (String::new(), CueError::Empty),
            ("INDEX 01 00:00:00".into(), CueError::Line(1)),
            (track.to_owned(), CueError::NoTime(1)),
            (format!("{track}INDEX 01 00:60:00"), CueError::Line(3)),
            (format!("{track}INDEX 01 00:00:75"), CueError::Line(3)),
            (format!("{track}INDEX 01 00:-1:00"), CueError::Line(3)),
            (format!("{track}INDEX 01 0:0"), CueError::Line(3)),
            (format!("{track}TITLE \"x"), CueError::Line(3)),
            (format!("FILE a WAVE\n{track}INDEX 01 00:00:00\nFILE b WAVE"), CueError::ManyFiles),
            (track.repeat(501), CueError::TooMany),
        ] {
            assert_eq!(tracklist_from_cue(&text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in "(?s).{0,400}") {
            let _ = tracklist_from_cue(&format!("TRACK 1 AUDIO\n{text}"));
        }
    }
}
