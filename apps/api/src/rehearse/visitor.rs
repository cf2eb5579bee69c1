//! One person's visit, from the first look to the last click.

use super::crowd::{Habit, Plan, Way};
use super::shop::{Request, Shop, text};
use serde_json::{Value, json};
use std::time::Duration;

/// Everybody's password.
pub const PASSWORD: &str = "rehearsal rehearsal";

/// How a visit ends when everything is gone.
pub(super) const NOTHING_LEFT: &str = "found nothing left";

/// What is on sale.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The event.
    pub event: String,
    /// Its ticket types.
    pub kinds: Vec<OfferedKind>,
    /// The code of a voucher, if there is one.
    pub voucher: Option<String>,
}

/// One of the ticket types on sale.
#[derive(Debug, Clone)]
pub struct OfferedKind {
    /// Names it.
    pub id: String,
    /// Whether it has seats, of which somebody picks some.
    pub seated: bool,
}

/// Somebody on the way through the shop.
pub struct Visitor<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// How this one behaves.
    pub plan: &'a Plan,
    /// What names the rehearsal in mail addresses and keys.
    pub run: &'a str,
    /// How often this one was here before: what is wanted again is another request, not a repeated one.
    pub wave: u32,
    pub(super) token: String,
}

/// What is left of a visit, for what comes later.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The booking, when there is one.
    pub booking: Option<String>,
    /// Checkouts that were opened and not paid yet.
    pub unpaid: Vec<String>,
    /// How it ended, in a word.
    pub end: &'static str,
}

impl<'a> Visitor<'a> {
    /// Somebody who has not logged in yet.
    #[must_use]
    pub const fn new(shop: &'a Shop, plan: &'a Plan, run: &'a str) -> Self {
        Self { shop, plan, run, wave: 0, token: String::new() }
    }

    /// The same person on a later day.
    #[must_use]
    pub fn later(self, wave: u32) -> Self {
        Self { wave, ..self }
    }

    /// Opens an account, before the sale; what was answered instead of one.
    ///
    /// # Errors
    /// The answer in words.
    pub async fn sign_up(&self) -> Result<(), String> {
        let body = json!({
            "email": self.email(), "password": PASSWORD, "first_name": "Guest", "last_name": self.plan.number.to_string(),
        });
        let answer = self.say("/api/v1/auth/register", None, body).await;
        // An answer that got lost shows as an address that is taken.
        match answer {
            Some((201, _)) => Ok(()),
            Some((_, body)) if text(&body, "/code") == "email_taken" => Ok(()),
            Some((status, body)) => Err(format!("{status} {body}")),
            None => Err("no answer".to_owned()),
        }
    }

    pub(super) async fn log_in(&mut self) -> bool {
        let body = json!({ "email": self.email(), "password": PASSWORD });
        let Some((200, body)) = self.say("/api/v1/auth/login", None, body).await else { return false };
        text(&body, "/access_token").clone_into(&mut self.token);
        true
    }

    fn email(&self) -> String {
        self.email_of(self.plan.number)
    }

    pub(super) fn email_of(&self, number: u32) -> String {
        Self::email_in(self.run, number)
    }

    /// Who has this number in a rehearsal.
    pub(super) fn email_in(run: &str, number: u32) -> String {
        format!("guest-{run}-{number}@rehearsal.invalid")
    }

    pub(super) async fn say(&self, path: &str, step: Option<&str>, body: Value) -> Option<(u16, Value)> {
        let key = step.map(|step| format!("{}-{}-{}-{step}", self.run, self.plan.number, self.wave));
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        self.shop.ask(&Request { token, path, key, body: Some(body) }).await
    }

    async fn think(&self) {
        tokio::time::sleep(self.plan.thinks).await;
    }

    /// Wants places, and does with them what the plan says.
    pub async fn buy(&mut self, offered: &Offered) -> Visit {
        if !self.log_in().await {
            return Visit { end: "could not log in", ..Visit::default() };
        }
        self.think().await;
        let Some((hold, paid)) = self.hold(offered).await else {
            if self.plan.waits && self.wave == 0 {
                return self.join(offered).await;
            }
            return Visit { end: NOTHING_LEFT, ..Visit::default() };
        };
        self.think().await;
        match self.plan.habit {
            Habit::Forgets => return Visit { end: "forgot the hold", ..Visit::default() },
            Habit::GivesBack => {
                self.shop.remove(&self.token, &format!("/api/v1/seats/hold/{hold}")).await;
                return Visit { end: "gave the places back", ..Visit::default() };
            }
            _ => {}
        }
        self.pay(&hold, paid).await
    }

    pub(super) async fn pay(&self, hold: &str, paid: bool) -> Visit {
        let payment =
            if paid { json!({ "provider": self.plan.way.as_str() }) } else { json!({ "provider": "free" }) };
        let body = json!({ "hold_id": hold, "payment": payment });
        if self.plan.habit == Habit::RepeatsItself {
            // Two clicks at the same moment: the second is the same request.
            let first = self.say("/api/v1/bookings/confirm", Some("confirm"), body.clone());
            let second = self.say("/api/v1/bookings/confirm", Some("confirm"), body.clone());
            let (first, second) = tokio::join!(first, second);
            let id =
                |answer: &Option<(u16, Value)>| answer.as_ref().map(|(_, body)| text(body, "/id").to_owned());
            if id(&first) != id(&second) {
                self.shop.odd("the same request gave two bookings".to_owned());
            }
        }
        let Some((status, booking)) = self.say("/api/v1/bookings/confirm", Some("confirm"), body).await
        else {
            return Visit { end: "got no answer", ..Visit::default() };
        };
        if status != 201 {
            let code = text(&booking, "/code").to_owned();
            if !["hold_expired", "not_on_sale"].contains(&code.as_str()) {
                self.shop.odd(format!("a confirmation was answered {status} {code}"));
            }
            return Visit { end: "was too slow", ..Visit::default() };
        }
        let id = text(&booking, "/id").to_owned();
        let mut visit = Visit { booking: Some(id.clone()), ..Visit::default() };
        if !paid {
            visit.end = "took free tickets";
            return visit;
        }
        let checkout = match self.checkout(&id, &booking).await {
            Some(checkout) => checkout,
            None => {
                visit.end = "got no page to pay on";
                return visit;
            }
        };
        self.think().await;
        self.at_the_provider(visit, &id, checkout).await
    }

    /// The page to pay on: of the first attempt, or of another when the provider did not answer.
    async fn checkout(&self, id: &str, booking: &Value) -> Option<String> {
        let url = text(booking, "/payment/checkout_url");
        if !url.is_empty() {
            return Some(url.to_owned());
        }
        for attempt in 0..3 {
            let way = if attempt % 2 == 0 { self.plan.way.other() } else { self.plan.way };
            if let Some(url) = self.another(id, way, &format!("pay-{attempt}")).await {
                return Some(url);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        None
    }

    /// Another attempt to pay.
    async fn another(&self, id: &str, way: Way, step: &str) -> Option<String> {
        let path = format!("/api/v1/bookings/{id}/pay");
        let body = json!({ "payment": { "provider": way.as_str() } });
        let (status, booking) = self.say(&path, Some(step), body).await?;
        let url = text(&booking, "/payment/checkout_url");
        ((200..300).contains(&status) && !url.is_empty()).then(|| url.to_owned())
    }

    async fn at_the_provider(&self, mut visit: Visit, id: &str, checkout: String) -> Visit {
        match self.plan.habit {
            Habit::Leaves => {
                self.shop.press(&checkout, "leave").await;
                visit.end = "left the provider's page";
            }
            Habit::IsDeclined => {
                self.decline(&checkout).await;
                visit.end = "was declined";
            }
            Habit::PaysLate => {
                visit.unpaid.push(checkout);
                visit.end = "meant to pay later";
            }
            Habit::PaysAtLast => {
                self.decline(&checkout).await;
                self.think().await;
                self.settle(&checkout).await;
                visit.end = "paid after a refusal";
            }
            Habit::PaysTwice => {
                let other = self.another(id, self.plan.way.other(), "second-tab").await;
                match other {
                    Some(other) => {
                        tokio::join!(self.settle(&checkout), self.settle(&other));
                    }
                    None => self.settle(&checkout).await,
                }
                visit.end = "paid in two tabs";
            }
            Habit::Pays
            | Habit::RepeatsItself
            | Habit::GivesBack
            | Habit::Forgets
            | Habit::Cancels
            | Habit::CancelsOne
            | Habit::HandsOn
            | Habit::Returns
            | Habit::TakesBack => {
                self.settle(&checkout).await;
                visit.end = "paid";
            }
        }
        visit
    }

    async fn decline(&self, checkout: &str) {
        if checkout.contains("/checkoutnow/") {
            // PayPal declines when the money is taken, not on its page.
            self.shop
                .press(checkout, &format!("pay?capture=instrument_declined&webhook={}", self.plan.notice))
                .await;
        } else {
            self.shop.press(checkout, &format!("decline?webhook={}", self.plan.notice)).await;
        }
    }

    /// Pays, and goes back to where the provider sends the browser, or closes it.
    pub async fn settle(&self, checkout: &str) {
        let back = self.shop.press(checkout, &format!("pay?webhook={}&delay_ms=0", self.plan.notice)).await;
        if let Some(back) = back.filter(|_| self.plan.comes_back) {
            self.shop.browse(&back).await;
        }
    }
}
