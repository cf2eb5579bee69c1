//! What somebody does in Stripe's dashboard, and what a bank does: outside the shop, which learns of it by notices.

use super::Stripe;
use super::books::{disputes, refunds};
use super::dispute::DisputeStatus;
use super::events::{Cause, event};
use super::payment_objects::{charge, dispute, refund};
use super::session::Session;
use crate::buyer::{Choice, done, refused};
use crate::call::Call;
use crate::desk::Served;
use crate::notices::{Batch, Notice};
use kernel::Timestamp;
use serde_json::Value;

impl Stripe {
    /// Refunds `amount`, or all that is left, without the shop's metadata.
    pub(super) fn refund_by_hand(
        &self,
        session: &mut Session,
        call: &Call,
        choice: &Choice,
        now: Timestamp,
    ) -> Served {
        let paid = session.intent.as_mut().and_then(|intent| intent.paid_charge_mut());
        let made = paid.map(|paid| paid.refund(choice.amount, call.refund_pends, now.timestamp()));
        let Some(Ok(made)) = made else { return conflict(call, "that cannot be refunded") };
        let id = made.id.clone();
        let mut told = Vec::new();
        if let Some((intent, paid, made)) = refunds(session).find(|(_, _, made)| made.id == id) {
            told.push(said("refund.created", refund(intent, paid, made), now));
            told.push(said("charge.refunded", charge(intent, paid), now));
        }
        served(call, "refunded", told, choice)
    }

    /// Opens a dispute, and with an `outcome` closes it: the open one if there is one.
    pub(super) fn dispute(
        &self,
        session: &mut Session,
        call: &Call,
        choice: &Choice,
        now: Timestamp,
    ) -> Served {
        let won = match choice.get("outcome") {
            None => None,
            Some("won") => Some(true),
            Some("lost") => Some(false),
            Some(_) => {
                let why = "outcome is won or lost";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        let at = now.timestamp();
        let Some(paid) = session.intent.as_mut().and_then(|intent| intent.paid_charge_mut()) else {
            return conflict(call, "nothing was paid");
        };
        let open = paid.disputes.iter().any(|one| one.status == DisputeStatus::NeedsResponse);
        let mut kinds = Vec::new();
        if !open || won.is_none() {
            let reason = choice.get("reason").unwrap_or("fraudulent");
            if paid.dispute(choice.amount, reason, at).is_err() {
                return conflict(call, "that is disputed already");
            }
            kinds.push((vec!["charge.dispute.created", "charge.dispute.funds_withdrawn"], None));
        }
        if let Some(won) = won {
            let told = if won {
                vec!["charge.dispute.closed", "charge.dispute.funds_reinstated"]
            } else {
                vec!["charge.dispute.closed"]
            };
            kinds.push((told, Some(won)));
        }
        let mut told = Vec::new();
        for (kinds, decision) in kinds {
            let paid = session.intent.as_mut().and_then(|intent| intent.paid_charge_mut());
            let last = paid.and_then(|paid| paid.disputes.last_mut());
            if let (Some(last), Some(won)) = (last, decision) {
                last.close(won, at);
            }
            if let Some((intent, paid, last)) = disputes(session).last() {
                let object = dispute(intent, paid, last);
                told.extend(kinds.into_iter().map(|kind| said(kind, object.clone(), now)));
            }
        }
        served(call, "disputed", told, choice)
    }
}

fn said(kind: &str, object: Value, now: Timestamp) -> Notice {
    event(kind, object, &Cause::default(), now)
}

fn served(call: &Call, status: &str, notices: Vec<Notice>, choice: &Choice) -> Served {
    let reply = done(call, status, None, || status.to_owned());
    Served { reply, batches: vec![Batch { notices, delivery: choice.delivery }] }
}

fn conflict(call: &Call, why: &'static str) -> Served {
    refused(call, 409, why, || why.to_owned()).into()
}
