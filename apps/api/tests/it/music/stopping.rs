//! Where members stopped, on whatever device.

use super::Stage;
use crate::harness::{PASSWORD, answer, on_each_store};
use chrono::TimeDelta;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};

on_each_store!(Stage::open: what_was_said_last_counts_on_every_device, a_position_lies_in_the_set);

async fn what_was_said_last_counts_on_every_device(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let path = format!("/music/sets/{set}/position");
    let (phone, tablet) = (stage.member().await, stage.member().await);
    assert_eq!(phone.get(&path).await.expect(200), json!({"seconds": 0.0, "said_at": null}));
    let noon = stage.desk.clock.now();
    phone.put(&path, &json!({"seconds": 3.25})).await.expect(200);
    assert_eq!(tablet.get(&path).await.expect(200)["seconds"], 3.25);
    stage.desk.clock.advance(TimeDelta::seconds(60));
    tablet.put(&path, &json!({"seconds": 7})).await.expect(200);
    // The telephone was without a network meanwhile.
    let earlier = noon + TimeDelta::seconds(30);
    let late = phone.put(&path, &json!({"seconds": 5, "said_at": earlier})).await.expect(200);
    assert_eq!(
        (&late["seconds"], &phone.get(&path).await.expect(200)["seconds"]),
        (&json!(7.0), &json!(7.0))
    );
    // A clock that is ahead keeps nobody out.
    let ahead = noon + TimeDelta::days(1);
    phone.put(&path, &json!({"seconds": 1, "said_at": ahead})).await.expect(200);
    stage.desk.clock.advance(TimeDelta::seconds(1));
    tablet.put(&path, &json!({"seconds": 9})).await.expect(200);
    assert_eq!(phone.get(&path).await.expect(200)["seconds"], 9.0);

    let other = stage.desk.app.member().await;
    assert_eq!(other.client.get(&path).await.expect(200)["said_at"], Value::Null);
    let export = phone.get("/users/me/export").await.expect(200);
    assert_eq!(
        (&export["listening"][0]["set_id"], &export["listening"][0]["seconds"]),
        (&json!(set), &json!(9.0))
    );
    let account = stage.member.id.parse().unwrap();
    let erase = phone.request(Method::DELETE, "/users/me").json(&json!({"password": PASSWORD}));
    answer(erase).await.expect(204);
    stage.desk.work().await;
    let id = set.parse().unwrap();
    let actor = kernel::Actor {
        account,
        session: kernel::SessionId::generate(noon),
        role: kernel::Role::Member,
        request: None,
    };
    assert_eq!(stage.desk.app.app.music.position(&actor, id).await.unwrap(), None, "it was forgotten");
    stage.desk.app.stop().await;
}

async fn a_position_lies_in_the_set(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let (path, member) = (format!("/music/sets/{set}/position"), stage.member().await);
    for seconds in [-1.0, 20.1, 1e300] {
        let refused = member.put(&path, &json!({"seconds": seconds})).await;
        assert_eq!(refused.expect_problem(422, "invalid_input")["errors"][0]["field"], "seconds");
    }
    for never in ["-20000-01-01T00:00:00Z", "0000-12-31T23:59:59Z"] {
        let refused = member.put(&path, &json!({"seconds": 1, "said_at": never})).await;
        let refused = refused.expect_problem(422, "invalid_input");
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("said_at"), &json!("out_of_range"))
        );
    }
    assert_eq!(member.get(&path).await.expect(200)["said_at"], Value::Null);
    // As fine as every store keeps it, and no finer.
    let fine = json!({"seconds": 1, "said_at": "1969-12-31T23:59:59.123456789Z"});
    assert_eq!(member.put(&path, &fine).await.expect(200)["said_at"], "1969-12-31T23:59:59.123456Z");
    assert_eq!(member.get(&path).await.expect(200)["said_at"], "1969-12-31T23:59:59.123456Z");
    let ended = member.put(&path, &json!({"seconds": 19.9})).await.expect(200);
    assert_eq!(ended["seconds"], 10.0, "players know the length less exactly");
    let nowhere = "/music/sets/01900000-0000-7000-8000-000000000000/position";
    member.put(nowhere, &json!({"seconds": 0})).await.expect_problem(404, "not_found");
    stage.desk.app.stop().await;
}
