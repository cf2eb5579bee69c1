//! Announcements, who is written to, and which lists people have left.

mod audience;
mod documents;

use crate::document::Table;
use crate::paging::{FIRST, LAST, newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::messaging::{
    ANNOUNCEMENTS, Addressee, Announcement, AnnouncementFilter, AnnouncementStore, AnnouncementTx, Audience,
    Counts, LeftList, MailList, Mailing, Recipient, RecipientState,
};
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::{
    AccountId, AnnouncementId, Cursor, EventId, OrganisationId, Owed, Page, PageRequest, StoreError,
    Timestamp,
};
use std::ops::Bound;
use uuid::Uuid;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct AnnouncementTables {
    announcements: Table<Announcement>,
    recipients: Table<Recipient>,
    left_lists: Table<LeftList>,
    by_time: OrdSet<Cursor>,
    by_organisation: OrdSet<(OrganisationId, Cursor)>,
    by_event: OrdSet<(EventId, Cursor)>,
    by_state: OrdSet<(AnnouncementId, RecipientState, AccountId)>,
    /// How many recipients stand how.
    counts: OrdMap<(AnnouncementId, RecipientState), u32>,
    by_account: OrdSet<(AccountId, Cursor)>,
}

/// Behind this account, or from the first one on.
fn behind<K>(after: Option<AccountId>, key: impl Fn(AccountId) -> K) -> (Bound<K>, Bound<K>) {
    let first = match after {
        Some(after) => Bound::Excluded(key(after)),
        None => Bound::Included(key(AccountId::from(Uuid::nil()))),
    };
    (first, Bound::Included(key(AccountId::from(Uuid::max()))))
}

fn most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl State {
    /// Who is written to, behind an account, in the order of their accounts.
    fn recipients_behind(
        &self,
        announcement: AnnouncementId,
        state: Option<RecipientState>,
        after: Option<AccountId>,
    ) -> Box<dyn Iterator<Item = Recipient> + '_> {
        let tables = &self.announcements;
        match state {
            Some(state) => {
                let those = tables.by_state.range(behind(after, |account| (announcement, state, account)));
                Box::new(
                    those
                        .filter_map(move |(_, _, account)| self.copy::<Recipient>(&(announcement, *account))),
                )
            }
            None => {
                let those = tables.recipients.range(behind(after, |account| (announcement, account)));
                Box::new(those.map(|(_, recipient)| Recipient::clone(recipient)))
            }
        }
    }

    /// The announcements of an index, the oldest first.
    fn oldest_of<O: Ord + Copy>(
        &self,
        index: &OrdSet<(O, Cursor)>,
        owner: O,
    ) -> impl Iterator<Item = Announcement> {
        let those = index.range((owner, FIRST)..=(owner, LAST));
        those.filter_map(|(_, cursor)| self.copy::<Announcement>(&AnnouncementId::from(cursor.id)))
    }
}

#[async_trait]
impl AnnouncementStore for LocalStore {
    async fn begin_announcements(&self) -> Result<Box<dyn AnnouncementTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn announcements(
        &self,
        filter: &AnnouncementFilter,
        page: PageRequest,
    ) -> Result<Page<Announcement>, StoreError> {
        let state = self.read();
        let tables = &state.announcements;
        let ids: Box<dyn Iterator<Item = Uuid>> = match filter.event {
            Some(event) => Box::new(newest_of(&tables.by_event, event, page)),
            None => Box::new(newest(&tables.by_time, page)),
        };
        let found = ids.filter_map(|id| state.get::<Announcement>(&AnnouncementId::from(id)));
        let found = found.filter(|it| filter.wants(it)).take(wanted(page));
        let found: Vec<Announcement> = found.map(|it| Announcement::clone(it)).collect();
        Ok(Page::cut(found, page.limit, Announcement::cursor))
    }

    async fn announcements_for_late_ones(
        &self,
        (event, organisation): (EventId, OrganisationId),
        now: Timestamp,
    ) -> Result<Vec<Announcement>, StoreError> {
        let state = self.read();
        let tables = &state.announcements;
        let guests = Audience::Guests { organisation };
        let to_guests = state.oldest_of(&tables.by_organisation, organisation);
        let to_guests = to_guests.filter(|it| it.audience == guests);
        let found = state.oldest_of(&tables.by_event, event).chain(to_guests);
        let mut found: Vec<Announcement> = found.filter(|it| it.is_for_late_ones(now)).collect();
        found.sort_by_key(Announcement::cursor);
        Ok(found)
    }

    async fn audience(
        &self,
        audience: &Audience,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError> {
        Ok(self.read().audience(audience, after, most(limit)))
    }

    async fn recipients(
        &self,
        announcement: AnnouncementId,
        state: Option<RecipientState>,
        page: PageRequest,
    ) -> Result<Page<Recipient>, StoreError> {
        let all = self.read();
        let after = page.after.map(|after| AccountId::from(after.id));
        let found = all.recipients_behind(announcement, state, after);
        let found: Vec<Recipient> = found.take(wanted(page)).collect();
        Ok(Page::cut(found, page.limit, Recipient::cursor))
    }

    async fn count_recipients(&self, announcement: AnnouncementId) -> Result<Counts, StoreError> {
        let state = self.read();
        let counts = &state.announcements.counts;
        let count = |of: RecipientState| Some((of, u64::from(*counts.get(&(announcement, of))?)));
        Ok(Counts(RecipientState::ALL.into_iter().filter_map(count).collect()))
    }

    async fn received(&self, account: AccountId, page: PageRequest) -> Result<Page<Recipient>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.announcements.by_account, account, page);
        let found = ids.filter_map(|id| state.copy::<Recipient>(&(AnnouncementId::from(id), account)));
        let found: Vec<Recipient> = found.take(wanted(page)).collect();
        Ok(Page::cut(found, page.limit, Recipient::place))
    }

    async fn left_lists(&self, accounts: &[AccountId]) -> Result<Vec<LeftList>, StoreError> {
        let state = self.read();
        let keys = accounts.iter().flat_map(|account| MailList::ALL.map(|list| (*account, list)));
        Ok(keys.filter_map(|key| state.copy::<LeftList>(&key)).collect())
    }
}

#[async_trait]
impl AnnouncementTx for LocalTx {
    async fn add_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError> {
        self.add(announcement.clone(), "adding an announcement")
    }

    async fn lock_announcement(&mut self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError> {
        self.save(announcement.clone(), "saving an announcement")
    }

    async fn remove_announcement(&mut self, id: AnnouncementId) -> Result<(), StoreError> {
        if self.state().recipients_behind(id, None, None).next().is_some() {
            return Err(self.broken("removing an announcement", "somebody was written to"));
        }
        self.remove::<Announcement>(&id);
        Ok(())
    }

    async fn add_recipients(&mut self, recipients: &[Recipient]) -> Result<Vec<AccountId>, StoreError> {
        let mut new = Vec::new();
        for one in recipients {
            if self.state().get::<Recipient>(&(one.announcement, one.account)).is_none() {
                self.put(one.clone());
                new.push(one.account);
            }
        }
        Ok(new)
    }

    async fn lock_recipient(
        &mut self,
        announcement: AnnouncementId,
        account: AccountId,
    ) -> Result<Option<Recipient>, StoreError> {
        Ok(self.state().copy(&(announcement, account)))
    }

    async fn lock_uncertain(
        &mut self,
        announcement: AnnouncementId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Recipient>, StoreError> {
        let uncertain = Some(RecipientState::Uncertain);
        Ok(self.state().recipients_behind(announcement, uncertain, after).take(most(limit)).collect())
    }

    async fn save_recipients(&mut self, recipients: &[Recipient]) -> Result<(), StoreError> {
        for one in recipients {
            self.save(one.clone(), "saving a recipient")?;
        }
        Ok(())
    }

    async fn leave_list(&mut self, left: &LeftList) -> Result<bool, StoreError> {
        if self.state().get::<LeftList>(&(left.account, left.list)).is_some() {
            return Ok(false);
        }
        self.put(left.clone());
        Ok(true)
    }

    async fn join_list(&mut self, account: AccountId, list: MailList) -> Result<bool, StoreError> {
        Ok(self.remove::<LeftList>(&(account, list)))
    }

    async fn enqueue_announcements(&mut self, effects: &[Owed<Mailing>]) -> Result<(), StoreError> {
        self.enqueue(ANNOUNCEMENTS, effects)
    }
}
