use super::{Accounts, Letter};
use crate::{Account, EmailChange, SecondFactor, Status};
use kernel::{AccountId, Email, EmailChangeId, Language, StoreError};

/// What a mail about a second factor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorLetter {
    /// Whose account it is about.
    pub account: AccountId,
    /// Whom it goes to.
    pub to: Email,
    /// How to address them.
    pub first_name: String,
    /// In which language they are written to, once that is known.
    pub language: Option<Language>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

/// What a mail to an address that is to be somebody's says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressProof {
    /// The link.
    Link(Letter),
    /// Somebody has an account with it: they are told, and nobody else is.
    Taken {
        /// Whose account that is.
        account: AccountId,
        /// Whom it goes to.
        to: Email,
        /// How to address them.
        first_name: String,
        /// In which language they are written to, once that is known.
        language: Option<Language>,
    },
}

/// What a mail to the address of before says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressLetter {
    /// How to address its reader.
    pub first_name: String,
    /// In which language they are written to, once that is known.
    pub language: Option<Language>,
    /// Of what it tells.
    pub change: EmailChange,
}

impl Accounts {
    /// The mail that [`crate::Alert::SecondFactor`] owes; `None` when the account was erased meanwhile.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn factor_letter(&self, account: AccountId) -> Result<Option<FactorLetter>, StoreError> {
        let Some(account) = self.standing(account).await? else { return Ok(None) };
        let factors = self.store.second_factors(&[account.id]).await?;
        let factor = factors.into_iter().find(SecondFactor::is_confirmed);
        Ok(Some(FactorLetter {
            account: account.id,
            to: account.email,
            first_name: account.first_name,
            language: account.language,
            recovery_codes: factor.map_or(0, |factor| factor.recovery.len()),
        }))
    }

    /// The mail that [`crate::Alert::ConfirmAddress`] owes; `None` when it has lost its sense meanwhile.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn address_proof(&self, id: EmailChangeId) -> Result<Option<AddressProof>, StoreError> {
        let now = self.clock.now();
        let change = self.store.email_change(id).await?.filter(|change| change.waits(now));
        let Some(change) = change else { return Ok(None) };
        let Some(account) = self.standing(change.account).await? else { return Ok(None) };
        if let Some(owner) = self.store.account_by_email(&change.new).await? {
            let Account { id: account, email: to, first_name, language, .. } = owner;
            return Ok(Some(AddressProof::Taken { account, to, first_name, language }));
        }
        Ok(Some(AddressProof::Link(Letter {
            account: account.id,
            to: change.new,
            first_name: account.first_name,
            language: account.language,
            token: self.tokens.email_token(change.id),
            expires_at: change.expires_at,
        })))
    }

    /// The mails that [`crate::Alert::AddressAsked`] and [`crate::Alert::AddressChanged`] owe; `None` when the account
    /// was erased meanwhile.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn address_letter(&self, id: EmailChangeId) -> Result<Option<AddressLetter>, StoreError> {
        let Some(change) = self.store.email_change(id).await? else { return Ok(None) };
        let account = self.standing(change.account).await?;
        Ok(account.map(|account| {
            let Account { first_name, language, .. } = account;
            AddressLetter { first_name, language, change }
        }))
    }

    async fn standing(&self, account: AccountId) -> Result<Option<Account>, StoreError> {
        let account = self.store.account(account).await?;
        Ok(account.filter(|account| account.status != Status::Deleted))
    }
}
