//! Which documents are looked for.

use crate::http::problem::Problem;
use booking::{DocumentFilter, DocumentKind};
use chrono::{DateTime, Utc};
use kernel::Invalid;
use serde::Deserialize;
use std::str::FromStr;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which documents are looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
pub struct DocumentsQuery {
    /// Of this organisation.
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
    /// Of this event.
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
    /// `receipt`, `invoice`, `credit_note` or `cancellation`.
    kind: Option<String>,
    /// With exactly this number.
    number: Option<String>,
    /// Issued then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Issued before.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
}

impl DocumentsQuery {
    /// The filter that it asks for.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn read(self) -> Result<DocumentFilter, Problem> {
        let mut wrong = Vec::new();
        let organisation: Option<Uuid> = parsed("organisation_id", self.organisation_id, "an id", &mut wrong);
        let event: Option<Uuid> = parsed("event_id", self.event_id, "an id", &mut wrong);
        let instant = "an instant, as 2026-06-01T12:00:00Z";
        let kinds = "receipt, invoice, credit_note or cancellation";
        let filter = DocumentFilter {
            organisations: organisation.map(|id| vec![id.into()]),
            event: event.map(Into::into),
            kind: parsed::<DocumentKind>("kind", self.kind, kinds, &mut wrong),
            number: self.number.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            from: parsed::<DateTime<Utc>>("from", self.from, instant, &mut wrong),
            to: parsed::<DateTime<Utc>>("to", self.to, instant, &mut wrong),
        };
        if wrong.is_empty() { Ok(filter) } else { Err(Problem::invalid(wrong)) }
    }
}

fn parsed<T: FromStr>(field: &str, text: Option<String>, what: &str, wrong: &mut Vec<Invalid>) -> Option<T> {
    let read = text.filter(|text| !text.is_empty())?.parse();
    read.map_err(|_| wrong.push(Invalid::new(field, "malformed", format!("must be {what}")))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_everything_and_every_mistake_is_named() {
        assert_eq!(DocumentsQuery::default().read().unwrap(), DocumentFilter::default());
        let text = |text: &str| Some(text.to_owned());
        let wrong = DocumentsQuery {
            organisation_id: text("x"),
            event_id: text("y"),
            kind: text("bill"),
            number: text(" RE-1 "),
            from: text("soon"),
            to: text("2026-06-01"),
        };
        assert_eq!(wrong.read().unwrap_err().code(), "invalid_input");
    }
}
