//! What a buyer does on a hosted page, the same for both providers.

use crate::call::{Call, Reply};
use crate::notices::Delivery;
use serde_json::json;

/// A button that was pressed, with what a test asks of the provider.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    fields: Vec<(String, String)>,
    /// How the provider then tells.
    pub delivery: Delivery,
    /// Booked instead of what was asked, in minor units.
    pub amount: Option<i64>,
    /// Booked instead of what was asked, in capitals.
    pub currency: Option<String>,
}

impl Choice {
    /// Reads the query and the form.
    ///
    /// # Errors
    /// The field that makes no sense.
    pub(crate) fn read(call: &Call) -> Result<Self, &'static str> {
        let mut choice = Self { fields: call.query_fields(), ..Self::default() };
        choice.fields.extend(call.body_fields());
        let delivery = Delivery::read(choice.get("webhook"), choice.get("delay_ms"));
        choice.delivery =
            delivery.ok_or("webhook is now, late, twice, lost or reversed; delay_ms a number")?;
        if let Some(text) = choice.get("amount") {
            let amount: u32 = text.parse().map_err(|_| "amount is a number of minor units")?;
            choice.amount = Some(amount.into());
        }
        if let Some(text) = choice.get("currency") {
            let currency: kernel::Currency = text.parse().map_err(|_| "currency is an ISO 4217 code")?;
            choice.currency = Some(currency.code().to_owned());
        }
        Ok(choice)
    }

    /// A field that was given and is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, value)| field == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

/// Answers a button: a browser is sent on, a program is told where it would be sent.
pub(crate) fn done(
    call: &Call,
    status: &str,
    redirect: Option<&str>,
    page: impl FnOnce() -> String,
) -> Reply {
    match redirect {
        _ if !call.wants_page() => Reply::json(200, &json!({ "status": status, "redirect_url": redirect })),
        Some(url) => Reply::redirect(url),
        None => Reply::page(200, page()),
    }
}

/// Answers a button that cannot be pressed.
pub(crate) fn refused(call: &Call, status: u16, why: &str, page: impl FnOnce() -> String) -> Reply {
    if call.wants_page() {
        Reply::page(status, page())
    } else {
        Reply::json(status, &json!({ "error": why }))
    }
}
