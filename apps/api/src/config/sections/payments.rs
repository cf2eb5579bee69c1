//! The sections about who is paid, and how.

use crate::config::places::{is_iban, origin_of};
use crate::config::reader::{Reader, Secret};
use std::net::SocketAddr;

/// Whether simulated providers run beside.
#[derive(Debug, Clone)]
pub struct Payments {
    /// They do.
    pub simulators: bool,
    /// Where the simulated Stripe listens.
    pub stripe_bind: SocketAddr,
    /// Where the simulated PayPal listens.
    pub paypal_bind: SocketAddr,
    /// How long a provider may take to answer; afterwards its answer counts as lost.
    pub timeout_seconds: u32,
}

/// Stripe.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// Our name for the account, stored with every charge that it takes.
    pub account: String,
    /// `sk_live_...` or `sk_test_...`.
    pub secret_key: Secret,
    /// All that may sign notices now.
    pub webhook_secrets: Vec<Secret>,
    /// Instead of Stripe's own.
    pub api_base: Option<String>,
}

/// PayPal.
#[derive(Debug, Clone)]
pub struct PayPal {
    /// Our name for the account, stored with every charge that it takes.
    pub account: String,
    /// Who we are there.
    pub client_id: Secret,
    /// How we prove it.
    pub client_secret: Secret,
    /// Which webhook's notices are ours.
    pub webhook_id: Secret,
    /// Instead of PayPal's own.
    pub api_base: Option<String>,
}

/// Where buyers send bank transfers to.
#[derive(Debug, Clone)]
pub struct BankTransfer {
    /// Whose account.
    pub account_holder: String,
    /// Without spaces, in capitals.
    pub iban: String,
    /// Needed by few banks.
    pub bic: Option<String>,
}

pub(super) fn payments(reader: &mut Reader) -> Payments {
    let mut bind = |key| match reader.text(key).parse::<SocketAddr>() {
        Ok(bind) if bind.ip().is_loopback() => bind,
        _ => {
            reader.wrong(key, "must be a loopback address and a port, as 127.0.0.1:8081");
            SocketAddr::from(([127, 0, 0, 1], 0))
        }
    };
    let (stripe_bind, paypal_bind) = (bind("payments.stripe_bind"), bind("payments.paypal_bind"));
    let timeout_seconds = reader.number("payments.timeout_seconds", 1, 30);
    Payments { simulators: reader.flag("payments.simulators"), stripe_bind, paypal_bind, timeout_seconds }
}

pub(super) fn bank_transfer(reader: &mut Reader) -> Option<BankTransfer> {
    let plain = |text: String| text.replace(' ', "").to_ascii_uppercase();
    let account_holder = reader.text("bank_transfer.account_holder");
    let (iban, bic) = (plain(reader.text("bank_transfer.iban")), plain(reader.text("bank_transfer.bic")));
    if iban.is_empty() {
        return None;
    }
    if !is_iban(&iban) {
        reader.wrong("bank_transfer.iban", "must be an IBAN; one of its characters is wrong");
    }
    if account_holder.is_empty() {
        reader.wrong("bank_transfer.account_holder", "is needed beside the IBAN");
    }
    Some(BankTransfer { account_holder, iban, bic: (!bic.is_empty()).then_some(bic) })
}

fn base(reader: &mut Reader, key: &str) -> Option<String> {
    let text = reader.text(key).trim_end_matches('/').to_owned();
    if !text.is_empty() && origin_of(&text).is_none() {
        reader.wrong(key, "must be a web address or empty");
    }
    (!text.is_empty()).then_some(text)
}

/// Our name for an account at a provider: it is stored with charges, so it stays short and plain.
fn account(reader: &mut Reader, key: &str) -> String {
    let name = reader.text(key);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        reader.wrong(key, "must be a name of up to 64 letters, digits, dots, dashes and underscores");
    }
    name
}

pub(super) fn stripe(reader: &mut Reader) -> Option<Stripe> {
    let api_base = base(reader, "stripe.api_base");
    let account = account(reader, "stripe.account");
    let secret_key = reader.secret("stripe.secret_key");
    let webhook_secrets: Vec<_> = webhook_secrets(reader).into_iter().map(Secret::new).collect();
    let complete = secret_key.is_some() != webhook_secrets.is_empty();
    if !complete {
        reader.wrong("stripe", "needs secret_key and webhook_secrets, both or neither");
    }
    secret_key.map(|secret_key| Stripe { account, secret_key, webhook_secrets, api_base })
}

fn webhook_secrets(reader: &mut Reader) -> Vec<String> {
    let (given, from_file) =
        (reader.list("stripe.webhook_secrets"), reader.text("stripe.webhook_secrets_file"));
    if from_file.is_empty() {
        return given;
    }
    if !given.is_empty() {
        reader
            .wrong("stripe.webhook_secrets_file", "is given beside stripe.webhook_secrets: leave one empty");
    }
    match std::fs::read_to_string(&from_file) {
        Ok(text) => {
            text.split([',', '\n']).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        }
        Err(cause) => {
            reader.wrong("stripe.webhook_secrets_file", format!("{from_file} cannot be read: {cause}"));
            Vec::new()
        }
    }
}

pub(super) fn paypal(reader: &mut Reader) -> Option<PayPal> {
    let api_base = base(reader, "paypal.api_base");
    let account = account(reader, "paypal.account");
    let given = [
        reader.secret("paypal.client_id"),
        reader.secret("paypal.client_secret"),
        reader.secret("paypal.webhook_id"),
    ];
    match given {
        [Some(client_id), Some(client_secret), Some(webhook_id)] => {
            Some(PayPal { account, client_id, client_secret, webhook_id, api_base })
        }
        [None, None, None] => None,
        _ => {
            reader.wrong("paypal", "needs client_id, client_secret and webhook_id, all or none");
            None
        }
    }
}
