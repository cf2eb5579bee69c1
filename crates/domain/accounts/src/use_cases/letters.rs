use super::Accounts;
use crate::{Account, OneTime, OneTimeToken, Purpose};
use kernel::{AccountId, EffectId, Email, Language, OneTimeId, StoreError, Timestamp, transact};

/// What a mail with a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whose account it is about.
    pub account: AccountId,
    /// Whom it goes to.
    pub to: Email,
    /// How to address them.
    pub first_name: String,
    /// In which language they are written to, once that is known.
    pub language: Option<Language>,
    /// What the link carries.
    pub token: OneTimeToken,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// The mail that [`crate::Effect::SendVerification`] owes; `None` when it has lost its sense meanwhile.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn verification_letter(&self, id: OneTimeId) -> Result<Option<Letter>, StoreError> {
        let Some(link) = self.store.one_time(id).await? else {
            return Ok(None);
        };
        let account = self.store.account(link.account).await?;
        let unproven = account.filter(|account| account.email_verified_at.is_none() && account.may_reset());
        Ok(unproven.and_then(|account| self.letter(account, &link)))
    }

    /// Makes the link that [`crate::Effect::AskedForReset`] asks for, and the mail; `None` when there is no account
    /// that may have one. The link is named after the effect, so that a repeat sends the same one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn reset_letter(&self, owed: EffectId, email: &Email) -> Result<Option<Letter>, StoreError> {
        let account = self.store.account_by_email(email).await?;
        let Some(account) = account.filter(Account::may_reset) else {
            return Ok(None);
        };
        let id = OneTimeId::from(owed.as_uuid());
        let link = OneTime::new(id, account.id, Purpose::ResetPassword, self.clock.now());
        transact(self.store.begin().await?, async |tx| tx.add_one_time(&link).await).await?;
        let link = self.store.one_time(id).await?;
        Ok(link.and_then(|link| self.letter(account, &link)))
    }

    fn letter(&self, account: Account, link: &OneTime) -> Option<Letter> {
        link.is_alive(self.clock.now()).then(|| Letter {
            account: account.id,
            to: account.email,
            first_name: account.first_name,
            language: account.language,
            token: self.tokens.one_time_token(link.id, link.purpose),
            expires_at: link.expires_at,
        })
    }
}
