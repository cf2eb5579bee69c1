//! Lists of events.

use super::show::{Seen, seen};
use super::{AccessError, Events};
use crate::access::Right;
use crate::{Around, Filter, Listed, Onlooker, Status};
use chrono::{DateTime, TimeDelta};
use kernel::{Actor, OrganisationId, Page, PageRequest, StoreError, Timestamp};
use std::cmp::Reverse;

/// The latest instant that is asked for, 9999-12-31T23:59:59Z: stores know no later ones than people write.
const LATEST: i64 = 253_402_300_799;

/// So many characters of a text are looked for.
const LONGEST: usize = 200;

/// So many words: each is looked for in all that is written of an event.
const MOST_WORDS: usize = 8;

/// What a visitor looks for; nothing given finds everything there is to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// Not over by then.
    pub from: Option<Timestamp>,
    /// Begun before.
    pub to: Option<Timestamp>,
    /// With this tag.
    pub tag: Option<String>,
    /// With each of these, in any order; see [`Search::words_of`].
    pub words: Vec<String>,
    /// Around here.
    pub around: Option<Around>,
}

impl Search {
    /// The words of a text, each once and in one order and spelling, so that equal wishes are known to be equal; of more
    /// than eight the longest.
    #[must_use]
    pub fn words_of(text: &str) -> Vec<String> {
        let text: String = text.chars().take(LONGEST).collect();
        let mut words: Vec<String> = text.split_whitespace().filter_map(clean).collect();
        words.sort_unstable();
        words.dedup();
        words.sort_by_key(|word| Reverse(word.len()));
        words.truncate(MOST_WORDS);
        words.sort_unstable();
        words
    }
}

/// Text as stores can take it.
fn clean(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    (!text.is_empty()).then(|| text.to_lowercase())
}

impl Events {
    /// Published events, those for members only if somebody is logged in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(
        &self,
        actor: Option<Actor>,
        search: &Search,
        page: PageRequest,
    ) -> Result<Page<Seen>, StoreError> {
        let filter = Filter {
            include_members_only: actor.is_some(),
            statuses: vec![Status::Published],
            ..narrowed(search)
        };
        let page = self.store.listing(&filter, page).await?;
        self.in_list(page).await
    }

    /// Published events that are not over, the next one first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn upcoming(&self, actor: Option<Actor>, page: PageRequest) -> Result<Page<Seen>, StoreError> {
        let search = Search { from: Some(self.clock.now()), ..Search::default() };
        self.list(actor, &search, page).await
    }

    /// Events in any of `statuses` (all when empty) of the organisations that the actor works for; of all of them
    /// for an admin.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn list_managed(
        &self,
        actor: Actor,
        search: &Search,
        statuses: &[Status],
        page: PageRequest,
    ) -> Result<Page<Seen>, AccessError> {
        let grant = self.grant(actor).await?;
        grant.require_any()?;
        let filter = Filter {
            include_members_only: true,
            statuses: if statuses.is_empty() { &Status::ALL } else { statuses }.to_vec(),
            organisations: grant.organisations(Right::Door),
            drafts_of: grant.organisations(Right::Manage),
            ..narrowed(search)
        };
        let page = self.store.listing(&filter, page).await?;
        Ok(self.in_list(page).await?)
    }

    /// The next published events that are not over, those for members only as well, of these organisations or of all. What
    /// is told does not depend on who asks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_of(
        &self,
        organisations: Option<Vec<OrganisationId>>,
        limit: u32,
    ) -> Result<Vec<Seen>, StoreError> {
        let filter = Filter {
            from: Some(self.clock.now()),
            include_members_only: true,
            statuses: vec![Status::Published],
            organisations,
            ..Filter::default()
        };
        let page = self.store.listing(&filter, PageRequest { limit, after: None }).await?;
        Ok(self.in_list(page).await?.items)
    }

    /// Everybody is a stranger in lists: where exactly it is is told, and noted, event by event.
    async fn in_list(&self, mut page: Page<Listed>) -> Result<Page<Seen>, StoreError> {
        self.keep_for_lists(page.items.iter_mut().flat_map(|listed| &mut listed.ticket_types)).await?;
        let now = self.clock.now();
        Ok(page.map(|listed| seen(listed, Onlooker::Stranger, now)))
    }
}

/// The wish as stores can take it: instants within what they know, text without control characters, few words.
fn narrowed(search: &Search) -> Filter {
    let within =
        |at: Timestamp| at.clamp(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::seconds(LATEST));
    Filter {
        from: search.from.map(within),
        to: search.to.map(within),
        tag: search.tag.as_deref().and_then(clean),
        words: Search::words_of(&search.words.join(" ")),
        around: search.around,
        ..Filter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded_and_equal_wishes_are_equal() {
        assert_eq!(Search::words_of(" long  Night"), Search::words_of("NIGHT\tlong \0 night"));
        assert_eq!(Search::words_of(" long  Night"), ["long", "night"]);
        assert!(Search::words_of("").is_empty() && Search::words_of(" \0 ").is_empty());
        let many = "a b c d e f g h i the longest nights of all";
        assert_eq!(Search::words_of(many), ["a", "all", "b", "c", "longest", "nights", "of", "the"]);
        assert_eq!(Search::words_of(&"x".repeat(100_000)), ["x".repeat(200)]);
    }
}
