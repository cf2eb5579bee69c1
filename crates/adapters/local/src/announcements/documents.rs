//! As the journal keeps them, and by what they are found.

use crate::document::{Document, Key, Step, Table};
use crate::state::State;
use ::messaging::{Announcement, LeftList, MailList, Recipient};
use kernel::{AccountId, AnnouncementId};

impl Key for (AnnouncementId, AccountId) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes()].concat()
    }
}

impl Key for (AccountId, MailList) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.as_str().as_bytes().to_vec()].concat()
    }
}

impl Document for Announcement {
    const KIND: &'static str = "announcement";
    type Key = AnnouncementId;

    fn key(&self) -> AnnouncementId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.announcements.announcements
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.announcements.announcements
    }

    fn index(&self, state: &mut State, step: Step) {
        let (tables, cursor) = (&mut state.announcements, self.cursor());
        step.set(&mut tables.by_time, cursor);
        if let Some(organisation) = self.organisation {
            step.set(&mut tables.by_organisation, (organisation, cursor));
        }
        if let Some(event) = self.audience.event() {
            step.set(&mut tables.by_event, (event, cursor));
        }
    }
}

impl Document for Recipient {
    const KIND: &'static str = "recipient";
    type Key = (AnnouncementId, AccountId);

    fn key(&self) -> Self::Key {
        (self.announcement, self.account)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.announcements.recipients
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.announcements.recipients
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.announcements;
        step.set(&mut tables.by_state, (self.announcement, self.state, self.account));
        step.count(&mut tables.counts, (self.announcement, self.state), 1);
        step.set(&mut tables.by_account, (self.account, self.place()));
    }
}

impl Document for LeftList {
    const KIND: &'static str = "left_list";
    type Key = (AccountId, MailList);

    fn key(&self) -> Self::Key {
        (self.account, self.list)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.announcements.left_lists
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.announcements.left_lists
    }

    fn index(&self, _: &mut State, _: Step) {}
}
