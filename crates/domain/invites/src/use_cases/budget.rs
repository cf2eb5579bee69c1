use super::Invites;
use crate::{Budget, acts};
use kernel::{AccountId, Actor, Invalid, StoreError, transact};

/// Why a budget was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetBudgetError {
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// It cannot be this.
    #[error("the budget is wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Invites {
    /// What an account may give away, and has given; `None` without such an account.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn budget(&self, account: AccountId) -> Result<Option<Budget>, StoreError> {
        let Some(inviter) = self.store.inviter(account).await? else {
            return Ok(None);
        };
        let spent = self.store.spent(account, self.clock.now()).await?;
        Ok(Some(Budget { total: inviter.total(self.usual_budget), spent }))
    }

    /// For admins: gives an account a budget of its own, or, with `None`, the one that is configured for everybody;
    /// never less than what it has given away.
    ///
    /// # Errors
    /// A [`SetBudgetError`].
    pub async fn set_budget(
        &self,
        actor: &Actor,
        account: AccountId,
        budget: Option<u32>,
    ) -> Result<Budget, SetBudgetError> {
        if budget.is_some_and(|budget| budget > Budget::MOST) {
            return Err(wrong("out_of_range", format!("must be from 0 to {}", Budget::MOST)));
        }
        transact(self.store.begin_invites().await?, async |tx| {
            let mut inviter = tx.lock_inviter(account).await?.ok_or(SetBudgetError::Unknown)?;
            let (before, now) = (inviter.clone(), self.clock.now());
            let spent = tx.spent(account, now).await?;
            let allowed = inviter.allow(budget, self.usual_budget, spent);
            allowed.map_err(|below| wrong("below_spent", format!("must be at least {}", below.spent)))?;
            tx.save_inviter(&inviter).await?;
            tx.record(acts::budget_set(actor, &before, &inviter, now).as_slice()).await?;
            Ok(Budget { total: inviter.total(self.usual_budget), spent })
        })
        .await
    }
}

fn wrong(code: &'static str, message: String) -> SetBudgetError {
    SetBudgetError::Invalid(vec![Invalid::new("budget", code, message)])
}
