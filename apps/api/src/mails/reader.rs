//! Who reads a mail.

use crate::wiring::App;
use accounts::{Account, Status};
use kernel::{AccountId, Language, StoreError};

/// Where somebody reads mail, in which language, and how to address them.
pub(super) struct Reader {
    pub(super) account: AccountId,
    pub(super) to: String,
    pub(super) first_name: String,
    pub(super) language: Language,
}

impl From<Account> for Reader {
    fn from(account: Account) -> Self {
        Self {
            account: account.id,
            to: account.email.into(),
            first_name: account.first_name,
            // Whoever opened their account before it was asked, or whose browser reads neither.
            language: account.language.unwrap_or_default(),
        }
    }
}

/// `None` when the account is gone.
pub(super) async fn reader(app: &App, account: AccountId) -> Result<Option<Reader>, StoreError> {
    let account = app.accounts.account(account).await?.filter(|account| account.status != Status::Deleted);
    Ok(account.map(Reader::from))
}
