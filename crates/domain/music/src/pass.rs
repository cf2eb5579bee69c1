//! What lets a player hear a set: a signed text in the path of its addresses, as the element that plays sends no
//! access token. It is good for one member, in one session, for one set and for half a day.

use chrono::{DurationRound, TimeDelta};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{AccountId, SessionId, SetId, Timestamp};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// How long one is good, at least; an hour more at most, so that those who ask twice get the same one.
const LASTS: TimeDelta = TimeDelta::hours(12);
/// What is signed begins with it.
const LABEL: &[u8] = b"synesthesie/stream-pass/1";

/// What a pass says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPass {
    /// Who listens.
    pub account: AccountId,
    /// In which session they asked for it: when that ends, so does the pass.
    pub session: SessionId,
    /// What they hear.
    pub set: SetId,
    /// No more from then on.
    pub expires_at: Timestamp,
}

/// Why a text is no pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassRefusal {
    /// Nobody here made it, or for another set.
    #[error("this is no pass for the set")]
    Forged,
    /// Its time is over.
    #[error("the pass is over")]
    Over,
}

/// Signs passes.
#[derive(Clone)]
pub struct PassKey([u8; 32]);

impl fmt::Debug for PassKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassKey(..)")
    }
}

impl StreamPass {
    /// One that begins now.
    #[must_use]
    pub fn beginning(account: AccountId, session: SessionId, set: SetId, now: Timestamp) -> Self {
        let hour = TimeDelta::hours(1);
        let begun = now.duration_trunc(hour).unwrap_or(now);
        Self { account, session, set, expires_at: begun + hour + LASTS }
    }
}

impl PassKey {
    /// With this secret.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A pass as text: account, session and end (40 bytes), then the signature (32), in base64url.
    #[must_use]
    pub fn sign(&self, pass: &StreamPass) -> String {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend(pass.account.as_uuid().as_bytes());
        bytes.extend(pass.session.as_uuid().as_bytes());
        bytes.extend(pass.expires_at.timestamp().to_be_bytes());
        let signature = self.mac(&bytes, pass.set).finalize().into_bytes();
        bytes.extend(signature);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What a text says, if it is a pass for this set.
    ///
    /// # Errors
    /// [`PassRefusal`].
    pub fn read(&self, text: &str, set: SetId, now: Timestamp) -> Result<StreamPass, PassRefusal> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| PassRefusal::Forged)?;
        let (said, signature) = bytes.split_at_checked(40).ok_or(PassRefusal::Forged)?;
        self.mac(said, set).verify_slice(signature).map_err(|_| PassRefusal::Forged)?;
        let pass = parts(said, set).ok_or(PassRefusal::Forged)?;
        if now < pass.expires_at { Ok(pass) } else { Err(PassRefusal::Over) }
    }

    fn mac(&self, said: &[u8], set: SetId) -> Hmac<Sha256> {
        // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
        let mut block = [0_u8; 64];
        block.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        [LABEL, set.as_uuid().as_bytes().as_slice(), said].into_iter().for_each(|part| mac.update(part));
        mac
    }
}

fn parts(said: &[u8], set: SetId) -> Option<StreamPass> {
    let (account, rest) = said.split_first_chunk::<16>()?;
    let (session, end) = rest.split_first_chunk::<16>()?;
    let end = i64::from_be_bytes(*end.first_chunk::<8>()?);
    Some(StreamPass {
        account: Uuid::from_bytes(*account).into(),
        session: Uuid::from_bytes(*session).into(),
        set,
        expires_at: Timestamp::from_timestamp(end, 0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn some() -> (PassKey, StreamPass, Timestamp) {
        let now = at("2026-06-01T12:34:56Z");
        let pass = StreamPass::beginning(
            AccountId::generate(now),
            SessionId::generate(now),
            SetId::generate(now),
            now,
        );
        (PassKey::new([7; 32]), pass, now)
    }

    #[test]
    fn it_says_whose_it_is_until_its_end() {
        let (key, pass, now) = some();
        let text = key.sign(&pass);
        assert_eq!(pass.expires_at, at("2026-06-02T01:00:00Z"));
        assert_eq!(key.read(&text, pass.set, now), Ok(pass));
        let last = at("2026-06-02T00:59:59.999Z");
        assert_eq!(key.read(&text, pass.set, last), Ok(pass));
        assert_eq!(key.read(&text, pass.set, pass.expires_at), Err(PassRefusal::Over));
        assert_eq!(format!("{key:?}"), "PassKey(..)");
    }

    #[test]
    fn it_opens_no_other_set_and_nobody_else_makes_one() {
        let (key, pass, now) = some();
        let text = key.sign(&pass);
        let other = SetId::generate(now);
        assert_eq!(key.read(&text, other, now), Err(PassRefusal::Forged));
        assert_eq!(PassKey::new([8; 32]).read(&text, pass.set, now), Err(PassRefusal::Forged));
        for changed in ["", "AAAA", &text[1..], &text[..95], &format!("{text}AAAA")] {
            assert_eq!(key.read(changed, pass.set, now), Err(PassRefusal::Forged), "{changed}");
        }
        for place in 0..text.len() {
            let mut letters: Vec<char> = text.chars().collect();
            letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
            let changed: String = letters.into_iter().collect();
            assert_eq!(key.read(&changed, pass.set, now), Err(PassRefusal::Forged), "{changed}");
        }
    }
}
