//! To which ticket types an amount of an order belongs.

use super::{Earlier, GivenBack, Moved, Part};
use crate::Item;
use crate::document::lines::{self, Line};
use crate::ledger::EntryKind;
use kernel::{Money, RefundId, SeatId, TicketTypeId};
use std::collections::BTreeMap;

/// An amount divided over the types by what each cost; what cannot be divided goes to the first lines.
pub(super) fn sold(amount: i64, items: &[Item]) -> Vec<(Part, i64)> {
    let shares = costs(items);
    let Some((first, _)) = shares.first() else { return vec![(Part::Order, amount)] };
    let whole: i128 = shares.iter().map(|(_, share)| share).sum();
    if whole == 0 {
        return vec![(Part::Type(*first), amount)];
    }
    let (size, sign) = (i128::from(amount.unsigned_abs()), i128::from(amount.signum()));
    let mut parts: Vec<i128> = shares.iter().map(|(_, share)| size * share / whole).collect();
    let mut over = size - parts.iter().sum::<i128>();
    for (part, (_, share)) in parts.iter_mut().zip(&shares) {
        if over > 0 && *share > 0 {
            *part += 1;
            over -= 1;
        }
    }
    let parts = shares.iter().zip(parts).filter(|(_, part)| *part > 0);
    parts.map(|((id, _), part)| (Part::Type(*id), i64::try_from(part * sign).unwrap_or(i64::MAX))).collect()
}

/// What each type cost, in the order of the lines.
fn costs(items: &[Item]) -> Vec<(TicketTypeId, i128)> {
    let mut types: Vec<(TicketTypeId, i128)> = Vec::new();
    for item in items {
        let cost = i128::from(item.unit_price.minor()) * i128::from(item.quantity);
        match types.iter_mut().find(|(known, _)| *known == item.ticket_type) {
            Some((_, costs)) => *costs += cost,
            None => types.push((item.ticket_type, cost)),
        }
    }
    types
}

/// What goes back, divided as credit notes divide it ([`lines::sent_back`]): over the lines of the tickets whose price it
/// is, or else over what is left of all. What took a refund back is divided as that one was.
pub(super) fn sent_back(moved: &Moved) -> Vec<(Part, i64)> {
    let lines = of_sale(moved);
    let mut decided: Vec<(Option<RefundId>, Vec<Line>)> = Vec::new();
    let earned = moved.earlier.iter().filter(|it| it.kind == EntryKind::RefundDecided && it.earned() != 0);
    for earlier in earned {
        if earlier.reversal {
            decided.retain(|(refund, _)| *refund != earlier.refund);
        } else {
            let gone = gone(&decided);
            let part = lines::sent_back(&lines, &gone, &tickets(&earlier.given_back), earlier.amount);
            decided.push((earlier.refund, part));
        }
    }
    let before = gone(&decided);
    let same = decided.into_iter().find(|(refund, _)| moved.reversal && *refund == moved.refund);
    let back = same.map(|(_, lines)| lines);
    let anew = || lines::sent_back(&lines, &before, &tickets(&moved.given_back), moved.amount);
    let mut parts: BTreeMap<Part, i64> = BTreeMap::new();
    let mut left = moved.amount.minor();
    for line in back.unwrap_or_else(anew) {
        *parts.entry(Part::Type(line.ticket_type)).or_default() += line.gross.minor();
        left -= line.gross.minor();
    }
    // More than was left: a person gave more than the price.
    if left > 0 {
        for (part, more) in sold(left, &moved.items) {
            *parts.entry(part).or_default() += more;
        }
    }
    parts.into_iter().collect()
}

/// The lines of what was sold, at what was taken for it.
fn of_sale(moved: &Moved) -> Vec<Line> {
    let lines = lines::sold(&moved.items, &[]).unwrap_or_default();
    let came = moved.earlier.iter().filter(|it| it.kind != EntryKind::RefundDecided);
    let came: i64 = came.map(Earlier::earned).sum();
    match Money::new(came, moved.amount.currency()) {
        Ok(came) if !came.is_zero() => lines::at(lines, came),
        _ => lines,
    }
}

fn gone(decided: &[(Option<RefundId>, Vec<Line>)]) -> Vec<Line> {
    decided.iter().flat_map(|(_, lines)| lines.clone()).collect()
}

fn tickets(given_back: &[GivenBack]) -> Vec<(TicketTypeId, Option<SeatId>)> {
    given_back.iter().map(|it| (it.ticket_type, it.seat)).collect()
}
