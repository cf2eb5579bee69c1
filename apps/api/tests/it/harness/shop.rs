//! A server with an event on sale, the real adapters, both simulators behind lines that can be tapped, and a clock
//! that stands still.

use super::providers::{Providers, Till};
use super::wire::Wire;
use super::{PASSWORD, Person, TestApp, unique_email};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use chrono::{SecondsFormat, TimeDelta};
use kernel::{AccountId, Clock, Mail, PageRequest, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use synesthesie::worker;
use testkit::StoppedClock;

/// Price of a ticket, in cents.
pub const PRICE: i64 = 2500;
/// How long a buyer may take to pay, in seconds.
pub const TO_PAY: i64 = 600;
/// Between two questions to a provider, in seconds.
pub const LOOK: i64 = 60;

/// Where everything is kept.
#[derive(Debug, Clone, Copy)]
pub enum Store {
    Local,
    Postgres,
}

/// The whole.
pub struct Shop {
    pub app: TestApp,
    pub clock: Arc<StoppedClock>,
    pub providers: Providers,
    /// Between our adapters and the providers.
    pub lines: [(Till, Wire); 2],
    /// Between the providers' notices and us.
    pub hooks: Wire,
    pub admin: Person,
    pub event: String,
    pub ticket_type: String,
    pub(super) buyers: Mutex<Vec<AccountId>>,
    /// Declared last: it is dropped when nobody uses it any more.
    pub(super) database: Option<FreshDatabase>,
}

impl Shop {
    /// With so many places.
    pub async fn open(store: Store, places: u32) -> Self {
        Self::open_at(store, places, Arc::new(StoppedClock::default())).await
    }

    /// The same at another time.
    pub async fn open_at(store: Store, places: u32, clock: Arc<StoppedClock>) -> Self {
        Self::open_with(store, places, clock, &[]).await
    }

    /// The same with more variables.
    pub async fn open_with(
        store: Store,
        places: u32,
        clock: Arc<StoppedClock>,
        more: &[(&'static str, String)],
    ) -> Self {
        let told: Arc<dyn Clock> = clock.clone();
        let mut providers = Providers::start(Arc::clone(&told)).await;
        let lines = [
            (Till::Stripe, Wire::to(providers.base(Till::Stripe)).await),
            (Till::Paypal, Wire::to(providers.base(Till::Paypal)).await),
        ];
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let mut settings = Providers::variables(&lines[0].1.url, &lines[1].1.url);
        settings.extend([
            ("store.url", url),
            ("auth.registration", "open".to_owned()),
            ("booking.payment_seconds", TO_PAY.to_string()),
            ("payments.timeout_seconds", "1".to_owned()),
            ("bank_transfer.account_holder", "House".to_owned()),
            ("bank_transfer.iban", "DE89 3704 0044 0532 0130 00".to_owned()),
        ]);
        settings.extend(more.iter().cloned());
        let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let app = TestApp::with_clock(&settings, told).await;
        let hooks = Wire::to(&app.url).await;
        providers.tell(&hooks.url);
        app.app.events.ensure_default_organisation("House").await.unwrap();
        let admin = app.admin().await;
        let (event, ticket_type) = put_on_sale(&admin, clock.now(), places).await;
        let buyers = Mutex::default();
        Self { app, clock, providers, lines, hooks, admin, event, ticket_type, buyers, database }
    }

    /// The line to one provider.
    pub fn line(&self, till: Till) -> &Wire {
        let found = self.lines.iter().find(|(which, _)| *which == till);
        &found.expect("a line to each provider").1
    }

    /// Somebody new.
    pub async fn buyer(&self) -> Person {
        let email = unique_email("buyer");
        let body = json!({"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"});
        self.app.stranger().post("/auth/register", &body).await.expect(201);
        let person = self.app.login(&email, PASSWORD).await;
        self.buyers.lock().unwrap().push(person.id.parse().unwrap());
        person
    }

    /// The same person with a fresh token: the clock may have moved on.
    pub async fn again(&self, who: &Person) -> Person {
        self.app.login(&who.email, PASSWORD).await
    }

    /// Keeps so many places.
    pub async fn hold(&self, who: &Person, quantity: u32) -> Value {
        let wish = json!({
            "event_id": self.event, "items": [{"ticket_type_id": self.ticket_type, "quantity": quantity}],
        });
        self.again(who).await.client.post("/seats/hold", &wish).await.expect(201)
    }

    /// A booking of one place that waits for its payment.
    pub async fn book(&self, who: &Person, till: Till) -> Value {
        let hold = self.hold(who, 1).await;
        let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": till.name()}});
        let booking = self.again(who).await.client.post("/bookings/confirm", &wish).await.expect(201);
        assert_eq!(booking["status"], "pending_payment");
        booking
    }

    /// Another attempt to pay it.
    pub async fn pay_again(&self, who: &Person, booking: &Value, till: Till) -> Value {
        let path = format!("/bookings/{}/pay", id(booking));
        let wish = json!({"provider": till.name()});
        self.again(who).await.client.post(&path, &wish).await.expect(201)
    }

    /// The booking as its buyer sees it now.
    pub async fn look(&self, who: &Person, booking: &Value) -> Value {
        self.again(who).await.client.get(&format!("/bookings/{}", id(booking))).await.expect(200)
    }

    /// Presses a button of the booking's checkout page, as `pay?webhook=lost`.
    pub async fn press(&self, booking: &Value, button: &str) -> Value {
        self.providers.press(checkout_url(booking), button).await
    }

    /// The browser comes back from the provider.
    pub async fn come_back(&self, booking: &Value) -> u16 {
        let path = format!("/payments/{}/return", booking["payment"]["id"].as_str().unwrap());
        self.app.stranger().get(&path).await.status
    }

    /// Performs what is due, and what comes of it, until nothing more does.
    pub async fn work(&self) {
        loop {
            self.providers.drained().await;
            let mut performed = 0;
            loop {
                match worker::round(&self.app.app).await.unwrap() {
                    0 => break,
                    count => performed += count,
                }
            }
            if performed == 0 {
                return;
            }
        }
    }

    /// Time passes, and what is due then is performed.
    pub async fn later(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
        self.work().await;
    }

    /// The mails that somebody got, the oldest first.
    pub fn mails(&self, email: &str) -> Vec<Mail> {
        let all = PageRequest { limit: 1000, after: None };
        let page = self.app.app.mail_box.as_ref().unwrap().list(all);
        let mut mails: Vec<_> = page.items.into_iter().map(|received| received.mail).collect();
        mails.retain(|mail| mail.to == email);
        mails.reverse();
        mails
    }

    /// Their subjects, up to the colon.
    pub fn subjects(&self, email: &str) -> Vec<String> {
        let short = |mail: Mail| mail.subject.split(':').next().unwrap_or_default().to_owned();
        self.mails(email).into_iter().map(short).filter(|subject| !subject.contains("address")).collect()
    }

    /// How many places can be bought now.
    pub async fn left(&self) -> i64 {
        let path = format!("/events/{}/ticket-types", self.event);
        let types = self.again(&self.admin).await.client.get(&path).await.expect(200);
        types["items"][0]["available"].as_i64().unwrap()
    }
}

/// Puts an event with one ticket type on sale, that begins in a month and whose doors are
/// open: its id and that of the type.
pub async fn put_on_sale(admin: &Person, now: Timestamp, places: u32) -> (String, String) {
    let client = &admin.client;
    let organisations = client.get("/admin/organisations").await.expect(200);
    let event = evening(&organisations["items"][0]["id"], now, "A night out");
    let event = id(&client.post("/admin/events", &event).await.expect(201)).to_owned();
    let price = json!({"amount": PRICE, "currency": "EUR"});
    let ticket_type = json!({"name": "Entry", "price": price, "quantity": places});
    let path = format!("/admin/events/{event}");
    let made = client.post(&format!("{path}/ticket-types"), &ticket_type).await.expect(201);
    client.post(&format!("{path}/publish"), &json!({})).await.expect(200);
    (event, id(&made).to_owned())
}

/// What an organiser sends of such an event.
pub fn evening(organisation: &Value, now: Timestamp, title: &str) -> Value {
    let instant = |days| (now + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "organisation_id": organisation, "title": title, "starts_at": instant(30), "ends_at": instant(31),
        "doors_at": instant(0), "timezone": "Europe/Berlin", "currency": "EUR", "location": {"area": "Somewhere"},
        "visibility": "public",
    })
}

/// Anything's id.
pub fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}"))
}

/// Where a booking is paid.
pub fn checkout_url(booking: &Value) -> &str {
    booking["payment"]["checkout_url"].as_str().unwrap_or_else(|| panic!("no checkout in {booking}"))
}
