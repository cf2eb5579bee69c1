//! Documents as a table that spreadsheets and accounting programs read: a line for each rate of tax.

use crate::http::csv::{Cell, Lines};
use booking::Document;
use booking::document::lines::RateTotal;
use kernel::{DocumentId, Money};

/// The names of the columns.
pub(super) const COLUMNS: [&str; 14] = [
    "number",
    "kind",
    "issued_on",
    "event",
    "booking",
    "recipient",
    "recipient_vat_id",
    "corrects",
    "cancelled",
    "currency",
    "vat_percent",
    "net",
    "vat",
    "gross",
];

/// The lines of a document; `by` took it back. Words are in quotes and numbers are not.
pub(super) fn row((document, by): &(Document, Option<DocumentId>), lines: &mut Lines) {
    let corrects = document.corrects.as_ref().map(|it| it.number.as_str()).unwrap_or_default();
    let cancelled = if by.is_some() { "yes" } else { "no" };
    let head = [
        document.number.to_string(),
        document.kind.as_str().to_owned(),
        document.issued_on.to_string(),
        document.occasion.title.clone(),
        document.occasion.reference.clone(),
        document.recipient.name.clone(),
        document.recipient.vat_id.clone().unwrap_or_default(),
        corrects.to_owned(),
        cancelled.to_owned(),
    ];
    let amount = |money: Money| {
        let sign = if document.credits && !money.is_zero() { "-" } else { "" };
        Cell::Number(format!("{sign}{}", money.decimal()))
    };
    let sums = |total: &RateTotal| {
        [
            Cell::of(total.gross.currency()),
            Cell::Number(total.rate.percent()),
            amount(total.net),
            amount(total.tax),
            amount(total.gross),
        ]
    };
    for total in &document.totals() {
        lines.add(head.iter().cloned().map(Cell::Quoted).chain(sums(total)));
    }
}
