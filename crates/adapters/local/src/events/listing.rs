//! The list of events, filtered as a database would do it.

use super::EventTables;
use crate::paging::{FIRST, LAST, wanted};
use ::events::grid::covers;
use ::events::{Event, Filter, Status, Stretch, Visibility};
use kernel::{Cursor, EventId, Page, PageRequest, Timestamp};
use std::ops::Bound;
use std::sync::Arc;
use uuid::Uuid;

impl EventTables {
    pub(super) fn listing(&self, filter: &Filter, page: PageRequest) -> Page<Event> {
        let words: Vec<_> = filter.words.iter().map(|word| word.to_lowercase()).collect();
        let near = filter.around.map(|around| around.cells());
        let found = self
            .in_time(filter, page)
            .filter_map(|cursor| self.events.get(&EventId::from(cursor.id)))
            .filter(|event| matches(filter, &words, event))
            .filter(|event| near.as_ref().is_none_or(|near| is_near(near, event)))
            .take(wanted(page))
            .map(|event| Event::clone(event));
        let cursor = |event: &Event| Cursor { at: event.starts_at, id: event.id.as_uuid() };
        Page::cut(found.collect(), page.limit, cursor)
    }

    /// Events that can lie in the filter's span, by their beginning. What ends after `from` began after `from` less
    /// the longest duration, so that the past is not searched again and again.
    fn in_time(&self, filter: &Filter, page: PageRequest) -> impl Iterator<Item = &Cursor> {
        let longest = self.durations.get_max().map(|(duration, _)| *duration).unwrap_or_default();
        let earliest = filter.from.and_then(|from| from.checked_sub_signed(longest));
        let earliest = Cursor { at: earliest.unwrap_or(FIRST.at), id: Uuid::nil() };
        let start = match page.after {
            Some(after) if after >= earliest => Bound::Excluded(after),
            _ => Bound::Included(earliest),
        };
        let end = filter.to.unwrap_or(Timestamp::MAX_UTC);
        let rows = self.events_by_start.range((start, Bound::Included(LAST)));
        rows.take_while(move |cursor| cursor.at < end)
    }
}

/// By the cell of the map, never by the exact place.
fn is_near(near: &[Stretch], event: &Event) -> bool {
    event.location.cell().is_some_and(|cell| covers(near, cell))
}

/// `words` are in lower case.
fn matches(filter: &Filter, words: &[String], event: &Arc<Event>) -> bool {
    let contains_all = || {
        let texts = [&event.title, &event.description, &event.location.area].map(|text| text.to_lowercase());
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    };
    filter.from.is_none_or(|from| event.ends_at > from)
        && (filter.include_members_only || event.visibility == Visibility::Public)
        && filter.statuses.contains(&event.status)
        && filter.organisations.as_ref().is_none_or(|wanted| wanted.contains(&event.organisation))
        && (event.status != Status::Draft
            || filter.drafts_of.as_ref().is_none_or(|wanted| wanted.contains(&event.organisation)))
        && filter.tag.as_ref().is_none_or(|tag| event.tags.contains(tag))
        && (words.is_empty() || contains_all())
}
