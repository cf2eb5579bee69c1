//! Pictures of which nothing comes: they say so, and can be tried again.

use super::house::{House, png, text};
use crate::harness::on_each_store;
use chrono::TimeDelta;
use kernel::{Clock, PictureId};
use serde_json::{Value, json};

on_each_store!(
    House::open: a_picture_that_brings_every_worker_down_has_failed_and_can_be_tried_again,
    a_picture_whose_file_is_gone_has_failed_at_once,
    a_picture_has_failed_whose_work_is_discarded,
    of_a_picture_whose_work_is_discarded_and_retried_at_once_one_thing_comes,
    what_is_made_anew_goes_on_when_the_old_work_is_discarded,
);

/// Times that an effect is taken up before it is set aside.
const TRIES: u32 = 18;

impl House {
    /// A picture of which nothing is made yet; its id.
    async fn unmade(&self) -> String {
        let album = self.open_album().await;
        let sent = self.send(&album, &[("a.png", &png(700, 500))]).await.expect(201);
        text(&sent["items"][0]["image"], "id")
    }

    /// Sets the work for the one picture that is to be made aside, and tells nobody; its id.
    async fn set_aside(&self) -> String {
        let (now, outbox) = (self.clock.now(), &self.app.app.outbox);
        let due = outbox.claim(&[gallery::PICTURES], now, now + TimeDelta::seconds(1), 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert!(outbox.park(due[0].lease(), "it never worked", now).await.unwrap());
        due[0].id.to_string()
    }

    /// As an admin.
    async fn discard(&self, job: &str) {
        self.admin.client.delete(&format!("/admin/jobs/{job}")).await.expect(204);
        let jobs = self.admin.client.get("/admin/jobs").await.expect(200);
        assert_eq!(jobs["items"], json!([]));
    }
}

async fn a_picture_that_brings_every_worker_down_has_failed_and_can_be_tried_again(house: House) {
    let id = house.unmade().await;
    let outbox = &house.app.app.outbox;
    for attempts in 0..TRIES {
        let now = house.clock.now();
        let due = outbox.claim(&[gallery::PICTURES], now, now + TimeDelta::seconds(1), 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.attempts).collect::<Vec<_>>(), [attempts]);
        house.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(house.image(&id).await["status"], "processing");
    house.work().await;
    let failed = house.image(&id).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("internal")));
    let jobs = house.admin.client.get("/admin/jobs").await.expect(200);
    assert_eq!(jobs["items"][0]["domain"], gallery::PICTURES, "{jobs}");
    let again = house.admin.client.post("/admin/images/retry", &json!({"ids": [id]})).await.expect(200);
    assert_eq!(again["changed"], 1);
    house.work().await;
    assert_eq!(house.image(&id).await["status"], "ready");
    house.app.stop().await;
}

async fn a_picture_whose_file_is_gone_has_failed_at_once(house: House) {
    let id = house.unmade().await;
    let app = &house.app.app;
    let picture = app.gallery.picture(id.parse::<PictureId>().unwrap()).await.unwrap().unwrap();
    app.objects.delete(&[picture.original_key().unwrap()]).await.unwrap();
    house.work().await;
    let failed = house.image(&id).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("missing")));
    assert_eq!(house.admin.client.get("/admin/jobs").await.expect(200)["items"], json!([]));
    house.app.stop().await;
}

async fn a_picture_has_failed_whose_work_is_discarded(house: House) {
    let id = house.unmade().await;
    let job = house.set_aside().await;
    assert_eq!(house.image(&id).await["status"], "processing");
    house.discard(&job).await;
    assert_eq!(house.image(&id).await["status"], "processing", "that is owed in its place");
    house.work().await;
    let failed = house.image(&id).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("internal")));
    let again = house.admin.client.post("/admin/images/retry", &json!({"ids": [id]})).await.expect(200);
    assert_eq!(again["changed"], 1);
    house.work().await;
    assert_eq!(house.image(&id).await["status"], "ready");
    house.app.stop().await;
}

async fn of_a_picture_whose_work_is_discarded_and_retried_at_once_one_thing_comes(house: House) {
    for _ in 0..6 {
        let id = house.unmade().await;
        let job = house.set_aside().await;
        let (discard, retry) = (format!("/admin/jobs/{job}"), format!("/admin/jobs/{job}/retry"));
        let (admin, none) = (&house.admin.client, json!({}));
        let (discarded, retried) = tokio::join!(admin.delete(&discard), admin.post(&retry, &none));
        let (status, left) = match (discarded.status, retried.status) {
            (204, 404) => ("failed", json!("internal")),
            (404, 204) => ("ready", Value::Null),
            other => panic!("{other:?}: {} {}", discarded.text, retried.text),
        };
        house.work().await;
        let image = house.image(&id).await;
        assert_eq!((&image["status"], &image["error"]), (&json!(status), &left));
    }
    house.app.stop().await;
}

async fn what_is_made_anew_goes_on_when_the_old_work_is_discarded(house: House) {
    let id = house.unmade().await;
    let job = house.set_aside().await;
    house.app.app.gallery.give_up(id.parse::<PictureId>().unwrap()).await.unwrap();
    let again = house.admin.client.post("/admin/images/retry", &json!({"ids": [id]})).await.expect(200);
    assert_eq!(again["changed"], 1);
    house.discard(&job).await;
    assert_eq!(house.image(&id).await["status"], "processing", "it was asked for anew");
    house.work().await;
    assert_eq!(house.image(&id).await["status"], "ready");
    house.app.stop().await;
}
