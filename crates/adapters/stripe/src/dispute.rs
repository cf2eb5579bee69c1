//! Disputes, as the API lists them and as webhooks tell them.
//!
//! Source: <https://docs.stripe.com/api/disputes/object>.

use crate::amount::from_stripe;
use crate::notice::Reference;
use crate::raw::Raw;
use booking::{DisputeStanding, DisputeStatus, Listed, ProviderError};
use kernel::{Money, Timestamp};
use serde::Deserialize;

/// The few fields that matter; all but the id may be missing in some API version.
#[derive(Deserialize)]
pub(crate) struct Dispute {
    id: String,
    status: Option<String>,
    payment_intent: Option<Reference>,
    amount: Option<i64>,
    currency: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    created: i64,
    evidence_details: Option<Evidence>,
    #[serde(default)]
    balance_transactions: Vec<Moved>,
}

#[derive(Deserialize)]
struct Evidence {
    due_by: Option<i64>,
}

#[derive(Deserialize)]
struct Moved {
    #[serde(default)]
    fee: i64,
    #[serde(default)]
    currency: String,
}

impl Dispute {
    /// `None` for one that is not about a payment intent, as all of ours are, and for a bank's mere question
    /// (`warning_...`), which moves no money and is answered by a refund.
    pub(crate) fn standing(self) -> Option<DisputeStanding> {
        let status = match self.status.as_deref()? {
            "needs_response" | "under_review" => DisputeStatus::Open,
            "won" | "prevented" => DisputeStatus::Won,
            "lost" => DisputeStatus::Lost,
            _ => return None,
        };
        let instant = |seconds: i64| Timestamp::from_timestamp(seconds, 0);
        Some(DisputeStanding {
            fee: self.fee(),
            charge: self.payment_intent?.id(),
            amount: from_stripe(self.amount?, &self.currency?)?,
            reference: self.id,
            reason: self.reason,
            status,
            opened_at: instant(self.created)?,
            answer_by: self.evidence_details.and_then(|details| instant(details.due_by?)),
        })
    }

    /// The sum of what was taken beside the amount; `None` before anything moved.
    fn fee(&self) -> Option<Money> {
        let first = self.balance_transactions.first()?;
        let sum = self.balance_transactions.iter().map(|moved| moved.fee).sum();
        from_stripe(sum, &first.currency)
    }
}

/// One page of disputes.
pub(crate) async fn list(
    raw: &Raw<'_>,
    since: Timestamp,
    cursor: Option<&str>,
) -> Result<Listed<DisputeStanding>, ProviderError> {
    let window = [("gte", since)];
    let page = raw.page("/disputes", &window, &[], cursor, |dispute: &Dispute| &dispute.id).await?;
    Ok(Listed { items: page.items.into_iter().filter_map(Dispute::standing).collect(), next: page.next })
}
