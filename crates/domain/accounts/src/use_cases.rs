//! One file per verb.

mod alerts;
mod change_email;
mod change_password;
mod change_standing;
mod check_code;
mod create_admin;
mod delete_account;
mod export;
mod forgot_password;
mod growth;
mod identify;
mod invite_tree;
mod letters;
mod list;
mod login;
mod logout;
mod refresh;
mod register;
mod reset_password;
mod reset_totp;
mod second_factor;
mod sessions;
mod update_profile;
mod verify_email;

pub use alerts::{AddressLetter, AddressProof, FactorLetter};
pub use change_email::{AskEmailError, ChangeEmailError};
pub use change_password::ChangePasswordError;
pub use change_standing::ChangeStandingError;
pub use check_code::{Claim, ProofError};
pub use create_admin::CreateAdminError;
pub use delete_account::DeleteError;
pub use export::{FactorRecord, InviteRecord, PersonalRecord};
pub use growth::Growth;
pub use identify::Identity;
pub use invite_tree::{InviteTree, Twig};
pub use letters::Letter;
pub use login::{Credentials, LoginError};
pub use refresh::RefreshError;
pub use register::{RegisterError, Registered, SignUp};
pub use reset_password::ResetError;
pub use reset_totp::ResetTotpError;
pub use second_factor::{Enrolment, FactorError, FactorStanding};
pub use sessions::EndSessionError;
pub use update_profile::{AccountChange, UpdateError};
pub use verify_email::VerifyError;

use crate::{
    Account, AccountStore, FactorKey, HashError, Password, PasswordHash, PasswordHasher, RefreshToken,
    Session, TokenKey,
};
use invites::CodeKey;
use kernel::Clock;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Everything that is done with accounts.
#[derive(Clone)]
pub struct Accounts {
    /// Where they are kept.
    pub store: Arc<dyn AccountStore>,
    /// What hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What invite codes are derived from.
    pub codes: CodeKey,
    /// What signs refresh tokens and links.
    pub tokens: TokenKey,
    /// What second factors are derived from.
    pub factors: FactorKey,
    /// Whether an admin may do what admins may only with a second factor.
    pub admins_need_totp: bool,
    /// Who may open an account.
    pub registration: Registration,
}

/// Who may open an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Whoever has an invite.
    InviteOnly,
    /// Everybody; without an invite an admin has to agree.
    Approval,
    /// Everybody.
    Open,
}

/// Someone who has just proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// On what device.
    pub session: Session,
    /// With what it stays logged in.
    pub refresh_token: RefreshToken,
}

impl Accounts {
    fn signed_in(&self, account: Account, session: Session) -> SignedIn {
        let refresh_token = self.tokens.refresh_token(session.id, session.generation);
        SignedIn { account, session, refresh_token }
    }

    /// The hash that a claimed password was found to match. The work is the same whether there is an account, a
    /// hash, or even a possible password.
    async fn prove(
        &self,
        account: Option<&Account>,
        claimed: &str,
    ) -> Result<Option<PasswordHash>, HashError> {
        let (password, hash) = match Password::new(claimed) {
            Ok(password) => (password, account.and_then(|account| account.password_hash.clone())),
            Err(_) => (Password::stand_in(), None),
        };
        let proved = self.hasher.verify(password, hash.clone()).await?;
        Ok(hash.filter(|_| proved))
    }
}
