//! What those who run events see of money, and what they decide about it.

use super::returns::find_resold;
use super::seats::{Plans, is_gone};
use super::serve::{Aside, Serving, others_first};
use super::{Bookings, Placed};
use crate::by_hand::{self, AcceptRefusal, MarkRefusal, Receipt};
use crate::office::{BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck};
use crate::{
    Booking, BookingStatus, BookingStore, BookingTx, BuyerNews, Decided, Holdings, Incident, IncidentKind,
    OfferTerms, OfficeStore, Payment, RefundReason, RefundStatus, Resolution, Sale, Settled, books,
};
use kernel::{
    AccountId, Act, Actor, BookingId, Cause, Clock, EventId, IncidentId, OrganisationId, Owed, Page,
    PageRequest, PaymentId, RefundId, StoreError, Subject, Timestamp, transact,
};
use serde_json::json;
use std::sync::Arc;

/// Whose money somebody decides about: `None` for everybody's.
pub type Managed<'a> = Option<&'a [OrganisationId]>;

/// Why nothing was marked as paid, or as sent.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// There is none that the asker may see.
    #[error("there is no such booking")]
    Unknown,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] MarkRefusal),
    /// The provider itself says what was sent back through it, or it was sent or has failed.
    #[error("this refund is not sent by hand")]
    NotByHand,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a case was not closed.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// There is none that the asker may see.
    #[error("there is no such incident")]
    Unknown,
    /// Somebody closed it before, in another way.
    #[error("this incident was resolved before")]
    ResolvedBefore,
    /// Nothing is left of the charge to send back.
    #[error("nothing is left to send back")]
    NothingLeft,
    /// Sending money back is no answer to it: it is about tickets, or a bank decides.
    #[error("sending money back does not decide this")]
    NotRefundable,
    /// It cannot be taken as it came.
    #[error(transparent)]
    NotAccepted(#[from] AcceptRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn may(managed: Managed<'_>, organisation: OrganisationId) -> bool {
    managed.is_none_or(|own| own.contains(&organisation))
}

/// The use cases of those who run events, around money.
#[derive(Clone)]
pub struct Office {
    pub(super) office: Arc<dyn OfficeStore>,
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
    offers: OfferTerms,
    plans: Plans,
}

impl Office {
    /// The use cases of those who run what is sold here: over the same store, with the same clock, terms of offers and
    /// plans of seats in memory.
    #[must_use]
    pub fn new(office: Arc<dyn OfficeStore>, bookings: &Bookings) -> Self {
        Self {
            office,
            store: Arc::clone(&bookings.store),
            clock: Arc::clone(&bookings.clock),
            offers: bookings.terms.offers,
            plans: bookings.plans.clone(),
        }
    }

    /// Bookings, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn bookings(
        &self,
        filter: &BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Placed>, StoreError> {
        let page = self.office.bookings(filter, page).await?;
        let ids: Vec<_> = page.items.iter().map(|booking| booking.id).collect();
        let tickets = if ids.is_empty() { Vec::new() } else { self.store.tickets_of_bookings(&ids).await? };
        Ok(page.map(|booking| {
            let tickets = tickets.iter().filter(|ticket| ticket.booking == booking.id).cloned().collect();
            Placed { booking, tickets }
        }))
    }

    /// Attempts to pay, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn payments(
        &self,
        filter: &PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Payment>>, StoreError> {
        self.office.payments(filter, page).await
    }

    /// Money that does not move, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn stuck(
        &self,
        managed: Managed<'_>,
        page: PageRequest,
    ) -> Result<Page<Of<Stuck>>, StoreError> {
        self.office.stuck(managed, self.clock.now(), page).await
    }

    /// Cases for a person, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Incident>>, StoreError> {
        self.office.incidents(filter, page).await
    }

    /// Money that somebody has seen on a statement or in the drawer: counts like any other.
    ///
    /// # Errors
    /// A [`MarkError`]; nothing has changed then.
    pub async fn mark_paid(
        &self,
        managed: Managed<'_>,
        id: BookingId,
        receipt: Receipt,
        (note, by): (&str, &Cause),
    ) -> Result<Placed, MarkError> {
        let event = self.event_of_managed(managed, id).await?.ok_or(MarkError::Unknown)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut sales = tx.lock_sales(&[event]).await?;
            let sale = sales.first_mut().ok_or(MarkError::Unknown)?;
            let mut booking = tx.lock_booking(id).await?.ok_or(MarkError::Unknown)?;
            let (sold, before) = (sale.clone(), booking.clone());
            let aside = self.others_first(tx, &booking, sale, now).await?;
            let already = already(tx, &booking, sale, (&self.plans, &aside), now).await?;
            let (payment, settled) = by_hand::mark_paid(&mut booking, sale, receipt, &already, now)?;
            aside.put_back(sale);
            books::keep(tx, Some(&before), &booking, by, now).await?;
            follow(tx, (&booking, payment), (&sold, sale), &settled, now).await?;
            tx.record(&[marked(payment, receipt, note, by, now).of(booking.organisation)]).await?;
            Ok::<_, MarkError>(())
        })
        .await?;
        let booking = self.store.booking(id).await?.ok_or(MarkError::Unknown)?;
        let tickets = self.store.tickets_of_bookings(&[id]).await?;
        Ok(Placed { booking, tickets })
    }

    /// A refund that somebody has sent by hand is done. Said again it changes nothing.
    ///
    /// # Errors
    /// A [`MarkError`]; nothing has changed then.
    pub async fn mark_sent(
        &self,
        managed: Managed<'_>,
        id: RefundId,
        by: &Cause,
    ) -> Result<Booking, MarkError> {
        let booking = self.store.booking_of_refund(id).await?.ok_or(MarkError::Unknown)?;
        self.event_of_managed(managed, booking).await?.ok_or(MarkError::Unknown)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut booking = tx.lock_booking(booking).await?.ok_or(MarkError::Unknown)?;
            let before = booking.clone();
            let refund = booking.refunds.iter().find(|refund| refund.id == id).ok_or(MarkError::Unknown)?;
            let by_hand =
                booking.payment(refund.payment).is_some_and(|payment| payment.provider.is_by_hand());
            if !by_hand || refund.status == RefundStatus::Failed {
                return Err(MarkError::NotByHand);
            }
            booking.refund_stands(id, RefundStatus::Done, Some(&id.to_string()), now);
            books::keep(tx, Some(&before), &booking, by, now).await?;
            Ok(booking)
        })
        .await
    }

    /// Who comes late is behind those who wait.
    async fn others_first(
        &self,
        tx: &mut dyn BookingTx,
        booking: &Booking,
        sale: &mut Sale,
        now: Timestamp,
    ) -> Result<Aside, StoreError> {
        match booking.status {
            BookingStatus::Expired => {
                let with = Serving { offers: &self.offers, plans: &self.plans };
                others_first(tx, sale, with, now).await
            }
            _ => Ok(Aside::default()),
        }
    }

    async fn event_of_managed(
        &self,
        managed: Managed<'_>,
        id: BookingId,
    ) -> Result<Option<EventId>, StoreError> {
        let booking = self.store.booking(id).await?;
        Ok(booking.filter(|booking| may(managed, booking.organisation)).map(|booking| booking.event))
    }

    /// Closes a case by what a person decided. The same decision again changes nothing.
    ///
    /// # Errors
    /// A [`ResolveError`]; nothing has changed then.
    pub async fn resolve(
        &self,
        managed: Managed<'_>,
        id: IncidentId,
        (decided, note): (Decided, &str),
        actor: &Actor,
    ) -> Result<Of<Incident>, ResolveError> {
        let seen = self.office.incident(id).await?.filter(|of| may(managed, of.whose.organisation));
        let seen = seen.ok_or(ResolveError::Unknown)?;
        let (event, now) = (seen.whose.event, self.clock.now());
        let (by, who) = (&actor.cause(), actor.account);
        let resolution = Resolution { decided, note: note.to_owned(), by: who, at: now };
        let incident = transact(self.store.begin().await?, async |tx| {
            let mut sales = tx.lock_sales(&[event]).await?;
            let sale = sales.first_mut().ok_or(ResolveError::Unknown)?;
            let mut booking = tx.lock_booking(seen.whose.booking).await?.ok_or(ResolveError::Unknown)?;
            let mut incident = tx.incident(id).await?.ok_or(ResolveError::Unknown)?;
            match &incident.resolved {
                Some(before) if before.decided == decided => return Ok(incident),
                Some(_) => return Err(ResolveError::ResolvedBefore),
                None => {}
            }
            let (sold, before) = (sale.clone(), booking.clone());
            let settled = match decided {
                Decided::Nothing => Settled::Noted,
                Decided::Refund => send_back(&mut booking, &incident, who, now)?,
                Decided::Accept => {
                    let aside = self.others_first(tx, &booking, sale, now).await?;
                    let already = already(tx, &booking, sale, (&self.plans, &aside), now).await?;
                    let settled = by_hand::accept(&mut booking, sale, incident.payment, &already, now)?;
                    aside.put_back(sale);
                    settled
                }
            };
            books::keep(tx, Some(&before), &booking, by, now).await?;
            follow(tx, (&booking, incident.payment), (&sold, sale), &settled, now).await?;
            incident.resolved = Some(resolution);
            tx.save_incident(&incident).await?;
            tx.record(&[resolved(&incident, by, now).of(booking.organisation)]).await?;
            Ok(incident)
        })
        .await?;
        Ok(Of { whose: seen.whose, what: incident })
    }
}

/// What the buyer has of the event beside a booking that had been given up; it matters only then. What is used of the
/// booking's voucher comes into the sale.
pub(super) async fn already(
    tx: &mut dyn BookingTx,
    booking: &Booking,
    sale: &mut Sale,
    seats: (&Plans, &Aside),
    now: Timestamp,
) -> Result<Holdings, StoreError> {
    if booking.status != BookingStatus::Expired {
        return Ok(Holdings::default());
    }
    if let Some(applied) = booking.voucher {
        sale.vouchers = tx.vouchers_in_sale(&[applied.id], &[], &[booking.buyer], now).await?;
    }
    let seat_is_gone = is_gone(tx, (sale, booking), seats, now).await?;
    if !sale.limits_users() {
        return Ok(Holdings { seat_is_gone, ..Holdings::default() });
    }
    let mut tallies = tx.holdings(&[(booking.buyer, booking.event)], now).await?;
    let holdings = tallies.pop().map(|tally| tally.holdings).unwrap_or_default();
    Ok(Holdings { seat_is_gone, ..holdings })
}

/// Writes what follows from what became of an attempt, beside the booking itself.
pub(super) async fn follow(
    tx: &mut dyn BookingTx,
    (booking, payment): (&Booking, PaymentId),
    (sold, sale): (&Sale, &Sale),
    settled: &Settled,
    now: Timestamp,
) -> Result<(), StoreError> {
    if sale != sold {
        tx.save_sales(std::slice::from_ref(sale)).await?;
    }
    match settled {
        Settled::Confirmed(tickets) => {
            tx.add_tickets(tickets).await?;
            find_resold(tx, sale, now).await?;
        }
        Settled::Incident(incident) => tx.add_incident(incident).await?,
        Settled::Unchanged
        | Settled::Noted
        | Settled::SentBack(_)
        | Settled::Capture { .. }
        | Settled::StillToCapture => {}
    }
    let effects = settled.effects(booking, payment);
    let effects: Vec<_> = effects.into_iter().map(|effect| Owed::now(effect, now)).collect();
    tx.enqueue_booking(&effects).await
}

/// Sends back what a case is about: the refund that failed once more, or all that is left of the charge.
fn send_back(
    booking: &mut Booking,
    incident: &Incident,
    by: AccountId,
    now: Timestamp,
) -> Result<Settled, ResolveError> {
    if !incident.kind.may_send_back() || booking.is_disputed(incident.payment) {
        return Err(ResolveError::NotRefundable);
    }
    let made = match (incident.kind, incident.refund) {
        (IncidentKind::RefundFailed, Some(failed)) => booking.refund_again(failed, Some(by), now).ok(),
        _ => booking.send_back(incident.payment, RefundReason::Staff, now),
    };
    made.map(|_| Settled::SentBack(BuyerNews::Refunded)).ok_or(ResolveError::NothingLeft)
}

fn resolved(incident: &Incident, by: &Cause, now: Timestamp) -> Act {
    let said = incident.resolved.as_ref().map(|resolution| {
        json!({"resolution": resolution.decided.as_str(), "note": resolution.note}).to_string()
    });
    by.act("incident.resolve", Subject::new("incident", incident.id.as_uuid()), now).changing(None, said)
}

fn marked(payment: PaymentId, receipt: Receipt, note: &str, by: &Cause, now: Timestamp) -> Act {
    let said = json!({"provider": receipt.provider.as_str(), "again": receipt.again, "note": note});
    by.act("payment.mark_paid", Subject::new("payment", payment.as_uuid()), now)
        .changing(None, Some(said.to_string()))
}
