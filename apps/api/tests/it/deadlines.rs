//! What hangs is ended, and what has begun to be answered goes on.

use crate::harness::TestApp;
use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{Bytes, Data, get, scope};
use actix_web::{App, HttpResponse, test};
use futures_util::stream;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use synesthesie::http::envelope::envelope;
use tokio::time::sleep;

/// Longer than the one second that answers have here.
const LONG: Duration = Duration::from_millis(2_500);

async fn hangs() -> HttpResponse {
    sleep(Duration::from_secs(600)).await;
    HttpResponse::Ok().finish()
}

/// Begins at once, and takes its time.
async fn tells() -> HttpResponse {
    let later = stream::once(async {
        sleep(LONG).await;
        Ok::<_, Infallible>(Bytes::from_static(b"to the end"))
    });
    HttpResponse::Ok().streaming(Box::pin(later))
}

/// Answers after a while.
async fn thinks() -> HttpResponse {
    sleep(LONG).await;
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn what_may_take_longer_may_however_its_address_is_written() {
    let app = TestApp::with(&[("http.answer_seconds", "1")]).await;
    let inner =
        scope("/api/v1/admin").route("/documents.csv", get().to(thinks)).route("/other", get().to(thinks));
    let service = App::new().app_data(Data::from(app.app.clone())).wrap(from_fn(envelope)).service(inner);
    let service = test::init_service(service).await;
    for path in ["/api/v1/admin/documents.csv", "/api/v1/admin/d%6Fcuments.csv"] {
        let answer = test::call_service(&service, test::TestRequest::get().uri(path).to_request()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    for path in ["/api/v1/admin/other", "/api/v1/admin/o%74her"] {
        let request = test::TestRequest::get().uri(path).to_request();
        let error = test::try_call_service(&service, request).await.err().unwrap();
        assert_eq!(error.error_response().status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

#[actix_web::test]
async fn a_call_that_hangs_is_ended_and_a_stream_goes_on() {
    let origin = "https://app.example.org";
    let app = TestApp::with(&[("http.answer_seconds", "1"), ("http.allowed_origins", origin)]).await;
    let inner = scope("/inner").route("/hangs", get().to(hangs)).route("/tells", get().to(tells));
    let service = App::new().app_data(Data::from(app.app.clone())).wrap(from_fn(envelope)).service(inner);
    let service = test::init_service(service).await;

    let request = test::TestRequest::get().uri("/inner/hangs");
    let request = request.insert_header(("x-request-id", "abc")).insert_header(("origin", origin));
    let error = test::try_call_service(&service, request.to_request()).await.err().unwrap();
    let answer = error.error_response();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((header("retry-after"), header("x-request-id")), ("5".to_owned(), "abc".to_owned()));
    assert_eq!(header("access-control-allow-origin"), origin);
    assert_eq!(header("x-content-type-options"), "nosniff");
    let body = to_bytes(answer.into_body()).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&problem["code"], &problem["request_id"]), (&"too_slow".into(), &"abc".into()));

    let request = test::TestRequest::get().uri("/inner/tells").to_request();
    let answer = test::call_service(&service, request).await;
    assert_eq!(test::read_body(answer).await, "to the end");
}
