//! Verify and redeem in one call, undo, count.

use crate::{
    Admission, BookingStore, CodeSigner, Gate, Scan, Ticket, TicketCode, TicketStatus, Verdict, acts,
};
use kernel::{
    AccountId, Cause, Clock, EventId, OrganisationId, RequestName, ScanId, StoreError, TicketId,
    TicketTypeId, Who, transact,
};
use std::sync::Arc;

/// How often a scan is tried whose answer somebody else wrote meanwhile.
const TRIES: u32 = 3;

/// Which doors somebody may stand at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doors {
    /// Every door (admins).
    All,
    /// Those of these organisations.
    Of(Vec<OrganisationId>),
}

/// Somebody at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub doors: Doors,
    /// What the request is called, when it is one.
    pub request: Option<RequestName>,
}

impl Staff {
    const fn cause(&self) -> Cause {
        Cause { who: Who::Account(self.account), request: self.request }
    }

    fn may(&self, organisation: OrganisationId) -> bool {
        match &self.doors {
            Doors::All => true,
            Doors::Of(own) => own.contains(&organisation),
        }
    }
}

/// A scan as the scanner sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyRequest {
    /// What the camera read.
    pub code: String,
    /// The scanner's own name for this attempt.
    pub nonce: Option<String>,
    /// The event that the scanner stands at.
    pub event: Option<EventId>,
    /// Only look; nothing is redeemed or kept.
    pub dry_run: bool,
}

/// Why a check-in was not undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// No ticket that this staff may see.
    #[error("there is no such ticket")]
    UnknownTicket,
    /// It was not checked in.
    #[error("the ticket is not checked in")]
    NotCheckedIn,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases of the door.
pub struct Door {
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
    signer: CodeSigner,
}

/// Why the door gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// This scanner used the nonce for another ticket: it counts again from the start, or is two scanners.
    #[error("this nonce was used for another ticket")]
    NonceReused,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
enum Redeem {
    /// The scan could not be kept because another with the same nonce was kept meanwhile.
    #[error("this scan was kept meanwhile")]
    Raced,
    #[error("this nonce was used for another ticket")]
    NonceReused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Door {
    /// The door over a store.
    #[must_use]
    pub fn new(store: Arc<dyn BookingStore>, clock: Arc<dyn Clock>, signer: CodeSigner) -> Self {
        Self { store, clock, signer }
    }

    /// The code that stands for a ticket now.
    #[must_use]
    pub fn code(&self, ticket: &Ticket) -> String {
        self.signer.code(ticket)
    }

    /// Says whether a code admits, and redeems it if so. The same nonce of the same scanner gives the same answer.
    ///
    /// Tickets of organisations that the staff does not work for are unknown.
    ///
    /// # Errors
    /// A [`VerifyError`]; nothing was redeemed then.
    pub async fn verify(&self, staff: &Staff, request: &VerifyRequest) -> Result<Admission, VerifyError> {
        let found = match self.signer.read(&request.code) {
            Ok(code) => {
                self.gate(code.event).await?.filter(|gate| staff.may(gate.organisation)).map(|g| (code, g))
            }
            Err(_) => None,
        };
        for _ in 0..TRIES {
            match self.redeem(staff, request, found.as_ref()).await {
                // The other one's answer is there now, so the second try finds it.
                Err(Redeem::Raced) => {}
                Err(Redeem::NonceReused) => return Err(VerifyError::NonceReused),
                Err(Redeem::Store(error)) => return Err(error.into()),
                Ok(admission) => return Ok(admission),
            }
        }
        Err(StoreError::unavailable("answering a scan", "others answer it again and again").into())
    }

    async fn redeem(
        &self,
        staff: &Staff,
        request: &VerifyRequest,
        found: Option<&(TicketCode, Gate)>,
    ) -> Result<Admission, Redeem> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut ticket = match found {
                Some((code, _)) => tx.lock_ticket(code.ticket).await?,
                None => None,
            };
            let nonce = request.nonce.as_deref().filter(|_| !request.dry_run);
            if let Some(nonce) = nonce
                && let Some(first) = tx.scan_by_nonce(staff.account, nonce).await?
            {
                if ticket.as_ref().map(|ticket| ticket.id) != first.ticket {
                    return Err(Redeem::NonceReused);
                }
                return Ok(Admission { verdict: first.verdict, ticket, checked_in_at: first.checked_in_at });
            }
            let before = ticket.clone();
            let verdict = match (found, ticket.as_mut()) {
                (Some((code, gate)), Some(ticket)) => gate.admit(ticket, code.version, request.event, now),
                _ => Verdict::Unknown,
            };
            if request.dry_run {
                let checked_in_at = before.as_ref().and_then(|ticket| ticket.checked_in_at);
                return Ok(Admission { verdict, ticket: before, checked_in_at });
            }
            let checked_in_at = ticket.as_ref().and_then(|ticket| ticket.checked_in_at);
            if let Some(ticket) = ticket.as_ref().filter(|_| verdict == Verdict::Admitted) {
                tx.save_ticket(ticket).await?;
                tx.end_transfers_of(&[ticket.id], now).await?;
            }
            let scan = Scan {
                id: ScanId::generate(now),
                scanner: staff.account,
                nonce: nonce.map(str::to_owned),
                ticket: ticket.as_ref().map(|ticket| ticket.id),
                event: ticket.as_ref().map(|ticket| ticket.event),
                verdict,
                checked_in_at,
                at: now,
            };
            if !tx.add_scan(&scan).await? {
                return Err(Redeem::Raced);
            }
            Ok::<_, Redeem>(Admission { verdict, ticket, checked_in_at })
        })
        .await
    }

    async fn gate(&self, event: EventId) -> Result<Option<Gate>, StoreError> {
        Ok(self.store.sales(&[event]).await?.first().map(Gate::of))
    }

    /// Makes a checked-in ticket valid again.
    ///
    /// # Errors
    /// An [`UndoError`]; nothing has changed then.
    pub async fn undo(&self, staff: &Staff, id: TicketId) -> Result<Ticket, UndoError> {
        let seen = self.store.ticket(id).await?.ok_or(UndoError::UnknownTicket)?;
        let gate = self.gate(seen.event).await?.filter(|gate| staff.may(gate.organisation));
        let gate = gate.ok_or(UndoError::UnknownTicket)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut ticket = tx.lock_ticket(id).await?.ok_or(UndoError::UnknownTicket)?;
            if ticket.status != TicketStatus::CheckedIn {
                return Err(UndoError::NotCheckedIn);
            }
            let before = ticket.clone();
            ticket.status = TicketStatus::Valid;
            ticket.checked_in_at = None;
            tx.save_ticket(&ticket).await?;
            let act = acts::check_in_undone(&staff.cause(), &before, &ticket, now);
            tx.record(&[act.of(gate.organisation)]).await?;
            Ok(ticket)
        })
        .await
    }

    /// Per ticket type: living tickets, and how many of them are in. `None` for events of others.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn stats(
        &self,
        staff: &Staff,
        event: EventId,
    ) -> Result<Option<Vec<(TicketTypeId, u32, u32)>>, StoreError> {
        match self.gate(event).await?.filter(|gate| staff.may(gate.organisation)) {
            Some(_) => Ok(Some(self.store.attendance(event).await?)),
            None => Ok(None),
        }
    }
}
