//! Holds, bookings, payments, tickets and the door: how a place becomes someone's right to enter.
//!
//! [`Sale`] is what concurrent buyers queue for; it alone decides who gets a place. A [`Hold`] keeps places for
//! minutes, a [`Booking`] is the order made of it, [`Payment`]s are attempts to pay it, [`settle`] decides what a
//! charge does, and a [`Ticket`] admits one person once. The use cases of [`Bookings`] and [`Door`] load, let these
//! types decide, and save; providers are called between transactions, never inside one.

/// Under which name this domain's effects stand in the outbox.
pub const DOMAIN: &str = "booking";
/// Under which name stands what is owed to people who are gone.
pub const FORGETTING: &str = "booking.forgetting";

mod acts;
pub mod attendance;
pub mod books;
pub mod bundle;
pub mod by_hand;
pub mod cancellation;
pub mod close;
pub mod code;
pub mod desk;
pub mod dispute;
pub mod document;
pub mod effect;
pub mod figures;
pub mod forgetting;
pub mod hold;
pub mod job;
pub mod ledger;
pub mod news;
pub mod notes;
pub mod office;
pub mod order;
pub mod outside;
pub mod payment;
pub mod policy;
pub mod ports;
pub mod presence;
pub mod provider;
pub mod reference;
pub mod refund;
pub mod returns;
pub mod round;
pub mod sale;
#[cfg(test)]
mod samples;
pub mod seating;
pub mod settlement;
pub mod tables;
pub mod ticket;
pub mod transfer;
pub mod use_cases;
pub mod voucher;
pub mod waitlist;

pub use attendance::{Admission, Flag, Gate, Offline, Scan, Verdict, Way};
pub use cancellation::{
    CancelRefusal, CancellationRequest, Cancelled, Decision, Line, Quote, RequestRefusal, RequestStatus,
};
pub use code::{CodeError, CodeSigner, TicketCode};
pub use dispute::{Dispute, DisputeNews, DisputeStanding, DisputeStatus};
pub use document::{Document, DocumentKind, DocumentNumber, Origin, Particulars, Party};
pub use effect::{BuyerNews, Decided, Effect, Incident, IncidentKind, ListNews, Resolution, TransferNews};
pub use forgetting::Forgetting;
pub use hold::{Hold, Item, Wanted, Wish};
pub use job::{ByHand, EventRefunds, Job, JobStatus, Report, StuckRefund, WhyByHand};
pub use news::NewsKind;
pub use order::{
    Attendee, Booking, BookingStatus, ConfirmRefusal, Confirmation, Lapse, PayRefusal, Terms, Till,
};
pub use outside::{Delivery, Look};
pub use payment::{
    Charge, Payment, PaymentChoice, PaymentStatus, Provider, Refund, RefundReason, RefundStanding,
    RefundStatus, Standing,
};
pub use policy::{CancellationPolicy, MalformedPolicy, NoWay, PolicyInput, Promise, Tier, TierInput};
pub use ports::{
    BookingStore, BookingTx, CloseStore, CloseTx, Counter, DocumentFilter, DocumentStore, DocumentTx,
    DoorCounts, DoorReads, DoorTx, FiguresStore, FiguresTx, HolderStore, JobTx, LedgerStore, LedgerTx,
    ListCounts, NoticeKey, OfficeStore, OrderTx, OutsideReads, OutsideTx, OwnReads, Quarter, ReturnReads,
    ReturnTx, SaleTx, SeatReads, SeatTx, StockDifference, SyncTx, TransferReads, TransferTx, TypeCount,
    VoucherReads, VoucherTx, WaitlistReads, WaitlistTx,
};
pub use presence::Presence;
pub use provider::{
    CallListener, CallOutcome, Called, CheckoutOrder, Direction, Health, Listed, Listener, Movement,
    MovementKind, Notice, NoticeError, NoticeSubject, Objection, Opened, PaymentProvider, ProviderError,
    RawNotice, RefundOrder, ToldRefund,
};
pub use reference::Reference;
pub use refund::{RefundRefusal, RefundWish};
pub use returns::{Misuse, Return, ReturnRefusal, ReturnStatus};
pub use sale::{HoldRefusal, Holdings, Limit, Offer, Quota, Reserve, Sale, SaleStatus, Tally};
pub use seating::{
    Claim, ClaimState, Hall, PlanSeat, PlanSection, Seat, SeatChanges, SeatChoice, SeatPlan, SeatPrice,
    SeatWish,
};
pub use settlement::{Settled, settle};
pub use ticket::{Ticket, TicketStatus};
pub use transfer::{Transfer, TransferRefusal, TransferStatus};
pub use use_cases::{Bookings, Closing, Documents, Door, Figures, Ledger, Office, Vouchers};
pub use voucher::{
    Applied, Issued, Opens, Places, Usage, Voucher, VoucherHash, VoucherInput, VoucherKey, VoucherPrice,
    WhyNot,
};
pub use waitlist::{
    Entry as WaitlistEntry, EntryStatus, JoinRefusal, JoinWish, OfferTerms, Quiet, Resale, Rules,
};
