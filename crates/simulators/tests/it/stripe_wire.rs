//! Stripe's rules as they show on the wire.

use crate::scene::{SESSION, Scene, scene, send};
use reqwest::Method;
use serde_json::{Value, json};

/// The usual session with one field changed, added or (by an empty text) removed.
async fn create_with(scene: &Scene, name: &str, value: &str) -> crate::scene::Answer {
    let mut form: Vec<_> = SESSION.into_iter().filter(|(field, _)| *field != name).collect();
    if !value.is_empty() {
        form.push((name, value));
    }
    scene.stripe_post("/v1/checkout/sessions", &form).await
}

async fn refund(scene: &Scene, session: &Value, more: &[(&str, &str)]) -> crate::scene::Answer {
    let mut form = vec![("payment_intent", session["payment_intent"].as_str().unwrap())];
    form.extend(more);
    scene.stripe_post("/v1/refunds", &form).await
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_with_the_parameters_name() {
    let scene = scene().await;
    let unit = "line_items[0][price_data][unit_amount]";
    let cases = [
        ("mode", "", "mode"),
        ("mode", "gift", "mode"),
        ("success_url", "", "success_url"),
        ("success_url", "nowhere", "success_url"),
        ("customer_email", "nobody", "customer_email"),
        ("expires_at", "1800001799", "expires_at"),
        ("expires_at", "1800086401", "expires_at"),
        ("expires_at", "soon", "expires_at"),
        (unit, "12.50", unit),
        (unit, "-1", unit),
        ("line_items[0][quantity]", "0", "line_items[0][quantity]"),
        ("line_items[0][price_data][currency]", "xxx", "line_items[0][price_data][currency]"),
        ("line_items[0][colour]", "red", "line_items[0][colour]"),
        ("favourite", "red", "favourite"),
        ("expand[]", "customer", "expand"),
    ];
    for (name, value, param) in cases {
        let answer = create_with(&scene, name, value).await;
        assert_eq!(answer.status, 400, "{name}={value}: {}", answer.body);
        assert_eq!(answer.body["error"]["param"], param, "{name}={value}: {}", answer.body);
        assert_eq!(answer.body["error"]["type"], "invalid_request_error");
    }
    let answer = create_with(&scene, "line_items[0][price_data][unit_amount]", "24").await;
    assert_eq!(answer.body["error"]["code"], "amount_too_small");
    assert_eq!(scene.state().await["sessions"], json!([]));
}

impl Scene {
    async fn state(&self) -> Value {
        send(self.http.get(format!("{}/simulator/state", self.running.stripe_base))).await.body
    }
}

#[tokio::test]
async fn currencies_are_counted_as_stripe_counts_them() {
    let scene = scene().await;
    let in_krona = |amount: &'static str| {
        let mut form: Vec<_> = SESSION.into_iter().filter(|(name, _)| !name.contains("price_data")).collect();
        form.push(("line_items[0][price_data][currency]", "isk"));
        form.push(("line_items[0][price_data][unit_amount]", amount));
        form.push(("line_items[0][price_data][product_data][name]", "Ticket"));
        form
    };
    let answer = scene.stripe_post("/v1/checkout/sessions", &in_krona("150")).await;
    assert_eq!(answer.body["error"]["code"], "parameter_invalid_integer", "{}", answer.body);
    assert_eq!(scene.stripe_post("/v1/checkout/sessions", &in_krona("150000")).await.status, 200);
}

#[tokio::test]
async fn without_the_right_key_nothing_is_told() {
    let scene = scene().await;
    let session = scene.session().await;
    let url =
        format!("{}/v1/checkout/sessions/{}", scene.running.stripe_base, session["id"].as_str().unwrap());
    assert_eq!(send(scene.http.get(&url)).await.status, 401);
    assert_eq!(send(scene.http.get(&url).bearer_auth("sk_test_simulator")).await.status, 401);
    let other = scene.stripe(Method::GET, url.strip_prefix(&scene.running.stripe_base).unwrap());
    let answer = send(other.header("stripe-account", "acct_other")).await;
    assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (404, Some("resource_missing")));
}

#[tokio::test]
async fn a_key_repeats_its_first_answer_even_when_that_was_a_refusal() {
    let scene = scene().await;
    let session = scene.paid_session().await;
    let payment = session["payment_intent"].as_str().unwrap();
    let keyed = |key: &'static str, amount: &'static str| {
        let form = [("payment_intent", payment), ("amount", amount)];
        send(scene.stripe(Method::POST, "/v1/refunds").header("idempotency-key", key).form(&form))
    };
    let first = keyed("a", "2000").await;
    assert_eq!((first.status, first.headers.get("idempotent-replayed")), (200, None));
    let again = keyed("a", "2000").await;
    assert_eq!(again.headers.get("idempotent-replayed").map(String::as_str), Some("true"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = keyed("a", "1").await;
    assert_eq!((other.status, other.body["error"]["type"].as_str()), (400, Some("idempotency_error")));

    let refused = keyed("b", "501").await;
    assert_eq!((refused.status, refused.body["error"]["param"].as_str()), (400, Some("amount")));
    let again = keyed("b", "501").await;
    assert_eq!((again.status, again.headers.contains_key("idempotent-replayed")), (400, true));
    // A parameter that makes no sense is no answer to keep: the corrected request may use the key.
    assert_eq!(keyed("c", "-1").await.status, 400);
    assert_eq!(keyed("c", "500").await.status, 200);
    assert_eq!(scene.state().await["sessions"][0]["payment_intent"]["amount_refunded"], 2_500);
}

#[tokio::test]
async fn a_key_that_is_in_use_is_a_conflict() {
    let scene = scene().await;
    let base = &scene.running.stripe_base;
    let fault = json!({ "on": "POST /v1/checkout/sessions", "kind": "delay", "delay_ms": 1_500 });
    scene.control(base, "faults", &fault).await;
    let create = || {
        let request = scene.stripe(Method::POST, "/v1/checkout/sessions").header("idempotency-key", "k");
        send(request.form(&SESSION))
    };
    let slow = tokio::spawn(create());
    scene.faults_struck(base).await;
    let conflict = create().await;
    assert_eq!(
        (conflict.status, conflict.body["error"]["code"].as_str()),
        (409, Some("idempotency_key_in_use"))
    );
    assert_eq!(slow.await.unwrap().status, 200);
    assert_eq!(create().await.status, 200);
    assert_eq!(scene.state().await["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn no_more_is_refunded_than_was_paid() {
    let scene = scene().await;
    let session = scene.paid_session().await;
    assert_eq!(refund(&scene, &session, &[("amount", "1000")]).await.body["status"], "succeeded");
    let answer = refund(&scene, &session, &[("amount", "1501")]).await;
    assert_eq!((answer.status, answer.body["error"]["param"].as_str()), (400, Some("amount")));
    assert_eq!(refund(&scene, &session, &[]).await.body["amount"], 1_500);
    let answer = refund(&scene, &session, &[]).await;
    assert_eq!(
        (answer.status, answer.body["error"]["code"].as_str()),
        (400, Some("charge_already_refunded"))
    );
}

#[tokio::test]
async fn refunds_are_listed_newest_first_and_in_pages() {
    let scene = scene().await;
    let session = scene.paid_session().await;
    let other = scene.paid_session().await;
    let mut made = Vec::new();
    for amount in ["1", "2", "3"] {
        made.push(
            refund(&scene, &session, &[("amount", amount)]).await.body["id"].as_str().unwrap().to_owned(),
        );
    }
    refund(&scene, &other, &[]).await;
    let payment = session["payment_intent"].as_str().unwrap();
    let ids = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().unwrap();
        data.iter().map(|refund| refund["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = scene.stripe_get(&format!("/v1/refunds?payment_intent={payment}&limit=2")).await.body;
    assert_eq!((ids(&first), &first["has_more"]), (vec![made[2].clone(), made[1].clone()], &json!(true)));
    let path = format!("/v1/refunds?payment_intent={payment}&limit=2&starting_after={}", made[1]);
    let second = scene.stripe_get(&path).await.body;
    assert_eq!((ids(&second), &second["has_more"]), (vec![made[0].clone()], &json!(false)));
}

#[tokio::test]
async fn what_was_not_paid_is_not_refunded() {
    let scene = scene().await;
    let session = scene.session().await;
    scene.press(&session["url"], "decline").await;
    let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap());
    let session = scene.stripe_get(&path).await.body;
    let answer = refund(&scene, &session, &[]).await;
    assert_eq!((answer.status, answer.body["error"]["type"].as_str()), (400, Some("invalid_request_error")));
    assert_eq!(scene.stripe_post("/v1/refunds", &[]).await.body["error"]["code"], "parameter_missing");
    let answer = scene.stripe_post("/v1/refunds", &[("payment_intent", "pi_nobody")]).await;
    assert_eq!(answer.body["error"]["code"], "resource_missing");
}

#[tokio::test]
async fn a_pending_refund_is_settled_later() {
    let scene = scene().await;
    let session = scene.paid_session().await;
    let fault = json!({ "on": "POST /v1/refunds", "kind": "refund_pending" });
    scene.control(&scene.running.stripe_base, "faults", &fault).await;
    let made = refund(&scene, &session, &[]).await.body;
    assert_eq!(made["status"], "pending");
    let finish = format!("refunds/{}/finish?outcome=failed", made["id"].as_str().unwrap());
    assert_eq!(scene.control(&scene.running.stripe_base, &finish, &json!({})).await.status, 200);
    assert_eq!(scene.control(&scene.running.stripe_base, &finish, &json!({})).await.status, 404);
    scene.running.drained().await;
    assert!(scene.shop.kinds().contains(&"refund.updated".to_owned()));
    assert_eq!(refund(&scene, &session, &[]).await.body["status"], "succeeded");
}

#[tokio::test]
async fn what_stripe_does_not_serve_is_not_found() {
    let scene = scene().await;
    for path in ["/v1/customers", "/v2/anything", "/", "/v1/checkout/sessions/cs_nobody", "/v1/charges/ch_x"]
    {
        assert_eq!(scene.stripe_get(path).await.status, 404, "{path}");
    }
}
