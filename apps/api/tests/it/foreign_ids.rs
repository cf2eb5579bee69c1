//! Whoever owns an organisation, and names things of another one on paths of their own, in bodies and in queries.

use crate::events::cast::{Cast, event_of, id, ticket_type};
use crate::harness::shop::Store;
use crate::harness::{Answer, Client, TestApp, answer, method, on_each_store};
use crate::night::Night;
use adapter_postgres::testing::fresh_database;
use serde_json::{Value, json};

on_each_store!(an_id_of_another_organisation_is_worth_what_an_unknown_one_is);

/// No thing has it.
const NOBODYS: &str = "01900000-0000-7000-8000-000000000000";

/// What one organisation has.
struct Things {
    organisation: String,
    event: String,
    /// An event with a quota and a kind of ticket.
    draft: String,
    kind: String,
    quota: String,
    voucher: String,
    hall: String,
    hall_seat: String,
    /// A draft with that hall.
    seated: String,
    section: String,
    seat: String,
}

impl Things {
    async fn of(who: &Client, organisation: &str) -> Self {
        let event = |title: &str| event_of(organisation, title);
        let made = async |path: &str, body: &Value| id(&who.post(path, body).await.expect(201)).to_owned();
        let hall =
            made("/admin/venue-templates", &json!({"organisation_id": organisation, "name": "Hall"})).await;
        let stalls = json!({"name": "Stalls", "row_start": "A", "row_end": "A", "seats_per_row": 5});
        who.post(&format!("/admin/venue-templates/{hall}/sections"), &stalls).await.expect(201);
        let mut seated = event("Seated");
        seated["venue_template_id"] = json!(hall);
        seated["base_price"] = json!({"amount": 0, "currency": "EUR"});
        let seated = made("/admin/events", &seated).await;
        who.post(&format!("/admin/events/{seated}/publish"), &json!({})).await.expect(200);
        let map = who.get(&format!("/events/{seated}/seats")).await.expect(200);
        let found = who.get(&format!("/admin/venue-templates/{hall}")).await.expect(200);
        let sold = made("/admin/events", &event("Sold")).await;
        let path = format!("/admin/events/{sold}");
        let kind = made(&format!("{path}/ticket-types"), &ticket_type("Regular", 50)).await;
        who.post(&format!("{path}/publish"), &json!({})).await.expect(200);
        let voucher = who.post(&format!("{path}/vouchers"), &json!({"percent": 10})).await.expect(201);
        let draft = made("/admin/events", &event("Draft")).await;
        let quota = json!({"name": "Room", "quantity": 100});
        let quota = made(&format!("/admin/events/{draft}/quotas"), &quota).await;
        Self {
            organisation: organisation.to_owned(),
            event: sold,
            draft,
            kind,
            quota,
            voucher: id(&voucher["items"][0]).to_owned(),
            hall_seat: id(&found["sections"][0]["seats"][0]).to_owned(),
            section: map["items"][0]["section_id"].as_str().unwrap().to_owned(),
            seat: id(&map["items"][0]).to_owned(),
            hall,
            seated,
        }
    }

    /// Every call on a path of one's own that can name something besides, with which of the things is named, and the
    /// place for its id: `ID`.
    fn calls(&self) -> Vec<(String, Named, Value)> {
        let Self { organisation, event, draft, voucher, hall, seated, .. } = self;
        let call = |route: String, named: Named, body: Value| (route, named, body);
        let of_event = |title: &str| event_of(organisation, title);
        let in_hall = || {
            let mut body = of_event("In a hall");
            body["venue_template_id"] = json!("ID");
            body["base_price"] = json!({"amount": 0, "currency": "EUR"});
            body
        };
        let kind_of = |field: &str| {
            let mut body = ticket_type("Another", 5);
            body[field] = json!("ID");
            body
        };
        let seats = json!([{"id": "ID", "accessible": true}]);
        let hold = json!({"items": [{"ticket_type_id": "ID", "quantity": 1}], "event_id": event});
        let cheaper = json!({"percent": 10, "ticket_type_ids": ["ID"]});
        let opening = json!({"percent": 10, "unlocks": ["ID"]});
        let keeping = json!({"reserves": {"ticket_type_id": "ID", "quantity": 1}});
        let halls = "/admin/venue-templates";
        let texts = json!({"en": {"subject": "Doors", "body": "They open earlier."}});
        let said_to = |audience: Value| json!({"audience": audience, "texts": texts.clone()});
        vec![
            call("POST /admin/events".into(), |it| &it.organisation, event_of("ID", "Another")),
            call(format!("PUT /admin/events/{draft}"), |it| &it.organisation, event_of("ID", "Moved")),
            call(format!("POST /admin/events/{draft}/ticket-types"), |it| &it.quota, kind_of("quota_id")),
            call("POST /admin/events".into(), |it| &it.hall, in_hall()),
            call(format!("PUT /admin/events/{draft}"), |it| &it.hall, in_hall()),
            call(
                format!("POST {halls}"),
                |it| &it.organisation,
                json!({"organisation_id": "ID", "name": "Another hall"}),
            ),
            call(
                format!("PUT {halls}/{hall}"),
                |it| &it.hall_seat,
                json!({"name": "Hall", "seats": seats.clone()}),
            ),
            call(format!("PUT /admin/events/{seated}/seats"), |it| &it.seat, json!({"seats": seats})),
            call(
                format!("POST /admin/events/{seated}/ticket-types"),
                |it| &it.section,
                kind_of("section_id"),
            ),
            call(format!("GET /events/{seated}/seats?section_id=ID"), |it| &it.section, Value::Null),
            call(format!("POST /admin/events/{event}/vouchers"), |it| &it.kind, cheaper.clone()),
            call(format!("POST /admin/events/{event}/vouchers"), |it| &it.kind, opening),
            call(format!("POST /admin/events/{event}/vouchers"), |it| &it.kind, keeping),
            call(format!("PUT /admin/vouchers/{voucher}"), |it| &it.kind, cheaper),
            call("POST /seats/hold".into(), |it| &it.kind, hold),
            call(
                "POST /admin/announcements".into(),
                |it| &it.organisation,
                said_to(json!({"kind": "guests", "organisation_id": "ID"})),
            ),
            call(
                "POST /admin/announcements".into(),
                |it| &it.event,
                said_to(json!({"kind": "ticket_holders", "event_id": "ID"})),
            ),
            call(
                "POST /admin/announcements".into(),
                |it| &it.kind,
                said_to(json!({"kind": "ticket_type", "event_id": event, "ticket_type_id": "ID"})),
            ),
        ]
    }
}

/// Which of the things is named.
type Named = fn(&Things) -> &String;

async fn ask(who: &Client, route: &str, body: &Value, named: &str) -> Answer {
    let (name, path) = route.split_once(' ').unwrap();
    let request = who.request(method(name), &path.replace("ID", named));
    let body: Value =
        serde_json::from_str(&body.to_string().replace("\"ID\"", &json!(named).to_string())).unwrap();
    answer(if body.is_null() { request } else { request.json(&body) }).await
}

/// What is said, save for which request it was and which id was named.
fn said(answered: &Answer, named: &str) -> (u16, Value) {
    let mut json = answered.json.clone();
    if let Some(json) = json.as_object_mut() {
        json.remove("request_id");
    }
    (answered.status, serde_json::from_str(&json.to_string().replace(named, "ID")).unwrap())
}

async fn an_id_of_another_organisation_is_worth_what_an_unknown_one_is(store: Store) {
    let database = match store {
        Store::Local => None,
        Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
    };
    let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), |it| it.url());
    let app = TestApp::with(&[("store.url", &url)]).await;
    let cast = Cast::of(&app).await;
    let far = &cast.foreigner.client;
    let (theirs, own) =
        (Things::of(&cast.owner.client, &cast.organisation).await, Things::of(far, &cast.elsewhere).await);
    let night = Night::of(&cast, "The night").await;
    night.book(&cast.member.client, 1).await;
    for (route, named, body) in own.calls() {
        let (foreign, unknown) =
            (ask(far, &route, &body, named(&theirs)).await, ask(far, &route, &body, NOBODYS).await);
        assert_eq!(said(&foreign, named(&theirs)), said(&unknown, NOBODYS), "{route}");
        let well = ask(far, &route, &body, named(&own)).await;
        assert!(well.status < 300, "{route} with an own id: {}", well.text);
        assert!(foreign.status >= 400 || foreign.json["items"] == json!([]), "{route}: {}", foreign.text);
    }
    let lists =
        ["announcements", "bookings", "payments", "payments/incidents", "ledger", "documents", "audit"];
    for list in lists {
        for (field, named) in [("organisation_id", &theirs.organisation), ("event_id", &night.event)] {
            let path = format!("/admin/{list}?{field}={named}");
            let about_events = ["announcements", "bookings", "ledger", "documents"];
            let takes_it = field == "organisation_id" || about_events.contains(&list);
            if takes_it {
                assert_eq!(far.get(&path).await.expect(200)["items"], json!([]), "{path}");
            }
        }
    }
    let balances = format!("/admin/ledger/balances?organisation_id={}", theirs.organisation);
    assert_eq!(far.get(&balances).await.expect(200)["items"], json!([]));
    // There is something that they are not shown.
    for list in ["bookings", "audit"] {
        let path = format!("/admin/{list}?organisation_id={}", theirs.organisation);
        let shown = cast.owner.client.get(&path).await.expect(200);
        assert_ne!(shown["items"], json!([]), "{path}");
    }
}
