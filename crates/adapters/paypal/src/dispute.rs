//! Disputes, as the API lists them and as webhooks tell them.
//!
//! Source: <https://developer.paypal.com/docs/api/customer-disputes/v1/>.

use crate::amount::Amount;
use crate::client::Client;
use crate::failure::{Failure, unreadable};
use crate::orders::{Link, segment};
use booking::{DisputeStanding, DisputeStatus, Listed, ProviderError};
use chrono::SecondsFormat;
use kernel::Timestamp;
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::Deserialize;
use std::borrow::Cow;

/// The most that PayPal lists at once.
const PAGE: u32 = 50;

/// `GET /v1/customer/disputes`.
struct ListDisputes<'a> {
    since: Timestamp,
    cursor: Option<&'a str>,
}

impl Endpoint for ListDisputes<'_> {
    type Query = ();
    type Body = ();
    type Response = Page;

    fn relative_path(&self) -> Cow<'_, str> {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Millis, true);
        let page = self.cursor.map(|cursor| format!("&next_page_token={cursor}")).unwrap_or_default();
        format!("/v1/customer/disputes?start_time={since}&page_size={PAGE}{page}").into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

/// `GET /v1/customer/disputes/{id}`.
struct ShowDispute<'a>(&'a str);

impl Endpoint for ShowDispute<'_> {
    type Query = ();
    type Body = ();
    type Response = Dispute;

    fn relative_path(&self) -> Cow<'_, str> {
        format!("/v1/customer/disputes/{}", self.0).into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    items: Vec<Summary>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Summary {
    dispute_id: String,
}

/// The few fields that matter.
#[derive(Deserialize)]
pub(crate) struct Dispute {
    dispute_id: String,
    status: Option<String>,
    #[serde(default)]
    reason: String,
    dispute_amount: Option<Amount>,
    #[serde(default)]
    disputed_transactions: Vec<Disputed>,
    dispute_outcome: Option<Outcome>,
    dispute_life_cycle_stage: Option<String>,
    create_time: Option<Timestamp>,
    seller_response_due_date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Disputed {
    seller_transaction_id: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    outcome_code: Option<String>,
    amount_refunded: Option<Amount>,
}

impl Dispute {
    /// `None` for what names no charge of ours, and while buyer and shop only talk: an inquiry takes no money.
    pub(crate) fn standing(self) -> Option<DisputeStanding> {
        let status = self.status()?;
        let charge = self.disputed_transactions.into_iter().find_map(|paid| paid.seller_transaction_id)?;
        let back = self.dispute_outcome.and_then(|outcome| outcome.amount_refunded?.money());
        let asked = self.dispute_amount?.money()?;
        let lost = status == DisputeStatus::Lost;
        Some(DisputeStanding {
            reference: self.dispute_id,
            charge,
            // A part of what was asked may be what was granted.
            amount: back.filter(|back| lost && !back.is_zero()).unwrap_or(asked),
            fee: None,
            reason: self.reason,
            status,
            opened_at: self.create_time?,
            answer_by: self.seller_response_due_date,
        })
    }

    fn status(&self) -> Option<DisputeStatus> {
        if self.status.as_deref()? != "RESOLVED" {
            let talk = self.dispute_life_cycle_stage.as_deref() == Some("INQUIRY");
            return (!talk).then_some(DisputeStatus::Open);
        }
        match self.dispute_outcome.as_ref().and_then(|outcome| outcome.outcome_code.as_deref()) {
            Some("RESOLVED_BUYER_FAVOUR" | "ACCEPTED") => Some(DisputeStatus::Lost),
            // Paid out of PayPal's own pocket, taken back, or refused: nothing leaves our account.
            Some(
                "RESOLVED_SELLER_FAVOUR" | "RESOLVED_WITH_PAYOUT" | "CANCELED_BY_BUYER" | "DENIED" | "NONE",
            ) => Some(DisputeStatus::Won),
            _ => None,
        }
    }
}

/// One page of disputes. The list tells no charges, so each is asked for.
pub(crate) async fn list(
    client: &Client,
    since: Timestamp,
    cursor: Option<&str>,
) -> Result<Listed<DisputeStanding>, ProviderError> {
    let cursor = cursor.map(token).transpose()?;
    let page = client.execute(&ListDisputes { since, cursor }, None).await?;
    let mut items = Vec::new();
    for summary in &page.items {
        let id = segment(&summary.dispute_id)?;
        let dispute = client.execute(&ShowDispute(id), None).await?;
        items.extend(dispute.standing());
    }
    let next = page.links.iter().find(|link| link.rel == "next").map(|link| next_token(&link.href));
    let next = next.transpose()?;
    Ok(Listed { items, next })
}

fn next_token(href: &str) -> Result<String, ProviderError> {
    let url = reqwest::Url::parse(href).map_err(unreadable)?;
    let found = url.query_pairs().find(|(name, _)| name == "next_page_token");
    let (_, value) = found.ok_or_else(|| unreadable("a next page without its token"))?;
    token(&value).map(str::to_owned).map_err(ProviderError::from)
}

/// A token that may stand in a query.
fn token(text: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=');
    let good = !text.is_empty() && text.bytes().all(plain);
    if good { Ok(text) } else { Err(Failure::Impossible("MALFORMED_CURSOR")) }
}
