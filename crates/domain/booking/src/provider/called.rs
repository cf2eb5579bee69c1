//! What an adapter tells of each call to its provider, for whoever counts them.

use super::ProviderError;
use crate::Provider;
use std::sync::Arc;
use std::time::Duration;

/// A call that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// Who was asked.
    pub provider: Provider,
    /// For what: as the method of [`super::PaymentProvider`] is called.
    pub call: &'static str,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From the first byte to the last, with whatever was asked on the way.
    pub took: Duration,
}

/// Whoever wants to know. It is called where the call was made, so it has to be quick.
pub type CallListener = Arc<dyn Fn(&Called) + Send + Sync>;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// With an answer.
    Answered,
    /// With a no.
    Refused,
    /// Nobody was reached.
    Away,
    /// Without an answer that makes sense.
    Uncertain,
}

impl CallOutcome {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Away => "away",
            Self::Uncertain => "uncertain",
        }
    }

    /// How the call ended that was answered so.
    #[must_use]
    pub const fn of<T>(answer: &Result<T, ProviderError>) -> Self {
        match answer {
            Ok(_) => Self::Answered,
            Err(ProviderError::Refused { .. }) => Self::Refused,
            Err(ProviderError::Away(_)) => Self::Away,
            Err(ProviderError::Uncertain(_)) => Self::Uncertain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_told_by_what_the_caller_gets() {
        let refused = Err(ProviderError::Refused { code: "card_declined".into() });
        for (answer, outcome) in [
            (Ok(()), "answered"),
            (refused, "refused"),
            (Err(ProviderError::Away("no route".into())), "away"),
            (Err(ProviderError::Uncertain("cut off".into())), "uncertain"),
        ] {
            assert_eq!(CallOutcome::of(&answer).as_str(), outcome);
        }
    }
}
