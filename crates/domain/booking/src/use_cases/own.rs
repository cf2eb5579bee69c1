//! What is kept of somebody as a buyer, a guest and one who stands at a door, for the file that they take with them.

use super::{Bookings, Placed};
use crate::{Delivery, Document, Hold, Incident, Scan, Ticket};
use kernel::{AccountId, Page, PageRequest, StoreError};

/// A booking with all that is kept of it.
#[derive(Debug, Clone)]
pub struct KeptBooking {
    /// The booking with its tickets, whoever holds them by now.
    pub placed: Placed,
    /// What was issued about its money, the earliest first.
    pub documents: Vec<Document>,
    /// What was mailed about it, the earliest first.
    pub deliveries: Vec<Delivery>,
    /// What a person had to decide about it.
    pub incidents: Vec<Incident>,
}

/// A ticket with what happened at the door.
#[derive(Debug, Clone)]
pub struct Used {
    /// The ticket.
    pub ticket: Ticket,
    /// Its scans, the earliest first.
    pub scans: Vec<Scan>,
}

impl Bookings {
    /// A buyer's bookings with all that is kept of each, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn kept_of(
        &self,
        buyer: AccountId,
        page: PageRequest,
    ) -> Result<Page<KeptBooking>, StoreError> {
        let page = self.list(buyer, page).await?;
        let ids: Vec<_> = page.items.iter().map(|placed| placed.booking.id).collect();
        let incidents = if ids.is_empty() { Vec::new() } else { self.store.incidents_of(&ids).await? };
        let mut items = Vec::with_capacity(page.items.len());
        for placed in page.items {
            let id = placed.booking.id;
            items.push(KeptBooking {
                documents: self.store.documents_of_booking(id).await?,
                deliveries: self.store.deliveries_of_booking(id).await?,
                incidents: incidents.iter().filter(|case| case.booking == id).cloned().collect(),
                placed,
            });
        }
        Ok(Page { items, next: page.next })
    }

    /// What somebody holds, the newest first, with what happened with it at the door.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn used_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Used>, StoreError> {
        let page = self.store.tickets_of(holder, page).await?;
        let ids: Vec<_> = page.items.iter().map(|ticket| ticket.id).collect();
        let scans = if ids.is_empty() { Vec::new() } else { self.store.scans_of(&ids).await? };
        Ok(page.map(|ticket| {
            let scans = scans.iter().filter(|scan| scan.ticket == Some(ticket.id)).cloned().collect();
            Used { ticket, scans }
        }))
    }

    /// Somebody's holds, living or not, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError> {
        self.store.holds_of(buyer, page).await
    }

    /// The scans that somebody made at doors, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        self.store.scans_by(scanner, page).await
    }
}
