use super::Accounts;
use crate::{Account, HashError, Password, PasswordError, Person, acts};
use kernel::{Cause, Invalid, Role, StoreError, transact};

/// Why no admin was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAdminError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// There is an account with this address.
    #[error("the address has an account")]
    EmailTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// For whoever runs the program: opens an admin's account without an invite. The address counts as proven.
    ///
    /// # Errors
    /// A [`CreateAdminError`].
    pub async fn create_admin(
        &self,
        email: &str,
        password: String,
        (first_name, last_name): (&str, &str),
    ) -> Result<Account, CreateAdminError> {
        let person = Person::read(email, first_name, last_name).map_err(CreateAdminError::Invalid)?;
        let hash = self.hasher.hash(Password::new(password)?).await?;
        let now = self.clock.now();
        let mut account = Account::open(person, hash, now);
        account.role = Role::Admin;
        account.email_verified_at = Some(now);
        transact(self.store.begin().await?, async |tx| {
            if !tx.add_account(&account).await? {
                return Err(CreateAdminError::EmailTaken);
            }
            Ok(tx.record(&[acts::admin_created(&Cause::command_line(), &account, now)]).await?)
        })
        .await
        .map(|()| account)
    }
}
