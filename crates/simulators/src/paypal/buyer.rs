//! The page on which a buyer approves an order, and what a buyer does there.

use super::PayPal;
use super::books::Books;
use super::order::{Order, Prospect, Status};
use crate::buyer::{Choice, done, refused};
use crate::call::{Call, Reply};
use crate::desk::{Provider, Served};
use crate::notices::{Batch, Manner};
use crate::page::{Page, render};
use kernel::{Currency, Money, Timestamp};

impl PayPal {
    /// Answers a call under `/checkoutnow/{order}`.
    pub(crate) fn page(
        &self,
        books: &mut Books,
        call: &Call,
        id: &str,
        rest: &[&str],
        now: Timestamp,
    ) -> Served {
        let Some(order) = books.order_mut(id, now) else {
            let why = "there is no such order, or it has expired";
            return refused(call, 404, why, || "There is no such payment, or its time is over.".into())
                .into();
        };
        let choice = match Choice::read(call) {
            Ok(choice) => choice,
            Err(why) => return refused(call, 400, why, || why.to_owned()).into(),
        };
        if let ("POST", [deed @ ("refund" | "dispute")]) = (call.method.as_str(), rest) {
            return self.by_hand(books, call, (id, deed), &choice, now);
        }
        match (call.method.as_str(), rest) {
            ("GET", []) => Reply::page(200, self.show(order, None)).into(),
            ("POST", ["pay"]) => self.approve(order, call, &choice, now),
            ("POST", ["decline"]) if order.is_open() => {
                let message = "Your bank declined. You can try again.";
                done(call, "declined", None, || self.show(order, Some(message))).into()
            }
            ("POST", ["decline"]) => self.closed(order, call),
            ("POST", ["leave"]) => {
                let to = order.cancel_url.as_deref().map(|url| with_fields(url, &[("token", &order.id)]));
                done(call, "left", to.as_deref(), || self.show(order, Some("You left without paying.")))
                    .into()
            }
            ("POST", ["finish"]) => self.finish(order, call, &choice, now),
            _ => refused(call, 404, "there is no such page", || "There is no such page.".into()).into(),
        }
    }

    fn approve(&self, order: &mut Order, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        let prospect = match choice.get("capture") {
            None | Some("completed") => Prospect::Completed,
            Some("pending") => Prospect::Pending,
            Some("denied") => Prospect::Denied,
            Some("instrument_declined") => Prospect::InstrumentDeclined,
            Some(_) => {
                let why = "capture is completed, pending, denied or instrument_declined";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        if order.approve(now).is_err() {
            return self.closed(order, call);
        }
        order.prospect = prospect;
        order.booked = booked(order, choice);
        order.delivery = choice.delivery;
        let notice = self.event("CHECKOUT.ORDER.APPROVED", self.order(order), now);
        let batches = if choice.delivery.manner == Manner::Reversed {
            order.held = Some(notice);
            Vec::new()
        } else {
            vec![Batch { notices: vec![notice], delivery: choice.delivery }]
        };
        let payer = order.payer_id.as_deref().unwrap_or_default();
        let fields = [("token", order.id.as_str()), ("PayerID", payer)];
        let to = order.return_url.as_deref().map(|url| with_fields(url, &fields));
        let reply = done(call, "approved", to.as_deref(), || self.show(order, None));
        Served { reply, batches }
    }

    /// Decides a capture that takes its time.
    fn finish(&self, order: &mut Order, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        let completes = match choice.get("outcome") {
            Some("completed") => true,
            Some("denied") => false,
            _ => {
                let why = "outcome is completed or denied";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        let capture = order.captures.last_mut();
        let decided = capture.and_then(|capture| capture.decide(completes, now).then_some(capture.taken));
        let Some(taken) = decided else {
            let why = "no capture is pending";
            return refused(call, 409, why, || self.show(order, Some(why))).into();
        };
        order.delivery = choice.delivery;
        let batch = self.capture_batch(order, taken, now);
        let status = if completes { "completed" } else { "denied" };
        let reply = done(call, status, None, || self.show(order, None));
        Served { reply, batches: vec![batch] }
    }

    fn closed(&self, order: &Order, call: &Call) -> Served {
        let why = "the order was approved before";
        refused(call, 409, why, || self.show(order, None)).into()
    }

    fn show(&self, order: &Order, message: Option<&str>) -> String {
        let usual = match order.status {
            Status::Created | Status::PayerActionRequired => None,
            Status::Approved => Some("You agreed to pay; the shop has yet to take the money."),
            Status::Completed => Some("This was paid."),
        };
        let name = order.unit_text("description").unwrap_or("Order").to_owned();
        render(&Page {
            provider: "PayPal",
            lines: vec![(name, order.amount.to_string())],
            total: order.amount.to_string(),
            at: &self.approve_url(order),
            message: message.or(usual),
            open: order.is_open(),
        })
    }
}

/// What is taken instead of the order's amount, if anything was said.
fn booked(order: &Order, choice: &Choice) -> Option<Money> {
    if choice.amount.is_none() && choice.currency.is_none() {
        return None;
    }
    let minor = choice.amount.unwrap_or_else(|| order.amount.minor());
    let currency: Option<Currency> = choice.currency.as_deref().and_then(|code| code.parse().ok());
    Money::new(minor, currency.unwrap_or_else(|| order.amount.currency())).ok()
}

fn with_fields(url: &str, fields: &[(&str, &str)]) -> String {
    let Ok(mut url) = reqwest::Url::parse(url) else { return url.to_owned() };
    url.query_pairs_mut().extend_pairs(fields);
    url.into()
}
