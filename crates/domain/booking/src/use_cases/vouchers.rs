//! Vouchers as those make them who run the event. Who may is decided by the caller.

use super::Placed;
use crate::voucher::{Batch, VoucherCode};
use crate::{
    BookingStore, BookingTx, Issued, Opens, Sale, SaleStatus, Voucher, VoucherHash, VoucherInput, VoucherKey,
    acts,
};
use kernel::{
    AccountId, Actor, Clock, EventId, Invalid, Page, PageRequest, StoreError, Timestamp, VoucherId, transact,
};
use std::sync::Arc;

/// How many vouchers an event can have.
pub const MOST_VOUCHERS: u32 = 10_000;
/// How many of them can keep places: each is counted whenever the event is locked.
pub const MOST_RESERVES: usize = 200;

/// Why vouchers stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum VoucherError {
    /// There is no such event or voucher.
    #[error("there is no such event or voucher")]
    Unknown,
    /// The event was cancelled: nothing is sold any more.
    #[error("the event was cancelled")]
    Cancelled,
    /// It was taken back before.
    #[error("the voucher was taken back")]
    Revoked,
    /// All mistakes in the input.
    #[error("the voucher has mistakes")]
    Invalid(Vec<Invalid>),
    /// Another voucher of the event has this code.
    #[error("another voucher of the event has this code")]
    CodeTaken,
    /// Fewer places are left than it is to keep.
    #[error("there are not enough places left to keep")]
    NoPlaces {
        /// How many are left.
        left: u32,
    },
    /// An event has at most [`MOST_VOUCHERS`].
    #[error("an event has at most {MOST_VOUCHERS} vouchers")]
    TooMany,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases around vouchers.
pub struct Vouchers {
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
    key: VoucherKey,
}

impl Vouchers {
    /// Over a store, with the secret that codes are made and recognised by.
    #[must_use]
    pub fn new(store: Arc<dyn BookingStore>, clock: Arc<dyn Clock>, key: VoucherKey) -> Self {
        Self { store, clock, key }
    }

    /// What the voucher of an event is recognised by, of which somebody typed the code.
    #[must_use]
    pub fn recognised(&self, event: EventId, typed: &str) -> VoucherHash {
        self.key.hash(event, typed)
    }

    /// What somebody sees of an event by the code that they typed; `None` when it may have been guessed, see
    /// [`Issued::seen_by`]. Only looked at: what an order gets by it is decided under the lock of the sale.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn seen_by(
        &self,
        buyer: AccountId,
        event: EventId,
        typed: &str,
    ) -> Result<Option<Opens>, StoreError> {
        let now = self.clock.now();
        let found = self.store.voucher_by_code(self.recognised(event, typed), buyer, now).await?;
        Ok(found.filter(|issued| issued.voucher.event == event).and_then(|issued| issued.seen_by(buyer, now)))
    }

    /// Makes vouchers, all or none, each with its code, which nobody is told again.
    ///
    /// # Errors
    /// A [`VoucherError`].
    pub async fn create(
        &self,
        maker: &Actor,
        event: EventId,
        batch: &Batch,
        input: &VoucherInput,
    ) -> Result<Vec<(Voucher, VoucherCode)>, VoucherError> {
        let now = self.clock.now();
        let chosen = batch.checked();
        transact(self.store.begin().await?, async |tx| {
            let mut sale = locked(tx, event).await?;
            let chosen = chosen.as_ref().map_err(|wrong| VoucherError::Invalid(wrong.clone()))?;
            if tx.count_vouchers(event).await?.saturating_add(batch.count) > MOST_VOUCHERS {
                return Err(VoucherError::TooMany);
            }
            let mut made = Vec::new();
            for _ in 0..batch.count {
                let one = self.make(maker, &sale, chosen.clone(), input, now)?;
                sale.keep_for(&one.0, 0).map_err(|left| VoucherError::NoPlaces { left })?;
                made.push(one);
            }
            few_enough(&sale)?;
            let vouchers: Vec<_> = made.iter().map(|(voucher, _)| voucher.clone()).collect();
            if !tx.add_vouchers(&vouchers).await? {
                return Err(VoucherError::CodeTaken);
            }
            keep_places(tx, &sale, &vouchers).await?;
            let act = |it| acts::voucher_changed(&maker.cause(), "voucher.create", (None, Some(it)), now);
            let acts: Vec<_> = vouchers.iter().map(|it| act(it).of(sale.organisation)).collect();
            tx.record(&acts).await?;
            Ok(made)
        })
        .await
    }

    fn make(
        &self,
        maker: &Actor,
        sale: &Sale,
        chosen: Option<VoucherCode>,
        input: &VoucherInput,
        now: Timestamp,
    ) -> Result<(Voucher, VoucherCode), VoucherError> {
        let id = VoucherId::generate(now);
        let code = chosen.unwrap_or_else(|| self.key.made(id));
        let named = (id, self.key.hash(sale.event, &code.to_string()), code.hint());
        let voucher = input.added(sale, named, maker.account, now).map_err(VoucherError::Invalid)?;
        Ok((voucher, code))
    }

    /// A voucher with what is used of it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn show(&self, id: VoucherId) -> Result<Option<Issued>, StoreError> {
        self.store.voucher(id, self.clock.now()).await
    }

    /// The vouchers of an event with what is used of them, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list(&self, event: EventId, page: PageRequest) -> Result<Page<Issued>, StoreError> {
        self.store.vouchers(event, self.clock.now(), page).await
    }

    /// The bookings that were made with a voucher, with their tickets, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn bookings_with(&self, id: VoucherId, page: PageRequest) -> Result<Page<Placed>, StoreError> {
        let page = self.store.bookings_with(id, page).await?;
        let ids: Vec<_> = page.items.iter().map(|booking| booking.id).collect();
        let tickets = if ids.is_empty() { Vec::new() } else { self.store.tickets_of_bookings(&ids).await? };
        Ok(page.map(|booking| {
            let tickets = tickets.iter().filter(|ticket| ticket.booking == booking.id).cloned().collect();
            Placed { booking, tickets }
        }))
    }

    /// Replaces what a voucher does. Its code stays, and so does the price of what was held or bought with it.
    ///
    /// # Errors
    /// A [`VoucherError`]; nothing has changed then.
    pub async fn update(
        &self,
        by: &Actor,
        id: VoucherId,
        input: &VoucherInput,
    ) -> Result<Issued, VoucherError> {
        let now = self.clock.now();
        let event = self.event_of(id).await?;
        transact(self.store.begin().await?, async |tx| {
            let mut sale = locked(tx, event).await?;
            let Issued { voucher: before, .. } = found(tx, id, now).await?;
            if before.revoked_at.is_some() {
                return Err(VoucherError::Revoked);
            }
            let after = input.edited(&before, &sale, now).map_err(VoucherError::Invalid)?;
            sale.let_go(id);
            let used = match after.reserve {
                Some(places) => tx.places_with(id, places.ticket_type).await?,
                None => 0,
            };
            let kept = sale.reserves.len();
            sale.keep_for(&after, used).map_err(|left| VoucherError::NoPlaces { left })?;
            if sale.reserves.len() > kept && !before.keeps {
                few_enough(&sale)?;
            }
            tx.save_voucher(&after).await?;
            keep_places(tx, &sale, &[before.clone(), after.clone()]).await?;
            if after != before {
                let changed = (Some(&before), Some(&after));
                let act = acts::voucher_changed(&by.cause(), "voucher.update", changed, now);
                tx.record(&[act.of(sale.organisation)]).await?;
            }
            Ok(())
        })
        .await?;
        self.show(id).await?.ok_or(VoucherError::Unknown)
    }

    /// Takes a voucher back: nobody gets anything by it any more, and what it kept is free. One that was never used is
    /// removed. Doing it again changes nothing.
    ///
    /// # Errors
    /// A [`VoucherError`]; nothing has changed then.
    pub async fn delete(&self, by: &Actor, id: VoucherId) -> Result<(), VoucherError> {
        let now = self.clock.now();
        let event = self.event_of(id).await?;
        transact(self.store.begin().await?, async |tx| {
            let sales = tx.lock_sales(&[event]).await?;
            let mut sale = sales.into_iter().next().ok_or(VoucherError::Unknown)?;
            let Issued { voucher: before, .. } = found(tx, id, now).await?;
            sale.let_go(id);
            let (after, name) = if tx.delete_voucher(id).await? {
                (None, "voucher.delete")
            } else {
                let revoked_at = before.revoked_at.or(Some(now));
                let after = Voucher { revoked_at, keeps: false, ..before.clone() };
                tx.save_voucher(&after).await?;
                (Some(after), "voucher.revoke")
            };
            keep_places(tx, &sale, std::slice::from_ref(&before)).await?;
            if after.as_ref() != Some(&before) {
                let changed = (Some(&before), after.as_ref());
                let act = acts::voucher_changed(&by.cause(), name, changed, now);
                tx.record(&[act.of(sale.organisation)]).await?;
            }
            Ok(())
        })
        .await
    }

    async fn event_of(&self, id: VoucherId) -> Result<EventId, VoucherError> {
        let found = self.show(id).await?.ok_or(VoucherError::Unknown)?;
        Ok(found.voucher.event)
    }
}

async fn locked(tx: &mut dyn BookingTx, event: EventId) -> Result<Sale, VoucherError> {
    let sale = tx.lock_sales(&[event]).await?.into_iter().next().ok_or(VoucherError::Unknown)?;
    if sale.status == SaleStatus::Cancelled { Err(VoucherError::Cancelled) } else { Ok(sale) }
}

fn few_enough(sale: &Sale) -> Result<(), VoucherError> {
    if sale.reserves.len() <= MOST_RESERVES {
        return Ok(());
    }
    let message = format!("at most {MOST_RESERVES} vouchers of an event keep places");
    Err(VoucherError::Invalid(vec![Invalid::new("reserve", "too_many", message)]))
}

/// The voucher as it is under the lock of its sale.
async fn found(tx: &mut dyn BookingTx, id: VoucherId, now: Timestamp) -> Result<Issued, VoucherError> {
    let found = tx.vouchers_in_sale(&[id], &[], &[], now).await?.into_iter().next();
    found.ok_or(VoucherError::Unknown)
}

/// Writes the counters of a sale when one of these vouchers keeps places, or kept some.
async fn keep_places(tx: &mut dyn BookingTx, sale: &Sale, vouchers: &[Voucher]) -> Result<(), StoreError> {
    if vouchers.iter().any(|voucher| voucher.reserve.is_some()) {
        tx.save_sales(std::slice::from_ref(sale)).await?;
    }
    Ok(())
}
