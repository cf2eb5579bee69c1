//! Uploads, and what members were sent.

mod documents;
mod reads;
mod tx;

pub(crate) use documents::{Forgotten, KeptLink};

use crate::document::Table;
use crate::transaction::LocalTx;
use ::media::{Egress, EgressTotal, Month, Upload, UploadStatus};
use imbl::{OrdMap, OrdSet};
use kernel::{AccountId, Cursor, Timestamp, UploadId};
use std::cmp::Reverse;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct MediaTables {
    pub(crate) uploads: Table<Upload>,
    pub(crate) egress: Table<Egress>,
    pub(crate) forgotten: Table<Forgotten>,
    pub(crate) links: Table<KeptLink>,
    pub(crate) by_sender: OrdSet<(AccountId, Cursor)>,
    /// Uploads that are open or completed, by sender.
    pub(crate) living_by_sender: OrdSet<(AccountId, Cursor)>,
    /// The same by the instant at which their time is over.
    pub(crate) living_by_end: OrdSet<(Timestamp, UploadId)>,
    /// How many of them a sender has.
    pub(crate) living_of: OrdMap<AccountId, u32>,
    /// Those who were sent most in a month first.
    pub(crate) egress_by_month: OrdSet<(Month, Reverse<u64>, AccountId)>,
    pub(crate) totals: OrdMap<Month, EgressTotal>,
    pub(crate) links_by_end: OrdSet<(Timestamp, AccountId, String)>,
}

/// What is written of a member and a month, or nothing.
fn egress(tables: &MediaTables, account: AccountId, month: Month) -> Egress {
    tables.egress.get(&(account, month)).map_or(Egress { account, month, signed: 0, served: 0 }, |it| **it)
}

impl LocalTx {
    /// Whether an upload waited to be made into something by its sender; from now on it is.
    pub(crate) fn take(&mut self, id: UploadId, by: AccountId) -> bool {
        let upload = self.state().copy::<Upload>(&id);
        let upload = upload.filter(|it| it.status == UploadStatus::Completed && it.by == by);
        let Some(mut upload) = upload else { return false };
        upload.take();
        self.put(upload);
        true
    }
}
