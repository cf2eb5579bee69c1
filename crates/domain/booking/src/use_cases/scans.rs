//! What concerns many scans at once: scanners that were without a network, and how full the house is.

use super::door::{Door, Staff, TRIES};
use super::told::Told;
use crate::bundle::{Bundle, Facts, Sealed, read_receipt};
use crate::{DoorCounts, Effect, Flag, Gate, Offline, Scan, Ticket, TicketCode, Verdict, Way, acts};
use chrono::TimeDelta;
use kernel::{
    EventId, IncidentId, Owed, Page, PageRequest, ScanId, StoreError, TicketId, Timestamp, transact,
};
use std::collections::{BTreeMap, BTreeSet};

/// How far the time of a scan that was answered may be from the one that its scanner tells of it.
const ASIDE: TimeDelta = TimeDelta::minutes(2);
/// Tickets that are read at once for a bundle.
const AT_ONCE: u32 = 2000;

/// What became of a scan that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept from now on.
    Now,
    /// It was kept before.
    Before,
    /// Not at all: this scanner used its nonce for another ticket.
    NonceReused,
}

/// A scan that was told, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldResult {
    /// The scanner's own name for it.
    pub nonce: String,
    /// Whether it was new.
    pub kept: Kept,
    /// As it is kept; absent when it is not.
    pub scan: Option<Scan>,
}

/// What came of telling scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// One by one, in the order in which they were told.
    pub results: Vec<ToldResult>,
    /// Every flagged scan of the tickets that were told of, and of codes that are none of ours, by when they were made.
    pub conflicts: Vec<Scan>,
}

/// Why scans were not taken; none of them is kept then.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// No event that this staff works for.
    #[error("there is no such event")]
    UnknownEvent,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
enum Attempt {
    /// Another telling of the same scans was faster.
    #[error("these scans were kept meanwhile")]
    Raced,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Door {
    /// Keeps scans that were made without a network, each once, and works out anew what follows from all scans of
    /// their tickets. They may be told in any order and any number of times.
    ///
    /// # Errors
    /// A [`SyncError`].
    pub async fn sync(&self, staff: &Staff, event: EventId, told: &[Told]) -> Result<Synced, SyncError> {
        let gate = self.gate(event).await?.filter(|gate| staff.may(gate.organisation));
        let gate = gate.ok_or(SyncError::UnknownEvent)?;
        let mut codes: Vec<_> = told.iter().map(|told| self.read(&told.code)).collect();
        // Tickets of organisations that the staff does not work for are unknown.
        let events: BTreeSet<_> = codes.iter().flatten().map(|code| code.event).collect();
        let events: Vec<_> = events.into_iter().collect();
        let sales = self.store.sales(&events).await?;
        let own: BTreeSet<_> =
            sales.iter().filter(|sale| staff.may(sale.organisation)).map(|sale| sale.event).collect();
        for code in &mut codes {
            *code = code.filter(|code| own.contains(&code.event));
        }
        for _ in 0..TRIES {
            match self.keep(staff, &gate, told, &codes).await {
                Err(Attempt::Raced) => {}
                Err(Attempt::Store(error)) => return Err(error.into()),
                Ok(synced) => return Ok(synced),
            }
        }
        Err(StoreError::unavailable("keeping scans", "others tell the same ones again and again").into())
    }

    fn read(&self, text: &str) -> Option<TicketCode> {
        self.signer.read(text).ok().or_else(|| read_receipt(&self.signer, text))
    }

    async fn keep(
        &self,
        staff: &Staff,
        gate: &Gate,
        told: &[Told],
        codes: &[Option<TicketCode>],
    ) -> Result<Synced, Attempt> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let ids: BTreeSet<_> = codes.iter().flatten().map(|code| code.ticket).collect();
            let ids: Vec<TicketId> = ids.into_iter().collect();
            let mut tickets = tx.lock_tickets_named(&ids).await?;
            let nonces: Vec<_> =
                told.iter().flat_map(|told| [told.nonce.clone(), second_name(&told.nonce)]).collect();
            let known = tx.scans_by_nonces(staff.account, &nonces).await?;
            // The next shift tells from the same device what the one before has told already.
            let of_others = tx.scans_of_tickets(&ids).await?;
            let mut book = Book::of(known, of_others);
            for (told, code) in told.iter().zip(codes) {
                let ticket = code.and_then(|code| tickets.iter().find(|it| it.id == code.ticket));
                book.enter(scan(staff, gate, told, (*code, ticket), now));
            }
            // Two who tell the same codes of nobody hold no ticket meanwhile: in one order they wait for each other once.
            book.new.sort_by(|one, other| one.nonce.cmp(&other.nonce));
            if tx.add_scans(&book.new).await? != book.new.len() {
                return Err(Attempt::Raced);
            }
            let mut scans = tx.scans_of_tickets(&ids).await?;
            let (mut changed, mut owed) = (Vec::new(), Vec::new());
            for ticket in &mut tickets {
                let (before, mut own): (_, Vec<_>) =
                    (ticket.clone(), scans.extract_if(.., |it| it.ticket == Some(ticket.id)).collect());
                let flags = flags_of(&own);
                ticket.follow(&mut own);
                changed.extend(
                    own.iter().filter(|it| flags.get(&it.id) != Some(&(it.flags.clone(), it.after))).cloned(),
                );
                // Whatever was told of it before: what each entry means is found when they are looked at together.
                let misused = |flags: &[Flag]| {
                    flags.contains(&Flag::EndedMeanwhile) || flags.contains(&Flag::LateRevocation)
                };
                let is_new = |it: &Scan| {
                    misused(&it.flags) && !flags.get(&it.id).is_some_and(|(before, _)| misused(before))
                };
                if !ticket.status.lives() && own.iter().any(is_new) {
                    let (booking, ticket) = (ticket.booking, ticket.id);
                    let case = IncidentId::from(ticket.as_uuid());
                    owed.push(Owed::now(Effect::ReviewEntry { booking, ticket, case }, now));
                }
                scans.append(&mut own);
                if *ticket == before {
                    continue;
                }
                tx.save_ticket(ticket).await?;
                tx.end_transfers_of(&[ticket.id], now).await?;
            }
            tx.flag_scans(&changed).await?;
            tx.enqueue_booking(&owed).await?;
            let forced = book.new.iter().filter(|scan| scan.overruled.is_some());
            let acts: Vec<_> =
                forced.map(|scan| acts::passage_forced(&staff.cause(), scan).of(gate.organisation)).collect();
            tx.record(&acts).await?;
            Ok::<_, Attempt>(book.told(scans))
        })
        .await
    }

    /// What happened at the door of an event, and how many it may hold. `None` for events of others.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn stats(
        &self,
        staff: &Staff,
        event: EventId,
    ) -> Result<Option<(DoorCounts, Option<u32>)>, StoreError> {
        let sale = self.store.sales(&[event]).await?.pop().filter(|sale| staff.may(sale.organisation));
        match sale {
            Some(sale) => Ok(Some((self.store.door_counts(event).await?, sale.capacity))),
            None => Ok(None),
        }
    }

    /// Scans that happened and should not have, the latest first. `None` for events of others.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn conflicts(
        &self,
        staff: &Staff,
        event: EventId,
        page: PageRequest,
    ) -> Result<Option<Page<Scan>>, StoreError> {
        match self.gate(event).await?.filter(|gate| staff.may(gate.organisation)) {
            Some(_) => Ok(Some(self.store.conflicts(event, page).await?)),
            None => Ok(None),
        }
    }

    /// Whether somebody may stand at an event's door, and the gate if so.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn gate_of(&self, staff: &Staff, event: EventId) -> Result<Option<Gate>, StoreError> {
        Ok(self.gate(event).await?.filter(|gate| staff.may(gate.organisation)))
    }

    /// All tickets of an event, up to `most` and one more.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn all_tickets(&self, event: EventId, most: usize) -> Result<Vec<Ticket>, StoreError> {
        let mut found: Vec<Ticket> = Vec::new();
        loop {
            let after = found.last().map(|ticket| ticket.id);
            let page = self.store.tickets_of_event(event, after, AT_ONCE).await?;
            let last = page.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
            found.extend(page);
            if last || found.len() > most {
                return Ok(found);
            }
        }
    }

    /// Seals what a scanner without a network has to know. It takes processor time: a signature per code.
    #[must_use]
    pub fn sealed(&self, gate: &Gate, facts: &Facts, tickets: &[Ticket]) -> Sealed {
        Bundle::seal(&self.signer, gate, facts, tickets)
    }

    /// Signs a bundle as it is at this instant.
    #[must_use]
    pub fn signed(&self, sealed: &Sealed, now: Timestamp) -> Bundle {
        Bundle::sign(&self.signer, sealed, now)
    }
}

/// What a scan is called that a scanner made without a network after it had asked us about it and not got the answer:
/// both happened.
fn second_name(nonce: &str) -> String {
    format!("{nonce}#offline")
}

/// Whether a scan, whosever it is, is what somebody tells under this name. Scanners that count call many scans the same;
/// they do not make them at the same time.
fn is_same(known: &Scan, name: &str, scan: &Scan) -> bool {
    let said = |scan: &Scan| scan.offline.as_ref().map(|offline| offline.said_at);
    known.nonce.as_deref() == Some(name)
        && (known.ticket, known.way) == (scan.ticket, scan.way)
        && match said(known) {
            // Stores keep no finer times than microseconds.
            Some(at) => said(scan).is_some_and(|told| (told - at).abs() < TimeDelta::milliseconds(1)),
            None => (known.at - scan.at).abs() <= ASIDE,
        }
}

fn flags_of(scans: &[Scan]) -> BTreeMap<ScanId, (Vec<Flag>, Option<ScanId>)> {
    scans.iter().map(|scan| (scan.id, (scan.flags.clone(), scan.after))).collect()
}

fn scan(
    staff: &Staff,
    gate: &Gate,
    told: &Told,
    (code, ticket): (Option<TicketCode>, Option<&Ticket>),
    now: Timestamp,
) -> Scan {
    let through = match told.way {
        Way::In => Verdict::Admitted,
        Way::Out => Verdict::Left,
    };
    let overruled = Some(told.verdict).filter(|verdict| told.forced && *verdict != through);
    let verdict = if told.forced { through } else { told.verdict };
    let mut scan = Scan {
        id: ScanId::generate(now),
        scanner: staff.account,
        nonce: Some(told.nonce.clone()),
        ticket: ticket.map(|ticket| ticket.id),
        event: Some(gate.event),
        verdict,
        checked_in_at: None,
        at: gate.credible(told.at, now),
        way: told.way,
        overruled,
        reason: told.reason.clone(),
        version: code.filter(|_| ticket.is_some()).map(|code| code.version),
        offline: Some(Offline { said_at: told.at, told_at: now }),
        flags: Vec::new(),
        after: None,
    };
    if scan.passed() && ticket.is_none() {
        scan.flags.push(Flag::UnknownCode);
    }
    scan
}

/// What was told, beside what is known.
struct Book {
    known: BTreeMap<String, Scan>,
    /// All scans of the tickets that are told of.
    of_tickets: Vec<Scan>,
    new: Vec<Scan>,
    results: Vec<(String, Kept, Option<ScanId>)>,
}

impl Book {
    fn of(known: Vec<Scan>, of_tickets: Vec<Scan>) -> Self {
        let named = known.into_iter().filter_map(|scan| Some((scan.nonce.clone()?, scan)));
        Self { known: named.collect(), of_tickets, new: Vec::new(), results: Vec::new() }
    }

    /// Looks for the scan of this name that somebody else told, or was answered, where this scanner has none.
    fn recognise(&mut self, name: &str, scan: &Scan) {
        if scan.ticket.is_some()
            && !self.known.contains_key(name)
            && let Some(known) = self.of_tickets.iter().find(|known| is_same(known, name, scan))
        {
            self.known.insert(name.to_owned(), known.clone());
        }
    }

    fn enter(&mut self, mut scan: Scan) {
        let told = scan.nonce.clone().unwrap_or_default();
        let mut name = told.clone();
        self.recognise(&name, &scan);
        self.recognise(&second_name(&name), &scan);
        if let Some(known) = self.known.get(&name)
            && known.ticket == scan.ticket
            && known.offline.is_none()
            && scan.passed()
            && !known.passed()
        {
            name = second_name(&name);
        }
        let kept = match self.known.get(&name) {
            Some(known) if known.ticket == scan.ticket && known.way == scan.way => {
                (Kept::Before, Some(known.id))
            }
            Some(_) => (Kept::NonceReused, None),
            None => {
                scan.nonce = Some(name.clone());
                self.known.insert(name, scan.clone());
                let id = scan.id;
                self.new.push(scan);
                (Kept::Now, Some(id))
            }
        };
        self.results.push((told, kept.0, kept.1));
    }

    /// The answer; `scans` are all of the tickets in question as they are now.
    fn told(self, scans: Vec<Scan>) -> Synced {
        let mut now: BTreeMap<_, _> = self.known.into_values().map(|scan| (scan.id, scan)).collect();
        now.extend(scans.into_iter().map(|scan| (scan.id, scan)));
        let results = self.results.into_iter().map(|(nonce, kept, id)| ToldResult {
            nonce,
            kept,
            scan: id.and_then(|id| now.get(&id).cloned()),
        });
        let results = results.collect();
        let mut conflicts: Vec<_> = now.into_values().filter(|scan| !scan.flags.is_empty()).collect();
        conflicts.sort_by(|one, other| one.order().cmp(&other.order()));
        Synced { results, conflicts }
    }
}
