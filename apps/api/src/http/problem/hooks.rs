//! Refusals of the use cases around addresses that are called.

use super::Problem;
use hooks::{AgainError, HookError, MOST_HOOKS};

impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Unknown => Self::not_found(),
            HookError::Invalid(errors) => Self::invalid(errors),
            HookError::TooMany => Self::unprocessable(
                "too_many_hooks",
                format!("An organisation has at most {MOST_HOOKS} of them."),
            ),
            HookError::Store(error) => error.into(),
        }
    }
}

impl From<AgainError> for Problem {
    fn from(error: AgainError) -> Self {
        match error {
            AgainError::Unknown => Self::not_found(),
            AgainError::Off => Self::conflict("hook_off", "The address is switched off."),
            AgainError::Waiting => Self::conflict("call_waiting", "The call is about to be made."),
            AgainError::Store(error) => error.into(),
        }
    }
}
