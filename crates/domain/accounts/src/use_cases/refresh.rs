use super::{Accounts, SignedIn};
use crate::{Origin, Refreshed};
use kernel::{StoreError, transact};

/// Why a session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of ours, or its session is over.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was used before, so two have it; the session is ended for both.
    #[error("the refresh token was used before")]
    Reused,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Exchanges a refresh token for the next one, and notes from where.
    ///
    /// # Errors
    /// A [`RefreshError`].
    pub async fn refresh(&self, token: &str, origin: &Origin) -> Result<SignedIn, RefreshError> {
        let (id, generation) = self.tokens.read_refresh_token(token).ok_or(RefreshError::Invalid)?;
        let now = self.clock.now();
        let (session, refreshed) = transact(self.store.begin().await?, async |tx| {
            let mut session = tx.lock_session(id).await?.ok_or(RefreshError::Invalid)?;
            // A value and no error, although the token is refused: what a reuse ends has to stay ended.
            let refreshed = session.refresh(generation, now);
            if refreshed == Refreshed::Now {
                session.used_from(origin);
            }
            match refreshed {
                Refreshed::Now | Refreshed::Reused => tx.save_session(&session).await?,
                Refreshed::Ended => {}
            }
            Ok::<_, RefreshError>((session, refreshed))
        })
        .await?;
        match refreshed {
            Refreshed::Now => {
                let account = self.store.account(session.account).await?;
                let account = account.filter(|account| account.is_active()).ok_or(RefreshError::Invalid)?;
                Ok(self.signed_in(account, session))
            }
            Refreshed::Reused => Err(RefreshError::Reused),
            Refreshed::Ended => Err(RefreshError::Invalid),
        }
    }
}
