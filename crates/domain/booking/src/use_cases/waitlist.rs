//! Join the waiting list, look where one stands, leave; and what those who run the event see and do of it.

use super::Bookings;
use super::serve::{drop_offers, offer_next, reclaim, serve};
use crate::ports::ListCounts;
use crate::waitlist::{Entry, EntryStatus, JoinRefusal, JoinWish, Rules};
use crate::{SaleStatus, acts};
use kernel::{
    AccountId, Cause, EventId, Page, PageRequest, StoreError, Timestamp, WaitlistEntryId, transact,
};
use std::collections::BTreeSet;

/// Entries of one account that are read together.
const AT_ONCE: u32 = 100;

/// Why somebody is not put on the list.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] JoinRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An entry as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The entry.
    pub entry: Entry,
    /// How many are served before, and one; `None` for those who do not wait.
    pub position: Option<u64>,
}

fn joined_by(entry: &Entry, until: Option<Timestamp>) -> bool {
    until.is_none_or(|until| entry.joined_at <= until)
}

impl Bookings {
    /// Puts somebody at the end of the list.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing has changed then.
    pub async fn join_list(&self, event: EventId, wish: JoinWish) -> Result<Place, JoinError> {
        let now = self.clock.now();
        let entry = transact(self.store.begin().await?, async |tx| {
            let sale = tx.lock_sales(&[event]).await?.pop();
            let mut sale = sale.ok_or(JoinRefusal::UnknownEvent)?;
            if sale.status == SaleStatus::Closed {
                return Err(JoinRefusal::UnknownEvent.into());
            }
            // Before the list is served: what is decided for somebody who is refused is thrown away.
            let living = tx.living_entry(event, wish.buyer).await?;
            if living.as_ref().is_some_and(|entry| entry.status_at(now).lives()) {
                return Err(JoinRefusal::WaitingAlready.into());
            }
            let before = sale.clone();
            // What ended by itself counts no more, and is for those who wait already.
            reclaim(tx, &mut sale, now).await?;
            if living.is_some() && tx.living_entry(event, wish.buyer).await?.is_some() {
                return Err(JoinRefusal::WaitingAlready.into());
            }
            serve(tx, &mut sale, self.serving(), now).await?;
            let already = tx.holdings(&[(wish.buyer, event)], now).await?.pop();
            let already = already.map(|tally| tally.holdings).unwrap_or_default();
            let number = tx.last_number(event).await?.saturating_add(1);
            // Where seats stand matters only to those for whom there are enough of them, or who ask what they cost.
            let enough = sale.offers.iter().filter(|offer| sale.left_of(offer) >= wish.quantity);
            let sections: BTreeSet<_> = enough.filter_map(|offer| offer.section).collect();
            let hall = match sections.is_empty() && wish.max_price.is_none() {
                false => self.plans.hall(tx, &sale, sections, now).await?,
                true => None,
            };
            let entry = sale.join(&wish, (&already, hall.as_ref()), number, now)?;
            tx.add_entry(&entry).await?;
            if sale != before {
                tx.save_sales(&[sale]).await?;
            }
            Ok::<_, JoinError>(entry)
        })
        .await?;
        Ok(self.placed_at(entry).await?)
    }

    async fn placed_at(&self, entry: Entry) -> Result<Place, StoreError> {
        let position = match entry.status {
            EntryStatus::Waiting => Some(self.store.waiting_before(entry.event, entry.number).await? + 1),
            _ => None,
        };
        Ok(Place { entry, position })
    }

    /// Where somebody stands on the list of an event; `None` for those who never were on it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn place_on_list(&self, event: EventId, buyer: AccountId) -> Result<Option<Place>, StoreError> {
        match self.store.last_entry(event, buyer).await? {
            Some(entry) => self.placed_at(entry).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes somebody off the list; what was offered goes to the next. `false` when they are not on it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn leave_list(&self, event: EventId, buyer: AccountId) -> Result<bool, StoreError> {
        let seen = self.store.last_entry(event, buyer).await?;
        if seen.is_none_or(|entry| !entry.status.lives()) {
            return Ok(false);
        }
        self.leave(event, buyer, None).await
    }

    async fn leave(
        &self,
        event: EventId,
        buyer: AccountId,
        until: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut sale) = tx.lock_sales(&[event]).await?.pop() else { return Ok(false) };
            let before = sale.clone();
            let living = tx.living_entry(event, buyer).await?;
            let Some(mut entry) = living.filter(|entry| joined_by(entry, until)) else { return Ok(false) };
            drop_offers(tx, &mut sale, std::slice::from_ref(&entry)).await?;
            entry.end(EntryStatus::Left, now);
            tx.save_entries(&[entry]).await?;
            if sale != before {
                reclaim(tx, &mut sale, now).await?;
                serve(tx, &mut sale, self.serving(), now).await?;
                tx.save_sales(&[sale]).await?;
            }
            Ok::<_, StoreError>(true)
        })
        .await
    }

    /// Takes somebody off every list that they were on at an instant (now, without one), because their account is gone
    /// or barred; answers with the events.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn leave_lists(
        &self,
        buyer: AccountId,
        until: Option<Timestamp>,
    ) -> Result<Vec<EventId>, StoreError> {
        let (mut left, mut after) = (Vec::new(), None);
        loop {
            let living = self.store.living_entries(buyer, after, AT_ONCE).await?;
            let Some(last) = living.last() else { return Ok(left) };
            after = Some(last.event);
            for entry in living.iter().filter(|entry| joined_by(entry, until)) {
                if self.leave(entry.event, buyer, until).await? {
                    left.push(entry.event);
                }
            }
        }
    }

    /// Somebody's entries of all events, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn entries_of_buyer(
        &self,
        buyer: AccountId,
        page: PageRequest,
    ) -> Result<Page<Entry>, StoreError> {
        self.store.entries_of_buyer(buyer, page).await
    }

    /// The entries of an event in their order.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn entries(&self, event: EventId, page: PageRequest) -> Result<Page<Entry>, StoreError> {
        self.store.entries_of_event(event, page).await
    }

    /// An entry for the worker, whoever's it is.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn entry(&self, id: WaitlistEntryId) -> Result<Option<Entry>, StoreError> {
        self.store.entry(id).await
    }

    /// The list of an event in numbers.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list_counts(&self, event: EventId) -> Result<ListCounts, StoreError> {
        self.store.count_entries(event).await
    }

    /// Offers what is free to the next so many, also where staff alone does so. Who may is decided by the caller.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn notify_list(&self, event: EventId, most: u32, by: &Cause) -> Result<u32, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut sale) = tx.lock_sales(&[event]).await?.pop() else { return Ok(0) };
            let before = sale.clone();
            reclaim(tx, &mut sale, now).await?;
            let made = offer_next(tx, &mut sale, (self.serving(), most), now).await?;
            if made > 0 {
                let act = acts::list_notified(by, event, made, now);
                tx.record(&[act.of(sale.organisation)]).await?;
            }
            if sale != before {
                tx.save_sales(&[sale]).await?;
            }
            Ok::<_, StoreError>(made)
        })
        .await
    }

    /// How the list and the return desk of an event are run; `None` without such an event.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn rules(&self, event: EventId) -> Result<Option<Rules>, StoreError> {
        Ok(self.sale(event).await?.map(|sale| sale.resale.rules()))
    }

    /// Changes how they are run, and serves the list if that is done by itself from now on. Who may is decided by the
    /// caller.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn set_rules(&self, event: EventId, rules: Rules, by: &Cause) -> Result<bool, StoreError> {
        let now: Timestamp = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut sale) = tx.lock_sales(&[event]).await?.pop() else { return Ok(false) };
            let before = sale.resale.rules();
            if before == rules {
                return Ok(true);
            }
            tx.save_rules(event, rules).await?;
            let act = acts::rules_set(by, event, (before, rules), now);
            tx.record(&[act.of(sale.organisation)]).await?;
            sale.resale.automatic = rules.automatic;
            sale.resale.returns = rules.returns;
            let unserved = sale.clone();
            reclaim(tx, &mut sale, now).await?;
            serve(tx, &mut sale, self.serving(), now).await?;
            if sale != unserved {
                tx.save_sales(&[sale]).await?;
            }
            Ok::<_, StoreError>(true)
        })
        .await
    }
}
