use super::Music;
use crate::{Position, position};
use kernel::{Actor, Invalid, SetId, StoreError, Timestamp};

/// Why a position was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PositionError {
    /// There is no such set that they may hear.
    #[error("there is no such set")]
    Unknown,
    /// It does not lie in the set, or was never said.
    #[error("the position is wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Music {
    /// Where somebody stopped in a set: `None` when they never said.
    ///
    /// # Errors
    /// A [`PositionError`].
    pub async fn position(&self, actor: &Actor, id: SetId) -> Result<Option<Position>, PositionError> {
        self.heard_by(actor, id).await?.ok_or(PositionError::Unknown)?;
        Ok(self.store.position(actor.account, id).await?)
    }

    /// Somebody stopped there, when it is not said before now. Of what several devices say the latest counts; the answer
    /// is what counts then.
    ///
    /// # Errors
    /// A [`PositionError`].
    pub async fn stop_at(
        &self,
        actor: &Actor,
        id: SetId,
        seconds: f64,
        said_at: Option<Timestamp>,
    ) -> Result<Position, PositionError> {
        let now = self.clock.now();
        let set = self.heard_by(actor, id).await?.ok_or(PositionError::Unknown)?;
        let wrong = |field: &str, message: &str| {
            PositionError::Invalid(vec![Invalid::new(field, "out_of_range", message)])
        };
        let at_ms = position::place(seconds, set.duration_ms);
        let at_ms = at_ms.ok_or_else(|| wrong("seconds", "must lie in the set"))?;
        let said_at = position::instant(said_at, now);
        let said_at = said_at.ok_or_else(|| wrong("said_at", "this is too far away"))?;
        let said = Position { account: actor.account, set: id, at_ms, said_at };
        self.store.save_position(&said).await?;
        Ok(self.store.position(actor.account, id).await?.unwrap_or(said))
    }

    /// Where somebody stopped in all sets, the latest first: part of what they may take with them.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn positions(&self, actor: &Actor) -> Result<Vec<Position>, StoreError> {
        self.store.positions(actor.account).await
    }
}
