//! As little of a server as links need.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use adapter_local::{Asked, Disk, PartAsked, ReadAsked};
use futures_util::StreamExt;
use kernel::{ObjectStore, Span, SystemClock};
use std::net::TcpListener;
use std::sync::Arc;

/// A store in a folder of its own, with a server that answers its links as long as the test runs.
pub(super) async fn serving() -> Arc<dyn ObjectStore> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let base = format!("http://{}/media", listener.local_addr().unwrap());
    let disk = Disk::open(folder.path(), &base, [1; 32], Arc::new(SystemClock)).unwrap();
    let served = Data::new(disk.clone());
    let app = move || App::new().app_data(served.clone()).default_service(web::to(answer));
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
    tokio::spawn(async move {
        server.await.unwrap();
        drop(folder);
    });
    Arc::new(disk)
}

async fn answer(disk: Data<Disk>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let uri = request.uri();
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = uri.path().strip_prefix("/media").unwrap_or_default();
    match disk.asked(request.method().as_str(), path, uri.query().unwrap_or_default(), host) {
        Some(Asked::Read(asked)) => read(&disk, &asked, &request).await,
        Some(Asked::Part(asked)) => receive(&disk, &asked, payload).await,
        None => HttpResponse::new(StatusCode::FORBIDDEN),
    }
}

/// `bytes=1-2`, `bytes=1-` or `bytes=-2`; `None` when nothing of the object is meant.
fn wanted(range: &str, size: u64) -> Option<Span> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, size.min(last + 1)),
        (Ok(first), Err(_)) => (first, size),
        (Err(_), Ok(count)) => (size.saturating_sub(count), size),
        (Err(_), Err(_)) => return None,
    };
    (start < end).then(|| Span { start, length: end - start })
}

async fn read(disk: &Disk, asked: &ReadAsked, request: &HttpRequest) -> HttpResponse {
    let Some(object) = disk.head(&asked.key).await.unwrap() else {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    };
    let range = request.headers().get("range").and_then(|range| range.to_str().ok());
    let span = range.map(|range| wanted(range, object.size));
    if span == Some(None) {
        return HttpResponse::new(StatusCode::RANGE_NOT_SATISFIABLE);
    }
    let span = span.flatten();
    let mut content = disk.read(asked, span).await.unwrap().unwrap();
    let mut bytes = Vec::new();
    while let Some(more) = content.reader.next().await.unwrap() {
        bytes.extend(more);
    }
    let mut answer = HttpResponse::Ok();
    if let Some(Span { start, length }) = span {
        let said = format!("bytes {start}-{}/{}", start + length - 1, object.size);
        answer.status(StatusCode::PARTIAL_CONTENT).insert_header(("content-range", said));
    }
    answer
        .insert_header(("content-type", asked.content_type.as_str()))
        .insert_header(("content-disposition", asked.disposition.as_str()))
        .insert_header(("cache-control", asked.cache_control.as_str()))
        .insert_header(("etag", format!("\"{}\"", object.etag)))
        .body(bytes)
}

async fn receive(disk: &Disk, asked: &PartAsked, mut payload: Payload) -> HttpResponse {
    let Some(mut receiving) = disk.receive(asked).await.unwrap() else {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    };
    let mut fits = true;
    while let Some(bytes) = payload.next().await {
        // What is too much is read none the less, so that the sender hears the answer.
        fits = fits && receiving.write(&bytes.unwrap()).await.is_ok();
    }
    match receiving.finish().await {
        Ok(Some(part)) if fits => {
            HttpResponse::Ok().insert_header(("etag", format!("\"{}\"", part.etag))).finish()
        }
        Ok(None) => HttpResponse::new(StatusCode::NOT_FOUND),
        _ => HttpResponse::new(StatusCode::UNPROCESSABLE_ENTITY),
    }
}
