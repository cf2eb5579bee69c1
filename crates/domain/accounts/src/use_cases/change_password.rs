use super::Accounts;
use crate::{HashError, Password, PasswordError, Purpose};
use kernel::{Actor, StoreError, transact};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current one is another.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new one cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Sets a new password. All other sessions end, the calendar is closed, and links that would set another password
    /// or another address are void.
    ///
    /// # Errors
    /// A [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &str,
        new: String,
    ) -> Result<(), ChangePasswordError> {
        let new = Password::new(new)?;
        let account = self.store.account(actor.account).await?;
        let proved = self.prove(account.as_ref(), current).await?;
        let proved = proved.ok_or(ChangePasswordError::WrongPassword)?;
        let hash = self.hasher.hash(new).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(actor.account).await?;
            let unchanged = account.filter(|account| account.password_hash.as_ref() == Some(&proved));
            let mut account = unchanged.ok_or(ChangePasswordError::WrongPassword)?;
            account.password_hash = Some(hash);
            account.updated_at = now;
            tx.save_account(&account).await?;
            tx.end_sessions_of(account.id, Some(actor.session), now).await?;
            tx.close_calendar_of(account.id).await?;
            tx.void_one_times(account.id, Purpose::ResetPassword, now).await?;
            tx.end_email_changes(account.id, now).await?;
            Ok(())
        })
        .await
    }
}
