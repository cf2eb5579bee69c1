//! What the use cases need from a store. Providers are in [`crate::provider`].

mod close;
mod documents;
mod door;
mod figures;
mod holders;

pub use close::{CloseStore, CloseTx};
pub use documents::{DocumentFilter, DocumentStore, DocumentTx};
pub use door::{DoorCounts, DoorReads, Quarter, SyncTx, TypeCount};
pub use figures::{FiguresStore, FiguresTx};
pub use holders::HolderStore;
mod returns;
mod seats;
mod transfers;
mod vouchers;
mod waitlist;
pub use returns::{ReturnReads, ReturnTx};
pub use seats::{SeatReads, SeatTx};
pub use transfers::{TransferReads, TransferTx};
pub use vouchers::{VoucherReads, VoucherTx};
pub use waitlist::{ListCounts, WaitlistReads, WaitlistTx};

use crate::ledger::{Balance, Entry, EntryFilter};
use crate::office::{BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck};
use crate::{
    Booking, CancellationPolicy, Effect, EventRefunds, Forgetting, Hold, Incident, Job, Payment, Provider,
    Sale, Scan, Tally, Ticket,
};
use async_trait::async_trait;
use kernel::{
    AccountId, AuditTx, BookingId, EventId, HoldId, IncidentId, JobId, NewsTx, OrganisationId, Owed, Page,
    PageRequest, PaymentId, QuotaId, RefundId, SeatId, StoreError, TicketId, TicketTypeId, Timestamp,
};

mod outside;
mod own;

pub use outside::{OutsideReads, OutsideTx};
pub use own::OwnReads;

/// Reads, and the way into a transaction. Reads see what was committed.
#[async_trait]
pub trait BookingStore:
    DocumentStore
    + DoorReads
    + OutsideReads
    + TransferReads
    + VoucherReads
    + WaitlistReads
    + ReturnReads
    + SeatReads
    + OwnReads
{
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin(&self) -> Result<Box<dyn BookingTx>, StoreError>;
    /// Events as they sell now, in the order of their ids; unknown ones are left out. Nothing is locked.
    async fn sales(&self, events: &[EventId]) -> Result<Vec<Sale>, StoreError>;
    /// A hold, living or not.
    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError>;
    /// How many holds live at `now`.
    async fn living_holds(&self, now: Timestamp) -> Result<u64, StoreError>;
    /// Up to `limit` events that have holds which ended by `now`, or vouchers which expired by then and still keep
    /// places.
    async fn events_with_lapsed_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError>;
    /// A booking with its payments and refunds.
    async fn booking(&self, id: BookingId) -> Result<Option<Booking>, StoreError>;
    /// Which booking an attempt belongs to.
    async fn booking_of_payment(&self, id: PaymentId) -> Result<Option<BookingId>, StoreError>;
    /// Which booking a refund belongs to.
    async fn booking_of_refund(&self, id: RefundId) -> Result<Option<BookingId>, StoreError>;
    /// Which attempt a provider's checkout is, with its booking.
    async fn payment_of_session(
        &self,
        provider: Provider,
        session: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError>;
    /// A buyer's bookings, the newest first.
    async fn bookings_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Booking>, StoreError>;
    /// The bookings of an event, the newest first.
    async fn bookings_of_event(&self, event: EventId, page: PageRequest)
    -> Result<Page<Booking>, StoreError>;
    /// Bookings whose buyers wait for an answer to a request, of these organisations or of all; who asked first
    /// comes first, and the cursor is `(asked_at, id)`.
    async fn open_requests(
        &self,
        organisations: Option<Vec<OrganisationId>>,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError>;
    /// Long work.
    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError>;
    /// Up to `limit` bookings of an event by id, after this one, that are neither cancelled nor expired.
    async fn living_bookings(
        &self,
        event: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError>;
    /// How the refunds stand that were made because an event was cancelled.
    async fn event_refunds(&self, event: EventId) -> Result<EventRefunds, StoreError>;
    /// The tickets of some bookings, in the order of their ids.
    async fn tickets_of_bookings(&self, bookings: &[BookingId]) -> Result<Vec<Ticket>, StoreError>;
    /// What somebody holds, the newest first.
    async fn tickets_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Ticket>, StoreError>;
    /// A ticket.
    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError>;
    /// Counters that differ from what they count.
    async fn stock_differences(&self) -> Result<Vec<StockDifference>, StoreError>;
}

/// What a counter counts the places of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// A ticket type, held and sold.
    Type(TicketTypeId),
    /// A ticket type, kept by vouchers.
    Reserved(TicketTypeId),
    /// A quota, held, sold and kept together.
    Quota(QuotaId),
    /// An event over all its types, held, sold and kept together.
    Event(EventId),
    /// The living offers of an event's waiting list: entries that were offered places, and the holds that keep them.
    Offers(EventId),
    /// A seat of an event: how many claims there are on it.
    Seat(EventId, SeatId),
}

/// A counter that is not what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockDifference {
    /// Which.
    pub of: Counter,
    /// The counters of a type: held, sold; of a seat: claims whose rows are there, and claims without; of anything
    /// else: taken, and nothing.
    pub counted: (u32, u32),
    /// The rows of a type: places in holds and unpaid bookings, living tickets. Of a seat: how many of these it is in.
    /// Of anything else the sum of the counters of its types, and nothing.
    pub found: (u32, u32),
}

/// All that a booking use case may touch before it commits.
pub trait BookingTx:
    SaleTx
    + OrderTx
    + DoorTx
    + SyncTx
    + LedgerTx
    + JobTx
    + DocumentTx
    + OutsideTx
    + CloseTx
    + TransferTx
    + VoucherTx
    + WaitlistTx
    + ReturnTx
    + SeatTx
    + NewsTx
{
}

impl<T> BookingTx for T where
    T: SaleTx
        + OrderTx
        + DoorTx
        + SyncTx
        + LedgerTx
        + JobTx
        + DocumentTx
        + OutsideTx
        + CloseTx
        + TransferTx
        + VoucherTx
        + WaitlistTx
        + ReturnTx
        + SeatTx
        + NewsTx
        + ?Sized
{
}

/// Places. Locks are always taken in the order sale (by event id), voucher, hold, booking, ticket.
#[async_trait]
pub trait SaleTx: AuditTx {
    /// Events as they sell now, in the order of their ids; unknown ones are left out. Other transactions wait for
    /// them until we end.
    async fn lock_sales(&mut self, events: &[EventId]) -> Result<Vec<Sale>, StoreError>;
    /// Writes the counters `held`, `sold` and `reserved`, and what was decided about seats (see [`SeatTx`]); nothing else of a sale
    /// changes here.
    async fn save_sales(&mut self, sales: &[Sale]) -> Result<(), StoreError>;
    /// What these buyers have of these events; pairs without anything may be left out. Only living holds count.
    async fn holdings(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError>;
    /// The same without [`crate::Holdings::taken`]: only the living holds and unpaid bookings, for
    /// events that limit nobody otherwise.
    async fn open_holds(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError>;
    /// Writes new holds.
    async fn add_holds(&mut self, holds: &[Hold]) -> Result<(), StoreError>;
    /// Holds by id; those that are gone are left out.
    async fn lock_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Hold>, StoreError>;
    /// Holds of these events that ended by `now`, at most `limit`, the longest ended first.
    async fn lapsed_holds(
        &mut self,
        events: &[EventId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Hold>, StoreError>;
    /// Writes what is promised from now on to those who cancel; the sale is locked.
    async fn save_promise(
        &mut self,
        event: EventId,
        policy: &CancellationPolicy,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// The event will not take place: closes its sale for good. The sale is locked.
    async fn cancel_sale(&mut self, event: EventId, now: Timestamp) -> Result<(), StoreError>;
    /// Removes holds; their places are given back through [`Self::save_sales`].
    async fn drop_holds(&mut self, ids: &[HoldId]) -> Result<(), StoreError>;
}

/// Names a webhook, for recognising its repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeKey {
    /// Who sent it.
    pub provider: Provider,
    /// The provider's id of it.
    pub id: String,
    /// The provider's name for what happened.
    pub kind: String,
    /// When it came in.
    pub at: Timestamp,
}

/// Orders, their money and their tickets.
#[async_trait]
pub trait OrderTx: AuditTx {
    /// Writes new bookings with their payments.
    async fn add_bookings(&mut self, bookings: &[Booking]) -> Result<(), StoreError>;
    /// A booking with its payments and refunds; other transactions wait for it until we end.
    async fn lock_booking(&mut self, id: BookingId) -> Result<Option<Booking>, StoreError>;
    /// The bookings that were made of these holds; nothing is locked.
    async fn bookings_of_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Booking>, StoreError>;
    /// Writes what may change of a booking, and all its payments and refunds, new ones included. Called by
    /// [`crate::books::keep`] alone, which posts to the ledger what the change owes.
    async fn save_booking(&mut self, booking: &Booking) -> Result<(), StoreError>;
    /// Writes new tickets.
    async fn add_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError>;
    /// The tickets of a locked booking, in the order of their ids; other transactions wait for them until we end.
    async fn lock_tickets(&mut self, booking: BookingId) -> Result<Vec<Ticket>, StoreError>;
    /// Writes what may change of tickets, as [`DoorTx::save_ticket`].
    async fn save_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError>;
    /// `false` when this webhook was handled before.
    async fn remember_notice(&mut self, notice: &NoticeKey) -> Result<bool, StoreError>;
    /// Keeps evidence for a person.
    async fn add_incident(&mut self, incident: &Incident) -> Result<(), StoreError>;
    /// Evidence; its booking is locked.
    async fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, StoreError>;
    /// Writes what a person decided about it; nothing else of it changes.
    async fn save_incident(&mut self, incident: &Incident) -> Result<(), StoreError>;
    /// Owes work, under [`crate::DOMAIN`].
    async fn enqueue_booking(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
    /// Owes forgetting, under [`crate::FORGETTING`].
    async fn enqueue_forgetting(&mut self, owed: &[Owed<Forgetting>]) -> Result<(), StoreError>;
}

/// What those who run events look through. What belongs to organisations that are not named is left out.
#[async_trait]
pub trait OfficeStore: Send + Sync {
    /// Bookings, the latest first.
    async fn bookings(&self, filter: &BookingFilter, page: PageRequest) -> Result<Page<Booking>, StoreError>;
    /// Up to `most` accounts, in no order, that have this in their name or address (it is in lower case) and bought a booking
    /// of the filter's organisations and event, or hold a ticket of one. What else is in the filter does not count; nobody is
    /// looked at who has nothing to do with these, and erased accounts are nobody's.
    async fn people(
        &self,
        text: &str,
        filter: &BookingFilter,
        most: u32,
    ) -> Result<Vec<AccountId>, StoreError>;
    /// Attempts to pay, the latest first.
    async fn payments(
        &self,
        filter: &PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Payment>>, StoreError>;
    /// What [`crate::office::stuck_payment`] and [`crate::office::stuck_refund`] name at `now`, by the instant since
    /// when it has not changed, the latest first. A page may be shorter than its limit and not be the last.
    async fn stuck(
        &self,
        organisations: Option<&[OrganisationId]>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Of<Stuck>>, StoreError>;
    /// Cases for a person, the latest first.
    async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Incident>>, StoreError>;
    /// A case.
    async fn incident(&self, id: IncidentId) -> Result<Option<Of<Incident>>, StoreError>;
}

/// The ledger, to which one can only add.
#[async_trait]
pub trait LedgerTx: AuditTx {
    /// Writes new entries. One whose cause was posted before fails the transaction.
    async fn post(&mut self, entries: &[Entry]) -> Result<(), StoreError>;
    /// Writes those of the entries whose cause was not posted before; answers with all of them as the ledger has them
    /// now, in no order.
    async fn post_once(&mut self, entries: &[Entry]) -> Result<Vec<Entry>, StoreError>;
    /// All entries about a booking.
    async fn entries_of_booking(&mut self, id: BookingId) -> Result<Vec<Entry>, StoreError>;
}

/// Reads of the ledger.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Entries, the newest first.
    async fn entries(&self, filter: &EntryFilter, page: PageRequest) -> Result<Page<Entry>, StoreError>;
    /// What entries add up to, per account and currency, in this order; accounts on which nothing is left are left
    /// out.
    async fn balances(&self, filter: &EntryFilter) -> Result<Vec<Balance>, StoreError>;
    /// All entries about these bookings, in no order.
    async fn entries_of_bookings(&self, ids: &[BookingId]) -> Result<Vec<Entry>, StoreError>;
    /// How many entries are about no booking although their kind is about one, or about a booking that is not there.
    async fn strays(&self) -> Result<u64, StoreError>;
    /// Up to `limit` bookings after this one, in the order of their ids.
    async fn bookings_after(&self, after: Option<BookingId>, limit: u32) -> Result<Vec<Booking>, StoreError>;
}

/// The door.
#[async_trait]
pub trait DoorTx: AuditTx {
    /// A ticket; other transactions wait for it until we end.
    async fn lock_ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError>;
    /// Writes what may change of a ticket: holder, attendee, version, status, check-in, presence.
    async fn save_ticket(&mut self, ticket: &Ticket) -> Result<(), StoreError>;
    /// The scan that this scanner named so.
    async fn scan_by_nonce(&mut self, scanner: AccountId, nonce: &str) -> Result<Option<Scan>, StoreError>;
    /// Keeps a scan; `false` when this scanner used the nonce before, and then nothing is written.
    async fn add_scan(&mut self, scan: &Scan) -> Result<bool, StoreError>;
}

/// Long work. It is locked before everything else.
#[async_trait]
pub trait JobTx: AuditTx {
    /// Long work; other transactions wait for it until we end.
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>, StoreError>;
    /// The work that cancels an event, if it was asked for. The sale is locked.
    async fn job_of_event(&mut self, event: EventId) -> Result<Option<JobId>, StoreError>;
    /// How many bookings of a locked sale's event are neither cancelled nor expired.
    async fn count_living_bookings(&mut self, event: EventId) -> Result<u32, StoreError>;
    /// Writes new work.
    async fn add_job(&mut self, job: &Job) -> Result<(), StoreError>;
    /// Writes how far it has come.
    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError>;
}
