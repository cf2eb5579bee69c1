//! What second factors are derived from: neither the secret that a device is given nor a recovery code is kept.

use data_encoding::BASE32_NOPAD;
use invites::mac::digest;
use kernel::{FactorId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use totp_rs::{Builder, Secret};

/// How many recovery codes there are at a time.
pub const RECOVERY_CODES: u8 = 10;
/// Random bytes of a recovery code: 80 bits, which nobody guesses.
const RECOVERY_BYTES: usize = 10;
/// Characters in a group when such a code is shown.
const GROUP: usize = 4;
/// How many digits a device shows.
const DIGITS: usize = 6;

/// The secret from which all second factors are derived. Changed, no device's code and no recovery code works any more.
#[derive(Clone)]
pub struct FactorKey([u8; 32]);

/// What a device is given to make codes of. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

/// A code for when the device is lost, as its owner keeps it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

/// What a store keeps of a recovery code: a keyed hash, useless without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryHash(pub [u8; 32]);

/// What somebody typed for a code.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// Six digits, as a device shows them.
    Shown(String),
    /// Anything else: a recovery code, if it is one.
    Kept(String),
}

impl FactorKey {
    /// From 32 random bytes that are kept with the system's secrets.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What the device of an enrolment is given; always the same.
    #[must_use]
    pub fn secret(&self, factor: FactorId) -> TotpSecret {
        let digest = digest(&self.0, &[b"totp-secret", factor.as_uuid().as_bytes()]);
        let mut secret = [0; 20];
        secret.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        TotpSecret(secret)
    }

    /// New recovery codes. They come of an id that nobody keeps, so that not even the key makes them a second time.
    #[must_use]
    pub(super) fn recovery_codes(&self, now: Timestamp) -> Vec<RecoveryCode> {
        let batch = FactorId::generate(now);
        let code = |number: u8| {
            let digest = digest(&self.0, &[b"recovery-code", batch.as_uuid().as_bytes(), &[number]]);
            RecoveryCode::of(&BASE32_NOPAD.encode(digest.get(..RECOVERY_BYTES).unwrap_or_default()))
        };
        (0..RECOVERY_CODES).map(code).collect()
    }

    /// What a store keeps of a recovery code of an enrolment, whatever somebody typed for it. What can be no code is the
    /// hash of none.
    #[must_use]
    pub(super) fn recovery_hash(&self, factor: FactorId, typed: &str) -> RecoveryHash {
        let letters: String = typed.chars().filter(|it| !is_between(*it)).map(canonical).collect();
        let id = factor.as_uuid();
        RecoveryHash(digest(&self.0, &[b"recovery-hash", id.as_bytes(), letters.as_bytes()]))
    }

    /// The time step whose code these digits are, if it is that of now, the one before or the one after.
    pub(super) fn step(&self, factor: FactorId, digits: &str, now: Timestamp) -> Option<u64> {
        self.secret(factor).step(digits, now)
    }
}

impl TotpSecret {
    /// As devices take it: base32, to be shown to its owner.
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    fn step(&self, digits: &str, now: Timestamp) -> Option<u64> {
        // SHA-1, six digits, steps of 30 seconds, one step to either side: what every app for codes can do.
        let totp = Builder::new().with_secret(Secret::new_stack(self.0)).build_noncompliant();
        totp.check(digits, u64::try_from(now.timestamp()).unwrap_or(0))
    }
}

impl RecoveryCode {
    fn of(letters: &str) -> Self {
        let mut shown = String::with_capacity(letters.len() + letters.len() / GROUP);
        for (place, letter) in letters.chars().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                shown.push('-');
            }
            shown.push(letter);
        }
        Self(shown)
    }

    /// To be shown to its owner, once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Typed {
    pub(super) fn read(text: &str) -> Self {
        let bare: String = text.chars().filter(|it| !is_between(*it)).collect();
        if bare.len() == DIGITS && bare.bytes().all(|it| it.is_ascii_digit()) {
            Self::Shown(bare)
        } else {
            Self::Kept(bare)
        }
    }
}

/// What people type for a letter of base32, in which there is neither a zero nor a one nor an eight.
fn canonical(typed: char) -> char {
    match typed.to_ascii_uppercase() {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        other => other,
    }
}

/// Spaces, the hyphen, and what mail programs and word processors make of it.
fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

hidden!(FactorKey, TotpSecret, RecoveryCode, RecoveryHash);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn key() -> FactorKey {
        FactorKey::new([7; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, for SHA-1; of its eight digits the last six.
        let secret = TotpSecret(*b"12345678901234567890");
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (time, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let step = u64::try_from(time / 30).unwrap();
            assert_eq!(secret.step(digits, at(time)), Some(step), "{time}");
            assert_eq!(secret.step(digits, at(time + 30)), Some(step), "a slow clock");
            assert_eq!(secret.step(digits, at(time - 30)), Some(step), "a fast one");
            assert_eq!(secret.step(digits, at(time + 60)), None);
        }
    }

    #[test]
    fn each_enrolment_has_a_secret_of_its_own() {
        let (one, other) = (FactorId::generate(at(0)), FactorId::generate(at(0)));
        assert_eq!(key().secret(one), key().secret(one));
        assert_ne!(key().secret(one), key().secret(other));
        assert_ne!(key().secret(one), FactorKey::new([8; 32]).secret(one));
    }

    #[test]
    fn recovery_codes_are_ten_in_four_groups_and_never_the_same_again() {
        let codes: Vec<_> = [key().recovery_codes(at(0)), key().recovery_codes(at(0))].concat();
        let distinct: BTreeSet<_> = codes.iter().map(RecoveryCode::expose).collect();
        assert_eq!((codes.len(), distinct.len()), (20, 20));
        for code in codes {
            assert_eq!(code.expose().split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        }
    }

    #[test]
    fn what_people_make_of_a_recovery_code_is_understood() {
        let factor = FactorId::generate(at(0));
        let hash = key().recovery_hash(factor, "ABIO-2345-ABCD-EFGH");
        for typed in ["abio2345abcdefgh", " a8I0 – 2345_ABCD EFGH\n", "AB10-2345-ABCD-EFGH"] {
            assert_eq!(key().recovery_hash(factor, typed), hash, "{typed}");
        }
        assert_ne!(key().recovery_hash(factor, "ABIO-2345-ABCD-EFGI"), hash);
        assert_ne!(key().recovery_hash(FactorId::generate(at(0)), "ABIO-2345-ABCD-EFGH"), hash);
    }

    #[test]
    fn six_digits_are_those_of_a_device() {
        for (text, shown) in [("123456", true), (" 123 456 ", true), ("12345", false), ("12345a", false)] {
            assert_eq!(
                matches!(Typed::read(text), Typed::Shown(digits) if digits == "123456"),
                shown,
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_secret_leaks_through_debug() {
        let factor = FactorId::generate(at(0));
        let code = key().recovery_codes(at(0)).remove(0);
        let hash = key().recovery_hash(factor, code.expose());
        let shown = format!("{:?} {:?} {code:?} {hash:?}", key(), key().secret(factor));
        assert_eq!(shown, "FactorKey(..) TotpSecret(..) RecoveryCode(..) RecoveryHash(..)");
    }
}
