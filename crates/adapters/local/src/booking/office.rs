//! What those who run events look through.

use super::BookingTables;
use crate::paging::wanted;
use crate::state::State;
use crate::store::LocalStore;
use ::accounts::{Account, AccountFilter};
use ::booking::office::{
    BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck, Whose, stuck_payment, stuck_refund,
};
use ::booking::{Booking, Incident, OfficeStore, Payment, Ticket};
use async_trait::async_trait;
use kernel::{
    AccountId, BookingId, Cursor, IncidentId, OrganisationId, Page, PageRequest, PaymentId, RefundId,
    StoreError, Timestamp,
};
use std::collections::BTreeSet;
use std::ops::Bound;
use uuid::Uuid;

/// Ids before the cursor's.
fn before<I: From<Uuid>>(page: PageRequest) -> Bound<I> {
    page.after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.id.into()))
}

impl BookingTables {
    /// Bookings from the page's start on, the latest first, of these organisations when some are named.
    fn latest<'a>(
        &'a self,
        organisations: Option<&'a [OrganisationId]>,
        page: PageRequest,
    ) -> Box<dyn Iterator<Item = BookingId> + 'a> {
        let Some(organisations) = organisations else {
            let range = self.bookings.range((Bound::Unbounded, before::<BookingId>(page)));
            return Box::new(range.rev().map(|(id, _)| *id));
        };
        let of = |organisation: &OrganisationId| {
            let end = match page.after {
                Some(after) => Bound::Excluded((*organisation, BookingId::from(after.id))),
                None => Bound::Included((*organisation, BookingId::from(Uuid::max()))),
            };
            let first = Bound::Included((*organisation, BookingId::from(Uuid::nil())));
            self.bookings_by_organisation.range((first, end)).rev().map(|(_, id)| *id).peekable()
        };
        // The newest of each, and of those the newest: no more is looked at than a page needs.
        let mut each: Vec<_> = organisations.iter().map(of).collect();
        Box::new(std::iter::from_fn(move || {
            let newest = each.iter_mut().filter_map(|ids| ids.peek().copied()).max()?;
            for ids in &mut each {
                let _ = ids.next_if_eq(&newest);
            }
            Some(newest)
        }))
    }
}

fn whose_payment(state: &State, id: PaymentId) -> Option<(&Booking, &Payment)> {
    let booking = state.get::<Booking>(state.booking.payments.get(&id)?)?;
    Some((booking, booking.payment(id)?))
}

/// What is stuck of what could be, with the instant since when it has not changed.
fn stuck(state: &State, cursor: Cursor, now: Timestamp) -> Option<Of<Stuck>> {
    if let Some((booking, payment)) = whose_payment(state, cursor.id.into()) {
        let what = stuck_payment(booking, payment, now)?;
        return Some(Of { whose: booking.into(), what });
    }
    let id = RefundId::from(cursor.id);
    let booking: &Booking = state.get::<Booking>(state.booking.refunds.get(&id)?)?;
    let refund = booking.refunds.iter().find(|refund| refund.id == id)?;
    Some(Of { whose: booking.into(), what: stuck_refund(booking, refund, now)? })
}

fn whose_incident(state: &State, incident: &Incident) -> Option<Whose> {
    state.get::<Booking>(&incident.booking).map(|booking| Whose::from(booking.as_ref()))
}

#[async_trait]
impl OfficeStore for LocalStore {
    async fn bookings(&self, filter: &BookingFilter, page: PageRequest) -> Result<Page<Booking>, StoreError> {
        let state = self.read();
        let found = state.booking.latest(filter.organisations.as_deref(), page);
        let holds = |booking: &Booking, people: &[AccountId]| {
            let mut tickets = state.booking.tickets_of(booking.id).filter_map(|id| state.get::<Ticket>(&id));
            people.contains(&booking.buyer) || tickets.any(|ticket| people.contains(&ticket.holder))
        };
        let found = found.filter_map(|id| state.get::<Booking>(&id)).filter(|booking| {
            filter.wants(booking) && filter.people.as_ref().is_none_or(|people| holds(booking, people))
        });
        let found = found.take(wanted(page)).map(|booking| Booking::clone(booking)).collect();
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn people(
        &self,
        text: &str,
        filter: &BookingFilter,
        most: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let state = self.read();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let named = AccountFilter { query: Some(text.to_owned()), status: None };
        let all = PageRequest { limit: u32::MAX, after: None };
        let bookings = state.booking.latest(filter.organisations.as_deref(), all);
        let bookings = bookings
            .filter_map(|id| state.get::<Booking>(&id))
            .filter(|booking| filter.event.is_none_or(|event| booking.event == event));
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for booking in bookings {
            let tickets = state.booking.tickets_of(booking.id).filter_map(|id| state.get::<Ticket>(&id));
            for id in std::iter::once(booking.buyer).chain(tickets.map(|ticket| ticket.holder)) {
                if found.len() >= most {
                    return Ok(found);
                }
                if seen.insert(id) && state.get::<Account>(&id).is_some_and(|it| named.matches(it)) {
                    found.push(id);
                }
            }
        }
        Ok(found)
    }

    async fn payments(
        &self,
        filter: &PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Payment>>, StoreError> {
        let state = self.read();
        let ids = state.booking.payments.range((Bound::Unbounded, before::<PaymentId>(page))).rev();
        let found = ids.filter_map(|(id, _)| whose_payment(&state, *id));
        let found = found.filter(|(booking, payment)| filter.wants(booking, payment)).take(wanted(page));
        let found = found.map(|(booking, payment)| Of { whose: booking.into(), what: payment.clone() });
        let cursor = |of: &Of<Payment>| Cursor { at: of.what.created_at, id: of.what.id.as_uuid() };
        Ok(Page::cut(found.collect(), page.limit, cursor))
    }

    async fn stuck(
        &self,
        organisations: Option<&[OrganisationId]>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Of<Stuck>>, StoreError> {
        let state = self.read();
        let end = page.after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = state.booking.unsettled.range((Bound::Unbounded, end)).rev();
        let found = found.filter_map(|cursor| stuck(&state, *cursor, now));
        let mine = |of: &Of<Stuck>| organisations.is_none_or(|all| all.contains(&of.whose.organisation));
        let found = found.filter(mine).take(wanted(page)).collect();
        Ok(Page::cut(found, page.limit, |of: &Of<Stuck>| of.what.cursor()))
    }

    async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Incident>>, StoreError> {
        let state = self.read();
        let found = state.booking.incidents.range((Bound::Unbounded, before::<IncidentId>(page))).rev();
        let found = found.filter_map(|(_, incident)| {
            Some(Of { whose: whose_incident(&state, incident)?, what: Incident::clone(incident) })
        });
        let found = found.filter(|of| filter.wants(&of.whose, &of.what)).take(wanted(page)).collect();
        let cursor = |of: &Of<Incident>| Cursor { at: of.what.at, id: of.what.id.as_uuid() };
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Of<Incident>>, StoreError> {
        let state = self.read();
        let found = state.get::<Incident>(&id).and_then(|incident| {
            Some(Of { whose: whose_incident(&state, incident)?, what: Incident::clone(incident) })
        });
        Ok(found)
    }
}
