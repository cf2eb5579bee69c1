//! What somebody does on PayPal's own pages: outside the shop, which learns of it by notices.

use super::PayPal;
use super::books::{Books, disputes};
use super::order::Order;
use crate::buyer::{Choice, done, refused};
use crate::call::Call;
use crate::desk::{Provider, Served};
use crate::notices::{Batch, Notice};
use kernel::{Money, Timestamp};

impl PayPal {
    /// Refunds or disputes `amount`, or all that is left.
    pub(super) fn by_hand(
        &self,
        books: &mut Books,
        call: &Call,
        (id, deed): (&str, &str),
        choice: &Choice,
        now: Timestamp,
    ) -> Served {
        if deed == "refund" {
            return self.refund_by_hand(books, call, id, choice, now);
        }
        let Some(order) = books.order_mut(id, now) else { return conflict(call, "there is no such order") };
        let done = self.dispute(order, call, choice, now);
        let names: Vec<_> = disputes(order).map(|(_, _, one)| one.id.clone()).collect();
        for name in names.into_iter().filter(|name| books.orders.get(name).is_none()).collect::<Vec<_>>() {
            books.orders.also_name(id, name);
        }
        done
    }

    fn refund_by_hand(
        &self,
        books: &mut Books,
        call: &Call,
        id: &str,
        choice: &Choice,
        now: Timestamp,
    ) -> Served {
        let capture = books.order_mut(id, now).and_then(|order| order.captures.last_mut());
        let made = capture.map(|capture| {
            let amount = money(choice, capture.amount);
            capture.refund(amount, call.refund_pends, now).map(|made| made.id.clone())
        });
        let Some(Ok(made)) = made else { return conflict(call, "that cannot be refunded") };
        books.orders.also_name(id, made.clone());
        let mut batches = if call.refund_pends { Vec::new() } else { self.refund_batch(books, &made, now) };
        for batch in &mut batches {
            batch.delivery = choice.delivery;
        }
        Served { reply: done(call, "refunded", None, || "refunded".into()), batches }
    }

    /// Opens a dispute, and with an `outcome` closes it: the open one if there is one.
    fn dispute(&self, order: &mut Order, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        let won = match choice.get("outcome") {
            None => None,
            Some("won") => Some(true),
            Some("lost") => Some(false),
            Some(_) => {
                let why = "outcome is won or lost";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        let Some(capture) = order.captures.last_mut() else { return conflict(call, "nothing was paid") };
        let open = capture.disputes.iter().any(|one| one.outcome.is_none());
        let mut told: Vec<Notice> = Vec::new();
        if !open || won.is_none() {
            let reason = choice.get("reason").unwrap_or("MERCHANDISE_OR_SERVICE_NOT_RECEIVED");
            let amount = money(choice, capture.amount);
            if capture.dispute(amount, reason, now).is_err() {
                return conflict(call, "that is disputed already, or nothing was taken");
            }
            told.extend(self.dispute_notice("CUSTOMER.DISPUTE.CREATED", order, now));
        }
        if let Some(won) = won {
            if let Some(last) = order.captures.last_mut().and_then(|capture| capture.disputes.last_mut()) {
                last.close(won, now);
            }
            told.extend(self.dispute_notice("CUSTOMER.DISPUTE.RESOLVED", order, now));
        }
        let reply = done(call, "disputed", None, || "disputed".into());
        Served { reply, batches: vec![Batch { notices: told, delivery: choice.delivery }] }
    }

    fn dispute_notice(&self, kind: &str, order: &Order, now: Timestamp) -> Option<Notice> {
        let (order, capture, dispute) = disputes(order).last()?;
        Some(self.event(kind, self.dispute_object(order, capture, dispute), now))
    }
}

fn money(choice: &Choice, like: Money) -> Option<Money> {
    choice.amount.and_then(|minor| Money::new(minor, like.currency()).ok())
}

fn conflict(call: &Call, why: &'static str) -> Served {
    refused(call, 409, why, || why.to_owned()).into()
}
