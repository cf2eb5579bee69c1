//! Invite codes: 60 bits in twelve characters that survive being read out and typed.

use crate::mac::digest;
use kernel::InviteId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Crockford's alphabet (Base32 without I, L, O, U): nothing in it looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code, five bits each.
const LENGTH: usize = 12;
/// Characters in a group when shown.
const GROUP: usize = 4;

/// A code as a person gets it. Whoever has it may use it, therefore `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCode([u8; LENGTH]);

/// The text can be no invite code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an invite code")]
pub struct MalformedCode;

/// What a store keeps of a code: a keyed hash, useless without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(pub [u8; 32]);

/// The secret from which all codes are derived. Lost, no code works any more; leaked, all can be made.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl CodeKey {
    /// From 32 random bytes that are kept with the system's secrets.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The code of an invite; always the same one.
    #[must_use]
    pub fn code(&self, invite: InviteId) -> InviteCode {
        let digest = digest(&self.0, &[b"invite-code", invite.as_uuid().as_bytes()]);
        let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut code = [b'0'; LENGTH];
        for (place, character) in code.iter_mut().enumerate() {
            let digit = usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
            *character = ALPHABET.get(digit).copied().unwrap_or(b'0');
        }
        InviteCode(code)
    }

    /// By what a store finds the invite of a code.
    #[must_use]
    pub fn hash(&self, code: &InviteCode) -> CodeHash {
        CodeHash(digest(&self.0, &[b"invite-hash", &code.0]))
    }
}

/// What people type for a character of the alphabet; `None` when it could be several or none.
fn canonical(typed: char) -> Option<u8> {
    let upper = u8::try_from(typed.to_ascii_uppercase()).ok()?;
    match upper {
        b'O' => Some(b'0'),
        b'I' | b'L' => Some(b'1'),
        other => ALPHABET.contains(&other).then_some(other),
    }
}

impl FromStr for InviteCode {
    type Err = MalformedCode;

    /// Reads what a person typed: either case, spaces and dashes anywhere, look-alikes of digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut typed = text.chars().filter(|character| !character.is_whitespace() && !is_dash(*character));
        let mut code = [0; LENGTH];
        for place in &mut code {
            *place = typed.next().and_then(canonical).ok_or(MalformedCode)?;
        }
        if typed.next().is_some() { Err(MalformedCode) } else { Ok(Self(code)) }
    }
}

/// The hyphen, and what mail programs and word processors make of it.
const fn is_dash(character: char) -> bool {
    matches!(character, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, group) in self.0.chunks(GROUP).enumerate() {
            let dash = if place == 0 { "" } else { "-" };
            write!(f, "{dash}{}", std::str::from_utf8(group).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode(..)")
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(..)")
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> CodeKey {
        CodeKey::new([7; 32])
    }

    fn invite() -> InviteId {
        InviteId::generate("2026-06-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_code_is_shown_in_three_groups_and_read_back() {
        let code = key().code(invite());
        let shown = code.to_string();
        assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4]);
        assert_eq!(shown.parse(), Ok(code));
    }

    #[test]
    fn what_people_make_of_a_code_is_understood() {
        let code: InviteCode = "01AB-CD10-EFGH".parse().unwrap();
        for typed in ["01abcd10efgh", " oIab – cdLO _ efgh\n", "0 1 A B-C-D-1-0-EFGH"] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in
            ["", "01AB-CD10-EFG", "01AB-CD10-EFGHJ", "U1AB-CD10-EFGH", "01AB-CD10-EFG\0", "é1AB-CD10-EFGH"]
        {
            assert_eq!(typed.parse::<InviteCode>(), Err(MalformedCode), "{typed}");
        }
    }

    #[test]
    fn another_key_makes_other_codes_and_hashes() {
        let (id, other) = (invite(), CodeKey::new([8; 32]));
        assert_ne!(key().code(id), other.code(id));
        assert_ne!(key().hash(&key().code(id)), other.hash(&key().code(id)));
    }

    #[test]
    fn nothing_secret_leaks_through_debug() {
        let code = key().code(invite());
        assert!(!format!("{code:?}").contains(&code.to_string()));
        assert!(!format!("{:?}{:?}", key(), key().hash(&code)).contains('7'));
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_shown_codes_read_back(text in ".{0,40}") {
            if let Ok(code) = text.parse::<InviteCode>() {
                prop_assert_eq!(code.to_string().parse::<InviteCode>(), Ok(code));
            }
        }
    }
}
