//! What documents say, in each language.

use booking::DocumentKind;
use std::str::FromStr;

/// A language that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// The text names no language that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is neither de nor en")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Reads a language tag (RFC 5646): what follows the language itself, as in `de-AT`, changes nothing.
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        [Self::English, Self::German]
            .into_iter()
            .find(|known| known.tag().eq_ignore_ascii_case(language))
            .ok_or(UnknownLanguage)
    }
}

impl Language {
    /// Its tag: `de`, `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// All that documents and tickets say.
pub(crate) struct Words {
    pub(crate) receipt: &'static str,
    pub(crate) invoice: &'static str,
    pub(crate) credit_note: &'static str,
    pub(crate) cancellation: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) booking: &'static str,
    pub(crate) takes_place: &'static str,
    pub(crate) vat_id: &'static str,
    pub(crate) iban: &'static str,
    pub(crate) refers_to: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) item: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) each: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) part_of: &'static str,
    pub(crate) net: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) total: &'static str,
    pub(crate) total_credit: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) credited: &'static str,
    pub(crate) taken_back: &'static str,
    pub(crate) inclusive: &'static str,
    pub(crate) page: &'static str,
    pub(crate) of: &'static str,
    pub(crate) ticket: &'static str,
    pub(crate) begins: &'static str,
    pub(crate) doors: &'static str,
    pub(crate) place: &'static str,
    pub(crate) guest: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) seat: &'static str,
    pub(crate) once: &'static str,
    pub(crate) weekdays: [&'static str; 7],
    pub(crate) months: [&'static str; 12],
}

impl Words {
    pub(crate) const fn title(&self, kind: DocumentKind) -> &'static str {
        match kind {
            DocumentKind::Receipt => self.receipt,
            DocumentKind::Invoice => self.invoice,
            DocumentKind::CreditNote => self.credit_note,
            DocumentKind::Cancellation => self.cancellation,
        }
    }
}

const ENGLISH: Words = Words {
    receipt: "Receipt",
    invoice: "Invoice",
    credit_note: "Credit note",
    cancellation: "Cancellation",
    number: "Number",
    date: "Date",
    booking: "Booking",
    takes_place: "Date of the event",
    vat_id: "VAT number",
    iban: "IBAN",
    refers_to: "Refers to",
    reason: "Reason",
    item: "Item",
    quantity: "Quantity",
    each: "Price each",
    rate: "VAT",
    amount: "Amount",
    part_of: "part of",
    net: "Net at",
    tax: "VAT at",
    total: "Total",
    total_credit: "Total credited",
    paid: "Paid with thanks.",
    credited: "This amount was sent back the way it was paid.",
    taken_back: "The document named above is void.",
    inclusive: "Prices include VAT; it is rounded once per line.",
    page: "Page",
    of: "of",
    ticket: "Ticket",
    begins: "Begins",
    doors: "Doors",
    place: "Where",
    guest: "Guest",
    kind: "Kind",
    seat: "Seat",
    once: "This code lets one person in, once. Whoever shows it first is the one.",
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

const GERMAN: Words = Words {
    receipt: "Quittung",
    invoice: "Rechnung",
    credit_note: "Gutschrift",
    cancellation: "Stornierung",
    number: "Nummer",
    date: "Datum",
    booking: "Buchung",
    takes_place: "Veranstaltungstag",
    vat_id: "USt-IdNr. / Steuernummer",
    iban: "IBAN",
    refers_to: "Bezieht sich auf",
    reason: "Grund",
    item: "Bezeichnung",
    quantity: "Anzahl",
    each: "Einzelpreis",
    rate: "USt.",
    amount: "Betrag",
    part_of: "Teil von",
    net: "Netto zu",
    tax: "Umsatzsteuer zu",
    total: "Gesamtbetrag",
    total_credit: "Gutgeschriebener Betrag",
    paid: "Betrag dankend erhalten.",
    credited: "Dieser Betrag wurde auf dem Weg der Zahlung zurückgesandt.",
    taken_back: "Das oben genannte Dokument ist ungültig.",
    inclusive: "Die Preise enthalten die Umsatzsteuer; sie wird je Zeile einmal gerundet.",
    page: "Seite",
    of: "von",
    ticket: "Ticket",
    begins: "Beginn",
    doors: "Einlass",
    place: "Ort",
    guest: "Gast",
    kind: "Kategorie",
    seat: "Platz",
    once: "Dieser Code lässt eine Person ein, ein einziges Mal: wer ihn zuerst zeigt.",
    weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_language_alone() {
        for (tag, language) in
            [("de", Language::German), ("de-AT", Language::German), ("EN_us", Language::English)]
        {
            assert_eq!(tag.parse(), Ok(language));
        }
        for tag in ["", "fr", "deutsch", "*"] {
            assert_eq!(tag.parse::<Language>(), Err(UnknownLanguage));
        }
    }
}
