//! Prepares a sale over HTTP: events by an admin, and people who want to go there.

use super::{Connection, LoadError, Offered, request};
use chrono::{SecondsFormat, TimeDelta};
use futures_util::future::try_join_all;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// What everybody's password is.
const PASSWORD: &str = "correct horse battery";
/// Requests at a time while people register or log in.
const AT_ONCE: u32 = 8;

/// An admin at work.
#[derive(Debug)]
pub struct BoxOffice {
    connection: Connection,
    token: String,
    organisation: String,
}

/// An event to be put on sale, with one ticket type.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its title.
    pub title: String,
    /// How many tickets there are.
    pub quantity: u32,
    /// What one costs, in cents.
    pub price: u32,
}

/// An event to be put on sale in a hall with one section.
#[derive(Debug, Clone)]
pub struct Hall {
    /// Its title.
    pub title: String,
    /// How many rows there are.
    pub rows: u32,
    /// How many seats there are in each.
    pub seats_per_row: u32,
    /// What one costs, in cents.
    pub price: u32,
}

impl BoxOffice {
    /// Logs an admin in.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn open(address: SocketAddr, email: &str, password: &str) -> Result<Self, LoadError> {
        let mut connection = Connection::new(address);
        let body = json!({"email": email, "password": password});
        let session = ask(&mut connection, "logging an admin in", "/api/v1/auth/login", None, &body).await?;
        let token = text(&session, "/access_token");
        let get = request("GET", "/api/v1/admin/organisations", Some(&token), "");
        let organisations = json(&mut connection, "listing organisations", &get).await?;
        Ok(Self { connection, token, organisation: text(&organisations, "/items/0/id") })
    }

    /// Puts an event on sale.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn put_on_sale(&mut self, plan: &Plan) -> Result<Offered, LoadError> {
        let event = self.event(&plan.title);
        let event = text(&self.ask("making an event", "/api/v1/admin/events", &event).await?, "/id");
        let path = format!("/api/v1/admin/events/{event}");
        let ticket_type = json!({
            "name": "Entry",
            "price": {"amount": plan.price, "currency": "EUR"},
            "quantity": plan.quantity,
        });
        let made = self.ask("making a ticket type", &format!("{path}/ticket-types"), &ticket_type).await?;
        self.ask("publishing an event", &format!("{path}/publish"), &json!({})).await?;
        Ok(Offered { event, ticket_type: text(&made, "/id") })
    }

    /// Puts an event in a hall of its own on sale.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn open_hall(&mut self, hall: &Hall) -> Result<Offered, LoadError> {
        let template = json!({"organisation_id": self.organisation, "name": hall.title});
        let template = self.ask("making a hall", "/api/v1/admin/venue-templates", &template).await?;
        let template = text(&template, "/id");
        let section = json!({
            "name": "Stalls", "row_start": "1", "row_end": hall.rows.to_string(),
            "seats_per_row": hall.seats_per_row,
        });
        let sections = format!("/api/v1/admin/venue-templates/{template}/sections");
        self.ask("making a section", &sections, &section).await?;
        let mut event = self.event(&hall.title);
        if let Some(fields) = event.as_object_mut() {
            fields.insert("venue_template_id".to_owned(), json!(template));
            fields.insert("base_price".to_owned(), json!({"amount": hall.price, "currency": "EUR"}));
        }
        let event = text(&self.ask("making an event", "/api/v1/admin/events", &event).await?, "/id");
        let path = format!("/api/v1/admin/events/{event}");
        self.ask("publishing an event", &format!("{path}/publish"), &json!({})).await?;
        let types = self.get(&format!("{path}/ticket-types")).await?;
        Ok(Offered { event, ticket_type: text(&types, "/items/0/id") })
    }

    fn event(&self, title: &str) -> Value {
        let instant = |days: i64| {
            let at = SystemClock.now() + TimeDelta::days(days);
            at.to_rfc3339_opts(SecondsFormat::Secs, true)
        };
        json!({
            "organisation_id": self.organisation,
            "title": title,
            "starts_at": instant(30),
            "ends_at": instant(31),
            "timezone": "Europe/Berlin",
            "currency": "EUR",
            "location": {"area": "Somewhere"},
            "visibility": "public",
        })
    }

    /// What the admin's requests carry.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for something as the admin.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn get(&mut self, path: &str) -> Result<Value, LoadError> {
        let get = request("GET", path, Some(&self.token), "");
        json(&mut self.connection, "asking for something", &get).await
    }

    /// Has something done as the admin.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value, LoadError> {
        self.ask("having something done", path, body).await
    }

    /// Says something to all members, from now on; which announcement that is.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn announce(&mut self, subject: &str, body: &str) -> Result<String, LoadError> {
        let path = "/api/v1/admin/announcements";
        let said = json!({
            "audience": {"kind": "members"},
            "texts": {"en": {"subject": subject, "body": body}},
        });
        let announcement = text(&self.ask("writing an announcement", path, &said).await?, "/id");
        let schedule = format!("{path}/{announcement}/schedule");
        self.ask("scheduling an announcement", &schedule, &json!({})).await?;
        Ok(announcement)
    }

    async fn ask(&mut self, doing: &'static str, path: &str, body: &Value) -> Result<Value, LoadError> {
        ask(&mut self.connection, doing, path, Some(&self.token), body).await
    }
}

/// Somebody who buys, known by a number; everybody's password is the same.
fn person(number: u32) -> Value {
    json!({
        "email": format!("buyer-{number}@example.org"),
        "password": PASSWORD,
        "first_name": "Buyer",
        "last_name": number.to_string(),
    })
}

/// Opens accounts for the people 0 to `count`, where registration is open; gives their access tokens.
///
/// # Errors
/// A [`LoadError`].
pub async fn register(address: SocketAddr, count: u32) -> Result<Vec<String>, LoadError> {
    let register = async |connection: &mut Connection, number| {
        let body = person(number);
        let session = ask(connection, "registering", "/api/v1/auth/register", None, &body).await?;
        Ok(text(&session, "/access_token"))
    };
    all(address, count, register).await
}

/// Logs the people 0 to `count` in, who have registered; gives their access tokens.
///
/// # Errors
/// A [`LoadError`].
pub async fn log_in_all(address: SocketAddr, count: u32) -> Result<Vec<String>, LoadError> {
    all(address, count, log_in).await
}

/// Logs one in who has registered; gives the access token.
///
/// # Errors
/// A [`LoadError`].
pub async fn log_in(connection: &mut Connection, number: u32) -> Result<String, LoadError> {
    let session = ask(connection, "logging in", "/api/v1/auth/login", None, &person(number)).await?;
    Ok(text(&session, "/access_token"))
}

/// Does something for each of the people, some at a time.
async fn all(
    address: SocketAddr,
    count: u32,
    what: impl AsyncFn(&mut Connection, u32) -> Result<String, LoadError>,
) -> Result<Vec<String>, LoadError> {
    let rows = (0..AT_ONCE).map(async |row| {
        let mut connection = Connection::new(address);
        let mut tokens = Vec::new();
        for number in (row..count).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
            tokens.push(what(&mut connection, number).await?);
        }
        Ok::<_, LoadError>(tokens)
    });
    try_join_all(rows).await.map(|rows| rows.concat())
}

async fn ask(
    connection: &mut Connection,
    doing: &'static str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<Value, LoadError> {
    json(connection, doing, &request("POST", path, token, &body.to_string())).await
}

/// The answer as JSON, if it is a good one.
async fn json(connection: &mut Connection, doing: &'static str, request: &[u8]) -> Result<Value, LoadError> {
    let answer = connection.send(request).await.map_err(|cause| LoadError::Connection { doing, cause })?;
    match serde_json::from_slice(answer.body) {
        Ok(value) if (200..300).contains(&answer.status) => Ok(value),
        _ => Err(LoadError::unexpected(doing, answer)),
    }
}

/// The text at a JSON pointer (RFC 6901), or nothing: whoever uses it will be told.
fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
