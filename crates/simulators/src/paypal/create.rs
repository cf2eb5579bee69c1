//! Reads and checks the request that creates an order.

use super::money::{read, read_any};
use super::order::{Order, Prospect, Status};
use super::refusal::Refusal;
use crate::ids;
use crate::notices::Delivery;
use kernel::{Money, Timestamp};
use serde_json::{Map, Value};

/// The fields of a purchase unit with their greatest lengths.
const TEXTS: [(&str, usize); 5] = [
    ("reference_id", 256),
    ("description", 127),
    ("custom_id", 127),
    ("invoice_id", 127),
    ("soft_descriptor", 22),
];
/// What is added to the items' sum, and what is taken off.
const ADDED: [&str; 5] = ["item_total", "tax_total", "shipping", "handling", "insurance"];
const TAKEN_OFF: [&str; 2] = ["shipping_discount", "discount"];

/// # Errors
/// What PayPal says about it.
pub(crate) fn order(body: &Value, request_id: Option<&str>, now: Timestamp) -> Result<Order, Refusal> {
    match body.get("intent").and_then(Value::as_str) {
        Some("CAPTURE") => {}
        Some("AUTHORIZE") => {
            let description = "The simulator captures only.";
            return Err(Refusal::unprocessable(Some("/intent"), "UNSUPPORTED_INTENT", description));
        }
        Some(_) => {
            let description = "The value of a field is invalid.";
            return Err(Refusal::invalid("/intent", "INVALID_PARAMETER_VALUE", description));
        }
        None => return Err(Refusal::missing("/intent")),
    }
    let units = body.get("purchase_units").and_then(Value::as_array);
    let units = units.ok_or_else(|| Refusal::missing("/purchase_units"))?;
    let unit = match units.as_slice() {
        [unit] => unit,
        [] => {
            let description = "The number of items in an array parameter is too small.";
            return Err(Refusal::invalid("/purchase_units", "INVALID_ARRAY_MIN_ITEMS", description));
        }
        _ => {
            let description = "The simulator takes one purchase unit.";
            return Err(Refusal::invalid("/purchase_units", "INVALID_ARRAY_MAX_ITEMS", description));
        }
    };
    let source = body.get("payment_source");
    if source.is_some() && request_id.is_none() {
        let description =
            "A PayPal-Request-Id is required if you are trying to process payment for an Order.";
        return Err(Refusal::invalid("PayPal-Request-Id", "PAYPAL_REQUEST_ID_REQUIRED", description));
    }
    let context = source.and_then(|source| source.pointer("/paypal/experience_context"));
    let context = context.or_else(|| body.get("application_context"));
    let url = |name: &str| url(context, name);
    let amount = amount(unit)?;
    Ok(Order {
        id: ids::paypal(),
        created: now,
        updated: now,
        status: if source.is_some() { Status::PayerActionRequired } else { Status::Created },
        amount,
        unit: texts(unit)?,
        names_source: source.is_some(),
        return_url: url("return_url")?,
        cancel_url: url("cancel_url")?,
        payer_id: None,
        prospect: Prospect::default(),
        booked: None,
        delivery: Delivery::default(),
        held: None,
        captures: Vec::new(),
    })
}

/// # Errors
/// A text that is too long, with the field's name.
pub(crate) fn text(body: &Value, name: &str, most: usize, at: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.as_str().filter(|text| !text.is_empty() && text.chars().count() <= most);
    let description = "The value of a field is either too short or too long.";
    let refusal = || Refusal::invalid(&format!("{at}/{name}"), "INVALID_STRING_LENGTH", description);
    text.map(|text| Some(text.to_owned())).ok_or_else(refusal)
}

fn texts(unit: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut kept = Map::new();
    kept.insert("reference_id".into(), "default".into());
    for (name, most) in TEXTS {
        if let Some(text) = text(unit, name, most, "/purchase_units/0")? {
            kept.insert(name.into(), text.into());
        }
    }
    for name in ["items", "shipping"] {
        if let Some(value) = unit.get(name).filter(|value| !value.is_null()) {
            kept.insert(name.into(), value.clone());
        }
    }
    if let Some(breakdown) = unit.pointer("/amount/breakdown").filter(|value| !value.is_null()) {
        kept.insert("breakdown".into(), breakdown.clone());
    }
    Ok(kept)
}

/// The amount, which its breakdown and the items must add up to.
fn amount(unit: &Value) -> Result<Money, Refusal> {
    let at = "/purchase_units/0/amount";
    let amount = read(unit.get("amount"), at)?;
    let breakdown = unit.pointer("/amount/breakdown").filter(|value| !value.is_null());
    if let Some(breakdown) = breakdown {
        let mut sum = sum(breakdown, &ADDED, amount)?;
        let off = self::sum(breakdown, &TAKEN_OFF, amount)?;
        sum = sum.minus(off).unwrap_or(Money::zero(amount.currency()));
        if sum != amount {
            let description = "Should equal item_total + tax_total + shipping + handling + insurance - \
                               shipping_discount - discount.";
            return Err(Refusal::unprocessable(Some(&format!("{at}/value")), "AMOUNT_MISMATCH", description));
        }
    }
    if let Some(items) = unit.get("items").and_then(Value::as_array).filter(|items| !items.is_empty()) {
        let total = breakdown.and_then(|breakdown| breakdown.get("item_total"));
        let field = format!("{at}/breakdown/item_total");
        let Some(total) = total else {
            let description = "If item details are specified, amount.breakdown.item_total is required.";
            return Err(Refusal::unprocessable(Some(&field), "ITEM_TOTAL_REQUIRED", description));
        };
        if item_sum(items, amount)? != read_any(Some(total), &field)? {
            let description = "Should equal sum of (unit_amount * quantity) across all items.";
            return Err(Refusal::unprocessable(Some(&field), "ITEM_TOTAL_MISMATCH", description));
        }
    }
    Ok(amount)
}

fn sum(breakdown: &Value, names: &[&str], like: Money) -> Result<Money, Refusal> {
    let mut sum = Money::zero(like.currency());
    for name in names {
        let at = format!("/purchase_units/0/amount/breakdown/{name}");
        if let Some(part) = breakdown.get(name).filter(|value| !value.is_null()) {
            sum = add(sum, read_any(Some(part), &at)?, &at)?;
        }
    }
    Ok(sum)
}

fn item_sum(items: &[Value], like: Money) -> Result<Money, Refusal> {
    let mut sum = Money::zero(like.currency());
    for (index, item) in items.iter().enumerate() {
        let at = format!("/purchase_units/0/items/{index}");
        text(item, "name", 127, &at)?.ok_or_else(|| Refusal::missing(&format!("{at}/name")))?;
        let quantity = text(item, "quantity", 10, &at)?;
        let field = format!("{at}/quantity");
        let quantity = quantity.ok_or_else(|| Refusal::missing(&field))?;
        let syntax = || {
            let description = "The value of a field does not conform to the expected format.";
            Refusal::invalid(&field, "INVALID_PARAMETER_SYNTAX", description)
        };
        let quantity: u32 = quantity.parse().map_err(|_| syntax())?;
        let one = read_any(item.get("unit_amount"), &format!("{at}/unit_amount"))?;
        sum = add(sum, one.times(quantity).ok_or_else(syntax)?, &at)?;
    }
    Ok(sum)
}

fn add(sum: Money, part: Money, field: &str) -> Result<Money, Refusal> {
    let description = "Multiple differing values of currency_code are not supported.";
    sum.plus(part).ok_or_else(|| Refusal::unprocessable(Some(field), "MULTI_CURRENCY_ORDER", description))
}

fn url(context: Option<&Value>, name: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = context.and_then(|context| context.get(name)).and_then(Value::as_str) else {
        return Ok(None);
    };
    let sound = reqwest::Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    let description = "The value of a field does not conform to the expected format.";
    let refusal = || Refusal::invalid(&format!("/{name}"), "INVALID_PARAMETER_SYNTAX", description);
    if sound { Ok(Some(text.to_owned())) } else { Err(refusal()) }
}
