//! Refunds of a payment intent.

use crate::amount::{from_stripe, to_stripe};
use crate::failure::unreadable;
use crate::sent::sent;
use booking::{ProviderError, RefundOrder, RefundStanding, RefundStatus, ToldRefund};
use std::collections::HashMap;
use std::time::Duration;
use stripe::{Client, StripeRequest};
use stripe_core::Refund;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};

/// The metadata field that carries our id.
pub(crate) const REFUND: &str = "refund_id";
/// The most that Stripe lists at once.
const PAGE: i64 = 100;

pub(crate) fn request(order: &RefundOrder) -> Result<CreateRefund, ProviderError> {
    let metadata = HashMap::from([(REFUND.to_owned(), order.refund.to_string())]);
    let amount = to_stripe(order.amount)?;
    Ok(CreateRefund::new().payment_intent(&order.charge).amount(amount).metadata(metadata))
}

/// By its reference when we have one, else among the refunds of its charge.
pub(crate) async fn find(
    client: &Client,
    deadline: Duration,
    order: &RefundOrder,
) -> Result<Option<RefundStanding>, ProviderError> {
    if let Some(reference) = &order.reference {
        let call = RetrieveRefund::new(reference.as_str()).customize();
        return match sent("Stripe: ask about a refund", call.timeout(deadline).send(client)).await {
            Ok(refund) => standing(&refund).map(Some),
            Err(ProviderError::Refused { code }) if code == "resource_missing" => Ok(None),
            Err(error) => Err(error),
        };
    }
    let wanted = order.refund.to_string();
    let mut list = ListRefund::new().payment_intent(&order.charge).limit(PAGE);
    loop {
        let call = list.customize().timeout(deadline);
        let page = sent("Stripe: list refunds", call.send(client)).await?;
        let carries = |refund: &&Refund| {
            refund.metadata.as_ref().and_then(|metadata| metadata.get(REFUND)).is_some_and(|id| *id == wanted)
        };
        if let Some(refund) = page.data.iter().find(carries) {
            return standing(refund).map(Some);
        }
        match page.data.last() {
            Some(last) if page.has_more => list = list.starting_after(last.id.as_str()),
            _ => return Ok(None),
        }
    }
}

/// All refunds of a charge.
pub(crate) async fn of_charge(
    client: &Client,
    deadline: Duration,
    charge: &str,
) -> Result<Vec<ToldRefund>, ProviderError> {
    let mut list = ListRefund::new().payment_intent(charge).limit(PAGE);
    let mut all = Vec::new();
    loop {
        let call = list.customize().timeout(deadline);
        let page = sent("Stripe: list refunds", call.send(client)).await?;
        for refund in &page.data {
            all.push(told(refund, charge)?);
        }
        match page.data.last() {
            Some(last) if page.has_more => list = list.starting_after(last.id.as_str()),
            _ => return Ok(all),
        }
    }
}

fn told(refund: &Refund, charge: &str) -> Result<ToldRefund, ProviderError> {
    let amount = from_stripe(refund.amount, &refund.currency.to_string());
    let amount = amount.ok_or_else(|| unreadable("a refund of no known amount"))?;
    let ours = refund.metadata.as_ref().and_then(|metadata| metadata.get(REFUND)?.parse().ok());
    Ok(ToldRefund { refund: ours, charge: charge.to_owned(), amount, standing: standing(refund)? })
}

pub(crate) fn standing(refund: &Refund) -> Result<RefundStanding, ProviderError> {
    let status = refund.status.as_deref().and_then(status);
    let status = status.ok_or_else(|| unreadable("a refund in an unknown state"))?;
    Ok(RefundStanding { reference: refund.id.to_string(), status })
}

/// Stripe's `status` of a refund; `None` for one that it does not document.
pub(crate) fn status(text: &str) -> Option<RefundStatus> {
    match text {
        "pending" | "requires_action" => Some(RefundStatus::InTransit),
        "succeeded" => Some(RefundStatus::Done),
        "failed" | "canceled" => Some(RefundStatus::Failed),
        _ => None,
    }
}
