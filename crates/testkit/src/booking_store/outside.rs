//! What every store promises about what happens outside.

use super::{begin, first};
use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, confirm_free, house, staff};
use crate::{Stores, noon};
use booking::use_cases::VerifyRequest;
use booking::{
    Booking, CodeSigner, Delivery, DisputeStanding, DisputeStatus, Door, NoticeKey, Provider, RefundReason,
    RefundStanding, RefundStatus, Standing, Till, ToldRefund,
};
use chrono::TimeDelta;
use kernel::{DisputeId, EffectId, Money, transact};
use std::time::Duration;

async fn paid(house: &House) -> (Booking, String) {
    let booking = booked_unpaid(house, buyer(&house.stores).await, 1).await;
    let session = booking.payments[0].session.clone().unwrap();
    let Standing::Paid(charge) = house.provider.pay(&session) else { panic!("not paid") };
    bookings(house).come_back(booking.payments[0].id).await.unwrap();
    (house.stores.booking.booking(booking.id).await.unwrap().unwrap(), charge.reference)
}

pub async fn a_charge_leads_to_its_attempt(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (booking, charge) = paid(&house).await;
    let found = |provider, charge: &str| {
        let charge = charge.to_owned();
        let store = house.stores.booking.clone();
        async move { store.payment_of_charge(provider, &charge).await.unwrap() }
    };
    assert_eq!(found(Provider::Stripe, &charge).await, Some((booking.id, booking.payments[0].id)));
    assert_eq!(found(Provider::Paypal, &charge).await, None);
    assert_eq!(found(Provider::Stripe, "another").await, None);
}

pub async fn a_dispute_reads_back_whole(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (mut booking, charge) = paid(&house).await;
    let payment = booking.payments[0].id;
    let open = DisputeStanding {
        reference: "dp_1".into(),
        charge,
        amount: Money::eur(2_600),
        fee: None,
        reason: "fraudulent".into(),
        status: DisputeStatus::Open,
        opened_at: noon(),
        answer_by: Some(noon() + TimeDelta::days(9)),
    };
    booking.dispute_stands(payment, &open, noon()).unwrap();
    let lost = DisputeStanding { status: DisputeStatus::Lost, fee: Some(Money::eur(2_000)), ..open.clone() };
    let other = DisputeStanding { reference: "dp_2".into(), ..open.clone() };
    booking.dispute_stands(payment, &other, noon()).unwrap();
    for told in [None, Some(&lost), Some(&open)] {
        if let Some(told) = told {
            booking.dispute_stands(payment, told, noon() + TimeDelta::days(1));
        }
        transact(begin(&house.stores).await, async |tx| tx.save_booking(&booking).await).await.unwrap();
        assert_eq!(house.stores.booking.booking(booking.id).await.unwrap().as_ref(), Some(&booking));
    }
    let turned = DisputeStanding { status: DisputeStatus::Won, ..lost };
    booking.dispute_stands(payment, &turned, noon() + TimeDelta::days(2)).unwrap();
    transact(begin(&house.stores).await, async |tx| tx.save_booking(&booking).await).await.unwrap();
    let listed = house.stores.booking.bookings_of(booking.buyer, first(10)).await.unwrap();
    assert_eq!(listed.items, [booking.clone()]);
    for dispute in &booking.disputes {
        let owner = house.stores.booking.booking_of_dispute(dispute.id).await.unwrap();
        assert_eq!(owner, Some(booking.id));
    }
    let unknown = house.stores.booking.booking_of_dispute(DisputeId::generate(noon())).await.unwrap();
    assert_eq!(unknown, None);
}

pub async fn one_name_of_a_refund_is_kept_once(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (mut booking, charge) = paid(&house).await;
    let payment = booking.payments[0].id;
    let standing = RefundStanding { reference: "re_1".into(), status: RefundStatus::Done };
    let told = ToldRefund { refund: None, charge, amount: Money::eur(100), standing };
    booking.refund_told(payment, &told, noon()).unwrap();
    transact(begin(&house.stores).await, async |tx| tx.save_booking(&booking).await).await.unwrap();
    assert_eq!(house.stores.booking.booking(booking.id).await.unwrap().as_ref(), Some(&booking));
    assert_eq!(booking.refunds[0].reason, RefundReason::External);
    let mut twice = booking.clone();
    twice
        .refunds
        .push(booking::Refund { id: kernel::RefundId::generate(noon()), ..twice.refunds[0].clone() });
    let kept = transact(begin(&house.stores).await, async |tx| tx.save_booking(&twice).await).await;
    assert!(kept.is_err());
    assert_eq!(house.stores.booking.booking(booking.id).await.unwrap(), Some(booking));
}

fn till(account: &str) -> Till {
    Till { provider: Provider::Stripe, account: account.into(), live: false }
}

pub async fn one_of_many_takes_a_look(stores: Stores) {
    let minute = TimeDelta::minutes(1);
    let claims: Vec<_> = (0..5)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                transact(begin(&stores).await, async |tx| {
                    tx.claim_look(&till("main"), noon(), noon() - minute).await
                })
                .await
                .unwrap()
            })
        })
        .collect();
    let mut taken = Vec::new();
    for claim in claims {
        taken.extend(claim.await.unwrap());
    }
    let [look] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((look.looked_at, look.until), (noon(), None));
    let claim = async |account: &str, now, due| {
        transact(begin(&stores).await, async |tx| tx.claim_look(&till(account), now, due).await)
            .await
            .unwrap()
    };
    assert!(claim("other", noon(), noon() - minute).await.is_some());
    for until in [noon(), noon() - minute] {
        transact(begin(&stores).await, async |tx| tx.end_look(&till("main"), until).await).await.unwrap();
    }
    let later = noon() + minute;
    assert_eq!(claim("main", later, noon() - minute).await, None);
    let again = claim("main", later, noon()).await.unwrap();
    assert_eq!((again.looked_at, again.until), (later, Some(noon())));
}

pub async fn the_last_notice_of_each_provider_is_known(stores: Stores) {
    assert_eq!(stores.booking.last_notices().await.unwrap(), []);
    for (id, minutes) in [("evt_1", 2), ("evt_2", 5), ("evt_3", 1)] {
        let at = noon() + TimeDelta::minutes(minutes);
        let key = NoticeKey { provider: Provider::Stripe, id: id.into(), kind: "something".into(), at };
        transact(begin(&stores).await, async |tx| tx.remember_notice(&key).await).await.unwrap();
    }
    let last = stores.booking.last_notices().await.unwrap();
    assert_eq!(last, [(Provider::Stripe, noon() + TimeDelta::minutes(5))]);
}

pub async fn what_was_mailed_and_scanned_is_found_by_its_booking(stores: Stores) {
    let house = house(stores, 5, None, 0).await;
    let guest = buyer(&house.stores).await;
    let service = bookings(&house);
    let hold = service.hold(guest, house.event.id, house.want(2)).await.unwrap();
    let placed = confirm_free(&service, guest, hold.id).await;
    let booking = placed.booking.id;
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let staff = staff(&house).await;
    house.clock.set(house.event.starts_at);
    for ticket in [&placed.tickets[1], &placed.tickets[0], &placed.tickets[1]] {
        let code = door.code(ticket);
        let request = VerifyRequest { code, event: Some(house.event.id), ..VerifyRequest::default() };
        door.verify(&staff, &request).await.unwrap();
        house.clock.advance(TimeDelta::minutes(1));
    }
    let scans = house.stores.booking.scans_of_booking(booking).await.unwrap();
    let seen: Vec<_> = scans.iter().map(|scan| scan.ticket.unwrap()).collect();
    let [one, two] = [placed.tickets[0].id, placed.tickets[1].id];
    assert_eq!(seen, [two, one, two]);
    let delivery = |minutes, what: &str| Delivery {
        effect: EffectId::generate(noon()),
        booking,
        what: what.into(),
        at: noon() + TimeDelta::minutes(minutes),
    };
    let (late, early) = (delivery(2, "expired"), delivery(1, "tickets"));
    for (one, new) in [(&late, true), (&early, true), (&late, false)] {
        let added =
            transact(begin(&house.stores).await, async |tx| tx.add_delivery(one).await).await.unwrap();
        assert_eq!(added, new);
    }
    assert_eq!(house.stores.booking.deliveries_of_booking(booking).await.unwrap(), [early, late]);
    let other = booked_unpaid_free(&house).await;
    assert_eq!(house.stores.booking.scans_of_booking(other).await.unwrap(), []);
    assert_eq!(house.stores.booking.deliveries_of_booking(other).await.unwrap(), []);
}

async fn booked_unpaid_free(house: &House) -> kernel::BookingId {
    let guest = buyer(&house.stores).await;
    let service = bookings(house);
    house.clock.set(noon());
    let hold = service.hold(guest, house.event.id, house.want(1)).await.unwrap();
    confirm_free(&service, guest, hold.id).await.booking.id
}

pub async fn others_are_served_while_a_provider_is_asked(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (slow, other) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let hesitation = house.provider.hesitate().await;
    let asking = tokio::spawn({
        let house = house.clone();
        async move { booked_unpaid(&house, slow, 1).await }
    });
    let asked = async {
        while house.provider.calls().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("the provider is asked");
    let service = bookings(&house);
    let next = service.hold(other, house.event.id, house.want(1));
    tokio::time::timeout(Duration::from_secs(4), next).await.expect("no lock is held meanwhile").unwrap();
    // What is paid while nobody knows the answer has a row that it belongs to.
    let made = house.stores.booking.bookings_of(slow, first(1)).await.unwrap().items.remove(0);
    assert_eq!((made.payments.len(), &made.payments[0].checkout_url), (1, &None));
    drop(hesitation);
    assert_eq!(asking.await.unwrap().payments[0].id, made.payments[0].id);
}
