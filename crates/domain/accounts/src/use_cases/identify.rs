use super::Accounts;
use crate::{Account, Session};
use kernel::{AccountId, Actor, Role, SessionId, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Whom a session belongs to, as stored now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What use cases want to know.
    pub actor: Actor,
    /// What the person may see of themselves.
    pub account: Account,
}

impl Accounts {
    /// Who acts in each of these sessions, in no order; those that are over, and those whose account may not log in
    /// (any more), are missing. An admin who lacks the second factor that admins need acts as a member, whoever asks.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn identify(&self, sessions: &[SessionId]) -> Result<Vec<Identity>, StoreError> {
        let now = self.clock.now();
        let mut living = self.store.sessions(sessions).await?;
        living.retain(|session| session.is_alive(now));
        let of: BTreeSet<AccountId> = living.iter().map(|session| session.account).collect();
        let accounts = self.store.accounts_of(&of.into_iter().collect::<Vec<_>>()).await?;
        let accounts: BTreeMap<AccountId, Account> =
            accounts.into_iter().filter(Account::is_active).map(|account| (account.id, account)).collect();
        let lacking = self.lacking_totp(&accounts.values().collect::<Vec<_>>()).await?;
        let identity = |session: Session| {
            let account = accounts.get(&session.account)?.clone();
            let role = if lacking.contains(&account.id) { Role::Member } else { account.role };
            let actor = Actor { account: account.id, session: session.id, role, request: None };
            Some(Identity { actor, account })
        };
        Ok(living.into_iter().filter_map(identity).collect())
    }

    /// Which of these sessions [`Self::identify`] would know somebody in, in no order.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn counting(&self, sessions: &[SessionId]) -> Result<Vec<SessionId>, StoreError> {
        self.store.sessions_counting(sessions, self.clock.now()).await
    }
}
