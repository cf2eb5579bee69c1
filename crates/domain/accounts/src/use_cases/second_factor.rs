use super::Accounts;
use super::check_code::{Checked, Claim, ProofError, told};
use crate::{Account, CodeRefusal, FactorNews, RecoveryCode, SecondFactor, TotpSecret, acts};
use kernel::{AccountId, Actor, Email, Role, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

/// What a device is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Of what it makes codes.
    pub secret: TotpSecret,
    /// Whose it is, as the device shows it.
    pub email: Email,
    /// Until when the first code is waited for.
    pub waits_until: Timestamp,
}

/// How an account stands to second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorStanding {
    /// Since when one is asked for.
    pub enabled_since: Option<Timestamp>,
    /// How many recovery codes were not used.
    pub recovery_codes: usize,
    /// Whether the account may not do what its role is for without one.
    pub required: bool,
}

/// Why a second factor was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// There is one.
    #[error("there is a second factor")]
    Enabled,
    /// There is none.
    #[error("there is no second factor")]
    NotEnabled,
    /// No secret was given out, or too long ago.
    #[error("no code is waited for")]
    NotBegun,
    /// The code is not taken.
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// Nobody proved that the account is theirs.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Gives out a new secret, which protects nothing before [`Self::confirm_totp`]. The one before it, if it was not
    /// confirmed, is worth nothing any more.
    ///
    /// # Errors
    /// A [`FactorError`].
    pub async fn begin_totp(&self, actor: &Actor, password: &str) -> Result<Enrolment, FactorError> {
        let proved = self.password_of(actor, password).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = self.lock_proven(tx, actor, &proved).await?;
            let before = tx.lock_second_factor(account.id).await?;
            if before.is_some_and(|factor| factor.is_confirmed()) {
                return Err(FactorError::Enabled);
            }
            let factor = SecondFactor::begin(account.id, now);
            tx.save_second_factor(&factor).await?;
            let (secret, waits_until) = (self.factors.secret(factor.id), factor.waits_until());
            Ok(Enrolment { secret, email: account.email, waits_until })
        })
        .await
    }

    /// Takes the first code of the device: from now on one is asked for at every login. All other sessions end, because
    /// they began without. Gives the recovery codes, which nobody can show again.
    ///
    /// # Errors
    /// A [`FactorError`].
    pub async fn confirm_totp(&self, actor: &Actor, typed: &str) -> Result<Vec<RecoveryCode>, FactorError> {
        let now = self.clock.now();
        let outcome = transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(actor.account).await?.filter(Account::is_active);
            let account = account.ok_or(FactorError::NotBegun)?.id;
            let factor = tx.lock_second_factor(account).await?;
            let mut factor = factor.ok_or(FactorError::NotBegun)?;
            if factor.is_confirmed() {
                return Err(FactorError::Enabled);
            }
            if now >= factor.waits_until() {
                return Err(FactorError::NotBegun);
            }
            let confirmed = factor.confirm(typed, &self.factors, now);
            // A wrong code has been counted.
            tx.save_second_factor(&factor).await?;
            if confirmed.is_ok() {
                tx.end_sessions_of(account, Some(actor.session), now).await?;
                tx.record(&[acts::factor_enabled(&actor.cause(), &factor, now)]).await?;
                tx.enqueue_alerts(&[told(account, FactorNews::Enabled, now)]).await?;
            }
            Ok(confirmed)
        });
        Ok(outcome.await??)
    }

    /// Does without a second factor from now on.
    ///
    /// # Errors
    /// A [`FactorError`].
    pub async fn disable_totp(&self, actor: &Actor, claim: Claim<'_>) -> Result<(), FactorError> {
        let proved = self.password_of(actor, claim.password).await?;
        let now = self.clock.now();
        let by = actor.cause();
        let outcome = transact(self.store.begin().await?, async |tx| {
            let account = self.lock_proven(tx, actor, &proved).await?.id;
            let factor = match self.check_code(tx, account, claim.totp, (&by, now)).await? {
                Checked::Without => return Err(FactorError::NotEnabled),
                Checked::Missing => return Err(FactorError::Proof(ProofError::TotpRequired)),
                Checked::Refused(refusal) => return Ok(Err(refusal)),
                Checked::Proven(factor) => factor,
            };
            tx.drop_second_factor(account).await?;
            tx.record(&[acts::factor_disabled(&by, &factor, now)]).await?;
            tx.enqueue_alerts(&[told(account, FactorNews::Disabled, now)]).await?;
            Ok(Ok(()))
        });
        Ok(outcome.await??)
    }

    /// Gives new recovery codes; those before are worth nothing.
    ///
    /// # Errors
    /// A [`FactorError`].
    pub async fn replace_recovery_codes(
        &self,
        actor: &Actor,
        claim: Claim<'_>,
    ) -> Result<Vec<RecoveryCode>, FactorError> {
        let proved = self.password_of(actor, claim.password).await?;
        let now = self.clock.now();
        let by = actor.cause();
        let outcome = transact(self.store.begin().await?, async |tx| {
            let account = self.lock_proven(tx, actor, &proved).await?.id;
            let before = match self.check_code(tx, account, claim.totp, (&by, now)).await? {
                Checked::Without => return Err(FactorError::NotEnabled),
                Checked::Missing => return Err(FactorError::Proof(ProofError::TotpRequired)),
                Checked::Refused(refusal) => return Ok(Err(refusal)),
                Checked::Proven(factor) => factor,
            };
            let mut factor = before.clone();
            let codes = factor.replace_recovery_codes(&self.factors, now);
            tx.save_second_factor(&factor).await?;
            let changed = (&before, &factor);
            let act = acts::recovery_codes_changed(&by, "account.replace_recovery_codes", changed, now);
            tx.record(&[act]).await?;
            tx.enqueue_alerts(&[told(account, FactorNews::CodesReplaced, now)]).await?;
            Ok(Ok(codes))
        });
        Ok(outcome.await??)
    }

    /// How the actor's account stands to second factors.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn totp_standing(&self, actor: &Actor) -> Result<FactorStanding, StoreError> {
        let account = self.store.account(actor.account).await?;
        let is_admin = account.is_some_and(|account| account.role == Role::Admin);
        let factors = self.store.second_factors(&[actor.account]).await?;
        let factor = factors.into_iter().find(SecondFactor::is_confirmed);
        Ok(FactorStanding {
            enabled_since: factor.as_ref().and_then(|factor| factor.confirmed_at),
            recovery_codes: factor.map_or(0, |factor| factor.recovery.len()),
            required: self.admins_need_totp && is_admin,
        })
    }

    /// Whether an account is an admin's that lacks the second factor which admins need.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn lacks_totp(&self, id: AccountId) -> Result<bool, StoreError> {
        if !self.admins_need_totp {
            return Ok(false);
        }
        let account = self.store.account(id).await?;
        let accounts: Vec<&Account> = account.iter().collect();
        Ok(self.lacking_totp(&accounts).await?.contains(&id))
    }

    /// Which of these accounts are admins' that lack the second factor which admins need: they act as members.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn lacking_totp(&self, accounts: &[&Account]) -> Result<BTreeSet<AccountId>, StoreError> {
        let admins = accounts.iter().filter(|account| account.role == Role::Admin);
        let admins: Vec<_> = admins.map(|account| account.id).collect();
        if !self.admins_need_totp || admins.is_empty() {
            return Ok(BTreeSet::new());
        }
        let factors = self.store.second_factors(&admins).await?;
        let mut lacking: BTreeSet<_> = admins.into_iter().collect();
        for factor in factors.iter().filter(|factor| factor.is_confirmed()) {
            lacking.remove(&factor.account);
        }
        Ok(lacking)
    }
}
