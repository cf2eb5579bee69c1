use super::Accounts;
use crate::{Brought, Joined};
use invites::Made;
use kernel::{StoreError, Timestamp};

/// How the platform grew within a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// Who joined, by day.
    pub joined: Vec<Joined>,
    /// Who brought most of them.
    pub brought: Vec<Brought>,
    /// The invites that were made within it.
    pub invites: Made,
}

impl Accounts {
    /// How the platform grew within a span, first instant included and last not; of those who brought others up to
    /// `most`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn growth(&self, span: (Timestamp, Timestamp), most: u32) -> Result<Growth, StoreError> {
        let now = self.clock.now();
        Ok(Growth {
            joined: self.store.joined(span).await?,
            brought: if most > 0 { self.store.most_brought(span, most).await? } else { Vec::new() },
            invites: self.store.invites_made(span, now).await?,
        })
    }
}
