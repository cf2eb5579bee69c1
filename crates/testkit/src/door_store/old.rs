//! What becomes of scans from before anything was kept of a check-in that was taken back.

use super::evening::{Evening, evening};
use crate::{StoppedClock, Stores};
use booking::use_cases::{Staff, Told};
use booking::{CodeSigner, Door, TicketStatus, Verdict, Way};
use chrono::TimeDelta;
use kernel::{EventId, TicketId, Timestamp};
use std::sync::Arc;

/// What scanners did before anything was kept of a check-in that was taken back: for tests of what becomes of old rows.
pub struct OldEvening {
    event: EventId,
    starts_at: Timestamp,
    staff: Staff,
    tickets: Vec<TicketId>,
    codes: Vec<String>,
}

impl OldEvening {
    /// One ticket was let in, one was let in by mistake, and one by mistake and then for good.
    pub async fn of(stores: Stores) -> Self {
        let evening = evening(stores, 3).await;
        for (ticket, minutes) in [(0, 0), (1, 1), (2, 2)] {
            evening.house.clock.set(evening.minute(minutes));
            evening.verify(ticket, Way::In, &format!("first {ticket}"), None).await;
        }
        evening.house.clock.set(evening.minute(10));
        for ticket in [1, 2] {
            evening.door.undo(&evening.staff, evening.tickets[ticket].id, None).await.unwrap();
        }
        evening.house.clock.set(evening.minute(20));
        evening.verify(2, Way::In, "second", None).await;
        let tickets = evening.tickets.iter().map(|ticket| ticket.id).collect();
        let (event, starts_at) = (evening.event(), evening.minute(0));
        let Evening { staff, codes, .. } = evening;
        Self { event, starts_at, staff, tickets, codes }
    }

    /// Whether it is still so when everything follows from the scans.
    pub async fn is_as_it_was(&self, stores: &Stores) {
        let clock = Arc::new(StoppedClock::default());
        let minute = |minutes| self.starts_at + TimeDelta::minutes(minutes);
        clock.set(minute(60));
        let door = Door::new(stores.booking.clone(), clock, CodeSigner::new(&[7; 32]));
        let refused = self.codes.iter().enumerate().map(|(ticket, code)| Told {
            nonce: format!("refused {ticket}"),
            code: code.clone(),
            way: Way::In,
            at: minute(30),
            verdict: Verdict::NotYet,
            forced: false,
            reason: None,
        });
        let refused: Vec<_> = refused.collect();
        let synced = door.sync(&self.staff, self.event, &refused).await.unwrap();
        assert_eq!(synced.conflicts, []);
        let mut found = Vec::new();
        for ticket in &self.tickets {
            let ticket = stores.booking.ticket(*ticket).await.unwrap().unwrap();
            found.push((ticket.status, ticket.checked_in_at, ticket.inside()));
        }
        let inside = |minutes| (TicketStatus::CheckedIn, Some(minute(minutes)), 1);
        assert_eq!(found, [inside(0), (TicketStatus::Valid, None, 0), inside(20)]);
    }
}
