//! Who is inside: what follows from all scans of one ticket, whichever of them became known first.
//!
//! Scanners without a network tell later what they did, in any order and more than once. So nothing is decided by
//! what was told first: a ticket's scans are put into the order in which they happened, and everything follows from
//! walking through them.

use crate::{Flag, Scan, Ticket, TicketStatus, Verdict, Way};
use kernel::{ScanId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the door knows of a ticket beside its status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// How many are inside with it now; more than one when it was let in twice. Absent as long as nothing was said but
    /// whether it is checked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<u32>,
    /// When its codes died, the earlier ones first. Of what died before this was kept, nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Timestamp>,
}

/// Since when a code is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It is good.
    Lives,
    /// Since then.
    At(Timestamp),
    /// Since nobody knows when.
    Unknown,
}

impl Death {
    /// Whether it was dead by then. What is not known counts as dead: it is told once too often rather than never.
    #[must_use]
    pub fn by(self, at: Timestamp) -> bool {
        match self {
            Self::Lives => false,
            Self::At(died) => died <= at,
            Self::Unknown => true,
        }
    }
}

impl Ticket {
    /// How many are inside with it.
    #[must_use]
    pub fn inside(&self) -> u32 {
        self.presence.inside.unwrap_or_else(|| u32::from(self.status == TicketStatus::CheckedIn))
    }

    /// Since when its code of this version is worth nothing.
    #[must_use]
    pub fn death(&self, version: u32) -> Death {
        if version > self.version {
            return Death::Unknown;
        }
        if version == self.version && self.status.lives() {
            return Death::Lives;
        }
        let dead = self.version.saturating_sub(u32::from(self.status.lives()));
        let unknown = usize::try_from(dead).unwrap_or(usize::MAX).saturating_sub(self.presence.ended.len());
        let place = usize::try_from(version).ok().and_then(|version| version.checked_sub(1 + unknown));
        place.and_then(|place| self.presence.ended.get(place)).map_or(Death::Unknown, |at| Death::At(*at))
    }

    /// Whether it was given up, since its code died, by whoever could not know of this entry: that was told later.
    fn ended_unknowing(&self, death: Death, scan: &Scan) -> bool {
        let told = scan.offline.as_ref().map(|offline| offline.told_at);
        !self.status.lives() && matches!(death, Death::At(died) if told.is_some_and(|told| died < told))
    }

    /// Somebody goes in with it; `good` is whether the code was. That it admitted stays known of a ticket that died
    /// later.
    pub(crate) fn enter(&mut self, good: bool, at: Timestamp) {
        self.presence.inside = Some(self.inside().saturating_add(1));
        if !good {
            return;
        }
        self.checked_in_at = Some(self.checked_in_at.map_or(at, |before| before.min(at)));
        if self.status.lives() {
            self.status = TicketStatus::CheckedIn;
        }
    }

    /// Somebody goes out with it.
    pub(crate) fn leave(&mut self) {
        self.presence.inside = Some(self.inside().saturating_sub(1));
    }

    /// As if nobody had come in with it.
    pub(crate) fn forget_entries(&mut self) {
        self.presence.inside = Some(0);
        self.checked_in_at = None;
        if self.status == TicketStatus::CheckedIn {
            self.status = TicketStatus::Valid;
        }
    }

    /// Sets what follows from all scans of this ticket at its event's door, and flags them; the flags of other scans
    /// are not changed. The order in which they are given does not matter.
    pub fn follow(&mut self, scans: &mut [Scan]) {
        scans.sort_by(|one, other| one.order().cmp(&other.order()));
        self.forget_entries();
        let mut last: Option<ScanId> = None;
        for scan in scans {
            (scan.flags, scan.after) = (Vec::new(), None);
            if scan.verdict == Verdict::Undone {
                self.forget_entries();
                last = None;
            }
            if !scan.passed() {
                continue;
            }
            if scan.event != Some(self.event) {
                scan.flags.push(Flag::WrongEvent);
                continue;
            }
            match scan.way {
                Way::In => {
                    let death = scan.version.map_or(Death::Lives, |version| self.death(version));
                    let dead = death.by(scan.at);
                    if dead && scan.offline.is_some() {
                        scan.flags.push(Flag::LateRevocation);
                    }
                    if !dead && self.ended_unknowing(death, scan) {
                        scan.flags.push(Flag::EndedMeanwhile);
                    }
                    if self.inside() > 0 {
                        scan.flags.push(Flag::DoubleEntry);
                        scan.after = last;
                    }
                    self.enter(!dead, scan.at);
                    last = Some(scan.id);
                }
                Way::Out => {
                    self.leave();
                    if self.inside() == 0 {
                        last = None;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
