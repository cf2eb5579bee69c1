//! One purchase: hold a ticket, confirm it.

use super::{Answer, Connection, LoadError, request};

/// Stands in a request for the id that comes there; ids are always as long.
const PLACE: &str = "00000000-0000-0000-0000-000000000000";

/// What can be bought: one ticket of one type.
#[derive(Debug, Clone)]
pub struct Offered {
    /// Of which event.
    pub event: String,
    /// Of which type.
    pub ticket_type: String,
}

/// Somebody with a token, and their requests written out.
#[derive(Debug)]
pub struct Buyer {
    hold: Form,
    confirm: Form,
}

/// A request with places for ids.
#[derive(Debug)]
struct Form {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Buyer {
    /// Somebody who acts with this access token and takes what is free.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self::paying(token, "free")
    }

    /// Somebody who acts with this access token and pays through this provider.
    #[must_use]
    pub fn paying(token: &str, provider: &str) -> Self {
        let hold =
            format!(r#"{{"event_id":"{PLACE}","items":[{{"ticket_type_id":"{PLACE}","quantity":1}}]}}"#);
        let confirm = format!(r#"{{"hold_id":"{PLACE}","payment":{{"provider":"{provider}"}}}}"#);
        Self {
            hold: Form::new(request("POST", "/api/v1/seats/hold", Some(token), &hold)),
            confirm: Form::new(request("POST", "/api/v1/bookings/confirm", Some(token), &confirm)),
        }
    }

    /// Holds one ticket: the hold's id; `None` when nothing is left.
    ///
    /// # Errors
    /// A [`LoadError`] for every other answer than these two.
    pub async fn hold(
        &mut self,
        connection: &mut Connection,
        offered: &Offered,
    ) -> Result<Option<String>, LoadError> {
        let doing = "holding a ticket";
        let request = self.hold.filled(&[&offered.event, &offered.ticket_type]);
        let answer =
            connection.send(request).await.map_err(|cause| LoadError::Connection { doing, cause })?;
        if answer.status == 409 && find(answer.body, b"\"sold_out\"").is_some() {
            return Ok(None);
        }
        let hold = held(answer);
        hold.map(Some).ok_or_else(|| LoadError::unexpected(doing, answer))
    }

    /// Makes a booking with a ticket of a hold.
    ///
    /// # Errors
    /// A [`LoadError`] when the answer is not a confirmed booking.
    pub async fn confirm(&mut self, connection: &mut Connection, hold: &str) -> Result<(), LoadError> {
        let doing = "confirming a hold";
        let request = self.confirm.filled(&[hold]);
        let answer =
            connection.send(request).await.map_err(|cause| LoadError::Connection { doing, cause })?;
        if answer.status == 201 && find(answer.body, b"\"confirmed\"").is_some() {
            return Ok(());
        }
        Err(LoadError::unexpected(doing, answer))
    }
}

impl Buyer {
    /// Makes a booking of a hold that has to be paid: the address of the provider's page.
    ///
    /// # Errors
    /// A [`LoadError`] when there is none.
    pub async fn order(&mut self, connection: &mut Connection, hold: &str) -> Result<String, LoadError> {
        let doing = "confirming a hold that is to be paid";
        let request = self.confirm.filled(&[hold]);
        let answer =
            connection.send(request).await.map_err(|cause| LoadError::Connection { doing, cause })?;
        let url = checkout(answer);
        url.ok_or_else(|| LoadError::unexpected(doing, answer))
    }
}

impl Form {
    fn new(bytes: Vec<u8>) -> Self {
        let place = PLACE.as_bytes();
        let is_place = |(at, window): (usize, &[u8])| (window == place).then_some(at);
        let places = bytes.windows(place.len()).enumerate().filter_map(is_place).collect();
        Self { bytes, places }
    }

    /// The request with these ids in its places, in their order.
    fn filled(&mut self, ids: &[&str]) -> &[u8] {
        for (at, id) in self.places.iter().zip(ids) {
            if let Some(place) = self.bytes.get_mut(*at..at + id.len().min(PLACE.len())) {
                place.copy_from_slice(id.as_bytes().get(..place.len()).unwrap_or_default());
            }
        }
        &self.bytes
    }
}

/// The id in the answer to a hold that was made.
fn held(answer: Answer<'_>) -> Option<String> {
    let field = b"\"hold_id\":\"";
    let at = find(answer.body, field).filter(|_| answer.status == 201)? + field.len();
    let id = answer.body.get(at..at + PLACE.len())?;
    String::from_utf8(id.to_vec()).ok()
}

/// The page to pay on, in the answer to a booking that was made.
fn checkout(answer: Answer<'_>) -> Option<String> {
    let field = b"\"checkout_url\":\"";
    let at = find(answer.body, field).filter(|_| answer.status == 201)? + field.len();
    let rest = answer.body.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    String::from_utf8(rest.get(..end)?.to_vec()).ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(request: &[u8]) -> serde_json::Value {
        let at = find(request, b"\r\n\r\n").unwrap() + 4;
        serde_json::from_slice(&request[at..]).unwrap()
    }

    #[test]
    fn ids_are_put_where_they_belong_again_and_again() {
        let mut buyer = Buyer::new("token");
        for letter in ["a", "b"] {
            let [event, ticket_type, hold] =
                ["1", "2", "3"].map(|digit| format!("{}-{digit}", letter.repeat(34)));
            let items = json!([{"ticket_type_id": ticket_type, "quantity": 1}]);
            let asked = body(buyer.hold.filled(&[&event, &ticket_type]));
            assert_eq!(asked, json!({"event_id": event, "items": items}));
            let asked = body(buyer.confirm.filled(&[&hold]));
            assert_eq!(asked, json!({"hold_id": hold, "payment": {"provider": "free"}}));
        }
    }

    #[test]
    fn the_id_of_a_hold_is_found_in_its_answer() {
        let id = "0190aaaa-0000-7000-8000-00000000000f";
        let text = format!(r#"{{"event_id":"x","hold_id":"{id}","total":{{}}}}"#);
        let first_byte = std::time::Instant::now();
        let answer = |status| Answer { status, retry_after: false, body: text.as_bytes(), first_byte };
        assert_eq!(held(answer(201)).as_deref(), Some(id));
        assert_eq!(held(answer(200)), None);
    }
}
