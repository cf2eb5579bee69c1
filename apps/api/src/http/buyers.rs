//! What buyers have, shown with who they are to those who run the event.

use super::csv::Cell;
use crate::wiring::App;
use accounts::Account;
use kernel::{AccountId, Page, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Each thing of a page with the account of its buyer, or without one that is gone.
///
/// # Errors
/// The store could not answer.
pub async fn with_buyers<T>(
    app: &App,
    page: Page<T>,
    buyer: impl Fn(&T) -> AccountId,
) -> Result<Page<(T, Option<Account>)>, StoreError> {
    let ids: BTreeSet<AccountId> = page.items.iter().map(&buyer).collect();
    let ids: Vec<AccountId> = ids.into_iter().collect();
    let people = app.accounts.people(&ids).await?;
    let people: BTreeMap<AccountId, Account> =
        people.into_iter().map(|account| (account.id, account)).collect();
    Ok(page.map(|thing| {
        let account = people.get(&buyer(&thing)).cloned();
        (thing, account)
    }))
}

/// What a buyer is called in full, once the account is there.
#[must_use]
pub fn name(account: &Account) -> String {
    format!("{} {}", account.first_name, account.last_name)
}

/// Name and address in a table.
#[must_use]
pub fn cells(account: Option<&Account>) -> [Cell; 2] {
    [Cell::some(account.map(name)), Cell::some(account.map(|account| &account.email))]
}
