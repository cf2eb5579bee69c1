//! Traces: a request and all that it causes can be followed, by names that say nothing of anybody.

use crate::harness::collector::{CLIENT, CONSUMER, Collector, SERVER, Span, Told};
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use crate::harness::{PASSWORD, Person, TestApp, on_each_store, unique_email};
use chrono::TimeDelta;
use kernel::{TRACES, TraceParent};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use synesthesie::worker::{self, QUICK};
use testkit::servers::Program;
use tracing::level_filters::LevelFilter;

/// The example of the recommendation (W3C Trace Context).
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

on_each_store!(a_purchase_is_followed_from_the_call_to_the_mail);

async fn a_purchase_is_followed_from_the_call_to_the_mail(store: Store) {
    let collector = Collector::start().await;
    let told = Told::start(&[("telemetry.otlp_url", &collector.url)]);
    let shop = Shop::open(store, 10).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    told.stop().await;

    let confirm = collector.the("POST /api/v1/bookings/confirm");
    assert_eq!((confirm.kind, confirm.parent.as_str(), confirm.links.len()), (SERVER, "", 0));
    let attribute = |name: &str| confirm.attributes[name].as_str();
    assert_eq!(attribute("http.request.method"), "POST");
    assert_eq!(attribute("http.route"), "/api/v1/bookings/confirm");
    assert_eq!((attribute("http.response.status_code"), confirm.has_failed), ("201", false));
    assert_eq!(confirm.resource["service.name"], "synesthesie");
    // It goes on in a task of its own, and still belongs to the request.
    let within = collector.within(&confirm);
    let asked = within.iter().find(|span| span.name == "Stripe: open a checkout").unwrap();
    assert_eq!((asked.kind, asked.has_failed), (CLIENT, false));
    assert_database(store, &within);

    // What confirmed the booking owed the mail.
    let mail = collector.the("booking send_tickets");
    assert_eq!((mail.kind, mail.parent.as_str()), (CONSUMER, ""));
    let begins = |span: &Span| mail.links == [span.trace.clone()] && span.parent.is_empty();
    let owed_in = collector.spans().into_iter().find(begins);
    let owed_in = owed_in.expect("it is linked with a trace that was collected");
    assert_eq!(owed_in.name, "POST /api/v1/webhooks/stripe");
    assert_ne!(mail.trace, owed_in.trace);
    assert!(collector.within(&mail).iter().any(|span| span.name == "sending a mail"));

    for span in collector.spans() {
        assert_eq!(span.events, 0, "lines of the log stay in the log: {span:#?}");
        if span.parent.is_empty() {
            assert!([SERVER, CONSUMER].contains(&span.kind), "nobody asked for {span:#?}");
        }
    }
    nothing_is_told_of(&collector, &[&ada, &shop.admin], &booking);
}

/// On PostgreSQL what was done is told in the order of a transaction; the local store asks nobody.
fn assert_database(store: Store, within: &[Span]) {
    let of_database: Vec<_> =
        within.iter().filter(|span| span.attributes.contains_key("db.system.name")).collect();
    match store {
        Store::Local => assert_eq!(of_database.len(), 0),
        Store::Postgres => {
            let parts: Vec<_> = of_database.iter().map(|span| span.name.as_str()).collect();
            for name in ["a transaction", "beginning a transaction", "owing effects", "committing"] {
                assert!(parts.contains(&name), "{name} among {parts:#?}");
            }
            assert!(of_database.iter().all(|span| span.kind == CLIENT && !span.has_failed));
            let whole = of_database.iter().find(|span| span.name == "a transaction").unwrap();
            let begun = of_database.iter().filter(|span| span.parent == whole.id);
            assert!(begun.clone().any(|span| span.name == "committing"), "{of_database:#?}");
        }
    }
}

/// Neither who somebody is, nor what opens anything, nor which things it was about.
fn nothing_is_told_of(collector: &Collector, people: &[&Person], booking: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut secret =
        vec![PASSWORD.to_owned(), "Byron".into(), "A night out".into(), "whsec_".into(), "sk_test".into()];
    for person in people {
        let token = person.client.token.clone().unwrap();
        secret.extend([person.email.clone(), person.refresh_token.clone(), person.id.clone(), token]);
    }
    secret.extend([
        text(&booking["id"]),
        text(&booking["reference"]),
        text(&booking["payment"]["checkout_url"]),
    ]);
    for secret in secret {
        assert!(!collector.holds(&secret), "{secret} was told");
    }
    assert!(collector.holds("/api/v1/bookings/{id}"), "calls are told by pattern");
}

#[tokio::test]
async fn who_sent_a_request_is_believed_where_that_is_wanted() {
    let collector = Collector::start().await;
    let told = Told::start(&[("telemetry.otlp_url", &collector.url), ("log.filter", "synesthesie=debug")]);
    for trusted in ["false", "true"] {
        let app = TestApp::with(&[("telemetry.trust_traceparent", trusted)]).await;
        for (flags, name) in [("01", "followed"), ("00", "dropped")] {
            let get = app.stranger().request(Method::GET, "/events");
            let get = get.header("traceparent", format!("00-{TRACE}-{SPAN}-{flags}"));
            let get = get.header("x-request-id", format!("{name}-{trusted}"));
            assert_eq!(get.send().await.unwrap().status(), 200);
        }
        // What makes no sense is nobody's trace.
        let get = app.stranger().request(Method::GET, "/events").header("traceparent", "00-zz-zz-01");
        assert_eq!(get.header("x-request-id", format!("odd-{trusted}")).send().await.unwrap().status(), 200);
        app.stop().await;
    }
    let lines = told.stop().await.json();
    let of = |request: &str| {
        let mut spans = collector.spans();
        spans.retain(|span| span.attributes.get("request_id").is_some_and(|id| id == request));
        spans.pop()
    };
    let believed = of("followed-true").unwrap();
    assert_eq!((believed.trace.as_str(), believed.parent.as_str()), (TRACE, SPAN));
    assert!(of("dropped-true").is_none(), "whoever sent it does not follow it");
    for own in ["followed-false", "dropped-false", "odd-false", "odd-true"] {
        let own = of(own).unwrap();
        assert_ne!(own.trace, TRACE);
        assert_eq!(own.parent, "");
    }
    // The log says which trace it was, whether or not it was collected.
    for (request, trace) in [
        ("followed-true", TRACE),
        ("dropped-true", TRACE),
        ("odd-false", of("odd-false").unwrap().trace.as_str()),
    ] {
        let line = lines.iter().find(|line| line["span"]["request_id"] == request).unwrap();
        assert_eq!(line["span"]["trace_id"], trace, "{line}");
        assert_eq!(line["fields"]["message"], "answered");
    }
}

#[tokio::test]
async fn what_fails_later_names_the_trace_in_which_it_was_owed() {
    let collector = Collector::start().await;
    // With as little in the log as that: names stay.
    let told = Told::start(&[("telemetry.otlp_url", &collector.url), ("log.filter", "warn")]);
    let app = TestApp::with(&[("mail.url", "smtp://127.0.0.1:9")]).await;
    let admin = app.admin().await;
    while worker::round(&app.app).await.unwrap() > 0 {}
    let asked = app.stranger().request(Method::POST, "/auth/forgot-password");
    let asked = asked.header("x-request-id", "forgetful").json(&json!({"email": admin.email}));
    assert_eq!(asked.send().await.unwrap().status(), 202);
    assert!(worker::round(&app.app).await.unwrap() > 0);
    let lines = told.stop().await;

    let request = collector.the("POST /api/v1/auth/forgot-password");
    assert_eq!(request.attributes["request_id"], "forgetful");
    let effect = collector.the("accounts asked_for_reset");
    assert_eq!((effect.kind, effect.links.as_slice()), (CONSUMER, [request.trace.clone()].as_slice()));
    assert!(effect.has_failed && !request.has_failed);
    assert_eq!(effect.attributes["effect.attempts"], "0");
    assert!(collector.within(&effect).iter().any(|span| span.name == "sending a mail" && span.has_failed));
    let all = lines.json();
    let line = all.iter().find(|line| line["span"]["owed_in"] == request.trace.as_str()).unwrap();
    assert_eq!(line["fields"]["message"], "an effect failed");
    assert_eq!((&line["span"]["name"], &line["span"]["domain"]), (&"effect".into(), &"accounts".into()));
    assert_eq!(line["span"]["trace_id"], effect.trace.as_str());
    assert!(!lines.text().contains(&admin.email) && !collector.holds(&admin.email));
}

#[tokio::test]
async fn of_no_percent_nothing_is_sent_and_nothing_of_what_probes_ask() {
    let collector = Collector::start().await;
    let settings = [("telemetry.otlp_url", collector.url.as_str()), ("telemetry.sample_percent", "0")];
    let told = Told::start(&settings);
    let app = TestApp::start().await;
    app.stranger().get("/events").await.expect(200);
    // What is owed in a trace that nobody follows is not followed either.
    app.stranger().post("/auth/forgot-password", &json!({"email": unique_email("nobody")})).await.expect(202);
    let now = app.app.clock.now();
    let due = app.app.outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 10).await.unwrap();
    assert!(due.iter().all(|due| due.trace.is_some_and(|trace| !trace.is_sampled())), "{due:?}");
    for probe in ["/health/live", "/health/ready", "/metrics"] {
        app.stranger().request(Method::GET, probe).send().await.unwrap();
    }
    told.stop().await;
    assert_eq!(collector.names(), Vec::<String>::new());
}

#[tokio::test]
async fn without_a_collector_nothing_is_made() {
    let told = Told::start(&[("log.filter", "info,synesthesie=info")]);
    let app = TestApp::start().await;
    app.stranger().post("/auth/forgot-password", &json!({"email": unique_email("nobody")})).await.expect(202);
    let now = app.app.clock.now();
    let due = app.app.outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 10).await.unwrap();
    assert!(!due.is_empty() && due.iter().all(|due| due.trace.is_none()), "{due:?}");
    // All that is left of a span is a look whether anybody wants any of this level.
    assert!(LevelFilter::current() <= LevelFilter::INFO);
    assert!(tracing::debug_span!(target: TRACES, "anything").is_disabled());
    assert!(!told.stop().await.text().contains("trace_id"));
}

#[test]
fn what_a_header_says_is_read_as_it_is_written() {
    let parent: TraceParent = format!("00-{TRACE}-{SPAN}-01").parse().unwrap();
    assert_eq!(data_encoding::HEXLOWER.encode(&parent.trace_id()), TRACE);
    assert_eq!(data_encoding::HEXLOWER.encode(&parent.span_id()), SPAN);
}

/// The program itself, with this collector.
fn program(collector: &str) -> Program {
    let binary = Path::new(env!("CARGO_BIN_EXE_synesthesie"));
    let settings = [
        ("store.url", "local::memory:"),
        ("payments.simulators", "false"),
        ("telemetry.otlp_url", collector),
        ("telemetry.otlp_authorization", "Bearer of-this-test"),
    ];
    let mut program = Program::new(binary, &settings).unwrap();
    program.serve().unwrap();
    program
}

async fn ask(program: &Program) {
    let http = crate::harness::http().build().unwrap();
    let answer = http.get(format!("http://{}/api/v1/events", program.address())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_sends_what_was_not_sent_yet() {
    let collector = Collector::start().await;
    let mut program = program(&collector.url);
    ask(&program).await;
    program.stop().unwrap();
    collector.the("GET /api/v1/events");
    assert!(collector.authorizations().iter().all(|sent| sent == "Bearer of-this-test"));
    assert!(!program.log().contains("of-this-test"), "{}", program.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_keeps_nobody_from_anything() {
    let mut program = program(NOBODY);
    ask(&program).await;
    let since = Instant::now();
    program.stop().unwrap();
    // Five seconds for the traces, and some for a machine that compiles meanwhile.
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
    assert!(program.log().contains("BatchSpanProcessor.ExportError"), "{}", program.log());
}
