//! Places that several ticket types share: a hall of a hundred that is sold as early birds, regulars and pairs.

use crate::Stocked;
use crate::event_input::MOST_PLACES;
use crate::mistakes::Mistakes;
use kernel::{EventId, Invalid, QuotaId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many places of an event, of which every ticket type takes that names it. A ticket takes one of its type and one
/// of its type's quota; whichever is gone first ends the sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Names it for machines.
    pub id: QuotaId,
    /// Of which event.
    pub event: EventId,
    /// Names it for people.
    pub name: String,
    /// How many places there are.
    pub quantity: u32,
}

/// A quota as an organiser sends it, for a new one and for an edit alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaInput {
    /// One line.
    pub name: String,
    /// How many places there are.
    pub quantity: i64,
}

impl QuotaInput {
    /// A new quota of `event`.
    ///
    /// # Errors
    /// All mistakes.
    pub fn added(&self, event: EventId, now: Timestamp) -> Result<Quota, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let quota = self.facts(&mut mistakes, QuotaId::generate(now), event);
        mistakes.none_or(quota)
    }

    /// The quota after an edit: it never gets smaller than what is held or sold of it.
    ///
    /// # Errors
    /// All mistakes.
    pub fn edited(&self, before: &Quota, types: &[Stocked]) -> Result<Quota, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let after = self.facts(&mut mistakes, before.id, before.event);
        let taken = taken_of(before.id, types);
        if after.quantity < taken {
            mistakes.add("quantity", "below_taken", format!("{taken} are held or sold"));
        }
        mistakes.none_or(after)
    }

    fn facts(&self, mistakes: &mut Mistakes, id: QuotaId, event: EventId) -> Quota {
        let name = mistakes.line("name", &self.name, 100);
        let quantity = mistakes.count("quantity", self.quantity, 1..=MOST_PLACES);
        Quota { id, event, name, quantity }
    }
}

/// How many places of a quota are held or sold, over all types that share it.
#[must_use]
pub fn taken_of(quota: QuotaId, types: &[Stocked]) -> u32 {
    let sharing = types.iter().filter(|it| it.ticket_type.quota == Some(quota));
    sharing.map(|it| it.stock.taken()).fold(0, u32::saturating_add)
}

/// How many more places a quota has, over all types that share it.
#[must_use]
pub fn room_of(quota: &Quota, types: &[Stocked]) -> u32 {
    quota.quantity.saturating_sub(taken_of(quota.id, types))
}

/// How many tickets there can be of all these types: those of one quota are no more than its places.
#[must_use]
pub fn places<'a>(types: impl Iterator<Item = (u32, Option<&'a Quota>)>) -> u64 {
    within(types.map(|(quantity, quota)| (quantity, quota.map(|quota| (quota.id, quota.quantity)))))
}

/// The sum of counts, of which those of one quota add up to no more than what is named beside it.
#[must_use]
pub fn within(counts: impl Iterator<Item = (u32, Option<(QuotaId, u32)>)>) -> u64 {
    let mut shared: BTreeMap<QuotaId, (u64, u32)> = BTreeMap::new();
    let mut sum = 0;
    for (count, quota) in counts {
        match quota {
            Some((id, most)) => shared.entry(id).or_insert((0, most)).0 += u64::from(count),
            None => sum += u64::from(count),
        }
    }
    shared.into_values().fold(sum, |sum: u64, (count, most)| sum + count.min(u64::from(most)))
}

/// Whether a type may take of the quota that it names, when `id` is the type and `taken` is held or sold of it: the
/// event has it, and what is gone fits into it.
///
/// # Errors
/// What is wrong with `quota_id`.
pub fn joined<'a>(
    wanted: Option<QuotaId>,
    quotas: &'a [Quota],
    (id, taken): (TicketTypeId, u32),
    types: &[Stocked],
) -> Result<Option<&'a Quota>, Invalid> {
    let Some(wanted) = wanted else { return Ok(None) };
    let unknown = || Invalid::new("quota_id", "unknown", "the event has no such quota");
    let quota = quotas.iter().find(|quota| quota.id == wanted).ok_or_else(unknown)?;
    let others = types.iter().filter(|it| it.ticket_type.id != id && it.ticket_type.quota == Some(wanted));
    let gone = others.map(|it| it.stock.taken()).fold(taken, u32::saturating_add);
    if gone > quota.quantity {
        let message = format!("{gone} would be held or sold of {}", quota.quantity);
        return Err(Invalid::new("quota_id", "quota_exceeded", message));
    }
    Ok(Some(quota))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, stocked};

    fn quota(quantity: i64) -> Quota {
        let event = event_input().draft(noon()).unwrap();
        QuotaInput { name: "The hall".into(), quantity }.added(event.id, noon()).unwrap()
    }

    fn sharing(quota: &Quota, quantity: i64, held: u32, sold: u32) -> Stocked {
        let event = event_input().draft(noon()).unwrap();
        let mut one = stocked(&event, quantity, held, sold);
        one.ticket_type.quota = Some(quota.id);
        one.quota = Some(quota.clone());
        one
    }

    #[test]
    fn a_quota_never_gets_smaller_than_what_is_taken_of_it() {
        let quota = quota(100);
        let types = [sharing(&quota, 60, 1, 20), sharing(&quota, 60, 2, 17)];
        let edit = |quantity| QuotaInput { name: "Hall".into(), quantity }.edited(&quota, &types);
        assert_eq!(edit(40).unwrap().quantity, 40);
        assert_eq!(edit(39).unwrap_err()[0].code, "below_taken");
        assert_eq!(edit(0).unwrap_err()[0].code, "out_of_range");
    }

    #[test]
    fn types_of_one_quota_are_no_more_tickets_than_it_has_places() {
        let hall = quota(100);
        let all = [(60, Some(&hall)), (60, Some(&hall)), (10, None)];
        assert_eq!(places(all.into_iter()), 110);
        assert_eq!(places([(60, Some(&hall)), (10, None)].into_iter()), 70);
    }

    #[test]
    fn a_type_joins_a_quota_of_its_event_that_has_room_for_what_is_gone_of_it() {
        let hall = quota(30);
        let (mine, other) = (sharing(&hall, 60, 0, 20), sharing(&hall, 60, 0, 10));
        let types = [mine.clone(), other];
        let join =
            |taken| joined(Some(hall.id), std::slice::from_ref(&hall), (mine.ticket_type.id, taken), &types);
        assert_eq!(join(20).unwrap(), Some(&hall), "itself is counted once");
        assert_eq!(join(21).unwrap_err().code, "quota_exceeded");
        let (elsewhere, halls) = (quota(10), [hall]);
        let stranger = joined(Some(elsewhere.id), &halls, (mine.ticket_type.id, 0), &types);
        assert_eq!(stranger.unwrap_err().code, "unknown");
    }
}
