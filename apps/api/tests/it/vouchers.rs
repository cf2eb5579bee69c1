//! Vouchers over HTTP: what they do to prices, whom they let in, what they keep, and how they end.

use crate::events::cast::{Cast, column, id, in_hours, mistakes};
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store};
use crate::harness::{Answer, Client, Person, TestApp, answer, method, on_each_store};
use chrono::{SecondsFormat, TimeDelta};
use kernel::{AccountId, Clock, SystemClock};
use serde_json::{Value, json};

on_each_store!(
    a_voucher_makes_tickets_cheaper_and_the_price_stays,
    a_whole_discount_needs_no_provider,
    limits_per_user_and_of_the_budget_hold,
    the_last_use_is_one_of_fifty_buyers,
    a_hidden_type_is_opened_by_its_code_alone,
    kept_places_are_sold_out_for_outsiders,
    what_is_cancelled_gives_its_use_back,
    late_money_goes_back_when_the_use_is_gone,
);

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn make(shop: &Shop, body: &Value) -> Value {
    let path = format!("/admin/events/{}/vouchers", shop.event);
    let made = shop.again(&shop.admin).await.client.post(&path, body).await.expect(201);
    made["items"][0].clone()
}

async fn ask(shop: &Shop, client: &Client, code: Option<&str>, quantity: u32) -> Answer {
    let items = json!([{"ticket_type_id": shop.ticket_type, "quantity": quantity}]);
    client.post("/seats/hold", &json!({"event_id": shop.event, "items": items, "voucher": code})).await
}

async fn ask_as(shop: &Shop, who: &Person, code: Option<&str>, quantity: u32) -> Answer {
    ask(shop, &shop.again(who).await.client, code, quantity).await
}

async fn confirm(shop: &Shop, who: &Person, hold: &Value, payment: Value) -> Answer {
    let wish = json!({"hold_id": hold["hold_id"], "payment": payment});
    shop.again(who).await.client.post("/bookings/confirm", &wish).await
}

async fn seen(shop: &Shop, voucher: &Value) -> Value {
    let path = format!("/admin/vouchers/{}", id(voucher));
    shop.again(&shop.admin).await.client.get(&path).await.expect(200)
}

async fn a_voucher_makes_tickets_cheaper_and_the_price_stays(store: Store) {
    let shop = Shop::open(store, 20).await;
    let ada = shop.buyer().await;
    for (number, (what, price)) in [
        (json!({"percent": 12.5}), 2188),
        (json!({"percent": "33.33"}), 1667),
        (json!({"amount_off": eur(700)}), 1800),
        (json!({"price": eur(990)}), 990),
        (json!({"price": eur(9900)}), PRICE),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = what;
        let code = format!("CHEAP{number}");
        body["code"] = json!(code);
        let made = make(&shop, &body).await;
        assert_eq!((&made["code"], made["code_hint"].as_str().unwrap().len()), (&json!(code), 2));
        let who = shop.buyer().await;
        let hold = ask_as(&shop, &who, Some(&code.to_lowercase()), 2).await.expect(201);
        let item = &hold["items"][0];
        assert_eq!((&item["unit_price"], &item["list_price"]), (&eur(price), &eur(PRICE)));
        assert_eq!(
            (&hold["total"], &hold["voucher"]["discount"]),
            (&eur(price * 2), &eur((PRICE - price) * 2))
        );
        assert_eq!(hold["voucher"]["id"], made["id"]);
    }
    let made = make(&shop, &json!({"percent": 20})).await;
    let code = made["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 14, "three groups of four");
    let hold = ask_as(&shop, &ada, Some(&code), 1).await.expect(201);
    let edit = json!({"percent": 50, "name": "Half"});
    let path = format!("/admin/vouchers/{}", id(&made));
    let edited = shop.again(&shop.admin).await.client.put(&path, &edit).await.expect(200);
    assert_eq!((&edited["percent"], &edited["uses"], edited.get("code")), (&json!(50), &json!(1), None));
    let booking = confirm(&shop, &ada, &hold, json!({"provider": "stripe"})).await.expect(201);
    assert_eq!((&booking["total"], &booking["voucher"]["discount"]), (&eur(2000), &eur(500)));
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    assert_eq!(shop.providers.ledger(Till::Stripe).await.charges, 1);
    let uses = shop.again(&shop.admin).await.client.get(&format!("{path}/uses")).await.expect(200);
    assert_eq!(column(&uses, "id"), [id(&booking)]);
    let list = format!("/admin/events/{}/vouchers", shop.event);
    let list = shop.again(&shop.admin).await.client.get(&list).await.expect(200);
    let items = list["items"].as_array().unwrap();
    let listed = items.iter().find(|it| it["id"] == made["id"]).unwrap();
    assert_eq!(
        (items.len(), &listed["uses"], &listed["spent"]),
        (6, &json!(1), &json!({"amount": 500, "currency": "EUR"}))
    );
    assert!(!list.to_string().contains(&code), "no list tells a code");
    let documents = shop.again(&ada).await.client.get(&format!("/bookings/{}/documents", id(&booking))).await;
    assert_eq!(documents.expect(200)["items"][0]["total"], eur(2000), "what was sold was sold at that price");
}

async fn a_whole_discount_needs_no_provider(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    make(&shop, &json!({"code": "PRESENT", "percent": 100})).await;
    let hold = ask_as(&shop, &ada, Some("PRESENT"), 2).await.expect(201);
    assert_eq!((&hold["total"], &hold["items"][0]["unit_price"]), (&eur(0), &eur(0)));
    confirm(&shop, &ada, &hold, json!({"provider": "stripe"}))
        .await
        .expect_problem(422, "provider_not_available");
    let booking = confirm(&shop, &ada, &hold, Value::Null).await.expect(201);
    assert_eq!((&booking["status"], booking["tickets"].as_array().unwrap().len()), (&json!("confirmed"), 2));
    assert_eq!(booking["payment"], Value::Null);
}

async fn limits_per_user_and_of_the_budget_hold(store: Store) {
    let shop = Shop::open(store, 20).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    make(&shop, &json!({"code": "ONLYONCE", "percent": 10, "max_per_user": 1})).await;
    ask_as(&shop, &ada, Some("ONLYONCE"), 1).await.expect(201);
    ask_as(&shop, &ada, Some("ONLYONCE"), 1).await.expect_problem(422, "voucher_invalid");
    ask_as(&shop, &bob, Some("ONLYONCE"), 1).await.expect(201);
    let made = make(&shop, &json!({"code": "BUDGET", "amount_off": eur(1000), "budget": eur(2500)})).await;
    ask_as(&shop, &ada, Some("BUDGET"), 2).await.expect(201);
    let spent = ask_as(&shop, &bob, Some("BUDGET"), 1).await.expect_problem(422, "voucher_invalid");
    let unknown = ask_as(&shop, &bob, Some("NOTHING"), 1).await.expect_problem(422, "voucher_invalid");
    assert_ne!(spent["detail"], unknown["detail"], "only who has the code learns that it is spent");
    let now = seen(&shop, &made).await;
    assert_eq!((&now["uses"], &now["spent"]), (&json!(1), &json!({"amount": 2000, "currency": "EUR"})));
}

async fn the_last_use_is_one_of_fifty_buyers(store: Store) {
    let shop = Shop::open(store, 100).await;
    let made = make(&shop, &json!({"code": "LASTONE", "percent": 10, "max_uses": 1})).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(shop.buyer().await.client);
    }
    let asked = clients.iter().map(|client| ask(&shop, client, Some("LASTONE"), 1));
    let answers = futures_util::future::join_all(asked).await;
    let got = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(answers.iter().all(|answer| [201, 422].contains(&answer.status)));
    assert_eq!((got, &seen(&shop, &made).await["uses"]), (1, &json!(1)));
}

async fn a_hidden_type_is_opened_by_its_code_alone(store: Store) {
    let shop = Shop::open(store, 20).await;
    let admin = shop.again(&shop.admin).await.client;
    let hidden = json!({"name": "Crew", "price": eur(500), "quantity": 5, "hidden": true});
    let hidden = admin.post(&format!("/admin/events/{}/ticket-types", shop.event), &hidden).await.expect(201);
    make(&shop, &json!({"code": "CREWONLY", "unlocks": [hidden["id"]]})).await;
    make(&shop, &json!({"code": "OTHERS", "percent": 10})).await;
    let client = shop.buyer().await.client;
    let ask = async |code: Option<&str>| {
        let items = json!([{"ticket_type_id": hidden["id"], "quantity": 1}]);
        client.post("/seats/hold", &json!({"event_id": shop.event, "items": items, "voucher": code})).await
    };
    for code in [None, Some("OTHERS")] {
        let refused = ask(code).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [("items.ticket_type_id", "unknown")]);
    }
    let unknown = ask(Some("CREWMANY")).await.expect_problem(422, "voucher_invalid");
    let names = async |query: &str| {
        let path = format!("/events/{}/ticket-types{query}", shop.event);
        let shown = client.get(&path).await.expect(200);
        column(&shown, "name").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for closed in ["", "?voucher=", "?voucher=CREWMANY", "?voucher=OTHER"] {
        assert_eq!(names(closed).await, ["Entry"], "{closed}");
    }
    assert_eq!(
        names("?voucher=c-rewonly").await,
        ["Entry", "Crew"],
        "who has the code finds what to ask for"
    );
    assert_eq!(names("").await, ["Entry"], "nothing of it is kept ready for others");
    assert_eq!(ask(Some("crewonly")).await.expect(201)["total"], eur(500));
    // A code for something else is answered like one that is not there.
    let elsewhere = super::vouchers::ask(&shop, &client, Some("CREWONLY"), 1).await;
    assert_eq!(elsewhere.expect_problem(422, "voucher_invalid")["detail"], unknown["detail"]);
}

async fn kept_places_are_sold_out_for_outsiders(store: Store) {
    let shop = Shop::open(store, 3).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let until = (shop.clock.now() + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let reserves = json!({"ticket_type_id": shop.ticket_type, "quantity": 2});
    let made = make(&shop, &json!({"code": "GUESTS", "reserves": reserves, "valid_until": until})).await;
    assert_eq!(shop.left().await, 1);
    let with_code = format!("/events/{}/ticket-types?voucher=guests", shop.event);
    let shown = shop.again(&ada).await.client.get(&with_code).await.expect(200);
    assert_eq!(shown["items"][0]["available"], 3, "what the code keeps is there for who has it");
    let path = format!("/admin/events/{}/vouchers", shop.event);
    let more = json!({"code": "MOREOFIT", "reserves": reserves});
    shop.admin.client.post(&path, &more).await.expect_problem(409, "sold_out");
    ask_as(&shop, &bob, None, 2).await.expect_problem(409, "sold_out");
    ask_as(&shop, &bob, None, 1).await.expect(201);
    let hold = ask_as(&shop, &ada, Some("GUESTS"), 1).await.expect(201);
    let now = seen(&shop, &made).await;
    assert_eq!(
        now["reserves"],
        json!({
            "ticket_type_id": shop.ticket_type, "quantity": 2, "used": 1, "kept": true,
        })
    );
    let booking = confirm(&shop, &ada, &hold, json!({"provider": "stripe"})).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    ask_as(&shop, &bob, None, 1).await.expect_problem(409, "sold_out");
    // The voucher ends, and what nobody used is for all, although nothing has swept it.
    shop.clock.advance(TimeDelta::hours(1));
    ask_as(&shop, &bob, Some("GUESTS"), 1).await.expect_problem(422, "voucher_invalid");
    ask_as(&shop, &bob, None, 1).await.expect(201);
    let revoked = make(
        &shop,
        &json!({"code": "BACKAGAIN", "reserves": {
            "ticket_type_id": shop.ticket_type, "quantity": 1,
        }}),
    )
    .await;
    assert_eq!(shop.left().await, 0);
    shop.again(&shop.admin)
        .await
        .client
        .delete(&format!("/admin/vouchers/{}", id(&revoked)))
        .await
        .expect(204);
    assert_eq!(shop.left().await, 1, "taken back, it keeps nothing");
    assert_eq!(shop.app.app.bookings.stock_differences().await.unwrap(), []);
}

async fn what_is_cancelled_gives_its_use_back(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let made = make(&shop, &json!({"code": "PRESENT", "percent": 100, "max_uses": 1})).await;
    let hold = ask_as(&shop, &ada, Some("PRESENT"), 1).await.expect(201);
    let booking = confirm(&shop, &ada, &hold, Value::Null).await.expect(201);
    let bob = shop.buyer().await;
    ask_as(&shop, &bob, Some("PRESENT"), 1).await.expect_problem(422, "voucher_invalid");
    let path = format!("/bookings/{}/cancel", id(&booking));
    shop.again(&ada).await.client.post(&path, &json!({})).await.expect(200);
    assert_eq!(seen(&shop, &made).await["uses"], json!(0));
    ask_as(&shop, &bob, Some("PRESENT"), 1).await.expect(201);
}

async fn late_money_goes_back_when_the_use_is_gone(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    make(&shop, &json!({"code": "LASTONE", "percent": 20, "max_uses": 1})).await;
    let hold = ask_as(&shop, &ada, Some("LASTONE"), 1).await.expect(201);
    // A transfer is under way for days, and no page has to be ended.
    let booking = confirm(&shop, &ada, &hold, json!({"provider": "bank_transfer"})).await.expect(201);
    shop.later(25 * 24 * 3600).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "expired");
    ask_as(&shop, &shop.buyer().await, Some("LASTONE"), 1).await.expect(201);
    let path = format!("/admin/bookings/{}/mark-paid", id(&booking));
    let paid = json!({"provider": "bank_transfer"});
    let answer = shop.again(&shop.admin).await.client.post(&path, &paid).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let after = shop.look(&ada, &booking).await;
    assert_eq!((&after["status"], &after["refunds"][0]["amount"]), (&json!("expired"), &eur(2000)));
    assert_eq!(after["refunds"][0]["reason"], "no_places");
}

#[tokio::test]
async fn who_guesses_codes_has_to_wait() {
    let app = TestApp::with(&[("limits.enabled", "true")]).await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}", id(&event));
    let body = json!({"code": "RIGHTONE", "percent": 20});
    cast.manager.client.post(&format!("{path}/vouchers"), &body).await.expect(201);
    let types = cast.manager.client.get(&format!("{path}/ticket-types")).await.expect(200);
    let items = json!([{"ticket_type_id": types["items"][0]["id"], "quantity": 1}]);
    let ask = async |who: &Person, code: Option<&str>| {
        let body = json!({"event_id": event["id"], "items": items, "voucher": code});
        who.client.post("/seats/hold", &body).await
    };
    let look = async |who: &Person, code: &str| {
        let path = format!("/events/{}/ticket-types?voucher={code}", id(&event));
        who.client.get(&path).await
    };
    // Wherever it is guessed, a guess is a guess.
    for number in 0..10 {
        let guessed = ask(&cast.member, Some(&format!("GUESS{number}"))).await;
        guessed.expect_problem(422, "voucher_invalid");
        look(&cast.member, &format!("LOOK{number}")).await.expect(200);
    }
    for code in ["GUESS20", "RIGHTONE"] {
        ask(&cast.member, Some(code)).await.expect_problem(429, "too_many_attempts");
        look(&cast.member, code).await.expect_problem(429, "too_many_attempts");
    }
    for what in ["sections", "seats"] {
        let path = format!("/events/{}/{what}", id(&event));
        cast.member
            .client
            .get(&format!("{path}?voucher=RIGHTONE"))
            .await
            .expect_problem(429, "too_many_attempts");
        cast.member.client.get(&path).await.expect(200);
    }
    look(&cast.door, "rightone").await.expect(200);
    ask(&cast.member, None).await.expect(201);
    ask(&cast.door, Some("rightone")).await.expect(201);
    // Whoever has a code is no guesser, however often they come.
    for _ in 0..25 {
        let answer = ask(&cast.door, Some("rightone")).await;
        assert!(answer.status != 429 && !answer.text.contains("voucher_invalid"), "{}", answer.text);
    }
}

#[tokio::test]
async fn who_has_used_a_code_up_looks_by_it_and_pays_no_try() {
    let app = TestApp::with(&[("limits.enabled", "true")]).await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}", id(&event));
    let hidden = json!({"name": "Crew", "price": eur(0), "quantity": 5, "hidden": true});
    let hidden = cast.manager.client.post(&format!("{path}/ticket-types"), &hidden).await.expect(201);
    let code = json!({"code": "ONLYONCE", "unlocks": [hidden["id"]], "max_per_user": 1});
    cast.manager.client.post(&format!("{path}/vouchers"), &code).await.expect(201);
    let items = json!([{"ticket_type_id": hidden["id"], "quantity": 1}]);
    let body = json!({"event_id": event["id"], "items": items, "voucher": "ONLYONCE"});
    cast.member.client.post("/seats/hold", &body).await.expect(201);
    let path = format!("/events/{}/ticket-types?voucher=", id(&event));
    let shows = async |code: &str| {
        let shown = cast.member.client.get(&format!("{path}{code}")).await.expect(200);
        shown["items"].as_array().unwrap().iter().any(|it| it["name"] == "Crew")
    };
    for _ in 0..25 {
        assert!(shows("ONLYONCE").await);
        assert!(!shows("").await && !shows("%20").await, "an empty one is none");
    }
    assert!(!shows("GUESSED").await);
}

#[tokio::test]
async fn codes_are_not_tried_many_at_once_either() {
    let app = TestApp::with(&[("limits.enabled", "true")]).await;
    let (limits, account) = (&app.app.limits, AccountId::generate(SystemClock.now()));
    for _ in 0..20 {
        limits.voucher(account).await.unwrap();
    }
    // Whatever becomes of the twenty, nobody has been answered yet.
    assert_eq!(limits.voucher(account).await.unwrap_err().code(), "too_many_attempts");
    limits.voucher_known(account).await;
    limits.voucher(account).await.unwrap();
    assert!(limits.voucher(account).await.is_err(), "one of them was no guess");
}

#[tokio::test]
async fn vouchers_are_their_organisations_own() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}/vouchers", id(&event));
    let body = json!({"code": "MINEONLY", "percent": 10});
    let made = cast.manager.client.post(&path, &body).await.expect(201)["items"][0].clone();
    let one = format!("/admin/vouchers/{}", id(&made));
    let uses = format!("{one}/uses");
    let foreign = &cast.foreigner.client;
    foreign.get(&path).await.expect_problem(404, "not_found");
    foreign.post(&path, &body).await.expect_problem(404, "not_found");
    foreign.get(&one).await.expect_problem(404, "not_found");
    foreign.get(&uses).await.expect_problem(404, "not_found");
    foreign.put(&one, &body).await.expect_problem(404, "not_found");
    foreign.delete(&one).await.expect_problem(404, "not_found");
    for (person, status, code) in [(&cast.door, 403, "forbidden"), (&cast.member, 403, "forbidden")] {
        person.client.get(&one).await.expect_problem(status, code);
        person.client.put(&one, &body).await.expect_problem(status, code);
        person.client.delete(&one).await.expect_problem(status, code);
    }
    cast.manager
        .client
        .post(&path, &json!({"code": "m-i neon ly", "percent": 5}))
        .await
        .expect_problem(409, "code_taken");
    cast.manager.client.get(&uses).await.expect(200);
    cast.manager.client.delete(&one).await.expect(204);
    cast.manager.client.get(&one).await.expect_problem(404, "not_found");
    let acts = cast.manager.client.get("/admin/audit?limit=100").await.expect(200);
    for name in ["voucher.create", "voucher.delete"] {
        assert!(column(&acts, "act").contains(&name), "{name}");
    }
    assert!(!acts.to_string().contains("MINEONLY"), "no act tells a code");
}

#[tokio::test]
async fn a_batch_has_a_code_each_and_is_made_once() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}/vouchers", id(&event));
    let body = json!({"count": 3, "percent": 10, "name": "Press"});
    let send = || async {
        let request = cast.manager.client.request(method("POST"), &path);
        answer(request.header("idempotency-key", "batch-1").json(&body)).await.expect(201)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(first, again);
    let codes: std::collections::BTreeSet<_> = column(&first, "code").into_iter().collect();
    assert_eq!(codes.len(), 3);
    assert_eq!(cast.manager.client.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn hostile_input_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}/vouchers", id(&event));
    let stranger = "01900000-0000-7000-8000-000000000000";
    for (body, field) in [
        (json!({"percent": 10, "code": "short"}), "code"),
        (json!({"percent": 10, "code": "x".repeat(1000)}), "code"),
        (json!({"percent": 10, "code": "CO\u{0}DE"}), "code"),
        (json!({"percent": 10, "count": 0}), "count"),
        (json!({"percent": 10, "count": 101}), "count"),
        (json!({"percent": 10, "count": 2, "code": "ABCDEF"}), "count"),
        (json!({}), "percent"),
        (json!({"percent": 0}), "percent"),
        (json!({"percent": 100.01}), "percent"),
        (json!({"percent": 1e300}), "percent"),
        (json!({"percent": -5}), "percent"),
        (json!({"percent": 10, "price": eur(5)}), "percent"),
        (json!({"amount_off": eur(-1)}), "amount_off.amount"),
        (json!({"amount_off": eur(i64::MAX)}), "amount_off.amount"),
        (json!({"price": {"amount": 5, "currency": "USD"}}), "price.currency"),
        (json!({"percent": 10, "ticket_type_ids": [stranger]}), "ticket_type_ids.0"),
        (json!({"percent": 10, "ticket_type_ids": []}), "ticket_type_ids"),
        (json!({"unlocks": [stranger]}), "unlocks.0"),
        (json!({"reserves": {"ticket_type_id": stranger, "quantity": 1}}), "reserves.ticket_type_id"),
        (json!({"percent": 10, "max_uses": 0}), "max_uses"),
        (json!({"percent": 10, "max_per_user": i64::MIN}), "max_per_user"),
        (json!({"percent": 10, "budget": {"amount": 5, "currency": "XXX"}}), "budget.currency"),
        (json!({"percent": 10, "valid_until": in_hours(-1)}), "valid_until"),
        (json!({"percent": 10, "valid_from": in_hours(5), "valid_until": in_hours(4)}), "valid_until"),
        (json!({"percent": 10, "name": "x".repeat(101)}), "name"),
    ] {
        let refused = cast.manager.client.post(&path, &body).await.expect_problem(422, "invalid_input");
        assert!(mistakes(&refused).iter().any(|(named, _)| *named == field), "{body}: {refused}");
    }
    assert_eq!(cast.manager.client.get(&path).await.expect(200)["items"], json!([]));
    let types =
        cast.manager.client.get(&format!("/admin/events/{}/ticket-types", id(&event))).await.expect(200);
    let items = json!([{"ticket_type_id": types["items"][0]["id"], "quantity": 1}]);
    for code in ["", " ", "' OR 1=1 --", &"9".repeat(10_000), "\u{1f3ab}"] {
        let body = json!({"event_id": event["id"], "items": items, "voucher": code});
        cast.member.client.post("/seats/hold", &body).await.expect_problem(422, "voucher_invalid");
    }
    cast.manager.client.get(&format!("/admin/vouchers/{stranger}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn tickets_of_a_bound_type_are_not_handed_on() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/admin/events/{}/ticket-types", id(&event));
    let body = json!({"name": "Named", "price": eur(0), "quantity": 10, "transferable": false});
    let made = cast.manager.client.post(&path, &body).await.expect(201);
    assert_eq!(made["transferable"], false);
    let items = json!([{"ticket_type_id": made["id"], "quantity": 1}]);
    let body = json!({"event_id": event["id"], "items": items});
    let hold = cast.member.client.post("/seats/hold", &body).await.expect(201);
    let body = json!({"hold_id": hold["hold_id"]});
    let booking = cast.member.client.post("/bookings/confirm", &body).await.expect(201);
    let friend = app.member().await;
    app.confirm_address(&friend).await;
    let offer = format!("/tickets/{}/transfer", id(&booking["tickets"][0]));
    let to = json!({"email": friend.email});
    cast.member.client.post(&offer, &to).await.expect_problem(409, "ticket_not_transferable");
    // It is asked again when the ticket is taken.
    let mut open = json!({"name": "Named", "price": eur(0), "quantity": 10, "transferable": true});
    let one = format!("/admin/ticket-types/{}", id(&made));
    cast.manager.client.put(&one, &open).await.expect(200);
    let offered = cast.member.client.post(&offer, &to).await.expect(201);
    open["transferable"] = json!(false);
    cast.manager.client.put(&one, &open).await.expect(200);
    let take = format!("/transfers/{}/accept", id(&offered));
    friend.client.post(&take, &json!({})).await.expect_problem(409, "ticket_not_transferable");
}
