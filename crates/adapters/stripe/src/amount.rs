//! Money as Stripe counts it: minor units, with three exceptions to ISO 4217.
//!
//! Source: <https://docs.stripe.com/currencies#special-cases> (ISK is counted with two decimals that are always
//! zero; three-decimal currencies end in zero).

use booking::{Objection, ProviderError};
use kernel::{Currency, Money};

/// How many of Stripe's units one of our minor units is.
fn factor(currency: Currency) -> i64 {
    if currency.code() == "ISK" { 100 } else { 1 }
}

/// The least that Stripe charges, in minor units, where it settles in the same currency.
///
/// Source: <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>.
const LEAST: [(&str, i64); 22] = [
    ("AED", 200),
    ("AUD", 50),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("CZK", 1_500),
    ("DKK", 250),
    ("EUR", 50),
    ("GBP", 30),
    ("HKD", 400),
    ("HUF", 17_500),
    ("INR", 50),
    ("JPY", 50),
    ("MXN", 1_000),
    ("MYR", 200),
    ("NOK", 300),
    ("NZD", 50),
    ("PLN", 200),
    ("SEK", 300),
    ("SGD", 50),
    ("THB", 1_000),
    ("USD", 50),
];

/// Why Stripe could not charge this.
pub(crate) fn objection(price: Money) -> Option<Objection> {
    let currency = price.currency();
    let least = LEAST.iter().find(|(code, _)| *code == currency.code()).map_or(0, |(_, least)| *least);
    if price.minor() < least {
        return Money::new(least, currency).ok().map(Objection::Below);
    }
    to_stripe(price).is_err().then_some(Objection::Amount)
}

/// An amount in Stripe's units.
///
/// # Errors
/// [`ProviderError::Refused`] with `amount_not_chargeable` for what Stripe cannot charge: thousandths of a
/// three-decimal currency, and amounts beyond any number.
pub(crate) fn to_stripe(money: Money) -> Result<i64, ProviderError> {
    let refused = || ProviderError::Refused { code: "amount_not_chargeable".into() };
    if money.currency().exponent() == 3 && money.minor() % 10 != 0 {
        return Err(refused());
    }
    money.minor().checked_mul(factor(money.currency())).ok_or_else(refused)
}

/// What Stripe's units mean; `None` for currencies that we do not know, and for amounts that cannot be.
pub(crate) fn from_stripe(amount: i64, currency: &str) -> Option<Money> {
    let currency: Currency = currency.parse().ok()?;
    let factor = factor(currency);
    (amount % factor == 0).then(|| Money::new(amount / factor, currency).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn units_are_ours_but_for_the_krona_of_iceland() {
        for (ours, theirs) in [
            (money(2_500, "EUR"), 2_500),
            (money(2_500, "JPY"), 2_500),
            (money(2_500, "HUF"), 2_500),
            (money(2_500, "KWD"), 2_500),
            (money(2_500, "ISK"), 250_000),
        ] {
            assert_eq!(to_stripe(ours).unwrap(), theirs);
            assert_eq!(from_stripe(theirs, &ours.currency().code().to_lowercase()), Some(ours));
        }
    }

    #[test]
    fn what_stripe_would_not_charge_is_known_before_anything_is_sold() {
        assert_eq!(objection(money(50, "EUR")), None);
        assert_eq!(objection(money(49, "EUR")), Some(Objection::Below(money(50, "EUR"))));
        assert_eq!(objection(money(49, "JPY")), Some(Objection::Below(money(50, "JPY"))));
        assert_eq!(objection(money(2_501, "KWD")), Some(Objection::Amount));
    }

    #[test]
    fn what_stripe_cannot_charge_is_refused_before_it_is_asked() {
        for impossible in [money(2_501, "KWD"), money(i64::MAX, "ISK")] {
            assert!(
                matches!(to_stripe(impossible), Err(ProviderError::Refused { code }) if code == "amount_not_chargeable")
            );
        }
    }

    #[test]
    fn an_amount_that_makes_no_sense_is_none() {
        assert_eq!(from_stripe(1, "isk"), None);
        assert_eq!(from_stripe(-1, "eur"), None);
        assert_eq!(from_stripe(1, "xxx"), None);
    }
}
