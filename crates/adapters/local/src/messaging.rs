//! Letters, and addresses that get no announcements.

use crate::document::{Document, Key, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::messaging::{
    AddressHash, DOMAIN, Effect, Letter, LetterFilter, LetterState, MessagingStore, MessagingTx, Suppression,
    Troubles,
};
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::{
    AccountId, BookingId, Cursor, EffectId, Email, EventId, Owed, Page, PageRequest, SWEPT_AT_ONCE,
    StoreError, Timestamp, Transaction,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct MessagingTables {
    letters: Table<Letter>,
    suppressions: Table<Suppression>,
    reports: Table<KeptReport>,
    by_time: OrdSet<Cursor>,
    in_trouble: OrdSet<Cursor>,
    by_account: OrdSet<(AccountId, Cursor)>,
    by_address: OrdSet<(Email, Cursor)>,
    by_booking: OrdSet<(BookingId, Cursor)>,
    by_event: OrdSet<(EventId, Cursor)>,
    by_effect: OrdSet<(EffectId, EffectId)>,
    reports_by_time: OrdSet<(Timestamp, String)>,
}

/// A report that came, by the name that it came under.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptReport {
    name: String,
    at: Timestamp,
}

impl Key for AddressHash {
    fn bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
}

impl Key for String {
    fn bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Document for Letter {
    const KIND: &'static str = "letter";
    type Key = EffectId;

    fn key(&self) -> EffectId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.messaging.letters
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.messaging.letters
    }

    fn index(&self, state: &mut State, step: Step) {
        let (tables, cursor) = (&mut state.messaging, self.cursor());
        step.set(&mut tables.by_time, cursor);
        step.set(&mut tables.by_effect, (self.effect, self.id));
        if self.is_trouble() {
            step.set(&mut tables.in_trouble, cursor);
        }
        if let Some(account) = self.about.account {
            step.set(&mut tables.by_account, (account, cursor));
        }
        if let Some(booking) = self.about.booking {
            step.set(&mut tables.by_booking, (booking, cursor));
        }
        if let Some(event) = self.about.event {
            step.set(&mut tables.by_event, (event, cursor));
        }
        if let Some(to) = &self.to {
            step.set(&mut tables.by_address, (to.clone(), cursor));
        }
    }
}

impl Document for Suppression {
    const KIND: &'static str = "suppression";
    type Key = AddressHash;

    fn key(&self) -> AddressHash {
        self.address.clone()
    }

    fn table(state: &State) -> &Table<Self> {
        &state.messaging.suppressions
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.messaging.suppressions
    }

    fn index(&self, _: &mut State, _: Step) {}
}

impl Document for KeptReport {
    const KIND: &'static str = "mail_report";
    type Key = String;

    fn key(&self) -> String {
        self.name.clone()
    }

    fn table(state: &State) -> &Table<Self> {
        &state.messaging.reports
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.messaging.reports
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.messaging.reports_by_time, (self.at, self.name.clone()));
    }
}

impl MessagingTables {
    /// Letters from the page's start on, by the index that leaves the fewest to look at.
    fn listed<'s>(&'s self, filter: &LetterFilter, page: PageRequest) -> Box<dyn Iterator<Item = Uuid> + 's> {
        match filter {
            LetterFilter { booking: Some(booking), .. } => {
                Box::new(newest_of(&self.by_booking, *booking, page))
            }
            LetterFilter { to: Some(to), .. } => Box::new(newest_of(&self.by_address, to.clone(), page)),
            LetterFilter { account: Some(account), .. } => {
                Box::new(newest_of(&self.by_account, *account, page))
            }
            LetterFilter { event: Some(event), .. } => Box::new(newest_of(&self.by_event, *event, page)),
            LetterFilter { trouble: true, .. } => Box::new(newest(&self.in_trouble, page)),
            LetterFilter { .. } => Box::new(newest(&self.by_time, page)),
        }
    }
}

fn most() -> usize {
    usize::try_from(SWEPT_AT_ONCE).unwrap_or(usize::MAX)
}

#[async_trait]
impl MessagingStore for LocalStore {
    async fn begin_messaging(&self) -> Result<Box<dyn MessagingTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn letter(&self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn letters(&self, filter: &LetterFilter, page: PageRequest) -> Result<Page<Letter>, StoreError> {
        let state = self.read();
        let found = state.messaging.listed(filter, page);
        let found = found.filter_map(|id| state.get::<Letter>(&EffectId::from(id)));
        let found = found.filter(|letter| filter.wants(letter)).take(wanted(page));
        let found: Vec<Letter> = found.map(|letter| Letter::clone(letter)).collect();
        Ok(Page::cut(found, page.limit, Letter::cursor))
    }

    async fn letters_about(&self, bookings: &[BookingId]) -> Result<Vec<Letter>, StoreError> {
        let state = self.read();
        let bookings: BTreeSet<BookingId> = bookings.iter().copied().collect();
        let all = PageRequest { limit: u32::MAX, after: None };
        let ids =
            bookings.into_iter().flat_map(|booking| newest_of(&state.messaging.by_booking, booking, all));
        Ok(ids.filter_map(|id| state.copy(&EffectId::from(id))).collect())
    }

    async fn troubles(&self, since: Timestamp) -> Result<Troubles, StoreError> {
        let state = self.read();
        let first = Cursor { at: since, id: Uuid::nil() };
        let mut troubles = Troubles::default();
        for cursor in state.messaging.in_trouble.range(first..) {
            match state.get::<Letter>(&EffectId::from(cursor.id)).map(|letter| letter.state) {
                Some(LetterState::Deferred) => troubles.deferred += 1,
                Some(LetterState::Bounced) => troubles.bounced += 1,
                Some(LetterState::Failed) => troubles.failed += 1,
                Some(LetterState::Queued | LetterState::Sent) | None => {}
            }
        }
        Ok(troubles)
    }

    async fn suppressions(&self, addresses: &[AddressHash]) -> Result<Vec<Suppression>, StoreError> {
        let state = self.read();
        let addresses: BTreeSet<&AddressHash> = addresses.iter().collect();
        Ok(addresses.into_iter().filter_map(|address| state.copy(address)).collect())
    }

    async fn sweep_letters(&self, letters: Timestamp, reports: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let tables = &tx.state().messaging;
        let old = tables.by_time.iter().take_while(|cursor| cursor.at < letters);
        let old: Vec<EffectId> = old.take(most()).map(|cursor| cursor.id.into()).collect();
        let names = tables.reports_by_time.iter().take_while(|(at, _)| *at < reports);
        let names: Vec<String> = names.take(most()).map(|(_, name)| name.clone()).collect();
        for id in &old {
            tx.remove::<Letter>(id);
        }
        for name in &names {
            tx.remove::<KeptReport>(name);
        }
        tx.commit().await?;
        Ok(u64::try_from(old.len() + names.len()).unwrap_or(u64::MAX))
    }
}

impl LocalTx {
    fn forget_letters(&mut self, letters: Vec<Letter>) {
        for mut letter in letters {
            letter.forget();
            self.put(letter);
        }
    }
}

#[async_trait]
impl MessagingTx for LocalTx {
    async fn lock_letter(&mut self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn lock_letters_of(&mut self, effect: EffectId) -> Result<Vec<Letter>, StoreError> {
        let of = (effect, EffectId::from(Uuid::nil()))..=(effect, EffectId::from(Uuid::max()));
        let found = self.state().messaging.by_effect.range(of);
        Ok(found.filter_map(|(_, id)| self.state().copy(id)).collect())
    }

    async fn add_letter(&mut self, letter: &Letter) -> Result<bool, StoreError> {
        if self.state().get::<Letter>(&letter.id).is_some() {
            return Ok(false);
        }
        self.put(letter.clone());
        Ok(true)
    }

    async fn save_letter(&mut self, letter: &Letter) -> Result<(), StoreError> {
        self.save(letter.clone(), "saving a letter")
    }

    async fn forget_letters_to(&mut self, account: AccountId) -> Result<(), StoreError> {
        let all = PageRequest { limit: u32::MAX, after: None };
        let tables = &self.state().messaging;
        let mut ids: BTreeSet<Uuid> = newest_of(&tables.by_account, account, all).collect();
        let own = ids.iter().filter_map(|id| self.state().get::<Letter>(&EffectId::from(*id)));
        let addresses: BTreeSet<Email> = own.filter_map(|letter| letter.to.clone()).collect();
        for address in addresses {
            ids.extend(newest_of(&tables.by_address, address, all));
        }
        let letters: Vec<Letter> =
            ids.into_iter().filter_map(|id| self.state().copy(&EffectId::from(id))).collect();
        self.forget_letters(letters);
        Ok(())
    }

    async fn forget_letters_to_guests(&mut self, booking: BookingId) -> Result<(), StoreError> {
        let all = PageRequest { limit: u32::MAX, after: None };
        let ids = newest_of(&self.state().messaging.by_booking, booking, all);
        let found = ids.filter_map(|id| self.state().copy::<Letter>(&EffectId::from(id)));
        let letters: Vec<Letter> = found.filter(|letter| letter.about.account.is_none()).collect();
        self.forget_letters(letters);
        Ok(())
    }

    async fn remember_report(&mut self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        let name = name.to_owned();
        if self.state().get::<KeptReport>(&name).is_some() {
            return Ok(false);
        }
        self.put(KeptReport { name, at });
        Ok(true)
    }

    async fn suppress(&mut self, suppression: &Suppression) -> Result<bool, StoreError> {
        let before = self.state().get::<Suppression>(&suppression.address);
        if before.is_some_and(|before| !suppression.outweighs(before)) {
            return Ok(false);
        }
        self.put(suppression.clone());
        Ok(true)
    }

    async fn lift_suppression(&mut self, address: &AddressHash) -> Result<Option<Suppression>, StoreError> {
        let before = self.state().copy::<Suppression>(address);
        if before.is_some() {
            self.remove::<Suppression>(address);
        }
        Ok(before)
    }

    async fn enqueue_messaging(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }
}
