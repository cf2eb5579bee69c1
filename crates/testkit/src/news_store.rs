//! What every store promises of what others are told of bookings, where there is a stream that they are told by.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_paid, booked_unpaid, bookings, buyer, confirm_free, house};
use crate::scripted_stream::{ScriptedStream, heard, plainly};
use crate::{Stores, noon};
use booking::news::Facts;
use booking::{Booking, books};
use chrono::TimeDelta;
use kernel::news::{PARTS, SendError, part_of, send};
use kernel::{BookingId, Cause, Lag, Message, Published, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

/// One test per promise: `testkit::news_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system with a stream.
#[macro_export]
macro_rules! news_store_contract {
    ($open:ident) => {
        $crate::news_store_contract!($open;
            a_booking_is_told_of_from_its_making_on,
            what_costs_nothing_is_confirmed_at_once,
            what_is_refused_is_not_told,
            those_who_are_decided_together_are_each_told_of,
            changes_at_the_same_time_have_numbers_of_their_own,
            what_does_not_change_is_not_told,
            a_part_has_one_sender,
            what_was_sent_is_sent_no_more,
            what_is_to_be_sent_is_counted,
            what_was_sent_is_dropped_later_and_numbers_go_on,
            a_sender_goes_on_where_the_stream_left,
            what_came_twice_is_known_by_its_name,
            what_cannot_be_read_keeps_what_comes_after_it,
            two_senders_do_not_send_one_part,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod news_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::news_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// What a store without a stream promises: `testkit::unheard_news_contract!(open)`.
#[macro_export]
macro_rules! unheard_news_contract {
    ($open:ident) => {
        mod unheard_news {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn where_nobody_listens_nothing_is_kept() {
                $crate::news_store::where_nobody_listens_nothing_is_kept(super::$open().await).await;
            }
        }
    };
}

fn minutes(number: i64) -> Timestamp {
    noon() + TimeDelta::minutes(number)
}

/// All that is to be sent, part by part.
async fn unsent(stores: &Stores) -> Vec<Published> {
    let mut all = Vec::new();
    for part in 0..PARTS {
        all.extend(stores.news.unsent(part, 1000).await.unwrap());
    }
    all
}

async fn of(stores: &Stores, booking: BookingId) -> Vec<Published> {
    let mut told = unsent(stores).await;
    told.retain(|one| one.booking == booking);
    told
}

fn kinds(told: &[Published]) -> Vec<(u32, &str)> {
    told.iter().map(|one| (one.number, one.kind.as_str())).collect()
}

fn facts(told: &Published) -> Facts {
    serde_json::from_str(&told.body).unwrap()
}

async fn now(stores: &Stores, id: BookingId) -> Booking {
    stores.booking.booking(id).await.unwrap().unwrap()
}

/// Changes something about a booking that nobody sees.
async fn touch(stores: &Stores, id: BookingId) -> Result<(), StoreError> {
    transact(stores.booking.begin().await?, async |tx| {
        let before = tx.lock_booking(id).await?.unwrap();
        let after = Booking { pay_by: before.pay_by + TimeDelta::seconds(1), ..before.clone() };
        books::keep(tx, Some(&before), &after, &Cause::system(), noon()).await
    })
    .await
}

/// Sends all that can be sent; what the last part answered that did not go well.
async fn send_all(house: &House, stream: &ScriptedStream) -> Result<u64, SendError> {
    let mut count = 0;
    for part in house.stores.news.unsent_parts().await.unwrap() {
        let turn = (part, TimeDelta::minutes(1));
        count += send(&*house.stores.news, stream, &*house.clock, turn, &plainly).await?;
    }
    Ok(count)
}

pub async fn where_nobody_listens_nothing_is_kept(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(unsent(&house.stores).await, []);
    assert_eq!(house.stores.news.unsent_parts().await.unwrap(), [0; 0]);
    assert_eq!(house.stores.news.lag().await.unwrap(), Lag::default());
}

pub async fn a_booking_is_told_of_from_its_making_on(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 2).await;
    let told = of(&house.stores, booking.id).await;
    assert_eq!(kinds(&told), [(1, "booking.created"), (2, "booking.changed"), (3, "booking.confirmed")]);
    for one in &told {
        assert_eq!((one.organisation, one.event), (house.event.organisation, house.event.id));
        assert_eq!(one.at, noon());
    }
    let now = now(&house.stores, booking.id).await;
    assert_eq!(facts(&told[2]), Facts::from(&now));
    assert_eq!(facts(&told[0]).payments.len(), 1);
    assert!(told.windows(2).all(|two| two[0].place < two[1].place));
    assert_eq!(house.stores.news.unsent_parts().await.unwrap(), [part_of(booking.id)]);
}

pub async fn what_costs_nothing_is_confirmed_at_once(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (somebody, bookings) = (buyer(&house.stores).await, bookings(&house));
    let hold = bookings.hold(somebody, house.event.id, house.want(1)).await.unwrap();
    let booking = confirm_free(&bookings, somebody, hold.id).await.booking;
    assert_eq!(kinds(&of(&house.stores, booking.id).await), [(1, "booking.confirmed")]);
}

pub async fn what_is_refused_is_not_told(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let before = unsent(&house.stores).await;
    let refused: Result<(), StoreError> = transact(house.stores.booking.begin().await.unwrap(), async |tx| {
        let before = tx.lock_booking(booking.id).await?.unwrap();
        let after = Booking { pay_by: minutes(90), ..before.clone() };
        books::keep(tx, Some(&before), &after, &Cause::system(), noon()).await?;
        Err(StoreError::Unavailable { doing: "refusing", cause: None })
    })
    .await;
    assert!(refused.is_err());
    assert_eq!(unsent(&house.stores).await, before);
    // Nor does it leave a gap.
    touch(&house.stores, booking.id).await.unwrap();
    let numbers: Vec<_> = of(&house.stores, booking.id).await.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

pub async fn those_who_are_decided_together_are_each_told_of(stores: Stores) {
    let house = house(stores, 40, None, 0).await;
    let desk = std::sync::Arc::new(bookings(&house));
    let mut buying = Vec::new();
    for _ in 0..20 {
        let (somebody, desk, house) = (buyer(&house.stores).await, desk.clone(), house.clone());
        buying.push(tokio::spawn(async move {
            let hold = desk.hold(somebody, house.event.id, house.want(1)).await.unwrap();
            confirm_free(&desk, somebody, hold.id).await.booking.id
        }));
    }
    let mut made = BTreeSet::new();
    for one in buying {
        made.insert(one.await.unwrap());
    }
    let told = unsent(&house.stores).await;
    assert_eq!(told.iter().map(|one| one.booking).collect::<BTreeSet<_>>(), made);
    assert!(told.len() == 20 && told.iter().all(|one| one.number == 1), "{told:?}");
}

pub async fn changes_at_the_same_time_have_numbers_of_their_own(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let before = of(&house.stores, booking.id).await.len();
    let changing: Vec<_> = (0..10)
        .map(|_| {
            let stores = house.stores.clone();
            tokio::spawn(async move { touch(&stores, booking.id).await.unwrap() })
        })
        .collect();
    for one in changing {
        one.await.unwrap();
    }
    let told = of(&house.stores, booking.id).await;
    let numbers: Vec<_> = told.iter().map(|one| usize::try_from(one.number).unwrap()).collect();
    assert_eq!(numbers, (1..=before + 10).collect::<Vec<_>>());
    // Each says what the one before it left.
    let ends: Vec<_> = told[before..].iter().map(|one| facts(one).pay_by).collect();
    assert!(ends.windows(2).all(|two| two[0] + TimeDelta::seconds(1) == two[1]), "{ends:?}");
}

pub async fn what_does_not_change_is_not_told(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let before = unsent(&house.stores).await;
    let same: Result<(), StoreError> = transact(house.stores.booking.begin().await.unwrap(), async |tx| {
        let same = tx.lock_booking(booking.id).await?.unwrap();
        books::keep(tx, Some(&same), &same, &Cause::system(), noon()).await
    })
    .await;
    same.unwrap();
    assert_eq!(unsent(&house.stores).await, before);
}

pub async fn a_part_has_one_sender(stores: Stores) {
    let hold = async |part, held: Option<i64>, now, until| {
        stores.news.hold_part(part, held.map(minutes), minutes(now), minutes(until)).await.unwrap()
    };
    assert!(hold(3, None, 0, 10).await);
    assert!(!hold(3, None, 1, 11).await, "somebody has it");
    assert!(hold(4, None, 1, 11).await, "another part is another one");
    assert!(!hold(3, Some(9), 1, 11).await, "a lease of before");
    assert!(hold(3, Some(10), 5, 15).await, "it lasts longer");
    assert!(!hold(3, None, 10, 20).await);
    assert!(hold(3, None, 15, 25).await, "it has ended");
    assert!(!hold(3, Some(15), 16, 26).await, "it passed to another");
    assert!(hold(3, Some(25), 16, 16).await, "it is given back");
    assert!(hold(3, None, 16, 26).await);
}

pub async fn what_was_sent_is_sent_no_more(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let (news, part) = (&house.stores.news, part_of(booking.id));
    let told = news.unsent(part, 2).await.unwrap();
    assert_eq!(told.len(), 2);
    let places: Vec<_> = told.iter().map(|one| one.place).collect();
    news.sent((part + 1) % PARTS, &places).await.unwrap();
    assert_eq!(news.unsent(part, 10).await.unwrap().len(), 3, "they are of another part");
    news.sent(part, &places).await.unwrap();
    news.sent(part, &places).await.unwrap();
    news.sent(part, &[]).await.unwrap();
    let left = news.unsent(part, 10).await.unwrap();
    assert_eq!(kinds(&left), [(3, "booking.confirmed")]);
    news.sent(part, &[left[0].place]).await.unwrap();
    assert_eq!(news.unsent_parts().await.unwrap(), [0; 0]);
}

pub async fn what_is_to_be_sent_is_counted(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    assert_eq!(house.stores.news.lag().await.unwrap(), Lag::default());
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    house.clock.advance(TimeDelta::minutes(5));
    booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(house.stores.news.lag().await.unwrap(), Lag { unsent: 4, oldest: Some(noon()) });
    let told = of(&house.stores, booking.id).await;
    let places: Vec<_> = told.iter().map(|one| one.place).collect();
    house.stores.news.sent(part_of(booking.id), &places).await.unwrap();
    assert_eq!(house.stores.news.lag().await.unwrap(), Lag { unsent: 2, oldest: Some(minutes(5)) });
}

pub async fn what_was_sent_is_dropped_later_and_numbers_go_on(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let news = &house.stores.news;
    assert_eq!(news.sweep_news(minutes(1)).await.unwrap(), 0, "it was not sent");
    send_all(&house, &ScriptedStream::default()).await.unwrap();
    assert_eq!(news.sweep_news(noon()).await.unwrap(), 0, "it is not old");
    assert_eq!(news.sweep_news(minutes(1)).await.unwrap(), 2);
    assert_eq!(news.sweep_news(minutes(1)).await.unwrap(), 0);
    touch(&house.stores, booking.id).await.unwrap();
    assert_eq!(kinds(&of(&house.stores, booking.id).await), [(3, "booking.changed")]);
}

pub async fn a_sender_goes_on_where_the_stream_left(stores: Stores) {
    let house = house(stores, 50, None, 2500).await;
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(booked_paid(&house, buyer(&house.stores).await, 1).await.id);
    }
    let stream = ScriptedStream::default();
    for _ in 0..30 {
        stream.leave_after(1);
        if send_all(&house, &stream).await.is_ok() {
            break;
        }
    }
    stream.come_back();
    send_all(&house, &stream).await.unwrap();
    assert_eq!(unsent(&house.stores).await, []);
    let messages = stream.messages();
    assert_eq!(messages.len(), 30, "none of them twice");
    let heard = heard(&messages);
    for id in made {
        let last = heard[&id.to_string()].last().unwrap();
        let now = now(&house.stores, id).await;
        assert_eq!(serde_json::from_str::<Facts>(&last.body).unwrap(), Facts::from(&now));
    }
}

pub async fn what_came_twice_is_known_by_its_name(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let stream = ScriptedStream::default();
    stream.lose_an_answer();
    let lost = send_all(&house, &stream).await;
    assert!(matches!(lost, Err(SendError::Stream(_))), "{lost:?}");
    assert_eq!(send_all(&house, &stream).await.unwrap(), 3);
    let ids: Vec<_> = stream.messages().into_iter().map(|message| message.id).collect();
    assert_eq!(ids, [1, 1, 2, 3].map(|number| format!("{}-{number}", booking.id)));
    assert_eq!(heard(&stream.messages())[&booking.id.to_string()].len(), 3);
}

pub async fn what_cannot_be_read_keeps_what_comes_after_it(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let (stream, part) = (ScriptedStream::default(), part_of(booking.id));
    let say = |one: &Published| -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        if one.number == 2 { Err("of another version".into()) } else { plainly(one) }
    };
    let turn = (part, TimeDelta::minutes(1));
    let refused = send(&*house.stores.news, &stream, &*house.clock, turn, &say).await;
    assert!(matches!(&refused, Err(SendError::Unreadable { id, .. }) if id.ends_with("-2")), "{refused:?}");
    assert_eq!(stream.messages().len(), 1);
    assert_eq!(kinds(&unsent(&house.stores).await)[0], (2, "booking.changed"));
    assert_eq!(send_all(&house, &stream).await.unwrap(), 2, "whoever can read it goes on");
}

pub async fn two_senders_do_not_send_one_part(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let (stream, part) = (ScriptedStream::default(), part_of(booking.id));
    // Somebody began with it and was never heard of again.
    assert!(house.stores.news.hold_part(part, None, noon(), minutes(1)).await.unwrap());
    assert_eq!(send_all(&house, &stream).await.unwrap(), 0);
    house.clock.advance(TimeDelta::minutes(1));
    assert_eq!(send_all(&house, &stream).await.unwrap(), 3);
}
