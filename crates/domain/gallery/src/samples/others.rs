//! Who was where, and what makes renditions.

use super::rendered;
use crate::{Attendance, Refusal, RenderError, Rendered, Renderer};
use async_trait::async_trait;
use kernel::{AccountId, EventId, StoreError, Timestamp};
use std::path::Path;
use std::sync::Mutex;

/// Makes what it is told to.
#[derive(Clone, Copy)]
pub(crate) enum Painter {
    Paints,
    Refuses,
    Lacks,
    Breaks,
}

#[async_trait]
impl Renderer for Painter {
    async fn render(&self, source: &Path, into: &Path) -> Result<Rendered, RenderError> {
        assert_eq!(std::fs::read(source).unwrap(), [1, 2, 3]);
        match self {
            Self::Refuses => return Err(RenderError::Refused(Refusal::Malformed)),
            Self::Lacks => return Err(RenderError::Missing("heif-dec")),
            Self::Breaks => return Err(RenderError::Failed("out of luck".into())),
            Self::Paints => {}
        }
        let mut made = rendered();
        for file in &mut made.files {
            file.path = into.join(&file.path);
            std::fs::write(&file.path, "picture").unwrap();
        }
        Ok(made)
    }
}

/// Who was where.
#[derive(Default)]
pub(crate) struct Guests(pub(crate) Mutex<Vec<(AccountId, EventId)>>);

#[async_trait]
impl Attendance for Guests {
    async fn attended(
        &self,
        account: AccountId,
        events: &[EventId],
        _: Timestamp,
    ) -> Result<Vec<EventId>, StoreError> {
        let there = self.0.lock().unwrap();
        Ok(events.iter().copied().filter(|event| there.contains(&(account, *event))).collect())
    }
}
