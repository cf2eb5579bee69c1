//! Voucher codes: made here, or chosen by whoever runs the event, and read as people type them.
//!
//! Nobody can read a code out of a store: of it a keyed hash is kept, in which the event is, so that a code is worth
//! nothing elsewhere.

use hmac::{Hmac, KeyInit, Mac};
use kernel::{EventId, VoucherId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// Crockford's alphabet (Base32 without I, L, O, U): nothing in it looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code that is made here, five bits each.
const MADE: usize = 12;
/// Characters in a group when such a code is shown.
const GROUP: usize = 4;
/// How many characters a chosen code has. Shorter ones that were chosen before this was the rule are still taken.
const CHOSEN: std::ops::RangeInclusive<usize> = 6..=32;

/// A code as a buyer gets it: capital letters and digits, and hyphens in one that was made here. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherCode(String);

/// What a store keeps of a code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VoucherHash(pub [u8; 32]);

/// The secret by which codes are made and recognised.
#[derive(Clone)]
pub struct VoucherKey([u8; 32]);

impl VoucherCode {
    /// A code that somebody chose: 6 to 32 letters and digits; spaces and hyphens between them are no part of it.
    /// `None` for anything else.
    #[must_use]
    pub fn chosen(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|it| !is_between(*it)).collect();
        let fits = CHOSEN.contains(&letters.len()) && letters.bytes().all(|it| it.is_ascii_alphanumeric());
        fits.then(|| Self(letters.to_ascii_uppercase()))
    }

    /// Its last characters: four of a long one, no more than a third of a short one.
    #[must_use]
    pub fn hint(&self) -> String {
        let kept = (self.0.len() / 3).min(4);
        let skipped = self.0.len().saturating_sub(kept);
        self.0.chars().skip(skipped).collect()
    }
}

impl VoucherKey {
    /// From 32 random bytes that are kept with the system's secrets.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The code of a voucher for which nobody chose one; always the same one.
    #[must_use]
    pub fn made(&self, voucher: VoucherId) -> VoucherCode {
        let digest = self.digest(b"voucher-code", &[voucher.as_uuid().as_bytes()]);
        let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut code = String::with_capacity(MADE + MADE / GROUP);
        for place in 0..MADE {
            if place > 0 && place.is_multiple_of(GROUP) {
                code.push('-');
            }
            let digit = usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
            code.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
        }
        VoucherCode(code)
    }

    /// By what a store finds the voucher of an event that has this code, whatever somebody typed for it: either case,
    /// spaces and hyphens anywhere, letters for the digits that they look like. What can be no code is the hash of
    /// none, so that all that is not known is answered alike.
    #[must_use]
    pub fn hash(&self, event: EventId, typed: &str) -> VoucherHash {
        let letters: String = typed.chars().filter(|it| !is_between(*it)).map(canonical).collect();
        VoucherHash(self.digest(b"voucher-hash", &[event.as_uuid().as_bytes(), letters.as_bytes()]))
    }

    fn digest(&self, label: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
        let mut block = [0_u8; 64];
        block.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(label);
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

/// Zero and one are what people read for the letters that look like them.
fn canonical(typed: char) -> char {
    match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

/// Spaces, the hyphen, and what mail programs and word processors make of it.
fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Display for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherCode(..)")
    }
}

impl fmt::Debug for VoucherHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherHash(..)")
    }
}

impl fmt::Debug for VoucherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherKey(..)")
    }
}
