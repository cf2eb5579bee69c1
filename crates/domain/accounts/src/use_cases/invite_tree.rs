use super::Accounts;
use crate::Account;
use invites::{Ancestor, Branch};
use kernel::{AccountId, Page, PageRequest, StoreError};
use std::collections::BTreeMap;

/// An account in the tree, and who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twig {
    /// What hangs on it.
    pub branch: Branch,
    /// Who it is; erased, it has no name.
    pub account: Account,
}

/// A part of the tree of who brought whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteTree {
    /// Whom one account brought, or all whom nobody did; the newest first.
    pub twigs: Page<Twig>,
    /// From that account, which comes first, up to its root; empty above roots.
    pub path: Vec<(Ancestor, Account)>,
}

impl Accounts {
    /// For admins: whom an account brought, or, with `None`, all whom nobody did. `None` without such an account.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn invite_tree(
        &self,
        under: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Option<InviteTree>, StoreError> {
        let path = match under {
            Some(account) => self.store.lineage(account).await?.0,
            None => Vec::new(),
        };
        if under.is_some() && path.is_empty() {
            return Ok(None);
        }
        let branches = self.store.branches(under, page).await?;
        let on_page = branches.items.iter().map(|branch| branch.account);
        let ids: Vec<_> = on_page.chain(path.iter().map(|ancestor| ancestor.account)).collect();
        let accounts = self.store.accounts_of(&ids).await?;
        let accounts: BTreeMap<_, _> = accounts.into_iter().map(|account| (account.id, account)).collect();
        let known = |id: AccountId| {
            let gone = || StoreError::broken("reading the invite tree", "an account of it is not there");
            accounts.get(&id).cloned().ok_or_else(gone)
        };
        let twig = |branch: Branch| Ok(Twig { account: known(branch.account)?, branch });
        let items = branches.items.into_iter().map(twig).collect::<Result<_, StoreError>>()?;
        let above = |ancestor: Ancestor| Ok((ancestor, known(ancestor.account)?));
        let path = path.into_iter().map(above).collect::<Result<_, StoreError>>()?;
        Ok(Some(InviteTree { twigs: Page { items, next: branches.next }, path }))
    }
}
