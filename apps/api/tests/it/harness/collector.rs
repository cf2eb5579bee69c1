//! A collector of traces in the test's own process: takes them as OpenTelemetry's protocol sends them, and shows them.

use super::config;
use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data, PayloadConfig, post};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use data_encoding::HEXLOWER;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span as Sent;
use prost::Message;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use synesthesie::config::Environment;
use synesthesie::telemetry::{Telemetry, start_with};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Kinds of spans, as the protocol numbers them.
pub const SERVER: i32 = 2;
pub const CLIENT: i32 = 3;
pub const CONSUMER: i32 = 5;
/// How the protocol says that something failed.
const FAILED: i32 = 2;

/// Listens until it is dropped.
pub struct Collector {
    pub url: String,
    kept: Data<Kept>,
    handle: ServerHandle,
}

#[derive(Default)]
struct Kept {
    spans: Mutex<Vec<Span>>,
    /// All that was sent, as it came.
    bytes: Mutex<Vec<u8>>,
    authorizations: Mutex<Vec<String>>,
}

/// A span; names in hexadecimal digits.
#[derive(Debug, Clone)]
pub struct Span {
    pub name: String,
    pub kind: i32,
    pub trace: String,
    pub id: String,
    /// Empty where the trace begins.
    pub parent: String,
    /// The traces that it is linked with.
    pub links: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub has_failed: bool,
    pub events: usize,
    /// What it says of the process.
    pub resource: BTreeMap<String, String>,
}

/// The log of this process, line by line, and what makes its traces.
pub struct Told {
    telemetry: Telemetry,
    lines: Lines,
}

/// Keeps what is logged.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// Lines of a production system, which are JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Told {
    /// From here on, with JSON in the log as in production; once in a process.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let mut config = config("127.0.0.1:0", settings);
        config.environment = Environment::Production;
        let lines = Lines::default();
        let log = lines.clone();
        let telemetry = start_with(&config, &Handle::current(), move || log.clone()).unwrap();
        Self { telemetry, lines }
    }

    /// Ends it as the program does, and gives what was logged.
    pub async fn stop(self) -> Lines {
        let Self { telemetry, lines } = self;
        spawn_blocking(move || telemetry.stop()).await.unwrap();
        lines
    }
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let kept = Data::new(Kept::default());
        let shared = kept.clone();
        let server = HttpServer::new(move || {
            let large = PayloadConfig::new(64 * 1024 * 1024);
            App::new().app_data(shared.clone()).app_data(large).route("/v1/traces", post().to(take))
        });
        let running = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = running.handle();
        tokio::spawn(running);
        Self { url, kept, handle }
    }

    /// All spans that came, in no order.
    pub fn spans(&self) -> Vec<Span> {
        self.kept.spans.lock().unwrap().clone()
    }

    /// The one of this name.
    #[track_caller]
    pub fn the(&self, name: &str) -> Span {
        let found: Vec<_> = self.spans().into_iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name} among {:#?}", self.names());
        found[0].clone()
    }

    /// What spans are called, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.spans().into_iter().map(|span| span.name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Everything within a span.
    pub fn within(&self, whole: &Span) -> Vec<Span> {
        let of_trace: Vec<_> = self
            .spans()
            .into_iter()
            .filter(|span| span.trace == whole.trace && span.id != whole.id)
            .collect();
        let mut inside = vec![whole.id.clone()];
        let mut found = Vec::new();
        while let Some(id) = inside.pop() {
            let parts = of_trace.iter().filter(|span| span.parent == id);
            inside.extend(parts.clone().map(|span| span.id.clone()));
            found.extend(parts.cloned());
        }
        found
    }

    /// Whether these letters came, in whatever was sent.
    pub fn holds(&self, text: &str) -> bool {
        self.kept.bytes.lock().unwrap().windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// What was sent as `Authorization`, one for each time.
    pub fn authorizations(&self) -> Vec<String> {
        self.kept.authorizations.lock().unwrap().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Sent at once; nobody has to wait for it.
        drop(self.handle.stop(false));
    }
}

async fn take(request: HttpRequest, body: Bytes, kept: Data<Kept>) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    if header("content-type") != "application/x-protobuf" {
        return HttpResponse::UnsupportedMediaType().finish();
    }
    let Ok(sent) = ExportTraceServiceRequest::decode(&body[..]) else {
        return HttpResponse::BadRequest().finish();
    };
    kept.bytes.lock().unwrap().extend_from_slice(&body);
    kept.authorizations.lock().unwrap().push(header("authorization"));
    let mut spans = kept.spans.lock().unwrap();
    for of_process in sent.resource_spans {
        let resource = of_process.resource.map(|resource| texts(resource.attributes)).unwrap_or_default();
        let sent = of_process.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        spans.extend(sent.map(|span| seen(span, resource.clone())));
    }
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    HttpResponse::Ok().content_type("application/x-protobuf").body(answer)
}

fn seen(span: Sent, resource: BTreeMap<String, String>) -> Span {
    let hexadecimal = |bytes: &[u8]| HEXLOWER.encode(bytes);
    Span {
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        links: span.links.iter().map(|link| hexadecimal(&link.trace_id)).collect(),
        name: span.name,
        kind: span.kind,
        attributes: texts(span.attributes),
        has_failed: span.status.is_some_and(|status| status.code == FAILED),
        events: span.events.len(),
        resource,
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|one| (one.key, text(one.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    }
}
