//! Tokens that are signed instead of stored: whoever reads the database cannot make one.

use crate::{Purpose, email_change};
use data_encoding::BASE64URL_NOPAD;
use invites::mac::digest;
use kernel::{EmailChangeId, OneTimeId, SessionId};
use std::fmt;
use subtle::ConstantTimeEq;

/// The secret that signs refresh tokens and links. Changed, all sessions and open links are void.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

/// What a device shows to stay logged in: base64url of session id (16 bytes), generation (4, big-endian) and
/// HMAC-SHA256 over `refresh` and both (32). `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

/// What a link carries: base64url of the record's id (16 bytes) and HMAC-SHA256 over purpose and id (32). `Debug`
/// hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeToken(String);

impl TokenKey {
    /// From 32 random bytes that are kept with the system's secrets.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The refresh token of one generation of a session.
    #[must_use]
    pub fn refresh_token(&self, session: SessionId, generation: u32) -> RefreshToken {
        let mut bytes = session.as_uuid().as_bytes().to_vec();
        bytes.extend(generation.to_be_bytes());
        RefreshToken(self.seal(b"refresh", bytes))
    }

    /// Session and generation of a refresh token; `None` unless we made it.
    #[must_use]
    pub fn read_refresh_token(&self, token: &str) -> Option<(SessionId, u32)> {
        let bytes: [u8; 20] = self.unseal(b"refresh", token)?;
        let (session, generation) = bytes.split_first_chunk::<16>()?;
        let generation = u32::from_be_bytes(generation.try_into().ok()?);
        Some((SessionId::from(uuid(*session)), generation))
    }

    /// The token of a link.
    #[must_use]
    pub fn one_time_token(&self, id: OneTimeId, purpose: Purpose) -> OneTimeToken {
        OneTimeToken(self.seal(purpose.as_str().as_bytes(), id.as_uuid().as_bytes().to_vec()))
    }

    /// The record of a link; `None` unless we made it, and for this purpose.
    #[must_use]
    pub fn read_one_time_token(&self, token: &str, purpose: Purpose) -> Option<OneTimeId> {
        self.unseal(purpose.as_str().as_bytes(), token).map(|id| OneTimeId::from(uuid(id)))
    }

    /// The token of the link that makes another address somebody's.
    #[must_use]
    pub fn email_token(&self, id: EmailChangeId) -> OneTimeToken {
        OneTimeToken(self.seal(email_change::PURPOSE.as_bytes(), id.as_uuid().as_bytes().to_vec()))
    }

    /// The wish behind such a link; `None` unless we made it.
    #[must_use]
    pub fn read_email_token(&self, token: &str) -> Option<EmailChangeId> {
        self.unseal(email_change::PURPOSE.as_bytes(), token).map(|id| EmailChangeId::from(uuid(id)))
    }

    fn seal(&self, label: &[u8], mut bytes: Vec<u8>) -> String {
        let seal = digest(&self.0, &[label, &bytes]);
        bytes.extend(seal);
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn unseal<const N: usize>(&self, label: &[u8], token: &str) -> Option<[u8; N]> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (message, seal) = bytes.split_first_chunk::<N>()?;
        let genuine: bool = digest(&self.0, &[label, message]).as_slice().ct_eq(seal).into();
        genuine.then_some(*message)
    }
}

fn uuid(bytes: [u8; 16]) -> uuid::Uuid {
    uuid::Uuid::from_bytes(bytes)
}

macro_rules! shown_on_purpose_only {
    ($name:ident) => {
        impl $name {
            /// To be handed to its owner.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

shown_on_purpose_only!(RefreshToken);
shown_on_purpose_only!(OneTimeToken);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> TokenKey {
        TokenKey::new([7; 32])
    }

    fn noon() -> kernel::Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn tokens_read_back() {
        let (session, link) = (SessionId::generate(noon()), OneTimeId::generate(noon()));
        let refresh = key().refresh_token(session, 70_000);
        assert_eq!(key().read_refresh_token(refresh.expose()), Some((session, 70_000)));
        let token = key().one_time_token(link, Purpose::VerifyEmail);
        assert_eq!(key().read_one_time_token(token.expose(), Purpose::VerifyEmail), Some(link));
        let change = EmailChangeId::generate(noon());
        let token = key().email_token(change);
        assert_eq!(key().read_email_token(token.expose()), Some(change));
        assert_eq!(key().read_one_time_token(token.expose(), Purpose::VerifyEmail), None);
    }

    #[test]
    fn a_token_is_worth_nothing_for_another_purpose_or_under_another_key() {
        let token = key().one_time_token(OneTimeId::generate(noon()), Purpose::VerifyEmail);
        assert_eq!(key().read_one_time_token(token.expose(), Purpose::ResetPassword), None);
        assert_eq!(key().read_refresh_token(token.expose()), None);
        assert_eq!(key().read_email_token(token.expose()), None);
        let other = TokenKey::new([8; 32]);
        assert_eq!(other.read_one_time_token(token.expose(), Purpose::VerifyEmail), None);
    }

    #[test]
    fn no_token_leaks_through_debug() {
        let token = key().refresh_token(SessionId::generate(noon()), 0);
        assert_eq!(format!("{token:?} {:?}", key()), "RefreshToken(..) TokenKey(..)");
    }

    proptest! {
        #[test]
        fn one_changed_character_spoils_a_token(place in 0..70_usize, with in "[A-Za-z0-9_-]") {
            let genuine = key().refresh_token(SessionId::generate(noon()), 3);
            let mut forged = genuine.expose().to_owned();
            forged.replace_range(place..=place, &with);
            prop_assume!(forged != genuine.expose());
            prop_assert_eq!(key().read_refresh_token(&forged), None);
        }

        #[test]
        fn nonsense_is_no_token(text in ".{0,100}") {
            prop_assert_eq!(key().read_refresh_token(&text), None);
        }
    }
}
