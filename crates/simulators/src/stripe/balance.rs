//! What moved on the shop's balance: charges with Stripe's fee, refunds, disputes.

use super::books::Books;
use super::dispute::Dispute;
use super::payment::{Charge, ChargeStatus, Intent, Refund, RefundStatus};
use super::payment_objects::{charge, dispute, refund};
use super::session::Session;
use serde_json::{Value, json};

/// What a movement belongs to.
pub(crate) enum Source<'b> {
    Charge(&'b Intent, &'b Charge),
    Refund(&'b Intent, &'b Charge, &'b Refund),
    Dispute(&'b Intent, &'b Charge, &'b Dispute),
}

/// One movement.
pub(crate) struct Movement<'b> {
    pub id: &'b str,
    pub created: i64,
    /// Below zero for what left.
    pub amount: i64,
    pub fee: i64,
    pub source: Source<'b>,
}

/// What Stripe keeps of a charge: 1.5 % and 25 of its units, at most all of it.
fn fee_of(amount: i64) -> i64 {
    ((amount / 10_000).saturating_mul(150) + (amount % 10_000) * 150 / 10_000 + 25).min(amount)
}

/// Every movement of an account, from the oldest to the newest.
pub(crate) fn movements<'b>(books: &'b Books, account: &str) -> Vec<Movement<'b>> {
    let mine = books.sessions.iter().filter(|session| session.account == account);
    let mut all: Vec<_> = mine.flat_map(of_session).collect();
    all.sort_by_key(|movement| movement.created);
    all
}

fn of_session(session: &Session) -> Vec<Movement<'_>> {
    let mut all = Vec::new();
    if let Some(intent) = &session.intent {
        for paid in intent.charges.iter().filter(|charge| charge.status == ChargeStatus::Succeeded) {
            of_charge(intent, paid, &mut all);
        }
    }
    all
}

fn of_charge<'b>(intent: &'b Intent, paid: &'b Charge, all: &mut Vec<Movement<'b>>) {
    all.push(Movement {
        id: &paid.balance_transaction,
        created: paid.settled.unwrap_or(paid.created),
        amount: paid.amount,
        fee: fee_of(paid.amount),
        source: Source::Charge(intent, paid),
    });
    for back in paid.refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded) {
        all.push(Movement {
            id: &back.balance_transaction,
            created: back.settled.unwrap_or(back.created),
            amount: -back.amount,
            fee: 0,
            source: Source::Refund(intent, paid, back),
        });
    }
    for quarrel in &paid.disputes {
        all.extend(of_dispute(intent, paid, quarrel));
    }
}

/// What a dispute moved, from the oldest to the newest.
pub(crate) fn of_dispute<'b>(
    intent: &'b Intent,
    paid: &'b Charge,
    quarrel: &'b Dispute,
) -> impl Iterator<Item = Movement<'b>> {
    let taken = Movement {
        id: &quarrel.withdrawn,
        created: quarrel.created,
        amount: -quarrel.amount,
        fee: quarrel.fee,
        source: Source::Dispute(intent, paid, quarrel),
    };
    let back = quarrel.reinstated.as_ref().map(|(id, at)| Movement {
        id,
        created: *at,
        amount: quarrel.amount,
        fee: 0,
        source: Source::Dispute(intent, paid, quarrel),
    });
    std::iter::once(taken).chain(back)
}

impl Movement<'_> {
    /// Stripe's `type`: a dispute is an adjustment, which only its category tells apart.
    pub(crate) fn kind(&self) -> &'static str {
        match self.source {
            Source::Charge(..) => "charge",
            Source::Refund(..) => "refund",
            Source::Dispute(..) => "adjustment",
        }
    }

    fn category(&self) -> &'static str {
        match self.source {
            Source::Charge(..) => "charge",
            Source::Refund(..) => "refund",
            Source::Dispute(..) if self.amount < 0 => "dispute",
            Source::Dispute(..) => "dispute_reversal",
        }
    }

    /// The id of what it belongs to.
    pub(crate) fn source_id(&self) -> &str {
        match self.source {
            Source::Charge(_, paid) => &paid.id,
            Source::Refund(_, _, back) => &back.id,
            Source::Dispute(_, _, quarrel) => &quarrel.id,
        }
    }

    /// As Stripe's API writes it; with its source written out when `expanded`.
    pub(crate) fn object(&self, expanded: bool) -> Value {
        let (intent, source) = match self.source {
            Source::Charge(intent, paid) => (intent, charge(intent, paid)),
            Source::Refund(intent, paid, back) => (intent, refund(intent, paid, back)),
            Source::Dispute(intent, paid, quarrel) => (intent, dispute(intent, paid, quarrel)),
        };
        let mut object = self.alone(intent);
        if let Value::Object(fields) = &mut object {
            if self.fee != 0 {
                let fee = json!({
                    "amount": self.fee, "application": null, "currency": intent.currency,
                    "description": "Stripe processing fees", "type": "stripe_fee",
                });
                fields.insert("fee_details".into(), json!([fee]));
            }
            if expanded {
                fields.insert("source".into(), source);
            }
        }
        object
    }

    /// The same without its source, as it stands within that source.
    pub(crate) fn alone(&self, intent: &Intent) -> Value {
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.created,
            "balance_type": "payments",
            "created": self.created,
            "currency": intent.currency,
            "description": intent.description,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": [],
            "net": self.amount - self.fee,
            "reporting_category": self.category(),
            "source": self.source_id(),
            "status": "available",
            "type": self.kind(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_exact_and_never_more_than_the_charge() {
        for (amount, fee) in [(2_500, 62), (10_000, 175), (20, 20), (100_000_000, 1_500_025)] {
            assert_eq!(fee_of(amount), fee, "{amount}");
        }
    }
}
