//! `Idempotency-Key`: one piece of work, however often it is asked for.

use crate::harness::TestApp;
use crate::problem_codes::sources;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_works_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let wish = json!({"count": 2});
    let first = admin.client.post_once("/admin/invites", "key-1", &wish).await;
    let second = admin.client.post_once("/admin/invites", "key-1", &wish).await;
    assert_eq!((first.status, &first.json), (201, &second.json));
    assert_eq!((first.status, first.header("location")), (second.status, second.header("location")));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(admin.client.get("/admin/invites").await.expect(200)["items"].as_array().unwrap().len(), 2);
}

/// The handlers that take a key, by their names, which are those of their calls in the document.
fn handlers_with_keys() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let (mut names, mut files) = (BTreeSet::new(), Vec::new());
    sources(&folder, &mut files);
    for file in files {
        let source = std::fs::read_to_string(file).unwrap();
        for handler in source.split("async fn ").skip(1) {
            let (name, rest) = handler.split_once('(').unwrap();
            let arguments = rest.split_once(") ->").map_or("", |(arguments, _)| arguments);
            if arguments.contains(": Once") {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

#[test]
fn the_document_says_of_every_call_that_takes_a_key_what_it_answers() {
    let document: Value = serde_json::from_str(&synesthesie::http::openapi::text()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let key = parameters.into_iter().find(|it| it["name"] == "Idempotency-Key");
            if let Some(key) = key {
                assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{path}");
                documented.insert(operation["operationId"].as_str().unwrap().to_owned());
                for (status, code) in [("409", "idempotency_in_flight"), ("422", "idempotency_mismatch")] {
                    let response = &operation["responses"][status];
                    let named = response["$ref"].as_str().and_then(|name| name.rsplit('/').next());
                    let response = named.map_or(response, |name| &document["components"]["responses"][name]);
                    let said = response["description"].as_str().unwrap_or_default();
                    assert!(said.contains(code), "{path} does not say {code}: {said}");
                }
                let responses = operation["responses"].as_object().unwrap().iter();
                for (_, good) in responses.filter(|(status, _)| status.starts_with('2')) {
                    assert!(good["headers"]["Idempotency-Replayed"].is_object(), "{path}");
                }
            }
        }
    }
    let taking = handlers_with_keys();
    assert!(taking.len() > 20, "{taking:?}");
    assert_eq!(documented, taking);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let first = admin.client.post_once("/admin/invites", "key", &json!({"count": 0})).await;
    let second = admin.client.post_once("/admin/invites", "key", &json!({"count": 0})).await;
    assert_eq!((second.status, &second.json["errors"]), (422, &first.json["errors"]));
    assert_eq!(second.header("content-type"), "application/problem+json");
    assert_eq!(second.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_key_is_bound_to_its_body_and_to_its_caller() {
    let app = TestApp::start().await;
    let (one, other) = (app.admin().await, app.admin().await);
    let first = one.client.post_once("/admin/invites", "key", &json!({"count": 1})).await.expect(201);
    one.client
        .post_once("/admin/invites", "key", &json!({"count": 2}))
        .await
        .expect_problem(422, "idempotency_mismatch");
    let theirs = other.client.post_once("/admin/invites", "key", &json!({"count": 1})).await.expect(201);
    assert_ne!(first["items"][0]["id"], theirs["items"][0]["id"]);
}

#[tokio::test]
async fn many_at_once_work_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let wish = json!({});
    let answers = join_all((0..20).map(|_| admin.client.post_once("/admin/invites", "key", &wish))).await;
    for answer in &answers {
        match answer.status {
            201 => {}
            _ => assert_eq!((answer.status, &answer.json["code"]), (409, &json!("idempotency_in_flight"))),
        }
    }
    assert_eq!(admin.client.get("/admin/invites").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn keys_are_bounded() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for key in [String::new(), "x".repeat(201)] {
        let answer = admin.client.post_once("/admin/invites", &key, &json!({})).await;
        answer.expect_problem(422, "invalid_input");
    }
    admin.client.post_once("/admin/invites", &"x".repeat(200), &json!({})).await.expect(201);
}
