//! Invites that members give away, and the tree of who brought whom, over HTTP and on both stores.

use crate::harness::shop::Store;
use crate::harness::{PASSWORD, Person, TestApp, answer, method, on_each_store, registration, unique_email};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use futures_util::future::join_all;
use serde_json::{Value, json};

on_each_store!(House::open:
    members_give_invites_away_within_their_budget,
    many_requests_at_once_stay_within_the_budget,
    a_repeated_request_gives_once,
    one_sees_and_takes_back_what_is_ones_own,
    admins_set_budgets,
    admins_see_who_brought_whom,
    a_frozen_branch_brings_nobody,
    what_is_wrong_is_refused,
);

struct House {
    app: TestApp,
    admin: Person,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl House {
    async fn open(store: Store) -> Self {
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let app = TestApp::with(&[("store.url", &url), ("invites.member_budget", "2")]).await;
        let admin = app.admin().await;
        Self { app, admin, _database: database }
    }

    /// Whether a code opens an account: asked for, and tried.
    async fn opens(&self, code: &str) -> bool {
        let valid = self.app.stranger().get(&format!("/invites/{code}")).await.expect(200)["valid"].clone();
        let body = registration(code, &unique_email("new"));
        let answer = self.app.stranger().post("/auth/register", &body).await;
        assert_eq!(valid, json!(answer.status == 201), "{}", answer.text);
        if answer.status != 201 {
            answer.expect_problem(422, "invite_invalid");
        }
        valid == json!(true)
    }

    /// Somebody whom somebody else brought.
    async fn brought_by(&self, inviter: &Person) -> Person {
        let made = inviter.client.post("/users/me/invites", &json!({})).await.expect(201);
        let email = unique_email("guest");
        let body = registration(code(&made), &email);
        self.app.stranger().post("/auth/register", &body).await.expect(201);
        self.app.login(&email, PASSWORD).await
    }

    async fn budget(&self, of: &Person, budget: &Value) {
        let path = format!("/admin/users/{}/invite-budget", of.id);
        self.admin.client.put(&path, &json!({ "budget": budget })).await.expect(200);
    }
}

fn code(made: &Value) -> &str {
    made["items"][0]["code"].as_str().unwrap()
}

async fn members_give_invites_away_within_their_budget(house: House) {
    let ada = house.app.member().await;
    let answer = ada.client.post("/users/me/invites", &json!({"max_uses": 2, "note": "for friends"})).await;
    assert_eq!(answer.header("location"), "/api/v1/users/me/invites");
    let made = answer.expect(201);
    assert_eq!(made["budget"], json!({"total": 2, "spent": 2, "left": 0}));
    assert_eq!(
        (&made["items"][0]["created_by"], &made["items"][0]["counted"]),
        (&json!(ada.id), &json!(true))
    );
    let refused = ada.client.post("/users/me/invites", &json!({})).await;
    refused.expect_problem(409, "invite_budget_exhausted");
    assert!(house.opens(code(&made)).await);
    let listed = ada.client.get("/users/me/invites").await.expect(200);
    assert_eq!((&listed["items"][0]["used"], &listed["items"][0]["code"]), (&json!(1), &json!(code(&made))));
    assert_eq!((&listed["budget"]["left"], &listed["next_cursor"]), (&json!(0), &Value::Null));
    // Admins see it among all; their own are beside every budget.
    let all = house.admin.client.get("/admin/invites").await.expect(200);
    assert!(all["items"].as_array().unwrap().contains(&listed["items"][0]));
    let beside = house.admin.client.post("/admin/invites", &json!({"count": 9})).await.expect(201);
    assert_eq!(beside["items"][0]["counted"], json!(false));
    assert_eq!(house.admin.client.get("/users/me/invites").await.expect(200)["budget"]["left"], 2);
}

async fn many_requests_at_once_stay_within_the_budget(house: House) {
    let ada = house.app.member().await;
    house.budget(&ada, &json!(7)).await;
    let wishes = (0..20).map(|number| {
        let client = ada.client.clone();
        async move { client.post("/users/me/invites", &json!({"max_uses": 1 + number % 3})).await }
    });
    let mut given = 0;
    for answer in join_all(wishes).await {
        match answer.status {
            201 => given += answer.json["items"][0]["max_uses"].as_u64().unwrap(),
            _ => drop(answer.expect_problem(409, "invite_budget_exhausted")),
        }
    }
    assert!((5..=7).contains(&given), "{given}: one that would have fitted was refused, or more given");
    let listed = ada.client.get("/users/me/invites?limit=100").await.expect(200);
    assert_eq!(listed["budget"]["spent"], json!(given));
}

async fn a_repeated_request_gives_once(house: House) {
    let ada = house.app.member().await;
    let first = ada.client.post_once("/users/me/invites", "key", &json!({})).await;
    let second = ada.client.post_once("/users/me/invites", "key", &json!({})).await;
    assert_eq!((first.status, &first.json), (201, &second.json));
    assert_eq!(second.header("idempotency-replayed"), "true");
    // What was refused for want of a budget is tried anew.
    let two = json!({"count": 2});
    let refused = ada.client.post_once("/users/me/invites", "other", &two).await;
    refused.expect_problem(409, "invite_budget_exhausted");
    house.budget(&ada, &json!(3)).await;
    ada.client.post_once("/users/me/invites", "other", &two).await.expect(201);
    let listed = ada.client.get("/users/me/invites").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
}

async fn one_sees_and_takes_back_what_is_ones_own(house: House) {
    let (ada, bob) = (house.app.member().await, house.app.member().await);
    let made = ada.client.post("/users/me/invites", &json!({"count": 2})).await.expect(201);
    let own = bob.client.get("/users/me/invites").await.expect(200);
    assert_eq!(own["items"], json!([]));
    let path = format!("/users/me/invites/{}", made["items"][0]["id"].as_str().unwrap());
    bob.client.delete(&path).await.expect_problem(404, "not_found");
    ada.client.delete("/users/me/invites/nonsense").await.expect_problem(404, "not_found");
    for _ in 0..2 {
        ada.client.delete(&path).await.expect(204);
    }
    assert!(!house.opens(code(&made)).await);
    let page = ada.client.get("/users/me/invites?limit=1").await.expect(200);
    assert_eq!((&page["budget"]["left"], page["items"].as_array().unwrap().len()), (&json!(1), 1));
    let next = page["next_cursor"].as_str().unwrap();
    let rest = ada.client.get(&format!("/users/me/invites?limit=1&cursor={next}")).await.expect(200);
    assert_ne!(rest["items"][0]["id"], page["items"][0]["id"]);
    let export = ada.client.get("/users/me/export").await.expect(200);
    assert_eq!(export["invites_made"].as_array().unwrap().len(), 2);
    assert!(!export.to_string().contains(made["items"][1]["code"].as_str().unwrap()));
}

async fn admins_set_budgets(house: House) {
    let ada = house.app.member().await;
    let path = format!("/admin/users/{}/invite-budget", ada.id);
    let admin = &house.admin.client;
    let usual = json!({"total": 2, "spent": 0, "left": 2});
    assert_eq!(admin.get(&path).await.expect(200), usual);
    let set = admin.put(&path, &json!({"budget": 5})).await.expect(200);
    assert_eq!(set, json!({"total": 5, "spent": 0, "left": 5}));
    ada.client.post("/users/me/invites", &json!({"max_uses": 4})).await.expect(201);
    for budget in [json!(3), Value::Null] {
        let refused = admin.put(&path, &json!({ "budget": budget })).await;
        let problem = refused.expect_problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["code"], "below_spent");
    }
    for body in [json!({}), json!({"budget": -1}), json!({"budget": 100_001}), json!({"budget": "5"})] {
        let status = admin.put(&path, &body).await.status;
        assert_eq!(status, 422, "{body}");
    }
    assert_eq!(admin.get(&path).await.expect(200)["total"], 5);
    let nobody = "/admin/users/01900000-0000-7000-8000-000000000000/invite-budget";
    admin.put(nobody, &json!({"budget": 1})).await.expect_problem(404, "not_found");
    admin.get(nobody).await.expect_problem(404, "not_found");
}

async fn admins_see_who_brought_whom(house: House) {
    let ada = house.brought_by(&house.admin).await;
    let bob = house.brought_by(&ada).await;
    let cleo = house.brought_by(&bob).await;
    let admin = &house.admin.client;
    let roots = admin.get("/admin/invites/tree").await.expect(200);
    assert_eq!((roots["items"].as_array().unwrap().len(), &roots["path"]), (1, &json!([])));
    let root = &roots["items"][0];
    assert_eq!(
        (&root["account_id"], &root["invited"], &root["below"]),
        (&json!(house.admin.id), &json!(1), &json!(3))
    );
    assert_eq!((&root["invited_by"], &root["invite_id"]), (&Value::Null, &Value::Null));
    let leaving = bob.client.request(method("DELETE"), "/users/me").json(&json!({"password": PASSWORD}));
    answer(leaving).await.expect(204);
    let tree = admin.get(&format!("/admin/invites/tree?under={}", bob.id)).await.expect(200);
    let child = &tree["items"][0];
    assert_eq!((&child["account_id"], &child["name"]), (&json!(cleo.id), &json!("Ada Byron")));
    assert_eq!((&child["email"], &child["invited_by"]), (&json!(cleo.email), &json!(bob.id)));
    let path = tree["path"].as_array().unwrap();
    let ids: Vec<_> = path.iter().map(|one| one["account_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&bob.id, &ada.id, &house.admin.id]);
    assert_eq!(
        (&path[0]["status"], &path[0]["name"], &path[0]["email"]),
        (&json!("deleted"), &Value::Null, &Value::Null)
    );
    // Below an account that many came by, in pages.
    let many = admin.post("/admin/invites", &json!({"max_uses": 3})).await.expect(201);
    for _ in 0..3 {
        assert!(house.opens(code(&many)).await);
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/admin/invites/tree?under={}&limit=3{next}", house.admin.id);
        let page = admin.get(&path).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["below"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [0, 0, 0, 2], "the newest first");
    let nobody = "/admin/invites/tree?under=01900000-0000-7000-8000-000000000000";
    admin.get(nobody).await.expect_problem(404, "not_found");
    let refused = admin.get("/admin/invites/tree?under=nonsense").await.expect_problem(422, "invalid_input");
    assert_eq!(refused["errors"][0]["field"], "under");
}

async fn a_frozen_branch_brings_nobody(house: House) {
    let ada = house.brought_by(&house.admin).await;
    let bob = house.brought_by(&ada).await;
    let made = bob.client.post("/users/me/invites", &json!({"max_uses": 2})).await.expect(201);
    let path = |what: &str| format!("/admin/invites/tree/{}/{what}", ada.id);
    let admin = &house.admin.client;
    let frozen = admin.post(&path("freeze"), &json!({"note": "Sells codes."})).await.expect(200);
    assert_eq!((&frozen["frozen"], &frozen["account_id"]), (&json!(true), &json!(ada.id)));
    assert_eq!(
        (&frozen["ruling"]["by"], &frozen["ruling"]["note"]),
        (&json!(house.admin.id), &json!("Sells codes."))
    );
    assert_eq!(admin.post(&path("freeze"), &json!({})).await.expect(200), frozen, "again changes nothing");
    assert!(!house.opens(code(&made)).await);
    for person in [&ada, &bob] {
        let refused = person.client.post("/users/me/invites", &json!({})).await;
        refused.expect_problem(409, "branch_frozen");
        person.client.get("/users/me").await.expect(200);
    }
    let below = admin.get(&format!("/admin/invites/tree?under={}", ada.id)).await.expect(200);
    assert_eq!((&below["items"][0]["shut"], &below["items"][0]["ruling"]), (&json!(true), &Value::Null));
    assert_eq!(below["path"][0]["frozen"], json!(true));
    let audit = admin.get(&format!("/admin/audit?subject_id={}", ada.id)).await.expect(200);
    assert!(audit.to_string().contains("branch.freeze") && !audit.to_string().contains("Sells"));
    // The note may be left out, and the body with it.
    let open = answer(admin.request(method("POST"), &path("unfreeze"))).await.expect(200);
    assert_eq!((&open["frozen"], &open["ruling"]["note"]), (&json!(false), &Value::Null));
    assert!(house.opens(code(&made)).await);
}

async fn what_is_wrong_is_refused(house: House) {
    let ada = house.app.member().await;
    let wish = json!({"count": 0, "max_uses": 1001, "expires_at": "2001-01-01T00:00:00Z", "email": "nobody"});
    let problem = ada.client.post("/users/me/invites", &wish).await.expect_problem(422, "invalid_input");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 4);
    let all = json!({"count": 100, "max_uses": 1000});
    ada.client.post("/users/me/invites", &all).await.expect_problem(409, "invite_budget_exhausted");
    let path = |who: &str| format!("/admin/invites/tree/{who}/freeze");
    let admin = &house.admin.client;
    for who in ["01900000-0000-7000-8000-000000000000", "nonsense"] {
        admin.post(&path(who), &json!({})).await.expect_problem(404, "not_found");
    }
    let long = json!({"note": "x".repeat(501)});
    let problem = admin.post(&path(&ada.id), &long).await.expect_problem(422, "invalid_input");
    assert_eq!(problem["errors"][0]["field"], "note");
    let tree = admin.get("/admin/invites/tree").await.expect(200);
    assert!(tree["items"].as_array().unwrap().iter().all(|root| root["ruling"].is_null()));
}
