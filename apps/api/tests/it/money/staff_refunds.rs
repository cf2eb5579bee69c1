//! Staff sends money back: once, through the provider that took it, whatever goes wrong on the way.

use super::cancelling::tickets;
use super::with_each_provider;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store, id};
use crate::harness::wire::{Moment, Trick};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

with_each_provider!(
    admins_who_refund_at_once_make_one_call,
    some_money_goes_back_and_the_tickets_stay_good,
    a_refund_whose_answer_was_lost_is_made_once,
    a_refund_that_failed_is_made_again_by_staff,
    a_repeated_request_refunds_once,
    after_180_days_paypal_is_not_even_asked,
);

fn refund(booking: &Value) -> String {
    format!("/admin/bookings/{}/refund", id(booking))
}

fn euros(cents: i64) -> Value {
    json!({"amount": cents, "currency": "EUR"})
}

async fn admins_who_refund_at_once_make_one_call(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 2, till).await;
    let client = shop.again(&shop.admin).await.client;
    let wish = json!({"reason": "the band is ill"});
    let path = refund(&booking);
    let answers = join_all((0..4).map(|_| client.post(&path, &wish))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409], "{:?}", answers.iter().map(|it| &it.text).collect::<Vec<_>>());
    assert_eq!((shop.at_the_door(&tickets(&booking)[0]).await, shop.left().await), (json!("cancelled"), 5));
    shop.come_to_rest().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunded"]["amount"]), (&json!("refunded"), &json!(2 * PRICE)));
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.refunds, ledger.kept.get("EUR")), (1, None));
    assert_eq!(shop.told(&ada), ["Money comes back to you", "Your tickets for A night out"]);
    client.post(&path, &wish).await.expect_problem(409, "nothing_to_refund");
}

async fn some_money_goes_back_and_the_tickets_stay_good(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 2, till).await;
    let client = shop.again(&shop.admin).await.client;
    let path = refund(&booking);
    let wish = |amount: i64| json!({"amount": euros(amount), "reason": "the sound was bad"});
    let some = wish(700);
    let answers = join_all((0..2).map(|_| client.post(&path, &some))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "a double click is one refund");
    shop.work().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!(
        (&seen["status"], &seen["paid"]["amount"]),
        (&json!("partially_refunded"), &json!(2 * PRICE - 700))
    );
    assert_eq!((shop.at_the_door(&tickets(&booking)[0]).await, shop.left().await), (json!("admitted"), 3));
    client.post(&path, &wish(2 * PRICE)).await.expect_problem(422, "refund_too_high");
    client.post(&path, &wish(0)).await.expect_problem(422, "invalid_input");
    client.post(&path, &wish(-1)).await.expect_problem(422, "invalid_input");
    let yen = json!({"amount": {"amount": 1, "currency": "JPY"}, "reason": "no"});
    client.post(&path, &yen).await.expect_problem(422, "invalid_input");
    client.post(&path, &json!({"reason": " "})).await.expect_problem(422, "invalid_input");
    let kept = json!({"ticket_ids": [id(&tickets(&booking)[0])], "keep_tickets": true, "reason": "guest"});
    client.post(&path, &kept).await.expect(200);
    client.post(&path, &kept).await.expect_problem(409, "already_refunded");
    shop.come_to_rest().await;
    assert_eq!((shop.at_the_door(&tickets(&booking)[0]).await, shop.left().await), (json!("admitted"), 3));
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.refunds, ledger.kept["EUR"]), (2, PRICE - 700));
}

async fn a_refund_whose_answer_was_lost_is_made_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 1, till).await;
    shop.line(till).trap(till.refund(), Moment::Acted, Trick::HangUp);
    // The provider's own notice of it is lost as well.
    shop.hooks.redirect("http://127.0.0.1:9");
    let client = shop.again(&shop.admin).await.client;
    client.post(&refund(&booking), &json!({"reason": "rain"})).await.expect(200);
    synesthesie::worker::round(&shop.app.app).await.unwrap();
    synesthesie::worker::round(&shop.app.app).await.unwrap();
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "uncertain");
    let again = client.post(&refund(&booking), &json!({"amount": euros(1), "reason": "again"})).await;
    assert!([409, 422].contains(&again.status), "what is uncertain counts: {}", again.text);
    shop.hooks.redirect(&shop.app.url);
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.refunds, 1);
}

async fn a_refund_that_failed_is_made_again_by_staff(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 1, till).await;
    let (status, no) = match till {
        Till::Stripe => (
            400,
            json!({"error": {"type": "invalid_request_error", "code": "insufficient_funds", "message": "No"}}),
        ),
        Till::Paypal => {
            (422, json!({"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "REFUND_NOT_ALLOWED"}]}))
        }
    };
    shop.line(till).trap(till.refund(), Moment::Before, Trick::Answer(status, no));
    let client = shop.again(&shop.admin).await.client;
    let made = client.post(&refund(&booking), &json!({"reason": "rain"})).await.expect(200);
    let retry = format!("/admin/bookings/{}/refunds/{}/retry", id(&booking), id(&made["refunds"][0]));
    client.post(&retry, &json!({})).await.expect_problem(409, "refund_not_failed");
    shop.work().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunds"][0]["status"]), (&json!("cancelled"), &json!("failed")));
    let nothing = json!({});
    let answers = join_all((0..3).map(|_| client.post(&retry, &nothing))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409]);
    shop.come_to_rest().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunds"][1]["status"]), (&json!("refunded"), &json!("done")));
    assert_eq!(shop.providers.ledger(till).await.refunds, 1);
}

async fn a_repeated_request_refunds_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 2, till).await;
    let client = shop.again(&shop.admin).await.client;
    let wish = json!({"amount": euros(100), "reason": "bar"});
    let first = client.post_once(&refund(&booking), "one", &wish).await.expect(200);
    shop.work().await;
    let again = client.post_once(&refund(&booking), "one", &wish).await.expect(200);
    assert_eq!(first, again);
    let other = json!({"amount": euros(200), "reason": "bar"});
    client.post_once(&refund(&booking), "one", &other).await.expect_problem(422, "idempotency_mismatch");
    client.post_once(&refund(&booking), "two", &other).await.expect(200);
    shop.come_to_rest().await;
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.refunds, ledger.kept["EUR"]), (2, 2 * PRICE - 300));
}

async fn after_180_days_paypal_is_not_even_asked(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 1, till).await;
    shop.clock.advance(TimeDelta::days(180) + TimeDelta::seconds(1));
    let client = shop.again(&shop.admin).await.client;
    let answer = client.post(&refund(&booking), &json!({"reason": "rain"})).await;
    match till {
        Till::Stripe => drop(answer.expect(200)),
        Till::Paypal => drop(answer.expect_problem(409, "refund_window_over")),
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.refunds, usize::from(till == Till::Stripe));
}
