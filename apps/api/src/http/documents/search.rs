//! Which documents are looked for.

use crate::http::given::{given, id, instant};
use crate::http::problem::Problem;
use booking::{DocumentFilter, DocumentKind};
use kernel::OrganisationId;
use serde::Deserialize;
use utoipa::IntoParams;

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
    /// The filter that it asks for, and of which organisation.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn read(self) -> Result<(DocumentFilter, Option<OrganisationId>), Problem> {
        let mut wrong = Vec::new();
        let organisation = id("organisation_id", self.organisation_id, &mut wrong);
        let kinds = "must be receipt, invoice, credit_note or cancellation";
        let filter = DocumentFilter {
            organisations: None,
            event: id("event_id", self.event_id, &mut wrong),
            kind: given::<DocumentKind>("kind", self.kind, kinds, &mut wrong),
            number: self.number.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            from: instant("from", self.from, &mut wrong),
            to: instant("to", self.to, &mut wrong),
        };
        if wrong.is_empty() { Ok((filter, organisation)) } else { Err(Problem::invalid(wrong)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_everything_and_every_mistake_is_named() {
        assert_eq!(DocumentsQuery::default().read().unwrap(), (DocumentFilter::default(), None));
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
