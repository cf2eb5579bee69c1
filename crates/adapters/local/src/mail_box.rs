//! The box: mails that are kept and can be read, instead of being sent.

mod letter;

use crate::document::{Document, Step, Table};
use crate::paging::{newest, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::{
    Clock, Cursor, EffectId, Mail, MailError, Mailer, Page, PageRequest, StoreError, Timestamp, transact,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most mails in the box; the oldest make room.
const MOST: usize = 10_000;
/// Most bytes in the box (attachments are nearly all of it), because it lies in memory. The newest mail always stays.
const MOST_BYTES: usize = 64 << 20;

/// Mails, by age.
#[derive(Clone, Default)]
pub(crate) struct MailTables {
    pub(crate) mails: Table<Received>,
    by_age: OrdSet<Cursor>,
    bytes: usize,
}

/// A mail, and when it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// When it was handed over first.
    pub at: Timestamp,
    /// The mail as it would have been sent.
    #[serde(with = "letter")]
    pub mail: Mail,
}

impl Received {
    const fn cursor(&self) -> Cursor {
        Cursor { at: self.at, id: self.mail.id.as_uuid() }
    }

    fn bytes(&self) -> usize {
        let attached: usize = self.mail.attachments.iter().map(|file| file.bytes.len()).sum();
        attached + self.mail.text.len() + self.mail.html.as_ref().map_or(0, String::len)
    }
}

impl Document for Received {
    const KIND: &'static str = "mail";
    type Key = EffectId;

    fn key(&self) -> EffectId {
        self.mail.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.mails.mails
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.mails.mails
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.mails;
        step.set(&mut tables.by_age, self.cursor());
        tables.bytes = match step {
            Step::Enter => tables.bytes.saturating_add(self.bytes()),
            Step::Leave => tables.bytes.saturating_sub(self.bytes()),
        };
    }
}

impl MailTables {
    /// The oldest, when there is more in the box than it holds.
    fn surplus(&self) -> Option<EffectId> {
        let full = self.mails.len() > MOST || (self.bytes > MOST_BYTES && self.mails.len() > 1);
        let oldest = self.by_age.get_min().filter(|_| full)?;
        Some(oldest.id.into())
    }
}

/// A [`Mailer`] that keeps the newest mails where its store keeps everything else: durably, when it has a directory.
#[derive(Clone)]
pub struct MailBox {
    store: LocalStore,
    clock: Arc<dyn Clock>,
}

impl MailBox {
    /// The box of a store. There is one per store.
    #[must_use]
    pub fn new(store: LocalStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The mails, the newest first; the cursor is `(at, id)` of the last one.
    #[must_use]
    pub fn list(&self, page: PageRequest) -> Page<Received> {
        let state = self.store.read();
        let found = newest(&state.mails.by_age, page).filter_map(|id| state.copy::<Received>(&id.into()));
        Page::cut(found.take(wanted(page)).collect(), page.limit, Received::cursor)
    }

    /// One mail.
    #[must_use]
    pub fn mail(&self, id: EffectId) -> Option<Received> {
        self.store.read().copy(&id)
    }

    async fn keep(&self, mail: &Mail) -> Result<(), StoreError> {
        let at = self.clock.now();
        transact(self.store.write().await?, async |tx: &mut LocalTx| {
            if tx.state().get::<Received>(&mail.id).is_none() {
                tx.put(Received { at, mail: mail.clone() });
            }
            while let Some(oldest) = tx.state().mails.surplus() {
                tx.remove::<Received>(&oldest);
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Mailer for MailBox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.keep(mail).await.map_err(|error| MailError::Deferred(Box::new(error)))
    }
}
