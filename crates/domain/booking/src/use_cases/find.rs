//! Look for bookings by whose they are.

use super::{Office, Placed};
use crate::office::{BookingFilter, Person};
use kernel::{Cursor, Page, PageRequest, StoreError};

/// Bookings that are read together.
const TOGETHER: u32 = 100;
/// Most bookings that one question looks through; the next page goes on behind them.
const MOST: usize = 2000;

impl Office {
    /// Bookings that somebody bought or holds a ticket of, the latest first; of one event also those for which they were
    /// named as somebody who is to come. A page may be shorter than its limit and not be the last.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn bookings_of(
        &self,
        person: &Person,
        filter: &BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Placed>, StoreError> {
        if filter.event.is_none() {
            if person.accounts.is_empty() {
                return Ok(Page { items: Vec::new(), next: None });
            }
            // Names of those who are to come are no names of accounts: nothing leads to them but their event.
            let theirs = BookingFilter { people: Some(person.accounts.clone()), ..filter.clone() };
            return self.bookings(&theirs, page).await;
        }
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (mut items, mut after, mut seen) = (Vec::new(), page.after, 0);
        loop {
            let part = self.bookings(filter, PageRequest { limit: TOGETHER, after }).await?;
            seen += part.items.len();
            for placed in part.items {
                let cursor = Cursor { at: placed.booking.created_at, id: placed.booking.id.as_uuid() };
                if person.is_in(&placed.booking, &placed.tickets) {
                    items.push(placed);
                    if items.len() >= wanted {
                        return Ok(Page { items, next: Some(cursor) });
                    }
                }
            }
            match part.next {
                Some(next) if seen < MOST => after = Some(next),
                next => return Ok(Page { items, next }),
            }
        }
    }
}
