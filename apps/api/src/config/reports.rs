//! How it is learned what became of mails.

use super::reader::{Reader, Secret};
use crate::standard_webhooks::key;
use kernel::{EffectId, Email};
use messaging::return_path;
use uuid::Uuid;

/// Where other servers report.
pub(super) fn address(reader: &mut Reader) -> Option<Email> {
    let text = reader.text("mail.bounce_address");
    if text.is_empty() {
        return None;
    }
    // Behind it stands the name of a letter, for which there has to be room.
    let roomy = |address: &Email| return_path(address, EffectId::from(Uuid::nil())).is_some();
    let address = Email::parse(&text).ok().filter(roomy);
    if address.is_none() {
        let message = "must be an address with at most 31 characters before its @, as bounces@example.org";
        reader.wrong("mail.bounce_address", message);
    }
    address
}

/// What may sign reports that are passed on.
pub(super) fn secrets(reader: &mut Reader) -> Vec<Secret> {
    let name = "mail.webhook_secrets";
    let Some(given) = reader.secret(name) else { return Vec::new() };
    let texts = given.expose().split([',', '\n']).map(str::trim).filter(|text| !text.is_empty());
    let secrets: Vec<_> = texts.map(Secret::new).collect();
    if secrets.iter().any(|secret| key(secret.expose()).is_none()) {
        reader.wrong(name, "must be whsec_ and 24 to 64 bytes in base64, several separated by commas");
    }
    secrets
}
