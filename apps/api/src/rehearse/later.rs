//! What people do when the sale is over: pay all the same, change their mind, hand tickets on, take what others give.

use super::crowd::Habit;
use super::shop::{Answer, Request, text};
use super::visitor::{NOTHING_LEFT, Offered, Visit, Visitor};
use super::wish::WAITING;
use serde_json::{Value, json};

impl Visitor<'_> {
    /// What somebody does when the time to pay is long over: pays all the same, has changed their mind, or looks
    /// whether there is a place by now.
    pub async fn come_again(mut self, visit: Visit, offered: &Offered) -> Visit {
        if visit.end == WAITING {
            return self.take_offer(offered).await;
        }
        if visit.end == NOTHING_LEFT && self.plan.comes_again {
            return self.buy(offered).await;
        }
        for checkout in &visit.unpaid {
            self.settle(checkout).await;
        }
        let mut next = Visit { end: visit.end, ..Visit::default() };
        if !self.log_in().await {
            return next;
        }
        self.take_tickets().await;
        let Some(booking) = visit.booking else { return next };
        match self.plan.habit {
            Habit::Cancels => self.cancel(&booking, false).await,
            Habit::CancelsOne => self.cancel(&booking, true).await,
            Habit::HandsOn => self.hand_on(&booking).await,
            Habit::Returns => self.give_back(&booking).await,
            Habit::TakesBack if self.wave == 1 => {
                self.give_back(&booking).await;
                // The ticket is wanted again the next time.
                next.booking = Some(booking);
            }
            Habit::TakesBack => self.take_back(&booking).await,
            _ => {}
        }
        // What was done is not done again by the next time.
        next
    }

    async fn get(&self, path: &str) -> Option<Answer> {
        let token = Some(self.token.as_str());
        self.shop.ask(&Request { token, path, key: None, body: None }).await
    }

    async fn tickets(&self, booking: &str) -> Vec<Value> {
        let Some((200, seen)) = self.get(&format!("/api/v1/bookings/{booking}")).await else {
            return Vec::new();
        };
        seen.pointer("/tickets").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// A ticket of the booking that stands so.
    async fn ticket(&self, booking: &str, status: &str) -> Option<String> {
        let tickets = self.tickets(booking).await;
        tickets
            .iter()
            .find(|ticket| text(ticket, "/status") == status)
            .map(|ticket| text(ticket, "/id").to_owned())
    }

    async fn cancel(&self, booking: &str, part: bool) {
        let tickets = self.tickets(booking).await;
        let body = match tickets.first() {
            Some(first) if part => json!({ "ticket_ids": [text(first, "/id")] }),
            _ => json!({}),
        };
        let path = format!("/api/v1/bookings/{booking}/cancel");
        let Some((status, body)) = self.say(&path, Some("cancel"), body).await else { return };
        // Bookings that were never paid cannot be cancelled.
        if status >= 300 && tickets.iter().any(|ticket| text(ticket, "/status") == "valid") {
            self.shop.odd(format!("a cancellation was answered {status} {}", text(&body, "/code")));
        }
    }

    /// Offers a ticket to somebody else of the crowd.
    async fn hand_on(&self, booking: &str) {
        let Some(ticket) = self.ticket(booking, "valid").await else { return };
        let body = json!({ "email": self.email_of(self.plan.friend) });
        let answer = self.say(&format!("/api/v1/tickets/{ticket}/transfer"), Some("hand-on"), body).await;
        self.expect("a transfer", answer, self.plan.friend == self.plan.number);
    }

    /// Takes the tickets that others hand on, or does not.
    async fn take_tickets(&self) {
        let Some((200, seen)) = self.get("/api/v1/users/me/transfers").await else { return };
        for transfer in seen.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            if text(transfer, "/status") == "offered" {
                let (id, what) = (text(transfer, "/id"), if self.plan.takes { "accept" } else { "decline" });
                let step = format!("{what}-{id}");
                let answer =
                    self.say(&format!("/api/v1/transfers/{id}/{what}"), Some(&step), json!({})).await;
                // Meanwhile its owner may have cancelled it.
                self.expect("a transfer's answer", answer, true);
            }
        }
    }

    /// Gives a ticket back, to be sold again.
    async fn give_back(&self, booking: &str) {
        let Some(ticket) = self.ticket(booking, "valid").await else { return };
        let path = format!("/api/v1/tickets/{ticket}/return");
        let answer = self.say(&path, Some("return"), json!({})).await;
        self.expect("a return", answer, false);
    }

    /// Wants it again, if nobody has it yet.
    async fn take_back(&self, booking: &str) {
        let Some(ticket) = self.ticket(booking, "returned").await else { return };
        self.shop.remove(&self.token, &format!("/api/v1/tickets/{ticket}/return")).await;
    }

    /// Notes what should not be answered; a refusal is one unless it is to be expected.
    fn expect(&self, what: &str, answer: Option<Answer>, refused: bool) {
        let Some((status, body)) = answer else { return };
        if status >= 300 && !(refused && (status == 409 || status == 422)) {
            self.shop.odd(format!("{what} was answered {status} {}", text(&body, "/code")));
        }
    }
}
