//! A store whose transactions fail when they are told to.

use async_trait::async_trait;
use booking::{
    Booking, BookingStore, BookingTx, Claim, Delivery, Document, DocumentFilter, DocumentStore, DoorCounts,
    DoorReads, EventRefunds, Hold, Incident, Issued, Job, ListCounts, OutsideReads, OwnReads, Provider,
    Return, ReturnReads, Sale, Scan, SeatReads, StockDifference, Ticket, Transfer, TransferReads,
    VoucherHash, VoucherReads, WaitlistEntry, WaitlistReads,
};
use kernel::{
    AccountId, BookingId, DisputeId, DocumentId, EventId, HoldId, JobId, OrganisationId, Page, PageRequest,
    PaymentId, RefundId, ReturnId, SectionId, StoreError, TicketId, Timestamp, TransferId, VoucherId,
    WaitlistEntryId,
};
use mockall::mock;
use std::sync::Arc;

mock! {
    pub Store {}

    #[async_trait]
    impl BookingStore for Store {
        async fn begin(&self) -> Result<Box<dyn BookingTx>, StoreError>;
        async fn sales(&self, events: &[EventId]) -> Result<Vec<Sale>, StoreError>;
        async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError>;
        async fn living_holds(&self, now: Timestamp) -> Result<u64, StoreError>;
        async fn events_with_lapsed_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError>;
        async fn booking(&self, id: BookingId) -> Result<Option<Booking>, StoreError>;
        async fn booking_of_payment(&self, id: PaymentId) -> Result<Option<BookingId>, StoreError>;
        async fn booking_of_refund(&self, id: RefundId) -> Result<Option<BookingId>, StoreError>;
        async fn payment_of_session(
            &self,
            provider: Provider,
            session: &str,
        ) -> Result<Option<(BookingId, PaymentId)>, StoreError>;
        async fn bookings_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Booking>, StoreError>;
        async fn bookings_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Booking>, StoreError>;
        async fn open_requests(&self, organisations: Option<Vec<OrganisationId>>, page: PageRequest) -> Result<Page<Booking>, StoreError>;
        async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError>;
        async fn living_bookings(&self, event: EventId, after: Option<BookingId>, limit: u32) -> Result<Vec<BookingId>, StoreError>;
        async fn event_refunds(&self, event: EventId) -> Result<EventRefunds, StoreError>;
        async fn tickets_of_bookings(&self, bookings: &[BookingId]) -> Result<Vec<Ticket>, StoreError>;
        async fn tickets_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Ticket>, StoreError>;
        async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError>;
        async fn stock_differences(&self) -> Result<Vec<StockDifference>, StoreError>;
    }

    #[async_trait]
    impl DoorReads for Store {
        async fn tickets_of_event(&self, event: EventId, after: Option<TicketId>, limit: u32) -> Result<Vec<Ticket>, StoreError>;
        async fn door_counts(&self, event: EventId) -> Result<DoorCounts, StoreError>;
        async fn conflicts(&self, event: EventId, page: PageRequest) -> Result<Page<Scan>, StoreError>;
    }

    #[async_trait]
    impl DocumentStore for Store {
        async fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError>;
        async fn documents_of_booking(&self, booking: BookingId) -> Result<Vec<Document>, StoreError>;
        async fn documents(&self, filter: &DocumentFilter, page: PageRequest) -> Result<Page<Document>, StoreError>;
        async fn taken_back(&self, ids: &[DocumentId]) -> Result<Vec<(DocumentId, DocumentId)>, StoreError>;
    }

    #[async_trait]
    impl SeatReads for Store {
        async fn claimed_seats(&self, event: EventId, section: Option<SectionId>) -> Result<Vec<Claim>, StoreError>;
    }

    #[async_trait]
    impl TransferReads for Store {
        async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, StoreError>;
        async fn transfers_to(&self, account: AccountId, page: PageRequest) -> Result<Page<Transfer>, StoreError>;
        async fn transfers_from(&self, account: AccountId, page: PageRequest) -> Result<Page<Transfer>, StoreError>;
    }

    #[async_trait]
    impl VoucherReads for Store {
        async fn voucher_by_code(
            &self,
            code: VoucherHash,
            buyer: AccountId,
            now: Timestamp,
        ) -> Result<Option<Issued>, StoreError>;
        async fn voucher(&self, id: VoucherId, now: Timestamp) -> Result<Option<Issued>, StoreError>;
        async fn vouchers(&self, event: EventId, now: Timestamp, page: PageRequest) -> Result<Page<Issued>, StoreError>;
        async fn bookings_with(&self, id: VoucherId, page: PageRequest) -> Result<Page<Booking>, StoreError>;
    }

    #[async_trait]
    impl WaitlistReads for Store {
        async fn entry(&self, id: WaitlistEntryId) -> Result<Option<WaitlistEntry>, StoreError>;
        async fn last_entry(&self, event: EventId, buyer: AccountId) -> Result<Option<WaitlistEntry>, StoreError>;
        async fn living_entries(&self, buyer: AccountId, after: Option<EventId>, limit: u32) -> Result<Vec<WaitlistEntry>, StoreError>;
        async fn entries_of_buyer(&self, buyer: AccountId, page: PageRequest) -> Result<Page<WaitlistEntry>, StoreError>;
        async fn waiting_before(&self, event: EventId, number: u64) -> Result<u64, StoreError>;
        async fn entries_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<WaitlistEntry>, StoreError>;
        async fn count_entries(&self, event: EventId) -> Result<ListCounts, StoreError>;
        async fn events_waited_for(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreError>;
    }

    #[async_trait]
    impl ReturnReads for Store {
        async fn ticket_return(&self, id: ReturnId) -> Result<Option<Return>, StoreError>;
        async fn returns_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Return>, StoreError>;
        async fn returns_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Return>, StoreError>;
    }

    #[async_trait]
    impl OutsideReads for Store {
        async fn payment_of_charge(
            &self,
            provider: Provider,
            charge: &str,
        ) -> Result<Option<(BookingId, PaymentId)>, StoreError>;
        async fn booking_of_dispute(&self, id: DisputeId) -> Result<Option<BookingId>, StoreError>;
        async fn last_notices(&self) -> Result<Vec<(Provider, Timestamp)>, StoreError>;
        async fn scans_of_booking(&self, id: BookingId) -> Result<Vec<Scan>, StoreError>;
        async fn deliveries_of_booking(&self, id: BookingId) -> Result<Vec<Delivery>, StoreError>;
    }

    #[async_trait]
    impl OwnReads for Store {
        async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError>;
        async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError>;
        async fn scans_of(&self, tickets: &[TicketId]) -> Result<Vec<Scan>, StoreError>;
        async fn incidents_of(&self, bookings: &[BookingId]) -> Result<Vec<Incident>, StoreError>;
    }
}

/// What `store` answers, but for its transactions: of those the first `good` begin, the next `bad` do not, and all
/// after them do again.
pub(crate) fn failing_after(store: Arc<dyn BookingStore>, good: usize, bad: usize) -> Arc<dyn BookingStore> {
    let mut mock = MockStore::new();
    let away = || StoreError::unavailable("beginning", "told to be away");
    // A mock answers synchronously; the local store never really waits while nobody else writes.
    let begin = |store: Arc<dyn BookingStore>| move || now(async { store.begin().await });
    mock.expect_begin().times(good).returning(begin(store.clone()));
    mock.expect_begin().times(bad).returning(move || Err(away()));
    mock.expect_begin().returning(begin(store.clone()));
    let reads = store.clone();
    mock.expect_hold().returning(move |id| now(reads.hold(id)));
    let reads = store.clone();
    mock.expect_booking().returning(move |id| now(reads.booking(id)));
    let reads = store.clone();
    mock.expect_booking_of_payment().returning(move |id| now(reads.booking_of_payment(id)));
    let reads = store;
    mock.expect_tickets_of_bookings().returning(move |ids| now(reads.tickets_of_bookings(ids)));
    Arc::new(mock)
}

/// What `store` answers, but that one booking cannot be read.
pub(crate) fn unreadable(store: Arc<dyn BookingStore>, broken: BookingId) -> Arc<dyn BookingStore> {
    let mut mock = MockStore::new();
    let begins = store.clone();
    mock.expect_begin().returning(move || now(begins.begin()));
    let reads = store.clone();
    mock.expect_booking().returning(move |id| {
        if id == broken {
            Err(StoreError::broken("reading", "told to be broken"))
        } else {
            now(reads.booking(id))
        }
    });
    let reads = store;
    mock.expect_payment_of_charge()
        .returning(move |provider, charge| now(reads.payment_of_charge(provider, charge)));
    Arc::new(mock)
}

fn now<F: Future + Send>(answer: F) -> F::Output
where
    F::Output: Send,
{
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(answer))
}
