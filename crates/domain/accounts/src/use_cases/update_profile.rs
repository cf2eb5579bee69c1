use super::Accounts;
use crate::{Account, ProfileChange, account::read_name};
use kernel::{Actor, Invalid, Language, StoreError, Timestamp, transact};

/// What of oneself changes; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountChange {
    /// 1 to 100 characters.
    pub first_name: Option<String>,
    /// 1 to 100 characters.
    pub last_name: Option<String>,
    /// The tag of a language that we write in: `de` or `en`.
    pub language: Option<String>,
    /// Field by field.
    pub profile: ProfileChange,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The account has gone meanwhile.
    #[error("there is no such account")]
    Unknown,
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Changes the actor's name, language and profile.
    ///
    /// # Errors
    /// An [`UpdateError`]; nothing has then changed.
    pub async fn update_profile(&self, actor: &Actor, change: AccountChange) -> Result<Account, UpdateError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let account = tx.lock_account(actor.account).await?.filter(Account::is_active);
            let account = apply(account.ok_or(UpdateError::Unknown)?, change, now);
            let account = account.map_err(UpdateError::Invalid)?;
            tx.save_account(&account).await?;
            Ok(account)
        })
        .await
    }
}

fn apply(mut account: Account, change: AccountChange, now: Timestamp) -> Result<Account, Vec<Invalid>> {
    let mut wrong = Vec::new();
    let names = [
        ("first_name", &mut account.first_name, change.first_name),
        ("last_name", &mut account.last_name, change.last_name),
    ];
    for (field, name, typed) in names {
        match typed.map(|typed| read_name(field, &typed)) {
            Some(Ok(read)) => *name = read,
            Some(Err(invalid)) => wrong.push(invalid),
            None => {}
        }
    }
    match change.language.map(|tag| tag.parse::<Language>()) {
        Some(Ok(language)) => account.language = Some(language),
        Some(Err(_)) => wrong.push(Invalid::new("language", "unknown", "must be de or en")),
        None => {}
    }
    account.profile.apply(change.profile);
    account.updated_at = now;
    wrong.extend(account.profile.problems());
    if wrong.is_empty() { Ok(account) } else { Err(wrong) }
}
