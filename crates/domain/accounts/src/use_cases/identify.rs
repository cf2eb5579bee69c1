use super::Accounts;
use crate::Account;
use kernel::{Actor, SessionId, StoreError};

/// Whom a session belongs to, as stored now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What use cases want to know.
    pub actor: Actor,
    /// What the person may see of themselves.
    pub account: Account,
}

impl Accounts {
    /// Who acts in a session; `None` when it is over or its account may not log in (any more).
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn identify(&self, session: SessionId) -> Result<Option<Identity>, StoreError> {
        let now = self.clock.now();
        let session = self.store.session(session).await?.filter(|session| session.is_alive(now));
        let Some(session) = session else {
            return Ok(None);
        };
        let account = self.store.account(session.account).await?.filter(Account::is_active);
        Ok(account.map(|account| {
            let actor = Actor { account: account.id, session: session.id, role: account.role, request: None };
            Identity { actor, account }
        }))
    }

    /// Which of these sessions [`Self::identify`] would know somebody in, in no order.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn counting(&self, sessions: &[SessionId]) -> Result<Vec<SessionId>, StoreError> {
        self.store.sessions_counting(sessions, self.clock.now()).await
    }
}
