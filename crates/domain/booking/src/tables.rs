//! Tables that somebody takes out. What people are called and how they are reached leaves with them, so it is on record
//! who took what.

use crate::DocumentFilter;
use crate::office::{BookingFilter, IncidentFilter, PaymentFilter};
use kernel::{Act, Actor, EventId, OrganisationId, Subject, Timestamp};
use serde_json::{Value, json};

/// What is in a table that somebody takes out.
#[derive(Debug, Clone, Copy)]
pub enum Table<'a> {
    /// Bookings, with their buyers.
    Bookings(&'a BookingFilter),
    /// Attempts to pay.
    Payments(&'a PaymentFilter),
    /// Cases that a person has to decide or has decided, with the bookings that they are about.
    Incidents(&'a IncidentFilter),
    /// Receipts, invoices and credit notes, with their recipients.
    Documents(&'a DocumentFilter),
    /// Everybody who is or was on the waiting list of an event.
    WaitingList(EventId),
}

impl Table<'_> {
    /// The event that all of it is about, if it is about one.
    #[must_use]
    pub const fn event(self) -> Option<EventId> {
        match self {
            Self::Bookings(filter) => filter.event,
            Self::Documents(filter) => filter.event,
            Self::WaitingList(event) => Some(event),
            Self::Payments(_) | Self::Incidents(_) => None,
        }
    }

    /// The organisations whose things it may have; `None` for everybody's.
    fn organisations(&self) -> Option<&[OrganisationId]> {
        match self {
            Self::Bookings(filter) => filter.organisations.as_deref(),
            Self::Payments(filter) => filter.organisations.as_deref(),
            Self::Incidents(filter) => filter.organisations.as_deref(),
            Self::Documents(filter) => filter.organisations.as_deref(),
            Self::WaitingList(_) => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Bookings(_) => "booking.export",
            Self::Payments(_) => "payment.export",
            Self::Incidents(_) => "incident.export",
            Self::Documents(_) => "document.export",
            Self::WaitingList(_) => "waitlist.export",
        }
    }

    /// What else it was narrowed to. Of what was typed to search by, only that something was.
    fn narrowed(self) -> Option<Value> {
        match self {
            Self::Bookings(filter) => Some(json!({
                "status": filter.status.map(|status| status.as_str()),
                "searched": filter.reference.is_some() || filter.people.is_some(),
            })),
            Self::Payments(filter) => Some(json!({
                "status": filter.status.map(|status| status.as_str()),
                "provider": filter.provider.map(|provider| provider.as_str()),
                "searched": filter.reference.is_some(),
            })),
            Self::Incidents(filter) => Some(json!({"open": filter.open})),
            Self::Documents(filter) => Some(json!({
                "kind": filter.kind.map(|kind| kind.as_str()),
                "searched": filter.number.is_some(),
                "from": filter.from,
                "to": filter.to,
            })),
            Self::WaitingList(_) => None,
        }
    }

    /// What records that somebody takes it: an act for each organisation whose things it may have, so that those who
    /// run it can read of it; of everybody's, one that admins alone read. `owner` runs the event that it is about.
    #[must_use]
    pub fn taken(self, by: &Actor, owner: Option<OrganisationId>, now: Timestamp) -> Vec<Act> {
        let whose: Vec<_> = match (self.organisations(), owner) {
            (None, owner) => vec![owner],
            (Some(asked), Some(owner)) if asked.contains(&owner) => vec![Some(owner)],
            (Some(asked), _) => asked.iter().copied().map(Some).collect(),
        };
        let act = |of: Option<OrganisationId>| {
            // Others than those who run it are not told of an event.
            let event = self.event().filter(|_| of.is_some() && of == owner);
            let subject = match (event, of) {
                (Some(event), _) => Subject::new("event", event.as_uuid()),
                (None, Some(organisation)) => Subject::new("organisation", organisation.as_uuid()),
                (None, None) => Subject::new("account", by.account.as_uuid()),
            };
            let narrowed = self.narrowed().map(|narrowed| narrowed.to_string());
            let act = by.cause().act(self.name(), subject, now).changing(None, narrowed);
            match of {
                Some(organisation) => act.of(organisation),
                None => act,
            }
        };
        whose.into_iter().map(act).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BookingStatus, Reference};
    use kernel::{AccountId, Role, SessionId};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn somebody() -> Actor {
        let (account, session) = (AccountId::generate(noon()), SessionId::generate(noon()));
        Actor { account, session, role: Role::Member, request: "one".parse().ok() }
    }

    fn organisation() -> OrganisationId {
        OrganisationId::generate(noon())
    }

    /// What each act is about, and who may read it beside admins.
    fn about(acts: &[Act]) -> Vec<(&str, uuid::Uuid, Option<OrganisationId>)> {
        acts.iter().map(|act| (&*act.subject.kind, act.subject.id, act.organisation)).collect()
    }

    #[test]
    fn each_organisation_whose_things_are_taken_is_told() {
        let (by, one, other) = (somebody(), organisation(), organisation());
        let everything = BookingFilter::default();
        let taken = Table::Bookings(&everything).taken(&by, None, noon());
        assert_eq!(about(&taken), [("account", by.account.as_uuid(), None)]);
        let theirs = PaymentFilter { organisations: Some(vec![one, other]), ..PaymentFilter::default() };
        let taken = Table::Payments(&theirs).taken(&by, None, noon());
        let expected = [one, other].map(|it| ("organisation", it.as_uuid(), Some(it)));
        assert_eq!(about(&taken), expected);
        assert!(taken.iter().all(|act| act.act == "payment.export" && act.request == by.request));
        let cases = IncidentFilter { organisations: Some(vec![other]), open: Some(true) };
        let taken = Table::Incidents(&cases).taken(&by, None, noon());
        assert_eq!(about(&taken), [("organisation", other.as_uuid(), Some(other))]);
        let said = (&*taken[0].act, taken[0].after.as_deref());
        assert_eq!(said, ("incident.export", Some(r#"{"open":true}"#)));
        let nothing = DocumentFilter { organisations: Some(vec![]), ..DocumentFilter::default() };
        assert_eq!(Table::Documents(&nothing).taken(&by, None, noon()), []);
    }

    #[test]
    fn of_an_event_those_alone_are_told_who_run_it() {
        let (by, one, other, event) = (somebody(), organisation(), organisation(), EventId::generate(noon()));
        let of_event = [("event", event.as_uuid(), Some(one))];
        let filter =
            |organisations| BookingFilter { organisations, event: Some(event), ..BookingFilter::default() };
        for asked in [None, Some(vec![one]), Some(vec![other, one])] {
            assert_eq!(about(&Table::Bookings(&filter(asked)).taken(&by, Some(one), noon())), of_event);
        }
        assert_eq!(about(&Table::WaitingList(event).taken(&by, Some(one), noon())), of_event);
        for owner in [Some(one), None] {
            let taken = Table::Bookings(&filter(Some(vec![other]))).taken(&by, owner, noon());
            assert_eq!(about(&taken), [("organisation", other.as_uuid(), Some(other))]);
            assert!(!serde_json::to_string(&taken).unwrap().contains(&event.to_string()));
        }
    }

    #[test]
    fn what_was_typed_is_not_said() {
        let reference = Some(Reference::from_stored("ABCDEFGHJKLM".into()));
        let status = Some(BookingStatus::Confirmed);
        let filter = BookingFilter { status, reference, ..BookingFilter::default() };
        let taken = Table::Bookings(&filter).taken(&somebody(), None, noon());
        assert_eq!(taken[0].after.as_deref(), Some(r#"{"searched":true,"status":"confirmed"}"#));
    }
}
