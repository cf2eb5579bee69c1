//! Who is at the door: access tokens, and whether what they say still holds.
//!
//! A token is verified once and then recognised by its hash; the session behind it is looked up at most every
//! `FRESH`. What this instance changes it forgets at once, and tells the others.

use crate::bounded::Bounded;
use accounts::Accounts;
use booking::desk::Desk;
use ed25519_dalek::SigningKey;
use jwt_simple::prelude::{
    Claims, Duration as Validity, Ed25519KeyPair, Ed25519PublicKey, EdDSAKeyPairLike, EdDSAPublicKeyLike,
    NoCustomClaims, UnixTimeStamp, VerificationOptions,
};
use kernel::{AccountId, Actor, Broadcast, Clock, SessionId, StoreError, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long an access token lives, in seconds.
pub const TOKEN_SECONDS: u64 = 900;
/// How long another instance may go on believing in a session that was ended here, when it cannot be told.
const FRESH: Duration = Duration::from_secs(5);
/// What instances tell each other on.
const CHANNEL: &str = "gate";
const ISSUER: &str = "synesthesie";
/// Tokens and sessions that are remembered.
const REMEMBERED: usize = 100_000;
/// Queues of those whose session is looked up; more than one, so that a slow answer does not keep all.
const LANES: usize = 4;

/// Signs tokens and recognises them.
pub struct Gate {
    signing: Ed25519KeyPair,
    verifying: Ed25519PublicKey,
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    broadcast: Arc<dyn Broadcast>,
    tokens: Bounded<[u8; 32], Token>,
    standings: Bounded<SessionId, Standing>,
    /// When a sale opens, all come at once, and nobody's session was looked at a moment ago.
    desk: Desk<SessionId, Result<Option<Actor>, StoreError>>,
    /// Rises with everything that is forgotten, so that nothing read before is remembered after.
    forgotten: AtomicU64,
}

/// What a genuine token says.
#[derive(Clone, Copy)]
struct Token {
    session: SessionId,
    expires_at: Timestamp,
}

/// Who sent a token, and until when it counts at most.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// Who.
    pub actor: Actor,
    /// When the token ends; the session may end before.
    pub expires_at: Timestamp,
}

/// Who acts in a session, if it counts, as seen a moment ago.
#[derive(Clone, Copy)]
struct Standing {
    actor: Option<Actor>,
    seen: Instant,
}

/// The key that signs tokens cannot be used, or a token cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("access tokens cannot be signed")]
pub struct SigningError;

impl Gate {
    /// With the seed of the key that signs tokens.
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn new(
        seed: &[u8; 32],
        accounts: Accounts,
        broadcast: Arc<dyn Broadcast>,
    ) -> Result<Self, SigningError> {
        let pair = SigningKey::from_bytes(seed).to_keypair_bytes();
        let signing = Ed25519KeyPair::from_bytes(&pair).map_err(|_| SigningError)?;
        Ok(Self {
            verifying: signing.public_key(),
            signing,
            clock: Arc::clone(&accounts.clock),
            accounts,
            broadcast,
            tokens: Bounded::new(REMEMBERED),
            standings: Bounded::new(REMEMBERED),
            desk: Desk::new(LANES),
            forgotten: AtomicU64::new(0),
        })
    }

    /// A token for a session, good for [`TOKEN_SECONDS`] or until the session ends.
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn token(&self, account: AccountId, session: SessionId) -> Result<String, SigningError> {
        let now = u64::try_from(self.clock.now().timestamp()).map_err(|_| SigningError)?;
        let mut claims = Claims::create(Validity::from_secs(TOKEN_SECONDS));
        claims.issued_at = Some(UnixTimeStamp::from_secs(now));
        claims.invalid_before = None;
        claims.expires_at = Some(UnixTimeStamp::from_secs(now + TOKEN_SECONDS));
        claims.issuer = Some(ISSUER.to_owned());
        claims.subject = Some(account.to_string());
        claims.jwt_id = Some(session.to_string());
        self.signing.sign(claims).map_err(|_| SigningError)
    }

    /// Who sent a token; `None` when it is not (or no longer) worth anything.
    ///
    /// # Errors
    /// When the session cannot be looked up.
    pub async fn actor(&self, token: &str) -> Result<Option<Actor>, StoreError> {
        Ok(self.visit(token).await?.map(|visit| visit.actor))
    }

    /// The same, with until when.
    ///
    /// # Errors
    /// When the session cannot be looked up.
    pub async fn visit(&self, token: &str) -> Result<Option<Visit>, StoreError> {
        let now = self.clock.now();
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = match self.tokens.get(&hash) {
            Some(known) => Some(known),
            None => self.verify(token, now).inspect(|known| self.tokens.insert(hash, *known)),
        };
        match known.filter(|known| now < known.expires_at) {
            Some(Token { session, expires_at }) => {
                Ok(self.standing(session).await?.map(|actor| Visit { actor, expires_at }))
            }
            None => Ok(None),
        }
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<Token> {
        let options = VerificationOptions {
            accept_future: true, // another instance's clock may be a little ahead
            allowed_issuers: Some(HashSet::from([ISSUER.to_owned()])),
            time_tolerance: None,
            artificial_time: Some(UnixTimeStamp::from_secs(u64::try_from(now.timestamp()).ok()?)),
            ..VerificationOptions::default()
        };
        let claims = self.verifying.verify_token::<NoCustomClaims>(token, Some(options)).ok()?;
        let expires_at = i64::try_from(claims.expires_at?.as_secs()).ok()?;
        Some(Token {
            session: claims.jwt_id?.parse().ok()?,
            expires_at: Timestamp::from_timestamp(expires_at, 0)?,
        })
    }

    async fn standing(&self, session: SessionId) -> Result<Option<Actor>, StoreError> {
        if let Some(standing) = self.standings.get(&session).filter(|one| one.seen.elapsed() < FRESH) {
            return Ok(standing.actor);
        }
        let before = self.forgotten.load(Ordering::Acquire);
        let seen = Instant::now();
        let actor = self.look_up(session).await?;
        self.standings.insert(session, Standing { actor, seen });
        if self.forgotten.load(Ordering::Acquire) != before {
            self.standings.remove(&session);
        }
        Ok(actor)
    }

    /// Who acts in a session, read after this was called, together with others who ask now.
    async fn look_up(&self, session: SessionId) -> Result<Option<Actor>, StoreError> {
        loop {
            let answer = self.desk.submit(session.as_uuid(), session, |asked| self.read(asked)).await;
            // Whoever read for us may have hung up; nothing was changed, so we ask again.
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    async fn read(&self, asked: Vec<SessionId>) -> Vec<Result<Option<Actor>, StoreError>> {
        match self.accounts.identify(&asked).await {
            Ok(found) => {
                let found: HashMap<SessionId, Actor> =
                    found.into_iter().map(|one| (one.actor.session, one.actor)).collect();
                asked.iter().map(|session| Ok(found.get(session).copied())).collect()
            }
            // One corrupt row must not lock out those who only stood beside it.
            Err(StoreError::Broken { .. }) if asked.len() > 1 => {
                let mut answers = Vec::with_capacity(asked.len());
                for session in asked {
                    let alone = self.accounts.identify(&[session]).await;
                    answers.push(alone.map(|found| found.first().map(|one| one.actor)));
                }
                answers
            }
            Err(error) => {
                let others: Vec<_> = asked.iter().skip(1).map(|_| Err(error.for_others())).collect();
                std::iter::once(Err(error)).chain(others).collect()
            }
        }
    }

    /// Looks a session up anew at its next request, here and elsewhere.
    pub async fn forget_session(&self, session: SessionId) {
        self.drop_session(session);
        self.tell(&format!("session {session}")).await;
    }

    /// Looks all sessions of an account up anew at their next request, here and elsewhere.
    pub async fn forget_account(&self, account: AccountId) {
        self.drop_account(account);
        self.tell(&format!("account {account}")).await;
    }

    /// Looks all sessions up anew at their next request, here and elsewhere: for when it is not known whose ended.
    pub async fn forget_all(&self) {
        self.drop_all();
        self.tell("all sessions").await;
    }

    fn drop_all(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.standings.retain(|_| false);
    }

    fn drop_session(&self, session: SessionId) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.standings.remove(&session);
    }

    fn drop_account(&self, account: AccountId) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.standings.retain(|standing| standing.actor.is_none_or(|actor| actor.account != account));
    }

    async fn tell(&self, message: &str) {
        if self.broadcast.publish(CHANNEL, message.as_bytes()).await.is_err() {
            tracing::debug!("other instances learn of an ended session by themselves");
        }
    }

    /// Listens to what other instances change, for ever.
    pub async fn listen(&self) {
        loop {
            if let Ok(mut line) = self.broadcast.subscribe(CHANNEL).await {
                while let Some(message) = line.next().await {
                    self.hear(&message);
                }
            }
            // Whatever was said meanwhile was missed; sessions are looked up again by themselves.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn hear(&self, message: &[u8]) {
        let Some((kind, id)) = std::str::from_utf8(message).ok().and_then(|text| text.split_once(' ')) else {
            return;
        };
        match kind {
            "session" => id.parse().into_iter().for_each(|id| self.drop_session(id)),
            "all" => self.drop_all(),
            "account" => id.parse().into_iter().for_each(|id| self.drop_account(id)),
            _ => {}
        }
    }
}
