//! Secrets of hooks, and what is signed with them, as Standard Webhooks has it.
//!
//! No secret is kept: each follows from a key, the hook and the number of the secret. It is shown once, to whoever makes it.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use kernel::HookId;
use sha2::Sha256;
use std::fmt;

/// What the secrets of all hooks follow from. `Debug` hides it.
#[derive(Clone)]
pub struct HookKey([u8; 32]);

/// What a hook's calls are signed with. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct HookSecret([u8; 32]);

impl HookKey {
    /// From 32 random bytes that are kept with the system's secrets.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A hook's secret of this number; always the same.
    #[must_use]
    pub fn secret(&self, hook: HookId, generation: u32) -> HookSecret {
        HookSecret(digest(&self.0, &[b"hook-secret", hook.as_uuid().as_bytes(), &generation.to_be_bytes()]))
    }
}

impl HookSecret {
    /// As it is shown, and as the libraries of Standard Webhooks take it.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("whsec_{}", BASE64.encode(&self.0))
    }

    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let seconds = timestamp.to_string();
        let parts: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body.as_bytes()];
        format!("v1,{}", BASE64.encode(&digest(&self.0, &parts)))
    }
}

/// The header `webhook-signature`: one signature for each secret, whoever looks for any of them finds it.
#[must_use]
pub fn signatures(secrets: &[HookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let signed: Vec<_> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
    signed.join(" ")
}

/// HMAC-SHA256 (RFC 2104).
fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
    let mut block = [0_u8; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for HookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookKey(..)")
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_secret_is_always_the_same_and_that_of_nobody_else() {
        let (key, other) = (HookKey::new([7; 32]), HookKey::new([8; 32]));
        let (hook, stranger) = (HookId::from(Uuid::from_u128(1)), HookId::from(Uuid::from_u128(2)));
        assert_eq!(key.secret(hook, 1), key.secret(hook, 1));
        for different in [key.secret(hook, 2), key.secret(stranger, 1), other.secret(hook, 1)] {
            assert_ne!(key.secret(hook, 1), different);
        }
        let shown = key.secret(hook, 1).shown();
        let bytes = BASE64.decode(shown.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_eq!(format!("{key:?} {:?}", key.secret(hook, 1)), "HookKey(..) HookSecret(..)");
    }

    #[test]
    fn it_is_signed_as_standard_webhooks_says() {
        // The example of the specification: its secret is 24 bytes, which HMAC pads like every shorter key.
        let mut bytes = [0; 32];
        let given = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        bytes.iter_mut().zip(given).for_each(|(to, from)| *to = from);
        let body = r#"{"test": 2432232314}"#;
        let signed = signatures(&[HookSecret(bytes)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_by_itself() {
        let secrets = [HookSecret([1; 32]), HookSecret([2; 32])];
        let both = signatures(&secrets, "id", 1, "{}");
        let each: Vec<_> =
            secrets.iter().map(|one| signatures(std::slice::from_ref(one), "id", 1, "{}")).collect();
        assert_eq!(both, each.join(" "));
        assert_ne!(signatures(&secrets, "id", 2, "{}"), both);
    }
}
