//! What is known of things that happen outside: looks at providers' accounts, and mails that were taken.

use super::documents::Notice;
use crate::document::{Document, Key, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{Delivery, Look, OutsideReads, OutsideTx, Provider, Scan, Till};
use async_trait::async_trait;
use kernel::{BookingId, DisputeId, EffectId, PaymentId, ScanId, StoreError, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How far an account was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptLook {
    provider: Provider,
    account: String,
    live: bool,
    looked_at: Timestamp,
    until: Option<Timestamp>,
}

impl KeptLook {
    fn named(till: &Till) -> (Provider, String, bool) {
        (till.provider, till.account.clone(), till.live)
    }
}

impl Key for (Provider, String, bool) {
    fn bytes(&self) -> Vec<u8> {
        format!("{}/{}/{}", self.0.as_str(), self.2, self.1).into_bytes()
    }
}

impl Document for KeptLook {
    const KIND: &'static str = "look";
    type Key = (Provider, String, bool);

    fn key(&self) -> Self::Key {
        (self.provider, self.account.clone(), self.live)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.looks
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.looks
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for Delivery {
    const KIND: &'static str = "delivery";
    type Key = EffectId;

    fn key(&self) -> EffectId {
        self.effect
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.deliveries
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.deliveries
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.booking.deliveries_by_booking, (self.booking, self.at, self.effect));
    }
}

#[async_trait]
impl OutsideReads for LocalStore {
    async fn payment_of_charge(
        &self,
        provider: Provider,
        charge: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError> {
        let state = self.read();
        let payment = state.booking.charges.get(&(provider, charge.to_owned())).copied();
        Ok(payment.and_then(|payment| Some((*state.booking.payments.get(&payment)?, payment))))
    }

    async fn booking_of_dispute(&self, id: DisputeId) -> Result<Option<BookingId>, StoreError> {
        Ok(self.read().booking.disputes.get(&id).copied())
    }

    /// Looks at every notice: it is asked when a person wants to know how the system fares.
    async fn last_notices(&self) -> Result<Vec<(Provider, Timestamp)>, StoreError> {
        let state = self.read();
        let mut last = BTreeMap::new();
        for (provider, at) in state.booking.notices.values().map(|notice| Notice::told(notice)) {
            let known = last.entry(provider).or_insert(at);
            *known = at.max(*known);
        }
        Ok(last.into_iter().collect())
    }

    async fn scans_of_booking(&self, id: BookingId) -> Result<Vec<Scan>, StoreError> {
        let state = self.read();
        let none = ScanId::from(Uuid::nil());
        let end = ScanId::from(Uuid::max());
        let of_ticket = |ticket: TicketId| {
            let range = (ticket, Timestamp::MIN_UTC, none)..=(ticket, Timestamp::MAX_UTC, end);
            state.booking.scans_by_ticket.range(range).map(|(_, at, scan)| (*at, *scan)).collect::<Vec<_>>()
        };
        let mut found: Vec<_> = state.booking.tickets_of(id).flat_map(of_ticket).collect();
        found.sort_unstable();
        Ok(found.into_iter().filter_map(|(_, scan)| state.copy(&scan)).collect())
    }

    async fn deliveries_of_booking(&self, id: BookingId) -> Result<Vec<Delivery>, StoreError> {
        let state = self.read();
        let (none, end) = (EffectId::from(Uuid::nil()), EffectId::from(Uuid::max()));
        let range = (id, Timestamp::MIN_UTC, none)..=(id, Timestamp::MAX_UTC, end);
        let found = state.booking.deliveries_by_booking.range(range);
        Ok(found.filter_map(|(_, _, effect)| state.copy(effect)).collect())
    }
}

#[async_trait]
impl OutsideTx for LocalTx {
    async fn claim_look(
        &mut self,
        till: &Till,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<Option<Look>, StoreError> {
        let before: Option<KeptLook> = self.state().copy(&KeptLook::named(till));
        if before.as_ref().is_some_and(|before| before.looked_at > due) {
            return Ok(None);
        }
        let until = before.and_then(|before| before.until);
        let (provider, account, live) = KeptLook::named(till);
        self.put(KeptLook { provider, account, live, looked_at: now, until });
        Ok(Some(Look { till: till.clone(), looked_at: now, until }))
    }

    async fn end_look(&mut self, till: &Till, until: Timestamp) -> Result<(), StoreError> {
        if let Some(before) = self.state().copy::<KeptLook>(&KeptLook::named(till)) {
            let until = before.until.map_or(until, |before| before.max(until));
            self.put(KeptLook { until: Some(until), ..before });
        }
        Ok(())
    }

    async fn add_delivery(&mut self, delivery: &Delivery) -> Result<bool, StoreError> {
        let new = self.state().get::<Delivery>(&delivery.effect).is_none();
        if new {
            self.put(delivery.clone());
        }
        Ok(new)
    }
}
