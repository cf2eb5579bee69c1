//! Money as PayPal writes it: `{"currency_code": "EUR", "value": "25.00"}`.
//!
//! Source: <https://developer.paypal.com/api/rest/reference/currency-codes/>.

use booking::{Direction, Objection, ProviderError};
use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};

/// Those of our currencies that PayPal takes.
const TAKEN: [&str; 17] = [
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "ILS", "JPY", "MXN", "NOK", "NZD", "PLN",
    "SEK", "USD",
];

/// Why PayPal could not charge this.
pub(crate) fn objection(price: Money) -> Option<Objection> {
    if !TAKEN.contains(&price.currency().code()) {
        return Some(Objection::Currency);
    }
    Amount::of(price).is_err().then_some(Objection::Amount)
}

/// An amount on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amount {
    currency_code: String,
    value: String,
}

impl Amount {
    /// # Errors
    /// [`ProviderError::Refused`]: `currency_not_supported`, or `amount_not_chargeable` for parts of a forint, which
    /// PayPal counts without decimals.
    pub(crate) fn of(money: Money) -> Result<Self, ProviderError> {
        let refused = |code: &str| ProviderError::Refused { code: code.into() };
        let currency = money.currency();
        let code = currency.code();
        if !TAKEN.contains(&code) {
            return Err(refused("currency_not_supported"));
        }
        let value = money.decimal();
        let value = match (code, value.strip_suffix(".00")) {
            ("HUF", Some(whole)) => whole.to_owned(),
            ("HUF", None) => return Err(refused("amount_not_chargeable")),
            _ => value,
        };
        Ok(Self { currency_code: code.to_owned(), value })
    }

    /// `None` for currencies that we do not know, and for what is no amount.
    pub(crate) fn money(&self) -> Option<Money> {
        let currency: Currency = self.currency_code.parse().ok()?;
        Money::from_decimal(&self.value, currency).ok()
    }

    /// The same for what may have left the account, which has a minus.
    pub(crate) fn signed(&self) -> Option<(Money, Direction)> {
        let Some(left) = self.value.strip_prefix('-') else { return Some((self.money()?, Direction::In)) };
        let amount = Self { value: left.to_owned(), ..self.clone() };
        Some((amount.money()?, Direction::Out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn what_paypal_would_not_charge_is_known_before_anything_is_sold() {
        assert_eq!(objection(money(1, "EUR")), None);
        assert_eq!(objection(money(2_500, "KWD")), Some(Objection::Currency));
        assert_eq!(objection(money(2_550, "HUF")), Some(Objection::Amount));
    }

    #[test]
    fn amounts_have_the_decimals_that_paypal_wants() {
        for (ours, value) in [
            (money(2_500, "EUR"), "25.00"),
            (money(5, "SEK"), "0.05"),
            (money(2_500, "JPY"), "2500"),
            (money(250_000, "HUF"), "2500"),
        ] {
            let amount = Amount::of(ours).unwrap();
            assert_eq!(
                (amount.value.as_str(), amount.currency_code.as_str()),
                (value, ours.currency().code())
            );
            assert_eq!(amount.money(), Some(ours));
        }
    }

    #[test]
    fn what_paypal_cannot_charge_is_refused_before_it_is_asked() {
        for (money, reason) in [
            (money(2_500, "KWD"), "currency_not_supported"),
            (money(2_500, "ISK"), "currency_not_supported"),
            (money(2_550, "HUF"), "amount_not_chargeable"),
        ] {
            assert!(
                matches!(Amount::of(money), Err(ProviderError::Refused { code }) if code == reason),
                "{money}"
            );
        }
    }

    #[test]
    fn an_amount_that_makes_no_sense_is_none() {
        for (value, currency_code) in [("25.00", "THB"), ("-25.00", "EUR"), ("25.001", "EUR"), ("", "EUR")] {
            let amount = Amount { currency_code: currency_code.into(), value: value.into() };
            assert_eq!(amount.money(), None, "{amount:?}");
        }
    }
}
