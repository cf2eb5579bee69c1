//! Receipts, invoices, credit notes and cancellations.

use crate::sheet::{Align, HEIGHT, MARGIN, Sheets, Style, WIDTH};
use crate::words::{Words, words};
use crate::{Language, Printer};
use booking::document::lines::Line;
use booking::{Document, DocumentKind, Party};

/// The right edge of what is written.
const RIGHT: f32 = WIDTH - MARGIN;
/// Where the columns of quantity, price, rate and amount end.
const COLUMNS: [f32; 4] = [330.0, 410.0, 455.0, RIGHT];
/// How wide an item's name may be.
const ITEM: f32 = 220.0;
/// Below this line a page holds nothing but its foot.
const BOTTOM: f32 = HEIGHT - MARGIN - 40.0;
/// From one line of text to the next.
const LEADING: f32 = 14.0;
const BODY: Style = Style::regular(9.5);

/// The pages of a document.
pub(crate) fn drawn<'p>(printer: &'p Printer, document: &Document, language: Language) -> Sheets<'p> {
    let words = words(language);
    let title = format!("{} {}", words.title(document.kind), document.number);
    let mut sheets = Sheets::new(printer, title, document.issuer.name.clone(), language.tag());
    let mut draft = Draft { document, language, words, sheets: &mut sheets };
    draft.sheets.turn();
    let below = draft.head();
    let below = draft.table(below);
    let below = draft.totals(below);
    draft.notes(below);
    draft.feet();
    sheets
}

struct Draft<'d, 'p> {
    document: &'d Document,
    language: Language,
    words: &'static Words,
    sheets: &'d mut Sheets<'p>,
}

impl Draft<'_, '_> {
    /// Who, to whom, what and when; answers with where the table begins.
    fn head(&mut self) -> f32 {
        let (document, words) = (self.document, self.words);
        let half = (WIDTH - 2.0 * MARGIN) / 2.0 - 10.0;
        let left = self.party(&document.issuer, (MARGIN, MARGIN + 12.0), half);
        let mut right = MARGIN + 14.0;
        self.sheets.text((RIGHT, right), Align::Right, Style::bold(18.0), words.title(document.kind));
        right += 22.0;
        let facts = [
            (words.number, document.number.to_string()),
            (words.date, self.language.date(document.issued_on)),
            (words.booking, document.occasion.reference.clone()),
        ];
        for (name, fact) in facts {
            self.sheets.text((RIGHT - 130.0, right), Align::Right, BODY.pale(), name);
            self.sheets.text((RIGHT, right), Align::Right, BODY, &fact);
            right += LEADING;
        }
        let y = self.party(&document.recipient, (MARGIN, left.max(right) + 24.0), half) + 20.0;
        let width = WIDTH - 2.0 * MARGIN;
        let mut y = self.sheets.prose((MARGIN, y), width, Style::bold(11.0), &document.occasion.title);
        let day = self.language.date(document.occasion.takes_place_on);
        self.sheets.text((MARGIN, y), Align::Left, BODY, &format!("{}: {day}", words.takes_place));
        y += LEADING;
        if let Some(corrected) = &document.corrects {
            let day = self.language.date(corrected.issued_on);
            let text = format!("{}: {}, {day}", words.refers_to, corrected.number);
            self.sheets.text((MARGIN, y), Align::Left, BODY, &text);
            y += LEADING;
        }
        if let Some(reason) = &document.reason {
            y = self.sheets.prose((MARGIN, y), width, BODY, &format!("{}: {reason}", words.reason));
        }
        y + 16.0
    }

    /// Somebody's name and address.
    fn party(&mut self, party: &Party, (x, y): (f32, f32), width: f32) -> f32 {
        let mut y = self.sheets.prose((x, y), width, Style::bold(10.5), &party.name);
        for line in &party.address {
            y = self.sheets.prose((x, y), width, BODY, line);
        }
        if let Some(id) = &party.vat_id {
            y = self.sheets.prose((x, y), width, BODY, &format!("{}: {id}", self.words.vat_id));
        }
        y
    }

    /// The head of the table; answers with the base line of its first row.
    fn columns(&mut self, y: f32) -> f32 {
        let words = self.words;
        let style = Style::bold(9.0).pale();
        self.sheets.text((MARGIN, y), Align::Left, style, words.item);
        for (x, name) in COLUMNS.into_iter().zip([words.quantity, words.each, words.rate, words.amount]) {
            self.sheets.text((x, y), Align::Right, style, name);
        }
        self.rule(y + 5.0);
        y + 5.0 + LEADING
    }

    fn rule(&mut self, y: f32) {
        self.sheets.filled((MARGIN, y), (WIDTH - 2.0 * MARGIN, 0.6), 170);
    }

    /// A new page when fewer than `height` points are left; answers with where to go on.
    fn room_for(&mut self, height: f32, y: f32) -> (f32, bool) {
        if y + height <= BOTTOM {
            return (y, false);
        }
        self.sheets.turn();
        (MARGIN + 12.0, true)
    }

    fn table(&mut self, y: f32) -> f32 {
        let mut y = self.columns(y);
        let document = self.document;
        for line in &document.lines {
            let name = self.name(line);
            let names = self.sheets.lines(&name, BODY, ITEM);
            let rows = names.len().max(1);
            let height = LEADING * f32::from(u16::try_from(rows).unwrap_or(u16::MAX));
            let (room, turned) = self.room_for(height, y);
            y = if turned { self.columns(room) } else { room };
            self.row(line, y);
            for name in &names {
                self.sheets.text((MARGIN, y), Align::Left, BODY, name);
                y += LEADING;
            }
        }
        self.rule(y - LEADING + 6.0);
        y + 6.0
    }

    fn name(&self, line: &Line) -> String {
        match line.pieces {
            Some(_) => line.name.clone(),
            None => format!("{} {}", self.words.part_of, line.name),
        }
    }

    fn row(&mut self, line: &Line, y: f32) {
        let credits = self.document.credits;
        let quantity = line.pieces.map(|pieces| pieces.quantity.to_string());
        let each = line.pieces.map(|pieces| self.language.money(pieces.unit_price, false));
        let cells = [
            quantity.unwrap_or_default(),
            each.unwrap_or_default(),
            self.language.rate(line.rate),
            self.language.money(line.gross, credits),
        ];
        for (x, cell) in COLUMNS.into_iter().zip(cells) {
            self.sheets.text((x, y), Align::Right, BODY, &cell);
        }
    }

    /// Net and tax of each rate, and the sum of all.
    fn totals(&mut self, y: f32) -> f32 {
        let totals = self.document.totals();
        let rows = u16::try_from(totals.len() * 2 + 2).unwrap_or(u16::MAX);
        let (mut y, _) = self.room_for(LEADING * f32::from(rows), y);
        let (words, credits) = (self.words, self.document.credits);
        for total in &totals {
            let rate = self.language.rate(total.rate);
            for (name, amount) in [(words.net, total.net), (words.tax, total.tax)] {
                self.sheets.text((COLUMNS[2], y), Align::Right, BODY.pale(), &format!("{name} {rate}"));
                let amount = self.language.money(amount, credits);
                self.sheets.text((RIGHT, y), Align::Right, BODY, &amount);
                y += LEADING;
            }
        }
        y += 4.0;
        let name = if credits { words.total_credit } else { words.total };
        self.sheets.text((COLUMNS[2], y), Align::Right, Style::bold(11.0), name);
        if let Some(gross) = self.document.gross() {
            let gross = self.language.money(gross, credits);
            self.sheets.text((RIGHT, y), Align::Right, Style::bold(11.0), &gross);
        }
        y + 2.0 * LEADING
    }

    fn notes(&mut self, y: f32) {
        let words = self.words;
        let said = match self.document.kind {
            DocumentKind::Receipt | DocumentKind::Invoice => words.paid,
            DocumentKind::CreditNote => words.credited,
            DocumentKind::Cancellation => words.taken_back,
        };
        let (mut y, _) = self.room_for(3.0 * LEADING, y);
        for note in [said, words.inclusive] {
            y = self.sheets.prose((MARGIN, y), WIDTH - 2.0 * MARGIN, BODY, note);
        }
    }

    /// What stands at the foot of every page.
    fn feet(&mut self) {
        let (document, words) = (self.document, self.words);
        let pages = self.sheets.count();
        let issuer = &document.issuer;
        let iban = issuer.iban.as_deref().map(|iban| format!("{}: {}", words.iban, grouped(iban)));
        let parts: Vec<String> = [Some(issuer.name.clone()), iban].into_iter().flatten().collect();
        let line = parts.join("  ·  ");
        self.sheets.on_each(|sheets, page| {
            let y = HEIGHT - MARGIN + 8.0;
            let style = Style::regular(8.0).pale();
            sheets.filled((MARGIN, y - 14.0), (WIDTH - 2.0 * MARGIN, 0.6), 200);
            let shown = sheets.lines(&line, style, 330.0).into_iter().next().unwrap_or_default();
            sheets.text((MARGIN, y), Align::Left, style, &shown);
            let count = format!("{}  ·  {} {page} {} {pages}", document.number, words.page, words.of);
            sheets.text((RIGHT, y), Align::Right, style, &count);
        });
    }
}

/// An IBAN in groups of four, as people read it.
fn grouped(iban: &str) -> String {
    let letters: Vec<char> = iban.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
