//! What a ticket costs with a voucher.

use kernel::Money;
use serde::{Deserialize, Serialize};

/// Hundredths of a percent in the whole.
const WHOLE: i128 = 10_000;

/// What a voucher does to the price of one ticket. No ticket gets dearer by it, and none costs less than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherPrice {
    /// Nothing.
    List,
    /// So many hundredths of a percent are taken off.
    Percent(u16),
    /// This much is taken off.
    Off(Money),
    /// It costs this.
    Set(Money),
}

impl VoucherPrice {
    /// The price of one ticket that costs `list` without. A part of it is rounded once, half up, to what providers
    /// move (see [`kernel::Currency::step`]); an amount in another currency changes nothing.
    #[must_use]
    pub fn of(self, list: Money) -> Money {
        let nothing = Money::zero(list.currency());
        let price = match self {
            Self::List => list,
            Self::Percent(points) => left_of(list, points),
            Self::Off(amount) if amount.currency() == list.currency() => {
                list.minus(amount).unwrap_or(nothing)
            }
            Self::Set(price) if price.currency() == list.currency() => price,
            Self::Off(_) | Self::Set(_) => list,
        };
        if price.minor() > list.minor() { list } else { price }
    }
}

/// What is left of an amount without so many hundredths of a percent.
fn left_of(list: Money, points: u16) -> Money {
    let step = i128::from(list.currency().step());
    let exact = i128::from(list.minor()) * (WHOLE - i128::from(points).min(WHOLE));
    let steps = (exact * 2 + WHOLE * step) / (WHOLE * step * 2);
    let minor = i64::try_from(steps * step).unwrap_or(i64::MAX);
    Money::new(minor, list.currency()).unwrap_or(list)
}
