//! Lists that are read for a few fields only. The typed crates would have to be built for all of Stripe, and fail on
//! the first field that a newer API version writes differently.

use crate::failure::unreadable;
use crate::sent::sent;
use booking::{Listed, ProviderError};
use kernel::Timestamp;
use serde::de::DeserializeOwned;
use std::time::Duration;
use stripe::Client;
use stripe_client_core::{RequestBuilder, StripeMethod};

/// The most that Stripe lists at once.
const PAGE: &str = "100";

/// Calls by path.
pub(crate) struct Raw<'a> {
    pub(crate) client: &'a Client,
    /// For each call.
    pub(crate) deadline: Duration,
}

/// A list as Stripe writes it.
#[derive(serde::Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    has_more: bool,
}

impl Raw<'_> {
    /// Reads one page of a list, the newest first.
    ///
    /// # Errors
    /// A [`ProviderError`].
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        window: &[(&str, Timestamp)],
        more: &[(&str, &str)],
        cursor: Option<&str>,
        name: impl Fn(&T) -> &str,
    ) -> Result<Listed<T>, ProviderError> {
        let mut query: Vec<(String, String)> = vec![("limit".into(), PAGE.into())];
        let bound =
            |(name, at): &(&str, Timestamp)| (format!("created%5B{name}%5D"), at.timestamp().to_string());
        query.extend(window.iter().map(bound));
        query.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Some(cursor) = cursor {
            if !cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(ProviderError::Refused { code: "malformed_cursor".into() });
            }
            query.push(("starting_after".into(), cursor.into()));
        }
        let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut call = RequestBuilder::new(StripeMethod::Get, path);
        call.query = Some(query.join("&"));
        let call = call.customize::<miniserde::json::Value>().timeout(self.deadline);
        let text = miniserde::json::to_string(&sent("Stripe: list", call.send(self.client)).await?);
        let page: Page<T> = serde_json::from_str(&text).map_err(unreadable)?;
        let next = if page.has_more { page.data.last().map(|last| name(last).to_owned()) } else { None };
        Ok(Listed { items: page.data, next })
    }
}
