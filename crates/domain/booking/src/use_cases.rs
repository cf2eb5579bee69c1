//! What people and providers do with bookings, one file per verb.

mod attend;
mod cancel;
mod cancel_event;
mod checkout;
mod close_day;
mod confirm;
mod decide;
mod documents;
mod door;
mod evidence;
mod figures;
mod find;
mod forget;
mod hold;
mod ledger;
mod line;
mod money_back;
mod notice;
mod office;
mod outside;
mod own;
mod pay;
mod promise;
mod refund;
mod returns;
mod scans;
mod scene;
mod seats;
mod serve;
mod show;
mod sweep;
mod take_out;
mod told;
mod transfer;
mod vouchers;
mod waitlist;

pub use cancel::{CancelError, RequestError};
pub use cancel_event::{CancelEventError, Progress};
pub use close_day::{CloseError, Closing, ResolveTaskError};
pub use confirm::{ConfirmError, ConfirmRequest, Placed};
pub use documents::{Documents, InvoiceError, TakeBackError, TakenBack};
pub use door::{Door, Doors, Staff, UndoError, VerifyError, VerifyRequest};
pub use evidence::Evidence;
pub use figures::{Checked, Counted, Figures, Occupancy};
pub use find::SearchError;
pub use hold::HoldError;
pub use ledger::{Compared, Ledger};
pub use notice::{Heard, NoticeFailure};
pub use office::{Managed, MarkError, Office, ResolveError};
pub use outside::Looked;
pub use own::{KeptBooking, Used};
pub use pay::PayError;
pub use promise::PromiseError;
pub use refund::RefundError;
pub use returns::{ResoldError, ReturnError};
pub use scans::{Kept, SyncError, Synced, ToldResult};
pub use told::Told;
pub use transfer::TransferError;
pub use vouchers::{MOST_RESERVES, MOST_VOUCHERS, VoucherError, Vouchers};
pub use waitlist::{JoinError, Place};

use crate::desk::Desk;
use crate::round::Answer;
use crate::{BookingStore, Payment, PaymentProvider, Provider, Terms, Till, by_hand};
use kernel::{Clock, EventId, HoldId, Money, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Queues of the desk: events in different ones do not wait for each other.
const LANES: usize = 4;
/// Most holds whose event is remembered.
const MOST_REMEMBERED: usize = 50_000;

/// The use cases around a booking, from the hold to the last cent.
pub struct Bookings {
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
    providers: Vec<Arc<dyn PaymentProvider>>,
    terms: Terms,
    pages: Pages,
    desk: Desk<decide::Request, Result<Answer, StoreError>>,
    /// Saves a read per confirmation; forgetting costs only that read.
    events: Mutex<HashMap<HoldId, EventId>>,
    plans: seats::Plans,
}

/// What buyers see around a checkout.
#[derive(Debug, Clone)]
pub struct Pages {
    /// The name that stands before the reference on the provider's page.
    pub name: String,
    /// Where providers send browsers back: `{returns}/{payment id}/return`.
    pub returns: String,
}

impl Bookings {
    /// The use cases over a store and the provider accounts that take money; the first account of a provider takes
    /// new payments, others are there for refunds of what they once took.
    #[must_use]
    pub fn new(
        store: Arc<dyn BookingStore>,
        clock: Arc<dyn Clock>,
        providers: Vec<Arc<dyn PaymentProvider>>,
        terms: Terms,
        pages: Pages,
    ) -> Self {
        let events = Mutex::default();
        Self {
            store,
            clock,
            providers,
            terms,
            pages,
            desk: Desk::new(LANES),
            events,
            plans: seats::Plans::default(),
        }
    }

    /// The providers through which buyers can pay now.
    #[must_use]
    pub fn ways_to_pay(&self) -> Vec<Provider> {
        let mut ways: Vec<_> = self.providers.iter().map(|provider| provider.provider()).collect();
        ways.extend(self.terms.transfer.map(|_| Provider::BankTransfer));
        ways.sort_unstable();
        ways.dedup();
        ways
    }

    fn till(&self, provider: Provider) -> Option<Till> {
        if provider == Provider::BankTransfer && self.terms.transfer.is_some() {
            return by_hand::till(provider);
        }
        let found = self.providers.iter().find(|have| have.provider() == provider)?;
        Some(Till { provider, account: found.account().to_owned(), live: found.live() })
    }

    /// Whether an attempt through this account can bring this amount: what a provider cannot charge is refused before
    /// there is a booking that nobody can pay.
    fn can_charge(&self, till: &Till, amount: Money) -> bool {
        let of_till = |have: &&Arc<dyn PaymentProvider>| {
            have.provider() == till.provider && have.account() == till.account && have.live() == till.live
        };
        self.providers.iter().find(of_till).is_none_or(|provider| provider.objection(amount).is_none())
    }

    /// The account that an attempt went through. Keys of another account, or of test instead of live, are another
    /// one: they know nothing of the attempt, and what they do not know must not pass for failed.
    fn provider(&self, payment: &Payment) -> Option<&Arc<dyn PaymentProvider>> {
        self.providers.iter().find(|have| {
            have.provider() == payment.provider
                && have.account() == payment.account
                && have.live() == payment.live
        })
    }

    fn remember(&self, hold: HoldId, event: EventId) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= MOST_REMEMBERED {
            events.clear();
        }
        events.insert(hold, event);
    }

    /// The event of a hold; `None` when there is no such hold.
    async fn event_of(&self, hold: HoldId) -> Result<Option<EventId>, StoreError> {
        let known = self.events.lock().unwrap_or_else(PoisonError::into_inner).get(&hold).copied();
        match known {
            Some(event) => Ok(Some(event)),
            None => Ok(self.store.hold(hold).await?.map(|hold| hold.event)),
        }
    }

    fn forget(&self, hold: HoldId) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).remove(&hold);
    }
}
