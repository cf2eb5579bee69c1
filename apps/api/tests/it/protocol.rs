//! What holds for every request: problems, ids, headers, bounds.

use crate::harness::{Answer, Client, TestApp, answer, method};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Every route with a JSON body, as method and path with some id in it.
/// Method, path, and whether the body may be left out.
fn routes_with_json() -> Vec<(Method, String, bool)> {
    let document: Value = serde_json::from_str(&synesthesie::http::openapi::text()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (name, operation) in item.as_object().unwrap() {
            // Notices are signed over their raw bytes: whatever is in them, they fail as notices.
            if operation["requestBody"]["content"].get("application/json").is_some()
                && !path.contains("/webhooks/")
            {
                let parts = path.split('/').map(|part| if part.starts_with('{') { SOME_ID } else { part });
                let optional = operation["requestBody"]["required"] != true;
                routes.push((method(&name.to_uppercase()), parts.collect::<Vec<_>>().join("/"), optional));
            }
        }
    }
    assert!(routes.len() > 10, "the document was read");
    routes
}

const SOME_ID: &str = "01900000-0000-7000-8000-000000000000";

async fn send(client: &Client, method: &Method, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    answer(client.request(method.clone(), path).header("content-type", kind).body(body.into())).await
}

#[tokio::test]
async fn malformed_bodies_are_problems_everywhere() {
    let app = TestApp::start().await;
    let admin = app.admin().await.client;
    let nested = "[".repeat(20_000);
    for (method, path, optional) in routes_with_json() {
        let json = "application/json";
        for body in ["", "{", "nonsense", "{\"a\":\u{1}}", &nested] {
            if !(body.is_empty() && optional) {
                send(&admin, &method, &path, json, body).await.expect_problem(400, "malformed_json");
            }
        }
        send(&admin, &method, &path, json, vec![0xff, 0xfe]).await.expect_problem(400, "malformed_json");
        for body in ["null", "[]", "1", "\"text\"", "[[]]", "{\"a\":1}}"] {
            let answer = send(&admin, &method, &path, json, body).await;
            answer.assert_problem();
            assert!((400..500).contains(&answer.status), "{method} {path} {body}: {}", answer.text);
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "nonsense", ""] {
            let answer = send(&admin, &method, &path, kind, "{}").await;
            answer.expect_problem(415, "unsupported_media_type");
        }
        let large = json!({"filler": "x".repeat(70_000)}).to_string();
        send(&admin, &method, &path, json, large).await.expect_problem(413, "too_large");
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let app = TestApp::start().await;
    let wrong = json!({"email": 7, "password": "x", "first_name": "A", "last_name": "B"});
    let problem = app.stranger().post("/auth/register", &wrong).await.expect_problem(422, "invalid_input");
    assert_eq!(problem["errors"][0]["field"], "email");
    let missing = json!({"email": "a@example.org"});
    let problem = app.stranger().post("/auth/login", &missing).await.expect_problem(422, "invalid_input");
    assert_eq!(
        (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
        (&json!("password"), &json!("required"))
    );
}

#[tokio::test]
async fn no_text_has_a_nul_in_it() {
    let app = TestApp::start().await;
    let wish = json!({"email": "a@example.org", "password": "x\u{0}y"});
    let problem = app.stranger().post("/auth/login", &wish).await.expect_problem(422, "invalid_input");
    assert_eq!(problem["errors"][0]["field"], "password");
    let fine = json!({"email": "a@example.org", "password": "a backslash \\u0000 in text"});
    app.stranger().post("/auth/login", &fine).await.expect_problem(401, "invalid_credentials");
    app.stranger().get("/invites/a%00b").await.expect_problem(400, "malformed_address");
    app.stranger().get("/events?query=%00").await.expect_problem(400, "malformed_address");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let app = TestApp::start().await;
    for path in ["/nothing", "/users/me/nothing", "/api/", "/api/v2/users/me", "/docs/more", "/users/me/"] {
        app.stranger().get(path).await.expect_problem(404, "not_found");
    }
    let admin = app.admin().await.client;
    for id in ["x", "0", "01900000-0000-7000-8000-00000000000", "..%2f", "%ff"] {
        admin.patch(&format!("/admin/users/{id}"), &json!({})).await.expect_problem(404, "not_found");
        admin.delete(&format!("/admin/invites/{id}")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_method_that_is_not_offered_is_told_those_that_are() {
    let app = TestApp::start().await;
    for (name, path, allowed) in [
        ("PUT", "/users/me", "DELETE, GET, PATCH"),
        ("GET", "/auth/login", "POST"),
        ("PATCH", "/admin/invites", "GET, POST"),
        ("GET", "/admin/invites/x", "DELETE"),
        ("TRACE", "/health/live", "GET"),
        ("BREW", "/health/live", "GET"),
    ] {
        let answer = answer(app.stranger().request(method(name), path)).await;
        assert_eq!(answer.header("allow"), allowed, "{name} {path}");
        answer.expect_problem(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn a_request_keeps_its_name_if_that_is_sane() {
    let app = TestApp::start().await;
    let named = async |id: &str| {
        let request = app.stranger().request(Method::GET, "/nothing").header("x-request-id", id);
        let answer = answer(request).await;
        answer.assert_problem();
        answer.header("x-request-id").to_owned()
    };
    for id in ["abc-123", &"x".repeat(64), "!~"] {
        assert_eq!(named(id).await, id);
    }
    for id in ["", "a b", &"x".repeat(65), "é"] {
        let given = named(id).await;
        assert!(given != id && uuid::Uuid::parse_str(&given).is_ok(), "{given}");
    }
    assert_ne!(named("").await, named("").await);
}

#[tokio::test]
async fn answers_carry_headers_of_caution() {
    let app = TestApp::start().await;
    for path in ["/health/live", "/nothing", "/docs", "/openapi.json"] {
        let answer = app.stranger().get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(!answer.headers.contains_key("server"), "{path}");
    }
}

#[tokio::test]
async fn only_pages_of_allowed_origins_may_read_answers() {
    let app = TestApp::with(&[("http.allowed_origins", "https://app.example.org")]).await;
    let ask = async |method: Method, origin: &str| {
        let request = app.stranger().request(method, "/auth/login").header("origin", origin);
        answer(request.header("access-control-request-method", "POST")).await
    };
    let preflight = ask(Method::OPTIONS, "https://app.example.org").await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, "https://app.example.org")
    );
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    let refused = ask(Method::POST, "https://app.example.org").await;
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example.org");
    assert!(refused.header("vary").contains("origin"));
    for origin in ["https://evil.example", "https://app.example.org.evil.example", "null"] {
        for method in [Method::OPTIONS, Method::POST] {
            assert_eq!(ask(method, origin).await.header("access-control-allow-origin"), "", "{origin}");
        }
    }
}

#[tokio::test]
async fn it_is_alive_and_ready_until_it_is_about_to_stop() {
    let app = TestApp::start().await;
    assert_eq!(app.stranger().get("/health/live").await.expect(200), json!({"status": "ok"}));
    let ready = app.stranger().get("/health/ready").await.expect(200);
    assert_eq!(ready, json!({"status": "ok", "read_only": false}));
    app.app.drain();
    let refused = app.stranger().get("/health/ready").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(503, "draining");
    app.stranger().get("/health/live").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_head_is_answered_like_a_get_without_its_body() {
    let app = TestApp::start().await;
    for (path, status) in [("/health/live", 200), ("/api/v1/events", 200), ("/api/v1/nothing", 404)] {
        let head = answer(app.stranger().request(method("HEAD"), path)).await;
        assert_eq!((head.status, head.text.as_str()), (status, ""), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_pattern_and_never_by_address() {
    let app = TestApp::start().await;
    app.stranger().get("/invites/SECRET-CODE").await.expect(200);
    answer(app.stranger().request(method("MADEUP"), "/secret-path")).await.expect(404);
    let text = app.stranger().get("/metrics").await.text;
    let counted = "synesthesie_http_request_seconds_count{method=\"GET\",route=\"/api/v1/invites/{code}\",status=\"200\"} 1";
    assert!(text.contains(counted), "{text}");
    assert!(text.contains("method=\"OTHER\",route=\"unknown\",status=\"404\""), "{text}");
    assert!(text.contains("synesthesie_outbox_waiting 0"), "{text}");
    assert!(!text.to_lowercase().contains("secret"), "{text}");
}

#[tokio::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.stranger().get("/docs").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("/api/v1/auth/register"));
    assert!(!page.text.contains("<script") && !page.text.contains("src="), "nothing is loaded");
    let document = app.stranger().get("/openapi.json").await.expect(200);
    assert_eq!(document, serde_json::from_str::<Value>(&synesthesie::http::openapi::text()).unwrap());
}

#[tokio::test]
async fn what_is_no_http_at_all_harms_nobody() {
    let app = TestApp::start().await;
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        let mut line = TcpStream::connect(address).unwrap();
        line.write_all(b"GET / HTTP/9.9\r\n\0\0\r\n\r\n").unwrap();
        let mut said = Vec::new();
        line.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    });
    assert!(said.await.unwrap().starts_with("HTTP/1.1 400"));
    app.stranger().get("/health/live").await.expect(200);
}
