use super::Accounts;
use kernel::{Actor, StoreError, transact};

impl Accounts {
    /// Ends the session that the actor acts in.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn logout(&self, actor: &Actor) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            if let Some(mut session) = tx.lock_session(actor.session).await? {
                session.end(now);
                tx.save_session(&session).await?;
            }
            Ok(())
        })
        .await
    }

    /// Ends all the actor's sessions, this one included, and closes their calendar.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn logout_all(&self, actor: &Actor) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            tx.end_sessions_of(actor.account, None, now).await?;
            tx.close_calendar_of(actor.account).await
        })
        .await
    }
}
