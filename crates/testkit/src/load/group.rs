//! Groups that want seats next to each other.

use super::{Answer, Connection, LoadError, Offered, request};
use serde_json::{Value, json};

/// Seats that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The hold.
    pub hold: String,
    /// What people call them.
    pub labels: Vec<String>,
}

/// Somebody with a token who comes with others.
#[derive(Debug, Clone)]
pub struct Group {
    token: String,
}

impl Group {
    /// Led by who has this token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { token: token.to_owned() }
    }

    /// Holds so many seats next to each other; `None` when there are none such.
    ///
    /// # Errors
    /// A [`LoadError`] for every other answer than these two.
    pub async fn hold(
        &self,
        connection: &mut Connection,
        offered: &Offered,
        count: u32,
    ) -> Result<Option<Seats>, LoadError> {
        let doing = "holding seats";
        let items = json!([{"ticket_type_id": offered.ticket_type, "quantity": count}]);
        let body = json!({"event_id": offered.event, "items": items}).to_string();
        let answer = self.send(connection, doing, ("POST", "/api/v1/seats/hold"), &body).await?;
        let told: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let code = told.pointer("/code").and_then(Value::as_str).unwrap_or_default();
        if answer.status == 409 && ["sold_out", "seat_unavailable"].contains(&code) {
            return Ok(None);
        }
        let hold = told.pointer("/hold_id").and_then(Value::as_str).filter(|_| answer.status == 201);
        let Some(hold) = hold else { return Err(LoadError::unexpected(doing, answer)) };
        let items = told.pointer("/items").and_then(Value::as_array).into_iter().flatten();
        let label = |item: &Value| Some(item.get("label")?.as_str()?.to_owned());
        Ok(Some(Seats { hold: hold.to_owned(), labels: items.filter_map(label).collect() }))
    }

    /// Makes a booking of seats that cost nothing.
    ///
    /// # Errors
    /// A [`LoadError`] when the answer is not a confirmed booking.
    pub async fn confirm(&self, connection: &mut Connection, seats: &Seats) -> Result<(), LoadError> {
        let doing = "confirming a hold of seats";
        let body = json!({"hold_id": seats.hold, "payment": {"provider": "free"}}).to_string();
        let answer = self.send(connection, doing, ("POST", "/api/v1/bookings/confirm"), &body).await?;
        if answer.status == 201 { Ok(()) } else { Err(LoadError::unexpected(doing, answer)) }
    }

    /// Gives seats back.
    ///
    /// # Errors
    /// A [`LoadError`] when that is not what was answered.
    pub async fn release(&self, connection: &mut Connection, seats: &Seats) -> Result<(), LoadError> {
        let doing = "giving seats back";
        let path = format!("/api/v1/seats/hold/{}", seats.hold);
        let answer = self.send(connection, doing, ("DELETE", &path), "").await?;
        if answer.status == 204 { Ok(()) } else { Err(LoadError::unexpected(doing, answer)) }
    }

    async fn send<'c>(
        &self,
        connection: &'c mut Connection,
        doing: &'static str,
        (method, path): (&str, &str),
        body: &str,
    ) -> Result<Answer<'c>, LoadError> {
        let request = request(method, path, Some(&self.token), body);
        connection.send(&request).await.map_err(|cause| LoadError::Connection { doing, cause })
    }
}
