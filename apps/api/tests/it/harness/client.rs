//! Sends JSON, and says what was answered when it was not what the test expected.

use super::document;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// Sends requests, with or without a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// What it sends as `Authorization: Bearer`.
    pub token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

impl Client {
    /// Sends to this address.
    pub fn new(http: reqwest::Client, url: String, token: Option<String>) -> Self {
        Self { http, url, token }
    }

    /// The same with another token, or none.
    pub fn with(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// A request to be refined; `path` is below `/api/v1` unless it names the whole, as `/health/live`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let outside = [
            "/health/",
            "/metrics",
            "/openapi.json",
            "/docs",
            "/door",
            "/media/",
            "/api/",
            "/change-email",
            "/reset-password",
            "/unsubscribe",
            "/verify-email",
        ];
        let base = if outside.iter().any(|one| path.starts_with(one)) { "" } else { "/api/v1" };
        let request = self.http.request(method, format!("{}{base}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// A POST with an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }
}

/// Sends a request.
pub async fn answer(request: RequestBuilder) -> Answer {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let asked = request.body().and_then(|body| body.as_bytes()).map(<[u8]>::to_vec);
    let answer = Answer::of(http.execute(request).await.unwrap()).await;
    // What is zipped is not read here.
    let json = Some(&answer.json).filter(|_| answer.header("content-encoding").is_empty());
    document::check(&method, &path, answer.status, answer.header("content-type"), json);
    if let Some(json) = json {
        document::keep(&method, &path, answer.status, asked.as_deref(), json);
    }
    answer
}

impl Answer {
    /// What a response says.
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, json }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json
    }

    /// The body, if it is a whole problem of this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
        self.assert_problem();
        self.json
    }

    /// Whether it is a problem as RFC 9457 and the contract have it.
    #[track_caller]
    pub fn assert_problem(&self) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.json["type"], "about:blank", "{}", self.text);
        assert_eq!(self.json["status"], self.status, "{}", self.text);
        assert_eq!(self.json["request_id"], self.header("x-request-id"), "{}", self.text);
        for field in ["title", "detail", "code"] {
            assert!(self.json[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", self.text);
        }
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}
