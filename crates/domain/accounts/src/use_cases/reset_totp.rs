use super::Accounts;
use super::check_code::told;
use crate::{FactorNews, Status, acts};
use kernel::{AccountId, Actor, Cause, Email, StoreError, transact};

/// Why a second factor was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum ResetTotpError {
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// Whoever has a session of an admin's must not get around the admin's own.
    #[error("it is one's own")]
    Own,
    /// It was nobody's any more.
    #[error("the account was erased")]
    Erased,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// For admins: takes somebody's second factor away, who lost both the device and the recovery codes, and logs them
    /// out everywhere. Without one nothing changes.
    ///
    /// # Errors
    /// A [`ResetTotpError`].
    pub async fn reset_totp(&self, actor: &Actor, id: AccountId) -> Result<(), ResetTotpError> {
        if id == actor.account {
            return Err(ResetTotpError::Own);
        }
        self.take_factor(id, &actor.cause()).await.map(drop)
    }

    /// For whoever runs the program: the same by address; whether there was one.
    ///
    /// # Errors
    /// A [`ResetTotpError`].
    pub async fn reset_totp_of(&self, email: &str) -> Result<bool, ResetTotpError> {
        let email = Email::parse(email).map_err(|_| ResetTotpError::Unknown)?;
        let account = self.store.account_by_email(&email).await?.ok_or(ResetTotpError::Unknown)?;
        self.take_factor(account.id, &Cause::command_line()).await
    }

    async fn take_factor(&self, id: AccountId, by: &Cause) -> Result<bool, ResetTotpError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(id).await?.ok_or(ResetTotpError::Unknown)?;
            if account.status == Status::Deleted {
                return Err(ResetTotpError::Erased);
            }
            let Some(factor) = tx.lock_second_factor(id).await? else { return Ok(false) };
            tx.drop_second_factor(id).await?;
            if !factor.is_confirmed() {
                return Ok(false);
            }
            tx.end_sessions_of(id, None, now).await?;
            tx.record(&[acts::factor_reset(by, &factor, now)]).await?;
            tx.enqueue_alerts(&[told(id, FactorNews::Reset, now)]).await?;
            Ok(true)
        })
        .await
    }
}
