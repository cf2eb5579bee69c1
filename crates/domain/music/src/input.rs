//! What an admin says of a set, and what of it can be taken.

use crate::cue::tracklist_from_cue;
use crate::tracklist::{self, name_problem};
use crate::{LADDER, MusicSet, Rung, SetStatus, Track, USUAL_DOWNLOADS};
use chrono::{SubsecRound, TimeDelta};
use kernel::{AccountId, EventId, Invalid, SetId, Timestamp, UploadId};
use std::collections::BTreeSet;

/// The file that a set is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// As what it was sent.
    pub upload: UploadId,
    /// What its sender calls it.
    pub filename: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// The object that they lie in.
    pub object: String,
}

/// What is said of what members may save.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DownloadInput {
    /// Whether anything: what could be saved before, else the usual formats.
    pub allowed: Option<bool>,
    /// By the names of renditions; when only these are said, something may be saved if there is one.
    pub formats: Option<Vec<String>>,
}

/// A tracklist, in either of two forms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TracklistInput {
    /// Piece by piece.
    pub tracks: Option<Vec<Track>>,
    /// As a CUE sheet.
    pub cue: Option<String>,
}

/// What is said of a new set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetInput {
    /// What it is called.
    pub title: String,
    /// Who plays.
    pub artist: String,
    /// Where it was played.
    pub event: Option<EventId>,
    /// When it was recorded.
    pub recorded_at: Option<Timestamp>,
    /// What is played in it.
    pub tracklist: TracklistInput,
    /// What members may save.
    pub downloads: DownloadInput,
}

/// What of a set changes; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetChange {
    /// What it is called.
    pub title: Option<String>,
    /// Who plays.
    pub artist: Option<String>,
    /// Where it was played; `Some(None)` takes that away.
    pub event: Option<Option<EventId>>,
    /// When it was recorded; `Some(None)` takes that away.
    pub recorded_at: Option<Option<Timestamp>>,
    /// What is played in it.
    pub tracklist: TracklistInput,
    /// What members may save.
    pub downloads: DownloadInput,
    /// Whether members may hear it.
    pub published: Option<bool>,
}

impl SetInput {
    /// The set, still to be processed.
    ///
    /// # Errors
    /// All that is wrong with what was said.
    pub fn make(self, of: &Recording, by: AccountId, now: Timestamp) -> Result<MusicSet, Vec<Invalid>> {
        let mut set = MusicSet {
            id: SetId::generate(now),
            title: String::new(),
            artist: String::new(),
            event: self.event,
            recorded_at: None,
            tracklist: Vec::new(),
            downloads: Vec::new(),
            filename: of.filename.clone(),
            original_bytes: of.bytes,
            original: Some(of.object.clone()),
            status: SetStatus::Processing,
            progress: 0,
            pass: None,
            duration_ms: 0,
            loudness: None,
            renditions: Vec::new(),
            zooms: Vec::new(),
            published_at: None,
            created_by: by,
            created_at: now,
        };
        let said = SetChange {
            title: Some(self.title),
            artist: Some(self.artist),
            event: None,
            recorded_at: Some(self.recorded_at),
            tracklist: self.tracklist,
            downloads: self.downloads,
            published: None,
        };
        said.apply(&mut set, now)?;
        Ok(set)
    }
}

impl SetChange {
    /// Changes the set.
    ///
    /// # Errors
    /// All that is wrong with what was said; the set is then unchanged.
    pub fn apply(self, set: &mut MusicSet, now: Timestamp) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        let mut changed = set.clone();
        for (field, said, kept) in
            [("title", self.title, &mut changed.title), ("artist", self.artist, &mut changed.artist)]
        {
            if let Some(said) = said {
                said.trim().clone_into(kept);
                wrong.extend(name_problem(field, kept, 1));
            }
        }
        changed.event = self.event.unwrap_or(changed.event);
        if let Some(recorded_at) = self.recorded_at {
            if recorded_at.is_some_and(|at| at > now + TimeDelta::days(1)) {
                wrong.push(Invalid::new("recorded_at", "out_of_range", "must not lie in the future"));
            } else if recorded_at.is_some_and(|at| !kernel::is_kept(at)) {
                wrong.push(Invalid::new("recorded_at", "out_of_range", "this is too far away"));
            }
            changed.recorded_at = recorded_at.map(|at| at.trunc_subsecs(6));
        }
        match self.tracklist.read(set.duration_ms) {
            Ok(tracks) => changed.tracklist = tracks.unwrap_or(changed.tracklist),
            Err(mistakes) => wrong.extend(mistakes),
        }
        match self.downloads.read(&set.downloads) {
            Ok(rungs) => changed.downloads = rungs.unwrap_or(changed.downloads),
            Err(mistakes) => wrong.extend(mistakes),
        }
        changed.published_at = match self.published {
            Some(true) => changed.published_at.or(Some(now)),
            Some(false) => None,
            None => changed.published_at,
        };
        if wrong.is_empty() {
            *set = changed;
            return Ok(());
        }
        Err(wrong)
    }
}

impl TracklistInput {
    fn read(self, duration_ms: u64) -> Result<Option<Vec<Track>>, Vec<Invalid>> {
        match (self.tracks, self.cue) {
            (Some(_), Some(_)) => {
                Err(vec![Invalid::new("cue", "ambiguous", "must not be sent beside a tracklist")])
            }
            (Some(tracks), None) => tracklist::check(tracks, duration_ms).map(Some),
            (None, Some(cue)) => {
                let tracks = tracklist_from_cue(&cue)
                    .map_err(|error| vec![Invalid::new("cue", "malformed", error.to_string())])?;
                let late =
                    |track: &Track| duration_ms > 0 && u64::from(track.at_seconds) * 1000 >= duration_ms;
                if tracks.last().is_some_and(late) {
                    let message = "must be of this set: it goes on behind its end";
                    return Err(vec![Invalid::new("cue", "out_of_range", message)]);
                }
                Ok(Some(tracks))
            }
            (None, None) => Ok(None),
        }
    }
}

impl DownloadInput {
    /// What may be saved from now on, where `before` could be; `None` when nothing was said.
    fn read(self, before: &[Rung]) -> Result<Option<Vec<Rung>>, Vec<Invalid>> {
        let Some(formats) = self.formats else {
            return Ok(self.allowed.map(|allowed| match allowed {
                false => Vec::new(),
                // That it may be saved says nothing against the formats that were chosen.
                true if before.is_empty() => USUAL_DOWNLOADS.to_vec(),
                true => before.to_vec(),
            }));
        };
        let mut seen = BTreeSet::new();
        let (mut rungs, mut wrong) = (Vec::new(), Vec::new());
        for (number, name) in formats.iter().take(LADDER.len() + 1).enumerate() {
            let field = format!("download_formats.{number}");
            match Rung::named(name) {
                None => {
                    let names: Vec<_> = LADDER.iter().map(|rung| rung.name()).collect();
                    let message = format!("must be one of {}", names.join(", "));
                    wrong.push(Invalid::new(field, "unknown", message));
                }
                Some(rung) if !seen.insert(rung) => {
                    wrong.push(Invalid::new(field, "taken", "is there twice"));
                }
                Some(rung) => rungs.push(rung),
            }
        }
        if self.allowed.is_some_and(|allowed| allowed == formats.is_empty()) {
            let message = "must say the same as download_formats, or be left out";
            wrong.push(Invalid::new("downloadable", "ambiguous", message));
        }
        if wrong.is_empty() { Ok(Some(rungs)) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, noon};

    fn recording() -> Recording {
        let upload = UploadId::generate(noon());
        Recording { upload, filename: "a.wav".into(), bytes: 44, object: format!("uploads/{upload}") }
    }

    fn by() -> AccountId {
        AccountId::generate(noon())
    }

    fn input() -> SetInput {
        SetInput { title: " The night ".into(), artist: "Ada".into(), ..SetInput::default() }
    }

    fn fields(wrong: &[Invalid]) -> Vec<(&str, &str)> {
        wrong.iter().map(|one| (one.field.as_str(), one.code)).collect()
    }

    #[test]
    fn a_new_set_is_still_to_be_processed_and_heard_by_nobody() {
        let downloads = DownloadInput { allowed: Some(true), formats: None };
        let set = SetInput { downloads, ..input() }.make(&recording(), by(), noon()).unwrap();
        assert_eq!(
            (set.title.as_str(), set.status.clone(), set.is_audible()),
            ("The night", SetStatus::Processing, false)
        );
        assert_eq!(set.downloads, USUAL_DOWNLOADS);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = SetInput {
            title: String::new(),
            artist: "x".repeat(201),
            recorded_at: Some(noon() + TimeDelta::days(2)),
            tracklist: TracklistInput { tracks: None, cue: Some("nothing".into()) },
            downloads: DownloadInput {
                allowed: Some(false),
                formats: Some(["aac-256", "wav", "aac-256"].map(String::from).to_vec()),
            },
            ..input()
        };
        let wrong = wrong.make(&recording(), by(), noon()).unwrap_err();
        let expected = [
            ("title", "required"),
            ("artist", "too_long"),
            ("recorded_at", "out_of_range"),
            ("cue", "malformed"),
            ("download_formats.1", "unknown"),
            ("download_formats.2", "taken"),
            ("downloadable", "ambiguous"),
        ];
        assert_eq!(fields(&wrong), expected);
    }

    #[test]
    fn what_is_not_said_stays_and_a_refused_change_changes_nothing() {
        let mut set = samples::ready();
        set.downloads = USUAL_DOWNLOADS.to_vec();
        let before = set.clone();
        SetChange::default().apply(&mut set, noon()).unwrap();
        assert_eq!(set, before);
        let tracks = vec![Track { at_seconds: 10, artist: String::new(), title: "late".into() }];
        let tracklist = TracklistInput { tracks: Some(tracks), cue: None };
        let late = SetChange { title: Some("Other".into()), tracklist, ..SetChange::default() };
        assert_eq!(
            fields(&late.apply(&mut set, noon()).unwrap_err()),
            [("tracklist.0.at_seconds", "out_of_range")]
        );
        assert_eq!(set, before);
        let cue = Some("TRACK 1 AUDIO\nTITLE x\nINDEX 01 00:10:00".into());
        let late = SetChange { tracklist: TracklistInput { tracks: None, cue }, ..SetChange::default() };
        assert_eq!(fields(&late.apply(&mut set, noon()).unwrap_err()), [("cue", "out_of_range")]);
        let none = DownloadInput { allowed: None, formats: Some(vec![]) };
        let quiet = SetChange { published: Some(false), downloads: none, ..SetChange::default() };
        quiet.apply(&mut set, noon()).unwrap();
        assert_eq!((set.published_at, set.downloads.len()), (None, 0));
    }

    #[test]
    fn formats_that_were_chosen_stay_until_others_are() {
        let mut set = samples::ready();
        let mut said = |allowed, formats: Option<&[&str]>| {
            let formats = formats.map(|names| names.iter().map(ToString::to_string).collect());
            let downloads = DownloadInput { allowed, formats };
            SetChange { downloads, ..SetChange::default() }.apply(&mut set, noon()).unwrap();
            set.downloads.iter().map(|rung| rung.name()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(Some(true), None), "aac-256 opus-192", "the usual ones where there were none");
        assert_eq!(said(None, Some(&["opus-64"])), "opus-64");
        assert_eq!(said(Some(true), None), "opus-64");
        assert_eq!(said(None, None), "opus-64");
        assert_eq!(said(Some(false), None), "");
        assert_eq!(said(Some(true), Some(&["aac-128"])), "aac-128");
    }

    #[test]
    fn a_recording_was_made_when_there_was_somebody_to_make_it() {
        for (at, code) in [
            ("1900-01-01T00:00:00Z", None),
            ("-20000-01-01T00:00:00Z", Some("out_of_range")),
            ("+20000-01-01T00:00:00Z", Some("out_of_range")),
        ] {
            let said = SetInput { recorded_at: Some(at.parse().unwrap()), ..input() };
            let wrong = said.make(&recording(), by(), noon()).err();
            let codes = wrong.map(|wrong| wrong.iter().map(|one| one.code).collect::<Vec<_>>());
            assert_eq!(codes, code.map(|code| vec![code]), "{at}");
        }
    }

    #[test]
    fn what_is_published_again_was_published_then() {
        let mut set = samples::ready();
        let publish = || SetChange { published: Some(true), ..SetChange::default() };
        let later = noon() + TimeDelta::days(1);
        publish().apply(&mut set, later).unwrap();
        assert_eq!(set.published_at, Some(noon()), "it was so already");
        set.published_at = None;
        publish().apply(&mut set, later).unwrap();
        assert_eq!(set.published_at, Some(later));
    }
}
