//! Reads about what was cancelled, and what is to be.

use crate::paging::wanted;
use crate::state::State;
use ::booking::job::MOST_NAMED;
use ::booking::{Booking, BookingStatus, EventRefunds, RefundReason, RefundStatus, StuckRefund};
use ::events::Event;
use kernel::{BookingId, Cursor, EventId, OrganisationId, Page, PageRequest};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use uuid::Uuid;

impl State {
    pub(super) fn bookings_of_event(&self, event: EventId, page: PageRequest) -> Page<Booking> {
        let first = Bound::Included((event, BookingId::from(Uuid::nil())));
        let last = match page.after {
            Some(cursor) => Bound::Excluded((event, BookingId::from(cursor.id))),
            None => Bound::Included((event, BookingId::from(Uuid::max()))),
        };
        let found = self.booking.bookings_by_event.range((first, last)).rev();
        let found = found.filter_map(|(_, id)| self.copy::<Booking>(id)).take(wanted(page));
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Page::cut(found.collect(), page.limit, cursor)
    }

    pub(super) fn open_requests(
        &self,
        organisations: Option<&[OrganisationId]>,
        page: PageRequest,
    ) -> Page<Booking> {
        let own = |booking: &Booking| {
            let event = self.get::<Event>(&booking.event);
            organisations.is_none_or(|own| event.is_some_and(|event| own.contains(&event.organisation)))
        };
        let after = page.after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.booking.bookings_by_request.range((after, Bound::Unbounded));
        let found = found.filter_map(|cursor| self.copy::<Booking>(&cursor.id.into())).filter(own);
        Page::cut(found.take(wanted(page)).collect(), page.limit, |booking| Cursor {
            at: booking.request.as_ref().map_or(booking.created_at, |request| request.asked_at),
            id: booking.id.as_uuid(),
        })
    }

    /// The bookings of an event by id, after this one, that are neither cancelled nor expired.
    pub(super) fn living_bookings(
        &self,
        event: EventId,
        after: Option<BookingId>,
    ) -> impl Iterator<Item = BookingId> {
        let first = match after {
            Some(after) => Bound::Excluded((event, after)),
            None => Bound::Included((event, BookingId::from(Uuid::nil()))),
        };
        let last = Bound::Included((event, BookingId::from(Uuid::max())));
        let lives = |booking: &Arc<Booking>| match booking.status {
            BookingStatus::PendingPayment | BookingStatus::Confirmed => true,
            BookingStatus::Cancelled | BookingStatus::Expired => false,
        };
        let ids = self.booking.bookings_by_event.range((first, last)).map(|(_, id)| *id);
        ids.filter(move |id| self.get::<Booking>(id).is_some_and(lives))
    }

    pub(super) fn event_refunds(&self, event: EventId) -> EventRefunds {
        let mut by_status = BTreeMap::<&'static str, (RefundStatus, u32)>::new();
        let mut stuck = Vec::new();
        let range = (event, BookingId::from(Uuid::nil()))..=(event, BookingId::from(Uuid::max()));
        let ids = self.booking.bookings_by_event.range(range).map(|(_, id)| id);
        for booking in ids.filter_map(|id| self.get::<Booking>(id)) {
            let of_it = booking.refunds.iter().filter(|it| it.reason == RefundReason::EventCancelled);
            for refund in of_it.filter(|it| !booking.refunds.iter().any(|other| other.again == Some(it.id))) {
                by_status.entry(refund.status.as_str()).or_insert((refund.status, 0)).1 += 1;
                let payment = booking.payment(refund.payment);
                let by_hand = refund.status == RefundStatus::Created
                    && payment.is_some_and(|payment| payment.provider.is_by_hand());
                if by_hand || refund.status == RefundStatus::Failed {
                    stuck.push(StuckRefund {
                        by_hand,
                        booking: booking.id,
                        reference: booking.reference.clone(),
                        refund: refund.id,
                        amount: refund.amount,
                    });
                }
            }
        }
        let there_are = u32::try_from(stuck.len()).unwrap_or(u32::MAX);
        stuck.truncate(usize::try_from(MOST_NAMED).unwrap_or(usize::MAX));
        let unnamed = there_are.saturating_sub(MOST_NAMED);
        EventRefunds { by_status: by_status.into_values().collect(), stuck, unnamed }
    }
}
