//! Verify and redeem in one call, and undo. What concerns many scans at once is in [`super::scans`].

use crate::{
    Admission, BookingStore, CodeSigner, Gate, Scan, Ticket, TicketCode, TicketStatus, Verdict, Way, acts,
};
use kernel::{
    AccountId, Cause, Clock, EventId, OrganisationId, RequestName, ScanId, StoreError, TicketId, Timestamp,
    Who, transact,
};
use std::sync::Arc;

/// How often a scan is tried whose answer somebody else wrote meanwhile.
pub(super) const TRIES: u32 = 3;

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
    pub(super) const fn cause(&self) -> Cause {
        Cause { who: Who::Account(self.account), request: self.request }
    }

    pub(super) fn may(&self, organisation: OrganisationId) -> bool {
        match &self.doors {
            Doors::All => true,
            Doors::Of(own) => own.contains(&organisation),
        }
    }
}

/// A scan as the scanner sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// What the camera read.
    pub code: String,
    /// The scanner's own name for this attempt.
    pub nonce: Option<String>,
    /// The event that the scanner stands at.
    pub event: Option<EventId>,
    /// Only look; nothing is redeemed or kept.
    pub dry_run: bool,
    /// Which way they go.
    pub way: Way,
    /// Why they pass although they are refused; absent when nobody insists.
    pub force: Option<String>,
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
    pub(super) store: Arc<dyn BookingStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) signer: CodeSigner,
}

/// Why the door gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// This scanner used the nonce for something else: another ticket, the other way, or for asking where it insists
    /// now. It counts again from the start, or is two scanners.
    #[error("this nonce was used for something else")]
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
    #[error("this nonce was used for something else")]
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
        // Of a code that is none, one knows at least whose door it was shown at.
        let here = match (found, request.event) {
            (None, Some(event)) => self.gate(event).await?.filter(|gate| staff.may(gate.organisation)),
            _ => None,
        };
        transact(self.store.begin().await?, async |tx| {
            let mut ticket = match found {
                Some((code, _)) => tx.lock_ticket(code.ticket).await?,
                None => None,
            };
            let nonce = request.nonce.as_deref().filter(|_| !request.dry_run);
            if let Some(nonce) = nonce
                && let Some(first) = tx.scan_by_nonce(staff.account, nonce).await?
            {
                let same_ticket = ticket.as_ref().map(|ticket| ticket.id) == first.ticket;
                // Who insists under the name of the refused scan would be answered with the refusal.
                let same_will = first.offline.is_some() || first.reason.is_some() == request.force.is_some();
                if !same_ticket || !same_will || first.way != request.way {
                    return Err(Redeem::NonceReused);
                }
                let Scan { verdict, checked_in_at, overruled, .. } = first;
                return Ok(Admission { verdict, ticket, checked_in_at, overruled });
            }
            let before = ticket.clone();
            let (verdict, overruled) = match (found, ticket.as_mut()) {
                (Some((code, gate)), Some(ticket)) => pass(gate, ticket, code.version, request, now),
                _ => (Verdict::Unknown, None),
            };
            if request.dry_run {
                let checked_in_at = before.as_ref().and_then(|ticket| ticket.checked_in_at);
                return Ok(Admission { verdict, ticket: before, checked_in_at, overruled });
            }
            let checked_in_at = ticket.as_ref().and_then(|ticket| ticket.checked_in_at);
            let event = ticket.as_ref().map(|ticket| ticket.event);
            let scan = Scan {
                id: ScanId::generate(now),
                scanner: staff.account,
                nonce: nonce.map(str::to_owned),
                ticket: ticket.as_ref().map(|ticket| ticket.id),
                event: event.or(here.as_ref().map(|gate| gate.event)),
                verdict,
                checked_in_at,
                at: now,
                way: request.way,
                overruled,
                reason: request.force.clone(),
                version: found.map(|(code, _)| code.version),
                offline: None,
                flags: Vec::new(),
                after: None,
            };
            if !tx.add_scan(&scan).await? {
                return Err(Redeem::Raced);
            }
            if let Some(ticket) = ticket.as_ref().filter(|_| scan.passed()) {
                tx.save_ticket(ticket).await?;
                tx.end_transfers_of(&[ticket.id], now).await?;
                let somebody_is_inside = before.as_ref().is_some_and(|before| before.inside() > 0);
                if overruled.is_some() || (verdict == Verdict::Admitted && somebody_is_inside) {
                    // It may be a second entry, after one that was insisted on or made with a code that had died: that
                    // is seen among all scans of the ticket.
                    let mut scans = tx.scans_of_tickets(&[ticket.id]).await?;
                    ticket.clone().follow(&mut scans);
                    scans.retain(|known| known.id == scan.id);
                    tx.flag_scans(&scans).await?;
                }
                if let (Some(_), Some((_, gate))) = (overruled, found) {
                    tx.record(&[acts::passage_forced(&staff.cause(), &scan).of(gate.organisation)]).await?;
                }
            }
            Ok::<_, Redeem>(Admission { verdict, ticket, checked_in_at, overruled })
        })
        .await
    }

    pub(super) async fn gate(&self, event: EventId) -> Result<Option<Gate>, StoreError> {
        Ok(self.store.sales(&[event]).await?.first().map(Gate::of))
    }

    /// Makes a checked-in ticket valid again, as if nobody had come in with it, and keeps that somebody did so.
    ///
    /// # Errors
    /// An [`UndoError`]; nothing has changed then.
    pub async fn undo(
        &self,
        staff: &Staff,
        id: TicketId,
        reason: Option<String>,
    ) -> Result<Ticket, UndoError> {
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
            ticket.forget_entries();
            tx.save_ticket(&ticket).await?;
            let scan = Scan {
                id: ScanId::generate(now),
                scanner: staff.account,
                nonce: None,
                ticket: Some(ticket.id),
                event: Some(ticket.event),
                verdict: Verdict::Undone,
                checked_in_at: before.checked_in_at,
                at: now,
                way: Way::Out,
                overruled: None,
                reason: reason.clone(),
                version: Some(ticket.version),
                offline: None,
                flags: Vec::new(),
                after: None,
            };
            tx.add_scan(&scan).await?;
            let act = acts::check_in_undone(&staff.cause(), &before, &ticket, reason.as_deref(), now);
            tx.record(&[act.of(gate.organisation)]).await?;
            Ok(ticket)
        })
        .await
    }
}

/// Lets somebody pass or not; if the verdict was overruled, also what it was.
fn pass(
    gate: &Gate,
    ticket: &mut Ticket,
    version: u32,
    request: &VerifyRequest,
    now: Timestamp,
) -> (Verdict, Option<Verdict>) {
    let verdict = match request.way {
        Way::In => gate.admit(ticket, version, request.event, now),
        Way::Out => gate.release(ticket, request.event),
    };
    if request.force.is_none() {
        return (verdict, None);
    }
    let insisted = gate.insist(ticket, version, (request.way, verdict), (request.event, now));
    (insisted, Some(verdict).filter(|verdict| *verdict != insisted))
}
