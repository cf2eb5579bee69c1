use super::Accounts;
use crate::Session;
use kernel::{Actor, SessionId, StoreError, transact};

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    /// The actor has no such session; perhaps someone else has.
    #[error("there is no such session")]
    Unknown,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Where the actor is logged in, the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>, StoreError> {
        self.store.sessions_of(actor.account, self.clock.now()).await
    }

    /// Ends one of the actor's sessions; again changes nothing.
    ///
    /// # Errors
    /// An [`EndSessionError`].
    pub async fn end_session(&self, actor: &Actor, id: SessionId) -> Result<(), EndSessionError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let session = tx.lock_session(id).await?.filter(|session| session.account == actor.account);
            let mut session = session.ok_or(EndSessionError::Unknown)?;
            session.end(now);
            tx.save_session(&session).await?;
            Ok(())
        })
        .await
    }
}
