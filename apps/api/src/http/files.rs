//! Files, where this program serves them itself: whoever has a link that is good reads what it names, or puts the part
//! that it is for. Nothing is held in memory but what is on its way.

use super::problem::Problem;
use super::ranges::{Wanted, quoted, wanted};
use crate::metrics::Way;
use crate::wiring::App;
use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, get, put};
use adapter_local::{Asked, PartAsked, ReadAsked};
use futures_util::{Stream, StreamExt, stream};
use kernel::{AccountId, Content, ObjectError, Reader, Span};
use media::Meter;
use prometheus_client::metrics::counter::Counter;
use std::time::Duration;
use tokio::time::timeout;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the path of every file begins with.
pub const MEDIA: &str = "/media";
/// How long a sender may send nothing.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whoever gets a page to show a file as a document shows something without scripts, forms and origin.
const POLICY: &str = "default-src 'none'; sandbox";

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_file).service(put_part);
}

/// Read a file, or a part of it: the address is a link that some other call gave, and is good for its time.
#[utoipa::path(tag = "media", params(("key" = String, Path, description = "as the link has it, with its query")), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
    (status = 206, description = "the range that was asked for", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 304, description = "it is what `If-None-Match` says"),
    (status = 403, description = "`link_invalid`: the link is over, or another one", body = Problem),
    (status = 404, description = "`not_found`: the file is gone", body = Problem),
    (status = 416, description = "`range_not_satisfiable`", body = Problem)))]
#[get("/media/{key:.*}")]
async fn read_file(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let Some(Asked::Read(asked)) = asked(&app, &request, &Method::GET) else {
        return Err(invalid());
    };
    let object = app.objects.head(&asked.key).await?.ok_or_else(Problem::not_found)?;
    let (status, span) = match wanted(request.headers(), object.size, &object.etag) {
        Wanted::Whole => (StatusCode::OK, Span { start: 0, length: object.size }),
        Wanted::Part(span) => (StatusCode::PARTIAL_CONTENT, span),
        Wanted::Kept => return Ok(dressed(StatusCode::NOT_MODIFIED, &asked, &object.etag).finish()),
        Wanted::Outside => return Ok(outside(object.size)),
    };
    let Content { object: found, reader } =
        app.objects.get(&asked.key, Some(span)).await?.ok_or_else(Problem::not_found)?;
    if found.etag != object.etag {
        // It was put anew in this moment.
        return Err(Problem::busy(Duration::from_secs(1)));
    }
    let mut answer = dressed(status, &asked, &object.etag);
    answer.insert_header((header::CONTENT_TYPE, asked.content_type.as_str()));
    answer.insert_header((header::CONTENT_DISPOSITION, asked.disposition.as_str()));
    if status == StatusCode::PARTIAL_CONTENT {
        let last = span.start + span.length - 1;
        let range = format!("bytes {}-{last}/{}", span.start, object.size);
        answer.insert_header((header::CONTENT_RANGE, range));
    }
    let meter = asked.meter.map(|account| (app.meter.clone(), account));
    let sent = app.metrics.egress_counter(Way::Served);
    Ok(answer.body(SizedStream::new(span.length, sending(reader, span.length, (meter, sent)))))
}

/// Send a part of an upload: the address is one of those that the upload was answered with.
#[utoipa::path(tag = "media", params(("key" = String, Path, description = "as the link has it, with its query")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, description = "`ETag` names what has arrived"),
    (status = 403, description = "`link_invalid`: the link is over, or another one", body = Problem),
    (status = 404, description = "`not_found`: the upload was given up", body = Problem),
    (status = 422, description = "`part_size_differs`", body = Problem)))]
#[put("/media/{key:.*}")]
async fn put_part(
    app: Data<App>,
    request: HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Problem> {
    let Some(Asked::Part(asked)) = asked(&app, &request, &Method::PUT) else {
        return Err(invalid());
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.is_some_and(|text| text.parse() != Ok(asked.size)) {
        return Err(of_another_size(&asked));
    }
    let disk = app.disk.as_ref().ok_or_else(invalid)?;
    let mut part = disk.receive(&asked).await?.ok_or_else(Problem::not_found)?;
    let mut left = asked.size;
    while let Some(bytes) = timeout(PATIENCE, payload.next()).await.map_err(|_| late())? {
        let bytes = bytes.map_err(|_| Problem::bad_request("incomplete_body", "The body did not arrive."))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or_else(|| of_another_size(&asked))?;
        part.write(&bytes).await?;
    }
    if left > 0 {
        return Err(of_another_size(&asked));
    }
    let etag = part.finish().await?.ok_or_else(Problem::not_found)?.etag;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, quoted(&etag))).finish())
}

/// What a link asks for, if it is good for this method at this host now.
fn asked(app: &App, request: &HttpRequest, method: &Method) -> Option<Asked> {
    let disk = app.disk.as_ref()?;
    let path = request.uri().path().strip_prefix(MEDIA)?;
    let query = request.uri().query().unwrap_or_default();
    disk.asked(method.as_str(), path, query, host(app, request)?)
}

/// Where the request was sent to, as the outermost proxy saw it, if there are any.
fn host<'r>(app: &App, request: &'r HttpRequest) -> Option<&'r str> {
    let named = |name: &HeaderName| request.headers().get(name)?.to_str().ok();
    let forwarded = match app.config.http.trusted_proxies {
        0 => None,
        _ => named(&HeaderName::from_static("x-forwarded-host")),
    };
    forwarded.and_then(outermost).or_else(|| named(&header::HOST)).map(str::trim)
}

/// What the first of several proxies was asked for, which each of them may have added to.
fn outermost(hosts: &str) -> Option<&str> {
    hosts.split(',').map(str::trim).find(|host| !host.is_empty())
}

/// With what is said of a file whether or not it is sent.
fn dressed(status: StatusCode, asked: &ReadAsked, etag: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::ETAG, quoted(etag)))
        .insert_header((header::CACHE_CONTROL, asked.cache_control.as_str()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        // Pages of other origins show it, too, and what they were told is not told to others.
        .insert_header((HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"))
        .insert_header((header::VARY, "origin"));
    answer
}

/// The bytes of a reader, no more than were announced, counted as they go: of some also for whom.
fn sending(
    reader: Box<dyn Reader>,
    left: u64,
    (meter, sent): (Option<(Meter, AccountId)>, Counter),
) -> impl Stream<Item = Result<Bytes, ObjectError>> {
    stream::try_unfold((reader, left, meter, sent), async |(mut reader, left, meter, sent)| {
        if left == 0 {
            return Ok(None);
        }
        let Some(mut bytes) = reader.next().await? else { return Ok(None) };
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        sent.inc_by(length);
        if let Some((meter, account)) = &meter {
            meter.serve(*account, length);
        }
        Ok(Some((Bytes::from(bytes), (reader, left - length, meter, sent))))
    })
}

fn outside(size: u64) -> HttpResponse {
    let detail = "The file has no such range.";
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", detail);
    let mut answer = problem.error_response();
    if let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}")) {
        answer.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    answer
}

fn invalid() -> Problem {
    Problem::forbidden("link_invalid", "This link is over, or was changed; ask for a new one.")
}

fn of_another_size(asked: &PartAsked) -> Problem {
    Problem::unprocessable("part_size_differs", format!("This part has {} bytes.", asked.size))
}

fn late() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The body did not arrive.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_hosts_the_first_is_what_the_browser_asked_for() {
        assert_eq!(outermost("media.example.org"), Some("media.example.org"));
        assert_eq!(outermost("media.example.org, inner:8080"), Some("media.example.org"));
        assert_eq!((outermost(""), outermost(" , ")), (None, None));
    }
}
