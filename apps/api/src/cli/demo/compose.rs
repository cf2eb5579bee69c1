//! Music that a program makes up: a kick, a bass, a pad and hats, section by section, as a WAV file.

use std::f32::consts::TAU;

/// Samples per second.
const RATE: u32 = 44_100;

/// What a piece sounds like.
pub(super) struct Piece {
    /// Beats per minute.
    pub(super) tempo: f32,
    /// Frequency of its deepest tone, in hertz.
    pub(super) root: f32,
    /// Tones above the root, in semitones, one per bar.
    pub(super) chords: &'static [i32],
    /// How long, in seconds.
    pub(super) seconds: u32,
    /// Another one sounds another way.
    pub(super) seed: u64,
}

/// The piece as a WAV file: 16 bits, stereo.
pub(super) fn wav(piece: &Piece) -> Vec<u8> {
    let samples = piece.seconds * RATE;
    let bytes = samples * 4;
    let mut file = Vec::with_capacity(bytes as usize + 44);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // Whole numbers, two channels, bytes per second, bytes per moment, bits.
    file.extend([1, 0, 2, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 4).to_le_bytes());
    file.extend([4, 0, 16, 0]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    let mut noise = fastrand::Rng::with_seed(piece.seed);
    for number in 0..samples {
        let time = number as f32 / RATE as f32;
        let [left, right] = moment(piece, time, &mut noise);
        for side in [left, right] {
            file.extend((((side * 0.5).tanh() * 30_000.0) as i16).to_le_bytes());
        }
    }
    file
}

/// What is heard left and right at a time, in seconds.
fn moment(piece: &Piece, time: f32, noise: &mut fastrand::Rng) -> [f32; 2] {
    let beat = time * piece.tempo / 60.0;
    let (bar, in_beat) = ((beat / 4.0) as usize, beat.fract());
    let step = piece.chords.get(bar % piece.chords.len().max(1)).copied().unwrap_or(0);
    let tone = |semitones: i32| piece.root * 2.0_f32.powf((step + semitones) as f32 / 12.0);
    let section = bar / 8 % 4;
    let second = in_beat * 60.0 / piece.tempo;
    // The drum falls in pitch and fades within a beat; it is silent in every fourth section.
    let drum =
        if section == 3 { 0.0 } else { (TAU * 48.0 * second + 6.0 * (1.0 - (-second * 30.0).exp())).sin() };
    let kick = drum * (-second * 9.0).exp() * 1.4;
    let bass = (TAU * tone(0) * time).sin() * (1.0 - (-second * 12.0).exp()) * 0.6;
    let swell = 0.5 + 0.5 * (TAU * time / 16.0).sin();
    let pad = |apart: f32| {
        [12, 15, 19, 24].map(|above| (TAU * tone(above) * apart * time).sin()).iter().sum::<f32>()
            * 0.09
            * swell
    };
    let off = (beat * 2.0).fract();
    let hat = if section == 0 { 0.0 } else { (noise.f32() - 0.5) * (-off * 18.0).exp() * 0.5 };
    [kick + bass + pad(0.998) + hat, kick + bass + pad(1.002) + hat * 0.7]
}
