//! Stands between the adapter and the simulator and keeps what passes.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

/// A request as the adapter sent it.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// What came back.
    pub(crate) status: u16,
}

struct Post {
    upstream: String,
    http: reqwest::Client,
    seen: Mutex<Vec<Recorded>>,
}

/// A proxy on a free port.
pub(crate) struct Recorder {
    pub(crate) base: String,
    post: Data<Post>,
    server: actix_web::dev::ServerHandle,
}

impl Recorder {
    pub(crate) fn before(upstream: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = Data::new(Post { upstream: upstream.to_owned(), http, seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = post.clone();
        let app = move || App::new().app_data(shared.clone()).default_service(to(pass));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { base, post, server: handle }
    }

    pub(crate) fn seen(&self) -> Vec<Recorded> {
        self.post.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn pass(post: Data<Post>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let headers: BTreeMap<_, _> =
        headers.map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned())).collect();
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).unwrap();
    let mut onward = post.http.request(method, format!("{}{}", post.upstream, request.uri()));
    for (name, value) in
        headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str()))
    {
        onward = onward.header(name, value);
    }
    let answer = onward.body(body.to_vec()).send().await.unwrap();
    let status = answer.status().as_u16();
    post.seen.lock().unwrap_or_else(PoisonError::into_inner).push(Recorded {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers,
        body: body.to_vec(),
        status,
    });
    HttpResponse::build(StatusCode::from_u16(status).unwrap())
        .content_type("application/json")
        .body(answer.bytes().await.unwrap())
}
