//! Tickets that are handed on from member to member.

use crate::events::cast::{Cast, column, id, in_hours, mistakes};
use crate::events::places::on;
use crate::harness::shop::Store;
use crate::harness::{PASSWORD, Person, TestApp, on_each_store};
use crate::night::Night;
use adapter_postgres::testing::FreshDatabase;
use serde_json::{Value, json};
use synesthesie::worker;

on_each_store!(
    a_ticket_changes_hands_and_only_the_new_code_opens_the_door,
    offers_are_declined_withdrawn_and_made_one_at_a_time,
    whose_a_transfer_is_not_to_them_it_does_not_exist_and_whether_an_address_is_known_is_not_told,
    those_concerned_get_mail,
    nobody_collects_more_tickets_than_they_may_buy,
    a_request_to_cancel_does_not_reach_a_ticket_that_was_handed_on,
    an_offer_is_over_when_its_ticket_is,
    who_took_a_ticket_is_told_that_it_was_cancelled,
    the_place_goes_with_the_ticket,
    the_ticket_of_an_erased_buyer_reaches_who_took_it,
    a_transfer_says_what_it_is_of,
);

/// A night, a member with tickets to it, and a friend who reads mail.
struct Scene {
    app: TestApp,
    cast: Cast,
    night: Night,
    booking: Value,
    friend: Person,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl Scene {
    async fn with_tickets(store: Store, count: u32) -> Self {
        let (app, database) = on(store).await;
        let cast = Cast::of(&app).await;
        let night = Night::of(&cast, "Opening").await;
        let booking = night.book(&cast.member.client, count).await;
        let friend = app.member().await;
        app.confirm_address(&friend).await;
        Self { app, cast, night, booking, friend, _database: database }
    }

    fn ticket(&self, number: usize) -> &Value {
        &self.booking["tickets"][number]
    }

    fn path(&self, number: usize) -> String {
        format!("/tickets/{}", id(self.ticket(number)))
    }

    async fn offer(&self, number: usize) -> Value {
        let body = json!({"email": self.friend.email});
        self.cast.member.client.post(&format!("{}/transfer", self.path(number)), &body).await.expect(201)
    }

    /// Hands a ticket on: the ticket, as its new holder sees it.
    async fn hand_on(&self, number: usize) -> Value {
        let path = format!("/transfers/{}/accept", id(&self.offer(number).await));
        self.friend.client.post(&path, &json!({})).await.expect(200)
    }

    /// What mails somebody got, by their subjects, after all that is owed was done.
    async fn mails_to(&self, person: &Person) -> Vec<Value> {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
        let mails = self.cast.admin.client.get("/admin/mail?limit=100").await.expect(200);
        let all = mails["items"].as_array().unwrap().iter();
        all.filter(|mail| mail["to"] == json!(person.email)).cloned().collect()
    }

    async fn scan(&self, code: &Value) -> Value {
        self.cast.door.client.post("/tickets/verify", &json!({"code": code})).await.expect(200)["result"]
            .clone()
    }
}

async fn a_ticket_changes_hands_and_only_the_new_code_opens_the_door(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    let (giver, taker) = (&scene.cast.member.client, &scene.friend.client);
    let made = scene.offer(0).await;
    let path = format!("/transfers/{}", id(&made));
    assert_eq!((&made["status"], &made["direction"]), (&json!("offered"), &json!("outgoing")));
    let seen = taker.get(&path).await.expect(200);
    assert_eq!((&seen["status"], &seen["direction"]), (&json!("offered"), &json!("incoming")));
    assert_eq!(giver.get(&scene.path(0)).await.expect(200)["status"], "valid", "until it is taken");
    let taken = taker.post(&format!("{path}/accept"), &json!({})).await.expect(200);
    assert_eq!((&taken["id"], &taken["status"]), (&scene.ticket(0)["id"], &json!("valid")));
    let (old, new) = (&scene.ticket(0)["code"], &taken["code"]);
    assert_ne!(old, new);
    giver.get(&scene.path(0)).await.expect_problem(404, "not_found");
    giver.get(&format!("{}/qr.svg", scene.path(0))).await.expect_problem(404, "not_found");
    let booking = giver.get(&format!("/bookings/{}", id(&scene.booking))).await.expect(200);
    let gone = booking["tickets"].as_array().unwrap().iter().find(|it| it["id"] == taken["id"]).unwrap();
    assert_eq!(
        (&gone["status"], &gone["code"], &gone["attendee"]),
        (&json!("transferred"), &Value::Null, &Value::Null)
    );
    assert_eq!(column(&taker.get("/users/me/tickets").await.expect(200), "id"), [id(&taken)]);
    assert_eq!(scene.scan(old).await, "cancelled");
    assert_eq!(scene.scan(new).await, "admitted");
    let again = taker.post(&format!("{path}/accept"), &json!({})).await.expect(200);
    assert_eq!(again["id"], taken["id"], "once more is no more");
    let left = giver.get(&format!("/events/{}/availability", scene.night.event)).await.expect(200);
    assert_eq!(left["items"][0]["available"], 48, "the places are as they were");
}

async fn offers_are_declined_withdrawn_and_made_one_at_a_time(store: Store) {
    let scene = Scene::with_tickets(store, 1).await;
    let (giver, taker) = (&scene.cast.member.client, &scene.friend.client);
    let first = format!("/transfers/{}", id(&scene.offer(0).await));
    let body = json!({"email": scene.friend.email});
    let offer = format!("{}/transfer", scene.path(0));
    giver.post(&offer, &body).await.expect_problem(409, "transfer_waiting");
    assert_eq!(taker.post(&format!("{first}/decline"), &json!({})).await.expect(200)["status"], "declined");
    taker.post(&format!("{first}/accept"), &json!({})).await.expect_problem(409, "transfer_over");
    let second = format!("/transfers/{}", id(&scene.offer(0).await));
    giver.delete(&second).await.expect(204);
    taker.post(&format!("{second}/accept"), &json!({})).await.expect_problem(409, "transfer_over");
    let incoming = taker.get("/users/me/transfers").await.expect(200);
    assert_eq!(column(&incoming, "status"), ["withdrawn", "declined"]);
    let outgoing = giver.get("/users/me/transfers?direction=outgoing&limit=1").await.expect(200);
    assert_eq!(column(&outgoing, "status"), ["withdrawn"]);
    assert!(outgoing["next_cursor"].is_string());
    giver.get("/users/me/transfers?direction=up").await.expect_problem(422, "invalid_input");
    assert_eq!(scene.scan(&scene.ticket(0)["code"]).await, "admitted", "the ticket is good as before");
    giver.post(&offer, &body).await.expect_problem(409, "ticket_not_transferable");
}

async fn whose_a_transfer_is_not_to_them_it_does_not_exist_and_whether_an_address_is_known_is_not_told(
    store: Store,
) {
    let scene = Scene::with_tickets(store, 2).await;
    let giver = &scene.cast.member.client;
    let path = format!("/transfers/{}", id(&scene.offer(0).await));
    for stranger in [&scene.cast.owner.client, &scene.cast.admin.client, &scene.cast.foreigner.client] {
        stranger.get(&path).await.expect_problem(404, "not_found");
        stranger.post(&format!("{path}/accept"), &json!({})).await.expect_problem(404, "not_found");
        stranger.post(&format!("{path}/decline"), &json!({})).await.expect_problem(404, "not_found");
        stranger.delete(&path).await.expect_problem(404, "not_found");
        let body = json!({"email": "me@example.org"});
        let mine = stranger.post(&format!("{}/transfer", scene.path(1)), &body).await;
        mine.expect_problem(404, "not_found");
    }
    giver.post(&format!("{path}/accept"), &json!({})).await.expect_problem(404, "not_found");
    scene.friend.client.delete(&path).await.expect_problem(404, "not_found");
    let offer = format!("{}/transfer", scene.path(1));
    for wrong in ["", "nobody", "a b@example.org"] {
        let refused = giver.post(&offer, &json!({"email": wrong})).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [("email", "malformed")], "{wrong}");
    }
    let nobody = giver.post(&offer, &json!({"email": "nobody@example.org"})).await.expect(201);
    assert_eq!(nobody["status"], "offered", "as for any other address");
}

async fn those_concerned_get_mail(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    while worker::round(&scene.app.app).await.unwrap() > 0 {}
    let transfer = scene.offer(0).await;
    while worker::round(&scene.app.app).await.unwrap() > 0 {}
    scene.friend.client.post(&format!("/transfers/{}/accept", id(&transfer)), &json!({})).await.expect(200);
    let other = scene.offer(1).await;
    scene.friend.client.post(&format!("/transfers/{}/decline", id(&other)), &json!({})).await.expect(200);
    while worker::round(&scene.app.app).await.unwrap() > 0 {}
    let mails = scene.cast.admin.client.get("/admin/mail?limit=100").await.expect(200);
    let to = |person: &Person| -> Vec<String> {
        let of_person =
            mails["items"].as_array().unwrap().iter().filter(|mail| mail["to"] == json!(person.email));
        of_person.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
    };
    let (giver, taker) = (to(&scene.cast.member), to(&scene.friend));
    for (told, subject) in [
        (&taker, "A ticket for Opening"),
        (&taker, "Your ticket for Opening"),
        (&giver, "Your ticket for Opening was taken"),
        (&giver, "Your ticket for Opening was not taken"),
    ] {
        assert_eq!(told.iter().filter(|it| *it == subject).count(), 1, "{subject}: {giver:?} {taker:?}");
    }
    let about = taker.iter().filter(|it| it.contains("Opening")).count();
    assert_eq!(about, 2, "an offer that was declined before it was told is not told: {taker:?}");
}

async fn nobody_collects_more_tickets_than_they_may_buy(store: Store) {
    let scene = Scene::with_tickets(store, 1).await;
    let body = json!({
        "name": "Guest", "price": {"amount": 0, "currency": "EUR"}, "quantity": 50, "max_per_user": 1,
        "sales_end": in_hours(100),
    });
    let path = format!("/admin/ticket-types/{}", scene.night.free);
    scene.cast.manager.client.put(&path, &body).await.expect(200);
    scene.night.book(&scene.friend.client, 1).await;
    let transfer = scene.offer(0).await;
    let accept = format!("/transfers/{}/accept", id(&transfer));
    scene.friend.client.post(&accept, &json!({})).await.expect_problem(422, "limit_exceeded");
    assert_eq!(scene.scan(&scene.ticket(0)["code"]).await, "admitted", "it is the giver's still");
}

fn subjects(mails: &[Value]) -> Vec<&str> {
    mails.iter().map(|mail| mail["subject"].as_str().unwrap()).collect()
}

async fn a_request_to_cancel_does_not_reach_a_ticket_that_was_handed_on(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    let giver = &scene.cast.member.client;
    let booking = format!("/bookings/{}", id(&scene.booking));
    let ask = json!({"message": "I cannot come."});
    giver.post(&format!("{booking}/request-cancel"), &ask).await.expect(200);
    let taken = scene.hand_on(0).await;
    let managed = format!("/admin{booking}");
    let seen = scene.cast.manager.client.get(&managed).await.expect(200);
    for ticket in seen["tickets"].as_array().unwrap() {
        assert_eq!(ticket["handed_on"], json!(ticket["id"] == taken["id"]), "{ticket}");
    }
    let grant = json!({"decision": "grant"});
    let decided = scene.cast.manager.client.post(&format!("{managed}/cancellation-request"), &grant).await;
    let decided = decided.expect(200);
    for ticket in decided["tickets"].as_array().unwrap() {
        let kept = ticket["id"] == taken["id"];
        assert_eq!(ticket["status"], if kept { "valid" } else { "cancelled" }, "{decided}");
    }
    assert_eq!(scene.scan(&taken["code"]).await, "admitted");
}

async fn an_offer_is_over_when_its_ticket_is(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    let (cancelled, used) = (scene.offer(0).await, scene.offer(1).await);
    let body = json!({"ticket_ids": [id(scene.ticket(0))]});
    let path = format!("/bookings/{}/cancel", id(&scene.booking));
    scene.cast.member.client.post(&path, &body).await.expect(200);
    assert_eq!(scene.scan(&scene.ticket(1)["code"]).await, "admitted");
    for transfer in [&cancelled, &used] {
        let path = format!("/transfers/{}", id(transfer));
        let seen = scene.friend.client.get(&path).await.expect(200);
        assert_eq!(seen["status"], "withdrawn");
        let late = scene.friend.client.post(&format!("{path}/accept"), &json!({})).await;
        late.expect_problem(409, "transfer_over");
    }
    let mails = scene.mails_to(&scene.friend).await;
    assert!(!subjects(&mails).contains(&"A ticket for Opening"), "nobody is asked to take what is dead");
}

async fn who_took_a_ticket_is_told_that_it_was_cancelled(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    let taken = scene.hand_on(0).await;
    scene.mails_to(&scene.friend).await;
    let path = format!("/admin/events/{}/cancel", scene.night.event);
    scene.cast.manager.client.post(&path, &json!({})).await.expect(202);
    let (taker, giver) = (scene.mails_to(&scene.friend).await, scene.mails_to(&scene.cast.member).await);
    for told in [&taker, &giver] {
        assert_eq!(subjects(told).iter().filter(|it| **it == "Cancelled: Opening").count(), 1, "{told:?}");
    }
    let reference = scene.booking["reference"].as_str().unwrap();
    assert!(!json!(taker).to_string().contains(reference), "the booking is not theirs");
    let seen = scene.friend.client.get(&format!("/tickets/{}", id(&taken))).await.expect(200);
    assert_eq!(seen["status"], "cancelled");
}

async fn the_place_goes_with_the_ticket(store: Store) {
    let scene = Scene::with_tickets(store, 1).await;
    let event = format!("/events/{}", scene.night.event);
    let path = format!("/admin{event}");
    let mut body = scene.cast.event("Opening");
    body["doors_at"] = json!(in_hours(0));
    body["location"]["address_visible_from"] = json!(in_hours(-1));
    scene.cast.manager.client.put(&path, &body).await.expect(200);
    let knows = async |person: &Person| {
        person.client.get(&event).await.expect(200)["location"]["address"].is_string()
    };
    let (giver, taker) = (&scene.cast.member, &scene.friend);
    assert_eq!((knows(giver).await, knows(taker).await), (true, false));
    scene.offer(0).await;
    assert_eq!((knows(giver).await, knows(taker).await), (true, false), "an offer tells nothing");
    let offered = taker.client.get("/users/me/transfers").await.expect(200);
    let accept = format!("/transfers/{}/accept", id(&offered["items"][0]));
    taker.client.post(&accept, &json!({})).await.expect(200);
    assert_eq!((knows(giver).await, knows(taker).await), (false, true));
    scene.cast.manager.client.post(&format!("{path}/deactivate"), &json!({})).await.expect(200);
    assert!(knows(taker).await, "who goes there still finds it");
    giver.client.get(&event).await.expect_problem(404, "not_found");
    let file = taker.client.get(&format!("{event}/calendar.ics")).await;
    assert_eq!(file.status, 200);
}

async fn the_ticket_of_an_erased_buyer_reaches_who_took_it(store: Store) {
    let scene = Scene::with_tickets(store, 1).await;
    let taken = scene.hand_on(0).await;
    let again = scene.app.login(&scene.cast.member.email, PASSWORD).await;
    let gone = again.client.delete("/users/me").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let mails = scene.mails_to(&scene.friend).await;
    let mail = mails.iter().find(|mail| mail["subject"] == "Your ticket for Opening").expect("the ticket");
    assert!(!mail.to_string().contains(scene.booking["reference"].as_str().unwrap()), "{mail}");
    assert_eq!(scene.scan(&taken["code"]).await, "admitted");
    let pdf = scene.friend.client.get(&format!("/tickets/{}/ticket.pdf", id(&taken))).await;
    assert_eq!(pdf.status, 200);
}

async fn a_transfer_says_what_it_is_of(store: Store) {
    let scene = Scene::with_tickets(store, 2).await;
    let event = scene.cast.member.client.get(&format!("/events/{}", scene.night.event)).await.expect(200);
    for offered in [scene.offer(0).await, scene.offer(1).await] {
        assert_eq!((&offered["event_title"], &offered["ticket_type"]), (&json!("Opening"), &json!("Guest")));
        assert_eq!(offered["starts_at"], event["starts_at"]);
    }
    let listed = scene.friend.client.get("/users/me/transfers").await.expect(200);
    assert_eq!(column(&listed, "event_title"), ["Opening", "Opening"]);
    assert_eq!(column(&listed, "ticket_type"), ["Guest", "Guest"]);
    assert!(!listed.to_string().contains("@"), "neither learns the other's address");
    for person in [&scene.cast.member, &scene.friend] {
        let export = person.client.get("/users/me/export").await.expect(200);
        assert_eq!(export["transfers"].as_array().unwrap().len(), 2);
    }
}
