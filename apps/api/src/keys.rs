//! Every key of the system comes from one seed, so that there is one secret to keep.
//!
//! Each is HMAC-SHA256 of a label under the seed: knowing one says nothing about another.

use accounts::{FactorKey, TokenKey};
use booking::VoucherKey;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hooks::HookKey;
use invites::CodeKey;
use messaging::{AddressKey, UnsubscribeKey};
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The seed and what follows from it.
#[derive(Clone)]
pub struct Keys {
    seed: [u8; 32],
}

/// Why there is no seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The machine gives no random numbers.
    #[error("no random numbers can be had")]
    Random,
    /// The file of the seed can be neither read nor made.
    #[error("the signing key in {path} can be neither read nor made")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Something else is in the file.
    #[error("{path} does not hold a signing key: put the right one back, or move the file away")]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// Reads 32 bytes as 64 hex digits or as base64, in any of its usual spellings.
#[must_use]
pub fn read_seed(text: &str) -> Option<[u8; 32]> {
    let encodings = [HEXLOWER_PERMISSIVE, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
    encodings.iter().find_map(|encoding| encoding.decode(text.trim().as_bytes()).ok()?.try_into().ok())
}

impl Keys {
    /// From a seed that was given.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed }
    }

    /// From a new seed that nobody keeps.
    ///
    /// # Errors
    /// [`SeedError::Random`].
    pub fn random() -> Result<Self, SeedError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| SeedError::Random)?;
        Ok(Self { seed })
    }

    /// From the seed in a folder's `secrets/signing.key`, which has to be there.
    ///
    /// # Errors
    /// A [`SeedError`].
    pub fn found_in(folder: &Path) -> Result<Self, SeedError> {
        let path = folder.join("secrets").join("signing.key");
        match std::fs::read_to_string(&path) {
            Ok(text) => read_seed(&text).map(Self::new).ok_or(SeedError::Malformed { path }),
            Err(cause) => Err(SeedError::File { path, cause }),
        }
    }

    /// From the seed in a folder's `secrets/signing.key`, which is made (mode 0600) when there is none.
    ///
    /// # Errors
    /// A [`SeedError`].
    pub fn kept_in(folder: &Path) -> Result<Self, SeedError> {
        let path = folder.join("secrets").join("signing.key");
        match Self::found_in(folder) {
            Err(SeedError::File { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
                let keys = Self::random()?;
                match write_new(&path, &HEXLOWER.encode(&keys.seed)) {
                    Ok(()) => Ok(keys),
                    // Another process was faster: its seed is the one.
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Self::kept_in(folder),
                    Err(cause) => Err(SeedError::File { path, cause }),
                }
            }
            found => found,
        }
    }

    /// Seed of the Ed25519 key that signs access tokens.
    #[must_use]
    pub fn access_tokens(&self) -> [u8; 32] {
        self.derive(b"synesthesie/access-tokens/1")
    }

    /// Seed of the Ed25519 key that signs ticket codes.
    #[must_use]
    pub fn ticket_codes(&self) -> [u8; 32] {
        self.derive(b"synesthesie/ticket-codes/1")
    }

    /// The key that invite codes are derived from.
    #[must_use]
    pub fn invite_codes(&self) -> CodeKey {
        CodeKey::new(self.derive(b"synesthesie/invite-codes/1"))
    }

    /// The key that seals refresh tokens and links.
    #[must_use]
    pub fn tokens(&self) -> TokenKey {
        TokenKey::new(self.derive(b"synesthesie/tokens/1"))
    }

    /// The key that second factors are derived from.
    #[must_use]
    pub fn second_factors(&self) -> FactorKey {
        FactorKey::new(self.derive(b"synesthesie/second-factors/1"))
    }

    /// The key that seals answers kept for repeats.
    #[must_use]
    pub fn answers(&self) -> [u8; 32] {
        self.derive(b"synesthesie/answers/1")
    }

    /// The key that the secret addresses of calendars are recognised by.
    #[must_use]
    pub fn calendars(&self) -> [u8; 32] {
        self.derive(b"synesthesie/calendars/1")
    }

    /// The key that links to objects on disk are signed with.
    #[must_use]
    pub fn media_links(&self) -> [u8; 32] {
        self.derive(b"synesthesie/media-links/1")
    }

    /// The key that addresses of archives are signed with.
    #[must_use]
    pub fn archive_passes(&self) -> [u8; 32] {
        self.derive(b"synesthesie/archive-passes/1")
    }

    /// The key that the passes of streams are signed with.
    #[must_use]
    pub fn music_passes(&self) -> [u8; 32] {
        self.derive(b"synesthesie/music-passes/1")
    }

    /// The key that voucher codes are made and recognised by.
    #[must_use]
    pub fn vouchers(&self) -> VoucherKey {
        VoucherKey::new(self.derive(b"synesthesie/vouchers/1"))
    }

    /// The key that addresses are recognised by which get no announcements.
    #[must_use]
    pub fn addresses(&self) -> AddressKey {
        AddressKey::new(self.derive(b"synesthesie/addresses/1"))
    }

    /// The key that links to leave lists of mails are sealed with.
    #[must_use]
    pub fn unsubscribes(&self) -> UnsubscribeKey {
        UnsubscribeKey::new(self.derive(b"synesthesie/unsubscribes/1"))
    }

    /// The key that the secrets of organisers' hooks are derived from.
    #[must_use]
    pub fn hooks(&self) -> HookKey {
        HookKey::new(self.derive(b"synesthesie/hooks/1"))
    }

    /// The key that the audit log is chained with.
    #[must_use]
    pub fn audit_log(&self) -> [u8; 32] {
        self.derive(b"synesthesie/audit-log/1")
    }

    /// By what people know which seed this is; it says nothing about it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        HEXLOWER.encode(&self.derive(b"synesthesie/fingerprint/1")).chars().take(16).collect()
    }

    fn derive(&self, label: &[u8]) -> [u8; 32] {
        invites::mac::digest(&self.seed, &[label])
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// Writes a secret so that it is whole or not there, durable, and for nobody else.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_private_folder(folder)?;
    let draft = folder.join(format!(".signing.key.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked?;
    std::fs::File::open(folder)?.sync_all()
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_read_in_each_usual_spelling() {
        let seed = [0xfb; 32];
        for encoding in [HEXLOWER, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD] {
            assert_eq!(read_seed(&format!(" {}\n", encoding.encode(&seed))), Some(seed));
        }
        for text in ["", "secret", &"ab".repeat(31), &"zz".repeat(32)] {
            assert_eq!(read_seed(text), None, "{text}");
        }
    }

    #[test]
    fn a_made_seed_is_found_again_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::kept_in(folder.path()).unwrap();
        assert_eq!(Keys::kept_in(folder.path()).unwrap().seed, first.seed);
        let path = folder.path().join("secrets/signing.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "something else").unwrap();
        assert!(matches!(Keys::kept_in(folder.path()), Err(SeedError::Malformed { .. })));
    }

    #[test]
    fn keys_differ_from_each_other_and_from_the_seed() {
        let keys = Keys::new([7; 32]);
        assert_ne!(keys.access_tokens(), keys.ticket_codes());
        assert_ne!(keys.access_tokens(), [7; 32]);
        assert_eq!(keys.fingerprint(), Keys::new([7; 32]).fingerprint());
        assert_ne!(keys.fingerprint(), Keys::new([8; 32]).fingerprint());
        assert_eq!(format!("{keys:?}"), "Keys(..)");
    }
}
