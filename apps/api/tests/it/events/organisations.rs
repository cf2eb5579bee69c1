//! Organisations, and who works there.

use super::cast::{Cast, column, id, mistakes, staff};
use crate::harness::shop::{Shop, Store};
use crate::harness::{PASSWORD, TestApp, answer, method, on_each_store};
use serde_json::{Value, json};

on_each_store!(owners_who_may_not_log_in_are_none_who_are_left);

#[tokio::test]
async fn an_admin_adds_organisations_and_all_see_their_own() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let made = cast.admin.client.post("/admin/organisations", &json!({"name": "Café Öl"})).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!((&made["name"], &made["slug"]), (&json!("Café Öl"), &json!("cafe-oel")));
    assert_eq!(cast.admin.client.get(&location).await.expect(200), made);
    let all = cast.admin.client.get("/admin/organisations").await.expect(200);
    assert_eq!(column(&all, "name"), ["Here", "Elsewhere", "Café Öl"]);
    assert_eq!((&all["next_cursor"], &all["items"][0]["role"]), (&Value::Null, &Value::Null));
    let own = cast.door.client.get("/admin/organisations").await.expect(200);
    assert_eq!((column(&own, "name"), column(&own, "role")), (vec!["Here"], vec!["door"]));
}

#[tokio::test]
async fn names_and_slugs_of_organisations_are_checked_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"name": " ", "slug": "No Slug"});
    let refused = admin.client.post("/admin/organisations", &body).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("name", "required"), ("slug", "malformed")]);
    let body = json!({"name": "One", "slug": "one"});
    admin.client.post("/admin/organisations", &body).await.expect(201);
    let refused = admin.client.post("/admin/organisations", &body).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("slug", "taken")]);
    let numbered = admin.client.post("/admin/organisations", &json!({"name": "One"})).await.expect(201);
    assert_eq!(numbered["slug"], "one-2");
}

#[tokio::test]
async fn an_admin_renames_an_organisation_and_removes_one_that_has_nothing() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let here = format!("/admin/organisations/{}", cast.organisation);
    let name = json!({"name": "Here and now"});
    let renamed = cast.admin.client.patch(&here, &name).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["slug"]), (&name["name"], &json!("here")));
    assert_eq!(cast.owner.client.get(&here).await.expect(200)["name"], name["name"]);
    let refused = cast.admin.client.patch(&here, &json!({"name": " "})).await;
    assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("name", "required")]);
    cast.draft(&cast.event("Kept")).await;
    cast.admin.client.delete(&here).await.expect_problem(409, "organisation_in_use");

    let made =
        cast.admin.client.post("/admin/organisations", &json!({"name": "A mistake"})).await.expect(201);
    let path = format!("/admin/organisations/{}", id(&made));
    let person = app.member().await;
    let role = json!({"account_id": person.id, "role": "owner"});
    cast.admin.client.post(&format!("{path}/members"), &role).await.expect(201);
    person.client.get("/admin/events").await.expect(200);
    cast.admin.client.delete(&path).await.expect(204);
    person.client.get("/admin/events").await.expect_problem(403, "forbidden");
    cast.admin.client.get(&path).await.expect_problem(404, "not_found");
    cast.admin.client.delete(&path).await.expect_problem(404, "not_found");
    let about = format!("/admin/audit?organisation_id={}", id(&made));
    let acts = cast.admin.client.get(&about).await.expect(200);
    let mut names = column(&acts, "act");
    names.sort_unstable();
    let expected = [
        "organisation.create",
        "organisation.delete",
        "organisation.remove_member",
        "organisation.set_member",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn an_owner_gives_and_takes_roles_by_account_or_address() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let person = app.member().await;
    let body = json!({"email": person.email.to_uppercase(), "role": "door"});
    let added = cast.owner.client.post(&members, &body).await;
    assert_eq!(added.header("location"), format!("/api/v1{members}/{}", person.id));
    let added = added.expect(201);
    assert_eq!((&added["account_id"], &added["role"]), (&json!(person.id), &json!("door")));
    assert_eq!(added["email"], person.email);
    person.client.post("/admin/events", &cast.event("Not yet")).await.expect_problem(403, "forbidden");

    let body = json!({"account_id": person.id, "role": "manager"});
    cast.owner.client.post(&members, &body).await.expect(201);
    person.client.post("/admin/events", &cast.event("Now")).await.expect(201);
    let list = person.client.get(&members).await.expect(200);
    let row = list["items"].as_array().unwrap().iter().filter(|row| row["account_id"] == person.id.as_str());
    assert_eq!(row.map(|row| &row["role"]).collect::<Vec<_>>(), ["manager"]);

    let path = format!("{members}/{}", person.id);
    cast.owner.client.delete(&path).await.expect(204);
    cast.owner.client.delete(&path).await.expect_problem(404, "not_found");
    person.client.get("/admin/events").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn whom_to_give_a_role_has_to_be_clear_and_known() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let nil = uuid::Uuid::nil();
    for (body, mistake) in [
        (json!({"role": "door"}), ("account_id", "required")),
        (json!({"role": "door", "account_id": nil, "email": "a@example.org"}), ("account_id", "required")),
        (json!({"role": "door", "account_id": nil}), ("account_id", "unknown_account")),
        (json!({"role": "door", "email": "nobody@example.org"}), ("email", "unknown_account")),
        (json!({"role": "door", "email": "nobody"}), ("email", "malformed")),
        (json!({"role": "king", "account_id": nil}), ("role", "wrong_type")),
        (json!({"account_id": nil}), ("role", "required")),
    ] {
        let refused = cast.owner.client.post(&members, &body).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [mistake], "{body}");
    }
    let unknown = format!("/admin/organisations/{nil}/members");
    let body = json!({"role": "door", "account_id": cast.member.id});
    cast.admin.client.post(&unknown, &body).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_organisation_keeps_an_owner_unless_an_admin_says_otherwise() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let own = format!("{members}/{}", cast.owner.id);
    cast.owner.client.delete(&own).await.expect_problem(409, "last_owner");
    let lower = json!({"account_id": cast.owner.id, "role": "manager"});
    cast.owner.client.post(&members, &lower).await.expect_problem(409, "last_owner");
    staff(&app, &cast.admin, &cast.organisation, "owner").await;
    cast.owner.client.post(&members, &lower).await.expect(201);
    cast.owner.client.delete(&own).await.expect_problem(403, "forbidden");
    let list = cast.admin.client.get(&members).await.expect(200);
    for member in column(&list, "account_id") {
        cast.admin.client.delete(&format!("{members}/{member}")).await.expect(204);
    }
    let event = cast.admin.client.post("/admin/events", &cast.event("Orphan")).await.expect(201);
    assert_eq!(id(&event).len(), 36);
}

async fn owners_who_may_not_log_in_are_none_who_are_left(store: Store) {
    let shop = Shop::open(store, 1).await;
    let cast = Cast::of(&shop.app).await;
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let own = format!("{members}/{}", cast.owner.id);
    let lower = json!({"account_id": cast.owner.id, "role": "manager"});
    let stays = async || {
        cast.owner.client.delete(&own).await.expect_problem(409, "last_owner");
        cast.owner.client.post(&members, &lower).await.expect_problem(409, "last_owner");
    };
    let is_listed = async |id: &str| {
        let list = cast.owner.client.get(&members).await.expect(200);
        column(&list, "account_id").contains(&id)
    };

    let second = staff(&shop.app, &cast.admin, &cast.organisation, "owner").await;
    let standing = format!("/admin/users/{}", second.id);
    cast.admin.client.patch(&standing, &json!({"status": "suspended"})).await.expect(200);
    stays().await;
    shop.work().await;
    assert!(is_listed(second.id.as_str()).await, "who is suspended may be let in again");
    cast.admin.client.patch(&standing, &json!({"status": "active"})).await.expect(200);

    let leaving = shop.again(&second).await.client;
    let erasure = leaving.request(method("DELETE"), "/users/me").json(&json!({"password": PASSWORD}));
    answer(erasure).await.expect(204);
    assert!(!is_listed(second.id.as_str()).await, "at once");
    stays().await;
    shop.work().await;
    assert!(!is_listed(second.id.as_str()).await);
    stays().await;
    let ended = format!("{members}/{}", second.id);
    cast.admin.client.delete(&ended).await.expect_problem(404, "not_found");
    let about = format!("/admin/audit?organisation_id={}", cast.organisation);
    let acts = cast.admin.client.get(&about).await.expect(200);
    let told = column(&acts, "act").into_iter().filter(|act| *act == "organisation.remove_member");
    assert_eq!(told.count(), 1, "{acts}");

    let third = staff(&shop.app, &cast.admin, &cast.organisation, "owner").await;
    cast.owner.client.post(&members, &lower).await.expect(201);
    let last = format!("{members}/{}", third.id);
    third.client.delete(&last).await.expect_problem(409, "last_owner");
    cast.admin.client.delete(&last).await.expect(204);
}
