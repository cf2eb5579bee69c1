//! Look again and again at what is left of events.

use super::Events;
use crate::selling::{self, Left};
use crate::{Listed, Status};
use kernel::{EventId, StoreError};
use std::collections::HashMap;

/// How an event stands, as everybody may know who may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Its state now.
    pub status: Status,
    /// What is left of each type that is not hidden.
    pub left: Vec<Left>,
}

impl Events {
    /// How events stand, all read at once; unknown ones are left out. Who may know of them was asked before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn watched(&self, ids: &[EventId]) -> Result<HashMap<EventId, Watched>, StoreError> {
        let now = self.clock.now();
        let mut found = self.store.events_with_types(ids).await?;
        self.keep_for_lists(found.iter_mut().flat_map(|listed| &mut listed.ticket_types)).await?;
        let standing = |Listed { event, ticket_types }: Listed| {
            let (status, left) = (event.status_at(now), selling::left(&event, &ticket_types, now));
            (event.id, Watched { status, left })
        };
        Ok(found.into_iter().map(standing).collect())
    }
}
