//! Who waits, page by page.

use crate::waitlist::{Entry, Free};
use crate::{BookingTx, Hall, Holdings, Sale};
use kernel::{AccountId, EventId, StoreError, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Entries of a list that are looked at together.
const PAGE: u32 = 200;

/// Some who wait, with what they have of the event already.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) entries: Vec<Entry>,
    pub(super) holdings: BTreeMap<AccountId, Holdings>,
    pub(super) last: bool,
}

/// `None` when nothing is free or nobody waits.
pub(super) async fn next(
    tx: &mut dyn BookingTx,
    (sale, hall): (&Sale, Option<&mut Hall>),
    after: u64,
    now: Timestamp,
) -> Result<Option<Waiting>, StoreError> {
    let free = sale.free_in(hall, now);
    Ok(pages(tx, &[(sale, free)], after, now).await?.remove(&sale.event))
}

/// The next who wait on each of several lists for what is free there; without those on which nobody does.
pub(super) async fn pages(
    tx: &mut dyn BookingTx,
    sales: &[(&Sale, Vec<Free>)],
    after: u64,
    now: Timestamp,
) -> Result<BTreeMap<EventId, Waiting>, StoreError> {
    let lists = sales.iter().map(|(sale, free)| (sale.event, free.as_slice()));
    let lists: Vec<_> = lists.filter(|(_, free)| !free.is_empty()).collect();
    let mut pages: BTreeMap<EventId, Waiting> = BTreeMap::new();
    if lists.is_empty() {
        return Ok(pages);
    }
    for entry in tx.waiting(&lists, after, PAGE).await? {
        pages.entry(entry.event).or_default().entries.push(entry);
    }
    let limited = sales.iter().filter(|(sale, _)| sale.limits_users()).map(|(sale, _)| sale.event);
    let limited: BTreeSet<EventId> = limited.collect();
    let entries = pages.values().flat_map(|page| &page.entries);
    let entries = entries.filter(|entry| limited.contains(&entry.event));
    let pairs: Vec<_> = entries.map(|entry| (entry.buyer, entry.event)).collect();
    if !pairs.is_empty() {
        for tally in tx.holdings(&pairs, now).await? {
            if let Some(page) = pages.get_mut(&tally.event) {
                page.holdings.insert(tally.buyer, tally.holdings);
            }
        }
    }
    for page in pages.values_mut() {
        page.last = u32::try_from(page.entries.len()).is_ok_and(|count| count < PAGE);
    }
    Ok(pages)
}
