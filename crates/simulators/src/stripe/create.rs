//! Reads and checks the request that creates a Checkout Session.

use super::currency::{smallest, step};
use super::form::Node;
use super::payment::Metadata;
use super::refusal::Refusal;
use super::session::{Line, Session, Status, Terms};
use crate::ids;
use kernel::{Currency, Timestamp};

/// A session lives at least this long, in seconds.
const SHORTEST: i64 = 30 * 60;
/// And at most this long, which is also what it gets when nothing is said.
const LONGEST: i64 = 24 * 60 * 60;
/// Stripe's largest amount has eight digits.
const LARGEST: i64 = 99_999_999;

const SESSION: [&str; 15] = [
    "mode",
    "line_items",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "metadata",
    "payment_intent_data",
    "expires_at",
    "locale",
    "submit_type",
    "billing_address_collection",
    "payment_method_types",
    "currency",
    "expand",
];
const PAYMENT: [&str; 3] = ["metadata", "description", "receipt_email"];
const LINE: [&str; 2] = ["price_data", "quantity"];
const PRICE: [&str; 4] = ["currency", "unit_amount", "product_data", "tax_behavior"];
const PRODUCT: [&str; 4] = ["name", "description", "images", "metadata"];

/// # Errors
/// A 400 that names the parameter.
pub(crate) fn read(form: &Node, account: &str, now: Timestamp) -> Result<Session, Refusal> {
    only(form, "", &SESSION)?;
    match form.text("mode") {
        Some("payment") => {}
        Some("setup" | "subscription") => {
            return Err(Refusal::invalid(Some("mode"), "The simulator knows the mode `payment` only."));
        }
        Some(_) => {
            let message = "Invalid mode: must be one of payment, setup, or subscription";
            return Err(Refusal::invalid(Some("mode"), message));
        }
        None => return Err(Refusal::missing("mode")),
    }
    let (lines, currency, amount) = lines(form)?;
    let created = now.timestamp();
    Ok(Session {
        id: ids::stripe_session(),
        account: account.to_owned(),
        created,
        expires_at: expires_at(form, created)?,
        terms: terms(form, lines)?,
        amount,
        currency: currency.code().to_ascii_lowercase(),
        status: Status::Open,
        intent: None,
    })
}

fn terms(form: &Node, lines: Vec<Line>) -> Result<Terms, Refusal> {
    let nothing = Node::default();
    let payment = form.get("payment_intent_data").unwrap_or(&nothing);
    only(payment, "payment_intent_data", &PAYMENT)?;
    let methods = form.texts("payment_method_types");
    let methods = if methods.is_empty() { vec!["card"] } else { methods };
    Ok(Terms {
        lines,
        success_url: url(form, "success_url")?.ok_or_else(|| Refusal::missing("success_url"))?,
        cancel_url: url(form, "cancel_url")?,
        client_reference_id: short(form, "client_reference_id", 200)?,
        customer_email: email(form, "customer_email")?,
        metadata: metadata(form, "metadata")?,
        payment_metadata: metadata(payment, "metadata")?,
        payment_description: short(payment, "description", 1_000)?,
        receipt_email: email(payment, "receipt_email")?,
        locale: short(form, "locale", 10)?,
        submit_type: short(form, "submit_type", 10)?,
        billing_address_collection: short(form, "billing_address_collection", 10)?,
        payment_method_types: methods.into_iter().map(str::to_owned).collect(),
    })
}

fn lines(form: &Node) -> Result<(Vec<Line>, Currency, i64), Refusal> {
    let mut lines = Vec::new();
    let mut currency: Option<Currency> = None;
    let mut total = 0_i64;
    for (index, node) in form.list("line_items").into_iter().enumerate() {
        let at = format!("line_items[{index}]");
        let (line, its) = line(node, &at)?;
        if currency.is_some_and(|currency| currency != its) {
            let message = "Checkout does not currently support multiple currencies for one Session.";
            return Err(Refusal::invalid(Some(&at), message));
        }
        currency = Some(its);
        let sum = line.unit_amount.checked_mul(line.quantity).and_then(|sum| total.checked_add(sum));
        total = sum.filter(|sum| *sum <= LARGEST).ok_or_else(|| {
            let message = "The Checkout Session's total amount must be no more than 999999.99.";
            Refusal::coded("amount_too_large", Some(&at), message)
        })?;
        lines.push(line);
    }
    let currency = currency.ok_or_else(|| Refusal::missing("line_items"))?;
    if lines.len() > 100 {
        return Err(Refusal::invalid(Some("line_items"), "Arrays are limited to 100 items."));
    }
    if total < smallest(currency) {
        let message = format!(
            "The Checkout Session's total amount due must add up to at least {} in {currency}'s smallest unit.",
            smallest(currency)
        );
        return Err(Refusal::coded("amount_too_small", None, message));
    }
    Ok((lines, currency, total))
}

fn line(node: &Node, at: &str) -> Result<(Line, Currency), Refusal> {
    if let Some(price) = node.text("price") {
        return Err(Refusal::no_such("price", price, &format!("{at}[price]")));
    }
    only(node, at, &LINE)?;
    let within = format!("{at}[price_data]");
    let price = node.get("price_data").ok_or_else(|| Refusal::missing(&within))?;
    only(price, &within, &PRICE)?;
    let product =
        price.get("product_data").ok_or_else(|| Refusal::missing(&format!("{within}[product_data]")))?;
    only(product, &format!("{within}[product_data]"), &PRODUCT)?;
    let code = price.text("currency").ok_or_else(|| Refusal::missing(&format!("{within}[currency]")))?;
    let currency: Currency = code.parse().map_err(|_| {
        let message = format!("Invalid currency: {code}.");
        Refusal::invalid(Some(&format!("{within}[currency]")), message)
    })?;
    let unit_amount = whole(price, &within, "unit_amount", 0)?;
    if unit_amount % step(currency) != 0 {
        let message = format!("Amounts in {currency} must be a multiple of {}.", step(currency));
        let param = format!("{within}[unit_amount]");
        return Err(Refusal::coded("parameter_invalid_integer", Some(&param), message));
    }
    let name =
        product.text("name").ok_or_else(|| Refusal::missing(&format!("{within}[product_data][name]")))?;
    let line = Line {
        id: ids::stripe("li"),
        price: ids::stripe("price"),
        product: ids::stripe("prod"),
        name: name.to_owned(),
        unit_amount,
        quantity: whole(node, at, "quantity", 1)?,
    };
    Ok((line, currency))
}

fn expires_at(form: &Node, created: i64) -> Result<i64, Refusal> {
    let Some(text) = form.text("expires_at") else { return Ok(created + LONGEST) };
    let refuse = |message: &str| Refusal::invalid(Some("expires_at"), message);
    let at: i64 = text.parse().map_err(|_| refuse("Invalid timestamp: must be an integer Unix timestamp"))?;
    if at < created + SHORTEST {
        let message =
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
        return Err(refuse(message));
    }
    if at > created + LONGEST {
        let message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
        return Err(refuse(message));
    }
    Ok(at)
}

/// # Errors
/// A 400 for the first field that is not known.
pub(crate) fn only(node: &Node, at: &str, known: &[&str]) -> Result<(), Refusal> {
    match node.names().find(|name| !known.contains(name)) {
        Some(name) if at.is_empty() => Err(Refusal::unknown_parameter(name)),
        Some(name) => Err(Refusal::unknown_parameter(&format!("{at}[{name}]"))),
        None => Ok(()),
    }
}

/// # Errors
/// A 400 unless it is a whole number of at least `least`.
pub(crate) fn whole(node: &Node, at: &str, name: &str, least: i64) -> Result<i64, Refusal> {
    let param = if at.is_empty() { name.to_owned() } else { format!("{at}[{name}]") };
    let text = node.text(name).ok_or_else(|| Refusal::missing(&param))?;
    let number = text.parse().ok().filter(|number| *number >= least);
    let message = || format!("Invalid integer: {text}");
    number.ok_or_else(|| Refusal::coded("parameter_invalid_integer", Some(&param), message()))
}

/// # Errors
/// A 400 for more than 50 names, a name of more than 40 or a text of more than 500 characters.
pub(crate) fn metadata(node: &Node, name: &str) -> Result<Metadata, Refusal> {
    let metadata = node.metadata(name);
    if metadata.len() > 50 {
        return Err(Refusal::invalid(Some(name), "Metadata can have up to 50 keys."));
    }
    let long = |(key, text): (&String, &String)| key.chars().count() > 40 || text.chars().count() > 500;
    if metadata.iter().any(long) {
        let message = "Metadata keys can have up to 40 characters, values up to 500.";
        return Err(Refusal::invalid(Some(name), message));
    }
    Ok(metadata)
}

fn short(node: &Node, name: &str, most: usize) -> Result<Option<String>, Refusal> {
    let text = node.text(name);
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(Refusal::invalid(
            Some(name),
            format!("Invalid string: must be at most {most} characters"),
        ));
    }
    Ok(text.map(str::to_owned))
}

fn url(node: &Node, name: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = node.text(name) else { return Ok(None) };
    let sound = reqwest::Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if sound {
        Ok(Some(text.to_owned()))
    } else {
        Err(Refusal::coded("url_invalid", Some(name), "Not a valid URL"))
    }
}

fn email(node: &Node, name: &str) -> Result<Option<String>, Refusal> {
    let text = node.text(name);
    if text.is_some_and(|text| !text.contains('@')) {
        return Err(Refusal::coded("email_invalid", Some(name), "Invalid email address"));
    }
    Ok(text.map(str::to_owned))
}
