//! What every store tells people of themselves, and what it forgets with them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, house};
use crate::fixtures_events::{draft, person};
use crate::gallery_store::{add_pictures, bare_album, bare_picture, save_album};
use crate::media_store::{add_uploads, bare_upload};
use crate::music_store::{bare_set, save_set};
use crate::pages::{first, in_pages};
use crate::{ScriptedProvider, Stores, noon};
use accounts::{AccountTx, Network, OneTime, Origin, Purpose, Session};
use booking::forgetting::KNOWN;
use booking::use_cases::ConfirmRequest;
use booking::{
    Attendee, Booking, BookingTx, Decided, FORGETTING, Forgetting, Incident, IncidentKind, Ledger,
    PaymentChoice, Provider, Resolution, Scan, Verdict, Way,
};
use chrono::TimeDelta;
use events::AddressView;
use gallery::Picture;
use kernel::audit::{ActFilter, Who};
use kernel::{
    AccountId, Clock, IncidentId, OneTimeId, Role, ScanId, StoreError, TicketId, Timestamp, transact,
};
use media::{Upload, UploadStatus};
use std::cmp::Reverse;

/// One test per promise: `testkit::own_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system.
#[macro_export]
macro_rules! own_store_contract {
    ($open:ident) => {
        $crate::own_store_contract!($open;
            logins_come_newest_first_whatever_became_of_them,
            links_come_newest_first_whatever_became_of_them,
            who_is_gone_leaves_no_device_behind,
            holds_of_a_buyer_come_newest_first,
            scans_are_found_by_who_made_them_and_by_their_tickets,
            cases_are_found_by_their_bookings,
            views_of_addresses_are_found_by_who_saw_them,
            uploads_come_newest_first_whatever_became_of_them,
            albums_and_pictures_are_found_by_who_made_them,
            sets_are_found_by_who_made_them,
            who_was_to_come_is_forgotten_with_the_buyer_and_not_before_it_is_time,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod own_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::own_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// When things were made that are listed: some at one instant, where the id decides.
const MINUTES: [i64; 5] = [3, 1, 2, 3, 1];

fn at(minutes: i64) -> Timestamp {
    noon() + TimeDelta::minutes(minutes)
}

async fn someone(stores: &Stores) -> AccountId {
    person(stores, Role::Admin).await.account
}

async fn begin(stores: &Stores) -> Box<dyn AccountTx> {
    stores.accounts.begin().await.unwrap()
}

async fn begin_booking(stores: &Stores) -> Box<dyn BookingTx> {
    stores.booking.begin().await.unwrap()
}

async fn add_session(stores: &Stores, session: &Session) {
    transact(begin(stores).await, async |tx| tx.add_session(session).await).await.unwrap();
}

pub async fn logins_come_newest_first_whatever_became_of_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let mut expected = Vec::new();
    for minutes in MINUTES {
        let mut session = Session::open(ada, Some("Browser"), at(minutes));
        if minutes == 1 {
            session.end(at(5));
        }
        add_session(&stores, &session).await;
        expected.push(session);
    }
    add_session(&stores, &Session::open(bob, None, at(2))).await;
    expected.sort_by_key(|session| Reverse(session.cursor()));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.accounts.logins_of(ada, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn links_come_newest_first_whatever_became_of_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let add = async |whose, minutes| {
        let mut link =
            OneTime::new(OneTimeId::generate(at(minutes)), whose, Purpose::VerifyEmail, at(minutes));
        let adding = transact(begin(&stores).await, async |tx| {
            tx.add_one_time(&link).await?;
            if minutes == 1 {
                tx.void_one_times(whose, Purpose::VerifyEmail, at(5)).await?;
            }
            Ok::<_, StoreError>(())
        });
        adding.await.unwrap();
        link.used_at = stores.accounts.one_time(link.id).await.unwrap().unwrap().used_at;
        link
    };
    let (used, open, foreign) = (add(ada, 1).await, add(ada, 2).await, add(bob, 3).await);
    assert_eq!((used.used_at, open.used_at), (Some(at(5)), None));
    for limit in [1, 100] {
        let found = in_pages(limit, async |page| stores.accounts.links_of(ada, page).await).await;
        assert_eq!(found, [open.clone(), used.clone()], "pages of {limit}");
        let found = in_pages(limit, async |page| stores.accounts.links_of(bob, page).await).await;
        assert_eq!(found, std::slice::from_ref(&foreign));
    }
}

pub async fn who_is_gone_leaves_no_device_behind(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let network = Some(Network::v4([203, 0, 113, 7]));
    let origin = Origin { user_agent: Some("Browser".into()), network, request: None };
    let mut open = Session::open_from(ada, &origin, noon());
    let mut over = Session::open_from(ada, &origin, at(1));
    over.end(at(2));
    let other = Session::open_from(bob, &origin, noon());
    for session in [&open, &over, &other] {
        add_session(&stores, session).await;
    }
    let forgetting = transact(begin(&stores).await, async |tx| {
        tx.lock_account(ada).await?;
        tx.forget_devices_of(ada).await
    });
    forgetting.await.unwrap();
    open.forget_device();
    over.forget_device();
    for session in [open, over, other] {
        assert_eq!(stores.accounts.sessions(&[session.id]).await.unwrap(), [session]);
    }
}

pub async fn holds_of_a_buyer_come_newest_first(stores: Stores) {
    let (guest, other) = (buyer(&stores).await, buyer(&stores).await);
    let mut expected = Vec::new();
    for minutes in [1, 3, 2] {
        let house = house(stores.clone(), 9, None, 2500).await;
        house.clock.set(at(minutes));
        expected.push(bookings(&house).hold(guest, house.event.id, house.want(1)).await.unwrap());
        bookings(&house).hold(other, house.event.id, house.want(1)).await.unwrap();
    }
    expected.sort_by_key(|hold| Reverse(hold.created_at));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.booking.holds_of(guest, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    assert_eq!(
        in_pages(9, async |page| stores.booking.holds_of(someone(&stores).await, page).await).await,
        []
    );
}

fn scan(scanner: AccountId, ticket: Option<TicketId>, minutes: i64) -> Scan {
    let id = ScanId::generate(at(minutes));
    Scan {
        id,
        scanner,
        nonce: Some(id.to_string()),
        ticket,
        event: None,
        verdict: Verdict::Unknown,
        checked_in_at: None,
        at: at(minutes),
        way: Way::In,
        overruled: None,
        reason: None,
        version: None,
        offline: None,
        flags: Vec::new(),
        after: None,
    }
}

pub async fn scans_are_found_by_who_made_them_and_by_their_tickets(stores: Stores) {
    let (one, two) = (someone(&stores).await, someone(&stores).await);
    let tickets: Vec<_> = (0..3).map(|_| TicketId::generate(noon())).collect();
    let mut own: Vec<_> = MINUTES.iter().map(|minutes| scan(one, Some(tickets[0]), *minutes)).collect();
    own.push(scan(one, None, 2));
    let foreign =
        [scan(two, Some(tickets[0]), 4), scan(two, Some(tickets[1]), 5), scan(two, Some(tickets[2]), 6)];
    let adding = transact(begin_booking(&stores).await, async |tx| {
        for scan in own.iter().chain(&foreign) {
            assert!(tx.add_scan(scan).await?);
        }
        Ok::<_, StoreError>(())
    });
    adding.await.unwrap();
    own.sort_by_key(|scan| Reverse((scan.at, scan.id)));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.booking.scans_by(one, page).await).await;
        assert_eq!(found, own, "pages of {limit}");
    }
    let mut expected: Vec<_> = own.iter().filter(|scan| scan.ticket.is_some()).cloned().collect();
    expected.extend(foreign[..2].iter().cloned());
    expected.sort_by_key(|scan| (scan.at, scan.id));
    let wanted = [tickets[1], tickets[0], TicketId::generate(noon())];
    assert_eq!(stores.booking.scans_of(&wanted).await.unwrap(), expected);
    assert_eq!(stores.booking.scans_of(&[]).await.unwrap(), []);
}

pub async fn cases_are_found_by_their_bookings(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let by = someone(&house.stores).await;
    let mut placed = Vec::new();
    for _ in 0..3 {
        let guest = buyer(&house.stores).await;
        placed.push(booked_unpaid(&house, guest, 1).await);
    }
    let case = |booking: &Booking, kind, decided: Option<Decided>| Incident {
        id: IncidentId::generate(noon()),
        kind,
        booking: booking.id,
        payment: booking.payments[0].id,
        refund: None,
        evidence: "expected 2500, came 2400".into(),
        at: noon(),
        resolved: decided.map(|decided| Resolution { decided, note: "seen".into(), by, at: at(1) }),
    };
    let mut cases = vec![
        case(&placed[0], IncidentKind::WrongAmount, None),
        case(&placed[1], IncidentKind::BadPolicy, Some(Decided::Nothing)),
        case(&placed[0], IncidentKind::SecondCharge, None),
    ];
    let foreign = case(&placed[2], IncidentKind::WrongMode, None);
    for case in cases.iter().chain([&foreign]) {
        let adding = transact(begin_booking(&house.stores).await, async |tx| {
            tx.lock_booking(case.booking).await?;
            tx.add_incident(case).await?;
            tx.save_incident(case).await
        });
        adding.await.unwrap();
    }
    cases.sort_by_key(|case| case.id);
    let wanted = [placed[1].id, placed[0].id];
    assert_eq!(house.stores.booking.incidents_of(&wanted).await.unwrap(), cases);
    assert_eq!(house.stores.booking.incidents_of(&[placed[2].id]).await.unwrap(), [foreign]);
    assert_eq!(house.stores.booking.incidents_of(&[]).await.unwrap(), []);
}

pub async fn views_of_addresses_are_found_by_who_saw_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let events = [draft(&stores).await.id, draft(&stores).await.id];
    // Of one event an hour is one entry; two events may have been seen at one instant.
    let mut expected: Vec<_> = [0, 60, 120]
        .into_iter()
        .flat_map(|minutes| {
            events.map(|event| AddressView::new(event, ada, at(minutes), "seen".parse().ok()))
        })
        .collect();
    stores.events.note_address_views(&expected).await.unwrap();
    stores.events.note_address_views(&[AddressView::new(events[0], bob, at(5), None)]).await.unwrap();
    let again = AddressView::new(events[0], ada, at(1), None);
    stores.events.note_address_views(&[again]).await.unwrap();
    expected[0] = expected[0].and(&again);
    expected.sort_by_key(|view| Reverse((view.at, view.event)));
    for limit in [1, 4, 100] {
        let found = in_pages(limit, async |page| stores.events.address_views_of(ada, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn uploads_come_newest_first_whatever_became_of_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let states = [
        UploadStatus::Open,
        UploadStatus::Completed,
        UploadStatus::Taken,
        UploadStatus::Dropped,
        UploadStatus::Open,
    ];
    let made = MINUTES.into_iter().zip(states);
    let mut expected: Vec<_> = made
        .map(|(minutes, status)| Upload { status, created_at: at(minutes), ..bare_upload(ada) })
        .collect();
    add_uploads(&stores, &expected).await;
    add_uploads(&stores, &[bare_upload(bob)]).await;
    expected.sort_by_key(|upload| Reverse(upload.cursor()));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.media.uploads_by(ada, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn albums_and_pictures_are_found_by_who_made_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let (mut albums, mut pictures) = (Vec::new(), Vec::new());
    let foreign = bare_album(bob);
    save_album(&stores, &foreign).await;
    add_pictures(&stores, &[bare_picture(&foreign)]).await;
    for minutes in MINUTES {
        let mut album = bare_album(ada);
        album.created_at = at(minutes);
        save_album(&stores, &album).await;
        // What was taken when does not matter here.
        let taken_at = Some(at(-minutes));
        pictures.push(Picture { created_at: at(minutes), taken_at, ..bare_picture(&album) });
        albums.push(album);
    }
    // One that she sent to an album of somebody else.
    pictures.push(Picture { created_by: ada, ..bare_picture(&foreign) });
    add_pictures(&stores, &pictures).await;
    albums.sort_by_key(|album| Reverse(album.cursor()));
    pictures.sort_by_key(|picture| Reverse(picture.sent()));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.gallery.albums_by(ada, page).await).await;
        assert_eq!(found, albums, "pages of {limit}");
        let found = in_pages(limit, async |page| stores.gallery.pictures_by(ada, page).await).await;
        assert_eq!(found, pictures, "pages of {limit}");
    }
}

pub async fn sets_are_found_by_who_made_them(stores: Stores) {
    let (ada, bob) = (someone(&stores).await, someone(&stores).await);
    let mut expected = Vec::new();
    for minutes in MINUTES {
        let mut set = bare_set(ada);
        set.created_at = at(minutes);
        save_set(&stores, &set).await;
        expected.push(set);
    }
    save_set(&stores, &bare_set(bob)).await;
    expected.sort_by_key(|set| Reverse(set.cursor()));
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.music.sets_by(ada, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
}

/// A booking that was paid, of somebody who said who comes.
async fn named(house: &House, guest: AccountId) -> Booking {
    let bookings = bookings(house);
    let hold = bookings.hold(guest, house.event.id, house.want(2)).await.unwrap();
    let choice = PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None };
    let comes = Attendee {
        first_name: "Zephyrine".into(),
        last_name: "Quatermain".into(),
        email: Some("zephyrine@example.org".into()),
    };
    let request =
        ConfirmRequest { buyer: guest, hold: hold.id, payment: Some(choice), attendees: vec![comes] };
    let booking = bookings.confirm(request).await.unwrap().booking;
    let payment = booking.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    bookings.come_back(payment).await.unwrap().unwrap()
}

/// Whether a booking or a ticket of it still says who comes.
async fn is_named(house: &House, booking: &Booking) -> (bool, bool) {
    let now = house.stores.booking.booking(booking.id).await.unwrap().unwrap();
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    assert_eq!(tickets.len(), 2);
    (now.names_people(), tickets.iter().any(|ticket| ticket.attendee.is_some()))
}

pub async fn who_was_to_come_is_forgotten_with_the_buyer_and_not_before_it_is_time(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let (guest, other) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let (theirs, others) = (named(&house, guest).await, named(&house, other).await);
    let bookings = bookings(&house);
    bookings.owe_forgetting(guest).await.unwrap();
    let now = house.clock.now();
    let due = house.stores.outbox.claim(&[FORGETTING], now, now + TimeDelta::hours(1), 10).await.unwrap();
    let owed: Vec<Forgetting> = due.iter().map(|due| serde_json::from_str(&due.body).unwrap()).collect();
    assert_eq!(owed, [Forgetting::Names { account: guest }]);

    let time = house.event.ends_at + KNOWN;
    for early in [now, time - TimeDelta::microseconds(1)] {
        house.clock.set(early);
        assert_eq!(bookings.forget_buyer(guest).await.unwrap(), Some(time));
        assert_eq!(is_named(&house, &theirs).await, (true, true));
    }
    house.clock.set(time);
    let before = house.stores.booking.booking(theirs.id).await.unwrap().unwrap();
    for _ in 0..2 {
        assert_eq!(bookings.forget_buyer(guest).await.unwrap(), None);
        assert_eq!(is_named(&house, &theirs).await, (false, false));
    }
    let due = house.stores.outbox.claim(&[FORGETTING], time, time + TimeDelta::hours(1), 10).await.unwrap();
    let owed = due.iter().map(|due| serde_json::from_str::<Forgetting>(&due.body).unwrap());
    let owed: Vec<Forgetting> = owed.filter(|one| *one != Forgetting::Names { account: guest }).collect();
    assert_eq!(owed, [Forgetting::Letters { booking: theirs.id }], "once");
    let after = house.stores.booking.booking(theirs.id).await.unwrap().unwrap();
    assert_eq!(after, Booking { attendees: Vec::new(), ..before });
    assert_eq!(is_named(&house, &others).await, (true, true), "of those who are still there nothing goes");

    let filter = ActFilter {
        subject: Some(theirs.id.as_uuid()),
        act: Some("booking.forget_people".into()),
        ..ActFilter::default()
    };
    let acts = house.stores.audit.acts(&filter, first(10)).await.unwrap().items;
    assert_eq!(acts.iter().map(|it| &it.act.who).collect::<Vec<_>>(), [&Who::System], "once");
    let ledger = Ledger::new(house.stores.ledger.clone(), house.stores.booking.clone(), house.clock.clone());
    assert!(ledger.compare(|difference| panic!("{difference:?}")).await.unwrap().agrees());
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
    assert_eq!(bookings.forget_buyer(AccountId::generate(noon())).await.unwrap(), None);
}
