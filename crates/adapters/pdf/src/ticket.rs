//! Tickets: the code that the door scans, and what its holder has to know.

use crate::sheet::{Align, HEIGHT, MARGIN, Sheets, Style, WIDTH};
use crate::words::words;
use crate::{Language, Printer};
use chrono::NaiveDateTime;
use kernel::Timestamp;

/// A code drawn as dark and light modules in a square; the white around it is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Modules per side.
    pub width: usize,
    /// Row by row, `width` times `width`: whether it is dark.
    pub dark: Vec<bool>,
}

/// A ticket as it is printed.
#[derive(Clone)]
pub struct TicketSheet {
    /// What the event is called.
    pub title: String,
    /// When it begins, by the clocks there.
    pub begins: NaiveDateTime,
    /// When people are let in, by the clocks there.
    pub doors: Option<NaiveDateTime>,
    /// What the zone of those clocks is called: `CEST`.
    pub zone: String,
    /// Where it takes place.
    pub place: String,
    /// What kind of ticket it is.
    pub kind: String,
    /// Where its holder sits, where places are seats.
    pub seat: Option<String>,
    /// Who is to come, if that was said.
    pub guest: Option<String>,
    /// The booking's name for people, on a ticket of its buyer.
    pub reference: Option<String>,
    /// Which of how many of the booking, if they are printed together.
    pub number: Option<(usize, usize)>,
    /// Who lets people in.
    pub organiser: String,
    /// The code.
    pub symbol: Symbol,
    /// Since when there is this ticket.
    pub issued_at: Timestamp,
}

/// Side of the code, in points: 76 mm, large enough for any scanner.
const SIDE: f32 = 216.0;

pub(crate) fn drawn<'p>(printer: &'p Printer, tickets: &[TicketSheet], language: Language) -> Sheets<'p> {
    let words = words(language);
    let title = tickets.first().map(|ticket| format!("{}: {}", words.ticket, ticket.title));
    let organiser = tickets.first().map(|ticket| ticket.organiser.clone());
    let mut sheets =
        Sheets::new(printer, title.unwrap_or_default(), organiser.unwrap_or_default(), language.tag());
    for ticket in tickets {
        sheets.turn();
        page(&mut sheets, ticket, language);
    }
    sheets
}

fn page(sheets: &mut Sheets<'_>, ticket: &TicketSheet, language: Language) {
    let words = words(language);
    let number = ticket.number.map(|(place, of)| format!(" {place} {} {of}", words.of)).unwrap_or_default();
    let kind = format!("{}{number}", words.ticket);
    sheets.text((MARGIN, MARGIN + 12.0), Align::Left, Style::bold(11.0).pale(), &kind);
    sheets.text(
        (WIDTH - MARGIN, MARGIN + 12.0),
        Align::Right,
        Style::regular(11.0).pale(),
        &ticket.organiser,
    );
    let width = WIDTH - 2.0 * MARGIN;
    let mut y = sheets.prose((MARGIN, MARGIN + 52.0), width, Style::bold(24.0), &ticket.title) + 8.0;
    let doors = ticket.doors.map(|doors| language.moment(doors, &ticket.zone));
    let facts = [
        (words.begins, Some(language.moment(ticket.begins, &ticket.zone))),
        (words.doors, doors),
        (words.place, Some(ticket.place.clone())),
        (words.kind, Some(ticket.kind.clone())),
        (words.seat, ticket.seat.clone()),
        (words.guest, ticket.guest.clone()),
        (words.booking, ticket.reference.clone()),
    ];
    for (name, fact) in facts {
        let Some(fact) = fact.filter(|fact| !fact.is_empty()) else { continue };
        sheets.text((MARGIN, y), Align::Left, Style::regular(10.0).pale(), name);
        y = sheets.prose((MARGIN + 90.0, y), width - 90.0, Style::regular(12.0), &fact) + 4.0;
    }
    let top = (y + 20.0).min(HEIGHT - MARGIN - SIDE - 60.0);
    symbol(sheets, &ticket.symbol, ((WIDTH - SIDE) / 2.0, top));
    let below = top + SIDE + 32.0;
    sheets.text((WIDTH / 2.0, below), Align::Middle, Style::regular(10.0).pale(), words.once);
}

/// Draws dark modules, those that touch in a row as one box, so that no hairline is left between them.
fn symbol(sheets: &mut Sheets<'_>, symbol: &Symbol, (left, top): (f32, f32)) {
    let Some(width) = u16::try_from(symbol.width).ok().filter(|width| *width > 0) else { return };
    let module = SIDE / f32::from(width);
    for (y, row) in (0u16..).zip(symbol.dark.chunks(symbol.width)) {
        let mut x = 0u16;
        for run in row.chunk_by(|one, next| one == next) {
            let length = u16::try_from(run.len()).unwrap_or(0);
            if run.first() == Some(&true) {
                let corner = (left + f32::from(x) * module, top + f32::from(y) * module);
                sheets.filled(corner, (f32::from(length) * module, module), 0);
            }
            x += length;
        }
    }
}
