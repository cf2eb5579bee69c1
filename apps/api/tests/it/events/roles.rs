//! What of events exists for whom, beside what everyone.rs goes through.

use super::cast::{Cast, event_of, id};
use crate::harness::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_draft_exists_for_those_alone_who_run_it() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Secret")).await;
    let people = [
        (app.stranger(), 404, 401),
        (cast.member.client.clone(), 404, 404),
        (cast.door.client.clone(), 404, 404),
        (cast.manager.client.clone(), 200, 200),
        (cast.owner.client.clone(), 200, 200),
        (cast.admin.client.clone(), 200, 200),
        (cast.foreigner.client.clone(), 404, 404),
    ];
    let public = format!("/events/{}", id(&draft));
    for (client, event, within) in people {
        assert_eq!(client.get(&public).await.status, event);
        for part in ["ticket-types", "availability"] {
            assert_eq!(client.get(&format!("{public}/{part}")).await.status, within, "{part}");
        }
    }
}

#[tokio::test]
async fn a_door_knows_what_is_on_sale_and_not_how_it_sells() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Secret")).await;
    let event = cast.published(&cast.event("Known")).await;
    for (who, known) in [(&cast.door, vec![id(&event)]), (&cast.manager, vec![id(&draft), id(&event)])] {
        let list = who.client.get("/admin/events").await.expect(200);
        let mut seen: Vec<_> = list["items"].as_array().unwrap().iter().map(id).collect();
        seen.sort_unstable();
        assert_eq!(seen, known);
        let path = format!("/admin/events/{}/ticket-types", id(&event));
        let kinds = who.client.get(&path).await.expect(200);
        let runs = known.len() == 2;
        for count in ["quantity", "held", "sold", "reserved"] {
            assert_eq!(kinds["items"][0].get(count).is_some(), runs, "{count}: {kinds}");
        }
        assert_eq!(kinds["items"][0]["name"], "Regular");
        let status = if runs { 200 } else { 403 };
        assert_eq!(who.client.get(&format!("/admin/events/{}/quotas", id(&event))).await.status, status);
    }
    let ended = format!("/admin/events/{}/deactivate", id(&event));
    cast.manager.client.post(&ended, &json!({})).await.expect(200);
    cast.door.client.get(&format!("/admin/events/{}", id(&event))).await.expect(200);
}

#[tokio::test]
async fn an_event_for_a_foreign_organisation_is_refused_as_for_none() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let nil = uuid::Uuid::nil().to_string();
    let mut errors = Vec::new();
    for organisation in [&cast.organisation, &nil] {
        let body = event_of(organisation, "Cuckoo");
        let refused = cast.foreigner.client.post("/admin/events", &body).await;
        errors.push(refused.expect_problem(422, "invalid_input")["errors"].clone());
    }
    assert_eq!(errors[0], errors[1]);
    // Nor does an edit move one's own event to where one does not work.
    let mine = event_of(&cast.elsewhere, "Mine");
    let mine = cast.foreigner.client.post("/admin/events", &mine).await.expect(201);
    let moved = event_of(&cast.organisation, "Mine");
    let refused = cast.foreigner.client.put(&format!("/admin/events/{}", id(&mine)), &moved).await;
    refused.expect_problem(422, "invalid_input");
}
