//! Who earned most, where amounts of several currencies stand side by side.

use kernel::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Which place each amount has among those in its own currency: the largest has 0, and equal ones have the same.
#[must_use]
pub fn ranks(amounts: &[(Currency, i64)]) -> Vec<usize> {
    let mut known: BTreeMap<Currency, BTreeSet<i64>> = BTreeMap::new();
    for (currency, amount) in amounts {
        known.entry(*currency).or_default().insert(*amount);
    }
    let places: BTreeMap<(Currency, i64), usize> = known
        .iter()
        .flat_map(|(currency, all)| {
            all.iter().rev().enumerate().map(move |(place, amount)| ((*currency, *amount), place))
        })
        .collect();
    amounts.iter().map(|amount| places.get(amount).copied().unwrap_or(usize::MAX)).collect()
}
