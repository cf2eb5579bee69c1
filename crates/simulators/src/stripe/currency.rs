//! How Stripe counts: its units differ from ISO 4217 for some currencies, and a charge has a smallest amount.

use kernel::{Currency, Money};

/// What an amount must be a multiple of: three-decimal currencies end in zero, and ISK, which
/// Stripe counts with two decimals, has none.
pub(crate) fn step(currency: Currency) -> i64 {
    match (currency.code(), currency.exponent()) {
        ("ISK", _) => 100,
        (_, 3) => 10,
        _ => 1,
    }
}

/// The smallest charge, in Stripe's units (Stripe's table of minimum amounts; half a unit where it has none).
pub(crate) fn smallest(currency: Currency) -> i64 {
    match currency.code() {
        "BGN" => 100,
        "CZK" => 1_500,
        "DKK" => 250,
        "GBP" => 30,
        "HUF" => 17_500,
        "MXN" => 1_000,
        "NOK" | "SEK" => 300,
        "PLN" | "RON" => 200,
        _ => 50,
    }
}

/// For people: `25.00 EUR`. Takes lower case, as Stripe writes currencies.
pub(crate) fn show(amount: i64, currency: &str) -> String {
    let Ok(currency) = currency.parse::<Currency>() else { return format!("{amount} {currency}") };
    let shown = if currency.code() == "ISK" { amount / 100 } else { amount };
    Money::new(shown, currency).map(|money| money.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_stripes_and_not_iso_4217s() {
        let isk: Currency = "isk".parse().unwrap();
        assert_eq!([step(isk), step(Currency::KWD), step(Currency::JPY)], [100, 10, 1]);
        assert_eq!(show(150_000, "isk"), "1500 ISK");
        assert_eq!(show(2_500, "eur"), "25.00 EUR");
    }
}
