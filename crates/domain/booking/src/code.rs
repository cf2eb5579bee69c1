//! Ticket codes: compact signed tokens, drawn as QR.
//!
//! The signed bytes are `1 | event (16) | ticket (16) | version (4, big-endian)`, followed by their Ed25519
//! signature (RFC 8032, 64 bytes), written in unpadded base32 (RFC 4648). Upper-case letters and digits only, so
//! that a QR symbol stores them in its alphanumeric mode, at 5.5 instead of 8 bits each.

use crate::Ticket;
use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use kernel::{EventId, TicketId};
use std::fmt;
use uuid::Uuid;

const FORMAT: u8 = 1;
const SIGNED: usize = 1 + 16 + 16 + 4;
const LENGTH: usize = SIGNED + Signature::BYTE_SIZE;

/// What a code says once its signature is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketCode {
    /// For which event.
    pub event: EventId,
    /// Which ticket.
    pub ticket: TicketId,
    /// Which of its codes.
    pub version: u32,
}

/// The text is no code that was signed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not one of our ticket codes")]
pub struct CodeError;

/// Signs codes, and knows its own again. `Debug` shows no key.
#[derive(Clone)]
pub struct CodeSigner {
    key: SigningKey,
}

impl CodeSigner {
    /// Signs with the Ed25519 key of this seed.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(seed) }
    }

    /// The key that others check codes with.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The code that stands for a ticket now.
    #[must_use]
    pub fn code(&self, ticket: &Ticket) -> String {
        let (mut bytes, signature) = self.signed(ticket.event, ticket.id, ticket.version);
        bytes.extend_from_slice(&signature);
        BASE32_NOPAD.encode(&bytes)
    }

    /// What the code of this version says, and its signature.
    pub(crate) fn signed(&self, event: EventId, ticket: TicketId, version: u32) -> (Vec<u8>, [u8; 64]) {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(FORMAT);
        bytes.extend_from_slice(event.as_uuid().as_bytes());
        bytes.extend_from_slice(ticket.as_uuid().as_bytes());
        bytes.extend_from_slice(&version.to_be_bytes());
        let signature = self.key.sign(&bytes).to_bytes();
        (bytes, signature)
    }

    /// Signs a text that is no code: what begins with its `purpose` cannot be mistaken for one, as codes begin with
    /// a byte that no text begins with.
    pub(crate) fn sign_text(&self, purpose: &str, text: &str) -> [u8; 64] {
        self.key.sign(&[purpose.as_bytes(), b"\n", text.as_bytes()].concat()).to_bytes()
    }

    /// Reads a code that was signed here; case and surrounding space do not matter.
    ///
    /// # Errors
    /// [`CodeError`] for everything else.
    pub fn read(&self, text: &str) -> Result<TicketCode, CodeError> {
        read_with(&self.key.verifying_key(), text)
    }
}

fn read_with(key: &VerifyingKey, text: &str) -> Result<TicketCode, CodeError> {
    let text = text.trim();
    // Base32 of LENGTH bytes; longer input is not even decoded.
    if text.len() != BASE32_NOPAD.encode_len(LENGTH) {
        return Err(CodeError);
    }
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| CodeError)?;
    let (signed, signature) = bytes.split_first_chunk::<SIGNED>().ok_or(CodeError)?;
    let signature = Signature::from_slice(signature).map_err(|_| CodeError)?;
    key.verify_strict(signed, &signature).map_err(|_| CodeError)?;
    let [FORMAT, rest @ ..] = signed else { return Err(CodeError) };
    let (event, rest) = rest.split_first_chunk::<16>().ok_or(CodeError)?;
    let (ticket, version) = rest.split_first_chunk::<16>().ok_or(CodeError)?;
    Ok(TicketCode {
        event: Uuid::from_bytes(*event).into(),
        ticket: Uuid::from_bytes(*ticket).into(),
        version: u32::from_be_bytes(version.try_into().map_err(|_| CodeError)?),
    })
}

impl fmt::Debug for CodeSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeSigner")
    }
}

#[cfg(test)]
mod tests;
