//! Receipts, invoices, credit notes, cancellations.

use crate::reader::{assert_all, pages, text};
use crate::samples::{credit_note, invoice, pieces, sold};
use adapter_pdf::{Language, Printer};
use booking::{Document, DocumentKind};
use kernel::Currency;

fn printed(document: &Document, language: Language) -> Vec<u8> {
    Printer::new().unwrap().document(document, language).unwrap()
}

#[test]
fn an_invoice_in_german_names_everything_that_the_law_asks_for() {
    let file = printed(&invoice(), Language::German);
    let text = text(&file);
    assert_all(
        &text,
        &[
            "Rechnung",
            "RE-2026-000042",
            "1. Juni 2026",
            "K7QF-2MXP-9RTD",
            "Nächte am Fluß e. V.",
            "Große Straße 1",
            "10115 Berlin",
            "USt-IdNr. / Steuernummer: DE 811 907 980",
            "IBAN: DE89 3704 0044 0532 0130 00",
            "Łukasz Żółć",
            "ul. Świętokrzyska 2",
            "00-001 Łódź",
            "Ночь музыки / Nuit à l’Œuvre",
            "Veranstaltungstag: 1. Juli 2026",
            "Ermäßigt",
            "1.234,50 EUR",
            "2.469,00 EUR",
            "Programmheft",
            "Netto zu 19 %",
            "2.074,79 EUR",
            "Umsatzsteuer zu 19 %",
            "394,21 EUR",
            "Netto zu 7 %",
            "9,35 EUR",
            "Umsatzsteuer zu 7 %",
            "0,65 EUR",
            "Gesamtbetrag",
            "2.479,00 EUR",
            "Betrag dankend erhalten.",
            "Seite 1 von 1",
        ],
    );
}

#[test]
fn each_kind_says_in_english_what_it_is() {
    let kinds = [
        (DocumentKind::Receipt, "Receipt"),
        (DocumentKind::Invoice, "Invoice"),
        (DocumentKind::CreditNote, "Credit note"),
        (DocumentKind::Cancellation, "Cancellation"),
    ];
    for (kind, title) in kinds {
        let text = text(&printed(&Document { kind, ..invoice() }, Language::English));
        assert_all(&text, &[title, "1 June 2026", "2,479.00 EUR", "VAT at 19%", "Page 1 of 1"]);
    }
}

#[test]
fn a_credit_note_names_what_it_refers_to_and_counts_backwards() {
    let note = credit_note();
    let gross: i64 = note.lines.iter().map(|line| line.gross.minor()).sum();
    assert_eq!(gross, 50_000);
    let text = text(&printed(&note, Language::German));
    assert_all(
        &text,
        &[
            "Gutschrift",
            "RE-2026-000043",
            "Bezieht sich auf: RE-2026-000042, 1. Juni 2026",
            "Teil von Ermäßigt",
            "Gutgeschriebener Betrag",
            "-500,00 EUR",
        ],
    );
}

#[test]
fn a_cancellation_says_why() {
    let document = Document {
        kind: DocumentKind::Cancellation,
        reason: Some("Die Anschrift war falsch — sehr falsch".into()),
        ..credit_note()
    };
    let text = text(&printed(&document, Language::German));
    assert_all(&text, &["Stornierung", "Grund: Die Anschrift war falsch — sehr falsch", "ungültig"]);
}

#[test]
fn sixty_lines_go_over_several_pages_and_none_is_lost() {
    let names: Vec<String> = (1..=60).map(|number| format!("Sorte Nr. {number:02}")).collect();
    let items: Vec<(&str, u32, i64, &str)> =
        names.iter().map(|name| (name.as_str(), 1, 1001, "19")).collect();
    let document = Document { lines: sold(Currency::EUR, &items), ..invoice() };
    let file = printed(&document, Language::German);
    let pages = pages(&file);
    assert!(pages.len() >= 2, "{} page", pages.len());
    for (place, page) in pages.iter().enumerate() {
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_all(&page, &[&format!("Seite {} von {}", place + 1, pages.len()), "RE-2026-000042"]);
    }
    let all = text(&file);
    for name in &names {
        assert_eq!(all.matches(name.as_str()).count(), 1, "{name}");
    }
    assert_all(&all, &["600,60 EUR"]);
}

#[test]
fn currencies_have_their_own_decimals() {
    let cases = [
        (Currency::JPY, 2500, "2.500 JPY", "5.000 JPY"),
        (Currency::KWD, 12_345, "12,345 KWD", "24,690 KWD"),
    ];
    for (currency, price, each, total) in cases {
        let document = Document { lines: sold(currency, &[("Entry", 2, price, "5")]), ..invoice() };
        assert_eq!(document.lines[0].pieces, pieces(2, price, currency));
        assert_all(&text(&printed(&document, Language::German)), &[each, total]);
    }
}

#[test]
fn names_of_any_length_and_script_break_nothing() {
    let mut document = invoice();
    document.lines[0].name = "Donaudampfschifffahrtsgesellschaftskapitänsmützen".repeat(8);
    document.lines[1].name = "名前 \u{202e}اسم 🎟\u{0}".into();
    document.recipient.name = "a ".repeat(400);
    let file = printed(&document, Language::English);
    assert!(pages(&file).len() < 4);
    assert_all(&text(&file), &["2,479.00 EUR"]);
}

#[test]
fn a_file_carries_only_the_letters_that_it_uses_and_is_the_same_each_time() {
    let one = printed(&invoice(), Language::German);
    assert!(one.len() < 60_000, "{} bytes", one.len());
    assert_eq!(one, printed(&Document { ..invoice() }, Language::German));
}
