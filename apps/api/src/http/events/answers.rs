//! Lists of events and what is left of them, kept ready for those who see the same as everybody else.
//!
//! Strangers see one list, members another; whoever works for an organisation (or runs the platform) may see more
//! than they do, and is answered anew each time. What others see never depends on them.

use crate::answers::{Ready, Shelf};
use crate::bounded::Bounded;
use crate::http::problem::Problem;
use crate::live::Board;
use chrono::{DateTime, Utc};
use events::use_cases::Search;
use events::{Around, Events};
use kernel::{AccountId, Actor, EventId, PageRequest, StoreError};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How old an answer may get, where this instance does not learn of the change.
const LASTS: Duration = Duration::from_secs(1);
/// For how long an account is taken for a member who works for nobody, on other instances than the one that made
/// them more. They see less than they might for that long, never more.
const PLAIN_FOR: Duration = Duration::from_secs(5);
/// Most accounts that are known to work for nobody.
const PLAIN: usize = 50_000;

/// What is kept ready.
pub struct Answers {
    lists: Shelf<ListKey>,
    lefts: Shelf<EventId>,
    plain: Bounded<AccountId, Instant>,
    /// Who listens is told of what changes.
    live: Arc<Board<EventId>>,
}

/// Who looks, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looker {
    /// Not logged in.
    Stranger,
    /// Logged in, and works for nobody.
    Member,
    /// May see more in some places: not to be answered with what was made for others, nor others with theirs.
    Staff,
}

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// Those that are searched.
    All,
    /// Those that are not over: the instant is that of the question.
    Upcoming,
}

/// What a list depends on, each question in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ListKey {
    which: Which,
    member: bool,
    limit: u32,
    after: Option<(DateTime<Utc>, Uuid)>,
    times: [Option<DateTime<Utc>>; 2],
    texts: [Option<String>; 2],
    around: Option<Around>,
}

impl Answers {
    /// Nothing is ready yet; what changes is passed on to those who listen.
    #[must_use]
    pub fn telling(live: Arc<Board<EventId>>) -> Self {
        Self { lists: Shelf::new(LASTS), lefts: Shelf::new(LASTS), plain: Bounded::new(PLAIN), live }
    }

    /// In which way somebody looks.
    ///
    /// # Errors
    /// When the store cannot tell.
    pub async fn looker(&self, events: &Events, actor: Option<Actor>) -> Result<Looker, StoreError> {
        let Some(actor) = actor else {
            return Ok(Looker::Stranger);
        };
        if actor.is_admin() {
            return Ok(Looker::Staff);
        }
        if self.plain.get(&actor.account).is_some_and(|seen| seen.elapsed() < PLAIN_FOR) {
            return Ok(Looker::Member);
        }
        let seen = Instant::now();
        if !events.grant(actor).await?.memberships.is_empty() {
            return Ok(Looker::Staff);
        }
        self.plain.insert(actor.account, seen);
        Ok(Looker::Member)
    }

    /// A list: from the shelf for those who see the same as others.
    ///
    /// # Errors
    /// What `make` fails with.
    pub async fn list<V: Serialize>(
        &self,
        looker: Looker,
        (which, search, page): (Which, &Search, PageRequest),
        make: impl Future<Output = Result<V, Problem>>,
    ) -> Result<Arc<Ready>, Problem> {
        let member = match looker {
            Looker::Staff => return Ok(Arc::new(Ready::of(written(make).await?))),
            Looker::Member => true,
            Looker::Stranger => false,
        };
        let key = ListKey {
            which,
            member,
            limit: page.limit,
            after: page.after.map(|cursor| (cursor.at, cursor.id)),
            times: [search.from, search.to],
            texts: [search.tag.clone(), Some(search.words.join(" "))],
            around: search.around,
        };
        self.lists.answer(&key, written(make)).await
    }

    /// What is left of an event, for members: from the shelf for those who work for nobody, as long as it is made `for_all`
    /// of them; else what is `own`, such as that of a ticket holder whose event was taken out of sight.
    ///
    /// # Errors
    /// What `own` fails with, or `for_all` with anything but that there is no such event.
    pub async fn left<V: Serialize>(
        &self,
        looker: Looker,
        event: EventId,
        for_all: impl Future<Output = Result<V, Problem>>,
        own: impl Future<Output = Result<V, Problem>>,
    ) -> Result<Arc<Ready>, Problem> {
        // Strangers may see fewer events than members do, staff more.
        if looker == Looker::Member {
            match self.lefts.answer(&event, written(for_all)).await {
                Err(problem) if problem.code() == "not_found" => {}
                answered => return answered,
            }
        }
        Ok(Arc::new(Ready::of(written(own).await?)))
    }

    /// An event, or one of its ticket types, was changed here: all who ask from now on see it.
    pub fn event_changed(&self, event: EventId) {
        self.lists.forget_all();
        self.places_changed(event);
    }

    /// Something was changed here of which it is not known to which event it belonged.
    pub fn everything_changed(&self) {
        self.lists.forget_all();
        self.lefts.forget_all();
        self.live.all_changed();
    }

    /// Places of an event were taken or given back here: whoever asks from now on what is left sees it. Lists, which
    /// have but a word for it, follow within a second.
    pub fn places_changed(&self, event: EventId) {
        self.lefts.forget(&event);
        self.live.changed(event);
    }

    /// Somebody began or ceased to work for an organisation here.
    pub fn standing_changed(&self, account: AccountId) {
        self.plain.remove(&account);
    }
}

async fn written<V: Serialize>(make: impl Future<Output = Result<V, Problem>>) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(&make.await?).map_err(|error| Problem::internal(&error))
}
