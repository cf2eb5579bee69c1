//! Accounts, and how they are written.

use crate::Provider;
use kernel::OrganisationId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where money stands. Each account has one balance per currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    /// What buyers sent and nobody has earned yet.
    Buyers,
    /// What lies at a provider, in a drawer or at a bank.
    Provider {
        /// Who has it.
        provider: Provider,
        /// In which of our accounts there.
        account: String,
        /// Real money; test money is never mixed with it.
        live: bool,
    },
    /// What is an organisation's.
    Organiser(OrganisationId),
    /// What the platform earned.
    PlatformFees,
    /// What a provider kept for itself.
    ProviderFees(Provider),
    /// What was decided to go back and has not gone yet.
    Refunds,
    /// What lost disputes took.
    Disputes,
    /// Differences that a person accepted.
    Rounding,
}

/// What stands behind a provider's account that holds no real money.
const TEST: &str = ":test";

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buyers => f.write_str("buyers"),
            Self::Provider { provider, account, live } => {
                let mode = if *live { "" } else { TEST };
                write!(f, "provider:{}/{account}{mode}", provider.as_str())
            }
            Self::Organiser(organisation) => write!(f, "organiser:{organisation}"),
            Self::PlatformFees => f.write_str("platform_fees"),
            Self::ProviderFees(provider) => write!(f, "provider_fees:{}", provider.as_str()),
            Self::Refunds => f.write_str("refunds"),
            Self::Disputes => f.write_str("disputes"),
            Self::Rounding => f.write_str("rounding"),
        }
    }
}

/// A text that names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such account")]
pub struct NoSuchAccount;

impl FromStr for Account {
    type Err = NoSuchAccount;

    fn from_str(text: &str) -> Result<Self, NoSuchAccount> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match (kind, rest) {
            ("buyers", "") => Ok(Self::Buyers),
            ("platform_fees", "") => Ok(Self::PlatformFees),
            ("refunds", "") => Ok(Self::Refunds),
            ("disputes", "") => Ok(Self::Disputes),
            ("rounding", "") => Ok(Self::Rounding),
            ("organiser", id) => id.parse().map(Self::Organiser).map_err(|_| NoSuchAccount),
            ("provider_fees", name) => name.parse().map(Self::ProviderFees).map_err(|()| NoSuchAccount),
            ("provider", rest) => {
                let (provider, account) = rest.split_once('/').ok_or(NoSuchAccount)?;
                let provider = provider.parse().map_err(|()| NoSuchAccount)?;
                let test = account.strip_suffix(TEST);
                let account = test.unwrap_or(account).to_owned();
                Ok(Self::Provider { provider, account, live: test.is_none() })
            }
            _ => Err(NoSuchAccount),
        }
    }
}

impl TryFrom<String> for Account {
    type Error = NoSuchAccount;

    fn try_from(text: String) -> Result<Self, NoSuchAccount> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}
