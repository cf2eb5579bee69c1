//! Somebody of every kind, and things for them to run.

use crate::harness::{Person, TestApp};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};

/// Two organisations and those who work for them.
pub(crate) struct Cast {
    /// Works for nobody.
    pub(crate) member: Person,
    /// Lets people in, here.
    pub(crate) door: Person,
    /// Runs events, here.
    pub(crate) manager: Person,
    /// Decides who works here.
    pub(crate) owner: Person,
    /// Runs the platform.
    pub(crate) admin: Person,
    /// Owns the other organisation.
    pub(crate) foreigner: Person,
    /// The organisation here.
    pub(crate) organisation: String,
    /// The other one.
    pub(crate) elsewhere: String,
}

impl Cast {
    /// Gathers everybody.
    pub(crate) async fn of(app: &TestApp) -> Self {
        let admin = app.admin().await;
        let organisation = add_organisation(&admin, "Here").await;
        let elsewhere = add_organisation(&admin, "Elsewhere").await;
        let member = app.member().await;
        let door = staff(app, &admin, &organisation, "door").await;
        let manager = staff(app, &admin, &organisation, "manager").await;
        let owner = staff(app, &admin, &organisation, "owner").await;
        let foreigner = staff(app, &admin, &elsewhere, "owner").await;
        Self { member, door, manager, owner, admin, foreigner, organisation, elsewhere }
    }

    /// A body for a new event of the organisation here.
    pub(crate) fn event(&self, title: &str) -> Value {
        event_of(&self.organisation, title)
    }

    /// A new draft.
    pub(crate) async fn draft(&self, body: &Value) -> Value {
        self.manager.client.post("/admin/events", body).await.expect(201)
    }

    /// A new event with one kind of ticket, published.
    pub(crate) async fn published(&self, body: &Value) -> Value {
        let draft = self.draft(body).await;
        let path = format!("/admin/events/{}", id(&draft));
        self.manager
            .client
            .post(&format!("{path}/ticket-types"), &ticket_type("Regular", 100))
            .await
            .expect(201);
        self.manager.client.post(&format!("{path}/publish"), &json!({})).await.expect(200)
    }
}

async fn add_organisation(admin: &Person, name: &str) -> String {
    let made = admin.client.post("/admin/organisations", &json!({"name": name})).await.expect(201);
    id(&made).to_owned()
}

/// Somebody new who works for an organisation.
pub(crate) async fn staff(app: &TestApp, admin: &Person, organisation: &str, role: &str) -> Person {
    let person = app.member().await;
    let body = json!({"account_id": person.id, "role": role});
    admin.client.post(&format!("/admin/organisations/{organisation}/members"), &body).await.expect(201);
    person
}

/// A body for a new event.
pub(crate) fn event_of(organisation: &str, title: &str) -> Value {
    json!({
        "organisation_id": organisation,
        "title": title,
        "starts_at": in_hours(240),
        "ends_at": in_hours(246),
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "location": {
            "area": "Old harbour", "address": "Quay 7", "latitude": 53.5, "longitude": 9.9,
            "address_visible_from": in_hours(-1),
        },
    })
}

/// A body for a new kind of ticket, at 25 euro.
pub(crate) fn ticket_type(name: &str, quantity: u32) -> Value {
    json!({"name": name, "price": {"amount": 2500, "currency": "EUR"}, "quantity": quantity})
}

/// An instant so many hours from now, as the contract writes it.
pub(crate) fn in_hours(hours: i64) -> String {
    text_of(SystemClock.now() + TimeDelta::hours(hours))
}

fn text_of(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The id of whatever was answered.
pub(crate) fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

/// The same field of all items of a list.
pub(crate) fn column<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// Field and code of every mistake that a problem names.
pub(crate) fn mistakes(problem: &Value) -> Vec<(&str, &str)> {
    let named = problem["errors"].as_array().unwrap().iter();
    named.map(|one| (one["field"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
}
