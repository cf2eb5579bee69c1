use super::Accounts;
use super::check_code::{Checked, ProofError};
use crate::{AccountRefusal, CodeRefusal, Effect, HashError, PasswordHash, Purpose, acts};
use chrono::TimeDelta;
use kernel::{Actor, Owed, StoreError, transact};

/// How long a login counts as proof of who it is.
const RECENT: TimeDelta = TimeDelta::minutes(10);

/// Why an account was not erased.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The password is another.
    #[error("the password is wrong")]
    WrongPassword,
    /// None was given, and it is too long ago that one was.
    #[error("the password is needed")]
    PasswordNeeded,
    /// The account has a second factor, and it is too long ago that somebody logged in with it.
    #[error("a code of the second factor is needed")]
    TotpRequired,
    /// The code proves nothing.
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// Nobody could run things any more.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// The password could not be checked.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProofError> for DeleteError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongPassword => Self::WrongPassword,
            ProofError::TotpRequired => Self::TotpRequired,
            ProofError::Hashing(error) => Self::Hashing(error),
            ProofError::Store(error) => Self::Store(error),
        }
    }
}

impl Accounts {
    /// Erases the actor's account for good: who it was is forgotten, what it did stays. Since there is no way back,
    /// the password is asked for again, and a code where there is a second factor, unless somebody logged in with them
    /// moments ago. Invites that it gave away open nothing any more; whom it brought stays where they are in the tree.
    /// For whom it works and what it waits for elsewhere is given up by an effect.
    ///
    /// # Errors
    /// A [`DeleteError`].
    pub async fn delete_account(
        &self,
        actor: &Actor,
        password: Option<&str>,
        totp: Option<&str>,
    ) -> Result<(), DeleteError> {
        let seen = self.store.account(actor.account).await?;
        let recent = self.logged_in_recently(actor).await?;
        let proved = match password {
            Some(password) => self.prove(seen.as_ref(), password).await?,
            None if recent => seen.as_ref().and_then(|seen| seen.password_hash.clone()),
            None => return Err(DeleteError::PasswordNeeded),
        };
        let (Some(seen), Some(proved)) = (seen, proved) else {
            return Err(DeleteError::WrongPassword);
        };
        if !recent {
            self.prove_second_factor(actor, &proved, totp).await?;
        }
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            // First of all, so that nothing is given away meanwhile.
            if let Some(mut inviter) = tx.lock_inviter(seen.id).await? {
                inviter.close();
                tx.save_inviter(&inviter).await?;
                tx.forget_invites_of(seen.id, now).await?;
            }
            if let Some(invite) = seen.invite
                && let Some(mut invite) = tx.lock_invite(invite).await?
                // Its own, whatever address the account has by now: a bound invite opens one for nobody else, and what was
                // noted on it is about that person.
                && invite.email.is_some()
            {
                invite.forget(now);
                tx.save_invite(&invite).await?;
            }
            // Whoever became an admin since we looked is then taken for the last one and refused: rare, and safe.
            let admins = if seen.is_active_admin() { tx.lock_admins().await? } else { Vec::new() };
            let account = tx.lock_account(seen.id).await?;
            let account = account.filter(|account| account.password_hash.as_ref() == Some(&proved));
            let mut account = account.ok_or(DeleteError::WrongPassword)?;
            let before = account.clone();
            account.erase(&admins, now)?;
            tx.save_account(&account).await?;
            tx.end_sessions_of(account.id, None, now).await?;
            tx.forget_devices_of(account.id).await?;
            tx.close_calendar_of(account.id).await?;
            for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
                tx.void_one_times(account.id, purpose, now).await?;
            }
            tx.drop_second_factor(account.id).await?;
            tx.forget_email_changes(account.id).await?;
            tx.enqueue_accounts(&[Owed::now(Effect::Erased { account: account.id }, now)]).await?;
            Ok(tx.record(&[acts::erased(&actor.cause(), &before, &account, now)]).await?)
        })
        .await
    }

    async fn logged_in_recently(&self, actor: &Actor) -> Result<bool, StoreError> {
        let session = self.store.sessions(&[actor.session]).await?;
        Ok(session.iter().any(|session| self.clock.now() < session.created_at + RECENT))
    }

    /// Apart from the erasure, so that a wrong code is counted although nothing is erased.
    async fn prove_second_factor(
        &self,
        actor: &Actor,
        proved: &PasswordHash,
        totp: Option<&str>,
    ) -> Result<(), DeleteError> {
        let (by, now) = (actor.cause(), self.clock.now());
        let outcome = transact(self.store.begin().await?, async |tx| {
            let account = self.lock_proven(tx, actor, proved).await?.id;
            match self.check_code(tx, account, totp, (&by, now)).await? {
                Checked::Without | Checked::Proven(_) => Ok(Ok(())),
                Checked::Missing => Err(DeleteError::TotpRequired),
                Checked::Refused(refusal) => Ok(Err(refusal)),
            }
        });
        Ok(outcome.await??)
    }
}
