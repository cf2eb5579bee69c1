//! What every store promises of scans that were made without a network and told later. The list of cases is in
//! [`crate::door_store_contract`].

use super::evening::{Evening, evening};
use crate::Stores;
use crate::fixtures_bookings::{bookings, buyer, by, staff};
use booking::use_cases::{Kept, Told, ToldResult, VerifyRequest};
use booking::{Flag, Scan, TicketStatus, Verdict, Way};
use kernel::Timestamp;
use std::sync::Arc;
use tokio::sync::Barrier;

/// What does not depend on which of them was told first.
fn essence(scans: &[Scan]) -> Vec<(Timestamp, Option<String>, Verdict, Vec<Flag>)> {
    let mut found: Vec<_> =
        scans.iter().map(|it| (it.at, it.nonce.clone(), it.verdict, it.flags.clone())).collect();
    found.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    found
}

/// Each list by a scanner of its own, all at the same time.
async fn told_at_once(evening: &Arc<Evening>, lists: Vec<Vec<Told>>) -> Vec<ToldResult> {
    let start = Arc::new(Barrier::new(lists.len()));
    let telling: Vec<_> = lists
        .into_iter()
        .map(|told| {
            let (evening, start) = (Arc::clone(evening), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                evening.sync(&told).await
            })
        })
        .collect();
    let mut results = Vec::new();
    for telling in telling {
        results.extend(telling.await.unwrap().results);
    }
    results
}

fn kept_now(results: &[ToldResult]) -> usize {
    results.iter().filter(|result| result.kept == Kept::Now).count()
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
    let lists = (0..6).map(|turn| {
        let mut told = told.to_vec();
        told.rotate_left(turn % 3);
        told
    });
    let results = told_at_once(&evening, lists.collect()).await;
    assert!(results.iter().all(|result| result.scan.is_some()), "{results:?}");
    assert_eq!((kept_now(&results), evening.scans().await.len()), (3, 2));
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
        let backwards: Vec<_> = told.iter().rev().cloned().collect();
        let results = told_at_once(&evening, vec![told.clone(), backwards.clone(), told, backwards]).await;
        assert_eq!(kept_now(&results), 40);
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
