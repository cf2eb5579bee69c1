//! Refusals of the invites' use cases.

use super::Problem;
use invites::{BudgetExhausted, CreateError, FreezeError, GiveError, RevokeError, SetBudgetError, Shut};

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(errors) => Self::invalid(errors),
            CreateError::Shut(shut) => shut.into(),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<Shut> for Problem {
    fn from(shut: Shut) -> Self {
        match shut {
            Shut::Frozen => Self::conflict("branch_frozen", "Nobody is invited from this branch at present."),
            Shut::TooDeep => Self::conflict("branch_too_deep", "This branch of invites is too long already."),
            Shut::Unknown | Shut::Barred => Self::not_found(),
        }
    }
}

impl From<GiveError> for Problem {
    fn from(error: GiveError) -> Self {
        match error {
            GiveError::Create(error) => error.into(),
            GiveError::Exhausted(BudgetExhausted { left }) => {
                let detail = format!("You can still bring {left}.");
                Self::conflict("invite_budget_exhausted", detail)
            }
        }
    }
}

impl From<SetBudgetError> for Problem {
    fn from(error: SetBudgetError) -> Self {
        match error {
            SetBudgetError::Unknown => Self::not_found(),
            SetBudgetError::Invalid(errors) => Self::invalid(errors),
            SetBudgetError::Store(error) => error.into(),
        }
    }
}

impl From<FreezeError> for Problem {
    fn from(error: FreezeError) -> Self {
        match error {
            FreezeError::Unknown => Self::not_found(),
            FreezeError::Invalid(errors) => Self::invalid(errors),
            FreezeError::Store(error) => error.into(),
        }
    }
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::Unknown => Self::not_found(),
            RevokeError::Store(error) => error.into(),
        }
    }
}
