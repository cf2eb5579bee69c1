//! Money as PayPal writes it: `{"currency_code": "EUR", "value": "25.00"}`.

use super::refusal::Refusal;
use kernel::{Currency, Money};
use serde_json::{Value, json};

/// The currencies that both PayPal and the product know.
const KNOWN: [&str; 17] = [
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "ILS", "JPY", "MXN", "NOK", "NZD", "PLN",
    "SEK", "USD",
];

/// # Errors
/// What PayPal says about an amount that it does not understand or that is nothing.
pub(crate) fn read(value: Option<&Value>, field: &str) -> Result<Money, Refusal> {
    let money = read_any(value, field)?;
    if money.is_zero() {
        let field = format!("{field}/value");
        let description = "Must be greater than zero.";
        return Err(Refusal::unprocessable(Some(&field), "CANNOT_BE_ZERO_OR_NEGATIVE", description));
    }
    Ok(money)
}

/// The same, where nothing may be an amount too.
///
/// # Errors
/// What PayPal says about an amount that it does not understand.
pub(crate) fn read_any(value: Option<&Value>, field: &str) -> Result<Money, Refusal> {
    let part = |name: &str| {
        let at = format!("{field}/{name}");
        let text = value.and_then(|value| value.get(name)).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| Refusal::missing(&at))
    };
    let (code, text) = (part("currency_code")?, part("value")?);
    let unknown = || {
        let field = format!("{field}/currency_code");
        let description = "Currency code is invalid or is not currently supported.";
        Refusal::unprocessable(Some(&field), "INVALID_CURRENCY_CODE", description)
    };
    let currency: Currency = code.parse().map_err(|_| unknown())?;
    if !KNOWN.contains(&code.as_str()) {
        return Err(unknown());
    }
    amount(&text, currency, &format!("{field}/value"))
}

fn amount(text: &str, currency: Currency, field: &str) -> Result<Money, Refusal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = text.strip_prefix('-')
        && digits(&rest.replace('.', ""))
    {
        let description = "Must be greater than or equal to zero.";
        return Err(Refusal::unprocessable(Some(field), "CANNOT_BE_NEGATIVE", description));
    }
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') || text.len() > 32 {
        let description = "The value of a field does not conform to the expected format.";
        return Err(Refusal::invalid(field, "INVALID_PARAMETER_SYNTAX", description));
    }
    if fraction.len() > decimals(currency) {
        let description = "If the currency supports decimals, only two decimal place precision is supported.";
        return Err(Refusal::unprocessable(Some(field), "DECIMAL_PRECISION", description));
    }
    Money::from_decimal(text, currency).map_err(|_| {
        let description = "Should be less than or equal to 9999999.99.";
        Refusal::unprocessable(Some(field), "MAX_VALUE_EXCEEDED", description)
    })
}

/// PayPal takes whole forints only, although the forint has two decimals.
fn decimals(currency: Currency) -> usize {
    if currency.code() == "HUF" { 0 } else { usize::from(currency.exponent()) }
}

/// As PayPal writes it.
pub(crate) fn write(money: Money) -> Value {
    json!({ "currency_code": money.currency().code(), "value": money.decimal() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(currency: &str, value: &str) -> String {
        let refused =
            read(Some(&json!({ "currency_code": currency, "value": value })), "/amount").unwrap_err();
        let body: Value = serde_json::from_str(refused.reply().body()).unwrap();
        body["details"][0]["issue"].as_str().unwrap().to_owned()
    }

    #[test]
    fn amounts_follow_paypals_rules() {
        let read = |currency: &str, value: &str| {
            read(Some(&json!({ "currency_code": currency, "value": value })), "/amount").unwrap().minor()
        };
        assert_eq!(read("EUR", "25"), 2_500);
        assert_eq!(read("EUR", "25.5"), 2_550);
        assert_eq!(read("JPY", "2500"), 2_500);
        assert_eq!(read("HUF", "2500"), 250_000);
    }

    #[test]
    fn what_paypal_refuses_is_refused() {
        assert_eq!(issue("EUR", "0.00"), "CANNOT_BE_ZERO_OR_NEGATIVE");
        assert_eq!(issue("EUR", "-1.00"), "CANNOT_BE_NEGATIVE");
        assert_eq!(issue("EUR", "1.001"), "DECIMAL_PRECISION");
        assert_eq!(issue("JPY", "1.0"), "DECIMAL_PRECISION");
        assert_eq!(issue("HUF", "1.00"), "DECIMAL_PRECISION");
        assert_eq!(issue("EUR", "1,00"), "INVALID_PARAMETER_SYNTAX");
        assert_eq!(issue("KWD", "1.00"), "INVALID_CURRENCY_CODE");
        assert_eq!(issue("eur", "1.00"), "INVALID_CURRENCY_CODE");
    }
}
