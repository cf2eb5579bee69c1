//! A font, and how wide a text is in it.

use crate::PrintError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// A font of one weight.
#[derive(Clone)]
pub(crate) struct Typeface {
    font: Font,
    bytes: &'static [u8],
}

impl Typeface {
    pub(crate) fn read(name: &'static str, bytes: &'static [u8]) -> Result<Self, PrintError> {
        let font = Font::new(bytes.into(), 0).ok_or(PrintError::Font(name))?;
        FontRef::new(bytes).map_err(|_| PrintError::Font(name))?;
        Ok(Self { font, bytes })
    }

    /// The font, as files embed it.
    pub(crate) fn font(&self) -> Font {
        self.font.clone()
    }

    /// A text letter by letter, in parts of the font's size; a letter that the font lacks is its empty box.
    pub(crate) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        // It was read once; a font that cannot be read again draws nothing.
        let Ok(font) = FontRef::new(self.bytes) else { return Vec::new() };
        let (letters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
        let glyph = |(start, letter): (usize, char)| {
            let id = letters.map(letter).unwrap_or_default();
            let range = start..start + letter.len_utf8();
            let advance = metrics.advance_width(id).unwrap_or(0.0);
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, range, None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// How wide a text is, in points, at a size in points.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance * size).sum()
    }

    /// The lines of a text that are no wider than `width` points: broken between words, and within one that is longer
    /// than a line.
    pub(crate) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let mut rest = word;
            while !rest.is_empty() {
                let Some(line) = lines.last_mut() else { break };
                let space = if line.is_empty() { "" } else { " " };
                let joined = format!("{line}{space}{rest}");
                if self.width(&joined, size) <= width {
                    *line = joined;
                    break;
                }
                if !line.is_empty() {
                    lines.push(String::new());
                    continue;
                }
                let (head, tail) = self.split(rest, size, width);
                *line = head.to_owned();
                lines.push(String::new());
                rest = tail;
            }
        }
        if lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    /// As much of a word as fits, at least one letter, and the rest.
    fn split<'w>(&self, word: &'w str, size: f32, width: f32) -> (&'w str, &'w str) {
        let (mut taken, mut end) = (0.0, 0);
        for glyph in self.glyphs(word) {
            taken += glyph.x_advance * size;
            if taken > width && end > 0 {
                break;
            }
            end = glyph.text_range.end;
        }
        word.split_at_checked(end).unwrap_or((word, ""))
    }
}
