//! Whoever has gone is named nowhere any more but on documents, which the law has kept, and the books are whole.

use crate::gallery::filled;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{Client, PASSWORD, Person, answer, method, on_each_store, unique_email};
use serde_json::json;
use std::collections::BTreeSet;
use synesthesie::worker::seal_round;

on_each_store!(who_goes_is_named_nowhere_but_on_documents_and_the_books_are_whole);

const DAY: i64 = 24 * 60 * 60;

/// In lower case; all of it is about one person and whom they brought.
const WORDS: [&str; 4] = ["zephyr", "quatermain", "ottilie", "falkenrath"];

/// Somebody who came by an invite of their own, with a device of their own.
async fn newcomer(shop: &Shop, admin: &Client) -> Person {
    let email = unique_email("zephyrine");
    let invite = json!({"email": email, "note": "Zephyrine Quatermain, who sings"});
    let invite = admin.post("/admin/invites", &invite).await.expect(201);
    let body = json!({
        "invite_code": invite["items"][0]["code"], "email": email, "password": PASSWORD,
        "first_name": "Zephyrine", "last_name": "Quatermain",
    });
    shop.app.stranger().post("/auth/register", &body).await.expect(201);
    let login = shop.app.stranger().request(method("POST"), "/auth/login");
    let login = login.header("user-agent", "Zephyrbrowser/1.0");
    answer(login.json(&json!({"email": email, "password": PASSWORD}))).await.expect(200);
    shop.app.login(&email, PASSWORD).await
}

/// They leave words wherever one can; their booking.
async fn leave_words(shop: &Shop, admin: &Client, person: &Person) -> String {
    let client = &person.client;
    client.patch("/users/me", &json!({"profile": {"bio": "Zephyrine sings."}})).await.expect(200);
    let budget = format!("/admin/users/{}/invite-budget", person.id);
    admin.put(&budget, &json!({"budget": 5})).await.expect(200);
    client.post("/users/me/invites", &json!({"note": "for Ottilie"})).await.expect(201);
    let moving = json!({"email": unique_email("zephyrine"), "password": PASSWORD});
    client.post("/users/me/email", &moving).await.expect(202);
    let album = admin.post("/admin/albums", &json!({"title": "The night"})).await.expect(201);
    let picture = filled(&shop.app, id(&album), 1).await.remove(0);
    let wish = format!("/gallery/images/{picture}/removal-request");
    client.post(&wish, &json!({"reason": "That is Zephyrine."})).await.expect(201);
    let hold = shop.hold(person, 2).await;
    let order = json!({
        "hold_id": hold["hold_id"], "payment": {"provider": Till::Stripe.name()},
        "attendees": [
            {"first_name": "Zephyrine", "last_name": "Quatermain"},
            {"first_name": "Ottilie", "last_name": "Falkenrath", "email": "ottilie.falkenrath@example.org"},
        ],
    });
    let booking = client.post("/bookings/confirm", &order).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    // Who comes along is sent their ticket.
    let board = format!("/admin/events/{}/reachability", shop.event);
    let tickets = admin.get(&format!("{board}?state=all")).await.expect(200);
    let tickets = tickets["items"].as_array().unwrap();
    let ticket = tickets.iter().find(|ticket| !ticket["attendee"].is_null()).unwrap();
    let resend = format!("{board}/{}/resend", ticket["ticket_id"].as_str().unwrap());
    admin.post(&resend, &json!({"to": "attendee"})).await.expect(202);
    shop.work().await;
    let asking = format!("/bookings/{}/request-cancel", id(&booking));
    client.post(&asking, &json!({"message": "Zephyrine is ill."})).await.expect(200);
    shop.work().await;
    id(&booking).to_owned()
}

/// Where one of the words stands, by what the store in question calls it.
async fn named_in(shop: &Shop) -> BTreeSet<String> {
    let names = |body: &str| WORDS.iter().any(|word| body.contains(word));
    let stored = shop.stored().await.into_iter();
    let naming = stored.filter(|one| names(&one.body.to_string().to_lowercase()));
    // The box is for trying things out: where mails are sent there is none.
    naming.map(|one| one.of).filter(|of| of != "mail").collect()
}

/// Names of tables, as this store has them.
fn called(store: Store, tables: &[&str]) -> BTreeSet<String> {
    let kind = |table: &&str| match store {
        Store::Local => table.trim_end_matches('s').to_owned(),
        Store::Postgres => (*table).to_owned(),
    };
    tables.iter().map(kind).collect()
}

async fn who_goes_is_named_nowhere_but_on_documents_and_the_books_are_whole(store: Store) {
    let shop = Shop::open(store, 20).await;
    let admin = shop.again(&shop.admin).await.client;
    let person = newcomer(&shop, &admin).await;
    let booking = leave_words(&shop, &admin, &person).await;
    let everywhere = [
        "accounts",
        "bookings",
        "documents",
        "email_changes",
        "invites",
        "letters",
        "removals",
        "sessions",
        "tickets",
    ];
    assert_eq!(named_in(&shop).await, called(store, &everywhere));

    let erasing = person.client.request(method("DELETE"), "/users/me").json(&json!({"password": PASSWORD}));
    answer(erasing).await.expect(204);
    shop.work().await;
    // The door still lets their guests in by their names, and a fortnight longer one may ask what happened there.
    let for_the_door = called(store, &["bookings", "documents", "letters", "tickets"]);
    assert_eq!(named_in(&shop).await, for_the_door);
    shop.later((31 + 14) * DAY - 1).await;
    assert_eq!(named_in(&shop).await, for_the_door);
    shop.later(1).await;
    assert_eq!(named_in(&shop).await, called(store, &["documents"]));

    let app = &shop.app.app;
    let compared = app.ledger.compare(|difference| panic!("{difference:?}")).await.unwrap();
    assert!(compared.agrees(), "{compared:?}");
    assert_eq!(app.bookings.stock_differences().await.unwrap(), []);
    seal_round(app).await.unwrap();
    let found = kernel::audit::verify(&*app.audit, &*app.audit_mac, None).await.unwrap();
    assert_eq!((found.fault, found.waiting), (None, 0), "the chain of acts is whole");
    let stored = shop.stored().await;
    let forgetting = |of: &str, act: &str| {
        let acts = stored
            .iter()
            .filter(|one| one.of == of && one.body.pointer(act) == Some(&json!("booking.forget_people")));
        acts.count()
    };
    assert_eq!(forgetting("audit_acts", "/act") + forgetting("act", "/act/act"), 1, "it is on record, once");
    let kept =
        stored.iter().find(|one| called(store, &["bookings"]).contains(&one.of) && id(&one.body) == booking);
    let kept = &kept.unwrap().body;
    assert_eq!((&kept["status"], &kept["attendees"]), (&json!("confirmed"), &json!([])));
    shop.app.stop().await;
}
