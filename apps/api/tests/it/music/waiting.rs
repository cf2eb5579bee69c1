//! Recordings that wait: for a program, or for somebody who tries again.

use super::Stage;
use crate::events::cast::id;
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use chrono::TimeDelta;
use kernel::{Clock, SetId};
use serde_json::json;

on_each_store!(without_ffmpeg_recordings_are_left_to_workers_that_have_it, what_never_worked_has_failed);

async fn without_ffmpeg_recordings_are_left_to_workers_that_have_it(store: Store) {
    let stage = Stage::with(store, &[("media.ffmpeg", "/nowhere/ffmpeg")]).await;
    let set = id(&stage.sent(&json!({})).await).to_owned();
    stage.desk.work().await;
    let shown = stage.admin().await.get(&format!("/admin/sets/{set}")).await.expect(200);
    assert_eq!((&shown["status"], &shown["progress"]), (&json!("processing"), &json!(0)));
    let (now, outbox) = (stage.desk.clock.now(), &stage.desk.app.app.outbox);
    let due = outbox.claim(&[music::SOUND], now, now + TimeDelta::minutes(1), 10).await.unwrap();
    let waiting: Vec<_> = due.iter().map(|due| (due.attempts, due.due_at <= now)).collect();
    assert_eq!(waiting, [(0, true)], "nobody took it up, and nobody put it off");
    stage.desk.app.stop().await;
}

async fn what_never_worked_has_failed(store: Store) {
    let stage = Stage::open(store).await;
    let (app, admin) = (&stage.desk.app.app, stage.admin().await);
    let set = id(&stage.sent(&json!({})).await).to_owned();
    let (path, retry) = (format!("/admin/sets/{set}"), format!("/admin/sets/{set}/retry"));
    admin.post(&retry, &json!({})).await.expect_problem(409, "not_failed");
    let given_up = app.music.give_up(set.parse::<SetId>().unwrap()).await.unwrap();
    assert_eq!(given_up, music::Made::Failed(music::Refusal::Internal));
    let failed = admin.get(&path).await.expect(200);
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("internal")));
    admin.post(&retry, &json!({})).await.expect(200);
    let key = app.music.show(set.parse().unwrap()).await.unwrap().unwrap().original_key().unwrap();
    app.objects.delete(&[key]).await.unwrap();
    stage.desk.work().await;
    let failed = admin.get(&path).await.expect(200);
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("missing")));
    stage.desk.app.stop().await;
}
