//! Count what may have changed, look at what was counted, and hold it against the rows.

mod check;
mod count;

pub use check::Checked;
pub use count::Counted;

use crate::figures::{By, EventFigures, FlowFilter, Look, StandingFilter, Sum, places};
use crate::{BookingStore, FiguresStore, LedgerStore};
use kernel::{Clock, EventId, StoreError};
use std::sync::Arc;

/// The use cases around figures. No sale waits for any of them: they read what was committed, and write rows of their
/// own.
#[derive(Clone)]
pub struct Figures {
    figures: Arc<dyn FiguresStore>,
    bookings: Arc<dyn BookingStore>,
    ledger: Arc<dyn LedgerStore>,
    clock: Arc<dyn Clock>,
}

/// How full an event is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Which event.
    pub event: EventId,
    /// How many places it has.
    pub places: u64,
    /// Places in living tickets.
    pub sold: u64,
    /// Places in holds and unpaid bookings.
    pub held: u64,
}

impl Figures {
    /// The use cases over a store.
    #[must_use]
    pub fn new(
        figures: Arc<dyn FiguresStore>,
        bookings: Arc<dyn BookingStore>,
        ledger: Arc<dyn LedgerStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { figures, bookings, ledger, clock }
    }

    /// How far was counted.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn so_far(&self) -> Result<Look, StoreError> {
        self.figures.figures_look().await
    }

    /// What days come to.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sums(&self, filter: &FlowFilter, by: By) -> Result<Vec<Sum>, StoreError> {
        self.figures.sums(filter, by).await
    }

    /// How events stand, in the order of their ids.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn standings(&self, filter: &StandingFilter) -> Result<Vec<EventFigures>, StoreError> {
        self.figures.standings(filter).await
    }

    /// How full events are, by the counters that sales are decided by; unknown ones are left out.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn occupancy(&self, events: &[EventId]) -> Result<Vec<Occupancy>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let sales = self.bookings.sales(events).await?;
        Ok(sales
            .iter()
            .map(|sale| Occupancy {
                event: sale.event,
                places: places(sale),
                sold: sale.offers.iter().map(|offer| u64::from(offer.sold)).sum(),
                held: sale.offers.iter().map(|offer| u64::from(offer.held)).sum(),
            })
            .collect())
    }
}
