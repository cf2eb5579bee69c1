use super::Messages;
use crate::{Letter, LetterFilter, Suppression, Troubles, acts};
use chrono::TimeDelta;
use kernel::{AccountId, Actor, BookingId, EffectId, Email, Page, PageRequest, StoreError, transact};
use std::collections::BTreeMap;

/// For how long letters that did not arrive are counted.
const COUNTED: TimeDelta = TimeDelta::days(30);

impl Messages {
    /// One letter.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn letter(&self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        self.store.letter(id).await
    }

    /// These letters, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn letters(
        &self,
        filter: &LetterFilter,
        page: PageRequest,
    ) -> Result<Page<Letter>, StoreError> {
        self.store.letters(filter, page).await
    }

    /// Records that somebody takes out all that [`Self::letters`] finds, before the first line of it leaves.
    ///
    /// # Errors
    /// The store could not answer; nothing shall leave then.
    pub async fn take_out(&self, filter: &LetterFilter, by: &Actor) -> Result<(), StoreError> {
        let acts = [acts::table_taken(by, filter, self.clock.now())];
        transact(self.store.begin_messaging().await?, async |tx| tx.record(&acts).await).await
    }

    /// All letters about these orders, in no order.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn letters_about(&self, bookings: &[BookingId]) -> Result<Vec<Letter>, StoreError> {
        if bookings.is_empty() { Ok(Vec::new()) } else { self.store.letters_about(bookings).await }
    }

    /// Letters to an account, whatever address it had, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn letters_to(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Letter>, StoreError> {
        let own = LetterFilter { account: Some(account), ..LetterFilter::default() };
        self.store.letters(&own, page).await
    }

    /// Letters to an address that went to nobody's account, the newest first. A page may be shorter than its limit, or empty,
    /// and not be the last.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn letters_at(&self, address: &Email, page: PageRequest) -> Result<Page<Letter>, StoreError> {
        let there = LetterFilter { to: Some(address.clone()), ..LetterFilter::default() };
        let mut found = self.store.letters(&there, page).await?;
        found.items.retain(|letter| letter.about.account.is_none());
        Ok(found)
    }

    /// How many letters of the last thirty days did not arrive and were not sent again.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn troubles(&self) -> Result<Troubles, StoreError> {
        self.store.troubles(self.clock.now() - COUNTED).await
    }

    /// Those of these addresses that get no announcements, and why. Tickets, links and whatever else somebody has to get are
    /// sent to them all the same.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn suppressed(&self, addresses: &[Email]) -> Result<BTreeMap<Email, Suppression>, StoreError> {
        let known: BTreeMap<_, _> =
            addresses.iter().map(|address| (self.addresses.hash(address), address)).collect();
        let hashes: Vec<_> = known.keys().cloned().collect();
        if hashes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.store.suppressions(&hashes).await?.into_iter();
        let found = found.filter_map(|it| Some(((*known.get(&it.address)?).clone(), it)));
        Ok(found.collect())
    }
}
