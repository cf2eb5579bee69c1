//! Our answers and notices follow PayPal's published OpenAPI documents.

use crate::scene::{Answer, Scene, document, link, order_request, scene};
use jsonschema::Draft;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One of PayPal's documents.
struct Document(Value);

const ORDERS: &str = "paypal/checkout_orders_v2.json";
const PAYMENTS: &str = "paypal/payments_payment_v2.json";
const DISPUTES: &str = "paypal/customer_disputes_v1.json";
const WEBHOOKS: &str = "paypal/notifications_webhooks_v1.json";

/// Fields that PayPal sends and its document forgets.
const FORGOTTEN: [&str; 1] = ["purchase_units/0/description"];

impl Document {
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(link) => {
                let found = self.0.pointer(link.trim_start_matches('#'));
                self.resolve(found.unwrap_or_else(|| panic!("{link} leads nowhere")))
            }
            None => schema,
        }
    }

    /// Checks a value against a schema of this document, and that it has no field of which the schema knows nothing.
    fn check(&self, schema: &Value, value: &Value, what: &str) {
        let mut whole = json!({ "components": self.0["components"] });
        whole["allOf"] = json!([schema]);
        // OpenAPI 3.0 is JSON Schema of draft 4 in what these documents use.
        let validator = jsonschema::options().with_draft(Draft::Draft4).build(&whole).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?} in {value:#}");
        let mut unknown = Vec::new();
        self.unknown(&[schema], value, "", &mut unknown);
        unknown.retain(|at| !FORGOTTEN.iter().any(|forgotten| at.ends_with(forgotten)));
        assert!(unknown.is_empty(), "{what}: {unknown:?} in {value:#}");
    }

    fn unknown(&self, schemas: &[&Value], value: &Value, at: &str, found: &mut Vec<String>) {
        let mut parts = Vec::new();
        for schema in schemas {
            self.parts(schema, &mut parts);
        }
        match value {
            Value::Object(fields) => {
                let mut known: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
                for part in &parts {
                    for (name, schema) in
                        part.get("properties").and_then(Value::as_object).into_iter().flatten()
                    {
                        known.entry(name).or_default().push(schema);
                    }
                }
                if parts.iter().any(|part| part.get("additionalProperties").is_some()) {
                    return;
                }
                for (name, value) in fields {
                    let at = if at.is_empty() { name.clone() } else { format!("{at}/{name}") };
                    match known.get(name.as_str()) {
                        Some(schemas) => self.unknown(schemas, value, &at, found),
                        None => found.push(at),
                    }
                }
            }
            Value::Array(items) => {
                let schemas: Vec<_> = parts.iter().filter_map(|part| part.get("items")).collect();
                for (index, item) in items.iter().enumerate() {
                    self.unknown(&schemas, item, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }

    /// The schema and all that it is made of.
    fn parts<'a>(&'a self, schema: &'a Value, found: &mut Vec<&'a Value>) {
        let schema = self.resolve(schema);
        found.push(schema);
        for kind in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(kind).and_then(Value::as_array).into_iter().flatten() {
                self.parts(part, found);
            }
        }
    }

    /// Checks an answer against what the document says about this call and status.
    fn check_answer(&self, method: &str, path: &str, answer: &Answer) {
        let status = answer.status.to_string();
        let at = path.replace('/', "~1");
        let pointer = format!("/paths/{at}/{method}/responses/{status}/content/application~1json/schema");
        let schema = self.0.pointer(&pointer);
        let schema =
            schema.unwrap_or_else(|| panic!("{method} {path} has no answer {status}: {}", answer.body));
        let mut body = answer.body.clone();
        if answer.status >= 400 {
            // PayPal describes every issue in words, which its document does not list.
            let details = body.get_mut("details").and_then(Value::as_array_mut);
            for detail in details.into_iter().flatten() {
                let detail = detail.as_object_mut().unwrap();
                assert!(detail.remove("description").is_some_and(|text| text.is_string()));
            }
        }
        self.check(schema, &body, &format!("{method} {path} {status}"));
    }
}

const CREATE: &str = "/v2/checkout/orders";
const SHOW: &str = "/v2/checkout/orders/{id}";
const CAPTURE: &str = "/v2/checkout/orders/{id}/capture";
const SHOW_CAPTURE: &str = "/v2/payments/captures/{capture_id}";
const REFUND: &str = "/v2/payments/captures/{capture_id}/refund";
const SHOW_REFUND: &str = "/v2/payments/refunds/{refund_id}";

#[tokio::test]
async fn orders_follow_the_document_in_every_state() {
    let Some(orders) = document(ORDERS).map(Document) else { return };
    let scene = scene().await;
    for action in ["pay", "pay?capture=pending", "pay?capture=denied"] {
        let created = scene.paypal_post(CREATE, &order_request()).await;
        orders.check_answer("post", CREATE, &created);
        let path = format!("{CREATE}/{}", created.body["id"].as_str().unwrap());
        let early = scene.paypal_post(&format!("{path}/capture"), &json!({})).await;
        orders.check_answer("post", CAPTURE, &early);
        scene.press(&link(&created.body, "approve"), action).await;
        orders.check_answer("get", SHOW, &scene.paypal_get(&path).await);
        let captured = scene.paypal_post(&format!("{path}/capture"), &json!({})).await;
        assert_eq!(captured.status, 201);
        orders.check_answer("post", CAPTURE, &captured);
        orders.check_answer(
            "post",
            CAPTURE,
            &scene.paypal_post(&format!("{path}/capture"), &json!({})).await,
        );
        let capture = &captured.body["purchase_units"][0]["payments"]["captures"][0]["id"];
        let refund = format!("/v2/payments/captures/{}/refund", capture.as_str().unwrap());
        scene.paypal_post(&refund, &json!({})).await;
        orders.check_answer("get", SHOW, &scene.paypal_get(&path).await);
    }
}

#[tokio::test]
async fn refused_orders_follow_the_document() {
    let Some(orders) = document(ORDERS).map(Document) else { return };
    let scene = scene().await;
    let mut wrong = order_request();
    wrong["purchase_units"][0]["amount"]["value"] = json!("26.00");
    orders.check_answer("post", CREATE, &scene.paypal_post(CREATE, &wrong).await);
    orders.check_answer("post", CREATE, &scene.paypal_post(CREATE, &json!({})).await);
    orders.check_answer("get", SHOW, &scene.paypal_get("/v2/checkout/orders/NOBODY").await);
    let stranger = scene.http.get(format!("{}/v2/checkout/orders/X", scene.running.paypal_base));
    orders.check_answer("get", SHOW, &crate::scene::send(stranger).await);
    let declined = scene.captured_order("pay?capture=instrument_declined").await;
    orders.check_answer("post", CAPTURE, &declined);
    let fault = json!({ "on": "POST /v2/checkout/orders/*/capture", "kind": "error_500" });
    scene.control(&scene.running.paypal_base, "faults", &fault).await;
    let mut broken = scene.paypal_post("/v2/checkout/orders/X/capture", &json!({})).await;
    assert_eq!(
        broken.body["details"],
        json!([]),
        "client libraries want the list, PayPal's document has none"
    );
    broken.body.as_object_mut().unwrap().remove("details");
    orders.check_answer("post", CAPTURE, &broken);
}

#[tokio::test]
async fn captures_and_refunds_follow_the_document() {
    let Some(payments) = document(PAYMENTS).map(Document) else { return };
    let scene = scene().await;
    let captured = scene.captured_order("pay").await.body;
    let id = captured["purchase_units"][0]["payments"]["captures"][0]["id"].as_str().unwrap();
    let path = format!("/v2/payments/captures/{id}");
    payments.check_answer("get", SHOW_CAPTURE, &scene.paypal_get(&path).await);
    let part = json!({
        "amount": { "currency_code": "EUR", "value": "10.00" }, "note_to_payer": "Sorry", "invoice_id": "2026-7",
    });
    let refund = scene.paypal_post(&format!("{path}/refund"), &part).await;
    payments.check_answer("post", REFUND, &refund);
    let found = format!("/v2/payments/refunds/{}", refund.body["id"].as_str().unwrap());
    payments.check_answer("get", SHOW_REFUND, &scene.paypal_get(&found).await);
    payments.check_answer("get", SHOW_CAPTURE, &scene.paypal_get(&path).await);
    let much = json!({ "amount": { "currency_code": "EUR", "value": "99.00" } });
    payments.check_answer("post", REFUND, &scene.paypal_post(&format!("{path}/refund"), &much).await);
    let wrong = json!({ "amount": { "currency_code": "EUR", "value": "ten" } });
    payments.check_answer("post", REFUND, &scene.paypal_post(&format!("{path}/refund"), &wrong).await);
    payments.check_answer("get", SHOW_CAPTURE, &scene.paypal_get("/v2/payments/captures/NOBODY").await);
    payments.check_answer("get", SHOW_REFUND, &scene.paypal_get("/v2/payments/refunds/NOBODY").await);
}

#[tokio::test]
async fn disputes_follow_the_document_in_every_state() {
    let Some(disputes) = document(DISPUTES).map(Document) else { return };
    let scene = scene().await;
    let path = "/v1/customer/disputes";
    disputes.check_answer("get", path, &scene.paypal_get(path).await);
    for outcome in ["won", "lost"] {
        let order = scene.order().await;
        let page = link(&order, "approve");
        scene.press(&page, "pay").await;
        let capture = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
        scene.paypal_post(&capture, &json!({})).await;
        for action in ["dispute?amount=1500".to_owned(), format!("dispute?outcome={outcome}")] {
            assert_eq!(scene.press(&page, &action).await.status, 200);
            let listed = scene.paypal_get(&format!("{path}?start_time=2027-01-01T00:00:00.000Z")).await;
            disputes.check_answer("get", path, &listed);
            let id = listed.body["items"][0]["dispute_id"].as_str().unwrap().to_owned();
            let shown = scene.paypal_get(&format!("{path}/{id}")).await;
            disputes.check_answer("get", "/v1/customer/disputes/{id}", &shown);
        }
    }
    scene.running.drained().await;
    let told = scene.shop.received.lock().unwrap().clone();
    let told: Vec<_> = told.iter().filter(|one| one.kind().starts_with("CUSTOMER.DISPUTE")).collect();
    assert_eq!(told.len(), 4);
    for notice in told {
        let schema = json!({ "$ref": "#/components/schemas/dispute" });
        disputes.check(&schema, &notice.json()["resource"], &notice.kind());
    }
}

#[tokio::test]
async fn the_list_of_webhooks_follows_the_document() {
    let Some(webhooks) = document(WEBHOOKS).map(Document) else { return };
    let scene = scene().await;
    let path = "/v1/notifications/webhooks";
    let answer = scene.paypal_get(path).await;
    webhooks.check_answer("get", path, &answer);
    assert_eq!(answer.body["webhooks"][0]["id"], crate::scene::WEBHOOK_ID);
}

async fn claim(scene: &Scene, index: usize) -> Value {
    let notice = scene.shop.received.lock().unwrap()[index].clone();
    let header = |name: &str| notice.headers[name].clone();
    json!({
        "auth_algo": header("paypal-auth-algo"),
        "cert_url": header("paypal-cert-url"),
        "transmission_id": header("paypal-transmission-id"),
        "transmission_sig": header("paypal-transmission-sig"),
        "transmission_time": header("paypal-transmission-time"),
        "webhook_id": crate::scene::WEBHOOK_ID,
        "webhook_event": notice.json(),
    })
}

#[tokio::test]
async fn notices_and_their_verification_follow_the_documents() {
    let (Some(webhooks), Some(orders), Some(payments)) =
        (document(WEBHOOKS).map(Document), document(ORDERS).map(Document), document(PAYMENTS).map(Document))
    else {
        return;
    };
    let scene = scene().await;
    let captured = scene.captured_order("pay").await.body;
    let id = captured["purchase_units"][0]["payments"]["captures"][0]["id"].as_str().unwrap();
    scene.running.drained().await;
    scene.paypal_post(&format!("/v2/payments/captures/{id}/refund"), &json!({})).await;
    scene.running.drained().await;
    let expected = [
        ("CHECKOUT.ORDER.APPROVED", &orders, "order"),
        ("PAYMENT.CAPTURE.COMPLETED", &payments, "capture-2"),
        ("PAYMENT.CAPTURE.REFUNDED", &payments, "refund"),
    ];
    for (index, (kind, document, schema)) in expected.into_iter().enumerate() {
        let claim = claim(&scene, index).await;
        let request = json!({ "$ref": "#/components/schemas/verify_webhook_signature" });
        webhooks.check(&request, &claim, kind);
        let event = &claim["webhook_event"];
        assert_eq!(event["event_type"], kind);
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        document.check(&schema, &event["resource"], kind);
        let path = "/v1/notifications/verify-webhook-signature";
        let answer = crate::scene::send(scene.paypal(Method::POST, path).await.json(&claim)).await;
        webhooks.check_answer("post", path, &answer);
        assert_eq!(answer.body["verification_status"], "SUCCESS");
    }
}

#[test]
fn an_answer_that_does_not_follow_would_be_found() {
    let Some(orders) = document(ORDERS).map(Document) else { return };
    let schema = json!({ "$ref": "#/components/schemas/order" });
    orders.check(&schema, &json!({ "id": "X", "status": "CREATED" }), "a sound order");
    for wrong in [
        json!({ "status": "DREAMT" }),
        json!({ "links": [{ "rel": "self" }] }),
        json!({ "colour": "red" }),
        json!({ "purchase_units": [{ "amount": { "currency_code": "EUR", "value": 25 } }] }),
    ] {
        let checked = std::panic::catch_unwind(|| orders.check(&schema, &wrong, "a wrong order"));
        assert!(checked.is_err(), "{wrong}");
    }
}
