use super::Accounts;
use crate::{Account, AccountRefusal, Effect, Status, acts};
use kernel::{AccountId, Actor, Owed, Role, StoreError, transact};

/// Why an account's standing was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeStandingError {
    /// Nobody ever opened it.
    #[error("there is no such account")]
    Unknown,
    /// It must not be.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// For admins: another status, another role, or both at once; `None` leaves it. Whoever may not log in any
    /// more is logged out everywhere, and gives up by an effect what it waits for elsewhere.
    ///
    /// # Errors
    /// A [`ChangeStandingError`].
    pub async fn change_standing(
        &self,
        actor: &Actor,
        id: AccountId,
        status: Option<Status>,
        role: Option<Role>,
    ) -> Result<Account, ChangeStandingError> {
        let now = self.clock.now();
        let seen = self.store.account(id).await?.ok_or(ChangeStandingError::Unknown)?;
        transact(self.store.begin().await?, async |tx| {
            // Whoever became an admin since we looked is then taken for the last one and refused: rare, and safe.
            let admins = if seen.is_active_admin() { tx.lock_admins().await? } else { Vec::new() };
            let mut account = tx.lock_account(id).await?.ok_or(ChangeStandingError::Unknown)?;
            let before = account.clone();
            let (status, role) = (status.unwrap_or(account.status), role.unwrap_or(account.role));
            account.change_standing(status, role, &admins, now)?;
            tx.save_account(&account).await?;
            if !account.is_active() {
                tx.end_sessions_of(id, None, now).await?;
                tx.end_email_changes(id, now).await?;
                let barred = Effect::Barred { account: id, at: now };
                tx.enqueue_accounts(&[Owed::now(barred, now)]).await?;
            }
            let act = acts::standing_changed(&actor.cause(), &before, &account, now);
            tx.record(act.as_slice()).await?;
            Ok(account)
        })
        .await
    }
}
