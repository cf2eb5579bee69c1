use super::Accounts;
use crate::second_factor::Proof;
use crate::{
    Account, AccountTx, Alert, CodeRefusal, FactorNews, HashError, PasswordHash, SecondFactor, acts,
};
use kernel::{AccountId, Actor, Cause, Owed, StoreError, Timestamp};

/// What somebody who is logged in types to prove once more that the account is theirs.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The password.
    pub password: &'a str,
    /// A code of the second factor, or a recovery code; needed where there is one.
    pub totp: Option<&'a str>,
}

/// Why it was not proven.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The password is another.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The account has a second factor.
    #[error("a code of the second factor is needed")]
    TotpRequired,
    /// The password could not be checked.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a code.
pub(super) enum Checked {
    /// The account has no second factor.
    Without,
    /// It has one, and nothing was typed.
    Missing,
    /// It was taken.
    Proven(SecondFactor),
    /// It was not. What was counted by that has to stay, so that this is no error.
    Refused(CodeRefusal),
}

impl Accounts {
    /// The hash of the actor's password, if that is what was typed.
    pub(super) async fn password_of(&self, actor: &Actor, typed: &str) -> Result<PasswordHash, ProofError> {
        let account = self.store.account(actor.account).await?;
        let proved = self.prove(account.as_ref(), typed).await?;
        proved.ok_or(ProofError::WrongPassword)
    }

    /// The actor's account under lock, if its password is still the one that was proven.
    pub(super) async fn lock_proven(
        &self,
        tx: &mut dyn AccountTx,
        actor: &Actor,
        proved: &PasswordHash,
    ) -> Result<Account, ProofError> {
        let account = tx.lock_account(actor.account).await?.filter(Account::is_active);
        let unchanged = account.filter(|account| account.password_hash.as_ref() == Some(proved));
        unchanged.ok_or(ProofError::WrongPassword)
    }

    /// Looks at a code, where the account has a second factor; the account is locked.
    pub(super) async fn check_code(
        &self,
        tx: &mut dyn AccountTx,
        account: AccountId,
        typed: Option<&str>,
        (by, now): (&Cause, Timestamp),
    ) -> Result<Checked, StoreError> {
        let factor = tx.lock_second_factor(account).await?.filter(SecondFactor::is_confirmed);
        let Some(mut factor) = factor else { return Ok(Checked::Without) };
        let Some(typed) = typed.map(str::trim).filter(|typed| !typed.is_empty()) else {
            return Ok(Checked::Missing);
        };
        let before = factor.clone();
        let proof = factor.prove(typed, &self.factors, now);
        if factor != before {
            tx.save_second_factor(&factor).await?;
        }
        match proof {
            Ok(Proof::Device) => Ok(Checked::Proven(factor)),
            Ok(Proof::Recovery) => {
                let changed = (&before, &factor);
                let act = acts::recovery_codes_changed(by, "account.use_recovery_code", changed, now);
                tx.record(&[act]).await?;
                tx.enqueue_alerts(&[told(account, FactorNews::CodeUsed, now)]).await?;
                Ok(Checked::Proven(factor))
            }
            Err(refusal) => {
                if refusal == (CodeRefusal::Wrong { last: true }) {
                    tx.enqueue_alerts(&[told(account, FactorNews::Guessed, now)]).await?;
                }
                Ok(Checked::Refused(refusal))
            }
        }
    }
}

/// The mail that tells the owner.
pub(super) fn told(account: AccountId, news: FactorNews, now: Timestamp) -> Owed<Alert> {
    Owed::now(Alert::SecondFactor { account, news, at: now }, now)
}
