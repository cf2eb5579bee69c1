//! Refusals of the accounts' use cases.

use super::Problem;
use super::security::totp_required;
use crate::gate::SigningError;
use accounts::{
    AccountRefusal, ChangePasswordError, ChangeStandingError, CodeRefusal, DeleteError, EndSessionError,
    HashError, LoginError, PasswordError, RefreshError, RegisterError, ResetError, UpdateError, VerifyError,
};
use std::time::Duration;

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort => {
                Self::unprocessable("password_too_short", "A password needs at least 10 bytes.")
            }
            PasswordError::TooLong => {
                Self::unprocessable("password_too_long", "A password has at most 72 bytes.")
            }
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::busy(Duration::from_secs(5)),
            HashError::Failed(_) => Self::internal(&error),
        }
    }
}

impl From<SigningError> for Problem {
    fn from(error: SigningError) -> Self {
        Self::internal(&error)
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Invalid(errors) => Self::invalid(errors),
            RegisterError::Password(error) => error.into(),
            RegisterError::InviteRequired => {
                Self::unprocessable("invite_required", "Signing up needs an invite code.")
            }
            RegisterError::InviteInvalid => {
                Self::unprocessable("invite_invalid", "This invite code is not valid.")
            }
            RegisterError::EmailTaken => {
                Self::conflict("email_taken", "There is an account with this address.")
            }
            RegisterError::Hashing(error) => error.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials | LoginError::Code(CodeRefusal::Wrong { .. }) => {
                Self::unauthorized("invalid_credentials", "Address, password or code is wrong.")
            }
            LoginError::Code(CodeRefusal::Blocked { wait }) => Self::too_many("too_many_attempts", wait),
            LoginError::TotpRequired => totp_required(),
            LoginError::Suspended => Self::forbidden("account_suspended", "This account is suspended."),
            LoginError::Pending => Self::forbidden("account_pending", "This account awaits approval."),
            LoginError::Hashing(error) => error.into(),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::unauthorized("refresh_invalid", "Log in again."),
            RefreshError::Reused => {
                Self::unauthorized("refresh_reused", "This refresh token was used before; log in again.")
            }
            RefreshError::Store(error) => error.into(),
        }
    }
}

pub(super) fn wrong_password() -> Problem {
    Problem::forbidden("wrong_password", "The current password is wrong.")
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => wrong_password(),
            ChangePasswordError::Password(error) => error.into(),
            ChangePasswordError::Hashing(error) => error.into(),
            ChangePasswordError::Store(error) => error.into(),
        }
    }
}

pub(super) fn token_invalid() -> Problem {
    Problem::unprocessable("token_invalid", "This link works no more; ask for a new one.")
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::TokenInvalid => token_invalid(),
            ResetError::Password(error) => error.into(),
            ResetError::Hashing(error) => error.into(),
            ResetError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::TokenInvalid => token_invalid(),
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Unknown => Self::not_found(),
            UpdateError::Invalid(errors) => Self::invalid(errors),
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<EndSessionError> for Problem {
    fn from(error: EndSessionError) -> Self {
        match error {
            EndSessionError::Unknown => Self::not_found(),
            EndSessionError::Store(error) => error.into(),
        }
    }
}

impl From<AccountRefusal> for Problem {
    fn from(refusal: AccountRefusal) -> Self {
        match refusal {
            AccountRefusal::LastAdmin => Self::conflict("last_admin", "This is the last active admin."),
            AccountRefusal::StatusNotAllowed => {
                Self::conflict("status_not_allowed", "The status of the account does not allow this.")
            }
        }
    }
}

impl From<ChangeStandingError> for Problem {
    fn from(error: ChangeStandingError) -> Self {
        match error {
            ChangeStandingError::Unknown => Self::not_found(),
            ChangeStandingError::Refused(refusal) => refusal.into(),
            ChangeStandingError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::WrongPassword => wrong_password(),
            DeleteError::PasswordNeeded => {
                Self::forbidden("password_needed", "Send your password, or log in anew.")
            }
            DeleteError::TotpRequired => totp_required(),
            DeleteError::Code(refusal) => refusal.into(),
            DeleteError::Refused(refusal) => refusal.into(),
            DeleteError::Hashing(error) => error.into(),
            DeleteError::Store(error) => error.into(),
        }
    }
}
