//! What was seen and heard: two albums and two sets, all made up here, and processed like what people send.

use super::{compose, paint};
use crate::cli::Failure;
use crate::wiring::App;
use kernel::{Actor, EventId};

/// Pictures of each album.
const PICTURES: u32 = 12;

/// A set of the demo.
struct Recording {
    title: &'static str,
    artist: &'static str,
    piece: compose::Piece,
    tracklist: &'static [(u32, &'static str)],
    downloadable: bool,
}

const RECORDINGS: [Recording; 2] = [
    Recording {
        title: "First light",
        artist: "The machine downstairs",
        piece: compose::Piece { tempo: 122.0, root: 55.0, chords: &[0, 0, 5, 3], seconds: 150, seed: 1 },
        tracklist: &[(0, "Doors"), (47, "Two floors"), (94, "The gate")],
        downloadable: true,
    },
    Recording {
        title: "Cushions",
        artist: "The machine downstairs",
        piece: compose::Piece { tempo: 84.0, root: 49.0, chords: &[0, 7, 5, 10], seconds: 120, seed: 2 },
        tracklist: &[(0, "Side A"), (60, "Side B")],
        downloadable: false,
    },
];
