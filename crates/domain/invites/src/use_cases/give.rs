use super::create::{check, keep};
use super::{CreateError, Invites, NewInvites};
use crate::{Budget, BudgetExhausted, Invite, Shut};
use kernel::{AccountId, Actor, Page, PageRequest, StoreError, transact};

/// Invites that somebody gives away, and what is left to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What was made.
    pub invites: Vec<Invite>,
    /// After that.
    pub budget: Budget,
}

/// Why somebody gave nothing away.
#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    /// As for admins.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// More than there is.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhausted),
}

impl From<StoreError> for GiveError {
    fn from(error: StoreError) -> Self {
        Self::Create(error.into())
    }
}

impl Invites {
    /// Makes invites out of the maker's own budget, all or none: every account that they could open counts.
    ///
    /// # Errors
    /// A [`GiveError`].
    pub async fn give(&self, wish: &NewInvites, maker: &Actor) -> Result<Given, GiveError> {
        let email = check(wish, self.clock.now()).map_err(CreateError::Invalid)?;
        transact(self.store.begin_invites().await?, async |tx| {
            let inviter = tx.lock_inviter(maker.account).await?;
            let inviter = inviter.ok_or(CreateError::Shut(Shut::Unknown))?;
            tx.lock_lineage(maker.account).await?.opens().map_err(CreateError::from)?;
            // Only now: who signs up with one of these codes looks at the clock under the same lock, so that a use is
            // not counted as come back and then made all the same.
            let now = self.clock.now();
            let spent = tx.spent(maker.account, now).await?;
            let mut budget = Budget { total: inviter.total(self.usual_budget), spent };
            budget.take(wish.count.saturating_mul(wish.max_uses))?;
            let made = self.make(wish, email.as_ref(), maker, now);
            let invites: Vec<_> = made.into_iter().map(|invite| Invite { counted: true, ..invite }).collect();
            keep(tx, &invites, maker, now).await?;
            Ok(Given { invites, budget })
        })
        .await
    }

    /// What an account made, the newest first, and what it has left to give away; `None` without such an account.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn given(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Option<(Page<Invite>, Budget)>, StoreError> {
        let Some(budget) = self.budget(account).await? else {
            return Ok(None);
        };
        Ok(Some((self.store.invites(Some(account), page).await?, budget)))
    }
}
