//! Refunds of a capture.
//!
//! Source: <https://developer.paypal.com/docs/api/payments/v2/#captures_refund>.

use crate::amount::Amount;
use crate::failure::unreadable;
use crate::orders::{Link, segment};
use booking::{ProviderError, RefundOrder, RefundStanding, RefundStatus, ToldRefund};
use kernel::{Money, RefundId};
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// `POST /v2/payments/captures/{id}/refund`.
pub(crate) struct CreateRefund<'a> {
    capture: &'a str,
    body: NewRefund,
}

#[derive(Clone, Serialize)]
pub(crate) struct NewRefund {
    amount: Amount,
    custom_id: String,
    invoice_id: String,
}

impl<'a> CreateRefund<'a> {
    pub(crate) fn new(order: &'a RefundOrder) -> Result<Self, ProviderError> {
        let id = order.refund.to_string();
        let body = NewRefund { amount: Amount::of(order.amount)?, custom_id: id.clone(), invoice_id: id };
        Ok(Self { capture: segment(&order.charge)?, body })
    }
}

impl Endpoint for CreateRefund<'_> {
    type Query = ();
    type Body = NewRefund;
    type Response = Refund;

    fn relative_path(&self) -> Cow<'_, str> {
        format!("/v2/payments/captures/{}/refund", self.capture).into()
    }

    fn method(&self) -> Method {
        Method::POST
    }

    fn body(&self) -> Option<NewRefund> {
        Some(self.body.clone())
    }
}

/// `GET /v2/payments/refunds/{id}`.
pub(crate) struct ShowRefund<'a>(pub(crate) &'a str);

impl Endpoint for ShowRefund<'_> {
    type Query = ();
    type Body = ();
    type Response = Refund;

    fn relative_path(&self) -> Cow<'_, str> {
        format!("/v2/payments/refunds/{}", self.0).into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

/// A refund as it stands.
#[derive(Debug, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    status: Option<String>,
    amount: Option<Amount>,
    custom_id: Option<String>,
    invoice_id: Option<String>,
    #[serde(default)]
    links: Vec<Link>,
}

impl Refund {
    pub(crate) fn standing(&self) -> Result<RefundStanding, ProviderError> {
        let status = self.status().ok_or_else(|| unreadable("a refund in an unknown state"))?;
        Ok(RefundStanding { reference: self.id.clone(), status })
    }

    /// As it is listed, whoever made it.
    pub(crate) fn told(&self, charge: &str) -> Result<ToldRefund, ProviderError> {
        let amount = self.money().ok_or_else(|| unreadable("a refund of no known amount"))?;
        Ok(ToldRefund { refund: self.ours(), charge: charge.to_owned(), amount, standing: self.standing()? })
    }

    /// How much.
    pub(crate) fn money(&self) -> Option<Money> {
        self.amount.as_ref()?.money()
    }

    /// `None` for a status that PayPal does not document.
    pub(crate) fn status(&self) -> Option<RefundStatus> {
        match self.status.as_deref()? {
            "PENDING" => Some(RefundStatus::InTransit),
            "COMPLETED" => Some(RefundStatus::Done),
            "FAILED" | "CANCELLED" => Some(RefundStatus::Failed),
            _ => None,
        }
    }

    /// Our id. A refund made in PayPal's own pages carries none, or the attempt's, which names no refund of ours.
    pub(crate) fn ours(&self) -> Option<RefundId> {
        let texts = [&self.invoice_id, &self.custom_id];
        texts.into_iter().flatten().find_map(|text| text.parse().ok())
    }

    /// The capture that it gives back.
    pub(crate) fn capture(&self) -> Option<&str> {
        let up = self.links.iter().find(|link| link.rel == "up")?;
        let (_, capture) = up.href.rsplit_once("/payments/captures/")?;
        segment(capture).ok()
    }
}
