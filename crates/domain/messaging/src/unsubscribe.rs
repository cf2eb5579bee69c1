//! Links by which somebody leaves a list with one click and without logging in (RFC 8058).

use crate::MailList;
use crate::mac::mac;
use data_encoding::BASE64URL_NOPAD;
use hmac::Mac;
use kernel::AccountId;
use std::fmt;
use uuid::Uuid;

/// Bytes of the seal: nobody can try as many as there are.
const SEAL: usize = 16;

/// The secret that seals such links: they need not be kept, and nobody else can make one. Changed, those that were sent are void.
#[derive(Clone)]
pub struct UnsubscribeKey([u8; 32]);

impl UnsubscribeKey {
    /// Of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What a link to leave a list carries: base64url of the account's id (16 bytes), the list (1), and the first 16 bytes of
    /// HMAC-SHA256 over both. It is good for ever, and for nothing else.
    #[must_use]
    pub fn token(&self, account: AccountId, list: MailList) -> String {
        let mut bytes = message(account, list);
        let seal = mac(&self.0, &bytes).finalize().into_bytes();
        bytes.extend(seal.iter().take(SEAL));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whose link it is, and to which list; `None` unless we made it.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(AccountId, MailList)> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (message, seal) = bytes.split_at_checked(17).filter(|(_, seal)| seal.len() == SEAL)?;
        // In constant time: how much of a seal is right is nobody's business.
        mac(&self.0, message).verify_truncated_left(seal).ok()?;
        let (account, list) = message.split_first_chunk::<16>()?;
        let list = MailList::ALL.into_iter().find(|known| list == [byte(*known)])?;
        Some((AccountId::from(Uuid::from_bytes(*account)), list))
    }
}

fn message(account: AccountId, list: MailList) -> Vec<u8> {
    let mut bytes = account.as_uuid().into_bytes().to_vec();
    bytes.push(byte(list));
    bytes
}

const fn byte(list: MailList) -> u8 {
    match list {
        MailList::News => 1,
        MailList::Events => 2,
    }
}

impl fmt::Debug for UnsubscribeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account() -> AccountId {
        AccountId::generate("2026-06-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_link_reads_back_for_its_list_and_under_its_key() {
        let (key, other, account) = (UnsubscribeKey::new([1; 32]), UnsubscribeKey::new([2; 32]), account());
        let [news, events] = MailList::ALL.map(|list| key.token(account, list));
        assert_eq!(key.read(&news), Some((account, MailList::News)));
        assert_eq!(key.read(&events), Some((account, MailList::Events)));
        assert_eq!((other.read(&news), news.len()), (None, 44));
        assert!(news.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter)));
        assert_eq!(format!("{key:?}"), "UnsubscribeKey(..)");
    }

    #[test]
    fn no_part_of_a_link_can_be_changed_or_left_out() {
        let key = UnsubscribeKey::new([1; 32]);
        let token = key.token(account(), MailList::News);
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(key.read(&BASE64URL_NOPAD.encode(&changed)), None, "{at}");
            assert_eq!(key.read(&BASE64URL_NOPAD.encode(&bytes[..at])), None, "{at}");
        }
        assert_eq!(key.read(&format!("{token}AAAA")), None);
    }

    proptest! {
        #[test]
        fn what_nobody_made_is_nobodys(token in ".{0,80}") {
            prop_assert_eq!(UnsubscribeKey::new([1; 32]).read(&token), None);
        }
    }
}
