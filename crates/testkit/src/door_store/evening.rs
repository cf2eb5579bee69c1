//! An evening at the door, for the promises about it.

use crate::Stores;
use crate::fixtures_bookings::{House, bookings, buyer, confirm_free, house, staff};
use booking::use_cases::{Staff, Synced, Told, VerifyRequest};
use booking::{Admission, CodeSigner, Door, Scan, Ticket, Verdict, Way};
use chrono::TimeDelta;
use kernel::{EventId, PageRequest, Timestamp};
use std::sync::Arc;

/// A house whose doors are open, its staff and some tickets.
pub(super) struct Evening {
    pub(super) house: House,
    pub(super) door: Arc<Door>,
    pub(super) staff: Staff,
    pub(super) tickets: Vec<Ticket>,
    pub(super) codes: Vec<String>,
}

pub(super) async fn evening(stores: Stores, count: u32) -> Evening {
    let house = house(stores, 20, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(count)).await.unwrap();
    let tickets = confirm_free(&bookings, guest, hold.id).await.tickets;
    house.clock.set(house.event.starts_at);
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let staff = staff(&house).await;
    let codes = tickets.iter().map(|ticket| door.code(ticket)).collect();
    Evening { house, door: Arc::new(door), staff, tickets, codes }
}

impl Evening {
    pub(super) fn event(&self) -> EventId {
        self.house.event.id
    }

    /// So many minutes after the start.
    pub(super) fn minute(&self, minutes: i64) -> Timestamp {
        self.house.event.starts_at + TimeDelta::minutes(minutes)
    }

    pub(super) fn told(&self, ticket: usize, way: Way, minutes: i64) -> Told {
        let verdict = match way {
            Way::In => Verdict::Admitted,
            Way::Out => Verdict::Left,
        };
        Told {
            nonce: format!("{way:?} {minutes}"),
            code: self.codes[ticket].clone(),
            way,
            at: self.minute(minutes),
            verdict,
            forced: false,
            reason: None,
        }
    }

    pub(super) async fn sync(&self, told: &[Told]) -> Synced {
        self.door.sync(&self.staff, self.event(), told).await.unwrap()
    }

    pub(super) async fn verify(
        &self,
        ticket: usize,
        way: Way,
        nonce: &str,
        force: Option<&str>,
    ) -> Admission {
        let request = VerifyRequest {
            code: self.codes[ticket].clone(),
            nonce: Some(nonce.to_owned()),
            way,
            force: force.map(str::to_owned),
            ..VerifyRequest::default()
        };
        self.door.verify(&self.staff, &request).await.unwrap()
    }

    pub(super) async fn ticket(&self, ticket: usize) -> Ticket {
        self.house.stores.booking.ticket(self.tickets[ticket].id).await.unwrap().unwrap()
    }

    pub(super) async fn conflicts(&self) -> Vec<Scan> {
        let page = PageRequest { limit: 100, after: None };
        self.house.stores.booking.conflicts(self.event(), page).await.unwrap().items
    }

    pub(super) async fn scans(&self) -> Vec<Scan> {
        self.house.stores.booking.scans_of_booking(self.tickets[0].booking).await.unwrap()
    }
}
