use super::{Accounts, SignedIn};
use crate::{HashError, Session, Status};
use kernel::{Email, StoreError, transact};

/// What a person typed to log in.
pub struct Credentials {
    /// In any spelling.
    pub email: String,
    /// As typed, whatever its length.
    pub password: String,
    /// What the device calls itself.
    pub user_agent: Option<String>,
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
    /// The password could not be checked.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Opens a session. How often one may try is decided before, at the front door.
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
        transact(self.store.begin().await?, async |tx| {
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
            let session = Session::open(account.id, given.user_agent.as_deref(), now);
            tx.add_session(&session).await?;
            Ok(self.signed_in(account, session))
        })
        .await
    }
}
