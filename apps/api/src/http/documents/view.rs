//! Documents as they are answered.

use crate::http::money::{MoneyView, vat_percent};
use booking::Document;
use booking::document::lines::{Line, RateTotal};
use booking::use_cases::TakenBack;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::DocumentId;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where the file is.
#[must_use]
pub fn file(id: DocumentId) -> String {
    format!("/api/v1/documents/{id}.pdf")
}

/// A receipt, an invoice, a credit note or a cancellation. All amounts are positive; `credits` says for whom they are.
#[derive(Serialize, ToSchema)]
pub struct DocumentView {
    id: Uuid,
    #[schema(example = "RE-2026-000042")]
    number: String,
    /// `receipt` (without the buyer's address), `invoice`, `credit_note` (money went back) or `cancellation` (of a
    /// wrong document).
    kind: &'static str,
    /// Whether its amounts are in the buyer's favour.
    credits: bool,
    organisation_id: Uuid,
    event_id: Uuid,
    booking_id: Uuid,
    /// The booking's name for people.
    booking_reference: String,
    /// To whom it is.
    recipient: String,
    total: MoneyView,
    /// The sums of each rate of tax.
    totals: Vec<TotalView>,
    lines: Vec<DocumentLineView>,
    /// The document that it takes back, in whole or in part.
    #[schema(required)]
    corrects: Option<CorrectedView>,
    /// Why that one is taken back.
    #[schema(required)]
    reason: Option<String>,
    /// The document that cancels this one.
    #[schema(required)]
    cancelled_by: Option<Uuid>,
    issued_at: DateTime<Utc>,
    /// The day of that at the place of the event, as it is printed.
    issued_on: NaiveDate,
    /// Where the PDF file is; `?lang=de` or `en`.
    url: String,
}

/// The sums of a rate.
#[derive(Serialize, ToSchema)]
pub struct TotalView {
    #[schema(value_type = f64, example = 19)]
    vat_percent: Number,
    net: MoneyView,
    vat: MoneyView,
    gross: MoneyView,
}

/// A line.
#[derive(Serialize, ToSchema)]
pub struct DocumentLineView {
    ticket_type_id: Uuid,
    name: String,
    /// Null when a part of the line's sum went back.
    #[schema(required)]
    quantity: Option<u32>,
    #[schema(required)]
    unit_price: Option<MoneyView>,
    #[schema(value_type = f64, example = 19)]
    vat_percent: Number,
    net: MoneyView,
    vat: MoneyView,
    gross: MoneyView,
}

/// A document that is taken back.
#[derive(Serialize, ToSchema)]
pub struct CorrectedView {
    id: Uuid,
    number: String,
}

impl From<&RateTotal> for TotalView {
    fn from(total: &RateTotal) -> Self {
        Self {
            vat_percent: vat_percent(total.rate),
            net: total.net.into(),
            vat: total.tax.into(),
            gross: total.gross.into(),
        }
    }
}

impl From<&Line> for DocumentLineView {
    fn from(line: &Line) -> Self {
        Self {
            ticket_type_id: line.ticket_type.as_uuid(),
            name: line.name.clone(),
            quantity: line.pieces.map(|pieces| pieces.quantity),
            unit_price: line.pieces.map(|pieces| pieces.unit_price.into()),
            vat_percent: vat_percent(line.rate),
            net: line.net().into(),
            vat: line.tax.into(),
            gross: line.gross.into(),
        }
    }
}

impl DocumentView {
    /// With what cancelled it.
    #[must_use]
    pub fn of(document: &Document, cancelled_by: Option<DocumentId>) -> Self {
        let totals = document.totals();
        // Every document has a line; one that had none would show the sum of nothing.
        let nothing = kernel::Money::zero(kernel::Currency::EUR);
        let corrects = document.corrects.as_ref();
        Self {
            id: document.id.as_uuid(),
            number: document.number.to_string(),
            kind: document.kind.as_str(),
            credits: document.credits,
            organisation_id: document.organisation.as_uuid(),
            event_id: document.event.as_uuid(),
            booking_id: document.booking.as_uuid(),
            booking_reference: document.occasion.reference.clone(),
            recipient: document.recipient.name.clone(),
            total: document.gross().unwrap_or(nothing).into(),
            totals: totals.iter().map(TotalView::from).collect(),
            lines: document.lines.iter().map(DocumentLineView::from).collect(),
            corrects: corrects.map(|it| CorrectedView { id: it.id.as_uuid(), number: it.number.clone() }),
            reason: document.reason.clone(),
            cancelled_by: cancelled_by.map(DocumentId::as_uuid),
            issued_at: document.issued_at,
            issued_on: document.issued_on,
            url: file(document.id),
        }
    }
}

/// The documents of a booking.
#[derive(Serialize, ToSchema)]
pub struct DocumentsView {
    /// The oldest first.
    pub items: Vec<DocumentView>,
    /// Always null: there is one page.
    pub next_cursor: Option<String>,
}

/// What came of cancelling a document.
#[derive(Serialize, ToSchema)]
pub struct TakenBackView {
    cancellation: DocumentView,
    /// The right one, when that was asked for.
    #[schema(required)]
    replacement: Option<DocumentView>,
}

impl TakenBackView {
    /// Both documents.
    #[must_use]
    pub fn of(taken: &TakenBack) -> Self {
        Self {
            cancellation: DocumentView::of(&taken.cancellation, None),
            replacement: taken.replacement.as_ref().map(|document| DocumentView::of(document, None)),
        }
    }
}
