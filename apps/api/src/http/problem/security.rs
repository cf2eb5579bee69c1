//! Refusals of the use cases of second factors and of addresses that change.

use super::Problem;
use super::accounts::{token_invalid, wrong_password};
use accounts::{
    AccountRefusal, AskEmailError, ChangeEmailError, CodeRefusal, FactorError, ProofError, ResetTotpError,
};

pub(super) fn totp_required() -> Problem {
    Problem::forbidden("totp_required", "Send a code of your device, or a recovery code, as well.")
}

impl From<CodeRefusal> for Problem {
    fn from(refusal: CodeRefusal) -> Self {
        match refusal {
            CodeRefusal::Wrong { .. } => Self::forbidden("totp_invalid", "The code is wrong, or was used."),
            CodeRefusal::Blocked { wait } => Self::too_many("too_many_attempts", wait),
        }
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongPassword => wrong_password(),
            ProofError::TotpRequired => totp_required(),
            ProofError::Hashing(error) => error.into(),
            ProofError::Store(error) => error.into(),
        }
    }
}

impl From<FactorError> for Problem {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Enabled => Self::conflict("totp_enabled", "You have a second factor."),
            FactorError::NotEnabled => Self::conflict("totp_not_enabled", "You have no second factor."),
            FactorError::NotBegun => {
                Self::conflict("totp_not_begun", "Ask for a secret first, and send its first code in time.")
            }
            FactorError::Code(refusal) => refusal.into(),
            FactorError::Proof(error) => error.into(),
            FactorError::Store(error) => error.into(),
        }
    }
}

impl From<ResetTotpError> for Problem {
    fn from(error: ResetTotpError) -> Self {
        match error {
            ResetTotpError::Unknown => Self::not_found(),
            ResetTotpError::Own => {
                Self::forbidden("forbidden", "Your own second factor goes by DELETE /users/me/totp alone.")
            }
            ResetTotpError::Erased => AccountRefusal::StatusNotAllowed.into(),
            ResetTotpError::Store(error) => error.into(),
        }
    }
}

impl From<AskEmailError> for Problem {
    fn from(error: AskEmailError) -> Self {
        match error {
            AskEmailError::Invalid(errors) => Self::invalid(errors),
            AskEmailError::Code(refusal) => refusal.into(),
            AskEmailError::Proof(error) => error.into(),
            AskEmailError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeEmailError> for Problem {
    fn from(error: ChangeEmailError) -> Self {
        match error {
            ChangeEmailError::TokenInvalid => token_invalid(),
            ChangeEmailError::Store(error) => error.into(),
        }
    }
}
