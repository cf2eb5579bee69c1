//! Pages out of indexes that sort by a cursor, without looking at more rows than the page has.

use imbl::OrdSet;
use kernel::{Cursor, PageRequest, Timestamp};
use std::ops::Bound;
use uuid::Uuid;

/// Before every other cursor.
pub(crate) const FIRST: Cursor = Cursor { at: Timestamp::MIN_UTC, id: Uuid::nil() };
/// After every other cursor.
pub(crate) const LAST: Cursor = Cursor { at: Timestamp::MAX_UTC, id: Uuid::max() };

/// One row more than the page holds, by which [`kernel::Page::cut`] learns whether there is a next page.
pub(crate) fn wanted(page: PageRequest) -> usize {
    usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1)
}

/// The ids of an owner's rows from the page's start on, the newest first.
pub(crate) fn newest_of<O: Ord + Clone>(
    index: &OrdSet<(O, Cursor)>,
    owner: O,
    page: PageRequest,
) -> impl Iterator<Item = Uuid> {
    newest_cursors_of(index, owner, page).map(|cursor| cursor.id)
}

/// Where an owner's rows stand, from the page's start on, the newest first.
pub(crate) fn newest_cursors_of<O: Ord + Clone>(
    index: &OrdSet<(O, Cursor)>,
    owner: O,
    page: PageRequest,
) -> impl Iterator<Item = Cursor> {
    let end = match page.after {
        Some(cursor) => Bound::Excluded((owner.clone(), cursor)),
        None => Bound::Included((owner.clone(), LAST)),
    };
    index.range((Bound::Included((owner, FIRST)), end)).rev().map(|(_, cursor)| *cursor)
}

/// The ids of all rows from the page's start on, the earliest first.
pub(crate) fn earliest(index: &OrdSet<Cursor>, page: PageRequest) -> impl Iterator<Item = Uuid> {
    let start = match page.after {
        Some(cursor) => Bound::Excluded(cursor),
        None => Bound::Included(FIRST),
    };
    index.range((start, Bound::Included(LAST))).map(|cursor| cursor.id)
}

/// The ids of all rows from the page's start on, the newest first.
pub(crate) fn newest(index: &OrdSet<Cursor>, page: PageRequest) -> impl Iterator<Item = Uuid> {
    let end = match page.after {
        Some(cursor) => Bound::Excluded(cursor),
        None => Bound::Included(LAST),
    };
    index.range((Bound::Included(FIRST), end)).rev().map(|cursor| cursor.id)
}
