use super::Accounts;
use super::check_code::{Checked, Claim, ProofError};
use crate::{Account, Alert, CodeRefusal, EmailChange, Purpose, acts};
use kernel::{AccountId, Actor, Cause, Email, Invalid, Owed, RequestName, StoreError, Who, transact};

/// Why another address was not asked for. Whether somebody has it is no reason.
#[derive(Debug, thiserror::Error)]
pub enum AskEmailError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
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

/// Why an address did not change.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// The link is not ours, was used, is void, or came too late; or somebody has taken the address meanwhile.
    #[error("the link works no more")]
    TokenInvalid,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Asks for another address to log in with. A link goes to it, unless somebody has it: only the worker finds that
    /// out, so that neither the answer nor the time it takes tells. The address until then is told as well. What was
    /// asked for before is called off.
    ///
    /// # Errors
    /// An [`AskEmailError`].
    pub async fn ask_email(&self, actor: &Actor, typed: &str, claim: Claim<'_>) -> Result<(), AskEmailError> {
        let wrong = |code: &'static str, message: &str| {
            AskEmailError::Invalid(vec![Invalid::new("email", code, message)])
        };
        let new = Email::parse(typed).map_err(|_| wrong("malformed", "must be an e-mail address"))?;
        let proved = self.password_of(actor, claim.password).await?;
        let now = self.clock.now();
        let by = actor.cause();
        let outcome = transact(self.store.begin().await?, async |tx| {
            let account = self.lock_proven(tx, actor, &proved).await?;
            // Before the code: what is refused afterwards would tell that it was a good one, and not use it up.
            if account.email == new {
                return Err(wrong("unchanged", "is the address of the account"));
            }
            match self.check_code(tx, account.id, claim.totp, (&by, now)).await? {
                Checked::Without | Checked::Proven(_) => {}
                Checked::Missing => return Err(AskEmailError::Proof(ProofError::TotpRequired)),
                Checked::Refused(refusal) => return Ok(Err(refusal)),
            }
            let change = EmailChange::ask(&account, actor.session, new.clone(), now);
            tx.end_email_changes(account.id, now).await?;
            tx.add_email_change(&change).await?;
            let alerts =
                [Alert::ConfirmAddress { change: change.id }, Alert::AddressAsked { change: change.id }];
            tx.enqueue_alerts(&alerts.map(|alert| Owed::now(alert, now))).await?;
            tx.record(&[acts::email_asked(&by, &change, now)]).await?;
            Ok(Ok(()))
        });
        Ok(outcome.await??)
    }

    /// Makes another address that of its account, by the link that went there; tells whose it is. All sessions end but
    /// the one that asked, links that went to the address before are void, and that address is told.
    ///
    /// # Errors
    /// A [`ChangeEmailError`].
    pub async fn change_email(
        &self,
        token: &str,
        request: Option<RequestName>,
    ) -> Result<AccountId, ChangeEmailError> {
        let id = self.tokens.read_email_token(token).ok_or(ChangeEmailError::TokenInvalid)?;
        let seen = self.store.email_change(id).await?.ok_or(ChangeEmailError::TokenInvalid)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(seen.account).await?.filter(Account::is_active);
            let mut account = account.ok_or(ChangeEmailError::TokenInvalid)?;
            let mut change = tx.lock_email_change(id).await?.ok_or(ChangeEmailError::TokenInvalid)?;
            change.make(&mut account, now).map_err(|_| ChangeEmailError::TokenInvalid)?;
            if !tx.take_email(&account).await? {
                return Err(ChangeEmailError::TokenInvalid);
            }
            tx.save_email_change(&change).await?;
            tx.end_sessions_of(account.id, Some(change.session), now).await?;
            for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
                tx.void_one_times(account.id, purpose, now).await?;
            }
            tx.enqueue_alerts(&[Owed::now(Alert::AddressChanged { change: id }, now)]).await?;
            let by = Cause { who: Who::Account(account.id), request };
            tx.record(&[acts::email_changed(&by, &change, now)]).await?;
            Ok(account.id)
        })
        .await
    }
}
