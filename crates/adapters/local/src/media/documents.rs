//! What is kept of uploads and traffic, and under what it is found.

use super::MediaTables;
use crate::document::{Document, Step, Table};
use crate::state::State;
use ::media::{Egress, EgressTotal, Month, Upload, UploadStatus};
use kernel::{AccountId, Timestamp, UploadId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A link that was given out to a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptLink {
    pub(super) account: AccountId,
    pub(super) link: String,
    pub(super) until: Timestamp,
}

/// What was sent in a month to members who are forgotten.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Forgotten {
    pub(super) month: Month,
    pub(super) members: u64,
    pub(super) signed: u64,
    pub(super) served: u64,
    pub(super) counted: u64,
}

impl Forgotten {
    /// Nobody yet.
    pub(super) const fn nobody(month: Month) -> Self {
        Self { month, members: 0, signed: 0, served: 0, counted: 0 }
    }

    /// One more.
    pub(super) fn with(&self, egress: &Egress) -> Self {
        Self {
            month: self.month,
            members: self.members.saturating_add(1),
            signed: self.signed.saturating_add(egress.signed),
            served: self.served.saturating_add(egress.served),
            counted: self.counted.saturating_add(egress.counted()),
        }
    }
}

impl Document for Upload {
    const KIND: &'static str = "upload";
    type Key = UploadId;

    fn key(&self) -> UploadId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.media.uploads
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.media.uploads
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.media;
        step.set(&mut tables.by_sender, (self.by, self.cursor()));
        if matches!(self.status, UploadStatus::Open | UploadStatus::Completed) {
            step.set(&mut tables.living_by_sender, (self.by, self.cursor()));
            step.set(&mut tables.living_by_end, (self.expires_at, self.id));
            step.count(&mut tables.living_of, self.by, 1);
        }
    }
}

impl Document for Egress {
    const KIND: &'static str = "egress";
    type Key = (AccountId, Month);

    fn key(&self) -> Self::Key {
        (self.account, self.month)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.media.egress
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.media.egress
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.media;
        step.set(&mut tables.egress_by_month, (self.month, Reverse(self.counted()), self.account));
        count(tables, step, &Forgotten::nobody(self.month).with(self));
    }
}

/// Adds to the totals of a month, or takes away from them; where nobody is left, there are none.
fn count(tables: &mut MediaTables, step: Step, of: &Forgotten) {
    let nothing = EgressTotal { month: of.month, members: 0, signed: 0, served: 0, counted: 0 };
    let total = tables.totals.entry(of.month).or_insert(nothing);
    let add = match step {
        Step::Enter => u64::saturating_add,
        Step::Leave => u64::saturating_sub,
    };
    total.members = add(total.members, of.members);
    total.signed = add(total.signed, of.signed);
    total.served = add(total.served, of.served);
    total.counted = add(total.counted, of.counted);
    if total.members == 0 {
        tables.totals.remove(&of.month);
    }
}

impl Document for Forgotten {
    const KIND: &'static str = "egress_forgotten";
    type Key = Month;

    fn key(&self) -> Month {
        self.month
    }

    fn table(state: &State) -> &Table<Self> {
        &state.media.forgotten
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.media.forgotten
    }

    fn index(&self, state: &mut State, step: Step) {
        count(&mut state.media, step, self);
    }
}

impl Document for KeptLink {
    const KIND: &'static str = "media_link";
    type Key = (AccountId, String);

    fn key(&self) -> Self::Key {
        (self.account, self.link.clone())
    }

    fn table(state: &State) -> &Table<Self> {
        &state.media.links
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.media.links
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.media.links_by_end, (self.until, self.account, self.link.clone()));
    }
}
