//! Events for calendar programs: one of them, or all that somebody goes to.

use super::show::Visible;
use super::{Events, ShowError};
use crate::calendar::{MOST, is_kept};
use crate::{AddressView, Entry, Event, Feed, Onlooker, TokenHash};
use kernel::{AccountId, Actor, EventId, RequestName, StoreError};
use std::collections::BTreeMap;

/// How many of somebody's events are looked at: what was bought last is looked at first.
const LOOKED_AT: u32 = 500;

impl Events {
    /// One event for the calendar of whoever may see it, with as much of its place as they may know; noted as a look at
    /// the event itself is.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn calendar_entry(&self, actor: Actor, event: EventId) -> Result<Entry, ShowError> {
        let Visible { event, viewer } = self.visible(Some(actor), &event.to_string()).await?;
        let now = self.clock.now();
        let onlooker = self.onlooker(&event, viewer.as_ref(), now).await?;
        Ok(Entry::of(&event, onlooker, now))
    }

    /// The events that somebody has tickets of, by their beginning, at most [`MOST`], the latest ones. What the
    /// address of a calendar shows, it shows to the holder of tickets alone: whoever runs events as well has no more in
    /// it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn own_calendar(
        &self,
        account: AccountId,
        request: Option<RequestName>,
    ) -> Result<Vec<Entry>, StoreError> {
        let held = self.guests.events_of(account, LOOKED_AT).await?;
        let held: BTreeMap<EventId, bool> = held.into_iter().map(|held| (held.event, held.living)).collect();
        let ids: Vec<EventId> = held.keys().copied().collect();
        let now = self.clock.now();
        let living = |event: &Event| held.get(&event.id).copied().unwrap_or_default();
        let mut events = self.store.events(&ids).await?;
        events.retain(|event| is_kept(event, living(event), now));
        events.sort_by_key(|event| (event.starts_at, event.id));
        let events = events.split_off(events.len().saturating_sub(MOST));
        let shown = |event: &Event| living(event) && event.location.is_exact() && event.reveals_place(now);
        let views: Vec<AddressView> = events
            .iter()
            .filter(|event| shown(event))
            .map(|event| AddressView::new(event.id, account, now, request))
            .collect();
        if !views.is_empty() {
            self.store.note_address_views(&views).await?;
        }
        let onlooker = |event: &Event| if living(event) { Onlooker::Holder } else { Onlooker::Stranger };
        Ok(events.iter().map(|event| Entry::of(event, onlooker(event), now)).collect())
    }

    /// From now on somebody's calendar is read at the address with this token, and at no other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_feed(&self, account: AccountId, token: TokenHash) -> Result<Feed, StoreError> {
        let feed = Feed { account, token, created_at: self.clock.now() };
        self.store.save_feed(&feed).await?;
        Ok(feed)
    }

    /// From now on somebody's calendar is read at no address; `false` when it was at none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_feed(&self, account: AccountId) -> Result<bool, StoreError> {
        self.store.remove_feed(account).await
    }

    /// The address at which somebody's calendar is read, if it is at one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_feed_of(&self, account: AccountId) -> Result<Option<Feed>, StoreError> {
        self.store.feed_of(account).await
    }

    /// Whose calendar is read at the address with this token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn feed(&self, token: &TokenHash) -> Result<Option<Feed>, StoreError> {
        self.store.feed(token).await
    }
}
