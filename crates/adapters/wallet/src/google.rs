//! Links for Google's wallet: the whole ticket in a signed token, so that nothing is sent to Google before its holder
//! follows the link.

use crate::rsa::Key;
use crate::{Pass, WalletError};
use data_encoding::BASE64URL_NOPAD;
use kernel::Timestamp;
use serde_json::{Value, json};

/// What Google gives to those who make passes.
#[derive(Clone)]
pub struct GoogleSettings {
    /// The number of the issuer.
    pub issuer: String,
    /// The address of the service account.
    pub email: String,
    /// Its key, in PEM.
    pub key: String,
}

#[derive(Clone)]
pub(crate) struct Google {
    issuer: String,
    email: String,
    key: Key,
}

impl Google {
    pub(crate) fn new(settings: &GoogleSettings) -> Result<Self, WalletError> {
        let GoogleSettings { issuer, email, key } = settings;
        let key = Key::read("google_service_account", key)?;
        Ok(Self { issuer: issuer.clone(), email: email.clone(), key })
    }

    pub(crate) fn link(&self, pass: &Pass, now: Timestamp) -> Result<String, WalletError> {
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({
            "iss": self.email,
            "aud": "google",
            "typ": "savetowallet",
            "iat": now.timestamp(),
            "origins": [],
            "payload": {
                "eventTicketClasses": [self.class(pass)],
                "eventTicketObjects": [self.object(pass)],
            },
        });
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = BASE64URL_NOPAD.encode(&self.key.sign(message.as_bytes())?);
        Ok(format!("https://pay.google.com/gp/v/save/{message}.{signature}"))
    }

    fn class_id(&self, pass: &Pass) -> String {
        format!("{}.event-{}", self.issuer, pass.event)
    }

    fn class(&self, pass: &Pass) -> Value {
        let text = |value: &str| json!({"defaultValue": {"language": "en", "value": value}});
        let mut class = json!({
            "id": self.class_id(pass),
            "issuerName": pass.organiser,
            "reviewStatus": "UNDER_REVIEW",
            "eventName": text(&pass.title),
            "dateTime": {
                "doorsOpen": pass.doors.unwrap_or(pass.begins).to_rfc3339(),
                "start": pass.begins.to_rfc3339(),
                "end": pass.ends.to_rfc3339(),
            },
        });
        if let Some(fields) = class.as_object_mut().filter(|_| !pass.place.is_empty()) {
            fields.insert("venue".into(), json!({"name": text(&pass.place), "address": text(&pass.place)}));
        }
        class
    }

    fn object(&self, pass: &Pass) -> Value {
        let mut object = json!({
            "id": format!("{}.ticket-{}", self.issuer, pass.serial),
            "classId": self.class_id(pass),
            "state": "ACTIVE",
            "ticketType": {"defaultValue": {"language": "en", "value": pass.kind}},
            "barcode": {"type": "QR_CODE", "value": pass.code},
            "validTimeInterval": {"end": {"date": pass.expires.to_rfc3339()}},
        });
        let Some(fields) = object.as_object_mut() else { return object };
        if let Some(guest) = &pass.guest {
            fields.insert("ticketHolderName".into(), guest.as_str().into());
        }
        if let Some(seat) = &pass.seat {
            let text = json!({"defaultValue": {"language": "en", "value": seat}});
            fields.insert("seatInfo".into(), json!({"seat": text}));
        }
        if let Some(reference) = &pass.reference {
            fields.insert("ticketNumber".into(), reference.as_str().into());
            if let Some(barcode) = fields.get_mut("barcode").and_then(Value::as_object_mut) {
                barcode.insert("alternateText".into(), reference.as_str().into());
            }
        }
        object
    }
}
