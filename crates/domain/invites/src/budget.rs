//! How many accounts a member may still bring.

/// What a member may give away, counted in accounts that could be opened with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What there is to give away in all.
    pub total: u32,
    /// What has been given away: see [`crate::Invite::spends`]. It may exceed `total` when the configured budget was
    /// made smaller later.
    pub spent: u32,
}

/// More was asked for than is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{left} uses are left to give away")]
pub struct BudgetExhausted {
    /// What is left.
    pub left: u32,
}

impl Budget {
    /// The largest that an account may get.
    pub const MOST: u32 = 100_000;

    /// What is left to give away.
    #[must_use]
    pub const fn left(self) -> u32 {
        self.total.saturating_sub(self.spent)
    }

    /// Gives so many uses away.
    ///
    /// # Errors
    /// [`BudgetExhausted`]; it is then unchanged.
    pub fn take(&mut self, uses: u32) -> Result<(), BudgetExhausted> {
        let left = self.left();
        if uses > left {
            return Err(BudgetExhausted { left });
        }
        self.spent = self.spent.saturating_add(uses);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_budget_made_smaller_later_has_nothing_left_and_takes_nothing() {
        let mut budget = Budget { total: 2, spent: 5 };
        assert_eq!(budget.left(), 0);
        assert_eq!(budget.take(1), Err(BudgetExhausted { left: 0 }));
        assert_eq!(budget, Budget { total: 2, spent: 5 });
    }

    proptest! {
        #[test]
        fn never_more_is_given_away_than_there_is(total in 0..50_u32, wishes in prop::collection::vec(1..20_u32, 0..20)) {
            let mut budget = Budget { total, spent: 0 };
            let given: u32 = wishes.into_iter().filter(|uses| budget.take(*uses).is_ok()).sum();
            prop_assert!(given <= total);
            prop_assert_eq!((budget.spent, budget.left()), (given, total - given));
        }
    }
}
