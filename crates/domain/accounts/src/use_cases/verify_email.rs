use super::Accounts;
use crate::{Account, Purpose};
use kernel::{AccountId, StoreError, Timestamp, transact};

/// Why an address was not proven.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The link is not ours, was used, or came too late.
    #[error("the link works no more")]
    TokenInvalid,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Notes that mail to an account's address arrives.
    ///
    /// # Errors
    /// A [`VerifyError`].
    pub async fn verify_email(&self, token: &str) -> Result<(), VerifyError> {
        let id = self.tokens.read_one_time_token(token, Purpose::VerifyEmail);
        let id = id.ok_or(VerifyError::TokenInvalid)?;
        let owner = self.store.one_time(id).await?.ok_or(VerifyError::TokenInvalid)?.account;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(owner).await?.filter(Account::may_reset);
            let mut account = account.ok_or(VerifyError::TokenInvalid)?;
            let mut link = tx.lock_one_time(id).await?.ok_or(VerifyError::TokenInvalid)?;
            link.spend(now).map_err(|_| VerifyError::TokenInvalid)?;
            tx.save_one_time(&link).await?;
            prove(&mut account, now);
            tx.save_account(&account).await?;
            Ok(())
        })
        .await
    }

    /// Notes the same of somebody to whom no mail can be sent, where whoever runs the house answers for them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn vouch_for(&self, account: AccountId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            if let Some(mut account) = tx.lock_account(account).await?.filter(Account::may_reset) {
                prove(&mut account, now);
                tx.save_account(&account).await?;
            }
            Ok(())
        })
        .await
    }
}

fn prove(account: &mut Account, now: Timestamp) {
    account.email_verified_at.get_or_insert(now);
    account.updated_at = now;
}
