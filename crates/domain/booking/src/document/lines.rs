//! The lines of a document, and the one rule of their arithmetic.
//!
//! Prices include the tax. The tax of a line is taken out of the line's sum and rounded once, halves up; its net is
//! what remains. Totals are sums of lines and are never rounded. What goes back of a line takes so much tax with it as
//! the tax of what was left before differs from the tax of what is left after: however a refund is cut into parts, all
//! parts together give back exactly the tax that was charged.

use crate::Item;
use kernel::{Money, SeatId, TicketTypeId, VatRate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many of something at a price each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// How many.
    pub quantity: u32,
    /// For one, tax included.
    pub unit_price: Money,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its place among the lines of what was sold, from 0; a line of a credit note has the place of the line that it
    /// takes back.
    pub place: u32,
    /// Which type of ticket.
    pub ticket_type: TicketTypeId,
    /// Which seat, where places are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// What it was called.
    pub name: String,
    /// How many at which price; none when a part of the line's sum went back.
    pub pieces: Option<Pieces>,
    /// The rate of the tax that is in it.
    pub rate: VatRate,
    /// The sum, tax included.
    pub gross: Money,
    /// The tax that is in the sum.
    pub tax: Money,
}

/// What all lines of one rate sum up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateTotal {
    /// The rate.
    pub rate: VatRate,
    /// Without the tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// With the tax.
    pub gross: Money,
}

impl Line {
    /// Without the tax.
    #[must_use]
    pub fn net(&self) -> Money {
        self.gross.minus(self.tax).unwrap_or(Money::zero(self.gross.currency()))
    }
}

/// The lines of what was sold. `None` when the sum is larger than anything can cost.
#[must_use]
pub fn sold(items: &[Item], names: &[(TicketTypeId, String)]) -> Option<Vec<Line>> {
    let line = |(place, item): (usize, &Item)| {
        let name = names.iter().find(|(id, _)| *id == item.ticket_type).map(|(_, name)| name.clone());
        let label = item.seat.as_ref().map(|seat| format!(", {}", seat.label)).unwrap_or_default();
        let gross = item.unit_price.times(item.quantity)?;
        Some(Line {
            place: u32::try_from(place).ok()?,
            ticket_type: item.ticket_type,
            seat: item.seat.as_ref().map(|seat| seat.id),
            // A type that was removed has no name any more; nothing that was sold can be removed.
            name: name.unwrap_or_else(|| item.ticket_type.to_string()) + &label,
            pieces: Some(Pieces { quantity: item.quantity, unit_price: item.unit_price }),
            rate: item.vat,
            gross,
            tax: item.vat.included_in(gross),
        })
    };
    items.iter().enumerate().map(line).collect()
}

/// The same lines for another sum than their own, because a person took that for the price: it is divided in proportion
/// to what each line costs, and a line is so many pieces at a price only when that comes out even.
#[must_use]
pub fn at(sold: Vec<Line>, paid: Money) -> Vec<Line> {
    let weights: Vec<i64> = sold.iter().map(|line| line.gross.minor()).collect();
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if whole == i128::from(paid.minor()) || whole == 0 {
        return sold;
    }
    let part =
        |weight: &i64| i64::try_from(i128::from(paid.minor()) * i128::from(*weight) / whole).unwrap_or(0);
    let mut parts: Vec<i64> = weights.iter().map(part).collect();
    let over = paid.minor() - parts.iter().sum::<i64>();
    // Rounding down leaves less than one unit of each line.
    let costly = parts.iter_mut().zip(&weights).filter(|(_, weight)| **weight > 0);
    for (part, _) in costly.take(usize::try_from(over).unwrap_or(0)) {
        *part += 1;
    }
    let line = |(line, part): (Line, i64)| {
        let gross = Money::new(part, line.gross.currency()).ok()?;
        let quantity = line.pieces.map(|pieces| pieces.quantity);
        let each =
            quantity.and_then(|count| Money::new(part / i64::from(count.max(1)), gross.currency()).ok());
        let pieces = quantity.zip(each).map(|(quantity, unit_price)| Pieces { quantity, unit_price });
        let pieces = pieces.filter(|it| it.unit_price.times(it.quantity) == Some(gross));
        Some(Line { pieces, gross, tax: line.rate.included_in(gross), ..line })
    };
    sold.into_iter().zip(parts).filter_map(line).collect()
}

/// The lines of what goes back: `amount`, or all that is left after `before` when that is less.
///
/// It is taken from the lines of the `tickets` whose price goes back, as far as that was their price, in proportion to
/// it; money that goes back for no ticket in particular is taken from all lines, in proportion to what is left of
/// each. What cannot be divided goes to the first lines.
#[must_use]
pub fn sent_back(
    sold: &[Line],
    before: &[Line],
    tickets: &[(TicketTypeId, Option<SeatId>)],
    amount: Money,
) -> Vec<Line> {
    let mut gone: BTreeMap<u32, i64> = BTreeMap::new();
    for line in before {
        *gone.entry(line.place).or_default() += line.gross.minor();
    }
    let left_of = |line: &Line| (line.gross.minor() - gone.get(&line.place).unwrap_or(&0)).max(0);
    let left: Vec<i64> = sold.iter().map(left_of).collect();
    let priced = |(line, left): (&Line, &i64)| {
        let count = tickets.iter().filter(|ticket| **ticket == (line.ticket_type, line.seat)).count();
        let price = line.pieces.map_or(0, |pieces| pieces.unit_price.minor());
        price.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)).min(*left)
    };
    let priced: Vec<i64> = sold.iter().zip(&left).map(priced).collect();
    let enough = priced.iter().map(|price| i128::from(*price)).sum::<i128>() >= i128::from(amount.minor());
    let parts = divided(amount.minor(), if enough { &priced } else { &left });
    let line = |((line, left), part): ((&Line, i64), i64)| {
        let money = |minor| Money::new(minor, line.gross.currency()).ok();
        let (gross, before, after) = (money(part)?, money(left)?, money(left - part)?);
        let tax = line.rate.included_in(before).minus(line.rate.included_in(after))?;
        (part > 0).then(|| Line { pieces: of_pieces(line, part), gross, tax, ..line.clone() })
    };
    sold.iter().zip(left).zip(parts).filter_map(line).collect()
}

/// How many at which price a part of a line is, when it is so many whole ones.
fn of_pieces(line: &Line, part: i64) -> Option<Pieces> {
    let unit_price = line.pieces?.unit_price;
    let quantity = u32::try_from(part.checked_div(unit_price.minor())?).ok()?;
    (unit_price.times(quantity)?.minor() == part).then_some(Pieces { quantity, unit_price })
}

/// `amount`, at most the sum of `weights`, divided in proportion to them, no part larger than its weight. The parts
/// sum up to the amount; what is left over by rounding down goes to the first of those that can take it.
fn divided(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let amount = i128::from(amount).min(whole);
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let part = |weight: &i64| i64::try_from(amount * i128::from(*weight) / whole).unwrap_or(0);
    let mut parts: Vec<i64> = weights.iter().map(part).collect();
    let mut over = amount - parts.iter().map(|part| i128::from(*part)).sum::<i128>();
    for (part, weight) in parts.iter_mut().zip(weights) {
        if over > 0 && *part < *weight {
            *part += 1;
            over -= 1;
        }
    }
    parts
}

/// The sums of each rate, the lowest rate first.
pub(super) fn totals(lines: &[Line]) -> Vec<RateTotal> {
    let mut sums: BTreeMap<VatRate, RateTotal> = BTreeMap::new();
    for line in lines {
        let nothing = Money::zero(line.gross.currency());
        let sum = sums.entry(line.rate).or_insert(RateTotal {
            rate: line.rate,
            net: nothing,
            tax: nothing,
            gross: nothing,
        });
        // All lines are of one booking, whose total was checked when it was held: no sum leaves an `i64`.
        sum.net = sum.net.plus(line.net()).unwrap_or(sum.net);
        sum.tax = sum.tax.plus(line.tax).unwrap_or(sum.tax);
        sum.gross = sum.gross.plus(line.gross).unwrap_or(sum.gross);
    }
    sums.into_values().collect()
}

/// The sum of all lines.
pub(super) fn gross(lines: &[Line]) -> Option<Money> {
    let mut amounts = lines.iter().map(|line| line.gross);
    let first = amounts.next()?;
    amounts.try_fold(first, Money::plus)
}

#[cfg(test)]
mod tests;
