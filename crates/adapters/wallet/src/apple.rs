//! Pass files for Apple's wallet: a ZIP file with the ticket as JSON, pictures, their digests and a signature over
//! those.

use crate::archive::zip;
use crate::signature::Signer;
use crate::{Pass, WalletError};
use chrono::{DateTime, SecondsFormat, TimeZone};
use data_encoding::HEXLOWER;
use der::asn1::ObjectIdentifier;
use kernel::Timestamp;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// What Apple gives to those who make passes.
#[derive(Clone)]
pub struct AppleSettings {
    /// The certificate of the pass type, in PEM.
    pub certificate: String,
    /// Its key, in PEM, unencrypted.
    pub key: String,
    /// The certificate that issued it, in PEM: Apple's "WWDR".
    pub wwdr: String,
    /// As `pass.org.example.tickets`.
    pub pass_type: String,
    /// Ten letters and digits.
    pub team: String,
}

/// A pass file.
pub struct PassFile {
    /// ZIP.
    pub bytes: Vec<u8>,
    /// Without, no telephone takes it.
    pub signed: bool,
}

#[derive(Clone)]
pub(crate) struct Apple {
    signer: Signer,
    pass_type: String,
    team: String,
}

impl Apple {
    pub(crate) fn new(settings: &AppleSettings) -> Result<Self, WalletError> {
        let AppleSettings { certificate, key, wwdr, pass_type, team } = settings;
        let signer = Signer::new(certificate, key, wwdr)?;
        // Telephones compare the pass with the certificate and say nothing about what they refuse.
        for (setting, attribute, name) in
            [("apple_pass_type", USER_ID, pass_type), ("apple_team", ORGANISATIONAL_UNIT, team)]
        {
            if !signer.is_of(attribute, name) {
                let why = format!("apple_certificate was not issued for {name}");
                return Err(WalletError::settings(setting, why));
            }
        }
        Ok(Self { signer, pass_type: pass_type.clone(), team: team.clone() })
    }
}

/// Where Apple's certificates name the pass type.
const USER_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1");
/// Where they name the team.
const ORGANISATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

/// The pictures that every pass has.
const PICTURES: [(&str, &[u8]); 5] = [
    ("icon.png", include_bytes!("../images/icon.png")),
    ("icon@2x.png", include_bytes!("../images/icon@2x.png")),
    ("icon@3x.png", include_bytes!("../images/icon@3x.png")),
    ("logo.png", include_bytes!("../images/logo.png")),
    ("logo@2x.png", include_bytes!("../images/logo@2x.png")),
];

pub(crate) fn file(apple: Option<&Apple>, pass: &Pass, now: Timestamp) -> Result<PassFile, WalletError> {
    let ticket = serde_json::to_vec(&ticket(apple, pass, now)).map_err(WalletError::made)?;
    let mut members = vec![("pass.json", ticket)];
    members.extend(PICTURES.map(|(name, picture)| (name, picture.to_vec())));
    // The format names SHA-1; what is trusted is the signature over these digests.
    let digests: Map<String, Value> = members
        .iter()
        .map(|(name, content)| {
            let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, content);
            ((*name).to_owned(), HEXLOWER.encode(digest.as_ref()).into())
        })
        .collect();
    let manifest = serde_json::to_vec(&digests).map_err(WalletError::made)?;
    let signature = apple.map(|apple| apple.signer.sign(&manifest, now)).transpose()?;
    members.push(("manifest.json", manifest));
    let signed = signature.is_some();
    members.extend(signature.map(|signature| ("signature", signature)));
    Ok(PassFile { bytes: zip(&members)?, signed })
}

/// As Apple reads instants: W3C's form, which ends with the seconds.
fn seconds<Zone: TimeZone<Offset: Display>>(at: DateTime<Zone>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn ticket(apple: Option<&Apple>, pass: &Pass, now: Timestamp) -> Value {
    let field = |key: &str, label: &str, value: &str| json!({"key": key, "label": label, "value": value});
    let moment = |key: &str, label: &str, at: String| {
        json!({"key": key, "label": label, "value": at, "dateStyle": "PKDateStyleMedium",
            "timeStyle": "PKDateStyleShort", "ignoresTimeZone": true})
    };
    let mut secondary = vec![moment("begins", "BEGINS", seconds(pass.begins))];
    secondary.extend(pass.doors.map(|doors| moment("doors", "DOORS", seconds(doors))));
    let mut auxiliary = Vec::new();
    for (key, label, value) in [
        ("place", "PLACE", Some(&pass.place)),
        ("kind", "TICKET", Some(&pass.kind)),
        ("seat", "SEAT", pass.seat.as_ref()),
        ("guest", "GUEST", pass.guest.as_ref()),
    ] {
        auxiliary.extend(value.filter(|value| !value.is_empty()).map(|value| field(key, label, value)));
    }
    let mut back: Vec<_> =
        pass.reference.iter().map(|reference| field("reference", "Booking", reference)).collect();
    back.push(field("organiser", "Organiser", &pass.organiser));
    back.push(field("ends", "Ends", &pass.ends.format("%Y-%m-%d %H:%M").to_string()));
    let mut barcode =
        json!({"format": "PKBarcodeFormatQR", "message": pass.code, "messageEncoding": "iso-8859-1"});
    if let (Some(fields), Some(reference)) = (barcode.as_object_mut(), &pass.reference) {
        fields.insert("altText".into(), reference.as_str().into());
    }
    json!({
        "formatVersion": 1,
        "passTypeIdentifier": apple.map_or("pass.unsigned", |apple| &apple.pass_type),
        "teamIdentifier": apple.map_or("UNSIGNED", |apple| &apple.team),
        "serialNumber": pass.serial,
        "organizationName": pass.organiser,
        "description": pass.title,
        "logoText": pass.organiser,
        "backgroundColor": "rgb(27,27,31)",
        "foregroundColor": "rgb(255,255,255)",
        "labelColor": "rgb(180,180,190)",
        "relevantDate": seconds(pass.doors.unwrap_or(pass.begins)),
        "expirationDate": seconds(pass.expires),
        "voided": now >= pass.expires,
        // The code lets its bearer in once: whoever sends it on has given it away.
        "sharingProhibited": true,
        "barcodes": [barcode],
        "eventTicket": {
            "primaryFields": [field("event", "EVENT", &pass.title)],
            "secondaryFields": secondary,
            "auxiliaryFields": auxiliary,
            "backFields": back,
        },
    })
}
