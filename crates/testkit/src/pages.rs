//! Lists that are read page by page.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]

use kernel::{Page, PageRequest};
use std::fmt::Debug;

/// The first so many.
#[must_use]
pub const fn first(limit: u32) -> PageRequest {
    PageRequest { limit, after: None }
}

/// All of a list, which is read in pages of so many.
pub async fn in_pages<T, E: Debug>(
    limit: u32,
    read: impl AsyncFn(PageRequest) -> Result<Page<T>, E>,
) -> Vec<T> {
    let (mut found, mut page) = (Vec::new(), first(limit));
    loop {
        let next = read(page).await.unwrap();
        assert!(next.items.len() <= usize::try_from(limit).unwrap());
        found.extend(next.items);
        page.after = next.next;
        if page.after.is_none() {
            return found;
        }
    }
}
