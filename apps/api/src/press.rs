//! Documents and tickets as PDF files, drawn away from the threads that serve requests, and few at a time.

use crate::http::problem::Problem;
use crate::qr::{self, QrError};
use crate::wiring::App;
use adapter_pdf::{Language, PrintError, Printer, TicketSheet};
use booking::document::Occasion;
use booking::use_cases::Placed;
use booking::{Booking, Document, Particulars, Party, Ticket};
use events::{Billing, Event, Listed, Organisation};
use kernel::{AccountId, BookingId, StoreError, TicketTypeId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Longest that one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most that wait for their turn, the working ones included.
const WAITING: usize = 128;

/// Draws files.
pub struct Press {
    printer: Printer,
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// Too many are asked for at once.
    #[error("too many files are being drawn")]
    Busy,
    /// It could not be drawn.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// A code could not be drawn.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// The thread that drew it is gone.
    #[error("the drawing thread is gone")]
    Gone(#[source] tokio::task::JoinError),
}

impl From<PressError> for Problem {
    fn from(error: PressError) -> Self {
        match error {
            PressError::Busy => Self::busy(Duration::from_secs(5)),
            PressError::Print(_) | PressError::Qr(_) | PressError::Gone(_) => Self::internal(&error),
        }
    }
}

impl Press {
    /// Draws on so many threads at once.
    ///
    /// # Errors
    /// When the program was built without its fonts.
    pub fn new(threads: usize) -> Result<Self, PrintError> {
        Ok(Self {
            printer: Printer::new()?,
            working: Arc::new(Semaphore::new(threads.max(1))),
            admitted: Arc::new(Semaphore::new(WAITING)),
        })
    }

    async fn turn(
        &self,
        draw: impl FnOnce(&Printer) -> Result<Vec<u8>, PrintError> + Send + 'static,
    ) -> Result<Vec<u8>, PressError> {
        let place = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| PressError::Busy)?;
        let turn = timeout(PATIENCE, Arc::clone(&self.working).acquire_owned()).await;
        let turn = turn.map_err(|_| PressError::Busy)?.map_err(|_| PressError::Busy)?;
        let printer = self.printer.clone();
        // The permits go along: who hangs up does not free a thread that still draws for them.
        let drawn = spawn_blocking(move || {
            let drawn = draw(&printer);
            drop((turn, place));
            drawn
        });
        Ok(drawn.await.map_err(PressError::Gone)??)
    }

    /// A receipt, an invoice, a credit note or a cancellation.
    ///
    /// # Errors
    /// A [`PressError`].
    pub async fn document(&self, document: Document, language: Language) -> Result<Vec<u8>, PressError> {
        self.turn(move |printer| printer.document(&document, language)).await
    }

    /// Tickets, a page each.
    ///
    /// # Errors
    /// A [`PressError`].
    pub async fn tickets(
        &self,
        tickets: Vec<TicketSheet>,
        language: Language,
    ) -> Result<Vec<u8>, PressError> {
        self.turn(move |printer| printer.tickets(&tickets, language)).await
    }
}

/// What is printed on tickets of an event beside the tickets' own.
pub struct Night<'a> {
    /// The event.
    pub event: &'a Event,
    /// What its ticket types are called.
    pub types: &'a BTreeMap<TicketTypeId, String>,
    /// Who runs it.
    pub organiser: &'a str,
}

/// A ticket with its code, as it is printed; `number` says which of how many it is. The reference of the booking is the
/// buyer's, and stands on no ticket of somebody else.
///
/// # Errors
/// [`QrError`].
pub fn ticket_sheet(
    app: &App,
    ticket: &Ticket,
    booking: &Booking,
    night: &Night<'_>,
    number: Option<(usize, usize)>,
) -> Result<TicketSheet, QrError> {
    let zone = night.event.timezone.tz();
    let begins = night.event.starts_at.with_timezone(&zone);
    let kind = night.types.get(&ticket.ticket_type).cloned();
    Ok(TicketSheet {
        title: night.event.title.clone(),
        begins: begins.naive_local(),
        doors: night.event.doors_at.map(|doors| doors.with_timezone(&zone).naive_local()),
        zone: begins.format("%Z").to_string(),
        place: night.event.location.area.clone(),
        kind: kind.unwrap_or_default(),
        seat: ticket.seat.as_ref().map(|seat| seat.label.clone()),
        guest: ticket.attendee.as_ref().map(|guest| format!("{} {}", guest.first_name, guest.last_name)),
        reference: (ticket.holder == booking.buyer).then(|| booking.reference.to_string()),
        number,
        organiser: night.organiser.to_owned(),
        symbol: qr::symbol_of(&app.door.code(ticket))?,
        issued_at: ticket.issued_at,
    })
}

/// What is printed on every document of a booking, as it is now. `None` when the booking or its event is unknown.
///
/// # Errors
/// The store could not answer.
pub async fn particulars(app: &App, id: BookingId) -> Result<Option<Particulars>, StoreError> {
    let Some(Placed { booking, .. }) = app.bookings.placed(id).await? else { return Ok(None) };
    let Some(Listed { event, ticket_types }) = app.events.facts(booking.event).await? else {
        return Ok(None);
    };
    let Some((organisation, billing)) = app.events.issuer(event.organisation).await? else {
        return Ok(None);
    };
    let zone = event.timezone.tz();
    let names = ticket_types.into_iter().map(|it| (it.ticket_type.id, it.ticket_type.name)).collect();
    Ok(Some(Particulars {
        organisation: organisation.id,
        prefix: billing.as_ref().map(|it| it.number_prefix.clone()).unwrap_or_default(),
        issuer: issuer(organisation, billing),
        recipient: buyer(app, booking.buyer).await?,
        occasion: Occasion {
            reference: booking.reference.to_string(),
            title: event.title,
            takes_place_on: event.starts_at.with_timezone(&zone).date_naive(),
        },
        names,
        today: app.clock.now().with_timezone(&zone).date_naive(),
    }))
}

fn issuer(organisation: Organisation, billing: Option<Billing>) -> Party {
    match billing {
        Some(billing) => Party {
            name: billing.name,
            address: billing.address.lines().map(str::to_owned).collect(),
            vat_id: billing.vat_id,
            iban: billing.iban,
        },
        None => Party { name: organisation.name, address: Vec::new(), vat_id: None, iban: None },
    }
}

async fn buyer(app: &App, id: AccountId) -> Result<Party, StoreError> {
    let account = app.accounts.account(id).await?;
    let name = account.map(|account| format!("{} {}", account.first_name, account.last_name));
    let name = name.unwrap_or_default().trim().to_owned();
    Ok(Party { name, address: Vec::new(), vat_id: None, iban: None })
}
