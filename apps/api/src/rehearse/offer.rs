//! What is put on sale, and by whom.

use super::options::Options;
use super::shop::{Request, Shop, text};
use super::stage::{ADMIN, Stage};
use super::visitor::{Offered, OfferedKind, PASSWORD};
use crate::cli::Failure;
use crate::config::Config;
use crate::wiring;
use chrono::TimeDelta;
use kernel::Clock;
use serde_json::{Value, json};

/// A ticket type to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    name: String,
    /// In minor units.
    price: i64,
    currency: String,
    /// How many.
    pub quantity: u32,
    /// Whether they are seats of a hall.
    seated: bool,
}

/// Seats of a row.
const ROW: u32 = 10;

/// What is sold: the types of an existing event, or two of our own.
///
/// # Errors
/// There is no such event, or its store cannot be read.
pub async fn kinds(options: &Options, configured: &Config) -> Result<Vec<Kind>, Failure> {
    let Some(event) = options.event else {
        let (reduced, hall) = (options.seats / 5, options.seats / 3 / ROW * ROW);
        let kind = |name: &str, price, quantity, seated| Kind {
            name: name.into(),
            price,
            currency: "EUR".into(),
            quantity,
            seated,
        };
        let kinds = vec![
            kind("Hall", 3500, hall, true),
            kind("Regular", 2500, options.seats - reduced - hall, false),
            kind("Reduced", 1550, reduced, false),
        ];
        return Ok(kinds.into_iter().filter(|kind| kind.quantity > 0).collect());
    };
    let stores = wiring::store::Stores::open(&configured.store.url).await?;
    let sales = stores.booking.sales(&[event.into()]).await?;
    let sale = sales.first().ok_or("there is no such event in the configured store")?;
    let room = sale.capacity.unwrap_or(u32::MAX);
    let total: u32 = sale.offers.iter().map(|offer| offer.quantity).sum();
    let kinds = sale.offers.iter().enumerate().map(|(at, offer)| Kind {
        name: format!("Type {}", at + 1),
        price: offer.price.minor(),
        currency: offer.price.currency().code().to_owned(),
        quantity: if total > room { (offer.quantity * room / total).max(1) } else { offer.quantity },
        seated: false,
    });
    Ok(kinds.collect())
}

impl Stage {
    /// Puts an event on sale.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn put_on_sale(&self, shop: &Shop, kinds: &[Kind]) -> Result<Offered, Failure> {
        let admin = Admin::log_in(shop).await?;
        let organisations = admin.get("/api/v1/admin/organisations").await?;
        let organisation = text(&organisations, "/items/0/id").to_owned();
        let day = |days: i64, hours: i64| {
            let at = self.clock.now() + TimeDelta::days(days) + TimeDelta::hours(hours);
            at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        let currency = kinds.first().map_or("EUR", |kind| kind.currency.as_str());
        let mut event = json!({
            "organisation_id": organisation, "title": format!("Rehearsal {}", self.run),
            "starts_at": day(30, 0), "ends_at": day(30, 6), "timezone": "Europe/Berlin", "currency": currency,
            "location": { "area": "Nowhere" }, "visibility": "members",
        });
        // The hall is a kind of ticket of its own.
        if let (Some(hall), Some(facts)) = (kinds.iter().find(|kind| kind.seated), event.as_object_mut()) {
            facts.insert("venue_template_id".into(), json!(admin.hall(&organisation, hall).await?));
            facts.insert("base_price".into(), json!({ "amount": hall.price, "currency": currency }));
        }
        let event = text(&admin.post("/api/v1/admin/events", event).await?, "/id").to_owned();
        let path = format!("/api/v1/admin/events/{event}");
        let policy = json!({
            "refundable": true,
            "tiers": [{ "until_hours_before": 48, "fee_percent": 10 }, { "until_hours_before": 0, "fee_percent": 50 }],
        });
        admin.post(&format!("{path}/cancellation-policy"), policy).await?;
        let mut offered = Offered { event, kinds: Vec::new(), voucher: None };
        let types = admin.get(&format!("{path}/ticket-types")).await?;
        for hall in types.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            offered.kinds.push(OfferedKind { id: text(hall, "/id").to_owned(), seated: true });
        }
        for kind in kinds.iter().filter(|kind| !kind.seated) {
            let body = json!({
                "name": kind.name, "quantity": kind.quantity, "max_per_order": 6,
                "price": { "amount": kind.price, "currency": kind.currency },
            });
            let made = admin.post(&format!("{path}/ticket-types"), body).await?;
            offered.kinds.push(OfferedKind { id: text(&made, "/id").to_owned(), seated: false });
        }
        let places: u32 = kinds.iter().map(|kind| kind.quantity).sum();
        let voucher =
            json!({ "name": "Rehearsal", "percent": 20, "max_uses": (places / 6).max(1), "max_per_user": 1 });
        let made = admin.post(&format!("{path}/vouchers"), voucher).await?;
        offered.voucher = made.pointer("/items/0/code").and_then(Value::as_str).map(str::to_owned);
        admin.post(&format!("{path}/publish"), json!({})).await?;
        Ok(offered)
    }
}

/// The one who prepares the event.
pub(super) struct Admin<'a> {
    shop: &'a Shop,
    token: String,
}

impl<'a> Admin<'a> {
    pub(super) async fn log_in(shop: &'a Shop) -> Result<Self, Failure> {
        let body = json!({ "email": ADMIN, "password": PASSWORD });
        let mut admin = Self { shop, token: String::new() };
        let answer = admin.post("/api/v1/auth/login", body).await?;
        text(&answer, "/access_token").clone_into(&mut admin.token);
        Ok(admin)
    }

    /// A hall with so many seats, in rows of ten from the stage on; its name.
    async fn hall(&self, organisation: &str, hall: &Kind) -> Result<String, Failure> {
        let body = json!({ "organisation_id": organisation, "name": hall.name });
        let made = self.post("/api/v1/admin/venue-templates", body).await?;
        let id = text(&made, "/id").to_owned();
        let section = json!({
            "name": hall.name, "row_start": "1", "row_end": (hall.quantity / ROW).to_string(), "seats_per_row": ROW,
        });
        self.post(&format!("/api/v1/admin/venue-templates/{id}/sections"), section).await?;
        Ok(id)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.ask(path, Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(path, None).await
    }

    async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        match self.shop.ask(&Request { token, path, key: None, body }).await {
            Some((status, body)) if status < 300 => Ok(body),
            Some((status, body)) => Err(format!("{path} was answered {status}: {body}").into()),
            None => Err(format!("{path} got no answer").into()),
        }
    }
}
