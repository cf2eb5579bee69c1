//! Who is at the door: access tokens, and whether what they say still holds.
//!
//! A token is verified once and then recognised by its hash; the session behind it is looked up at most every
//! `FRESH`. What this instance changes it forgets at once, and tells the others. Those who come at once are looked up
//! together, at a [`Desk`] as the one where places are sold: it knows nothing of either.

use crate::bounded::Bounded;
use accounts::Accounts;
use booking::desk::{Desk, together};
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
    desk: Desk<SessionId, Found>,
    /// Rises with everything that is forgotten, so that nothing read before is remembered after.
    forgotten: AtomicU64,
}

/// Who acts in a session, if it counts.
type Found = Result<Option<Actor>, StoreError>;

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

    /// Who acts in a session that somebody else vouches for, if it still counts.
    ///
    /// # Errors
    /// When the session cannot be looked up.
    pub async fn acting(&self, session: SessionId) -> Result<Option<Actor>, StoreError> {
        self.standing(session).await
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
        let actor = look_up(&self.desk, session, |asked| self.read(asked)).await?;
        self.standings.insert(session, Standing { actor, seen });
        if self.forgotten.load(Ordering::Acquire) != before {
            self.standings.remove(&session);
        }
        Ok(actor)
    }

    /// Who acts in each of these sessions, in their order.
    async fn read(&self, asked: Arc<[SessionId]>) -> Result<Vec<Option<Actor>>, StoreError> {
        let found = self.accounts.identify(&asked).await?.into_iter();
        let found: HashMap<_, _> = found.map(|one| (one.actor.session, one.actor)).collect();
        Ok(asked.iter().map(|session| found.get(session).copied()).collect())
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

/// Who acts in a session, read after this was called, together with others who ask now.
async fn look_up<F>(
    desk: &Desk<SessionId, Found>,
    session: SessionId,
    read: impl Fn(Arc<[SessionId]>) -> F,
) -> Found
where
    F: Future<Output = Result<Vec<Option<Actor>>, StoreError>>,
{
    loop {
        let answer = desk.submit(session.as_uuid(), session, |asked| together(asked, &read)).await;
        // Whoever read for us may have hung up; nothing was changed, so we ask again.
        if let Some(answer) = answer {
            return answer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use futures_util::poll;
    use kernel::Role;
    use std::future::{pending, ready};
    use tokio::task::yield_now;

    fn sessions() -> [SessionId; 5] {
        [(); 5].map(|()| SessionId::generate(Timestamp::default()))
    }

    fn actor(session: SessionId) -> Actor {
        let account = AccountId::from(session.as_uuid());
        Actor { account, session, role: Role::Member, request: None }
    }

    /// Who is found when all ask at once, the first for themselves, the others together behind them.
    async fn all(
        sessions: &[SessionId],
        read: impl Fn(&[SessionId]) -> Result<Vec<Option<Actor>>, StoreError>,
    ) -> Vec<Found> {
        let (desk, read) = (Desk::new(1), &read);
        let slowly = |asked: Arc<[SessionId]>| async move {
            yield_now().await;
            read(&asked)
        };
        join_all(sessions.iter().map(|session| look_up(&desk, *session, slowly))).await
    }

    #[tokio::test]
    async fn a_corrupt_row_locks_out_nobody_beside_it() {
        let sessions = sessions();
        let read = |asked: &[SessionId]| match asked.contains(&sessions[2]) {
            true => Err(StoreError::broken("reading sessions", "corrupt")),
            false => Ok(asked.iter().map(|session| Some(actor(*session))).collect()),
        };
        for (place, found) in all(&sessions, read).await.into_iter().enumerate() {
            match place {
                2 => assert!(matches!(found, Err(StoreError::Broken { cause: Some(_), .. })), "{found:?}"),
                _ => assert_eq!(found.unwrap(), Some(actor(sessions[place]))),
            }
        }
    }

    #[tokio::test]
    async fn what_fails_for_all_is_told_to_all() {
        let asked_for = AtomicU64::new(0);
        let read = |_: &[SessionId]| {
            asked_for.fetch_add(1, Ordering::SeqCst);
            Err(StoreError::unavailable("reading sessions", "away"))
        };
        let found = all(&sessions(), read).await;
        assert!(found.iter().all(|one| matches!(one, Err(StoreError::Unavailable { .. }))), "{found:?}");
        let logged = |one: &&Found| matches!(one, Err(StoreError::Unavailable { cause: Some(_), .. }));
        assert_eq!(
            (found.iter().filter(logged).count(), asked_for.into_inner()),
            (2, 2),
            "once for each time"
        );
    }

    #[tokio::test]
    async fn whoever_reads_and_hangs_up_logs_nobody_out() {
        let (sessions, desk) = (sessions(), Desk::new(1));
        let stuck = |_: Arc<[SessionId]>| pending();
        let read =
            |asked: Arc<[SessionId]>| ready(Ok(asked.iter().map(|session| Some(actor(*session))).collect()));
        let mut first = Box::pin(look_up(&desk, sessions[0], stuck));
        let mut second = Box::pin(look_up(&desk, sessions[1], stuck));
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        let mut others: Vec<_> =
            sessions[2..].iter().map(|session| Box::pin(look_up(&desk, *session, read))).collect();
        for other in &mut others {
            assert!(poll!(other).is_pending());
        }
        drop(first);
        // The next one takes all others along, and hangs up too.
        assert!(poll!(&mut second).is_pending());
        drop(second);
        for (found, session) in join_all(others).await.into_iter().zip(&sessions[2..]) {
            assert_eq!(found.unwrap(), Some(actor(*session)));
        }
    }
}
