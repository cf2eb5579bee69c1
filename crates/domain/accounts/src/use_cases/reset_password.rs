use super::Accounts;
use crate::{Account, HashError, Password, PasswordError, Purpose};
use kernel::{StoreError, transact};

/// Why a password was not set anew.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The link is not ours, was used, is void, or came too late.
    #[error("the link works no more")]
    TokenInvalid,
    /// The new one cannot be taken; the link still works.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Sets a new password by a link. All sessions end, the calendar is closed, and all other such links are void, and
    /// those to another address; that the link arrived proves the address. A second factor stays.
    ///
    /// # Errors
    /// A [`ResetError`].
    pub async fn reset_password(&self, token: &str, new: String) -> Result<(), ResetError> {
        let id = self.tokens.read_one_time_token(token, Purpose::ResetPassword);
        let id = id.ok_or(ResetError::TokenInvalid)?;
        let now = self.clock.now();
        let link = self.store.one_time(id).await?.filter(|link| link.is_alive(now));
        let owner = link.ok_or(ResetError::TokenInvalid)?.account;
        let hash = self.hasher.hash(Password::new(new)?).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(owner).await?.filter(Account::may_reset);
            let mut account = account.ok_or(ResetError::TokenInvalid)?;
            let mut link = tx.lock_one_time(id).await?.ok_or(ResetError::TokenInvalid)?;
            link.spend(now).map_err(|_| ResetError::TokenInvalid)?;
            tx.save_one_time(&link).await?;
            account.password_hash = Some(hash);
            account.email_verified_at.get_or_insert(now);
            account.updated_at = now;
            tx.save_account(&account).await?;
            tx.end_sessions_of(account.id, None, now).await?;
            tx.close_calendar_of(account.id).await?;
            tx.void_one_times(account.id, Purpose::ResetPassword, now).await?;
            tx.end_email_changes(account.id, now).await?;
            Ok(())
        })
        .await
    }
}
