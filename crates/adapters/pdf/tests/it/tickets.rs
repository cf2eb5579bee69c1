//! Tickets.

use crate::reader::{assert_all, pages, text};
use crate::samples::noon;
use adapter_pdf::{Language, Printer, Symbol, TicketSheet};

fn ticket(guest: &str) -> TicketSheet {
    TicketSheet {
        title: "Łódź – Ночь".into(),
        begins: "2026-07-01T20:00:00".parse().unwrap(),
        doors: Some("2026-07-01T19:30:00".parse().unwrap()),
        zone: "CEST".into(),
        place: "Alter Hafen".into(),
        kind: "Ermäßigt".into(),
        seat: None,
        guest: Some(guest.into()),
        reference: Some("K7QF-2MXP-9RTD".into()),
        number: None,
        organiser: "Nächte am Fluß".into(),
        symbol: Symbol { width: 2, dark: vec![true, false, true, true] },
        issued_at: noon(),
    }
}

#[test]
fn each_ticket_has_a_page_with_all_that_its_holder_needs() {
    let tickets = [
        TicketSheet { number: Some((1, 2)), ..ticket("Ada Byron") },
        TicketSheet { number: Some((2, 2)), doors: None, ..ticket("Jürgen Groß") },
    ];
    let file = Printer::new().unwrap().tickets(&tickets, Language::German).unwrap();
    let pages: Vec<String> =
        pages(&file).iter().map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(pages.len(), 2);
    assert_all(
        &pages[0],
        &[
            "Ticket 1 von 2",
            "Łódź – Ночь",
            "Mittwoch, 1. Juli 2026, 20:00 Uhr (MESZ)",
            "19:30 Uhr",
            "Alter Hafen",
            "Ermäßigt",
            "Ada Byron",
            "K7QF-2MXP-9RTD",
            "Nächte am Fluß",
        ],
    );
    assert_all(&pages[1], &["Ticket 2 von 2", "Jürgen Groß"]);
    assert!(!pages[1].contains("Einlass") && !pages[1].contains("Ada"));
}

#[test]
fn a_ticket_is_printed_in_english_too() {
    let file = Printer::new().unwrap().tickets(&[ticket("Ada Byron")], Language::English).unwrap();
    assert_all(&text(&file), &["Wednesday, 1 July 2026, 20:00 (CEST)", "Doors", "Whoever shows it first"]);
}

#[test]
fn dark_modules_are_drawn_where_they_are() {
    let file = Printer::new().unwrap().tickets(&[ticket("Ada Byron")], Language::English).unwrap();
    let document = lopdf::Document::load_mem(&file).unwrap();
    let page = *document.get_pages().values().next().unwrap();
    let content = lopdf::content::Content::decode(&document.get_page_content(page)).unwrap();
    // A run of two in the second row is one box, and light modules are not drawn.
    let fills = content.operations.iter().filter(|it| matches!(it.operator.as_str(), "f" | "f*")).count();
    assert_eq!(fills, 2);
}
