//! To whom exact places were shown: added and counted on, and otherwise never touched again.

use crate::document::{Document, Key, Step, Table};
use crate::paging::{newest_cursors_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use ::events::address_view::hour_of;
use ::events::{AddressLog, AddressView};
use async_trait::async_trait;
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, Transaction};

/// Event, account, and the hour as seconds since 1970.
type ViewKey = (EventId, AccountId, i64);

impl Key for ViewKey {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes(), self.2.to_be_bytes().to_vec()].concat()
    }
}

impl Document for AddressView {
    const KIND: &'static str = "address_view";
    type Key = ViewKey;

    fn key(&self) -> ViewKey {
        (self.event, self.account, self.hour().timestamp())
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.address_views
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.address_views
    }

    fn index(&self, state: &mut State, step: Step) {
        let cursor = Cursor { at: self.at, id: self.account.as_uuid() };
        step.set(&mut state.events.address_views_by_time, (self.event, cursor));
        let cursor = Cursor { at: self.at, id: self.event.as_uuid() };
        step.set(&mut state.events.address_views_by_account, (self.account, cursor));
    }
}

#[async_trait]
impl AddressLog for LocalStore {
    async fn note_address_views(&self, views: &[AddressView]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for view in views {
            let noted = tx.state().copy::<AddressView>(&view.key());
            tx.put(noted.map_or(*view, |noted| noted.and(view)));
        }
        tx.commit().await
    }

    async fn address_views(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError> {
        let state = self.read();
        let found = newest_cursors_of(&state.events.address_views_by_time, event, page)
            .filter_map(|cursor| {
                state.copy(&(event, AccountId::from(cursor.id), hour_of(cursor.at).timestamp()))
            })
            .take(wanted(page))
            .collect();
        Ok(Page::cut(found, page.limit, |view: &AddressView| Cursor {
            at: view.at,
            id: view.account.as_uuid(),
        }))
    }

    async fn address_views_of(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError> {
        let state = self.read();
        let found = newest_cursors_of(&state.events.address_views_by_account, account, page)
            .filter_map(|cursor| {
                state.copy(&(EventId::from(cursor.id), account, hour_of(cursor.at).timestamp()))
            })
            .take(wanted(page))
            .collect();
        Ok(Page::cut(found, page.limit, |view: &AddressView| Cursor {
            at: view.at,
            id: view.event.as_uuid(),
        }))
    }
}
