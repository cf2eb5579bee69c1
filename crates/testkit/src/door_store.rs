//! What every store promises of the door: both ways, by force, and of scans that were made without a network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod old;

pub use old::OldEvening;

use crate::Stores;
use crate::fixtures_bookings::{House, bookings, buyer, by, confirm_free, house, staff};
use booking::ports::{Quarter, TypeCount};
use booking::use_cases::{Kept, Staff, SyncError, Synced, Told, VerifyError, VerifyRequest};
use booking::{Admission, CodeSigner, Door, Flag, Scan, Ticket, TicketStatus, Verdict, Way};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{Clock, EventId, PageRequest, Timestamp};
use std::sync::Arc;
use tokio::sync::Barrier;

/// One test per promise: `testkit::door_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! door_store_contract {
    ($open:ident) => {
        $crate::door_store_contract!($open;
            a_scan_reads_back_whole,
            scans_told_in_any_order_come_to_the_same,
            scans_told_twice_at_once_are_kept_once,
            a_scan_that_was_answered_and_then_made_without_a_network_is_kept_as_both,
            what_the_server_refused_and_the_scanner_admitted_is_found,
            whoever_tells_it_a_scan_is_kept_once,
            codes_of_nobody_are_told_at_once_in_any_order,
            a_cancelled_ticket_that_admitted_is_known_to_have_done_so,
            conflicts_come_the_latest_first_in_pages_that_meet,
            counts_say_what_happened_at_the_door,
            tickets_of_an_event_come_in_pages_that_meet,
            who_insists_passes_and_it_is_kept,
            what_is_taken_back_is_kept_as_taken_back,
            others_tell_nothing_here,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod door_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::door_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A house whose doors are open, its staff and some tickets.
struct Evening {
    house: House,
    door: Arc<Door>,
    staff: Staff,
    tickets: Vec<Ticket>,
    codes: Vec<String>,
}

async fn evening(stores: Stores, count: u32) -> Evening {
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
    fn event(&self) -> EventId {
        self.house.event.id
    }

    /// So many minutes after the start.
    fn minute(&self, minutes: i64) -> Timestamp {
        self.house.event.starts_at + TimeDelta::minutes(minutes)
    }

    fn told(&self, ticket: usize, way: Way, minutes: i64) -> Told {
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

    async fn sync(&self, told: &[Told]) -> Synced {
        self.door.sync(&self.staff, self.event(), told).await.unwrap()
    }

    async fn verify(&self, ticket: usize, way: Way, nonce: &str, force: Option<&str>) -> Admission {
        let request = VerifyRequest {
            code: self.codes[ticket].clone(),
            nonce: Some(nonce.to_owned()),
            way,
            force: force.map(str::to_owned),
            ..VerifyRequest::default()
        };
        self.door.verify(&self.staff, &request).await.unwrap()
    }

    async fn ticket(&self, ticket: usize) -> Ticket {
        self.house.stores.booking.ticket(self.tickets[ticket].id).await.unwrap().unwrap()
    }

    async fn conflicts(&self) -> Vec<Scan> {
        let page = PageRequest { limit: 100, after: None };
        self.house.stores.booking.conflicts(self.event(), page).await.unwrap().items
    }

    async fn scans(&self) -> Vec<Scan> {
        self.house.stores.booking.scans_of_booking(self.tickets[0].booking).await.unwrap()
    }
}

/// What does not depend on which of them was told first.
fn essence(scans: &[Scan]) -> Vec<(Timestamp, Option<String>, Verdict, Vec<Flag>)> {
    let mut found: Vec<_> =
        scans.iter().map(|it| (it.at, it.nonce.clone(), it.verdict, it.flags.clone())).collect();
    found.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    found
}

pub async fn a_scan_reads_back_whole(stores: Stores) {
    let evening = evening(stores, 1).await;
    evening.house.clock.set(evening.minute(60));
    let forced = Told {
        verdict: Verdict::AlreadyCheckedIn,
        forced: true,
        reason: Some("The first scan was her sister's.".into()),
        ..evening.told(0, Way::In, 5)
    };
    let future = evening.told(0, Way::Out, 600);
    let synced = evening.sync(&[evening.told(0, Way::In, 1), forced.clone(), future]).await;
    assert!(synced.results.iter().all(|result| result.kept == Kept::Now));
    let scans = evening.scans().await;
    let [first, second, third] = &scans[..] else { panic!("{scans:?}") };
    let told: Vec<_> = synced.results.iter().map(|result| result.scan.clone().unwrap()).collect();
    assert_eq!(scans, told, "what was answered is what is kept");
    assert_eq!((second.verdict, second.overruled), (Verdict::Admitted, Some(Verdict::AlreadyCheckedIn)));
    assert_eq!((&second.reason, second.version), (&forced.reason, Some(1)));
    assert_eq!((second.flags.as_slice(), second.after), ([Flag::DoubleEntry].as_slice(), Some(first.id)));
    let offline = third.offline.as_ref().unwrap();
    assert_eq!((third.way, third.at), (Way::Out, evening.minute(60)), "nobody passes after it was told");
    assert_eq!((offline.said_at, offline.told_at), (evening.minute(600), evening.minute(60)));
    assert_eq!(synced.conflicts, std::slice::from_ref(second));
    assert_eq!(evening.conflicts().await, std::slice::from_ref(second));
}

pub async fn scans_told_in_any_order_come_to_the_same(stores: Stores) {
    let evening = evening(stores, 3).await;
    evening.house.clock.set(evening.minute(120));
    let history = [(Way::In, 3), (Way::Out, 8), (Way::In, 12), (Way::In, 20), (Way::Out, 31), (Way::In, 40)];
    let orders: [&[usize]; 3] = [&[0, 1, 2, 3, 4, 5], &[5, 3, 3, 1, 0, 2, 4], &[4, 5, 0, 5, 3, 1, 2, 0]];
    let mut ends = Vec::new();
    for (ticket, order) in orders.into_iter().enumerate() {
        for batch in order.chunks(2) {
            let told = |place: &usize| {
                let (way, minutes) = history[*place];
                let told = evening.told(ticket, way, minutes);
                Told { nonce: format!("{ticket} {}", told.nonce), ..told }
            };
            let batch: Vec<_> = batch.iter().map(told).collect();
            evening.sync(&batch).await;
        }
        let now = evening.ticket(ticket).await;
        let mut scans = evening.scans().await;
        scans.retain(|scan| scan.ticket == Some(now.id));
        for scan in &mut scans {
            scan.nonce = scan.nonce.take().map(|nonce| nonce[2..].to_owned());
        }
        ends.push((now.status, now.checked_in_at, now.inside(), essence(&scans)));
    }
    assert_eq!(ends[0].0, TicketStatus::CheckedIn);
    assert_eq!((ends[0].1, ends[0].2, ends[0].3.len()), (Some(evening.minute(3)), 2, 6));
    assert_eq!((&ends[1], &ends[2]), (&ends[0], &ends[0]));
    let doubles = evening.conflicts().await;
    let flags: Vec<_> = doubles.iter().map(|scan| (scan.at, scan.flags.clone())).collect();
    for minute in [20, 40] {
        let double = (evening.minute(minute), vec![Flag::DoubleEntry]);
        assert_eq!(flags.iter().filter(|found| **found == double).count(), 3, "{flags:?}");
    }
    assert_eq!(flags.len(), 6);
}

pub async fn scans_told_twice_at_once_are_kept_once(stores: Stores) {
    let evening = Arc::new(evening(stores, 2).await);
    evening.house.clock.set(evening.minute(30));
    let nonsense = Told { code: "nonsense".into(), ..evening.told(0, Way::In, 3) };
    let told = [evening.told(0, Way::In, 1), evening.told(1, Way::In, 2), nonsense];
    let start = Arc::new(Barrier::new(6));
    let telling: Vec<_> = (0..6)
        .map(|turn| {
            let (evening, start, mut told) = (Arc::clone(&evening), Arc::clone(&start), told.clone());
            told.rotate_left(turn % 3);
            tokio::spawn(async move {
                start.wait().await;
                evening.sync(&told).await
            })
        })
        .collect();
    let mut new = 0;
    for telling in telling {
        let synced = telling.await.unwrap();
        new += synced.results.iter().filter(|result| result.kept == Kept::Now).count();
        assert!(synced.results.iter().all(|result| result.scan.is_some()), "{synced:?}");
    }
    assert_eq!((new, evening.scans().await.len()), (3, 2));
    let conflicts = evening.conflicts().await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].ticket, conflicts[0].flags.as_slice()), (None, [Flag::UnknownCode].as_slice()));
    assert_eq!((evening.ticket(0).await.inside(), evening.ticket(1).await.inside()), (1, 1));
}

pub async fn a_scan_that_was_answered_and_then_made_without_a_network_is_kept_as_both(stores: Stores) {
    let evening = evening(stores, 1).await;
    let same = Told { nonce: "same".into(), ..evening.told(0, Way::In, 0) };
    assert_eq!(evening.verify(0, Way::In, "same", None).await.verdict, Verdict::Admitted);
    // The answer was lost, and the scanner decided the same by itself: it is one entry.
    let synced = evening.sync(std::slice::from_ref(&same)).await;
    assert_eq!((synced.results[0].kept, synced.conflicts.len()), (Kept::Before, 0));
    // Here the answer would have been another one.
    assert_eq!(evening.verify(0, Way::In, "second", None).await.verdict, Verdict::AlreadyCheckedIn);
    let second = Told { nonce: "second".into(), ..same };
    for kept in [Kept::Now, Kept::Before] {
        let synced = evening.sync(std::slice::from_ref(&second)).await;
        assert_eq!(synced.results[0].kept, kept);
        assert_eq!(synced.conflicts.len(), 1);
        assert_eq!(synced.conflicts[0].flags, [Flag::DoubleEntry]);
    }
    assert_eq!((evening.scans().await.len(), evening.ticket(0).await.inside()), (3, 2));
}

pub async fn what_the_server_refused_and_the_scanner_admitted_is_found(stores: Stores) {
    let evening = evening(stores, 2).await;
    let transfer = {
        let friend = buyer(&evening.house.stores).await;
        let bookings = bookings(&evening.house);
        evening.house.clock.set(evening.minute(10));
        let giver = by(evening.tickets[0].holder);
        let offered = bookings.offer_ticket(&giver, evening.tickets[0].id, Some(friend)).await.unwrap();
        bookings.accept_transfer(&by(friend), offered.id).await.unwrap()
    };
    evening.house.clock.set(evening.minute(60));
    let late = evening.told(0, Way::In, 15);
    let synced = evening.sync(&[late.clone(), evening.told(1, Way::In, 16)]).await;
    assert_eq!(synced.conflicts.len(), 1);
    assert_eq!(
        (synced.conflicts[0].flags.as_slice(), synced.conflicts[0].at),
        ([Flag::LateRevocation].as_slice(), late.at)
    );
    let now = evening.ticket(0).await;
    assert_eq!((now.status, now.version, now.inside()), (TicketStatus::Valid, transfer.version, 1));
    // Whoever holds it now is let in with the new code, and it is seen that two are inside.
    let code = evening.door.code(&now);
    let request = VerifyRequest { code, ..VerifyRequest::default() };
    assert_eq!(evening.door.verify(&evening.staff, &request).await.unwrap().verdict, Verdict::Admitted);
    let conflicts: Vec<_> = evening.conflicts().await.into_iter().map(|scan| (scan.at, scan.flags)).collect();
    let expected = [(evening.minute(60), vec![Flag::DoubleEntry]), (late.at, vec![Flag::LateRevocation])];
    assert_eq!(conflicts, expected, "whichever of them became known first");
    // With the first code before it died: that was the use of the ticket.
    let again = evening.sync(&[Told { nonce: "early".into(), ..evening.told(0, Way::In, 5) }]).await;
    assert_eq!(again.results[0].scan.as_ref().unwrap().flags, []);
    assert_eq!(evening.ticket(0).await.checked_in_at, Some(evening.minute(5)));
    // A nonce that was used for another ticket is refused, and nothing else.
    let reused = Told { nonce: late.nonce, ..evening.told(1, Way::Out, 30) };
    let synced = evening.sync(&[reused, evening.told(1, Way::Out, 31)]).await;
    assert_eq!(synced.results.iter().map(|it| it.kept).collect::<Vec<_>>(), [Kept::NonceReused, Kept::Now]);
    assert_eq!(evening.ticket(1).await.inside(), 0);
}

pub async fn whoever_tells_it_a_scan_is_kept_once(stores: Stores) {
    let evening = evening(stores, 1).await;
    let next_shift = staff(&evening.house).await;
    assert_eq!(evening.verify(0, Way::In, "asked", None).await.verdict, Verdict::Admitted);
    evening.house.clock.set(evening.minute(60));
    let out = evening.told(0, Way::Out, 5);
    let lost = Told { nonce: "asked".into(), ..evening.told(0, Way::In, 0) };
    evening.sync(std::slice::from_ref(&out)).await;
    let told = [out.clone(), lost.clone()];
    let synced = evening.door.sync(&next_shift, evening.event(), &told).await.unwrap();
    assert_eq!(synced.results.iter().map(|it| it.kept).collect::<Vec<_>>(), [Kept::Before; 2]);
    assert!(synced.results.iter().all(|it| it.scan.as_ref().unwrap().scanner == evening.staff.account));
    // Another device that counts its scans in the same way made others.
    let others = [Told { at: evening.minute(9), ..out }, Told { at: evening.minute(30), ..lost }];
    let synced = evening.door.sync(&next_shift, evening.event(), &others).await.unwrap();
    assert_eq!(synced.results.iter().map(|it| it.kept).collect::<Vec<_>>(), [Kept::Now; 2]);
    assert_eq!(evening.scans().await.len(), 4);
}

pub async fn codes_of_nobody_are_told_at_once_in_any_order(stores: Stores) {
    let evening = Arc::new(evening(stores, 1).await);
    evening.house.clock.set(evening.minute(30));
    for round in 0..5 {
        let told: Vec<_> = (0..40)
            .map(|number| Told {
                nonce: format!("{round} {number:02}"),
                code: "nonsense".into(),
                verdict: Verdict::Unknown,
                ..evening.told(0, Way::In, 3)
            })
            .collect();
        let start = Arc::new(Barrier::new(4));
        let telling: Vec<_> = (0..4)
            .map(|turn| {
                let (evening, start, mut told) = (Arc::clone(&evening), Arc::clone(&start), told.clone());
                if turn % 2 == 1 {
                    told.reverse();
                }
                tokio::spawn(async move {
                    start.wait().await;
                    evening.sync(&told).await
                })
            })
            .collect();
        let mut new = 0;
        for telling in telling {
            let synced = telling.await.unwrap();
            new += synced.results.iter().filter(|result| result.kept == Kept::Now).count();
        }
        assert_eq!(new, 40);
    }
}

pub async fn a_cancelled_ticket_that_admitted_is_known_to_have_done_so(stores: Stores) {
    let evening = evening(stores, 1).await;
    evening.house.clock.set(evening.minute(10));
    evening.sync(&[evening.told(0, Way::In, 1)]).await;
    let mut tx = evening.house.stores.booking.begin().await.unwrap();
    let mut ticket = tx.lock_ticket(evening.tickets[0].id).await.unwrap().unwrap();
    ticket.status = TicketStatus::Cancelled;
    ticket.presence.ended.push(evening.minute(10));
    tx.save_ticket(&ticket).await.unwrap();
    tx.commit().await.unwrap();
    evening.house.clock.set(evening.minute(20));
    evening.sync(&[evening.told(0, Way::Out, 5)]).await;
    let now = evening.ticket(0).await;
    assert_eq!((now.status, now.checked_in_at), (TicketStatus::Cancelled, Some(evening.minute(1))));
    assert_eq!(now.inside(), 0);
}

pub async fn conflicts_come_the_latest_first_in_pages_that_meet(stores: Stores) {
    let evening = evening(stores, 1).await;
    evening.house.clock.set(evening.minute(60));
    let told: Vec<_> = [5, 1, 3, 2, 4].map(|minutes| evening.told(0, Way::In, minutes)).into();
    evening.sync(&told).await;
    let store = &evening.house.stores.booking;
    let first = store.conflicts(evening.event(), PageRequest { limit: 3, after: None }).await.unwrap();
    let rest = store.conflicts(evening.event(), PageRequest { limit: 3, after: first.next }).await.unwrap();
    let minutes =
        |scans: &[Scan]| scans.iter().map(|it| (it.at - evening.minute(0)).num_minutes()).collect::<Vec<_>>();
    assert_eq!((minutes(&first.items), minutes(&rest.items), rest.next), (vec![5, 4, 3], vec![2], None));
    let other = house(evening.house.stores.clone(), 1, None, 0).await;
    let page = PageRequest { limit: 3, after: None };
    assert_eq!(store.conflicts(other.event.id, page).await.unwrap().items, []);
}

pub async fn counts_say_what_happened_at_the_door(stores: Stores) {
    let evening = evening(stores, 4).await;
    assert_eq!(evening.verify(0, Way::In, "a", None).await.verdict, Verdict::Admitted);
    assert_eq!(evening.verify(0, Way::In, "b", None).await.verdict, Verdict::AlreadyCheckedIn);
    assert_eq!(evening.verify(0, Way::In, "c", Some("because")).await.verdict, Verdict::Admitted);
    assert_eq!(evening.verify(1, Way::In, "d", None).await.verdict, Verdict::Admitted);
    evening.house.clock.set(evening.minute(20));
    assert_eq!(evening.verify(1, Way::Out, "e", None).await.verdict, Verdict::Left);
    assert_eq!(evening.verify(2, Way::Out, "f", None).await.verdict, Verdict::NotInside);
    let unknown =
        VerifyRequest { code: "x".into(), event: Some(evening.event()), ..VerifyRequest::default() };
    assert_eq!(evening.door.verify(&evening.staff, &unknown).await.unwrap().verdict, Verdict::Unknown);
    evening.sync(&[evening.told(2, Way::In, 2), evening.told(2, Way::In, 19)]).await;
    let counts = evening.house.stores.booking.door_counts(evening.event()).await.unwrap();
    let ticket_type = evening.house.ticket_type.id;
    assert_eq!(counts.types, [TypeCount { ticket_type, tickets: 4, checked_in: 3, inside: 4 }]);
    let refused = [(Verdict::AlreadyCheckedIn, 1), (Verdict::NotInside, 1), (Verdict::Unknown, 1)];
    assert_eq!(counts.refused, refused);
    assert_eq!((counts.forced, counts.offline, counts.conflicts), (1, 2, 2));
    let first = evening.minute(0);
    let quarters = [(first, 4, 0), (evening.minute(15), 1, 1)].map(|(from, entered, left)| Quarter {
        from,
        entered,
        left,
    });
    assert_eq!(counts.quarters, quarters);
    let nothing = house(evening.house.stores.clone(), 1, None, 0).await;
    assert_eq!(evening.house.stores.booking.door_counts(nothing.event.id).await.unwrap(), Default::default());
}

pub async fn tickets_of_an_event_come_in_pages_that_meet(stores: Stores) {
    let evening = evening(stores, 5).await;
    let store = &evening.house.stores.booking;
    let mut ids: Vec<_> = evening.tickets.iter().map(|ticket| ticket.id).collect();
    ids.sort_unstable();
    let page = store.tickets_of_event(evening.event(), None, 3).await.unwrap();
    let rest = store.tickets_of_event(evening.event(), Some(ids[2]), 3).await.unwrap();
    let found: Vec<_> = page.iter().chain(&rest).map(|ticket| ticket.id).collect();
    assert_eq!((page.len(), found), (3, ids));
    let other = house(evening.house.stores.clone(), 1, None, 0).await;
    assert_eq!(store.tickets_of_event(other.event.id, None, 3).await.unwrap(), []);
    assert_eq!(evening.door.all_tickets(evening.event(), 100).await.unwrap().len(), 5);
}

pub async fn who_insists_passes_and_it_is_kept(stores: Stores) {
    let evening = evening(stores, 1).await;
    let first = evening.verify(0, Way::In, "a", None).await;
    let forced = evening.verify(0, Way::In, "b", Some("The wrong one of two")).await;
    assert_eq!((forced.verdict, forced.overruled), (Verdict::Admitted, Some(Verdict::AlreadyCheckedIn)));
    assert_eq!(forced.checked_in_at, first.checked_in_at);
    assert_eq!(
        evening.verify(0, Way::In, "b", Some("again")).await.overruled,
        forced.overruled,
        "the first answer"
    );
    // The refused scan is not insisted on under its own name, nor the other way round.
    for (nonce, force) in [("a", Some("The wrong one of two")), ("b", None)] {
        let request = VerifyRequest {
            code: evening.codes[0].clone(),
            nonce: Some(nonce.into()),
            force: force.map(str::to_owned),
            ..VerifyRequest::default()
        };
        let refused = evening.door.verify(&evening.staff, &request).await;
        assert!(matches!(refused, Err(VerifyError::NonceReused)), "{refused:?}");
    }
    assert_eq!(evening.ticket(0).await.inside(), 2);
    let scans = evening.scans().await;
    assert_eq!(scans.len(), 2);
    let before = scans.iter().find(|scan| scan.nonce.as_deref() == Some("a")).map(|scan| scan.id);
    let conflicts = evening.conflicts().await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].reason.as_deref(), Some("The wrong one of two"));
    assert_eq!((conflicts[0].flags.as_slice(), conflicts[0].after), ([Flag::DoubleEntry].as_slice(), before));
    let filter = ActFilter { act: Some("ticket.force".into()), ..ActFilter::default() };
    let page = PageRequest { limit: 10, after: None };
    assert_eq!(evening.house.stores.audit.acts(&filter, page).await.unwrap().items.len(), 1);
}

pub async fn what_is_taken_back_is_kept_as_taken_back(stores: Stores) {
    let evening = evening(stores, 1).await;
    evening.verify(0, Way::In, "a", None).await;
    evening.house.clock.set(evening.minute(10));
    let reason = Some("Scanned by mistake".to_owned());
    let undone = evening.door.undo(&evening.staff, evening.tickets[0].id, reason.clone()).await.unwrap();
    assert_eq!((undone.status, undone.checked_in_at, undone.inside()), (TicketStatus::Valid, None, 0));
    assert_eq!(evening.ticket(0).await, undone);
    let scans = evening.scans().await;
    assert_eq!((scans[1].verdict, &scans[1].reason), (Verdict::Undone, &reason));
    // A scan from before, told afterwards, is taken back with the rest; one from later counts.
    evening.house.clock.set(evening.minute(30));
    evening.sync(&[evening.told(0, Way::In, 5)]).await;
    assert_eq!(evening.ticket(0).await.status, TicketStatus::Valid);
    evening.sync(&[evening.told(0, Way::In, 15)]).await;
    assert_eq!(evening.ticket(0).await.checked_in_at, Some(evening.minute(15)));
}

pub async fn others_tell_nothing_here(stores: Stores) {
    let evening = evening(stores, 1).await;
    let other = house(evening.house.stores.clone(), 1, None, 0).await;
    other.clock.set(evening.house.clock.now());
    let foreigner = staff(&other).await;
    let told = [evening.told(0, Way::In, 0)];
    let refused = evening.door.sync(&foreigner, evening.event(), &told).await;
    assert!(matches!(refused, Err(SyncError::UnknownEvent)), "{refused:?}");
    // At their own door the ticket is no code of theirs.
    let synced = evening.door.sync(&foreigner, other.event.id, &told).await.unwrap();
    let scan = synced.results[0].scan.clone().unwrap();
    assert_eq!((scan.ticket, scan.event, scan.flags), (None, Some(other.event.id), vec![Flag::UnknownCode]));
    assert_eq!((evening.ticket(0).await.status, evening.scans().await.len()), (TicketStatus::Valid, 0));
}
