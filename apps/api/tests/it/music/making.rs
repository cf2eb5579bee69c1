//! From a recording to a set, and to nothing again.

use super::stage::{beside, play};
use super::{Fake, Stage};
use crate::events::cast::{column, id, mistakes};
use crate::harness::on_each_store;
use kernel::SetId;
use music::{Made, Refusal};
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::sync::oneshot;

on_each_store!(
    Stage::open: a_set_is_sent_made_published_heard_and_withdrawn,
    a_removed_set_leaves_nothing_behind,
    a_recording_that_fails_says_why_and_can_be_tried_again,
    a_worker_that_was_killed_leaves_nothing_behind,
    what_is_said_of_a_set_is_checked_as_a_whole,
    an_upload_becomes_one_set_of_its_sender,
    a_cue_sheet_is_a_tracklist,
);

async fn a_set_is_sent_made_published_heard_and_withdrawn(stage: Stage) {
    let (admin, member) = (stage.admin().await, stage.member().await);
    let made = stage.sent(&json!({"downloadable": true})).await;
    assert_eq!(
        (&made["status"], &made["progress"], &made["published"]),
        (&json!("processing"), &json!(0), &json!(false))
    );
    let set = id(&made).to_owned();
    let (path, stream) = (format!("/music/sets/{set}"), format!("/music/sets/{set}/stream"));
    stage.change(&set, &json!({"published": true})).await.expect(200);
    member.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(Fake::default().make(&stage.desk.app.app, &set).await, Made::Ready);
    let ready = admin.get(&format!("/admin/sets/{set}")).await.expect(200);
    assert_eq!(
        (&ready["status"], &ready["progress"], &ready["error"]),
        (&json!("ready"), &json!(100), &Value::Null)
    );
    assert_eq!(ready["renditions"].as_array().map(Vec::len), Some(5));
    assert_eq!(column(&admin.get("/admin/sets").await.expect(200), "id"), [set.as_str()]);

    let listed = member.get("/music/sets").await.expect(200);
    let shown = member.get(&path).await.expect(200);
    assert_eq!(listed["items"], json!([shown]));
    assert_eq!((&shown["duration_seconds"], &shown["loudness_lufs"]), (&json!(10.0), &json!(-14.5)));
    assert_eq!(shown["tracklist"], json!([{"at_seconds": 4, "artist": "Ada", "title": "From the file"}]));
    assert_eq!(shown["recorded_at"], "2026-05-31T22:00:00Z");
    let peaks = play(shown["peaks_url"].as_str().unwrap()).await.expect(200);
    assert_eq!((&peaks["version"], &peaks["data"]), (&json!(2), &json!([-3, 4, -5, 6])));

    let played = stage.stream(&member, &set, "").await;
    let url = played["hls_url"].as_str().unwrap();
    assert_eq!(play(url).await.status, 200);
    stage.change(&set, &json!({"published": false})).await.expect(200);
    for gone in [&path, &stream, &format!("{path}/position"), &format!("{path}/download")] {
        member.get(gone).await.expect_problem(404, "not_found");
    }
    for file in ["master.m3u8", "opus-128.m3u8", "opus-128.mp4", "aac-256.m4a", "opus-64.ogg"] {
        play(&beside(url, file)).await.expect_problem(404, "not_found");
    }
    assert_eq!(member.get("/music/sets").await.expect(200)["items"], json!([]));
    admin.get(&path).await.expect(200);
    member.get(&format!("/admin/sets/{set}")).await.expect_problem(403, "forbidden");
    stage.desk.app.stop().await;
}

async fn a_removed_set_leaves_nothing_behind(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    stage.desk.work().await;
    let path = format!("/music/sets/{set}");
    stage.member().await.put(&format!("{path}/position"), &json!({"seconds": 3})).await.expect(200);
    assert_eq!(
        stage.objects("sets/").await.len(),
        16,
        "three files of each of five renditions, and a waveform"
    );
    stage.admin().await.delete(&format!("/admin/sets/{set}")).await.expect(204);
    stage.member().await.get(&path).await.expect_problem(404, "not_found");
    stage.desk.work().await;
    assert_eq!((stage.objects("sets/").await, stage.objects("uploads/").await), (vec![], vec![]));
    stage.admin().await.delete(&format!("/admin/sets/{set}")).await.expect_problem(404, "not_found");
    let export = stage.member().await.get("/users/me/export").await.expect(200);
    assert_eq!(export["listening"], json!([]));
    stage.desk.app.stop().await;
}

async fn a_recording_that_fails_says_why_and_can_be_tried_again(stage: Stage) {
    let (app, admin) = (&stage.desk.app.app, stage.admin().await);
    let set = id(&stage.sent(&json!({})).await).to_owned();
    let (path, retry) = (format!("/admin/sets/{set}"), format!("/admin/sets/{set}/retry"));
    admin.post(&retry, &json!({})).await.expect_problem(409, "not_failed");
    let refusing = Fake { refusal: Some(Refusal::Truncated), ..Fake::default() };
    assert_eq!(refusing.make(app, &set).await, Made::Failed(Refusal::Truncated));
    let failed = admin.get(&path).await.expect(200);
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("truncated")));
    assert_eq!(Fake::default().make(app, &set).await, Made::Before, "nobody wants it any more");
    stage.desk.work().await;
    let again = admin.post(&retry, &json!({})).await.expect(200);
    assert_eq!((&again["status"], &again["error"]), (&json!("processing"), &Value::Null));
    assert_eq!(Fake::default().make(app, &set).await, Made::Ready);
    stage.desk.work().await;
    assert_eq!(admin.get(&path).await.expect(200)["status"], "ready");
    stage.desk.app.stop().await;
}

async fn a_worker_that_was_killed_leaves_nothing_behind(stage: Stage) {
    let app = &stage.desk.app.app;
    let set = id(&stage.sent(&json!({})).await).to_owned();
    let (tell, told) = oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let kill = |progress| {
        // Some of what was made is put.
        if progress > 93
            && let Some(tell) = tell.lock().unwrap().take()
        {
            tell.send(()).unwrap();
        }
    };
    tokio::select! {
        biased;
        killed = told => killed.unwrap(),
        made = Fake::default().make_telling(app, &set, &kill) => panic!("it was faster: {made:?}"),
    }
    assert!(!stage.objects("sets/").await.is_empty(), "it left something");
    let (one, other) = (Fake::default().make(app, &set).await, Fake::default().make(app, &set).await);
    assert_eq!((one, other), (Made::Ready, Made::Before));
    stage.desk.work().await;
    let kept = app.music.show(set.parse::<SetId>().unwrap()).await.unwrap().unwrap().keys();
    assert_eq!(stage.objects("sets/").await, kept.into_iter().collect::<Vec<_>>());
    stage.desk.app.stop().await;
}

async fn what_is_said_of_a_set_is_checked_as_a_whole(stage: Stage) {
    let upload = stage.recording(b"ID3\x04\0", "audio/mpeg").await;
    let wrong = json!({
        "title": "", "cue": "no sheet", "download_formats": ["wav"], "recorded_at": "2031-01-01T00:00:00Z",
    });
    let refused = stage.set_of(&upload, &wrong).await;
    let refused = refused.expect_problem(422, "invalid_input");
    let fields = mistakes(&refused);
    for field in ["title", "cue", "download_formats.0", "recorded_at"] {
        assert!(fields.iter().any(|(it, _)| *it == field), "{field}: {fields:?}");
    }
    let nowhere = json!({"event_id": "01900000-0000-7000-8000-000000000000"});
    let refused = stage.set_of(&upload, &nowhere).await.expect_problem(422, "invalid_input");
    assert_eq!(refused["errors"][0]["field"], "event_id");
    let set = stage.set_of(&upload, &json!({})).await.expect(201);
    let late = json!({"tracklist": [{"at_seconds": 10, "title": "x"}]});
    stage.change(id(&set), &late).await.expect(200);
    Fake::default().make(&stage.desk.app.app, id(&set)).await;
    let ready = stage.admin().await.get(&format!("/admin/sets/{}", id(&set))).await.expect(200);
    // It lies behind the end: whoever runs the set is told, and members are not sent there.
    assert_eq!(
        (&ready["tracklist"][0]["title"], &ready["warnings"]),
        (&json!("x"), &json!(["tracklist_cut"]))
    );
    stage.change(id(&set), &json!({"published": true})).await.expect(200);
    let heard = stage.member().await.get(&format!("/music/sets/{}", id(&set))).await.expect(200);
    assert_eq!((&heard["tracklist"], heard.get("warnings")), (&json!([]), None));
    stage.change(id(&set), &late).await.expect_problem(422, "invalid_input");
    let both = json!({"cue": "x", "tracklist": []});
    stage.change(id(&set), &both).await.expect_problem(422, "invalid_input");
    let never = json!({"recorded_at": "-20000-01-01T00:00:00Z"});
    stage.change(id(&set), &never).await.expect_problem(422, "invalid_input");
    let mended = json!({"tracklist": [{"at_seconds": 9, "title": "x"}]});
    assert_eq!(stage.change(id(&set), &mended).await.expect(200)["warnings"], json!([]));
    let emptied = stage.change(id(&set), &json!({"recorded_at": null, "title": "Other"})).await.expect(200);
    assert_eq!((&emptied["recorded_at"], &emptied["title"]), (&Value::Null, &json!("Other")));
    stage.desk.app.stop().await;
}

async fn an_upload_becomes_one_set_of_its_sender(stage: Stage) {
    let open = stage.desk.begin("set", 5, "audio/mpeg").await;
    let unknown = |answer: Value| assert_eq!(answer["errors"][0]["field"], "upload_id");
    let open = open["upload_id"].as_str().unwrap();
    unknown(stage.set_of(open, &json!({})).await.expect_problem(422, "invalid_input"));
    let nobodys = "01900000-0000-7000-8000-000000000000";
    unknown(stage.set_of(nobodys, &json!({})).await.expect_problem(422, "invalid_input"));
    let upload = stage.recording(b"ID3\x04\0", "audio/mpeg").await;
    let other = stage.desk.app.admin().await.client;
    let body = json!({"title": "x", "artist": "x", "upload_id": upload});
    unknown(other.post("/admin/sets", &body).await.expect_problem(422, "invalid_input"));
    stage.set_of(&upload, &json!({})).await.expect(201);
    unknown(stage.set_of(&upload, &json!({})).await.expect_problem(422, "invalid_input"));
    assert_eq!(
        stage.admin().await.get("/admin/sets").await.expect(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
    stage.desk.app.stop().await;
}

async fn a_cue_sheet_is_a_tracklist(stage: Stage) {
    let cue = "FILE \"a.mp3\" MP3\nTRACK 01 AUDIO\nTITLE \"Zwei\"\nPERFORMER \"Bob\"\nINDEX 01 00:05:70\n\
               TRACK 02 AUDIO\nTITLE \"Eins\"\nINDEX 01 00:00:00\n\
               TRACK 03 AUDIO\nPERFORMER \"Cleo\"\nINDEX 01 00:08:00\n";
    let set = stage.sent(&json!({"cue": cue})).await;
    let expected = json!([
        {"at_seconds": 0, "artist": "", "title": "Eins"},
        {"at_seconds": 5, "artist": "Bob", "title": "Zwei"},
        {"at_seconds": 8, "artist": "Cleo", "title": "ID"},
    ]);
    assert_eq!(set["tracklist"], expected);
    Fake::default().make(&stage.desk.app.app, id(&set)).await;
    let ready = stage.admin().await.get(&format!("/admin/sets/{}", id(&set))).await.expect(200);
    assert_eq!(ready["tracklist"], expected, "chapters of the file do not replace it");
    stage.desk.app.stop().await;
}
