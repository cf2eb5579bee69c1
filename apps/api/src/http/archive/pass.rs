//! What begins the download of an archive without an access token: a signed text in its address. Like a pass for a set it
//! is good for one member, in one session, for one album.

use crate::wiring::App;
use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use kernel::{AccountId, Actor, AlbumId, SessionId, Timestamp};
use uuid::Uuid;

/// How long it begins a download.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// Bytes of what it says: account, session and end; behind them are 32 that prove it.
const SAID: usize = 16 + 16 + 8;

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass {
    /// Who downloads.
    pub(super) account: AccountId,
    /// In which session they asked for it: when that ends, so does the pass.
    pub(super) session: SessionId,
    /// No download begins from then on.
    pub(super) expires_at: Timestamp,
}

impl Pass {
    /// One that begins now.
    pub(super) fn beginning(actor: &Actor, now: Timestamp) -> Self {
        Self { account: actor.account, session: actor.session, expires_at: now + LASTS }
    }

    /// As text, for one album.
    pub(super) fn text(&self, app: &App, album: AlbumId) -> String {
        let mut bytes = Vec::with_capacity(SAID + 32);
        bytes.extend(self.account.as_uuid().as_bytes());
        bytes.extend(self.session.as_uuid().as_bytes());
        bytes.extend(self.expires_at.timestamp().to_be_bytes());
        bytes.extend(proof(app, album, &bytes));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What a text says, when it is good for this album now.
    pub(super) fn read(app: &App, album: AlbumId, text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (said, proven) = bytes.split_at_checked(SAID)?;
        // Compared as codes of codes: how long that takes says nothing of either.
        let mixed = |bytes: &[u8]| invites::mac::digest(&app.keys.archive_passes(), &[bytes]);
        if mixed(&proof(app, album, said)) != mixed(proven) {
            return None;
        }
        let (account, rest) = said.split_first_chunk::<16>()?;
        let (session, end) = rest.split_first_chunk::<16>()?;
        let end = i64::from_be_bytes(*end.first_chunk::<8>()?);
        let expires_at = Timestamp::from_timestamp(end, 0).filter(|end| app.clock.now() < *end)?;
        let (account, session) = (Uuid::from_bytes(*account).into(), Uuid::from_bytes(*session).into());
        Some(Self { account, session, expires_at })
    }
}

/// What proves it: it is good for this album of this host alone.
fn proof(app: &App, album: AlbumId, said: &[u8]) -> [u8; 32] {
    let host = app.config.http.public_url.as_bytes();
    invites::mac::digest(&app.keys.archive_passes(), &[host, album.as_uuid().as_bytes(), said])
}
