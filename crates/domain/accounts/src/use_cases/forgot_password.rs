use super::Accounts;
use crate::Effect;
use kernel::{Email, Owed, StoreError, transact};

impl Accounts {
    /// Owes a link to set a new password, if there is an account with this address: the worker finds that out, so
    /// that answer and time are the same for all. What is no address at all is dropped.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn forgot_password(&self, typed: &str) -> Result<(), StoreError> {
        let Ok(email) = Email::parse(typed) else {
            return Ok(());
        };
        let owed = Owed::now(Effect::AskedForReset { email }, self.clock.now());
        transact(self.store.begin().await?, async |tx| tx.enqueue_accounts(&[owed]).await).await
    }
}
