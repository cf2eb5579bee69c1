//! Who may say something, and to whom.

use super::{PATH, english};
use crate::events::cast::{Cast, column, id, mistakes};
use crate::harness::TestApp;
use serde_json::{Value, json};

#[tokio::test]
async fn whoever_runs_an_organisation_writes_to_its_people_and_only_admins_to_all() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Night")).await;
    let said_to = |audience: Value| json!({"audience": audience, "texts": english("Doors")});
    let to_all = said_to(json!({"kind": "members"}));
    let to_guests = said_to(json!({"kind": "guests", "organisation_id": cast.organisation}));
    let to_holders = said_to(json!({"kind": "ticket_holders", "event_id": event["id"]}));
    let (manager, foreigner) = (&cast.manager.client, &cast.foreigner.client);
    for who in [&cast.manager, &cast.owner] {
        who.client.post(PATH, &to_all).await.expect_problem(403, "forbidden");
    }
    for body in [&to_guests, &to_holders] {
        cast.door.client.post(PATH, body).await.expect_problem(403, "forbidden");
        let refused = foreigner.post(PATH, body).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused)[0].1, "unknown");
    }
    let ours = manager.post(PATH, &to_guests).await.expect(201);
    assert_eq!(ours["organisation_id"], cast.organisation);
    let to_everybody = cast.admin.client.post(PATH, &to_all).await.expect(201);
    assert!(to_everybody["organisation_id"].is_null());

    let all = format!("{PATH}/{}", id(&to_everybody));
    manager.get(&all).await.expect_problem(404, "not_found");
    manager.post(&format!("{all}/schedule"), &json!({})).await.expect_problem(404, "not_found");
    let path = format!("{PATH}/{}", id(&ours));
    foreigner.get(&path).await.expect_problem(404, "not_found");
    foreigner.get(&format!("{path}/recipients/export")).await.expect_problem(404, "not_found");
    let moved = json!({"audience": {"kind": "members"}});
    manager.patch(&path, &moved).await.expect_problem(403, "forbidden");
    assert_eq!(column(&manager.get(PATH).await.expect(200), "id"), [id(&ours)]);
    assert!(column(&foreigner.get(PATH).await.expect(200), "id").is_empty());
    assert_eq!(column(&cast.admin.client.get(PATH).await.expect(200), "id").len(), 2);
}
