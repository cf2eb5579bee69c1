//! The page of a Checkout Session, and what a buyer does there.

use super::Stripe;
use super::books::Books;
use super::currency::show;
use super::events::{Cause, event};
use super::payment::IntentStatus;
use super::payment_objects::intent;
use super::session::{Outcome, Session, Status};
use crate::buyer::{Choice, done, refused};
use crate::call::{Call, Reply};
use crate::desk::Served;
use crate::notices::{Batch, Notice};
use crate::page::{Page, render};
use kernel::Timestamp;

impl Stripe {
    /// Answers a call under `/checkout/{session}`.
    pub(crate) fn page(
        &self,
        books: &mut Books,
        call: &Call,
        id: &str,
        rest: &[&str],
        now: Timestamp,
    ) -> Served {
        let Some(session) = books.sessions.get_mut(id).filter(|session| session.id == id) else {
            return refused(call, 404, "there is no such session", || "There is no such payment.".into())
                .into();
        };
        let choice = match Choice::read(call) {
            Ok(choice) => choice,
            Err(why) => return refused(call, 400, why, || why.to_owned()).into(),
        };
        let served = match (call.method.as_str(), rest) {
            ("GET", []) => Reply::page(200, self.show(session, None)).into(),
            ("POST", ["pay"]) => self.pay(session, call, &choice, now),
            ("POST", ["decline"]) => self.decline(session, call, &choice, now),
            ("POST", ["leave"]) => {
                let to = session.terms.cancel_url.clone();
                done(call, "left", to.as_deref(), || self.show(session, Some("You left without paying.")))
                    .into()
            }
            ("POST", ["finish"]) => self.finish(session, call, &choice, now),
            ("POST", ["refund"]) => self.refund_by_hand(session, call, &choice, now),
            ("POST", ["dispute"]) => self.dispute(session, call, &choice, now),
            _ => refused(call, 404, "there is no such page", || "There is no such page.".into()).into(),
        };
        books.name_parts(id);
        served
    }

    fn pay(&self, session: &mut Session, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        let outcome = match choice.get("outcome") {
            None | Some("succeeded") => Outcome::Paid,
            Some("processing") => Outcome::Processing,
            Some(_) => {
                let why = "outcome is succeeded or processing";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        let currency = choice.currency.as_ref().map(|currency| currency.to_ascii_lowercase());
        if session.pay(outcome, choice.amount, currency, now.timestamp()).is_err() {
            return self.closed(session, call);
        }
        let mut notices = Vec::new();
        if outcome == Outcome::Paid {
            notices.extend(payment_event("payment_intent.succeeded", session, now));
        }
        notices.push(self.session_event("checkout.session.completed", session, &Cause::default(), now));
        let status = if outcome == Outcome::Paid { "paid" } else { "processing" };
        let to = session.terms.success_url.replace("{CHECKOUT_SESSION_ID}", &session.id);
        let reply = done(call, status, Some(&to), String::new);
        Served { reply, batches: vec![Batch { notices, delivery: choice.delivery }] }
    }

    fn decline(&self, session: &mut Session, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        if session.pay(Outcome::Declined, None, None, now.timestamp()).is_err() {
            return self.closed(session, call);
        }
        let notices = payment_event("payment_intent.payment_failed", session, now).into_iter().collect();
        let reply = done(call, "declined", None, || self.show(session, Some("Your card was declined.")));
        Served { reply, batches: vec![Batch { notices, delivery: choice.delivery }] }
    }

    /// Decides a payment that takes its time.
    fn finish(&self, session: &mut Session, call: &Call, choice: &Choice, now: Timestamp) -> Served {
        let succeeds = match choice.get("outcome") {
            Some("succeeded") => true,
            Some("failed") => false,
            _ => {
                let why = "outcome is succeeded or failed";
                return refused(call, 400, why, || why.to_owned()).into();
            }
        };
        if !session.intent.as_mut().is_some_and(|intent| intent.decide(succeeds, now.timestamp())) {
            let why = "no payment is being processed";
            return refused(call, 409, why, || self.show(session, Some(why))).into();
        }
        let (payment, whole, status) = if succeeds {
            ("payment_intent.succeeded", "checkout.session.async_payment_succeeded", "succeeded")
        } else {
            ("payment_intent.payment_failed", "checkout.session.async_payment_failed", "failed")
        };
        let mut notices: Vec<_> = payment_event(payment, session, now).into_iter().collect();
        notices.push(self.session_event(whole, session, &Cause::default(), now));
        let reply = done(call, status, None, || self.show(session, None));
        Served { reply, batches: vec![Batch { notices, delivery: choice.delivery }] }
    }

    fn closed(&self, session: &Session, call: &Call) -> Served {
        let why = match session.status {
            Status::Expired => "the session has expired",
            Status::Open | Status::Complete => "the session was paid before",
        };
        refused(call, 409, why, || self.show(session, None)).into()
    }

    fn show(&self, session: &Session, message: Option<&str>) -> String {
        let processing =
            session.intent.as_ref().is_some_and(|intent| intent.status == IntentStatus::Processing);
        let usual = match session.status {
            Status::Open => None,
            Status::Complete if processing => Some("This payment is being processed."),
            Status::Complete => Some("This was paid."),
            Status::Expired => Some("This offer has expired. Nothing was paid."),
        };
        let line = |line: &super::session::Line| {
            let name = format!("{} \u{d7} {}", line.quantity, line.name);
            (name, show(line.unit_amount.saturating_mul(line.quantity), &session.currency))
        };
        render(&Page {
            provider: "Stripe",
            lines: session.terms.lines.iter().map(line).collect(),
            total: show(session.amount, &session.currency),
            at: &format!("{}/checkout/{}", self.public_base, session.id),
            message: message.or(usual),
            open: session.status == Status::Open,
        })
    }
}

fn payment_event(kind: &str, session: &Session, now: Timestamp) -> Option<Notice> {
    let payment = session.intent.as_ref()?;
    Some(event(kind, intent(payment, false), &Cause::default(), now))
}
