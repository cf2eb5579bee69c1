//! Documents as a table that spreadsheets and accounting programs read (RFC 4180).

use crate::http::problem::Causes;
use crate::wiring::App;
use actix_web::web::{Bytes, Data};
use booking::{Document, DocumentFilter};
use futures_util::{Stream, stream};
use kernel::{Cursor, DocumentId, Money, PageRequest, StoreError};

/// Documents read at once.
const AT_ONCE: u32 = 200;

const HEAD: &str = "number,kind,issued_on,event,booking,recipient,recipient_vat_id,corrects,cancelled,currency,\
                    vat_percent,net,vat,gross\r\n";

/// Where the table goes on.
enum Next {
    Head,
    Page(Option<Cursor>),
    End,
}

/// The table, made page by page while it is sent, however long it is.
pub(super) fn rows(app: Data<App>, filter: DocumentFilter) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::unfold((app, filter, Next::Head), async |(app, filter, next)| {
        let after = match next {
            Next::Head => {
                let head = Ok(Bytes::from_static(HEAD.as_bytes()));
                return Some((head, (app, filter, Next::Page(None))));
            }
            Next::Page(after) => after,
            Next::End => return None,
        };
        match app.documents.list(&filter, PageRequest { limit: AT_ONCE, after }).await {
            Ok(page) => {
                let text: String = page.items.iter().map(|(document, by)| row(document, *by)).collect();
                let next = page.next.map_or(Next::End, |cursor| Next::Page(Some(cursor)));
                Some((Ok(Bytes::from(text)), (app, filter, next)))
            }
            Err(error) => {
                // The connection is cut: nobody takes half a table for the whole.
                tracing::warn!(causes = %Causes(&error), "a table of documents was cut off");
                Some((Err(error), (app, filter, Next::End)))
            }
        }
    })
}

fn row(document: &Document, by: Option<DocumentId>) -> String {
    let corrects = document.corrects.as_ref().map(|it| it.number.as_str()).unwrap_or_default();
    let head = [
        cell(&document.number.to_string()),
        cell(document.kind.as_str()),
        cell(&document.issued_on.to_string()),
        cell(&document.occasion.title),
        cell(&document.occasion.reference),
        cell(&document.recipient.name),
        cell(document.recipient.vat_id.as_deref().unwrap_or_default()),
        cell(corrects),
        cell(if by.is_some() { "yes" } else { "no" }),
    ];
    let head = head.join(",");
    let amount = |money: Money| {
        let sign = if document.credits && !money.is_zero() { "-" } else { "" };
        format!("{sign}{}", money.decimal())
    };
    let line = |total: &booking::document::lines::RateTotal| {
        let (currency, rate) = (total.gross.currency(), total.rate.percent());
        let (net, tax, gross) = (amount(total.net), amount(total.tax), amount(total.gross));
        format!("{head},{currency},{rate},{net},{tax},{gross}\r\n")
    };
    document.totals().iter().map(line).collect()
}

/// A text in quotes. One that a spreadsheet would take for a formula is marked as a text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_one_cell_and_no_formula() {
        assert_eq!(cell("Łódź, \"live\""), "\"Łódź, \"\"live\"\"\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("a\r\nb"), "\"a\r\nb\"");
    }
}
