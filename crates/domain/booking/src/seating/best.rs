//! The best seats that are still to be had together.

use super::plan::Prices;
use super::{FreeSeats, Hall, PlanSeat};
use kernel::{Money, SectionId};
use std::ops::Range;

/// What speaks against a group of seats, the weightiest first: how far back it is, how many seats it leaves alone, how
/// far from the middle of its row.
type Drawbacks = (usize, usize, usize, usize);

impl Hall {
    /// The best `count` free seats next to each other in one row of a section: as far to the front as can be, leaving
    /// no seat alone where that costs no row, then in the middle. An aisle, a blocked and a taken seat each end a
    /// neighbourhood.
    ///
    /// Accessible seats are left to those who ask for one, unless there is nothing else; who asks gets a group with at
    /// least one.
    ///
    /// Of seats that are not `within` what is asked for, none is in the group.
    ///
    /// # Errors
    /// How many there still are together, when there are fewer.
    pub(crate) fn best(
        &self,
        section: SectionId,
        count: usize,
        accessible: bool,
        within: impl Fn(&PlanSeat) -> bool + Copy,
    ) -> Result<Range<usize>, usize> {
        let any = within;
        let common = |seat: &PlanSeat| !seat.accessible && within(seat);
        let found = match accessible {
            true => self.choose(section, count, true, any),
            false => {
                self.choose(section, count, false, common).or_else(|| self.choose(section, count, false, any))
            }
        };
        found.ok_or_else(|| self.longest(section, accessible, within))
    }

    /// How many seats of a section are free next to each other, at most.
    pub(crate) fn most_together(&mut self, section: SectionId) -> usize {
        self.free_seats(section).together
    }

    /// What the cheapest free seat of a section costs, sold as a type that costs so much; `None` when none is free.
    pub(crate) fn least_free(&mut self, section: SectionId, price: Money) -> Option<Money> {
        self.free_seats(section).prices.least(price)
    }

    /// Asked again, it is not looked for again until a seat of the section changes hands: thousands may wait for what is
    /// not there.
    fn free_seats(&mut self, section: SectionId) -> FreeSeats {
        if let Some(free) = self.free.get(&section) {
            return *free;
        }
        let mut free =
            FreeSeats { together: self.longest(section, false, |_| true), prices: Prices::default() };
        for at in self.rows(section).iter().flat_map(Range::clone).filter(|at| self.is_free(*at)) {
            if let Some(seat) = self.plan.seat(at) {
                free.prices.note(seat);
            }
        }
        self.free.insert(section, free);
        free
    }

    /// A section's rows, from the front; none of one of which nothing is known.
    fn rows(&self, section: SectionId) -> &[Range<usize>] {
        let known = self.known.as_ref().is_none_or(|known| known.contains(&section));
        if known { self.plan.rows(section) } else { &[] }
    }

    fn choose(
        &self,
        section: SectionId,
        count: usize,
        accessible: bool,
        fit: impl Fn(&PlanSeat) -> bool + Copy,
    ) -> Option<Range<usize>> {
        let mut best: Option<(Drawbacks, Range<usize>)> = None;
        for (number, row) in self.rows(section).iter().enumerate() {
            for run in self.runs(row, fit).into_iter().filter(|run| run.len() >= count) {
                for from in run.start..=run.end - count {
                    let group = from..from + count;
                    if accessible && !group.clone().any(|at| self.is_accessible(at)) {
                        continue;
                    }
                    let alone =
                        usize::from(group.start - run.start == 1) + usize::from(run.end - group.end == 1);
                    let middle = (group.start + group.end).abs_diff(row.start + row.end);
                    let drawbacks = (number, alone, middle, from);
                    if best.as_ref().is_none_or(|(least, _)| drawbacks < *least) {
                        best = Some((drawbacks, group));
                    }
                }
            }
            // No row further back is better.
            if best.is_some() {
                break;
            }
        }
        best.map(|(_, group)| group)
    }

    /// The longest neighbourhood that is free; with an accessible seat in it, if one is asked for.
    fn longest(
        &self,
        section: SectionId,
        accessible: bool,
        within: impl Fn(&PlanSeat) -> bool + Copy,
    ) -> usize {
        let rows = self.rows(section).iter();
        let runs = rows.flat_map(|row| self.runs(row, within));
        let fit = runs.filter(|run| !accessible || run.clone().any(|at| self.is_accessible(at)));
        fit.map(|run| run.len()).max().unwrap_or(0)
    }

    /// Free neighbours in a row.
    fn runs(&self, row: &Range<usize>, fit: impl Fn(&PlanSeat) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut from = row.start;
        for at in row.clone() {
            let seat = self.plan.seat(at);
            let free = self.is_free(at) && seat.is_some_and(&fit);
            let end = if free { at + 1 } else { at };
            if !free || seat.is_some_and(|seat| seat.aisle_after) {
                runs.push(from..end);
                from = at + 1;
            }
        }
        runs.push(from..row.end);
        runs.retain(|run| !run.is_empty());
        runs
    }

    fn is_accessible(&self, at: usize) -> bool {
        self.plan.seat(at).is_some_and(|seat| seat.accessible)
    }
}
