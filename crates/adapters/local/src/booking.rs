//! Holds, bookings, tickets and scans, and the ways to find them.

mod cancelling;
mod close;
mod documents;
mod door_reads;
mod door_tx;
mod figures;
mod holders;
mod job_tx;
mod ledger;
mod office;
mod order_tx;
mod outside;
mod own;
mod papers;
mod reads;
mod returns;
mod sale_tx;
mod seats;
mod transfers;
mod vouchers;
mod waitlist;

pub(crate) use close::CloseTurn;
pub(crate) use documents::{KeptPromise, Notice};
pub(crate) use figures::KeptFigureLook;
pub(crate) use outside::KeptLook;
pub(crate) use papers::Series;
pub(crate) use seats::KeptClaim;
pub(crate) use waitlist::KeptRules;

use crate::document::Table;
use crate::state::State;
use ::booking::close::DayClose;
use ::booking::figures::{DayFigures, EventFigures};
use ::booking::ledger::{Account, Entry};
use ::booking::{
    Booking, Delivery, Document as Paper, Hold, Incident, Job, Offer, Origin, Provider, Quota, Reference,
    Resale, Return, Rules, Sale, SaleStatus, Scan, SeatChanges, Ticket, Transfer, Voucher, VoucherHash,
    WaitlistEntry,
};
use ::events::{Event, Seating, Status};
use imbl::{OrdMap, OrdSet};
use kernel::{
    AccountId, BookingId, Cursor, DisputeId, DocumentId, EffectId, EventId, HoldId, IncidentId, JobId,
    OrganisationId, PaymentId, RefundId, ReturnId, ScanId, SeatId, SectionId, TicketId, TicketTypeId,
    Timestamp, TransferId, VoucherId, WaitlistEntryId,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct BookingTables {
    pub(crate) bookings: Table<Booking>,
    pub(crate) claims: Table<KeptClaim>,
    pub(crate) claims_by_section: OrdSet<(EventId, SectionId, SeatId)>,
    pub(crate) closes: Table<DayClose>,
    pub(crate) close_turns: Table<CloseTurn>,
    pub(crate) day_figures: Table<DayFigures>,
    pub(crate) deliveries: Table<Delivery>,
    pub(crate) entries: Table<Entry>,
    pub(crate) event_figures: Table<EventFigures>,
    pub(crate) figure_looks: Table<KeptFigureLook>,
    pub(crate) holds: Table<Hold>,
    pub(crate) incidents: Table<Incident>,
    pub(crate) jobs: Table<Job>,
    pub(crate) looks: Table<KeptLook>,
    pub(crate) notices: Table<Notice>,
    pub(crate) promises: Table<KeptPromise>,
    pub(crate) papers: Table<Paper>,
    pub(crate) scans: Table<Scan>,
    pub(crate) series: Table<Series>,
    pub(crate) tickets: Table<Ticket>,
    /// Holds by the instant at which they end.
    pub(crate) holds_by_end: OrdSet<(EventId, Timestamp, HoldId)>,
    pub(crate) holds_by_buyer: OrdSet<(AccountId, EventId, HoldId)>,
    /// Bookings that wait for their payment.
    pub(crate) unpaid_by_buyer: OrdSet<(AccountId, EventId, BookingId)>,
    pub(crate) bookings_by_buyer: OrdSet<(AccountId, Cursor)>,
    pub(crate) bookings_by_event: OrdSet<(EventId, BookingId)>,
    /// Bookings whose buyers wait for an answer, by the instant at which they asked.
    pub(crate) bookings_by_request: OrdSet<Cursor>,
    pub(crate) jobs_by_event: OrdMap<EventId, JobId>,
    pub(crate) bookings_by_organisation: OrdSet<(OrganisationId, BookingId)>,
    pub(crate) bookings_by_hold: OrdMap<HoldId, BookingId>,
    pub(crate) bookings_by_reference: OrdMap<Reference, BookingId>,
    pub(crate) payments: OrdMap<PaymentId, BookingId>,
    pub(crate) refunds: OrdMap<RefundId, BookingId>,
    /// Attempts that may still be paid and refunds that are not done, by their last change.
    pub(crate) unsettled: OrdSet<Cursor>,
    pub(crate) disputes: OrdMap<DisputeId, BookingId>,
    pub(crate) deliveries_by_booking: OrdSet<(BookingId, Timestamp, EffectId)>,
    pub(crate) scans_by_ticket: OrdSet<(TicketId, Timestamp, ScanId)>,
    pub(crate) scans_by_scanner: OrdSet<(AccountId, Cursor)>,
    pub(crate) incidents_by_booking: OrdSet<(BookingId, IncidentId)>,
    pub(crate) sessions: OrdMap<(Provider, String), (BookingId, PaymentId)>,
    pub(crate) charges: OrdMap<(Provider, String), PaymentId>,
    /// Receipts, invoices and credit notes by the instant of their issue.
    pub(crate) papers_by_issue: OrdSet<Cursor>,
    pub(crate) papers_by_organisation: OrdSet<(OrganisationId, Cursor)>,
    pub(crate) papers_by_booking: OrdSet<(BookingId, Cursor)>,
    pub(crate) papers_by_number: OrdMap<(OrganisationId, String), DocumentId>,
    pub(crate) papers_by_origin: OrdMap<Origin, DocumentId>,
    pub(crate) transfers: Table<Transfer>,
    pub(crate) transfers_by_ticket: OrdSet<(TicketId, TransferId)>,
    pub(crate) transfers_by_giver: OrdSet<(AccountId, Cursor)>,
    pub(crate) transfers_by_taker: OrdSet<(AccountId, Cursor)>,
    pub(crate) tickets_by_event: OrdSet<(EventId, TicketId)>,
    pub(crate) scans_by_event: OrdSet<(EventId, Cursor)>,
    /// Scans with a flag.
    pub(crate) conflicts_by_event: OrdSet<(EventId, Cursor)>,
    pub(crate) tickets_by_booking: OrdSet<(BookingId, TicketId)>,
    pub(crate) tickets_by_holder: OrdSet<(AccountId, Cursor)>,
    /// Tickets that admit or have admitted.
    pub(crate) living_by_holder: OrdSet<(AccountId, EventId, TicketId)>,

    pub(crate) vouchers: Table<Voucher>,
    pub(crate) vouchers_by_event: OrdSet<(EventId, Cursor)>,
    pub(crate) vouchers_by_code: OrdMap<VoucherHash, VoucherId>,
    /// Vouchers that keep places of a type.
    pub(crate) vouchers_by_type: OrdSet<(TicketTypeId, VoucherId)>,
    /// Vouchers that keep places, by the instant from which on they do not.
    pub(crate) vouchers_by_end: OrdSet<(Timestamp, EventId, VoucherId)>,
    pub(crate) holds_by_voucher: OrdSet<(VoucherId, HoldId)>,
    pub(crate) bookings_by_voucher: OrdSet<(VoucherId, Cursor)>,
    pub(crate) scans_by_nonce: OrdMap<(AccountId, String), ScanId>,
    pub(crate) entries_by_time: OrdSet<Cursor>,
    pub(crate) entries_by_account: OrdSet<(Account, Cursor)>,
    pub(crate) entries_by_booking: OrdSet<(BookingId, Cursor)>,
    pub(crate) entries_by_event: OrdSet<(EventId, Cursor)>,
    pub(crate) entries_by_organisation: OrdSet<(OrganisationId, Cursor)>,
    /// How many holds and bookings, whatever became of them, refer to an event.
    pub(crate) uses_of_event: OrdMap<EventId, u32>,
    /// How many lines of holds and bookings refer to a ticket type.
    pub(crate) uses_of_type: OrdMap<TicketTypeId, u32>,
    pub(crate) entries_on_list: Table<WaitlistEntry>,
    pub(crate) rules: Table<KeptRules>,
    /// All entries of an event in their order.
    pub(crate) list: OrdMap<(EventId, u64), WaitlistEntryId>,
    /// Those that wait.
    pub(crate) waiting: OrdSet<(EventId, u64)>,
    pub(crate) list_by_buyer: OrdSet<(AccountId, EventId, u64)>,
    pub(crate) living_by_buyer: OrdMap<(AccountId, EventId), WaitlistEntryId>,
    pub(crate) returns: Table<Return>,
    pub(crate) returns_by_event: OrdSet<(EventId, Cursor)>,
    pub(crate) returns_by_holder: OrdSet<(AccountId, Cursor)>,
    pub(crate) waiting_returns: OrdSet<(EventId, Cursor)>,
    pub(crate) waiting_by_ticket: OrdMap<TicketId, ReturnId>,
}

/// Some events as they sell, in the order of their ids.
fn sales(state: &State, events: &[EventId]) -> Vec<Sale> {
    let events: BTreeSet<_> = events.iter().copied().collect();
    events.into_iter().filter_map(|id| state.get(&id).map(|event| sale(state, event))).collect()
}

/// An event as booking sees it.
fn sale(state: &State, event: &Arc<Event>) -> Sale {
    let offers = state.events.stocked(event.id).map(|(ticket_type, stock)| Offer {
        ticket_type: ticket_type.id,
        price: ticket_type.price,
        vat: ticket_type.vat,
        quantity: ticket_type.quantity,
        held: stock.held,
        sold: stock.sold,
        quota: state
            .events
            .quota_of(ticket_type)
            .map(|quota| Quota { id: quota.id, quantity: quota.quantity }),
        max_per_user: ticket_type.max_per_user,
        max_per_order: ticket_type.max_per_order,
        sales_start: ticket_type.sales_start,
        sales_end: ticket_type.sales_end,
        hidden: ticket_type.hidden,
        reserved: stock.reserved,
        transferable: ticket_type.transferable,
        section: ticket_type.section,
    });
    Sale {
        event: event.id,
        organisation: event.organisation,
        status: match event.status {
            Status::Published => SaleStatus::Open,
            Status::Cancelled => SaleStatus::Cancelled,
            Status::Draft | Status::Deactivated | Status::Ended => SaleStatus::Closed,
        },
        currency: event.currency,
        doors_at: event.doors_at,
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        hold_seconds: event.hold_seconds,
        capacity: event.capacity,
        max_per_user: event.max_per_user,
        max_per_order: event.max_per_order,
        promise: state.get::<KeptPromise>(&event.id).map(|kept| kept.promise.clone()),
        offers: offers.collect(),
        reserves: vouchers::reserves(state, event.id),
        vouchers: Vec::new(),
        resale: resale(state, event),
        plan: state.get::<Seating>(&event.id).map(|seating| seating.version),
        seats: SeatChanges::default(),
    }
}

fn resale(state: &State, event: &Arc<Event>) -> Resale {
    let rules = state.get::<KeptRules>(&event.id).map_or_else(Rules::default, |kept| kept.rules);
    let (waiting, returned) =
        (state.booking.somebody_waits(event.id), state.booking.something_waits(event.id));
    Resale { waiting, returned, ..Resale::new(event.timezone.tz(), rules) }
}
