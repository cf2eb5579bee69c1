//! What a scanner without a network takes along: a signed list from which nothing can be read but with the codes
//! themselves.
//!
//! Each code is `said (37 bytes) | signature (64 bytes)`, see [`crate::code`]. Nobody can compute the signature without
//! our key, so it is as good as a random secret that the holder of the code has and we can make again. From it follow,
//! by HKDF-SHA256 (RFC 5869) with the signature as its input, what the code says as salt and [`PURPOSE`] as info:
//! 16 bytes under which the ticket is found, 32 bytes that its facts are encrypted with (AES-256-GCM), and 32 bytes of
//! which its nonce is made. A ticket's place in the list says nothing: entries are sorted by what they are found under.
//!
//! The nonce is the beginning of HMAC-SHA256 over the facts: other facts under one key get another nonce, and the same
//! facts the same entry, so that a list in which nothing changed is byte for byte the one before.

use crate::{CodeSigner, Gate, Ticket, TicketCode, TicketStatus};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use chrono::SecondsFormat;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use kernel::{EventId, TicketId, TicketTypeId, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Of which form it is.
pub const FORMAT: u32 = 1;
/// What keys are derived for.
pub const PURPOSE: &str = "synesthesie/door/1";
/// What a bundle's signature begins with.
pub const SIGNED_AS: &str = "synesthesie/door-bundle/1";
/// Facts are filled up to a multiple of so many bytes, so that their length does not tell whose they are.
const BLOCK: usize = 64;

/// What the list says of the event, beside its gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What the event is called.
    pub title: String,
    /// What its ticket types are called.
    pub types: BTreeMap<TicketTypeId, String>,
}

/// A list before it is signed: the same for the same tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    parts: Parts,
    /// Names its content.
    pub etag: String,
    /// How many tickets are in it.
    pub tickets: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Parts {
    format: u32,
    event: serde_json::Value,
    ticket_types: Vec<String>,
    public_key: String,
    valid_until: String,
    tickets: BTreeMap<String, String>,
    revoked: BTreeSet<String>,
}

/// A signed list. Its signature is over [`SIGNED_AS`], a line feed, and the payload as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bundle {
    /// Of which form it is.
    pub format: u32,
    /// Ed25519, in base64url.
    pub signature: String,
    /// JSON, as text: what is signed are its bytes.
    pub payload: String,
}

#[derive(Serialize)]
struct Dated<'a> {
    issued_at: String,
    #[serde(flatten)]
    parts: &'a Parts,
}

/// What follows from a code.
struct Secrets {
    found_under: String,
    lookup: [u8; 16],
    key: [u8; 32],
    nonces: [u8; 32],
}

impl Secrets {
    fn of(signer: &CodeSigner, event: EventId, ticket: TicketId, version: u32) -> Self {
        let (said, signature) = signer.signed(event, ticket, version);
        let mut bytes = [0; 80];
        // Fails for more than 8160 bytes only.
        let _ = Hkdf::<Sha256>::new(Some(&said), &signature).expand(PURPOSE.as_bytes(), &mut bytes);
        let (mut lookup, mut key, mut nonces) = ([0; 16], [0; 32], [0; 32]);
        let (first, rest) = bytes.split_at(16);
        let (second, third) = rest.split_at(32);
        lookup.copy_from_slice(first);
        key.copy_from_slice(second);
        nonces.copy_from_slice(third);
        Self { found_under: BASE64URL_NOPAD.encode(&lookup), lookup, key, nonces }
    }

    fn seal(&self, facts: &serde_json::Value) -> Option<String> {
        let mut text = facts.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(BLOCK), b' ');
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.nonces).ok()?;
        mac.update(&text);
        let digest = mac.finalize().into_bytes();
        let (nonce, _) = digest.split_first_chunk::<12>()?;
        let cipher = Aes256Gcm::new(&self.key.into());
        let sealed = cipher.encrypt(&Nonce::from(*nonce), Payload { msg: &text, aad: &self.lookup }).ok()?;
        Some(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }
}

impl Bundle {
    /// Seals the tickets of an event. Tickets of others are left out.
    pub(crate) fn seal(signer: &CodeSigner, gate: &Gate, facts: &Facts, tickets: &[Ticket]) -> Sealed {
        let places: BTreeMap<_, _> = facts.types.keys().zip(0u32..).collect();
        let (mut living, mut revoked) = (BTreeMap::new(), BTreeSet::new());
        for ticket in tickets.iter().filter(|ticket| ticket.event == gate.event) {
            // Versions count from one; those before the current one are dead.
            revoked.extend(
                (1..ticket.version)
                    .map(|dead| Secrets::of(signer, ticket.event, ticket.id, dead).found_under),
            );
            let secrets = Secrets::of(signer, ticket.event, ticket.id, ticket.version);
            if !ticket.status.lives() {
                revoked.insert(secrets.found_under);
                continue;
            }
            let name = ticket.attendee.as_ref().map(|it| format!("{} {}", it.first_name, it.last_name));
            let checked_in = ticket.checked_in_at.filter(|_| ticket.status == TicketStatus::CheckedIn);
            let told = json!({
                "id": ticket.id,
                "name": name,
                "type": places.get(&ticket.ticket_type),
                "seat": ticket.seat.as_ref().map(|seat| &seat.label),
                "inside": ticket.inside(),
                "checked_in_at": checked_in.map(instant),
            });
            if let Some(sealed) = secrets.seal(&told) {
                living.insert(secrets.found_under, sealed);
            }
        }
        let count = living.len();
        let parts = Parts {
            format: FORMAT,
            event: json!({
                "id": gate.event,
                "title": facts.title,
                "cancelled": gate.cancelled,
                "opens_at": instant(gate.opens_at),
                "closes_at": instant(gate.closes_at),
            }),
            ticket_types: facts.types.values().cloned().collect(),
            public_key: BASE64URL_NOPAD.encode(&signer.public_key()),
            valid_until: instant(gate.closes_at),
            tickets: living,
            revoked,
        };
        let text = serde_json::to_vec(&parts).unwrap_or_default();
        let etag = BASE64URL_NOPAD.encode(&Sha256::digest(&text));
        Sealed { parts, etag, tickets: count }
    }

    /// Dates and signs it.
    pub(crate) fn sign(signer: &CodeSigner, sealed: &Sealed, now: Timestamp) -> Self {
        let dated = Dated { issued_at: instant(now), parts: &sealed.parts };
        let payload = serde_json::to_string(&dated).unwrap_or_default();
        let signature = BASE64URL_NOPAD.encode(&signer.sign_text(SIGNED_AS, &payload));
        Self { format: FORMAT, signature, payload }
    }
}

/// Reads a receipt: what a scanner keeps of a code that it saw, until it can tell. It is what the code says and what
/// its ticket is found under, in base32; nothing can be opened with it, no door opens for it, and only who saw the code
/// could know both.
#[must_use]
pub fn read_receipt(signer: &CodeSigner, text: &str) -> Option<TicketCode> {
    const LENGTH: usize = 37 + 16;
    if text.len() != BASE32_NOPAD.encode_len(LENGTH) {
        return None;
    }
    let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
    let (&1, rest) = bytes.split_first()? else { return None };
    let (event, rest) = rest.split_first_chunk::<16>()?;
    let (ticket, rest) = rest.split_first_chunk::<16>()?;
    let (version, lookup) = rest.split_first_chunk::<4>()?;
    let code = TicketCode {
        event: Uuid::from_bytes(*event).into(),
        ticket: Uuid::from_bytes(*ticket).into(),
        version: u32::from_be_bytes(*version),
    };
    let known = Secrets::of(signer, code.event, code.ticket, code.version).lookup;
    // Found by trying, it would say that there is a ticket, which the list says as well.
    (known.as_slice() == lookup).then_some(code)
}

fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
