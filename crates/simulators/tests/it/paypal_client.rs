//! The client library that the production adapter uses understands tokens, orders and errors.

use crate::scene::{Scene, link, scene};
use paypal_rs::api::orders::{CaptureOrder, CreateOrder, ShowOrderDetails};
use paypal_rs::data::orders::{
    Amount, ApplicationContextBuilder, Intent, OrderPayloadBuilder, OrderStatus, PurchaseUnit,
};
use paypal_rs::errors::ResponseError;
use paypal_rs::{Client, HeaderParams, PaypalEnv};

async fn client(scene: &Scene) -> Client {
    let env = PaypalEnv::Mock(scene.running.paypal_base.clone());
    let mut client = Client::new("simulator".into(), "secret".into(), env);
    client.get_access_token().await.unwrap();
    client
}

fn create() -> CreateOrder {
    let context = ApplicationContextBuilder::default()
        .return_url("https://shop.example/ok")
        .cancel_url("https://shop.example/cancel")
        .build();
    let mut unit = PurchaseUnit::new(Amount::eur("25.00"));
    unit.custom_id = Some("7".into());
    let order = OrderPayloadBuilder::default()
        .intent(Intent::Capture)
        .purchase_units(vec![unit])
        .application_context(context.unwrap())
        .build();
    CreateOrder::new(order.unwrap())
}

fn keyed(key: &str) -> HeaderParams {
    HeaderParams { request_id: Some(key.into()), ..HeaderParams::default() }
}

fn issue(error: ResponseError) -> String {
    let ResponseError::ApiError(error) = error else { panic!("{error}") };
    error.details[0]["issue"].clone()
}

#[tokio::test]
async fn an_order_is_created_approved_read_and_captured() {
    let scene = scene().await;
    let client = client(&scene).await;
    let order = client.execute_ext(&create(), keyed("create-7")).await.unwrap();
    assert_eq!(order.status, OrderStatus::Created);
    let again = client.execute_ext(&create(), keyed("create-7")).await.unwrap();
    assert_eq!(order.id, again.id);

    let mut capture = CaptureOrder::new(&order.id);
    capture.body = paypal_rs::api::orders::PaymentSourceBody::default();
    let early = client.execute_ext(&capture, keyed("capture-7")).await.unwrap_err();
    assert_eq!(issue(early), "ORDER_NOT_APPROVED");

    let approve = link(&serde_json::to_value(&order).unwrap(), "approve");
    scene.press(&approve, "pay").await;
    let approved = client.execute(&ShowOrderDetails::new(&order.id)).await.unwrap();
    assert_eq!(approved.status, OrderStatus::Approved);
    assert!(approved.payer.unwrap().payer_id.is_some());

    let captured = client.execute_ext(&capture, keyed("capture-7")).await.unwrap();
    assert_eq!(captured.status, OrderStatus::Completed);
    let payments = captured.purchase_units.unwrap().remove(0).payments.unwrap();
    assert_eq!(payments.captures.len(), 1);
    let replayed = client.execute_ext(&capture, keyed("capture-7")).await.unwrap();
    assert_eq!(replayed.status, OrderStatus::Completed);
    let twice = client.execute(&capture).await.unwrap_err();
    assert_eq!(issue(twice), "ORDER_ALREADY_CAPTURED");
}

#[tokio::test]
async fn errors_are_read_with_their_issues() {
    let scene = scene().await;
    let client = client(&scene).await;
    let unknown = client.execute(&ShowOrderDetails::new("NOBODY")).await.unwrap_err();
    assert_eq!(issue(unknown), "INVALID_RESOURCE_ID");
    let mut stranger = client.clone();
    stranger.auth.access_token.as_mut().unwrap().access_token = "A21AA9999999999-0".into();
    let refused = stranger.execute(&ShowOrderDetails::new("NOBODY")).await.unwrap_err();
    let ResponseError::ApiError(error) = refused else { panic!("{refused}") };
    assert_eq!(error.name, "AUTHENTICATION_FAILURE");
}
