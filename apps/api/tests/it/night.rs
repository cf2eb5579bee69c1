//! A night with free and with paid places, whose doors are open, and what people take of it.

use crate::events::cast::{Cast, id, in_hours, ticket_type};
use crate::harness::Client;
use serde_json::{Value, json};

/// A published event of the organisation here.
pub(crate) struct Night {
    pub(crate) event: String,
    /// The kind of ticket that costs nothing.
    pub(crate) free: String,
    /// The other one.
    pub(crate) paid: String,
}

impl Night {
    pub(crate) async fn of(cast: &Cast, title: &str) -> Self {
        let mut body = cast.event(title);
        // A clock that stands still may be behind by what it took to get here.
        body["doors_at"] = json!(in_hours(-1));
        let event = id(&cast.draft(&body).await).to_owned();
        let path = format!("/admin/events/{event}");
        let mut free = ticket_type("Guest", 50);
        free["price"]["amount"] = json!(0);
        let mut kinds = Vec::new();
        for kind in [free, ticket_type("Regular", 50)] {
            let made = cast.manager.client.post(&format!("{path}/ticket-types"), &kind).await.expect(201);
            kinds.push(id(&made).to_owned());
        }
        cast.manager.client.post(&format!("{path}/publish"), &json!({})).await.expect(200);
        let [free, paid] = kinds.try_into().unwrap();
        Self { event, free, paid }
    }

    /// Keeps so many places of a kind.
    pub(crate) async fn hold(&self, who: &Client, kind: &str, quantity: u32) -> Value {
        let items = json!([{"ticket_type_id": kind, "quantity": quantity}]);
        who.post("/seats/hold", &json!({"event_id": self.event, "items": items})).await.expect(201)
    }

    /// A confirmed booking of so many free places.
    pub(crate) async fn book(&self, who: &Client, quantity: u32) -> Value {
        let hold = self.hold(who, &self.free, quantity).await;
        let booking = who.post("/bookings/confirm", &wish(&hold, "free")).await.expect(201);
        assert_eq!(booking["status"], "confirmed");
        booking
    }
}

/// A body that makes a booking of a hold.
pub(crate) fn wish(hold: &Value, provider: &str) -> Value {
    json!({"hold_id": hold["hold_id"], "payment": {"provider": provider}})
}
