//! Who has a ticket but no working mail, over HTTP and on both stores.

use crate::harness::shop::{Shop, Store};
use crate::harness::{Client, Person, on_each_store, unique_email};
use messaging::{Report, Status, Verdict};
use serde_json::{Value, json};

on_each_store!(who_cannot_be_reached_is_found_and_reached_otherwise, tickets_come_in_pages_that_meet,);

/// Two tickets of one buyer, with one of which somebody is to come who has an address.
async fn bought(shop: &Shop) -> (Person, Value, String) {
    let (ada, bob) = (shop.buyer().await, unique_email("bob"));
    let hold = shop.hold(&ada, 2).await;
    let wish = json!({
        "hold_id": hold["hold_id"], "payment": {"provider": "stripe"},
        "attendees": [{"first_name": "Bob", "last_name": "Byron", "email": bob}],
    });
    let booking = shop.again(&ada).await.client.post("/bookings/confirm", &wish).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    (ada, booking, bob)
}

fn path(shop: &Shop) -> String {
    format!("/admin/events/{}/reachability", shop.event)
}

async fn listed(shop: &Shop, admin: &Client, state: &str) -> Vec<Value> {
    let page = admin.get(&format!("{}?limit=100&state={state}", path(shop))).await.expect(200);
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

async fn who_cannot_be_reached_is_found_and_reached_otherwise(store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, booking, bob) = bought(&shop).await;
    let admin = shop.again(&shop.admin).await.client;
    assert_eq!(listed(&shop, &admin, "").await, Vec::<Value>::new(), "nothing came back");
    let all = listed(&shop, &admin, "all").await;
    assert_eq!(all.len(), 2);
    for ticket in &all {
        assert_eq!((&ticket["state"], &ticket["account"]["state"]), (&json!("unproven"), &json!("unproven")));
        assert_eq!((&ticket["account"]["email"], &ticket["booking_id"]), (&json!(ada.email), &booking["id"]));
    }
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|ticket| !ticket["attendee"].is_null());
    assert_eq!((with.len(), without.len()), (1, 1));
    let way = &with[0]["attendee"];
    assert_eq!((&way["email"], &way["state"]), (&json!(bob), &json!("nothing_sent")));
    assert_eq!(with[0]["attendee_name"], "Bob Byron");

    // She shows that she reads her mail.
    let mails = shop.mails(&ada.email);
    let text = mails.iter().find_map(|mail| mail.text.split_once("/verify-email#token=")).unwrap().1;
    let token = json!({"token": text.split_whitespace().next().unwrap()});
    shop.app.stranger().post("/auth/verify-email", &token).await.expect(204);
    assert_eq!(listed(&shop, &admin, "reached").await.len(), 2);

    // Then her mailbox is gone.
    let mail = mails.iter().find(|mail| !mail.attachments.is_empty()).unwrap();
    let report = Report {
        letters: vec![mail.id],
        verdict: Verdict::Bounced,
        status: Status::parse("5.1.1"),
        said: Some("550 5.1.1 unknown user".into()),
    };
    shop.app.app.messages.hear("one", Some(&report)).await.unwrap();
    let lost = listed(&shop, &admin, "").await;
    assert_eq!(lost.len(), 2);
    for ticket in &lost {
        let account = &ticket["account"];
        assert_eq!((&ticket["state"], &account["no_announcements"]), (&json!("bounced"), &json!("bounced")));
        assert_eq!(account["said"], "550 5.1.1 unknown user");
    }
    shop.later(60).await;
    let admin = shop.again(&shop.admin).await.client;
    let resend = |ticket: &Value| format!("{}/{}/resend", path(&shop), ticket["ticket_id"].as_str().unwrap());
    let to = |channel: &str| json!({"to": channel});
    admin.post(&resend(without[0]), &to("attendee")).await.expect_problem(409, "no_address");
    admin.post(&resend(without[0]), &to("everybody")).await.expect_problem(422, "invalid_input");
    let sent = admin.post(&resend(with[0]), &to("attendee")).await.expect(202);
    assert_eq!(sent["state"], "queued");
    admin.post(&resend(with[0]), &to("attendee")).await.expect_problem(409, "mail_waiting");
    assert_eq!(listed(&shop, &admin, "queued").await.len(), 1);
    shop.work().await;
    let arrived = shop.mails(&bob);
    assert_eq!(arrived.len(), 1);
    let seen = shop.look(&ada, &booking).await;
    let codes = seen["tickets"].as_array().unwrap().iter().filter(|it| it["id"] == with[0]["ticket_id"]);
    let codes: Vec<_> = codes.map(|ticket| ticket["code"].as_str().unwrap().to_owned()).collect();
    assert!(arrived[0].text.contains(&codes[0]), "it is the ticket");
    assert_eq!(listed(&shop, &admin, "unproven").await[0]["ticket_id"], with[0]["ticket_id"]);
    let lost = listed(&shop, &admin, "").await;
    assert_eq!(lost.iter().map(|it| &it["ticket_id"]).collect::<Vec<_>>(), [&without[0]["ticket_id"]]);

    // Tickets are sent whatever is known of an address; she has it again, as it seems.
    admin.post(&resend(without[0]), &to("account")).await.expect(202);
    shop.work().await;
    assert_eq!(listed(&shop, &admin, "").await, Vec::<Value>::new());
    assert_eq!(listed(&shop, &admin, "reached").await[0]["ticket_id"], without[0]["ticket_id"]);
    let acts = admin.get("/admin/audit?act=ticket.resend").await;
    assert!(!acts.text.contains("@example.org"), "{}", acts.text);
    let acts = acts.expect(200);
    let acts = acts["items"].as_array().unwrap();
    let mut whose: Vec<_> = acts.iter().map(|act| act["after"]["to"].as_str().unwrap()).collect();
    whose.sort_unstable();
    assert_eq!(whose, ["account", "attendee"]);
    assert!(acts.iter().all(|act| act["organisation_id"].is_string()));
}

async fn tickets_come_in_pages_that_meet(store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, _, _) = bought(&shop).await;
    bought(&shop).await;
    let admin = shop.again(&shop.admin).await.client;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page = admin.get(&format!("{}?state=all&limit=1{cursor}", path(&shop))).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["ticket_id"].to_string()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted(), "each once, in the order of their ids");
    let member = shop.again(&ada).await.client;
    member.get(&path(&shop)).await.expect_problem(403, "forbidden");
    for wrong in ["state=lost", "limit=0"] {
        admin.get(&format!("{}?{wrong}", path(&shop))).await.expect_problem(422, "invalid_input");
    }
    let nobodys = "/admin/events/01900000-0000-7000-8000-000000000000/reachability";
    admin.get(nobodys).await.expect_problem(404, "not_found");
}
