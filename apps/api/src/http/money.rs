//! Amounts of money: `{"amount": 2500, "currency": "EUR"}`, an integer of minor units.

use events::{Factor, PriceInput};
use kernel::{Currency, Money, VatRate};
use serde::{Deserialize, Serialize};
use serde_json::Number;
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

impl MoneyView {
    /// What a store counted, as it is: below nothing, it has drifted, and shows it.
    pub fn counted(amount: i64, currency: Currency) -> Self {
        Self { amount, currency: currency.to_string() }
    }
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

impl PriceBody {
    /// The amount; `None` when it is negative or its currency unknown.
    pub fn money(&self) -> Option<Money> {
        Money::new(self.amount, self.currency.parse().ok()?).ok()
    }
}

impl From<PriceBody> for PriceInput {
    fn from(body: PriceBody) -> Self {
        Self { amount: body.amount, currency: body.currency }
    }
}

/// A rate of tax as it is answered: a number with at most two decimals, `19` or `7.7`.
///
/// Its nearest double reads back as the same two decimals in every program.
#[must_use]
pub fn vat_percent(rate: VatRate) -> Number {
    let (whole, rest) = (rate.basis_points() / 100, rate.basis_points() % 100);
    let decimals = (rest > 0).then(|| Number::from_f64(f64::from(rate.basis_points()) / 100.0)).flatten();
    decimals.unwrap_or_else(|| whole.into())
}

/// A factor of prices as it is answered: a number with at most three decimals, `1` or `0.875`.
///
/// Its nearest double reads back as the same three decimals in every program.
#[must_use]
pub fn multiplier(factor: Factor) -> Number {
    let (whole, rest) = (factor.thousandths() / 1000, factor.thousandths() % 1000);
    let decimals = (rest > 0).then(|| Number::from_f64(f64::from(factor.thousandths()) / 1000.0)).flatten();
    decimals.unwrap_or_else(|| whole.into())
}

/// A rate of tax as it is sent: a number or a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum VatBody {
    /// `7.7`
    Number(Number),
    /// `"7.7"`
    Text(String),
}

impl From<VatBody> for String {
    fn from(body: VatBody) -> Self {
        match body {
            VatBody::Number(number) => number.to_string(),
            VatBody::Text(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_factor_is_answered_as_it_is() {
        for thousandths in 0..=100_000_u32 {
            let factor = Factor::of_thousandths(thousandths).unwrap();
            assert_eq!(serde_json::to_string(&multiplier(factor)).unwrap(), factor.decimal());
        }
    }

    #[test]
    fn every_rate_is_answered_as_it_is_and_taken_back_unchanged() {
        for basis_points in 0..=10_000 {
            let rate = VatRate::new(basis_points).unwrap();
            let text = serde_json::to_string(&vat_percent(rate)).unwrap();
            assert_eq!(text, rate.percent());
            let body: VatBody = serde_json::from_str(&text).unwrap();
            assert_eq!(VatRate::from_percent(&String::from(body)), Ok(rate));
        }
    }
}
