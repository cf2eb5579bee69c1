//! The same event once more, on another day.

use crate::mistakes::Mistakes;
use crate::wall_clock::WallShift;
use crate::{Event, Quota, Seating, Status, Stocked, TicketType};
use kernel::{EventId, Invalid, QuotaId, TicketTypeId, Timestamp};
use std::collections::BTreeMap;

/// What is different about the copy; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyInput {
    /// When it begins. Everything else moves with it.
    pub starts_at: Option<Timestamp>,
    /// One line.
    pub title: Option<String>,
    /// Made from the title when absent.
    pub slug: Option<String>,
}

impl CopyInput {
    /// A draft with all facts of `source`, its seats, its quotas that types name, and its ticket types with nothing sold. End, doors, reveal of the address and
    /// the windows of the sales keep their times of day by the clocks of the place, and their distance in days (see
    /// [`WallShift`]).
    ///
    /// # Errors
    /// All mistakes.
    pub fn of(
        &self,
        source: &Event,
        types: &[Stocked],
        seating: Option<&Seating>,
        now: Timestamp,
    ) -> Result<Copied, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let starts_at =
            self.starts_at.map(|at| mistakes.instant("starts_at", at)).unwrap_or(source.starts_at);
        let title = self.title.as_ref().map(|title| mistakes.line("title", title, 200));
        let title = title.unwrap_or_else(|| source.title.clone());
        let slug = mistakes.slug(self.slug.as_deref(), &title);
        // What no calendar reaches is a mistake already, and nothing moves there.
        let to = if Mistakes::is_kept(starts_at) { starts_at } else { source.starts_at };
        let shift = WallShift::between(source.timezone, source.starts_at, to);
        let mut moved = |at: Timestamp| {
            let to = shift.moved(at);
            if to.is_none_or(|to| !Mistakes::is_kept(to)) {
                mistakes.add("starts_at", "out_of_range", "what belongs to the event would be too far away");
            }
            to.unwrap_or(at)
        };
        let mut location = source.location.clone();
        location.address_visible_from = location.address_visible_from.map(&mut moved);
        let event = Event {
            id: EventId::generate(now),
            slug,
            title,
            starts_at,
            // A night that was shorter by the clocks than it was, or lies within a gap, keeps its length instead.
            ends_at: after(moved(source.ends_at), starts_at, source.ends_at - source.starts_at),
            doors_at: source.doors_at.map(|doors| moved(doors).min(starts_at)),
            location,
            status: Status::Draft,
            created_at: now,
            updated_at: now,
            ..source.clone()
        };
        let mut quotas: BTreeMap<QuotaId, Quota> = BTreeMap::new();
        for quota in types.iter().filter_map(|stocked| stocked.quota.as_ref()) {
            let copy = || Quota { id: QuotaId::generate(now), event: event.id, ..quota.clone() };
            quotas.entry(quota.id).or_insert_with(copy);
        }
        let copies = types.iter().map(|stocked| {
            let quota = stocked.ticket_type.quota.and_then(|id| quotas.get(&id)).map(|quota| quota.id);
            let copy = TicketType { quota, ..copied(&stocked.ticket_type, event.id, &mut moved, now) };
            (stocked.ticket_type.id, copy)
        });
        let copies: Vec<_> = copies.collect();
        let seating = seating.map(|seating| seating.copied(event.id, &copies));
        let types = copies.into_iter().map(|(_, copy)| copy).collect();
        mistakes.none_or(Copied { event, quotas: quotas.into_values().collect(), types, seating })
    }
}

/// What is added for a copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Copied {
    /// The draft.
    pub event: Event,
    /// Quotas of its own.
    pub quotas: Vec<Quota>,
    /// Ticket types, which share them.
    pub types: Vec<TicketType>,
    /// Its seats.
    pub seating: Option<Seating>,
}

fn copied(
    kind: &TicketType,
    event: EventId,
    moved: &mut impl FnMut(Timestamp) -> Timestamp,
    now: Timestamp,
) -> TicketType {
    let sales_start = kind.sales_start.map(&mut *moved);
    let sales_end = kind.sales_end.map(&mut *moved);
    let length = kind.sales_start.zip(kind.sales_end).map(|(start, end)| end - start);
    let window = sales_start.zip(sales_end).zip(length);
    TicketType {
        id: TicketTypeId::generate(now),
        event,
        sales_start,
        sales_end: window.map(|((start, end), length)| after(end, start, length)).or(sales_end),
        ..kind.clone()
    }
}

/// An end that comes after its beginning: as it was moved, or else as long after as it was.
fn after(end: Timestamp, start: Timestamp, length: chrono::TimeDelta) -> Timestamp {
    if end > start { end } else { start.checked_add_signed(length).unwrap_or(end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, stocked};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A winter's night, sold to ten, with everything that is tied to its beginning.
    fn source() -> (Event, Vec<Stocked>) {
        let mut event = event_input().draft(noon()).unwrap();
        event.starts_at = at("2026-02-07T21:00:00Z");
        event.ends_at = at("2026-02-08T04:00:00Z");
        event.doors_at = Some(at("2026-02-07T20:30:00Z"));
        event.location.address = Some("Quay 7".into());
        event.location.address_visible_from = Some(at("2026-02-06T11:00:00Z"));
        event.images = vec!["poster".into()];
        event.status = Status::Cancelled;
        let mut kind = stocked(&event, 100, 1, 9);
        kind.ticket_type.sales_start = Some(at("2026-01-07T09:00:00Z"));
        kind.ticket_type.sales_end = Some(at("2026-02-07T17:00:00Z"));
        kind.ticket_type.hidden = true;
        let plain = stocked(&event, 5, 0, 0);
        (event, vec![kind, plain])
    }

    fn codes(result: Result<Copied, Vec<Invalid>>) -> Vec<(String, &'static str)> {
        result.unwrap_err().into_iter().map(|mistake| (mistake.field, mistake.code)).collect()
    }

    #[test]
    fn a_copy_has_all_facts_and_moves_with_its_beginning() {
        let (event, types) = source();
        let later = noon() + chrono::TimeDelta::hours(1);
        let input = CopyInput { starts_at: Some(at("2026-06-06T20:00:00Z")), ..CopyInput::default() };
        let Copied { event: copy, types: kinds, .. } = input.of(&event, &types, None, later).unwrap();
        let mut location = event.location.clone();
        location.address_visible_from = Some(at("2026-06-05T10:00:00Z"));
        let expected = Event {
            id: copy.id,
            starts_at: at("2026-06-06T20:00:00Z"),
            ends_at: at("2026-06-07T03:00:00Z"),
            doors_at: Some(at("2026-06-06T19:30:00Z")),
            location,
            status: Status::Draft,
            created_at: later,
            updated_at: later,
            ..event.clone()
        };
        assert_eq!(copy, expected);
        assert_ne!(copy.id, event.id);
        let mut wanted = [types[0].ticket_type.clone(), types[1].ticket_type.clone()];
        wanted[0].sales_start = Some(at("2026-05-06T08:00:00Z"));
        wanted[0].sales_end = Some(at("2026-06-06T16:00:00Z"));
        for (kind, wanted) in kinds.iter().zip(&mut wanted) {
            assert_ne!(kind.id, wanted.id);
            (wanted.id, wanted.event) = (kind.id, copy.id);
        }
        assert_eq!(kinds, wanted);
    }

    #[test]
    fn a_copy_shares_places_as_its_source_does_but_has_places_of_its_own() {
        let (event, mut types) = source();
        let hall =
            Quota { id: QuotaId::generate(noon()), event: event.id, name: "Hall".into(), quantity: 90 };
        types.push(stocked(&event, 7, 0, 0));
        for sharing in types.iter_mut().take(2) {
            sharing.ticket_type.quota = Some(hall.id);
            sharing.quota = Some(hall.clone());
        }
        let copied = CopyInput::default().of(&event, &types, None, noon()).unwrap();
        let [copy] = copied.quotas.as_slice() else { panic!("{:?}", copied.quotas) };
        assert_ne!(copy.id, hall.id);
        assert_eq!(*copy, Quota { id: copy.id, event: copied.event.id, ..hall });
        let named: Vec<_> = copied.types.iter().map(|kind| kind.quota).collect();
        assert_eq!(named, [Some(copy.id), Some(copy.id), None]);
    }

    #[test]
    fn title_and_slug_may_be_others() {
        let (event, types) = source();
        let input = |title: Option<&str>, slug: Option<&str>| CopyInput {
            starts_at: None,
            title: title.map(str::to_owned),
            slug: slug.map(str::to_owned),
        };
        let Copied { event: copy, .. } =
            input(Some(" Closing night "), None).of(&event, &types, None, noon()).unwrap();
        assert_eq!((copy.title.as_str(), copy.slug.as_str()), ("Closing night", "closing-night"));
        assert_eq!((copy.starts_at, copy.ends_at), (event.starts_at, event.ends_at));
        let Copied { event: copy, .. } = input(None, Some("again")).of(&event, &types, None, noon()).unwrap();
        assert_eq!((copy.title.as_str(), copy.slug.as_str()), ("Opening night", "again"));
        let wrong = input(Some(" "), Some("No Slug")).of(&event, &types, None, noon());
        assert_eq!(codes(wrong), [("title".into(), "required"), ("slug".into(), "malformed")]);
    }

    #[test]
    fn what_would_leave_the_years_that_are_kept_is_refused() {
        let (event, types) = source();
        for far in [
            "1999-12-31T23:00:00Z",
            "2200-01-01T00:00:00Z",
            "2199-12-31T22:00:00Z",
            "+262142-12-31T00:00:00Z",
        ] {
            let input = CopyInput { starts_at: Some(at(far)), ..CopyInput::default() };
            let codes = codes(input.of(&event, &types, None, noon()));
            assert!(
                codes.iter().all(|code| *code == ("starts_at".into(), "out_of_range")),
                "{far} {codes:?}"
            );
        }
    }

    #[test]
    fn a_copy_ends_after_it_begins_whatever_the_clocks_do() {
        let (mut event, mut types) = source();
        // Half an hour, by the clocks from 02:45 back to 02:15.
        event.starts_at = at("2026-10-25T00:45:00Z");
        event.ends_at = at("2026-10-25T01:15:00Z");
        event.doors_at = Some(at("2026-10-25T00:30:00Z"));
        types[0].ticket_type.sales_start = Some(at("2026-10-25T00:40:00Z"));
        types[0].ticket_type.sales_end = Some(at("2026-10-25T01:10:00Z"));
        let copy = |text| {
            let input = CopyInput { starts_at: Some(at(text)), ..CopyInput::default() };
            let Copied { event: copy, types: kinds, .. } = input.of(&event, &types, None, noon()).unwrap();
            let window = (kinds[0].sales_start.unwrap(), kinds[0].sales_end.unwrap());
            assert!(
                window.0 < window.1
                    && copy.doors_at.unwrap() <= copy.starts_at
                    && copy.starts_at < copy.ends_at
            );
            copy
        };
        assert_eq!(copy("2026-11-01T01:45:00Z").ends_at, at("2026-11-01T02:15:00Z"));
        // Into the gap of spring: 03:00 by the clocks, with what was before it left out.
        assert_eq!(copy("2027-03-28T01:00:00Z").ends_at, at("2027-03-28T01:30:00Z"));
    }
}
