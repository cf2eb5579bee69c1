//! Money: an integer of minor units with its currency. Never negative, never a float, every operation checked.

use crate::Currency;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount that is zero or more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// How money is written in documents: `{"amount": 2500, "currency": "EUR"}`.
#[derive(Serialize, Deserialize)]
struct Wire {
    amount: i64,
    currency: Currency,
}

/// Why an amount cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Amounts are zero or more; what flows back is a refund, not a negative price.
    #[error("an amount of money cannot be negative")]
    Negative,
    /// The text is no decimal number with at most the currency's decimals.
    #[error("this is not an amount in this currency")]
    Malformed,
}

impl Money {
    /// An amount in minor units (cents for EUR).
    ///
    /// # Errors
    /// [`MoneyError::Negative`].
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 { Err(MoneyError::Negative) } else { Ok(Self { minor, currency }) }
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Euro cents, which is what most tests speak.
    #[must_use]
    pub const fn eur(cents: u32) -> Self {
        Self { minor: cents as i64, currency: Currency::EUR }
    }

    /// Reads what [`Self::decimal`] writes, which is how PayPal writes amounts: `"25.00"`, `"2500"` for JPY.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`] for anything but digits with at most the currency's decimals.
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let exponent = usize::from(currency.exponent());
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // Trailing zeros beyond the exponent say nothing: PayPal may write JPY as "2500.00".
        let (kept, beyond) =
            fraction.split_at_checked(exponent.min(fraction.len())).unwrap_or((fraction, ""));
        if whole.is_empty() || !digits(whole) || !digits(kept) || !beyond.bytes().all(|byte| byte == b'0') {
            return Err(MoneyError::Malformed);
        }
        let padded = format!("{whole}{kept:0<exponent$}");
        let minor = padded.parse().map_err(|_| MoneyError::Malformed)?;
        Self::new(minor, currency)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// What it is counted in.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether there is nothing to pay.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// This amount, or the next larger one that providers move (see [`Currency::step`]); `None` beyond all amounts.
    #[must_use]
    pub fn movable(self) -> Option<Self> {
        let step = self.currency.step();
        let over = self.minor % step;
        let minor = if over == 0 { self.minor } else { self.minor.checked_add(step - over)? };
        Self::new(minor, self.currency).ok()
    }

    /// The sum; `None` when the currencies differ or the sum is too large.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// The difference; `None` when the currencies differ or nothing that large can be taken away.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_sub(other.minor).filter(|minor| *minor >= 0)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// So many of these; `None` when that is too large.
    #[must_use]
    pub fn times(self, count: u32) -> Option<Self> {
        Some(Self { minor: self.minor.checked_mul(i64::from(count))?, ..self })
    }

    /// So many thousandths of it, rounded once, halves up, to what providers move (see [`Currency::step`]); `None` beyond
    /// all amounts.
    #[must_use]
    pub fn scaled(self, thousandths: u32) -> Option<Self> {
        let step = i128::from(self.currency.step()) * 1000;
        let exact = i128::from(self.minor) * i128::from(thousandths);
        let steps = (exact + step / 2).checked_div(step)?;
        let minor = i64::try_from(steps.checked_mul(i128::from(self.currency.step()))?).ok()?;
        Some(Self { minor, ..self })
    }

    /// In major units with a point, as `25.00`: what people and PayPal read.
    #[must_use]
    pub fn decimal(self) -> String {
        let exponent = usize::from(self.currency.exponent());
        if exponent == 0 {
            return self.minor.to_string();
        }
        let digits = format!("{:0>width$}", self.minor, width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        format!("{whole}.{fraction}")
    }
}

impl TryFrom<Wire> for Money {
    type Error = MoneyError;

    fn try_from(wire: Wire) -> Result<Self, MoneyError> {
        Self::new(wire.amount, wire.currency)
    }
}

impl From<Money> for Wire {
    fn from(money: Money) -> Self {
        Self { amount: money.minor, currency: money.currency }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_follow_the_currency() {
        assert_eq!(Money::eur(2500).decimal(), "25.00");
        assert_eq!(Money::eur(5).decimal(), "0.05");
        assert_eq!(Money::new(2500, Currency::JPY).unwrap().decimal(), "2500");
        assert_eq!(Money::new(2500, Currency::KWD).unwrap().decimal(), "2.500");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "-1", "1,00", "1.001", "1e3", "٣", "99999999999999999999"] {
            assert_eq!(Money::from_decimal(text, Currency::EUR), Err(MoneyError::Malformed), "{text}");
        }
        assert_eq!(Money::new(-1, Currency::EUR), Err(MoneyError::Negative));
        assert!(serde_json::from_str::<Money>(r#"{"amount":-1,"currency":"EUR"}"#).is_err());
    }

    #[test]
    fn currencies_never_mix() {
        let yen = Money::new(1, Currency::JPY).unwrap();
        assert_eq!(Money::eur(1).plus(yen), None);
        assert_eq!(Money::eur(1).minus(yen), None);
    }

    #[test]
    fn nothing_wraps_around() {
        let most = Money::new(i64::MAX, Currency::EUR).unwrap();
        assert_eq!(most.plus(Money::eur(1)), None);
        assert_eq!(most.times(2), None);
        assert_eq!(Money::eur(1).minus(Money::eur(2)), None);
    }

    #[test]
    fn a_share_is_rounded_once_to_what_can_be_moved() {
        assert_eq!(Money::eur(2500).scaled(1250), Some(Money::eur(3125)));
        assert_eq!(Money::eur(999).scaled(1500), Some(Money::eur(1499)), "a half goes up");
        assert_eq!(Money::eur(999).scaled(0), Some(Money::eur(0)));
        let forint = |minor| Money::new(minor, "HUF".parse().unwrap()).unwrap();
        assert_eq!(
            forint(9_900).scaled(1333).map(Money::minor).map(|minor| minor % forint(0).currency().step()),
            Some(0)
        );
        assert_eq!(Money::new(i64::MAX, Currency::EUR).unwrap().scaled(1001), None);
    }

    proptest! {
        #[test]
        fn decimal_text_reads_back(minor in 0..=i64::MAX, which in 0..3usize) {
            let currency = [Currency::EUR, Currency::JPY, Currency::KWD][which];
            let money = Money::new(minor, currency).unwrap();
            prop_assert_eq!(Money::from_decimal(&money.decimal(), currency), Ok(money));
        }
    }
}
