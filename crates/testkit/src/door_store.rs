//! What every store promises of the door: both ways, by force, and of scans that were made without a network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod evening;
mod old;
mod without_network;

use evening::evening;
pub use old::OldEvening;
pub use without_network::*;

use crate::Stores;
use crate::fixtures_bookings::{bookings, buyer, confirm_free, house, staff};
use booking::ports::{Quarter, TypeCount};
use booking::use_cases::{Kept, SyncError, Told, VerifyError, VerifyRequest};
use booking::{Flag, Scan, Ticket, TicketStatus, Verdict, Way};
use kernel::audit::ActFilter;
use kernel::{Clock, EventId, PageRequest, transact};

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
            who_was_let_in_attended_and_where_nobody_scans_who_holds_a_ticket,
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

pub async fn who_was_let_in_attended_and_where_nobody_scans_who_holds_a_ticket(stores: Stores) {
    let evening = evening(stores, 2).await;
    let (event, begins) = (evening.event(), evening.house.event.starts_at);
    let (guest, other) = (evening.tickets[0].holder, buyer(&evening.house.stores).await);
    let attended = async |who, at| {
        let elsewhere = EventId::generate(at);
        evening.house.stores.holders.attended(who, &[elsewhere, event], at).await.unwrap()
    };
    let before = begins - chrono::TimeDelta::seconds(1);
    assert_eq!(attended(guest, before).await, [], "it has not begun");
    assert_eq!(attended(guest, begins).await, [event], "nobody scans there");
    assert_eq!(attended(other, begins).await, []);
    let late = confirm_free_one(&evening, other).await;
    assert_eq!(attended(other, begins).await, [event]);
    evening.verify(0, Way::In, "first", None).await;
    assert_eq!(attended(guest, begins).await, [event]);
    assert_eq!(attended(other, begins).await, [], "the door scans, and they did not come");
    let mut gone = evening.ticket(0).await;
    gone.status = TicketStatus::Cancelled;
    for ticket in [gone, Ticket { status: TicketStatus::Cancelled, ..late }] {
        let saving = transact(evening.house.stores.booking.begin().await.unwrap(), async |tx| {
            tx.lock_ticket(ticket.id).await?;
            tx.save_ticket(&ticket).await
        });
        saving.await.unwrap();
    }
    assert_eq!(attended(guest, begins).await, [event], "they were there, whatever became of their money");
    let none: [EventId; 0] = [];
    assert_eq!(evening.house.stores.holders.attended(guest, &none, begins).await.unwrap(), none);
}

/// One more ticket, of somebody else.
async fn confirm_free_one(evening: &evening::Evening, who: kernel::AccountId) -> Ticket {
    let bookings = bookings(&evening.house);
    // A moment before the start, when it is still sold.
    evening.house.clock.set(evening.house.event.starts_at - chrono::TimeDelta::minutes(5));
    let hold = bookings.hold(who, evening.event(), evening.house.want(1)).await.unwrap();
    let ticket = confirm_free(&bookings, who, hold.id).await.tickets.remove(0);
    evening.house.clock.set(evening.house.event.starts_at);
    ticket
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
