//! A defect in one handler is a problem for one request.

use crate::harness::TestApp;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, get, scope};
use actix_web::{App, HttpResponse, test};
use serde_json::Value;
use synesthesie::http::envelope::envelope;

async fn broken() -> HttpResponse {
    panic!("a password: hunter2")
}

#[actix_web::test]
async fn a_panic_is_a_problem_without_its_message() {
    let app = TestApp::start().await;
    let service = App::new()
        .app_data(Data::from(app.app.clone()))
        .wrap(from_fn(envelope))
        .service(scope("/inner").route("/broken", get().to(broken)));
    let service = test::init_service(service).await;
    let request = test::TestRequest::get().uri("/inner/broken").insert_header(("x-request-id", "abc"));
    let error = test::try_call_service(&service, request.to_request()).await.err().unwrap();
    let answer = error.error_response();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/problem+json");
    assert_eq!(answer.headers().get("x-request-id").unwrap(), "abc");
    let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&problem["code"], &problem["request_id"]), (&"internal".into(), &"abc".into()));
    assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
    assert!(app.app.metrics.text().contains("synesthesie_http_panics_total 1"));
}
