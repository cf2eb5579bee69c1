//! Look for bookings by whose they are.

use super::{Office, Placed};
use crate::Reference;
use crate::office::{BookingFilter, Person, Search};
use kernel::{Cursor, Page, PageRequest, StoreError};

/// Most people that a part of a name or address may mean.
const PEOPLE: u32 = 500;
/// Bookings that are read together.
const TOGETHER: u32 = 100;
/// Most bookings that one question looks through; the next page goes on behind them.
const MOST: usize = 2000;

/// Why bookings were not looked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A part of a name or address that more than 500 have whose bookings these are.
    #[error("this means too many people")]
    TooWide,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Office {
    /// Understands what somebody typed to find bookings by. What could be a reference is one where one of these bookings has
    /// it, and else a part of somebody's name or address. It is looked for among those alone who bought these bookings or
    /// hold tickets of them: who else is a member is not for everybody to learn who looks for bookings.
    ///
    /// # Errors
    /// A [`SearchError`].
    pub async fn search(&self, typed: Option<&str>, filter: BookingFilter) -> Result<Search, SearchError> {
        let Some(text) = typed.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Search { filter, person: None });
        };
        if let Some(reference) = Reference::typed(text) {
            let named = BookingFilter { reference: Some(reference), ..filter.clone() };
            let found = self.office.bookings(&named, PageRequest { limit: 1, after: None }).await?;
            if !found.items.is_empty() {
                return Ok(Search { filter: named, person: None });
            }
        }
        let text = text.to_lowercase();
        let accounts = self.office.people(&text, &filter, PEOPLE + 1).await?;
        if accounts.len() > usize::try_from(PEOPLE).unwrap_or(usize::MAX) {
            return Err(SearchError::TooWide);
        }
        Ok(Search { filter, person: Some(Person { accounts, text }) })
    }

    /// The bookings that are looked for, the latest first. A page may be shorter than its limit and not be the last.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn found(&self, search: &Search, page: PageRequest) -> Result<Page<Placed>, StoreError> {
        match &search.person {
            Some(person) => self.bookings_of(person, &search.filter, page).await,
            None => self.bookings(&search.filter, page).await,
        }
    }

    /// Bookings that somebody bought or holds a ticket of, the latest first; of one event also those for which they were
    /// named as somebody who is to come. A page may be shorter than its limit and not be the last.
    ///
    /// # Errors
    /// The store could not answer.
    async fn bookings_of(
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
