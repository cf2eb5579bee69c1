//! What others are told of bookings, and how far that has come.

use crate::document::{Document, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::news::part_of;
use kernel::{
    BookingId, EventId, Lag, News, NewsStore, NewsTx, OrganisationId, Published, StoreError, Timestamp,
    Transaction,
};
use serde::{Deserialize, Serialize};

const KEEPING: &str = "keeping news";

/// News and the ways to those that are still to be sent.
#[derive(Clone, Default)]
pub(crate) struct NewsTables {
    pub(crate) published: Table<KeptNews>,
    pub(crate) numbers: Table<KeptNumber>,
    pub(crate) parts: Table<KeptPart>,
    /// What is still to be sent, by part.
    pub(crate) unsent: OrdSet<(u16, u64)>,
    /// When what is to be sent happened.
    pub(crate) unsent_by_time: OrdSet<(Timestamp, u64)>,
    /// What hooks are still to be told.
    pub(crate) untold: OrdSet<u64>,
    /// What everybody was told.
    pub(crate) old: OrdSet<(Timestamp, u64)>,
}

/// A piece of news.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptNews {
    place: u64,
    booking: BookingId,
    number: u32,
    organisation: OrganisationId,
    event: EventId,
    kind: String,
    at: Timestamp,
    body: String,
    to_stream: bool,
    #[serde(default)]
    to_hooks: bool,
}

/// Up to which number a booking's news were kept: it stays when they go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptNumber {
    booking: BookingId,
    number: u32,
}

/// Until when somebody sends a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptPart {
    part: u16,
    leased_until: Timestamp,
}

impl Document for KeptNews {
    const KIND: &'static str = "news";
    type Key = u64;

    fn key(&self) -> u64 {
        self.place
    }

    fn table(state: &State) -> &Table<Self> {
        &state.news.published
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.news.published
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.news;
        if self.to_stream {
            step.set(&mut tables.unsent, (part_of(self.booking), self.place));
            step.set(&mut tables.unsent_by_time, (self.at, self.place));
        }
        if self.to_hooks {
            step.set(&mut tables.untold, self.place);
        }
        if !self.to_stream && !self.to_hooks {
            step.set(&mut tables.old, (self.at, self.place));
        }
    }
}

impl Document for KeptNumber {
    const KIND: &'static str = "news_number";
    type Key = BookingId;

    fn key(&self) -> BookingId {
        self.booking
    }

    fn table(state: &State) -> &Table<Self> {
        &state.news.numbers
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.news.numbers
    }

    fn index(&self, _: &mut State, _: Step) {}
}

impl Document for KeptPart {
    const KIND: &'static str = "stream_part";
    type Key = u64;

    fn key(&self) -> u64 {
        self.part.into()
    }

    fn table(state: &State) -> &Table<Self> {
        &state.news.parts
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.news.parts
    }

    fn index(&self, _: &mut State, _: Step) {}
}

impl KeptNews {
    pub(crate) fn published(&self) -> Published {
        let Self { place, booking, number, organisation, event, at, .. } = *self;
        let (kind, body) = (self.kind.clone(), self.body.clone());
        Published { place, booking, number, organisation, event, kind, at, body }
    }

    /// The same once hooks are told of it.
    pub(crate) fn told(self) -> Self {
        Self { to_hooks: false, ..self }
    }
}

#[async_trait]
impl NewsTx for LocalTx {
    async fn publish(&mut self, news: &[News]) -> Result<(), StoreError> {
        let to_stream = self.streams();
        for one in news {
            let to_hooks = self.state().hooks_that_are_on(one.organisation).next().is_some();
            // Where nobody listens nothing is kept.
            if !to_stream && !to_hooks {
                continue;
            }
            let last = self.state().get::<KeptNumber>(&one.booking).map_or(0, |kept| kept.number);
            let number = last.saturating_add(1);
            // There is one writer at a time.
            let place = self.state().news.published.get_max().map_or(1, |(place, _)| place.saturating_add(1));
            self.put(KeptNumber { booking: one.booking, number });
            let kept = KeptNews {
                place,
                booking: one.booking,
                number,
                organisation: one.organisation,
                event: one.event,
                kind: one.kind.to_owned(),
                at: one.at,
                body: one.body.clone(),
                to_stream,
                to_hooks,
            };
            self.add(kept, KEEPING)?;
        }
        Ok(())
    }
}

#[async_trait]
impl NewsStore for LocalStore {
    async fn unsent_parts(&self) -> Result<Vec<u16>, StoreError> {
        let state = self.read();
        let (mut parts, mut next) = (Vec::new(), 0_u16);
        // The first of each part, however many there are.
        while let Some((part, _)) = state.news.unsent.range((next, 0_u64)..).next().copied() {
            parts.push(part);
            next = part.saturating_add(1);
        }
        Ok(parts)
    }

    async fn hold_part(
        &self,
        part: u16,
        held: Option<Timestamp>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let leased = tx.state().get::<KeptPart>(&part.into()).map(|kept| kept.leased_until);
        let free = leased.is_none_or(|leased| leased <= now || Some(leased) == held);
        if free {
            tx.put(KeptPart { part, leased_until: until });
        }
        tx.commit().await?;
        Ok(free)
    }

    async fn unsent(&self, part: u16, limit: u32) -> Result<Vec<Published>, StoreError> {
        let (state, limit) = (self.read(), usize::try_from(limit).unwrap_or(usize::MAX));
        let places = state.news.unsent.range((part, 0)..=(part, u64::MAX)).take(limit);
        Ok(places.filter_map(|(_, place)| state.get::<KeptNews>(place)).map(|it| it.published()).collect())
    }

    async fn sent(&self, part: u16, places: &[u64]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for place in places {
            let kept = tx.state().copy::<KeptNews>(place);
            if let Some(kept) = kept.filter(|kept| kept.to_stream && part_of(kept.booking) == part) {
                tx.put(KeptNews { to_stream: false, ..kept });
            }
        }
        tx.commit().await
    }

    async fn lag(&self) -> Result<Lag, StoreError> {
        let state = self.read();
        let unsent = u64::try_from(state.news.unsent.len()).unwrap_or(u64::MAX);
        Ok(Lag { unsent, oldest: state.news.unsent_by_time.get_min().map(|(at, _)| *at) })
    }

    async fn sweep_news(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.sweep_old::<KeptNews>(|state, most| {
            let old = state.news.old.iter().take_while(|(at, _)| *at < before);
            old.take(most).map(|(_, place)| *place).collect()
        })
        .await
    }
}
