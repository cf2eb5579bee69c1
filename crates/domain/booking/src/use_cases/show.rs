//! Look at bookings and tickets, one's own only.

use super::{Bookings, Placed};
use crate::{Claim, Sale, StockDifference, Ticket};
use kernel::{AccountId, BookingId, EventId, Page, PageRequest, SectionId, StoreError, TicketId};

impl Bookings {
    /// All claims on seats of an event, or of one section of it, ended ones too.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn claimed_seats(
        &self,
        event: EventId,
        section: Option<SectionId>,
    ) -> Result<Vec<Claim>, StoreError> {
        self.store.claimed_seats(event, section).await
    }

    /// A buyer's booking with its tickets; others' are as unknown as those that do not exist.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn show(&self, buyer: AccountId, id: BookingId) -> Result<Option<Placed>, StoreError> {
        let Some(booking) = self.store.booking(id).await?.filter(|booking| booking.buyer == buyer) else {
            return Ok(None);
        };
        let tickets = self.store.tickets_of_bookings(&[id]).await?;
        Ok(Some(Placed { booking, tickets }))
    }

    /// A booking for the worker, whoever's it is.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn placed(&self, id: BookingId) -> Result<Option<Placed>, StoreError> {
        let Some(booking) = self.store.booking(id).await? else { return Ok(None) };
        let tickets = self.store.tickets_of_bookings(&[id]).await?;
        Ok(Some(Placed { booking, tickets }))
    }

    /// A buyer's bookings with their tickets, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Placed>, StoreError> {
        let page = self.store.bookings_of(buyer, page).await?;
        let ids: Vec<_> = page.items.iter().map(|booking| booking.id).collect();
        let tickets = if ids.is_empty() { Vec::new() } else { self.store.tickets_of_bookings(&ids).await? };
        Ok(page.map(|booking| {
            let tickets = tickets.iter().filter(|ticket| ticket.booking == booking.id).cloned().collect();
            Placed { booking, tickets }
        }))
    }

    /// What somebody holds, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn tickets(&self, holder: AccountId, page: PageRequest) -> Result<Page<Ticket>, StoreError> {
        self.store.tickets_of(holder, page).await
    }

    /// A ticket that `holder` holds.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn ticket(&self, holder: AccountId, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        Ok(self.store.ticket(id).await?.filter(|ticket| ticket.holder == holder))
    }

    /// Up to `limit` tickets of an event after this one, whatever became of them, in the order of their ids.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn tickets_of_event(
        &self,
        event: EventId,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, StoreError> {
        self.store.tickets_of_event(event, after, limit).await
    }

    /// A ticket of an event, whoever holds it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn ticket_of_event(&self, event: EventId, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        Ok(self.store.ticket(id).await?.filter(|ticket| ticket.event == event))
    }

    /// How an event sells now; nothing is locked.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sale(&self, event: EventId) -> Result<Option<Sale>, StoreError> {
        Ok(self.store.sales(&[event]).await?.into_iter().next())
    }

    /// Counters of places that differ from the rows that they count; none, unless something is broken.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn stock_differences(&self) -> Result<Vec<StockDifference>, StoreError> {
        self.store.stock_differences().await
    }

    /// The present instant of the clock that decides about sales.
    #[must_use]
    pub fn now(&self) -> kernel::Timestamp {
        self.clock.now()
    }
}
