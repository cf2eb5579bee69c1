//! What the audit log says of organisations, events and ticket types. Where exactly an event takes place may be
//! somebody's home, so of that it says only whether it is known and whether it changed.

use crate::venue::{Seat, SeatChange};
use crate::{Billing, Event, Member, Organisation, Quota, TicketType, VenueTemplate};
use kernel::{Act, Cause, Subject, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An organisation was added.
pub(crate) fn organisation_created(by: &Cause, made: &Organisation, now: Timestamp) -> Act {
    let said = json!({"name": made.name, "slug": made.slug});
    by.act("organisation.create", Subject::new("organisation", made.id.as_uuid()), now)
        .of(made.id)
        .changing(None, Some(said.to_string()))
}

/// An organisation has another name.
pub(crate) fn organisation_renamed(
    by: &Cause,
    before: &Organisation,
    after: &Organisation,
    now: Timestamp,
) -> Act {
    let said = |it: &Organisation| json!({"name": it.name}).to_string();
    by.act("organisation.rename", Subject::new("organisation", after.id.as_uuid()), now)
        .of(after.id)
        .changing(Some(said(before)), Some(said(after)))
}

/// An organisation was removed.
pub(crate) fn organisation_removed(by: &Cause, gone: &Organisation, now: Timestamp) -> Act {
    let said = json!({"name": gone.name, "slug": gone.slug});
    by.act("organisation.delete", Subject::new("organisation", gone.id.as_uuid()), now)
        .of(gone.id)
        .changing(Some(said.to_string()), None)
}

/// It was said whom an organisation's documents are from. Addresses stay out; that one changed is told.
pub(crate) fn billing_set(by: &Cause, before: Option<&Billing>, after: &Billing) -> Act {
    let said = |it: &Billing| json!({"vat_id": it.vat_id, "number_prefix": it.number_prefix});
    let moved = before.is_none_or(|it| (&it.name, &it.address) != (&after.name, &after.address));
    let turned = before.is_none_or(|it| it.iban != after.iban);
    let mut is = said(after);
    if let Some(is) = is.as_object_mut() {
        is.insert("address_changed".to_owned(), Value::Bool(moved));
        is.insert("account_changed".to_owned(), Value::Bool(turned));
    }
    let subject = Subject::new("organisation", after.organisation.as_uuid());
    by.act("organisation.set_billing", subject, after.updated_at)
        .of(after.organisation)
        .changing(before.map(|it| said(it).to_string()), Some(is.to_string()))
}

/// Somebody's standing in an organisation changed, began or ended.
pub(crate) fn member_changed(
    by: &Cause,
    before: Option<&Member>,
    after: Option<&Member>,
    now: Timestamp,
) -> Option<Act> {
    let one = after.or(before)?;
    let name = if after.is_some() { "organisation.set_member" } else { "organisation.remove_member" };
    let said = |member: &Member| json!({"standing": member.standing.as_str()}).to_string();
    let act = by.act(name, Subject::new("account", one.account.as_uuid()), now).of(one.organisation);
    Some(act.changing(before.map(said), after.map(said)))
}

/// An event was added.
pub(crate) fn event_created(by: &Cause, made: &Event, now: Timestamp) -> Act {
    event_act(by, "event.create", made, now).changing(None, Some(whole(facts_of_event(made))))
}

/// An event was added as a copy of another.
pub(crate) fn event_duplicated(by: &Cause, source: &Event, made: &Event, now: Timestamp) -> Act {
    let mut said = facts_of_event(made);
    said.insert("copy_of".to_owned(), json!(source.id));
    event_act(by, "event.duplicate", made, now).changing(None, Some(whole(said)))
}

/// An event was edited: the facts that differ.
pub(crate) fn event_updated(by: &Cause, before: &Event, after: &Event, now: Timestamp) -> Act {
    let (mut was, mut is) = difference(facts_of_event(before), facts_of_event(after));
    let exactly =
        |event: &Event| (event.location.address.clone(), event.location.latitude, event.location.longitude);
    if exactly(before) != exactly(after) {
        is.insert("exact_place_changed".to_owned(), Value::Bool(true));
    }
    // The act has its own time.
    was.remove("updated_at");
    is.remove("updated_at");
    event_act(by, "event.update", before, now).changing(Some(whole(was)), Some(whole(is)))
}

/// An event was put on sale or taken off it.
pub(crate) fn event_turned(
    by: &Cause,
    name: &'static str,
    before: &Event,
    after: &Event,
    now: Timestamp,
) -> Act {
    let said = |event: &Event| Some(json!({"status": event.status.as_str()}).to_string());
    event_act(by, name, after, now).changing(said(before), said(after))
}

/// An event was removed.
pub(crate) fn event_deleted(by: &Cause, gone: &Event, now: Timestamp) -> Act {
    event_act(by, "event.delete", gone, now).changing(Some(whole(facts_of_event(gone))), None)
}

/// A ticket type was added, edited or removed: the facts that differ.
pub(crate) fn ticket_type_changed(
    by: &Cause,
    event: &Event,
    before: Option<&TicketType>,
    after: Option<&TicketType>,
    now: Timestamp,
) -> Option<Act> {
    let subject = Subject::new("ticket_type", after.or(before)?.id.as_uuid());
    let names = ["ticket_type.create", "ticket_type.update", "ticket_type.delete"];
    Some(changed((by, names), (event, subject), (before, after), now))
}

/// A quota was added, edited or removed: the facts that differ.
pub(crate) fn quota_changed(
    by: &Cause,
    event: &Event,
    (before, after): (Option<&Quota>, Option<&Quota>),
    now: Timestamp,
) -> Option<Act> {
    let subject = Subject::new("quota", after.or(before)?.id.as_uuid());
    Some(changed(
        (by, ["quota.create", "quota.update", "quota.delete"]),
        (event, subject),
        (before, after),
        now,
    ))
}

/// Something of an event was added, edited or removed: all of it at both ends of its life, and the facts that differ in
/// between. The names are those of the three acts, in this order.
fn changed<T: Serialize>(
    (by, [create, update, delete]): (&Cause, [&'static str; 3]),
    (event, subject): (&Event, Subject),
    (before, after): (Option<&T>, Option<&T>),
    now: Timestamp,
) -> Act {
    let (name, was, is) = match (before, after) {
        (Some(before), Some(after)) => {
            let (was, is) = difference(facts(before), facts(after));
            (update, Some(was), Some(is))
        }
        (None, after) => (create, None, after.map(facts)),
        (before, None) => (delete, before.map(facts), None),
    };
    by.act(name, subject, now).of(event.organisation).changing(was.map(whole), is.map(whole))
}

/// A hall was added, changed or removed: its name, and how large it is.
pub(crate) fn template_changed(
    by: &Cause,
    (before, after): (Option<&VenueTemplate>, Option<&VenueTemplate>),
    hall: &VenueTemplate,
    now: Timestamp,
) -> Act {
    let name = match (before, after) {
        (Some(_), Some(_)) => "venue_template.update",
        (None, _) => "venue_template.create",
        (_, None) => "venue_template.delete",
    };
    let said = |it: &VenueTemplate| {
        let sections = it.sections.iter().map(|section| {
            let count = |of: fn(&Seat) -> bool| section.seats().filter(|(_, seat)| of(seat)).count();
            json!({
                "id": section.id, "name": section.name, "price_multiplier": section.factor.decimal(),
                "seats": count(|_| true), "blocked": count(|it| it.blocked), "accessible": count(|it| it.accessible),
            })
        });
        json!({"name": it.name, "sections": sections.collect::<Vec<_>>()}).to_string()
    };
    by.act(name, Subject::new("venue_template", hall.id.as_uuid()), now)
        .of(hall.organisation)
        .changing(before.map(said), after.map(said))
}

/// Seats of an event were changed: what was asked for, seat by seat.
pub(crate) fn seats_changed(by: &Cause, event: &Event, changes: &[SeatChange], now: Timestamp) -> Act {
    let said = |it: &SeatChange| {
        json!({
            "seat": it.seat, "blocked": it.blocked, "accessible": it.accessible,
            "aisle_after": it.aisle_after, "price": it.price,
        })
    };
    let said = json!({"seats": changes.iter().map(said).collect::<Vec<_>>()});
    event_act(by, "event.change_seats", event, now).changing(None, Some(said.to_string()))
}

fn event_act(by: &Cause, name: &'static str, event: &Event, now: Timestamp) -> Act {
    by.act(name, Subject::new("event", event.id.as_uuid()), now).of(event.organisation)
}

type Facts = Map<String, Value>;

/// A document of ours by its fields.
fn facts(document: &impl Serialize) -> Facts {
    match serde_json::to_value(document) {
        Ok(Value::Object(facts)) => facts,
        // Nothing of what is kept here is anything else.
        Ok(_) | Err(_) => Facts::new(),
    }
}

fn facts_of_event(event: &Event) -> Facts {
    let mut said = facts(event);
    said.remove("location");
    said.insert("area".to_owned(), json!(event.location.area));
    said.insert("exact_place_known".to_owned(), json!(event.location.address.is_some()));
    said.insert("address_visible_from".to_owned(), json!(event.location.address_visible_from));
    said
}

/// What is not the same on both sides.
fn difference(mut before: Facts, mut after: Facts) -> (Facts, Facts) {
    let same: Vec<String> = before
        .iter()
        .filter(|(name, value)| after.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    (before, after)
}

fn whole(facts: Facts) -> String {
    Value::Object(facts).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, stocked};

    fn said(text: Option<&String>) -> Value {
        serde_json::from_str(text.unwrap()).unwrap()
    }

    #[test]
    fn an_edit_says_what_differs_and_nothing_else() {
        let before = event_input().draft(noon()).unwrap();
        let mut after = before.clone();
        after.title = "Closing night".into();
        after.capacity = None;
        after.updated_at = noon() + chrono::TimeDelta::hours(1);
        let act = event_updated(&Cause::system(), &before, &after, noon());
        assert_eq!(said(act.before.as_ref()), json!({"title": "Opening night", "capacity": 100}));
        assert_eq!(said(act.after.as_ref()), json!({"title": "Closing night", "capacity": null}));
        assert_eq!((act.subject.id, act.organisation), (before.id.as_uuid(), Some(before.organisation)));
    }

    #[test]
    fn nobody_reads_in_the_log_where_exactly_it_is() {
        let mut before = event_input().draft(noon()).unwrap();
        before.location.address = Some("Quay 7".into());
        (before.location.latitude, before.location.longitude) = (Some(53.541), Some(9.984));
        let mut after = before.clone();
        after.location.address = Some("Quay 8".into());
        let edit = event_updated(&Cause::system(), &before, &after, noon());
        assert_eq!(said(edit.after.as_ref()), json!({"exact_place_changed": true}));
        let by = Cause::system();
        let copied = event_duplicated(&by, &before, &after, noon());
        assert_eq!(said(copied.after.as_ref())["copy_of"], json!(before.id));
        for act in [edit, copied, event_created(&by, &before, noon()), event_deleted(&by, &before, noon())] {
            let text = serde_json::to_string(&act).unwrap();
            assert!(!text.contains("Quay") && !text.contains("53.5") && !text.contains("9.98"), "{text}");
        }
    }

    #[test]
    fn a_ticket_type_is_told_of_whole_at_both_ends_of_its_life() {
        let event = event_input().draft(noon()).unwrap();
        let one = stocked(&event, 10, 0, 0).ticket_type;
        let mut other = one.clone();
        other.quantity = 20;
        let act =
            |before, after| ticket_type_changed(&Cause::system(), &event, before, after, noon()).unwrap();
        let (made, edited, gone) =
            (act(None, Some(&one)), act(Some(&one), Some(&other)), act(Some(&one), None));
        assert_eq!((made.before.is_none(), gone.after.is_none()), (true, true));
        assert_eq!(made.after, gone.before);
        assert_eq!(said(made.after.as_ref())["price"], json!({"amount": 2500, "currency": "EUR"}));
        assert_eq!(said(edited.before.as_ref()), json!({"quantity": 10}));
        assert_eq!(said(edited.after.as_ref()), json!({"quantity": 20}));
        assert_eq!(
            [made.act, edited.act, gone.act],
            ["ticket_type.create", "ticket_type.update", "ticket_type.delete"]
        );
    }
}
