//! Amounts of money: `{"amount": 2500, "currency": "EUR"}`, an integer of minor units.

use events::PriceInput;
use kernel::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoneyView {
    /// In minor units (cents for EUR).
    #[schema(example = 2500)]
    amount: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.minor(), currency: money.currency().to_string() }
    }
}

/// A price, as it is sent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct PriceBody {
    /// In minor units (cents for EUR).
    #[schema(minimum = 0, example = 2500)]
    amount: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<PriceBody> for PriceInput {
    fn from(body: PriceBody) -> Self {
        Self { amount: body.amount, currency: body.currency }
    }
}
