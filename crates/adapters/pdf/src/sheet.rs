//! Pages of A4: what is on them, and the file that they become. Everything is measured in points from the upper left
//! corner.

use crate::typeface::Typeface;
use crate::{PrintError, Printer};
use chrono::{Datelike, Timelike};
use kernel::Timestamp;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;

/// Width of A4 (ISO 216: 210 mm).
pub(crate) const WIDTH: f32 = 595.28;
/// Height of A4 (297 mm).
pub(crate) const HEIGHT: f32 = 841.89;
/// White on every side.
pub(crate) const MARGIN: f32 = 56.0;

/// Where a text has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// It begins there.
    Left,
    /// It ends there.
    Right,
    /// It is as far to the left of it as to the right.
    Middle,
}

/// Which weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// How dark, from 0 (black) to 255 (white).
pub(crate) type Grey = u8;

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) grey: Grey,
}

impl Style {
    pub(crate) const fn regular(size: f32) -> Self {
        Self { size, weight: Weight::Regular, grey: 0 }
    }

    pub(crate) const fn bold(size: f32) -> Self {
        Self { size, weight: Weight::Bold, grey: 0 }
    }

    pub(crate) const fn pale(self) -> Self {
        Self { grey: 90, ..self }
    }
}

/// Something on a page.
#[derive(Debug, Clone)]
enum Mark {
    Text { x: f32, y: f32, style: Style, text: String },
    Box { x: f32, y: f32, width: f32, height: f32, grey: Grey },
}

/// Pages, and what the file says of itself.
pub(crate) struct Sheets<'p> {
    printer: &'p Printer,
    pages: Vec<Vec<Mark>>,
    title: String,
    author: String,
    language: &'static str,
}

impl<'p> Sheets<'p> {
    /// No page yet.
    pub(crate) fn new(printer: &'p Printer, title: String, author: String, language: &'static str) -> Self {
        Self { printer, pages: Vec::new(), title, author, language }
    }

    /// Begins another page.
    pub(crate) fn turn(&mut self) {
        self.pages.push(Vec::new());
    }

    pub(crate) const fn count(&self) -> usize {
        self.pages.len()
    }

    fn typeface(&self, weight: Weight) -> &'p Typeface {
        match weight {
            Weight::Regular => &self.printer.regular,
            Weight::Bold => &self.printer.bold,
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Writes a line on the last page; `y` is its base line.
    pub(crate) fn text(&mut self, (x, y): (f32, f32), align: Align, style: Style, text: &str) {
        let width = self.typeface(style.weight).width(text, style.size);
        let x = match align {
            Align::Left => x,
            Align::Right => x - width,
            Align::Middle => x - width / 2.0,
        };
        self.mark(Mark::Text { x, y, style, text: text.to_owned() });
    }

    /// Writes a text in lines that are no wider than `width`; answers with where the next line would be.
    pub(crate) fn prose(&mut self, (x, y): (f32, f32), width: f32, style: Style, text: &str) -> f32 {
        let mut below = y;
        for line in self.lines(text, style, width) {
            self.text((x, below), Align::Left, style, &line);
            below += style.size * 1.4;
        }
        below
    }

    /// A text in lines that are no wider than `width`.
    pub(crate) fn lines(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        self.typeface(style.weight).lines(text, style.size, width)
    }

    /// A filled box; a thin one is a rule.
    pub(crate) fn filled(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), grey: Grey) {
        self.mark(Mark::Box { x, y, width, height, grey });
    }

    /// Goes over all pages again, for what has to know how many there are.
    pub(crate) fn on_each(&mut self, mut draw: impl FnMut(&mut Self, usize)) {
        let pages = std::mem::take(&mut self.pages);
        for (place, page) in pages.into_iter().enumerate() {
            self.pages.push(page);
            draw(self, place + 1);
        }
    }

    /// The file.
    pub(crate) fn written(self, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        let mut file = krilla::Document::new();
        let settings = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| PrintError::File("the page has no size".to_owned()))?;
        for marks in &self.pages {
            let mut page = file.start_page_with(settings.clone());
            let mut surface = page.surface();
            for mark in marks {
                self.draw(&mut surface, mark);
            }
            surface.finish();
            page.finish();
        }
        let metadata = Metadata::new()
            .title(self.title)
            .authors(vec![self.author])
            .language(self.language.to_owned())
            .creation_date(date(at));
        file.set_metadata(metadata);
        file.finish().map_err(|error| PrintError::File(format!("{error:?}")))
    }

    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) {
        match mark {
            Mark::Text { x, y, style, text } => {
                let typeface = self.typeface(style.weight);
                surface.set_fill(Some(ink(style.grey)));
                let (start, glyphs) = (Point::from_xy(*x, *y), typeface.glyphs(text));
                surface.draw_glyphs(start, &glyphs, typeface.font(), text, style.size, false);
            }
            Mark::Box { x, y, width, height, grey } => {
                surface.set_fill(Some(ink(*grey)));
                let mut path = PathBuilder::new();
                if let Some(area) = Rect::from_xywh(*x, *y, *width, *height) {
                    path.push_rect(area);
                }
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }
}

fn ink(grey: Grey) -> Fill {
    let color = rgb::Color::new(grey, grey, grey);
    Fill { paint: color.into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn date(at: Timestamp) -> DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or(0);
    DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
