//! What is kept, as it stands in the file: as it is kept, so that nothing is forgotten that is added later, without what is a
//! secret, concerns somebody else, or was said among staff.

use booking::use_cases::{KeptBooking, Used};
use booking::{Document, Incident, Ticket, TicketStatus};
use gallery::Picture;
use kernel::audit::SealedAct;
use kernel::{AccountId, Act, Page, StoreError};
use media::Upload;
use messaging::{Letter, Suppression};
use music::MusicSet;
use serde::Serialize;
use serde_json::{Value, json};

/// As JSON.
pub(super) fn written<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value)
        .map_err(|error| StoreError::broken("writing what is kept about somebody", error))
}

/// A page of it.
pub(super) fn paged<T>(
    page: Page<T>,
    write: impl Fn(&T) -> Result<Value, StoreError>,
) -> Result<Page<Value>, StoreError> {
    let items = page.items.iter().map(write).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

/// All of a list that is never long.
pub(super) fn whole<T: Serialize>(all: &[T]) -> Result<Page<Value>, StoreError> {
    Ok(Page { items: all.iter().map(written).collect::<Result<_, _>>()?, next: None })
}

/// The same object without these fields.
fn without(mut value: Value, fields: &[&str]) -> Value {
    leave_out(&mut value, fields);
    value
}

fn leave_out(value: &mut Value, fields: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        for field in fields {
            object.remove(*field);
        }
    }
}

/// The same for each object of a list in it.
fn leave_out_of_each(value: &mut Value, list: &str, fields: &[&str]) {
    let all = value.get_mut(list).and_then(Value::as_array_mut);
    for one in all.into_iter().flatten() {
        leave_out(one, fields);
    }
}

fn with(value: &mut Value, field: &str, what: impl Into<Value>) {
    if let Some(object) = value.as_object_mut() {
        object.insert(field.to_owned(), what.into());
    }
}

fn each<T>(all: &[T], write: impl Fn(&T) -> Result<Value, StoreError>) -> Result<Vec<Value>, StoreError> {
    all.iter().map(write).collect()
}

/// Without what the platform keeps of it, which is between the platform and whoever runs the event, and which account at a
/// provider takes the money.
pub(super) fn booking(kept: &KeptBooking) -> Result<Value, StoreError> {
    let KeptBooking { placed, documents, deliveries, incidents } = kept;
    let buyer = placed.booking.buyer;
    let mut said = without(written(&placed.booking)?, &["platform_fee"]);
    leave_out_of_each(&mut said, "payments", &["account"]);
    leave_out_of_each(&mut said, "refunds", &["by", "note"]);
    leave_out_of_each(&mut said, "disputes", &["fee"]);
    if let Some(request) = said.get_mut("request") {
        leave_out(request, &["decided_by"]);
    }
    with(&mut said, "tickets", each(&placed.tickets, |ticket| seen_by(buyer, ticket))?);
    with(&mut said, "documents", each(documents, document)?);
    with(&mut said, "deliveries", each(deliveries, written)?);
    with(&mut said, "cases", each(incidents, case)?);
    Ok(said)
}

/// Of one that went to somebody else no more than that it did.
fn seen_by(viewer: AccountId, ticket: &Ticket) -> Result<Value, StoreError> {
    let said = written(ticket)?;
    if ticket.holder == viewer {
        return Ok(said);
    }
    let mut said = without(said, &["holder", "attendee", "version", "checked_in_at", "presence"]);
    if ticket.status.lives() {
        with(&mut said, "status", TicketStatus::Transferred.as_str());
    }
    Ok(said)
}

fn document(document: &Document) -> Result<Value, StoreError> {
    let mut said = written(document)?;
    with(&mut said, "number", document.number.to_string());
    with(&mut said, "origin", document.origin.to_string());
    Ok(said)
}

/// Without who decided, and in which words.
fn case(incident: &Incident) -> Result<Value, StoreError> {
    let mut said = written(incident)?;
    if let Some(resolved) = said.get_mut("resolved") {
        leave_out(resolved, &["by", "note"]);
    }
    Ok(said)
}

/// With what happened with it at the door, but not who stood there.
pub(super) fn ticket(used: &Used) -> Result<Value, StoreError> {
    let mut said = written(&used.ticket)?;
    let scans = each(&used.scans, |scan| Ok(without(written(scan)?, &["scanner"])))?;
    with(&mut said, "scans", scans);
    Ok(said)
}

/// Without what the object store calls its parts.
pub(super) fn upload(upload: &Upload) -> Result<Value, StoreError> {
    Ok(without(written(upload)?, &["parts"]))
}

/// Without what opens its files.
pub(super) fn picture(picture: &Picture) -> Result<Value, StoreError> {
    Ok(without(written(picture)?, &["pass"]))
}

/// Without what opens its files.
pub(super) fn set(set: &MusicSet) -> Result<Value, StoreError> {
    Ok(without(written(set)?, &["pass"]))
}

/// Without what it was owed by, which may name others.
pub(super) fn letter(letter: &Letter) -> Result<Value, StoreError> {
    Ok(without(written(letter)?, &["origin"]))
}

/// Without what the address is recognised by.
pub(super) fn suppression(suppression: &Suppression) -> Result<Value, StoreError> {
    Ok(without(written(suppression)?, &["address"]))
}

fn act_of(act: &Act) -> Value {
    json!({
        "id": act.id,
        "at": act.at,
        "act": act.act,
        "subject": act.subject,
        "organisation_id": act.organisation,
        "request_id": act.request,
    })
}

/// What somebody did: to what, but not what it was like before and after, which is others' or stands elsewhere in the file.
pub(super) fn act(sealed: &SealedAct) -> Result<Value, StoreError> {
    Ok(act_of(&sealed.act))
}

/// What was done to somebody's account, with what changed by it, but not by whom.
pub(super) fn act_about(sealed: &SealedAct) -> Result<Value, StoreError> {
    let read = |text: &Option<String>| {
        text.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or(Value::Null))
    };
    let mut said = act_of(&sealed.act);
    with(&mut said, "before", read(&sealed.act.before));
    with(&mut said, "after", read(&sealed.act.after));
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_left_out_of_every_entry() {
        let mut value = json!({"a": 1, "b": 2, "list": [{"a": 1, "b": 2}, {"b": 3}], "none": null});
        leave_out_of_each(&mut value, "list", &["b"]);
        leave_out_of_each(&mut value, "none", &["b"]);
        leave_out_of_each(&mut value, "nowhere", &["b"]);
        assert_eq!(without(value, &["a"]), json!({"b": 2, "list": [{"a": 1}, {}], "none": null}));
    }
}
