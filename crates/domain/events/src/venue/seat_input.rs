//! From what an organiser sends about seats to what becomes of them.

use super::{Factor, MOST_CHANGES, SeatChange, SeatPrice};
use crate::PriceInput;
use crate::mistakes::Mistakes;
use kernel::{Invalid, SeatId};

/// What is to become of a seat, as an organiser sends it; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatInput {
    /// Which.
    pub seat: SeatId,
    /// For those who come in a wheelchair.
    pub accessible: Option<bool>,
    /// Not for sale.
    pub blocked: Option<bool>,
    /// The next one in the row is not its neighbour.
    pub aisle_after: Option<bool>,
    /// A price of its own.
    pub price: Option<PriceInput>,
    /// A decimal by which the price of the type is multiplied; one makes it the type's again.
    pub price_multiplier: Option<String>,
}

impl SeatInput {
    /// What these ask for.
    ///
    /// # Errors
    /// All mistakes.
    pub fn read(inputs: &[Self]) -> Result<Vec<SeatChange>, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        if inputs.len() > MOST_CHANGES {
            mistakes.add("seats", "too_many", format!("one request changes at most {MOST_CHANGES} seats"));
            return mistakes.none_or(Vec::new());
        }
        let read = |(at, input): (usize, &Self)| {
            let field = |name: &str| format!("seats.{at}.{name}");
            let exact = input.price.as_ref();
            let exact = exact.and_then(|price| mistakes.price(&field("price"), price, None));
            let factor = input.price_multiplier.as_deref();
            let factor = factor.map(|text| mistakes.factor(&field("price_multiplier"), text));
            if exact.is_some() && factor.is_some() {
                mistakes.add(field("price"), "ambiguous", "a seat has a price or a multiplier, not both");
            }
            let times = |factor| if factor == Factor::ONE { None } else { Some(SeatPrice::Times(factor)) };
            let price = exact.map(|price| Some(SeatPrice::Exact(price))).or_else(|| factor.map(times));
            let Self { seat, accessible, blocked, aisle_after, .. } = *input;
            SeatChange { seat, accessible, blocked, aisle_after, price }
        };
        let changes = inputs.iter().enumerate().map(read).collect();
        mistakes.none_or(changes)
    }
}
