//! Documents to print.

use booking::document::lines::{self, Line, Pieces};
use booking::document::{Corrected, Occasion};
use booking::{Document, DocumentKind, DocumentNumber, Item, Origin, Party};
use kernel::{Currency, DocumentId, Money, Timestamp, VatRate};
use uuid::Uuid;

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn party(name: &str, address: &[&str]) -> Party {
    let address = address.iter().map(|line| (*line).to_owned()).collect();
    Party { name: name.into(), address, vat_id: None, iban: None }
}

/// Lines of what was sold: name, quantity, price in minor units, percent.
pub(crate) fn sold(currency: Currency, items: &[(&str, u32, i64, &str)]) -> Vec<Line> {
    let id = |place: usize| Uuid::from_u128(place as u128).into();
    let item = |(place, (_, quantity, price, percent)): (usize, &(&str, u32, i64, &str))| Item {
        ticket_type: id(place),
        quantity: *quantity,
        unit_price: Money::new(*price, currency).unwrap(),
        vat: VatRate::from_percent(percent).unwrap(),
        list_price: None,
        seat: None,
    };
    let names: Vec<_> = items.iter().enumerate().map(|(place, it)| (id(place), it.0.to_owned())).collect();
    let items: Vec<Item> = items.iter().enumerate().map(item).collect();
    lines::sold(&items, &names).unwrap()
}

/// An invoice over two rates.
pub(crate) fn invoice() -> Document {
    let issuer = Party {
        vat_id: Some("DE 811 907 980".into()),
        iban: Some("DE89370400440532013000".into()),
        ..party("Nächte am Fluß e. V.", &["Große Straße 1", "10115 Berlin"])
    };
    Document {
        id: DocumentId::generate(noon()),
        number: DocumentNumber { prefix: "RE-".into(), year: 2026, serial: 42 },
        kind: DocumentKind::Invoice,
        credits: false,
        origin: Origin::Payment(Uuid::from_u128(1).into()),
        organisation: Uuid::from_u128(2).into(),
        event: Uuid::from_u128(3).into(),
        booking: Uuid::from_u128(4).into(),
        buyer: Uuid::from_u128(5).into(),
        corrects: None,
        reason: None,
        issuer,
        recipient: party("Łukasz Żółć", &["ul. Świętokrzyska 2", "00-001 Łódź"]),
        occasion: Occasion {
            reference: "K7QF-2MXP-9RTD".into(),
            title: "Ночь музыки / Nuit à l’Œuvre".into(),
            takes_place_on: "2026-07-01".parse().unwrap(),
        },
        lines: sold(Currency::EUR, &[("Ermäßigt", 2, 123_450, "19"), ("Programmheft", 1, 1000, "7")]),
        issued_at: noon(),
        issued_on: noon().date_naive(),
    }
}

/// A credit note over a part of it.
pub(crate) fn credit_note() -> Document {
    let sale = invoice();
    let lines = lines::sent_back(&sale.lines, &[], &[], Money::eur(50_000));
    Document {
        kind: DocumentKind::CreditNote,
        credits: true,
        number: DocumentNumber { serial: 43, ..sale.number.clone() },
        corrects: Some(Corrected { id: sale.id, number: sale.number.to_string(), issued_on: sale.issued_on }),
        lines,
        ..sale
    }
}

/// So many pieces, for those who look at lines.
pub(crate) fn pieces(quantity: u32, minor: i64, currency: Currency) -> Option<Pieces> {
    Some(Pieces { quantity, unit_price: Money::new(minor, currency).unwrap() })
}
