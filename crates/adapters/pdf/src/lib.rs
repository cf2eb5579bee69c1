//! Documents about money, and tickets, as PDF files in German and English.
//!
//! Everything is drawn from the document itself and nothing else: the same document gives the same page for ever.
//! The typeface is Noto Sans (SIL Open Font License, see `fonts/OFL.txt`), which has Latin, Greek and Cyrillic
//! letters; of it, each file contains the letters that it uses. Letters of other scripts are drawn as empty boxes and
//! can still be searched for and copied.
//!
//! Drawing takes processor time and no waiting: whoever serves requests does it on a thread of its own.

mod invoice;
mod sheet;
mod ticket;
mod typeface;
mod words;

pub use ticket::{Symbol, TicketSheet};

use booking::Document;
pub use kernel::Language;
use typeface::Typeface;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// A font of ours cannot be read.
    #[error("the font {0} cannot be read")]
    Font(&'static str),
    /// The page cannot be that large, or the file not be written.
    #[error("the file could not be written: {0}")]
    File(String),
}

/// Draws documents and tickets.
#[derive(Clone)]
pub struct Printer {
    regular: Typeface,
    bold: Typeface,
}

impl Printer {
    /// With its fonts, which are part of the program.
    ///
    /// # Errors
    /// [`PrintError::Font`], when the program was built with fonts that are none.
    pub fn new() -> Result<Self, PrintError> {
        let regular = Typeface::read("regular", include_bytes!("../fonts/NotoSans-Regular.ttf"))?;
        let bold = Typeface::read("bold", include_bytes!("../fonts/NotoSans-Bold.ttf"))?;
        Ok(Self { regular, bold })
    }

    /// A receipt, an invoice, a credit note or a cancellation, on as many pages of A4 as it needs.
    ///
    /// # Errors
    /// A [`PrintError`].
    pub fn document(&self, document: &Document, language: Language) -> Result<Vec<u8>, PrintError> {
        invoice::drawn(self, document, language).written(document.issued_at)
    }

    /// Tickets, each on a page of A4 of its own.
    ///
    /// # Errors
    /// A [`PrintError`].
    pub fn tickets(&self, tickets: &[TicketSheet], language: Language) -> Result<Vec<u8>, PrintError> {
        let issued_at = tickets.iter().map(|ticket| ticket.issued_at).max().unwrap_or_default();
        ticket::drawn(self, tickets, language).written(issued_at)
    }
}
