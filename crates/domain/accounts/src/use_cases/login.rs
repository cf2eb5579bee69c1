use super::check_code::Checked;
use super::{Accounts, SignedIn};
use crate::{CodeRefusal, HashError, Origin, Session, Status};
use kernel::{Cause, Email, StoreError, Who, transact};

/// What a person typed to log in.
pub struct Credentials {
    /// In any spelling.
    pub email: String,
    /// As typed, whatever its length.
    pub password: String,
    /// A code of the second factor, or a recovery code; asked for where there is one.
    pub totp: Option<String>,
    /// From where.
    pub origin: Origin,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such account, or not its password: nobody is told which, nor by the time it takes.
    #[error("address or password is wrong")]
    InvalidCredentials,
    /// The password is right, but an admin has suspended or rejected the account.
    #[error("the account is suspended")]
    Suspended,
    /// The password is right, but no admin has agreed yet.
    #[error("the account awaits approval")]
    Pending,
    /// The password is right, and the account has a second factor.
    #[error("a code of the second factor is needed")]
    TotpRequired,
    /// The password is right, and the code is not taken.
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// The password could not be checked.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Opens a session. How often one may try a password is decided before, at the front door.
    ///
    /// # Errors
    /// A [`LoginError`].
    pub async fn login(&self, given: Credentials) -> Result<SignedIn, LoginError> {
        let found = match Email::parse(&given.email) {
            Ok(email) => self.store.account_by_email(&email).await?,
            Err(_) => None,
        };
        let proved = self.prove(found.as_ref(), &given.password).await?;
        let (Some(found), Some(hash)) = (found, proved) else {
            return Err(LoginError::InvalidCredentials);
        };
        let now = self.clock.now();
        let by = Cause { who: Who::Account(found.id), request: given.origin.request };
        let outcome = transact(self.store.begin().await?, async |tx| {
            // Looked at again under lock: a new password or a suspension meanwhile has ended all sessions, and
            // none may begin after it on the strength of what was true before.
            let account = tx.lock_account(found.id).await?.ok_or(LoginError::InvalidCredentials)?;
            if account.password_hash != Some(hash) {
                return Err(LoginError::InvalidCredentials);
            }
            match account.status {
                Status::Active => {}
                Status::Pending => return Err(LoginError::Pending),
                Status::Suspended | Status::Rejected => return Err(LoginError::Suspended),
                Status::Deleted => return Err(LoginError::InvalidCredentials),
            }
            match self.check_code(tx, account.id, given.totp.as_deref(), (&by, now)).await? {
                Checked::Without | Checked::Proven(_) => {}
                Checked::Missing => return Err(LoginError::TotpRequired),
                Checked::Refused(refusal) => return Ok(Err(refusal)),
            }
            let session = Session::open_from(account.id, &given.origin, now);
            tx.add_session(&session).await?;
            Ok(Ok(self.signed_in(account, session)))
        });
        Ok(outcome.await??)
    }
}
