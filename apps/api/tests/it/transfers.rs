//! Tickets that are handed on from member to member.

use crate::events::cast::{Cast, column, id, in_hours, mistakes};
use crate::harness::{Person, TestApp};
use crate::night::Night;
use serde_json::{Value, json};
use synesthesie::worker;

/// A night, a member with tickets to it, and a friend who reads mail.
struct Scene {
    app: TestApp,
    cast: Cast,
    night: Night,
    booking: Value,
    friend: Person,
}

impl Scene {
    async fn with_tickets(count: u32) -> Self {
        let app = TestApp::start().await;
        let cast = Cast::of(&app).await;
        let night = Night::of(&cast, "Opening").await;
        let booking = night.book(&cast.member.client, count).await;
        let friend = app.member().await;
        app.confirm_address(&friend).await;
        Self { app, cast, night, booking, friend }
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

    async fn scan(&self, code: &Value) -> Value {
        self.cast.door.client.post("/tickets/verify", &json!({"code": code})).await.expect(200)["result"]
            .clone()
    }
}

#[tokio::test]
async fn a_ticket_changes_hands_and_only_the_new_code_opens_the_door() {
    let scene = Scene::with_tickets(2).await;
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

#[tokio::test]
async fn offers_are_declined_withdrawn_and_made_one_at_a_time() {
    let scene = Scene::with_tickets(1).await;
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

#[tokio::test]
async fn whose_a_transfer_is_not_to_them_it_does_not_exist_and_whether_an_address_is_known_is_not_told() {
    let scene = Scene::with_tickets(2).await;
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

#[tokio::test]
async fn those_concerned_get_mail() {
    let scene = Scene::with_tickets(2).await;
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
    assert_eq!(
        taker.iter().filter(|it| *it == "A ticket for Opening").count(),
        1,
        "what was declined is not told"
    );
}

#[tokio::test]
async fn nobody_collects_more_tickets_than_they_may_buy() {
    let scene = Scene::with_tickets(1).await;
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
