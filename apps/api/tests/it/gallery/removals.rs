//! Wishes that a picture goes.

use super::house::{House, text};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use chrono::TimeDelta;
use serde_json::json;

on_each_store!(
    House::open: a_picture_that_somebody_wants_gone_goes_with_proof,
    a_wish_that_is_refused_gives_the_picture_back,
    wishes_are_listed_by_what_became_of_them,
    who_is_erased_leaves_the_proof_alone,
);

async fn a_picture_that_somebody_wants_gone_goes_with_proof(house: House) {
    let album = house.open_album().await;
    let (id, kept) = (house.shown(&album).await, house.shown(&album).await);
    let (me, other) = (house.app.member().await, house.app.member().await);
    let path = format!("/gallery/albums/{album}/images");
    let url = text(&house.image(&id).await["sources"][0], "url");
    assert_eq!(me.client.get(&path).await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    let wish = format!("/gallery/images/{id}/removal-request");
    let asked = me.client.post(&wish, &json!({"reason": "That is my face."})).await.expect(201);
    assert_eq!((asked["status"].as_str(), asked["links_end_at"].is_string()), (Some("asked"), true));
    // At once, for everybody; asking again is the same wish, and others see nothing to ask for.
    let seen = other.client.get(&path).await.expect(200);
    assert_eq!(
        seen["items"].as_array().unwrap().iter().map(|it| text(it, "id")).collect::<Vec<_>>(),
        [&*kept]
    );
    assert_eq!(me.client.post(&wish, &json!({})).await.expect(201)["id"], asked["id"]);
    other.client.post(&wish, &json!({})).await.expect_problem(404, "not_found");
    house.publish(&[&id], true).await;
    assert_eq!(other.client.get(&path).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    house.work().await;
    let told = house.mails(&house.admin);
    assert!(told.iter().any(|mail| mail.subject.contains("A picture is to go")), "{told:?}");

    let cases = house.admin.client.get("/admin/removal-requests").await.expect(200);
    assert_eq!(cases["items"][0]["image"]["removal_requested"], true);
    let case = format!("/admin/removal-requests/{}", text(&asked, "id"));
    let agreed = house.admin.client.post(&format!("{case}/agree"), &json!({})).await.expect(200);
    assert_eq!(agreed["status"], "removing");
    let refuse = format!("{case}/refuse");
    house.admin.client.post(&refuse, &json!({})).await.expect_problem(409, "removal_decided");
    house.work().await;
    let cases = house.admin.client.get("/admin/removal-requests").await.expect(200);
    let case = &cases["items"][0];
    let proof = case["proof"].as_array().unwrap();
    assert_eq!((case["status"].as_str(), case["image"].is_null()), (Some("removed"), true), "{case}");
    assert!(proof.len() >= 5 && proof.iter().all(|one| text(one, "key").contains(&id)), "{proof:?}");
    assert!(house.files().iter().all(|file| !file.to_string_lossy().contains(&id)));
    assert!(house.files().iter().any(|file| file.to_string_lossy().contains(&kept)));
    assert_ne!(house.follow(&url).await.status(), 200);
    house.admin.client.get(&format!("/admin/images/{id}")).await.expect_problem(404, "not_found");
    let own = me.client.get("/users/me/removal-requests").await.expect(200);
    assert_eq!(own["items"][0]["removed_files"].as_u64(), u64::try_from(proof.len()).ok());
    assert_eq!(other.client.get("/users/me/removal-requests").await.expect(200)["items"], json!([]));
    let mails = house.mails(&me);
    let mail = mails.iter().find(|mail| mail.subject.contains("has been removed")).unwrap();
    assert!(mail.text.contains(&format!("{} files", proof.len())), "{}", mail.text);
    house.app.stop().await;
}

async fn a_wish_that_is_refused_gives_the_picture_back(house: House) {
    let album = house.open_album().await;
    let id = house.shown(&album).await;
    let me = house.app.member().await;
    let wish = format!("/gallery/images/{id}/removal-request");
    let too_long = json!({"reason": "x".repeat(1001)});
    me.client.post(&wish, &too_long).await.expect_problem(422, "invalid_input");
    let asked = me.client.post(&wish, &json!({})).await.expect(201);
    let path = format!("/gallery/albums/{album}/images");
    me.client.get(&path).await.expect_problem(404, "not_found");
    let refuse = format!("/admin/removal-requests/{}/refuse", text(&asked, "id"));
    me.client.post(&refuse, &json!({})).await.expect_problem(403, "forbidden");
    let refused = house.admin.client.post(&refuse, &json!({"note": "Nobody is on it."})).await.expect(200);
    assert_eq!(
        (refused["status"].as_str(), refused["image"]["removal_requested"].as_bool()),
        (Some("refused"), Some(false))
    );
    me.client.get(&path).await.expect(200);
    house.work().await;
    let mails = house.mails(&me);
    let mail = mails.iter().find(|mail| mail.subject.contains("Your picture stays")).unwrap();
    assert!(mail.text.contains("Nobody is on it."));
    // What was decided stays: the picture is not hidden once more by whoever was refused it.
    me.client.post(&wish, &json!({})).await.expect_problem(409, "removal_decided");
    me.client.get(&path).await.expect(200);
    house.work().await;
    let told = house.mails(&house.admin);
    assert!(told.iter().all(|mail| !mail.subject.contains("A picture is to go")), "nothing is to be decided");
    let other = house.app.member().await;
    other.client.post(&wish, &json!({})).await.expect(201);
    house.app.stop().await;
}

async fn wishes_are_listed_by_what_became_of_them(house: House) {
    let album = house.open_album().await;
    let me = house.app.member().await;
    let mut wishes = Vec::new();
    for _ in 0..3 {
        let id = house.shown(&album).await;
        let asked = me.client.post(&format!("/gallery/images/{id}/removal-request"), &json!({})).await;
        wishes.push(text(&asked.expect(201), "id"));
        house.clock.advance(TimeDelta::seconds(1));
    }
    let admin = &house.admin.client;
    admin.post(&format!("/admin/removal-requests/{}/refuse", wishes[0]), &json!({})).await.expect(200);
    admin.post(&format!("/admin/removal-requests/{}/agree", wishes[2]), &json!({})).await.expect(200);
    house.work().await;
    let listed = async |query: &str| {
        let page = admin.get(&format!("/admin/removal-requests{query}")).await.expect(200);
        page["items"].as_array().unwrap().iter().map(|it| text(it, "id")).collect::<Vec<_>>()
    };
    let mut latest_first = wishes.clone();
    latest_first.reverse();
    assert_eq!(listed("").await, latest_first);
    for (status, number) in [("asked", 1), ("refused", 0), ("removed", 2)] {
        assert_eq!(listed(&format!("?status={status}")).await, [&*wishes[number]], "{status}");
    }
    assert_eq!(listed("?status=removing").await, Vec::<String>::new());
    admin.get("/admin/removal-requests?status=open").await.expect_problem(422, "invalid_input");
    house.app.stop().await;
}

#[tokio::test]
async fn a_refusal_does_not_say_of_a_withdrawn_picture_that_it_is_shown() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let id = house.shown(&album).await;
    let me = house.app.member().await;
    let wish = format!("/gallery/images/{id}/removal-request");
    let asked = me.client.post(&wish, &json!({})).await.expect(201);
    house.publish(&[&id], false).await;
    let refuse = format!("/admin/removal-requests/{}/refuse", text(&asked, "id"));
    house.admin.client.post(&refuse, &json!({})).await.expect(200);
    house.work().await;
    let mails = house.mails(&me);
    let mail = mails.iter().find(|mail| mail.subject.contains("Your request about a picture")).unwrap();
    assert!(!mail.text.contains("show it again") && mail.text.contains("not to be seen"), "{}", mail.text);
    house.app.stop().await;
}

#[tokio::test]
async fn nobody_hides_more_than_a_few_pictures_before_admins_have_decided() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let pictures = super::filled(&house.app, &album, 21).await;
    let me = house.app.member().await;
    let ask =
        async |id: &str| me.client.post(&format!("/gallery/images/{id}/removal-request"), &json!({})).await;
    for id in &pictures[..20] {
        ask(id).await.expect(201);
    }
    ask(&pictures[20]).await.expect_problem(409, "too_many_removals");
    let seen = me.client.get(&format!("/gallery/albums/{album}/images")).await.expect(200);
    assert_eq!(seen["items"][0]["id"], pictures[20].as_str());
    let waiting = house.admin.client.get("/admin/removal-requests?status=asked").await.expect(200);
    let first = format!("/admin/removal-requests/{}/agree", text(&waiting["items"][0], "id"));
    house.admin.client.post(&first, &json!({})).await.expect(200);
    ask(&pictures[20]).await.expect(201);
    house.app.stop().await;
}

async fn who_is_erased_leaves_the_proof_alone(house: House) {
    let album = house.open_album().await;
    let id = house.shown(&album).await;
    let me = house.app.member().await;
    let wish = format!("/gallery/images/{id}/removal-request");
    me.client.post(&wish, &json!({"reason": "My face."})).await.expect(201);
    let export = me.client.get("/users/me/export").await.expect(200);
    assert_eq!(export["removal_requests"][0]["reason"], "My face.");
    let request = me.client.request(reqwest::Method::DELETE, "/users/me");
    let gone = request.json(&json!({"password": crate::harness::PASSWORD})).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    house.work().await;
    let cases = house.admin.client.get("/admin/removal-requests").await.expect(200);
    let case = &cases["items"][0];
    assert_eq!(
        (case["status"].as_str(), case["account_id"].is_null(), case["reason"].is_null()),
        (Some("asked"), true, true)
    );
    house.app.stop().await;
}

#[tokio::test]
async fn an_admin_who_deletes_an_album_agrees_to_what_is_asked_of_it() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let id = house.shown(&album).await;
    let me = house.app.member().await;
    me.client.post(&format!("/gallery/images/{id}/removal-request"), &json!({})).await.expect(201);
    let path = format!("/admin/albums/{album}?with_images=true");
    assert_eq!(house.admin.client.delete(&path).await.status, 204);
    house.work().await;
    let own = me.client.get("/users/me/removal-requests").await.expect(200);
    assert_eq!(own["items"][0]["status"], "removed");
    assert!(house.files().is_empty(), "{:?}", house.files());
    house.app.stop().await;
}
