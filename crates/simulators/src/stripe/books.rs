//! All that the Stripe side remembers.

use super::dispute::Dispute;
use super::payment::{Charge, ChargeStatus, Intent, Refund};
use super::replay::Answers;
use super::session::Session;
use crate::shelf::Shelf;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Sessions go by their own id and by those of their payment, charges and refunds.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Books {
    pub sessions: Shelf<Session, 10_000>,
    pub answers: Answers,
}

impl Books {
    /// The session of this account that goes by this id.
    pub(crate) fn session(&self, account: &str, id: &str) -> Option<&Session> {
        self.sessions.get(id).filter(|session| session.account == account)
    }

    /// The same, to change it.
    pub(crate) fn session_mut(&mut self, account: &str, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(id).filter(|session| session.account == account)
    }

    /// The payment with this id.
    pub(crate) fn intent(&self, account: &str, id: &str) -> Option<&Intent> {
        self.session(account, id)?.intent.as_ref().filter(|intent| intent.id == id)
    }

    /// The charge with this id, with its payment.
    pub(crate) fn charge(&self, account: &str, id: &str) -> Option<(&Intent, &Charge)> {
        let intent = self.session(account, id)?.intent.as_ref()?;
        Some((intent, intent.charges.iter().find(|charge| charge.id == id)?))
    }

    /// The refund with this id, with its payment and charge.
    pub(crate) fn refund(&self, account: &str, id: &str) -> Option<(&Intent, &Charge, &Refund)> {
        let session = self.session(account, id)?;
        refunds(session).find(|(_, _, refund)| refund.id == id)
    }

    /// The dispute with this id, with its payment and charge.
    pub(crate) fn dispute(&self, account: &str, id: &str) -> Option<(&Intent, &Charge, &Dispute)> {
        let session = self.session(account, id)?;
        disputes(session).find(|(_, _, dispute)| dispute.id == id)
    }

    /// Lets a session be found by all that belongs to it.
    pub(crate) fn name_parts(&mut self, id: &str) {
        let Some(intent) = self.sessions.get(id).and_then(|session| session.intent.as_ref()) else { return };
        let mut names = vec![intent.id.clone()];
        for charge in &intent.charges {
            names.push(charge.id.clone());
            names.extend(charge.refunds.iter().map(|refund| refund.id.clone()));
            names.extend(charge.disputes.iter().map(|dispute| dispute.id.clone()));
        }
        names.retain(|name| self.sessions.get(name).is_none());
        for name in names {
            self.sessions.also_name(id, name);
        }
    }

    /// What the provider believes.
    pub(crate) fn state(&self) -> Value {
        let sessions: Vec<_> = self.sessions.iter().map(session_state).collect();
        json!({ "provider": "stripe", "sessions": sessions })
    }
}

/// Every refund of a session, with its payment and charge, from the oldest to the newest.
pub(crate) fn refunds(session: &Session) -> impl Iterator<Item = (&Intent, &Charge, &Refund)> {
    let charges =
        session.intent.iter().flat_map(|intent| intent.charges.iter().map(move |charge| (intent, charge)));
    charges.flat_map(|(intent, charge)| charge.refunds.iter().map(move |refund| (intent, charge, refund)))
}

/// Every dispute of a session, with its payment and charge, from the oldest to the newest.
pub(crate) fn disputes(session: &Session) -> impl Iterator<Item = (&Intent, &Charge, &Dispute)> {
    let charges =
        session.intent.iter().flat_map(|intent| intent.charges.iter().map(move |charge| (intent, charge)));
    charges.flat_map(|(intent, charge)| charge.disputes.iter().map(move |dispute| (intent, charge, dispute)))
}

fn session_state(session: &Session) -> Value {
    let refund = |(_, _, refund): (&Intent, &Charge, &Refund)| {
        json!({
            "id": refund.id, "amount": refund.amount, "status": refund.status, "metadata": refund.metadata,
        })
    };
    let dispute = |(_, _, dispute): (&Intent, &Charge, &Dispute)| json!({ "id": dispute.id, "amount": dispute.amount, "fee": dispute.fee, "status": dispute.status });
    let payment = session.intent.as_ref().map(|intent| {
        let paid = intent.paid_charge();
        let failed = intent.charges.iter().filter(|charge| charge.status == ChargeStatus::Failed).count();
        json!({
            "id": intent.id, "status": intent.status, "amount": intent.amount, "currency": intent.currency,
            "amount_received": intent.received(), "amount_refunded": paid.map_or(0, Charge::refunded),
            "declined_tries": failed, "charge": paid.map(|charge| &charge.id), "metadata": intent.metadata,
            "refunds": refunds(session).map(refund).collect::<Vec<_>>(),
            "disputes": disputes(session).map(dispute).collect::<Vec<_>>(),
        })
    });
    json!({
        "id": session.id, "status": session.status, "payment_status": session.payment_status(),
        "amount_total": session.amount, "currency": session.currency, "expires_at": session.expires_at,
        "client_reference_id": session.terms.client_reference_id, "metadata": session.terms.metadata,
        "payment_intent": payment,
    })
}
