//! Balance transactions: everything that moved money on the account, with Stripe's fees.
//!
//! Source: <https://docs.stripe.com/api/balance_transactions/object>,
//! <https://docs.stripe.com/reports/reporting-categories>.

use crate::amount::from_stripe;
use crate::failure::unreadable;
use crate::notice::Reference;
use crate::raw::Raw;
use crate::refunds::REFUND;
use booking::{Direction, Listed, Movement, MovementKind, ProviderError};
use kernel::{Money, Timestamp};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Moved {
    id: String,
    amount: i64,
    #[serde(default)]
    fee: i64,
    currency: String,
    created: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    reporting_category: String,
    source: Option<Source>,
}

/// What it belongs to: asked for written out, but not everything can be.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Object(Object),
    Id(String),
}

#[derive(Deserialize)]
struct Object {
    id: String,
    payment_intent: Option<Reference>,
    metadata: Option<HashMap<String, String>>,
}

/// One page of movements.
pub(crate) async fn list(
    raw: &Raw<'_>,
    from: Timestamp,
    to: Timestamp,
    cursor: Option<&str>,
) -> Result<Listed<Movement>, ProviderError> {
    let window = [("gte", from), ("lt", to)];
    let more = [("expand%5B%5D", "data.source")];
    let page = raw.page("/balance_transactions", &window, &more, cursor, |moved: &Moved| &moved.id).await?;
    let read: Result<Vec<_>, _> = page.items.into_iter().map(Moved::read).collect();
    Ok(Listed { items: read?.into_iter().flatten().collect(), next: page.next })
}

impl Moved {
    fn kind(&self) -> MovementKind {
        match (self.reporting_category.as_str(), self.kind.as_str()) {
            ("charge" | "charge_failure", _) | ("", "charge" | "payment") => MovementKind::Charge,
            ("refund" | "refund_failure" | "partial_capture_reversal", _)
            | ("", "refund" | "payment_refund" | "refund_failure" | "payment_failure_refund") => {
                MovementKind::Refund
            }
            ("dispute" | "dispute_reversal", _) => MovementKind::Dispute,
            ("fee" | "network_cost" | "tax", _) | ("", "stripe_fee") => MovementKind::Fee,
            _ => MovementKind::Other,
        }
    }

    /// `None` for what others do with the account in a currency that we do not know.
    ///
    /// # Errors
    /// [`ProviderError::Uncertain`] for a charge, refund or dispute that cannot be read: it must not be passed over.
    fn read(self) -> Result<Option<Movement>, ProviderError> {
        let kind = self.kind();
        let money = |amount: i64| from_stripe(amount, &self.currency);
        // A fee that came back is written below zero: it is ours, and part of the amount.
        let fee = money(self.fee.max(0));
        let gross = self.amount - self.fee.min(0);
        let read = money(gross.abs()).zip(fee).zip(Timestamp::from_timestamp(self.created, 0));
        let Some(((amount, fee), at)) = read else {
            return match kind {
                MovementKind::Other | MovementKind::Fee => Ok(None),
                _ => Err(unreadable("a movement of no known amount")),
            };
        };
        let (about, charge, refund) = match self.source {
            Some(Source::Object(object)) => {
                let refund = object.metadata.and_then(|metadata| metadata.get(REFUND)?.parse().ok());
                (Some(object.id), object.payment_intent.map(Reference::id), refund)
            }
            Some(Source::Id(id)) => (Some(id), None, None),
            None => (None, None, None),
        };
        let direction = if gross < 0 { Direction::Out } else { Direction::In };
        let (kind, amount, fee) = only_fee(kind, amount, fee);
        Ok(Some(Movement { reference: self.id, kind, direction, amount, fee, charge, about, refund, at }))
    }
}

/// Stripe books a fee alone as an amount without a fee.
fn only_fee(kind: MovementKind, amount: Money, fee: Money) -> (MovementKind, Money, Money) {
    if kind == MovementKind::Fee && fee.is_zero() {
        (kind, Money::zero(amount.currency()), amount)
    } else {
        (kind, amount, fee)
    }
}
