//! The HTTP server around a desk: faults first, then the provider's own API and pages, then what tests may ask.

use crate::call::{Call, Content, Reply};
use crate::desk::{Desk, Provider};
use crate::faults::{Fault, Kind, strike};
use crate::notices::{Notice, Weather};
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long an answer that never comes keeps its connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers every call that reaches the server.
pub(crate) async fn answer<P: Provider>(
    desk: Data<Arc<Desk<P>>>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let mut call = Call::read(&request, &body);
    if let Some(control) = call.path.strip_prefix("/simulator/") {
        return respond(control_call(&desk, &call, control).await);
    }
    let fault = strike(&mut desk.faults(), &call);
    let kind = fault.as_ref().map(|fault| fault.kind);
    match kind {
        Some(Kind::Drop) => return hang_up(),
        Some(Kind::Error500) => return respond(desk.provider.broken()),
        _ => {}
    }
    call.refund_pends = kind == Some(Kind::RefundPending);
    call.endpoint = desk.endpoint();
    let Some(running) = desk.begin(desk.provider.request_key(&call)) else {
        return respond(desk.provider.busy());
    };
    if let (Some(Kind::Delay), Some(fault)) = (kind, &fault) {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms).min(PATIENCE)).await;
    }
    let reply = desk.act(&call).await;
    drop(running);
    if kind == Some(Kind::TimeoutAfterAct) {
        tokio::select! {
            () = desk.stopped() => {}
            () = tokio::time::sleep(PATIENCE) => {}
        }
        return hang_up();
    }
    if kind == Some(Kind::DropAfterAct) {
        return hang_up();
    }
    respond(reply)
}

fn respond(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    match reply.content {
        Content::Json(text) => response.content_type("application/json").body(text),
        Content::Page(text) => response
            .insert_header(("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"))
            .insert_header(("cache-control", "no-store"))
            .content_type("text/html; charset=utf-8")
            .body(text),
        Content::None => response.finish(),
    }
}

/// A body that fails before its first byte: the server then closes the connection without sending anything.
struct Broken;

impl MessageBody for Broken {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}

fn hang_up() -> HttpResponse {
    HttpResponse::Ok().force_close().body(Broken)
}

#[derive(Deserialize)]
struct Resend {
    id: Option<String>,
}

/// The events for which the shop's address is registered.
#[derive(Deserialize)]
struct Registered {
    events: Vec<String>,
}

/// Something to send as a stranger: a known notice, a whole body, or an event about an object.
#[derive(Deserialize)]
struct Forge {
    id: Option<String>,
    body: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    object: Option<Value>,
}

async fn control_call<P: Provider>(desk: &Arc<Desk<P>>, call: &Call, control: &str) -> Reply {
    match (call.method.as_str(), control) {
        ("GET", "state") => Reply::json(200, &desk.look(|kept| desk.provider.state(&kept.books))),
        ("GET", "faults") => Reply::json(200, &json!({ "faults": *desk.faults() })),
        ("DELETE", "faults") => {
            desk.faults().clear();
            Reply::json(200, &json!({ "faults": [] }))
        }
        ("POST", "faults") => match read::<Fault>(call) {
            Ok(fault) => {
                let reply = Reply::json(201, &json!(fault));
                desk.faults().push(fault);
                reply
            }
            Err(refusal) => refusal,
        },
        ("POST", "weather") => match read::<Weather>(call) {
            Ok(weather) => {
                let reply = Reply::json(200, &json!(weather));
                desk.set_weather(weather);
                reply
            }
            Err(refusal) => refusal,
        },
        ("POST", "endpoint") => match read::<Registered>(call) {
            Ok(registered) => {
                desk.register(registered.events);
                Reply::json(200, &json!(desk.endpoint()))
            }
            Err(refusal) => refusal,
        },
        ("GET", "notices") => notices(desk),
        ("POST", "notices/drain") => {
            desk.drained().await;
            notices(desk)
        }
        ("POST", "notices/resend") => match read::<Resend>(call) {
            Ok(order) => resend(desk, order).await,
            Err(refusal) => refusal,
        },
        ("POST", "notices/forge") => match read::<Forge>(call) {
            Ok(order) => forge(desk, order).await,
            Err(refusal) => refusal,
        },
        ("POST", other) => match other.strip_prefix("refunds/").and_then(|rest| rest.strip_suffix("/finish"))
        {
            Some(id) => finish_refund(desk, call, id).await,
            None => refuse(404, "there is no such call"),
        },
        _ => refuse(404, "there is no such call"),
    }
}

fn refuse(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({ "error": why }))
}

/// Reads a JSON body; an empty one is `{}`.
fn read<T: serde::de::DeserializeOwned>(call: &Call) -> Result<T, Reply> {
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    serde_json::from_slice(body).map_err(|error| refuse(400, &error.to_string()))
}

fn notices<P: Provider>(desk: &Desk<P>) -> Reply {
    let list: Vec<_> = desk.look(|kept| {
        let told = kept.told.iter();
        told.map(|told| {
            let body: Value = serde_json::from_str(&told.notice.body).unwrap_or_default();
            json!({
                "id": told.notice.id, "type": told.notice.kind, "owed": told.owed, "sent": told.sent,
                "accepted": told.accepted, "body": body,
            })
        })
        .collect()
    });
    Reply::json(200, &json!({ "notices": list }))
}

async fn resend<P: Provider>(desk: &Arc<Desk<P>>, order: Resend) -> Reply {
    let wanted: Vec<Notice> = desk.look(|kept| match &order.id {
        Some(id) => kept.told.get(id).map(|told| told.notice.clone()).into_iter().collect(),
        None => {
            let missed = kept.told.iter().filter(|told| told.accepted == 0);
            missed.map(|told| told.notice.clone()).collect()
        }
    });
    if wanted.is_empty() && order.id.is_some() {
        return refuse(404, "there is no such notice");
    }
    let mut answers = Vec::new();
    for notice in wanted {
        let status = desk.resend(&notice).await;
        answers.push(json!({ "id": notice.id, "type": notice.kind, "status": status }));
    }
    Reply::json(200, &json!({ "notices": answers }))
}

async fn forge<P: Provider>(desk: &Arc<Desk<P>>, order: Forge) -> Reply {
    let known = order.id.as_deref().and_then(|id| desk.look(|kept| Some(kept.told.get(id)?.notice.clone())));
    let notice = match (known, order.body, order.kind, order.object) {
        (Some(notice), ..) => notice,
        (None, Some(body), ..) => {
            let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            Notice { id: text("id"), kind: text("type"), body: body.to_string() }
        }
        (None, None, Some(kind), Some(object)) => desk.provider.event(&kind, object, desk.clock.now()),
        _ => return refuse(400, "give the id of a notice, or a body, or a type and an object"),
    };
    let status = desk.forge(&notice).await;
    Reply::json(200, &json!({ "id": notice.id, "type": notice.kind, "status": status }))
}

async fn finish_refund<P: Provider>(desk: &Arc<Desk<P>>, call: &Call, id: &str) -> Reply {
    let outcome = call.query_fields().into_iter().find(|(name, _)| name == "outcome").map(|(_, value)| value);
    let succeeds = match outcome.as_deref() {
        Some("succeeded") => true,
        Some("failed") => false,
        _ => return refuse(400, "outcome is succeeded or failed"),
    };
    let done = desk.change(|provider, books, now| match provider.finish_refund(books, id, succeeds, now) {
        Some(batches) => (true, batches),
        None => (false, Vec::new()),
    });
    if done.await {
        Reply::json(200, &json!({ "status": if succeeds { "succeeded" } else { "failed" } }))
    } else {
        refuse(404, "there is no such pending refund")
    }
}
