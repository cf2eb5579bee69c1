//! What mails are filled with: each variant belongs to the template of its name, which sees the fields and nothing else.

use super::announcement::Passage;
use super::{TICKET, TICKETS};
use booking::{Booking, RefundReason, Ticket};
use events::Event;
use kernel::{Language, TicketTypeId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::slice;

/// An event, when and where, by the clocks there.
#[derive(Clone, Serialize)]
pub(super) struct EventFacts {
    pub(super) title: String,
    pub(super) starts_at: String,
    pub(super) doors_at: Option<String>,
    pub(super) area: String,
}

impl EventFacts {
    pub(super) fn of(event: &Event, language: Language) -> Self {
        Self {
            title: event.title.clone(),
            starts_at: super::local(event, event.starts_at, language),
            doors_at: event.doors_at.map(|doors| super::local(event, doors, language)),
            area: event.location.area.clone(),
        }
    }
}

/// A ticket with its code.
#[derive(Serialize)]
pub(super) struct Slip {
    /// Which of how many.
    pub(super) number: usize,
    pub(super) of: usize,
    /// What its kind is called, unless the kind is gone.
    pub(super) kind: Option<String>,
    pub(super) seat: Option<String>,
    pub(super) guest: Option<String>,
    pub(super) code: String,
    /// The picture of the code, as the HTML names it.
    pub(super) content_id: String,
}

impl Slip {
    pub(super) fn of(
        ticket: &Ticket,
        code: String,
        (number, of): (usize, usize),
        types: &BTreeMap<TicketTypeId, String>,
    ) -> Self {
        Self {
            number,
            of,
            kind: types.get(&ticket.ticket_type).cloned(),
            seat: ticket.seat.as_ref().map(|seat| seat.label.clone()),
            guest: ticket.attendee.as_ref().map(|guest| format!("{} {}", guest.first_name, guest.last_name)),
            code,
            content_id: format!("ticket-{}", ticket.id),
        }
    }
}

/// How much has gone back of a booking, in all.
#[derive(Clone, Serialize)]
pub(super) struct MoneyBack {
    pub(super) back: String,
    pub(super) charged: String,
}

impl MoneyBack {
    /// `None` when nothing goes back.
    pub(super) fn of(booking: &Booking, language: Language) -> Option<Self> {
        let back = booking.refunded();
        (!back.is_zero()).then(|| Self {
            back: language.money(back, false),
            charged: language.money(booking.charged(), false),
        })
    }

    /// Each amount that we send back. What somebody sent back by hand has nothing to do with this.
    pub(super) fn each(booking: &Booking, language: Language) -> Vec<String> {
        let ours = booking.refunds.iter().filter(|refund| refund.reason != RefundReason::External);
        ours.map(|refund| language.money(refund.amount, false)).collect()
    }
}

/// What becomes of the money of an event that does not take place.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Settled {
    /// It goes back.
    Back,
    /// There is none.
    None,
    /// Nobody knows yet.
    Open,
}

impl Settled {
    pub(super) fn of(booking: &Booking) -> Self {
        if booking.refunds.iter().any(|it| it.reason == RefundReason::EventCancelled && it.counts()) {
            Self::Back
        } else if booking.left().is_zero() {
            Self::None
        } else {
            Self::Open
        }
    }
}

/// What a mail says; without `Debug`, as there are codes and links in it.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Tickets {
        reference: String,
        event: EventFacts,
        tickets: Vec<Slip>,
    },
    Ticket {
        event: EventFacts,
        ticket: Slip,
    },
    TransferOffered {
        event: EventFacts,
        giver: Option<String>,
        until: String,
        address: String,
    },
    TransferAccepted {
        event: EventFacts,
    },
    TransferDeclined {
        event: EventFacts,
    },
    BookingExpired {
        reference: String,
        event: EventFacts,
        charged: bool,
    },
    PaidTwice {
        reference: String,
        event: EventFacts,
        back: Vec<String>,
    },
    PaidTooLate {
        reference: String,
        event: EventFacts,
        back: Vec<String>,
    },
    BookingCancelled {
        reference: String,
        event: EventFacts,
        gone: usize,
        all: usize,
        refund: Option<MoneyBack>,
    },
    EventCancelled {
        reference: String,
        event: EventFacts,
        money: Settled,
        refund: Option<MoneyBack>,
    },
    Refunded {
        reference: String,
        event: EventFacts,
        refund: Option<MoneyBack>,
    },
    RequestRefused {
        reference: String,
        event: EventFacts,
        answer: Option<String>,
    },
    TicketsCancelled {
        event: EventFacts,
        count: usize,
        called_off: bool,
    },
    WaitlistOffered {
        event: EventFacts,
        places: u32,
        until: String,
        address: String,
    },
    WaitlistCalledOff {
        event: EventFacts,
    },
    WaitlistEnded {
        event: EventFacts,
    },
    WaitlistGone {
        event: EventFacts,
    },
    WaitlistExpired {
        event: EventFacts,
        sale_over: bool,
    },
    Incident {
        kind: &'static str,
        reference: String,
        attempt: String,
        evidence: String,
    },
    DayOpen {
        day: String,
        open: u64,
    },
    NoGoodBackup {
        last_good: Option<String>,
        why: Option<String>,
    },
    VerifyEmail {
        first_name: String,
        address: String,
    },
    ResetPassword {
        first_name: String,
        address: String,
    },
    FactorEnabled {
        first_name: String,
        at: String,
    },
    FactorDisabled {
        first_name: String,
        at: String,
    },
    FactorReset {
        first_name: String,
        at: String,
    },
    RecoveryCodesReplaced {
        first_name: String,
        at: String,
    },
    RecoveryCodeUsed {
        first_name: String,
        at: String,
        left: usize,
    },
    CodesGuessed {
        first_name: String,
        at: String,
    },
    ConfirmNewAddress {
        until: String,
        address: String,
    },
    AddressTaken {
        first_name: String,
    },
    AddressAsked {
        first_name: String,
        at: String,
        new_address: String,
    },
    AddressChanged {
        first_name: String,
        at: String,
        new_address: String,
    },
    Invite {
        code: String,
        address: String,
    },
    /// In the words of those who run things.
    Announcement {
        subject: String,
        passages: Vec<Passage>,
        /// To whom it goes, which is why one gets it.
        audience: &'static str,
        /// Of the event that it is about.
        title: Option<String>,
        organiser: Option<String>,
        /// Where one leaves the list.
        address: String,
    },
    PictureRemoved {
        asked_on: String,
        files: usize,
        gone_at: String,
        note: Option<String>,
        case: String,
    },
    PictureKept {
        asked_on: String,
        shown: bool,
        note: Option<String>,
        case: String,
    },
    PictureWish {
        album: String,
        reason: Option<String>,
        case: String,
    },
    HookOff {
        house: String,
        host: String,
        description: Option<String>,
        since: String,
        gone: bool,
    },
}

impl Content {
    /// The template's name.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Tickets { .. } => TICKETS,
            Self::Ticket { .. } => TICKET,
            Self::TransferOffered { .. } => "transfer_offered",
            Self::TransferAccepted { .. } => "transfer_accepted",
            Self::TransferDeclined { .. } => "transfer_declined",
            Self::BookingExpired { .. } => "booking_expired",
            Self::PaidTwice { .. } => "paid_twice",
            Self::PaidTooLate { .. } => "paid_too_late",
            Self::BookingCancelled { .. } => "booking_cancelled",
            Self::EventCancelled { .. } => "event_cancelled",
            Self::Refunded { .. } => "refunded",
            Self::RequestRefused { .. } => "request_refused",
            Self::TicketsCancelled { .. } => "tickets_cancelled",
            Self::WaitlistOffered { .. } => "waitlist_offered",
            Self::WaitlistCalledOff { .. } => "waitlist_called_off",
            Self::WaitlistEnded { .. } => "waitlist_ended",
            Self::WaitlistGone { .. } => "waitlist_gone",
            Self::WaitlistExpired { .. } => "waitlist_expired",
            Self::Incident { .. } => "incident",
            Self::DayOpen { .. } => "day_open",
            Self::NoGoodBackup { .. } => "no_good_backup",
            Self::VerifyEmail { .. } => "verify_email",
            Self::ResetPassword { .. } => "reset_password",
            Self::FactorEnabled { .. } => "factor_enabled",
            Self::FactorDisabled { .. } => "factor_disabled",
            Self::FactorReset { .. } => "factor_reset",
            Self::RecoveryCodesReplaced { .. } => "recovery_codes_replaced",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::CodesGuessed { .. } => "codes_guessed",
            Self::ConfirmNewAddress { .. } => "confirm_new_address",
            Self::AddressTaken { .. } => "address_taken",
            Self::AddressAsked { .. } => "address_asked",
            Self::AddressChanged { .. } => "address_changed",
            Self::Invite { .. } => "invite",
            Self::Announcement { .. } => "announcement",
            Self::PictureRemoved { .. } => "picture_removed",
            Self::PictureKept { .. } => "picture_kept",
            Self::PictureWish { .. } => "picture_wish",
            Self::HookOff { .. } => "hook_off",
        }
    }

    /// The tickets whose codes it shows.
    pub(super) fn slips(&self) -> &[Slip] {
        match self {
            Self::Tickets { tickets, .. } => tickets,
            Self::Ticket { ticket, .. } => slice::from_ref(ticket),
            _ => &[],
        }
    }
}
