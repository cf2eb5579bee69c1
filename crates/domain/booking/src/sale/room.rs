//! What may still be given away while one request is decided.

use super::{Offer, Sale};
use kernel::QuotaId;
use std::collections::BTreeMap;

/// Places that several ticket types draw on: the event's, and those of its quotas.
pub(super) struct Room {
    event: u32,
    quotas: BTreeMap<QuotaId, u32>,
}

impl Room {
    pub(super) fn of(sale: &Sale) -> Self {
        let taken = sale.taken_of_quotas();
        let quotas = sale.offers.iter().filter_map(|offer| offer.quota).map(|quota| {
            let taken = taken.get(&quota.id).copied().unwrap_or(0);
            (quota.id, quota.quantity.saturating_sub(taken))
        });
        Self {
            event: sale.capacity.map_or(u32::MAX, |most| most.saturating_sub(sale.taken())),
            quotas: quotas.collect(),
        }
    }

    /// How many of a type can be had.
    pub(super) fn left(&self, offer: &Offer) -> u32 {
        let shared = offer.quota.and_then(|quota| self.quotas.get(&quota.id).copied());
        offer.left().min(self.event).min(shared.unwrap_or(u32::MAX))
    }

    /// So many of a type are given away. Each type is asked for once, so that what it has of its own is not counted.
    pub(super) fn take(&mut self, offer: &Offer, quantity: u32) {
        self.event = self.event.saturating_sub(quantity);
        if let Some(shared) = offer.quota.and_then(|quota| self.quotas.get_mut(&quota.id)) {
            *shared = shared.saturating_sub(quantity);
        }
    }
}
