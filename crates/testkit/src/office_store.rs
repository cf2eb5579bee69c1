//! What every store promises to those who run events.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, house};
use crate::pages::{first, in_pages};
use crate::{Stores, noon};
use accounts::Account;
use booking::by_hand::Receipt;
use booking::ledger::differences;
use booking::office::{BookingFilter, IncidentFilter, PaymentFilter, Person, Search, WhyStuck};
use booking::use_cases::{MarkError, ResolveError};
use booking::{
    Booking, BookingStatus, Charge, Decided, Office, PaymentStatus, Provider, RefundStatus, Standing, books,
};
use chrono::TimeDelta;
use kernel::{AccountId, Actor, Cause, Clock, Money, PageRequest, Role, SessionId, StoreError, transact};

/// One test per promise: `testkit::office_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! office_store_contract {
    ($open:ident) => {
        $crate::office_store_contract!($open;
            bookings_are_listed_the_latest_first_in_pages_that_meet,
            bookings_are_found_by_who_bought_them_or_holds_their_tickets,
            people_are_found_among_those_alone_who_bought_these_bookings_or_hold_their_tickets,
            a_name_that_many_members_have_finds_those_of_one_house,
            payments_are_listed_with_their_bookings,
            what_does_not_move_is_named,
            cases_wait_for_a_person_and_are_closed_once,
            a_case_is_accepted_or_sent_back,
            money_by_hand_counts_like_any_other,
            what_is_another_organisations_is_unknown,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod office_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::office_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn office(house: &House) -> Office {
    Office::new(house.stores.office.clone(), &bookings(house))
}

async fn actor(stores: &Stores) -> Actor {
    let account = buyer(stores).await;
    Actor { account, session: SessionId::generate(noon()), role: Role::Admin, request: None }
}

async fn now(house: &House, booking: &Booking) -> Booking {
    house.stores.booking.booking(booking.id).await.unwrap().unwrap()
}

/// The buyer is charged so much, whatever was asked for.
async fn charged(house: &House, booking: &Booking, cents: u32) -> Booking {
    let attempt = &booking.payments[0];
    let session = attempt.session.as_deref().unwrap();
    let charge = Charge { reference: format!("charge-of-{session}"), amount: Money::eur(cents), live: false };
    house.provider.stands(session, Standing::Paid(charge));
    bookings(house).come_back(attempt.id).await.unwrap().unwrap()
}

async fn agrees(house: &House, booking: &Booking) {
    let entries = house.stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap();
    assert_eq!(differences(booking, &entries), []);
}

pub async fn bookings_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    let (one, other) = (house(stores.clone(), 9, None, 2500).await, house(stores, 9, None, 2500).await);
    let mut made = Vec::new();
    for house in [&one, &one, &other, &one] {
        let booking = booked_unpaid(house, buyer(&house.stores).await, 1).await;
        made.push((booking.id, booking.event));
        one.clock.advance(TimeDelta::seconds(1));
        other.clock.set(one.clock.now());
    }
    made.reverse();
    let last = now(&one, &booked_unpaid(&one, buyer(&one.stores).await, 1).await).await;
    let last = charged(&one, &last, 2500).await;
    made.insert(0, (last.id, last.event));
    let listed = async |filter: BookingFilter| {
        let found: Vec<Booking> =
            in_pages(2, async |page| one.stores.office.bookings(&filter, page).await).await;
        found.iter().map(|booking| booking.id).collect::<Vec<_>>()
    };
    let of = |event| made.iter().filter(|(_, it)| *it == event).map(|(id, _)| *id).collect::<Vec<_>>();
    let all: Vec<_> = made.iter().map(|(id, _)| *id).collect();
    let everything = BookingFilter::default;
    assert_eq!(listed(everything()).await, all);
    let organisations = Some(vec![one.event.organisation]);
    assert_eq!(listed(BookingFilter { organisations, ..everything() }).await, of(one.event.id));
    let organisations = Some(vec![one.event.organisation, other.event.organisation]);
    assert_eq!(listed(BookingFilter { organisations, ..everything() }).await, all);
    assert_eq!(listed(BookingFilter { organisations: Some(vec![]), ..everything() }).await, []);
    assert_eq!(
        listed(BookingFilter { event: Some(other.event.id), ..everything() }).await,
        of(other.event.id)
    );
    let status = Some(BookingStatus::Confirmed);
    assert_eq!(listed(BookingFilter { status, ..everything() }).await, [last.id]);
    let reference = Some(last.reference.clone());
    assert_eq!(listed(BookingFilter { reference: reference.clone(), ..everything() }).await, [last.id]);
    let event = Some(other.event.id);
    assert_eq!(listed(BookingFilter { reference, event, ..everything() }).await, []);
}

pub async fn bookings_are_found_by_who_bought_them_or_holds_their_tickets(stores: Stores) {
    let (one, other) = (house(stores.clone(), 9, None, 2500).await, house(stores, 9, None, 2500).await);
    let (ada, bob) = (buyer(&one.stores).await, buyer(&one.stores).await);
    let unpaid = booked_unpaid(&one, ada, 1).await;
    one.clock.advance(TimeDelta::seconds(1));
    let paid = charged(&one, &booked_unpaid(&one, bob, 1).await, 2500).await;
    other.clock.advance(TimeDelta::seconds(2));
    let elsewhere = booked_unpaid(&other, ada, 1).await;
    hand_on(&one, &paid, ada).await;
    let found = async |filter: BookingFilter, limit| {
        let page = one.stores.office.bookings(&filter, first(limit)).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|booking| booking.id).collect();
        (ids, page.next.is_some())
    };
    let by =
        |people: &[AccountId]| BookingFilter { people: Some(people.to_vec()), ..BookingFilter::default() };
    assert_eq!(found(by(&[ada]), 9).await, (vec![elsewhere.id, paid.id, unpaid.id], false));
    assert_eq!(found(by(&[ada]), 2).await, (vec![elsewhere.id, paid.id], true));
    assert_eq!(found(by(&[bob]), 9).await, (vec![paid.id], false));
    assert_eq!(found(by(&[]), 9).await, (vec![], false));
    let organisations = Some(vec![one.event.organisation]);
    assert_eq!(
        found(BookingFilter { organisations, ..by(&[ada, bob]) }, 9).await,
        (vec![paid.id, unpaid.id], false)
    );
    let event = Some(other.event.id);
    assert_eq!(found(BookingFilter { event, ..by(&[ada]) }, 9).await, (vec![elsewhere.id], false));
    let status = Some(BookingStatus::Confirmed);
    assert_eq!(found(BookingFilter { status, ..by(&[ada]) }, 9).await, (vec![paid.id], false));
    let reference = Some(unpaid.reference.clone());
    assert_eq!(found(BookingFilter { reference, ..by(&[bob]) }, 9).await, (vec![], false));
}

/// Whoever bought it hands its only ticket on.
async fn hand_on(house: &House, booking: &Booking, to: AccountId) {
    let mut ticket = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap().remove(0);
    ticket.holder = to;
    let tx = house.stores.booking.begin().await.unwrap();
    let handed = transact(tx, async |tx| -> Result<(), StoreError> {
        tx.lock_ticket(ticket.id).await?;
        tx.save_ticket(&ticket).await
    });
    handed.await.unwrap();
}

pub async fn people_are_found_among_those_alone_who_bought_these_bookings_or_hold_their_tickets(
    stores: Stores,
) {
    let (one, other) = (house(stores.clone(), 9, None, 2500).await, house(stores, 9, None, 2500).await);
    let (ada, bob) = (buyer(&one.stores).await, buyer(&one.stores).await);
    let (eve, outsider) = (buyer(&one.stores).await, buyer(&one.stores).await);
    booked_unpaid(&one, ada, 1).await;
    let paid = charged(&one, &booked_unpaid(&one, bob, 1).await, 2500).await;
    hand_on(&one, &paid, eve).await;
    booked_unpaid(&other, bob, 1).await;
    let found = async |text: &str, filter: &BookingFilter| {
        let mut found = one.stores.office.people(text, filter, 9).await.unwrap();
        found.sort_unstable();
        found
    };
    let sorted = |mut people: Vec<AccountId>| {
        people.sort_unstable();
        people
    };
    let all = BookingFilter::default;
    let of_one = BookingFilter { organisations: Some(vec![one.event.organisation]), ..all() };
    let of_other = BookingFilter { organisations: Some(vec![other.event.organisation]), ..all() };
    let [at_one, at_other] =
        [&one, &other].map(|house| BookingFilter { event: Some(house.event.id), ..all() });
    for filter in [&all(), &of_one, &at_one] {
        assert_eq!(found("some body", filter).await, sorted(vec![ada, bob, eve]), "{filter:?}");
    }
    for filter in [&of_other, &at_other] {
        assert_eq!(found("some body", filter).await, [bob], "{filter:?}");
        for unrelated in [eve, outsider] {
            assert_eq!(found(&unrelated.to_string(), filter).await, [], "{filter:?}");
        }
    }
    let organisations = of_other.organisations.clone();
    assert_eq!(found("some body", &BookingFilter { organisations, ..at_one.clone() }).await, []);
    assert_eq!(found("some body", &BookingFilter { organisations: Some(vec![]), ..all() }).await, []);
    // A part of an address, and what nobody is called.
    assert_eq!(found(&format!("{eve}@example"), &of_one).await, [eve]);
    assert_eq!(found(&outsider.to_string(), &all()).await, []);
    assert_eq!(found("nobody", &at_one).await, []);
    // What else is in the filter does not count.
    let cancelled = BookingFilter { status: Some(BookingStatus::Cancelled), ..of_one.clone() };
    assert_eq!(found("some body", &cancelled).await.len(), 3);
    for filter in [&of_one, &at_one] {
        assert_eq!(one.stores.office.people("some body", filter, 2).await.unwrap().len(), 2);
    }
}

/// More than a part of a name may mean.
const MANY: usize = 501;

pub async fn a_name_that_many_members_have_finds_those_of_one_house(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let ada = buyer(&house.stores).await;
    let namesake = house.stores.accounts.account(ada).await.unwrap().unwrap();
    let tx = house.stores.accounts.begin().await.unwrap();
    let added = transact(tx, async |tx| -> Result<(), StoreError> {
        for number in 0..MANY {
            let email = format!("namesake-{number}@example.org").parse().unwrap();
            let account = Account { id: AccountId::generate(noon()), email, ..namesake.clone() };
            assert!(tx.add_account(&account).await?);
        }
        Ok(())
    });
    added.await.unwrap();
    let booking = booked_unpaid(&house, ada, 1).await;
    let office = office(&house);
    let organisations = Some(vec![house.event.organisation]);
    for filter in [
        BookingFilter::default(),
        BookingFilter { organisations, ..BookingFilter::default() },
        BookingFilter { event: Some(house.event.id), ..BookingFilter::default() },
    ] {
        let search = office.search(Some(" Some Body "), filter.clone()).await.unwrap();
        let person = Person { accounts: vec![ada], text: "some body".into() };
        assert_eq!(search, Search { filter: filter.clone(), person: Some(person) });
        let found = office.found(&search, first(9)).await.unwrap();
        assert_eq!(found.items.iter().map(|it| it.booking.id).collect::<Vec<_>>(), [booking.id]);
        // A reference is one where one of these bookings has it, and else a name.
        let typed = booking.reference.to_string().to_lowercase();
        let search = office.search(Some(&typed), filter.clone()).await.unwrap();
        assert_eq!((search.filter.reference, search.person), (Some(booking.reference.clone()), None));
        let search = office.search(Some("ABCD-EFGH-2345"), filter.clone()).await.unwrap();
        assert_eq!(search.person.unwrap().text, "abcd-efgh-2345");
        let nothing = Search { filter: filter.clone(), person: None };
        assert_eq!(office.search(Some(" "), filter).await.unwrap(), nothing);
    }
}

pub async fn payments_are_listed_with_their_bookings(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let unpaid = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.clock.advance(TimeDelta::seconds(1));
    let paid = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let paid = charged(&house, &paid, 2500).await;
    let listed = async |filter: PaymentFilter| {
        let page = house.stores.office.payments(&filter, first(10)).await.unwrap();
        page.items.into_iter().map(|of| (of.whose.booking, of.what)).collect::<Vec<_>>()
    };
    let all = [(paid.id, paid.payments[0].clone()), (unpaid.id, unpaid.payments[0].clone())];
    let everything = PaymentFilter::default;
    assert_eq!(listed(everything()).await, all);
    let status = Some(PaymentStatus::Paid);
    assert_eq!(listed(PaymentFilter { status, ..everything() }).await, all[..1]);
    let reference = Some(unpaid.reference.clone());
    assert_eq!(listed(PaymentFilter { reference, ..everything() }).await, all[1..]);
    assert_eq!(listed(PaymentFilter { provider: Some(Provider::Paypal), ..everything() }).await, []);
    assert_eq!(listed(PaymentFilter { organisations: Some(vec![]), ..everything() }).await, []);
    let organisations = Some(vec![paid.organisation]);
    assert_eq!(listed(PaymentFilter { organisations: organisations.clone(), ..everything() }).await, all);
    let open = PaymentFilter { status: Some(PaymentStatus::Open), organisations, ..everything() };
    assert_eq!(listed(open).await, all[1..]);
    let wrong = PaymentFilter { status: Some(PaymentStatus::Mismatched), ..everything() };
    assert_eq!(listed(wrong).await, []);
    let page = house.stores.office.payments(&everything(), first(1)).await.unwrap();
    let rest = PageRequest { limit: 1, after: page.next };
    let rest = house.stores.office.payments(&everything(), rest).await.unwrap();
    assert_eq!((rest.items[0].whose.booking, rest.next), (unpaid.id, None));
}

pub async fn what_does_not_move_is_named(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let silent = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let wrong = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let wrong = charged(&house, &wrong, 2400).await;
    let office = office(&house);
    assert_eq!(office.stuck(None, first(10)).await.unwrap().items, []);
    let by = actor(&house.stores).await;
    let case = office.incidents(&IncidentFilter::default(), first(1)).await.unwrap().items.remove(0);
    office.resolve(None, case.what.id, (Decided::Refund, "as agreed"), &by).await.unwrap();
    let refund = now(&house, &wrong).await.refunds[0].id;
    house.clock.advance(TimeDelta::hours(3));
    let stuck = office.stuck(None, first(10)).await.unwrap().items;
    let told: Vec<_> = stuck.iter().map(|of| (of.whose.booking, of.what.refund, of.what.why)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&(silent.id, None, WhyStuck::NoAnswer)), "{told:?}");
    assert!(told.contains(&(wrong.id, Some(refund), WhyStuck::RefundUnanswered)), "{told:?}");
    assert_eq!(office.stuck(Some(&[]), first(10)).await.unwrap().items, []);
    let page = office.stuck(None, first(1)).await.unwrap();
    let rest = office.stuck(None, PageRequest { limit: 5, after: page.next }).await.unwrap();
    assert_eq!([page.items, rest.items].concat(), stuck);
    assert_eq!(bookings(&house).send_money_back(wrong.id, refund).await.unwrap(), None);
    let left: Vec<_> = office.stuck(None, first(10)).await.unwrap().items;
    assert_eq!(left.iter().map(|of| of.whose.booking).collect::<Vec<_>>(), [silent.id]);
}

pub async fn cases_wait_for_a_person_and_are_closed_once(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let booking = charged(&house, &booking, 2400).await;
    let (office, by) = (office(&house), actor(&house.stores).await);
    let listed = async |open| {
        let filter = IncidentFilter { open, ..IncidentFilter::default() };
        office.incidents(&filter, first(10)).await.unwrap().items
    };
    let case = listed(Some(true)).await.remove(0);
    assert_eq!((case.whose.booking, case.what.payment), (booking.id, booking.payments[0].id));
    assert_eq!((listed(Some(false)).await, listed(None).await), (vec![], vec![case.clone()]));
    let mine =
        IncidentFilter { organisations: Some(vec![booking.organisation]), ..IncidentFilter::default() };
    assert_eq!(office.incidents(&mine, first(10)).await.unwrap().items, std::slice::from_ref(&case));
    let closed = office.resolve(None, case.what.id, (Decided::Nothing, "seen"), &by).await.unwrap();
    let resolution = closed.what.resolved.clone().unwrap();
    assert_eq!((resolution.note.as_str(), resolution.by), ("seen", by.account));
    let again = office.resolve(None, case.what.id, (Decided::Nothing, "again"), &by).await.unwrap();
    assert_eq!(again, closed, "the same decision changes nothing");
    let other = office.resolve(None, case.what.id, (Decided::Refund, "no"), &by).await;
    assert!(matches!(other, Err(ResolveError::ResolvedBefore)), "{other:?}");
    assert_eq!((listed(Some(true)).await, listed(Some(false)).await), (vec![], vec![closed]));
}

pub async fn a_case_is_accepted_or_sent_back(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let (office, by) = (office(&house), actor(&house.stores).await);
    for (decided, status) in
        [(Decided::Accept, BookingStatus::Confirmed), (Decided::Refund, BookingStatus::PendingPayment)]
    {
        let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
        let booking = charged(&house, &booking, 2600).await;
        agrees(&house, &booking).await;
        let filter = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        let case = office.incidents(&filter, first(1)).await.unwrap().items.remove(0);
        office.resolve(None, case.what.id, (decided, "as agreed"), &by).await.unwrap();
        let booking = now(&house, &booking).await;
        assert_eq!(booking.status, status);
        agrees(&house, &booking).await;
        let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
        assert_eq!(
            (tickets.len(), booking.refunds.len()),
            if decided == Decided::Accept { (1, 0) } else { (0, 1) }
        );
    }
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
}

pub async fn money_by_hand_counts_like_any_other(stores: Stores) {
    let house = house(stores, 9, None, 2500).await;
    let (office, by) = (office(&house), Cause::command_line());
    let cash = Receipt { provider: Provider::Cash, amount: None, again: false };
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let paid = office.mark_paid(None, booking.id, cash, ("at the door", &by)).await.unwrap();
    assert_eq!((paid.booking.status, paid.tickets.len()), (BookingStatus::Confirmed, 1));
    agrees(&house, &paid.booking).await;
    let refused = office.mark_paid(None, booking.id, cash, ("again", &by)).await;
    assert!(matches!(refused, Err(MarkError::Refused(_))), "{refused:?}");
    let again = Receipt { again: true, ..cash };
    let twice = office.mark_paid(None, booking.id, again, ("again", &by)).await.unwrap().booking;
    let refund = twice.refunds[0].clone();
    let watched = bookings(&house).send_money_back(booking.id, refund.id).await.unwrap();
    assert_eq!(watched, None, "there is nobody to ask");
    let stuck = office.stuck(None, first(1)).await.unwrap().items.remove(0);
    assert_eq!((stuck.what.refund, stuck.what.why), (Some(refund.id), WhyStuck::RefundByHand));
    for _ in 0..2 {
        let sent = office.mark_sent(None, refund.id, &by).await.unwrap();
        assert_eq!(sent.refunds[0].status, RefundStatus::Done);
        agrees(&house, &sent).await;
    }
    assert_eq!(office.stuck(None, first(1)).await.unwrap().items, []);
}

pub async fn what_is_another_organisations_is_unknown(stores: Stores) {
    let (one, other) = (house(stores.clone(), 9, None, 2500).await, house(stores, 9, None, 2500).await);
    let booking = booked_unpaid(&one, buyer(&one.stores).await, 1).await;
    let (office, by) = (office(&one), actor(&one.stores).await);
    let others = [other.event.organisation];
    let cash = Receipt { provider: Provider::Cash, amount: Some(Money::eur(1)), again: false };
    let refused = office.mark_paid(Some(&others), booking.id, cash, ("mine", &by.cause())).await;
    assert!(matches!(refused, Err(MarkError::Unknown)), "{refused:?}");
    office.mark_paid(Some(&[one.event.organisation]), booking.id, cash, ("ours", &by.cause())).await.unwrap();
    let case = office.incidents(&IncidentFilter::default(), first(1)).await.unwrap().items.remove(0);
    let refused = office.resolve(Some(&others), case.what.id, (Decided::Nothing, "mine"), &by).await;
    assert!(matches!(refused, Err(ResolveError::Unknown)), "{refused:?}");
    let organisations = Some(others.to_vec());
    let filter = IncidentFilter { organisations, open: None };
    assert_eq!(office.incidents(&filter, first(1)).await.unwrap().items, []);
    let unchanged: Result<(), StoreError> = transact(one.stores.booking.begin().await.unwrap(), async |tx| {
        let before = tx.lock_booking(booking.id).await?;
        books::keep(tx, before.as_ref(), before.as_ref().unwrap(), &by.cause(), noon()).await
    })
    .await;
    unchanged.unwrap();
}
