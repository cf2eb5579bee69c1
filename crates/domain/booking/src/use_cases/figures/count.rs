//! The round that keeps the figures true: what happened since the last one is counted again, day by day and event by
//! event, and written where it differs.

use super::Figures;
use crate::Sale;
use crate::figures::{
    Counts, DayFigures, EventFigures, GuestFigures, LocalDay, Look, StandingFilter, day_of, healed, span_of,
};
use chrono::TimeDelta;
use kernel::{EventId, StoreError, Timestamp, transact};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Counts what may have changed, if it is time; `None` when somebody did a moment ago, or is at it.
    ///
    /// # Errors
    /// The store could not answer; what was counted before stays as it is.
    pub async fn count(&self) -> Result<Option<Counted>, StoreError> {
        let now = self.clock.now();
        let Some(look) = self.turn(now, Look::is_due).await? else { return Ok(None) };
        match self.look(look, now).await {
            Ok(counted) => Ok(Some(counted)),
            Err(error) => {
                // Nobody waits for who has failed; when not even this can be said, they wait until it is long ago.
                let _ = self.give_back(look, now).await;
                Err(error)
            }
        }
    }

    /// The same at once, whoever is at it.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn count_now(&self) -> Result<Counted, StoreError> {
        let now = self.clock.now();
        let look = self.turn(now, |_, _| true).await?.unwrap_or_default();
        self.look(look, now).await
    }

    /// Counts every event from its beginning.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn count_all(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.figures.begin_figures().await?, async move |tx| {
            let look = tx.lock_look().await?;
            tx.save_look(&look.anew(now)).await
        })
        .await?;
        while !self.count_now().await?.whole {}
        Ok(())
    }

    /// Takes the turn, if it is due; answers with how far was counted before.
    async fn turn(
        &self,
        now: Timestamp,
        due: fn(&Look, Timestamp) -> bool,
    ) -> Result<Option<Look>, StoreError> {
        transact(self.figures.begin_figures().await?, async move |tx| {
            let look = tx.lock_look().await?;
            if !due(&look, now) {
                return Ok(None);
            }
            tx.save_look(&look.taken(now)).await?;
            Ok::<_, StoreError>(Some(look))
        })
        .await
    }

    async fn give_back(&self, before: Look, now: Timestamp) -> Result<(), StoreError> {
        transact(self.figures.begin_figures().await?, async move |tx| {
            match tx.lock_look().await?.given_back(&before, now) {
                Some(look) => tx.save_look(&look).await,
                None => Ok(()),
            }
        })
        .await
    }

    async fn look(&self, look: Look, now: Timestamp) -> Result<Counted, StoreError> {
        let look = look.believed(now);
        let mut hours: BTreeMap<EventId, BTreeSet<Timestamp>> = BTreeMap::new();
        for (event, hour) in self.figures.touched(look.since(now)).await? {
            hours.entry(event).or_default().insert(hour);
        }
        let open = self.figures.open_events(now - LINGERS, OPEN).await?;
        let next = self.figures.events_after(look.cursor, IN_TURN).await?;
        let last = next.len() < usize::try_from(IN_TURN).unwrap_or(usize::MAX);
        let fresh: BTreeSet<EventId> = if look.whole {
            healed(&next, now).into_iter().collect()
        } else {
            next.iter().copied().collect()
        };
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
            let fresh = wanted.fresh.contains(&sale.event);
            let guests = self.guests_of(sale, &counts, (before, fresh), now).await?;
            let after = EventFigures::of(sale, counts, guests);
            if before != Some(&after) && (before.is_some() || !after.is_nothing()) {
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

    /// Who comes: as it was counted a while ago, or anew. Of an event that is long over it is counted anew when something
    /// became of its tickets.
    async fn guests_of(
        &self,
        sale: &Sale,
        counts: &Counts,
        (before, fresh): (Option<&EventFigures>, bool),
        now: Timestamp,
    ) -> Result<Option<GuestFigures>, StoreError> {
        if counts.tickets().living() == 0 {
            return Ok(None);
        }
        let known = before.and_then(|before| before.guests);
        let young = known.is_some_and(|known| known.at <= now && now < known.at + GUESTS);
        let unchanged = before.is_some_and(|before| before.counts.types == counts.types);
        let lingers = sale.ends_at + LINGERS >= now;
        let stays = if lingers { young } else { known.is_some() && unchanged };
        if stays && !fresh {
            return Ok(known);
        }
        let anew = self.guests_at(sale, now).await?;
        // What is the same as before is not written again.
        let same = |known: &GuestFigures| (known.guests, known.returning) == (anew.guests, anew.returning);
        Ok(Some(known.filter(same).filter(|_| stays).unwrap_or(anew)))
    }

    /// Who comes, as the store says now.
    pub(super) async fn guests_at(&self, sale: &Sale, now: Timestamp) -> Result<GuestFigures, StoreError> {
        let earlier = earlier_than(sale, now);
        let guests = self.figures.guests(sale.event, sale.organisation, earlier).await?;
        Ok(GuestFigures::of(&guests, now))
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

/// Whoever holds a ticket of an event that begins then, or later, was not there yet.
pub(super) fn earlier_than(sale: &Sale, now: Timestamp) -> Timestamp {
    sale.starts_at.min(now)
}
