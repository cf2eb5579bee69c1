//! What every store promises of places that several ticket types share.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, bookings, buyer, confirm_free, house};
use crate::fixtures_events::{events_at_noon, organiser, type_input};
use crate::{Stores, noon};
use booking::use_cases::HoldError;
use booking::{HoldRefusal, Wanted};
use events::use_cases::{AccessError, TicketTypeError};
use events::{PriceInput, Quota, QuotaInput, Standing, TicketType, TicketTypeInput};
use kernel::{Actor, QuotaId, StoreError, transact};

/// One test per promise: `testkit::quota_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! quota_store_contract {
    ($open:ident) => {
        $crate::quota_store_contract!($open;
            a_quota_reads_back_whole,
            a_quota_that_types_share_is_not_deleted,
            a_quota_is_never_oversold_whatever_types_are_bought,
            what_is_taken_moves_with_the_type_from_quota_to_quota,
            a_store_refuses_more_than_a_quota_has,
            quotas_of_other_organisations_are_unknown,
            an_event_goes_with_its_quotas,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod quota_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::quota_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn hall(quantity: i64) -> QuotaInput {
    QuotaInput { name: "The hall".into(), quantity }
}

/// A type as it is, but for the quota that it shares.
fn within(ticket_type: &TicketType, quota: Option<QuotaId>) -> TicketTypeInput {
    TicketTypeInput {
        price: PriceInput { amount: ticket_type.price.minor(), currency: "EUR".into() },
        quota,
        ..type_input(ticket_type.quantity)
    }
}

async fn manager(house: &House) -> Actor {
    organiser(&house.stores, house.event.organisation, Standing::Manager).await
}

/// Two types with ten places each that share so many.
async fn shared(stores: Stores, places: i64) -> (House, Quota, [TicketType; 2]) {
    let house = house(stores, 10, None, 0).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let quota = events.add_quota(actor, house.event.id, &hall(places)).await.unwrap();
    let first = within(&house.ticket_type, Some(quota.id));
    let first = events.update_ticket_type(actor, house.ticket_type.id, &first).await.unwrap();
    let second = within(&first, Some(quota.id));
    let second = events.add_ticket_type(actor, house.event.id, &second).await.unwrap();
    (house, quota, [first, second])
}

async fn hold(house: &House, ticket_type: &TicketType, quantity: u32) -> Result<booking::Hold, HoldError> {
    let guest = buyer(&house.stores).await;
    let wanted = vec![Wanted { ticket_type: ticket_type.id, quantity }];
    bookings(house).hold(guest, house.event.id, wanted).await
}

async fn consistent(house: &House) {
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
}

pub async fn a_quota_reads_back_whole(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let quota = events.add_quota(actor, house.event.id, &hall(30)).await.unwrap();
    let other = events.add_quota(actor, house.event.id, &hall(40)).await.unwrap();
    let store = &house.stores.events;
    assert_eq!(store.quota(quota.id).await.unwrap().as_ref(), Some(&quota));
    let mut both = vec![quota.clone(), other];
    both.sort_by_key(|quota| quota.id);
    assert_eq!(store.quotas(house.event.id).await.unwrap(), both);
    let edit = QuotaInput { name: "Ballroom".into(), quantity: 20 };
    let after = events.update_quota(actor, quota.id, &edit).await.unwrap();
    assert_eq!((after.name.as_str(), after.quantity), ("Ballroom", 20));
    assert_eq!(store.quota(quota.id).await.unwrap(), Some(after));
    assert_eq!(store.quota(QuotaId::generate(noon())).await.unwrap(), None);
}

pub async fn a_quota_that_types_share_is_not_deleted(stores: Stores) {
    let (house, quota, types) = shared(stores, 10).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    let refused = events.delete_quota(actor, quota.id).await;
    assert!(matches!(refused, Err(TicketTypeError::QuotaInUse)), "{refused:?}");
    let read = events.ticket_types(actor, house.event.id).await.unwrap();
    assert!(read.iter().all(|stocked| stocked.quota.as_ref() == Some(&quota)), "types come with their quota");
    for one in types {
        events.update_ticket_type(actor, one.id, &within(&one, None)).await.unwrap();
    }
    events.delete_quota(actor, quota.id).await.unwrap();
    assert_eq!(house.stores.events.quotas(house.event.id).await.unwrap(), []);
}

pub async fn a_quota_is_never_oversold_whatever_types_are_bought(stores: Stores) {
    let (house, quota, types) = shared(stores, 13).await;
    let crowd: Vec<_> = (0..20)
        .map(|number| {
            let (house, one) = (house.clone(), types[number % 2].clone());
            tokio::spawn(async move {
                let guest = buyer(&house.stores).await;
                let wanted = vec![Wanted { ticket_type: one.id, quantity: 1 }];
                // A desk of its own: the store alone has to keep the buyers apart.
                let bookings = bookings(&house);
                match bookings.hold(guest, house.event.id, wanted).await {
                    Ok(hold) => confirm_free(&bookings, guest, hold.id).await.tickets.len(),
                    Err(HoldError::Refused(HoldRefusal::SoldOut { .. })) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut sold = 0;
    for buyer in crowd {
        sold += buyer.await.unwrap();
    }
    assert_eq!(sold, 13);
    let actor = manager(&house).await;
    let taken = events_at_noon(&house.stores).quotas(actor, house.event.id).await.unwrap();
    assert_eq!(taken, [(quota, 13)]);
    consistent(&house).await;
}

pub async fn what_is_taken_moves_with_the_type_from_quota_to_quota(stores: Stores) {
    let (house, quota, [first, second]) = shared(stores, 12).await;
    let (events, actor) = (events_at_noon(&house.stores), manager(&house).await);
    hold(&house, &first, 4).await.unwrap();
    hold(&house, &second, 5).await.unwrap();
    let small = events.add_quota(actor, house.event.id, &hall(3)).await.unwrap();
    let refused = events.update_ticket_type(actor, first.id, &within(&first, Some(small.id))).await;
    let Err(TicketTypeError::Invalid(mistakes)) = refused else { panic!("{refused:?}") };
    assert_eq!((mistakes[0].field.as_str(), mistakes[0].code), ("quota_id", "quota_exceeded"));
    events.update_ticket_type(actor, first.id, &within(&first, None)).await.unwrap();
    let taken = events.quotas(actor, house.event.id).await.unwrap();
    assert_eq!(taken.iter().map(|(_, taken)| *taken).sum::<u32>(), 5, "what has left is not counted");
    consistent(&house).await;
    hold(&house, &second, 5).await.unwrap();
    let back = events.update_ticket_type(actor, first.id, &within(&first, Some(quota.id))).await;
    assert!(matches!(back, Err(TicketTypeError::Invalid(_))), "10 and 4 do not fit into 12");
    let smaller = events.update_quota(actor, quota.id, &hall(9)).await;
    let Err(TicketTypeError::Invalid(mistakes)) = smaller else { panic!("{smaller:?}") };
    assert_eq!(mistakes[0].code, "below_taken");
    consistent(&house).await;
}

pub async fn a_store_refuses_more_than_a_quota_has(stores: Stores) {
    let (house, ..) = shared(stores, 5).await;
    let tx = house.stores.booking.begin().await.unwrap();
    let written: Result<(), StoreError> = transact(tx, async |tx| {
        let mut sales = tx.lock_sales(&[house.event.id]).await?;
        sales[0].offers[0].held = 3;
        sales[0].offers[1].sold = 3;
        tx.save_sales(&sales).await
    })
    .await;
    assert!(matches!(written, Err(StoreError::Broken { .. })), "{written:?}");
    consistent(&house).await;
}

pub async fn quotas_of_other_organisations_are_unknown(stores: Stores) {
    let (house, quota, _) = shared(stores, 5).await;
    let other = crate::fixtures_events::organisation(&house.stores).await;
    let stranger = organiser(&house.stores, other, Standing::Owner).await;
    let events = events_at_noon(&house.stores);
    let edited = events.update_quota(stranger, quota.id, &hall(50)).await;
    assert!(matches!(edited, Err(TicketTypeError::Access(AccessError::NotFound))), "{edited:?}");
    let gone = events.delete_quota(stranger, quota.id).await;
    assert!(matches!(gone, Err(TicketTypeError::Access(AccessError::NotFound))), "{gone:?}");
    assert_eq!(house.stores.events.quota(quota.id).await.unwrap(), Some(quota));
}

pub async fn an_event_goes_with_its_quotas(stores: Stores) {
    let (house, quota, _) = shared(stores, 5).await;
    let tx = house.stores.events.begin().await.unwrap();
    let gone: Result<bool, StoreError> = transact(tx, async |tx| {
        tx.lock_event(house.event.id).await?;
        tx.delete_event(house.event.id).await
    })
    .await;
    assert!(gone.unwrap());
    assert_eq!(house.stores.events.quota(quota.id).await.unwrap(), None);
}
