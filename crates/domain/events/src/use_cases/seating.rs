//! The seats of an event.

use super::ticket_types::locked;
use super::{AccessError, Events, ShowError, TicketTypeError};
use crate::access::Right;
use crate::quota::taken_of;
use crate::seating::{Seats, repriced, unknown_template};
use crate::selling::Opened;
use crate::venue::SeatChange;
use crate::{Event, EventTx, Left, Quota, SeatedSection, Seating, Stocked, Taken, TicketType, acts, selling};
use kernel::{Actor, EventId, Invalid, SeatId, StoreError, Timestamp, transact};

/// Why the seats of an event stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum SeatingError {
    /// As for its ticket types.
    #[error(transparent)]
    Types(#[from] TicketTypeError),
    /// All mistakes in the input.
    #[error("the seats have mistakes")]
    Invalid(Vec<Invalid>),
    /// These are held or sold, and cannot be blocked.
    #[error("some of these seats are held or sold")]
    Taken(Vec<SeatId>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The sections of an event with what is left of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections {
    /// The seats.
    pub seating: Seating,
    /// What is left of the types that are not hidden, those without seats too.
    pub left: Vec<Left>,
}

impl Events {
    /// An event's sections, for whoever may see the event, with what a code opens; `None` when it has no seats.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn sections(
        &self,
        actor: Option<Actor>,
        event: EventId,
        opened: &Opened,
    ) -> Result<Option<Sections>, ShowError> {
        let event = self.visible(actor, &event.to_string()).await?.event;
        let Some(seating) = self.store.seating(event.id).await? else { return Ok(None) };
        let types = self.types_for_all(event.id).await?;
        Ok(Some(Sections { seating, left: selling::left_with(&event, &types, opened, self.clock.now()) }))
    }

    /// Whether somebody may see an event, and at which version its seats are.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn seating_version(
        &self,
        actor: Option<Actor>,
        event: EventId,
    ) -> Result<Option<u32>, ShowError> {
        let event = self.visible(actor, &event.to_string()).await?.event;
        match event.venue_template {
            Some(_) => Ok(self.store.seating_version(event.id).await?),
            None => Ok(None),
        }
    }

    /// The seats of an event, for those who run it.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn seating(&self, actor: Actor, event: EventId) -> Result<Option<Seating>, AccessError> {
        self.require(actor, event, Right::Door).await?;
        Ok(self.store.seating(event).await?)
    }

    /// Changes seats of an event. Those that are held or sold are not blocked; what was bought keeps its price.
    ///
    /// # Errors
    /// [`SeatingError`].
    pub async fn change_seats(
        &self,
        actor: Actor,
        event: EventId,
        changes: &[SeatChange],
    ) -> Result<Seating, SeatingError> {
        let (grant, _) = self.require(actor, event, Right::Manage).await.map_err(TicketTypeError::from)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, types) = locked(tx, &grant, event, now).await?;
            let before = tx.event_seating(event.id).await?;
            let before = before.ok_or_else(|| SeatingError::Invalid(vec![unseated()]))?;
            let (after, blocked) = before.changed(changes).map_err(SeatingError::Invalid)?;
            let wrong = mispriced(&event, changes);
            if !wrong.is_empty() {
                return Err(SeatingError::Invalid(wrong));
            }
            let taken = match blocked.as_slice() {
                [] => Vec::new(),
                blocked => tx.claimed_among(event.id, blocked).await?,
            };
            if !taken.is_empty() {
                return Err(SeatingError::Taken(taken));
            }
            let wrong = too_few((&before, &after), &types);
            if !wrong.is_empty() {
                return Err(SeatingError::Invalid(wrong));
            }
            resize(tx, (&before, &after), &types).await?;
            tx.save_seating(&after).await?;
            tx.record(&[acts::seats_changed(&actor.cause(), &event, changes, now)]).await?;
            Ok(after)
        })
        .await
    }
}

fn unseated() -> Invalid {
    Invalid::new("seats", "no_seats", "the event has no seats")
}

/// Prices of seats are in the currency of the event.
fn mispriced(event: &Event, changes: &[SeatChange]) -> Vec<Invalid> {
    let wrong = changes.iter().enumerate().filter(|(_, change)| {
        matches!(change.price, Some(Some(crate::venue::SeatPrice::Exact(price))) if price.currency() != event.currency)
    });
    let told = |(at, _)| {
        let field = format!("seats.{at}.price.currency");
        Invalid::new(field, "currency_mismatch", "this is not the event's currency")
    };
    wrong.map(told).collect()
}

/// Sections of which more is gone than there would be seats for sale: vouchers keep places of a section, and no seats.
fn too_few((before, after): (&Seating, &Seating), types: &[Stocked]) -> Vec<Invalid> {
    let mut wrong = Vec::new();
    for (was, is) in before.sections.iter().zip(&after.sections) {
        let quantity = is.section.for_sale();
        let kind = types.iter().find(|it| it.ticket_type.id == is.ticket_type);
        let own = kind.map_or(0, |kind| kind.stock.taken());
        let gone = own.max(taken_of(is.quota, types));
        if quantity < was.section.for_sale() && quantity < gone {
            let message = format!("{gone} places of {} are held, sold or kept by vouchers", is.section.name);
            wrong.push(Invalid::new("seats", "below_taken", message));
        }
    }
    wrong
}

/// As many places as there are seats for sale.
async fn resize(
    tx: &mut dyn EventTx,
    (before, after): (&Seating, &Seating),
    types: &[Stocked],
) -> Result<(), StoreError> {
    for (was, is) in before.sections.iter().zip(&after.sections) {
        let (quantity, fewer) = (is.section.for_sale(), was.section.for_sale());
        if quantity == fewer {
            continue;
        }
        if let Some(kind) = types.iter().find(|it| it.ticket_type.id == is.ticket_type) {
            if let Some(quota) = &kind.quota {
                tx.save_quota(&Quota { quantity, ..quota.clone() }).await?;
            }
            tx.save_ticket_type(&TicketType { quantity, ..kind.ticket_type.clone() }).await?;
        }
    }
    Ok(())
}

/// Whether the hall that an event names is there; it stays until we end.
pub(super) async fn has_hall(tx: &mut dyn EventTx, event: &Event) -> Result<bool, StoreError> {
    match event.venue_template {
        Some(id) => Ok(tx.lock_template(id).await?.is_some()),
        None => Ok(true),
    }
}

/// Gives an event the seats of the hall that it names, at a version that it never had.
pub(super) async fn install(
    tx: &mut dyn EventTx,
    event: &Event,
    (others, version): (&[Stocked], u32),
    now: Timestamp,
) -> Result<Result<(), Vec<Invalid>>, StoreError> {
    let Some(id) = event.venue_template else { return Ok(Ok(())) };
    let Some(template) = tx.lock_template(id).await? else { return Ok(Err(vec![unknown_template()])) };
    let last = others.iter().map(|other| other.ticket_type.position).max();
    let behind = last.map_or(0, |last| last.saturating_add(1));
    let seats = match Seats::of(&template, event, behind, now) {
        Ok(seats) if seats.types.len() + others.len() > super::MOST_TYPES => {
            let message = "there are too many ticket types beside the sections";
            return Ok(Err(vec![Invalid::new("venue_template_id", "too_many_ticket_types", message)]));
        }
        Ok(seats) => seats,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    for quota in &seats.quotas {
        tx.add_quota(quota).await?;
    }
    for kind in &seats.types {
        tx.add_ticket_type(kind).await?;
    }
    tx.save_seating(&Seating { version, ..seats.seating }).await?;
    Ok(Ok(()))
}

/// What an edit of an event does to its seats: another hall while nothing is taken, other prices with another base
/// price.
pub(super) async fn refit(
    tx: &mut dyn EventTx,
    (before, after): (&Event, &Event),
    (taken, types): (Taken, &[Stocked]),
    now: Timestamp,
) -> Result<Result<(), Vec<Invalid>>, StoreError> {
    let frozen = |field: &str, message: &str| Ok(Err(vec![Invalid::new(field, "frozen", message)]));
    if before.venue_template == after.venue_template {
        if before.venue_template.is_none() {
            return Ok(Ok(()));
        }
        if before.organisation != after.organisation {
            return frozen("organisation_id", "the event takes place in a hall of this organisation");
        }
        let Some(is) = after.base_price else {
            let message = "the price of seats is a multiple of it";
            return Ok(Err(vec![Invalid::new("base_price", "required", message)]));
        };
        if let Some(was) = before.base_price.filter(|was| *was != is)
            && let Some(seating) = tx.event_seating(after.id).await?
        {
            for kind in repriced(&seating, types, (was, is)) {
                tx.save_ticket_type(&kind).await?;
            }
        }
        return Ok(Ok(()));
    }
    let sold = "places were held or sold in this hall";
    if taken > Taken(0) {
        return frozen("venue_template_id", sold);
    }
    let (mut others, mut version) = (types.to_vec(), 1);
    if let Some(seating) = tx.event_seating(after.id).await? {
        for seated in &seating.sections {
            if !clear(tx, seated, types).await? {
                return frozen("venue_template_id", sold);
            }
        }
        tx.remove_seating(after.id).await?;
        others.retain(|other| other.ticket_type.section.is_none());
        // Whoever remembers where the seats stood must see that they stand elsewhere.
        version = seating.version.wrapping_add(1);
    }
    install(tx, after, (&others, version), now).await
}

/// Removes what was made for a section; `false` when somebody ever held or booked of it.
async fn clear(tx: &mut dyn EventTx, seated: &SeatedSection, types: &[Stocked]) -> Result<bool, StoreError> {
    for kind in types.iter().filter(|it| it.ticket_type.section == Some(seated.section.id)) {
        if !tx.delete_ticket_type(kind.ticket_type.id).await? {
            return Ok(false);
        }
    }
    tx.delete_quota(seated.quota).await
}
