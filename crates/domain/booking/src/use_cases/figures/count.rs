//! The round that keeps the figures true: what happened since the last one is counted again, day by day and event by
//! event, and written where it differs.

use super::Figures;
use crate::Sale;
use crate::figures::{
    Counts, DayFigures, EventFigures, GuestFigures, LocalDay, Look, StandingFilter, day_of, span_of,
};
use chrono::TimeDelta;
use kernel::{EventId, StoreError, Timestamp, transact};
use std::collections::{BTreeMap, BTreeSet};

/// How long after a turn the next one is due, whichever instance takes it.
const EVERY: TimeDelta = TimeDelta::seconds(15);
/// So far each look reaches back behind the one before: a transaction may commit later than the instant that stands in
/// its rows. None lives half as long; counting a day twice costs time and changes nothing.
pub(super) const OVERLAP: TimeDelta = TimeDelta::minutes(3);
/// How long after its end an event is still counted with every look: scans are told late, and money goes back.
pub(super) const LINGERS: TimeDelta = TimeDelta::days(14);
/// Most events that are counted with every look.
const OPEN: u32 = 5000;
/// So many events beside them, in turn: whatever changes long after an event is seen in the end.
const IN_TURN: u32 = 20;
/// Events that are read together.
const TOGETHER: usize = 100;
/// How old the number of returning guests may get; counting them looks at every guest.
const GUESTS: TimeDelta = TimeDelta::minutes(10);

/// What came of a look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Events that were looked at.
    pub events: usize,
    /// Days that were written anew.
    pub days: usize,
    /// Events of which something else was written.
    pub standings: usize,
    /// Whether every event has been counted from its beginning by now.
    pub whole: bool,
    /// Whether it was kept: not, when it took so long that somebody else took the next turn.
    pub kept: bool,
}

/// What a look writes.
#[derive(Default)]
struct Changes {
    /// Events all of whose days are written anew.
    anew: Vec<EventId>,
    days: Vec<DayFigures>,
    standings: Vec<EventFigures>,
}

/// What is to be counted.
struct Wanted {
    /// In which hours something happened to which events.
    hours: BTreeMap<EventId, BTreeSet<Timestamp>>,
    /// Events that are counted from their beginning.
    fresh: BTreeSet<EventId>,
}

impl Figures {
    /// Counts what may have changed, if it is time; `None` when somebody did a moment ago.
    ///
    /// # Errors
    /// The store could not answer; what was counted before stays as it is.
    pub async fn count(&self) -> Result<Option<Counted>, StoreError> {
        let now = self.clock.now();
        match self.turn(now, now - EVERY).await? {
            Some(look) => self.look(look, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same at once.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn count_now(&self) -> Result<Counted, StoreError> {
        let now = self.clock.now();
        let look = self.turn(now, Timestamp::MAX_UTC).await?.unwrap_or_default();
        self.look(look, now).await
    }

    /// Counts every event from its beginning.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn count_all(&self) -> Result<(), StoreError> {
        transact(self.figures.begin_figures().await?, async |tx| {
            let look = tx.lock_look().await?;
            tx.save_look(&Look { whole: false, cursor: None, ..look }).await
        })
        .await?;
        while !self.count_now().await?.whole {}
        Ok(())
    }

    async fn turn(&self, now: Timestamp, due: Timestamp) -> Result<Option<Look>, StoreError> {
        transact(self.figures.begin_figures().await?, async move |tx| {
            let look = tx.lock_look().await?;
            if look.at.is_some_and(|at| at > due) {
                return Ok(None);
            }
            tx.save_look(&Look { at: Some(now), ..look }).await?;
            Ok::<_, StoreError>(Some(look))
        })
        .await
    }

    async fn look(&self, look: Look, now: Timestamp) -> Result<Counted, StoreError> {
        let mut hours: BTreeMap<EventId, BTreeSet<Timestamp>> = BTreeMap::new();
        for (event, hour) in self.figures.touched(look.until.unwrap_or(now) - OVERLAP).await? {
            hours.entry(event).or_default().insert(hour);
        }
        let open = self.figures.open_events(now - LINGERS, OPEN).await?;
        let next = self.figures.events_after(look.cursor, IN_TURN).await?;
        let last = next.len() < usize::try_from(IN_TURN).unwrap_or(usize::MAX);
        let fresh = if look.whole { BTreeSet::new() } else { next.iter().copied().collect() };
        let events: BTreeSet<_> = hours.keys().chain(&open).chain(&next).copied().collect();
        let events: Vec<_> = events.into_iter().collect();
        let (wanted, mut changes) = (Wanted { hours, fresh }, Changes::default());
        for some in events.chunks(TOGETHER) {
            self.look_at(some, &wanted, now, &mut changes).await?;
        }
        let mut counted = Counted {
            events: events.len(),
            days: changes.days.len(),
            standings: changes.standings.len(),
            whole: look.whole || last,
            kept: true,
        };
        let cursor = if last { None } else { next.last().copied() };
        let after = Look { at: Some(now), until: Some(now), whole: counted.whole, cursor };
        counted.kept = self.keep(changes, after).await?;
        counted.whole &= counted.kept;
        Ok(counted)
    }

    async fn look_at(
        &self,
        events: &[EventId],
        wanted: &Wanted,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let these = StandingFilter { events: Some(events.to_vec()), ..StandingFilter::default() };
        let kept = self.figures.standings(&these).await?;
        let kept: BTreeMap<_, _> = kept.into_iter().map(|figures| (figures.event, figures)).collect();
        let mut counts: BTreeMap<_, _> = self.figures.counts(events).await?.into_iter().collect();
        for sale in &self.bookings.sales(events).await? {
            let before = kept.get(&sale.event);
            // Where a place is said to lie in another zone, its days begin at other instants.
            let moved = before.is_some_and(|before| before.zone != sale.resale.zone.name());
            self.look_at_days(sale, wanted, moved, changes).await?;
            let counts = counts.remove(&sale.event).unwrap_or_default();
            if before.is_none() && counts.is_nothing() {
                continue;
            }
            let guests = self.guests_of(sale, &counts, before, now).await?;
            let after = EventFigures::of(sale, counts, guests);
            if before != Some(&after) {
                changes.standings.push(after);
            }
        }
        Ok(())
    }

    async fn look_at_days(
        &self,
        sale: &Sale,
        wanted: &Wanted,
        moved: bool,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let anew = moved || wanted.fresh.contains(&sale.event);
        let hours: BTreeSet<Timestamp> = if anew {
            self.figures.hours(sale.event).await?.into_iter().collect()
        } else {
            wanted.hours.get(&sale.event).cloned().unwrap_or_default()
        };
        // An hour may lie on two days.
        let ends = hours.iter().flat_map(|hour| [*hour, *hour + TimeDelta::minutes(59)]);
        let days: BTreeSet<LocalDay> = ends.map(|at| day_of(sale.resale.zone, at)).collect();
        let days: Vec<_> = days.into_iter().collect();
        if days.is_empty() && !anew {
            return Ok(());
        }
        let kept = self.figures.days(sale.event, if anew { None } else { Some(&days) }).await?;
        let found = self.days_of(sale, &days).await?;
        if anew {
            let found: Vec<_> = found.into_iter().filter(|day| !day.rows.is_empty()).collect();
            if found != kept {
                changes.anew.push(sale.event);
                changes.days.extend(found);
            }
            return Ok(());
        }
        let kept: BTreeMap<_, _> = kept.into_iter().map(|day| (day.day, day.rows)).collect();
        let differs = |day: &DayFigures| kept.get(&day.day).map_or(&[][..], Vec::as_slice) != day.rows;
        changes.days.extend(found.into_iter().filter(differs));
        Ok(())
    }

    /// What happened on these days.
    async fn days_of(&self, sale: &Sale, days: &[LocalDay]) -> Result<Vec<DayFigures>, StoreError> {
        let mut found = Vec::with_capacity(days.len());
        for day in days {
            let facts = self.figures.facts(sale.event, span_of(sale.resale.zone, *day)).await?;
            let (event, organisation) = (sale.event, sale.organisation);
            found.push(DayFigures { event, organisation, day: *day, rows: facts.rows() });
        }
        Ok(found)
    }

    async fn guests_of(
        &self,
        sale: &Sale,
        counts: &Counts,
        before: Option<&EventFigures>,
        now: Timestamp,
    ) -> Result<Option<GuestFigures>, StoreError> {
        if counts.tickets().living() == 0 {
            return Ok(None);
        }
        let known = before.and_then(|before| before.guests);
        let lingers = sale.ends_at + LINGERS >= now;
        if let Some(known) = known.filter(|known| !lingers || now < known.at + GUESTS) {
            return Ok(Some(known));
        }
        // Who holds a ticket of an event to come was not there yet.
        let earlier = sale.starts_at.min(now);
        let (guests, returning) = self.figures.guests(sale.event, sale.organisation, earlier).await?;
        Ok(Some(GuestFigures { guests, returning, at: now }))
    }

    /// Writes what a look found, unless somebody else took a turn meanwhile: they have seen more.
    async fn keep(&self, changes: Changes, after: Look) -> Result<bool, StoreError> {
        let Changes { anew, days, standings } = changes;
        transact(self.figures.begin_figures().await?, async move |tx| {
            if tx.lock_look().await?.at != after.at {
                return Ok(false);
            }
            for event in &anew {
                tx.drop_days(*event).await?;
            }
            tx.save_days(&days).await?;
            tx.save_standings(&standings).await?;
            tx.save_look(&after).await?;
            Ok::<_, StoreError>(true)
        })
        .await
    }
}
