//! A booking that was paid twice.

use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::Shop;
use crate::harness::wire::{Moment, Trick};
use serde_json::Value;

/// A booking of which `till` has to give money back, once that is worked on.
pub(super) async fn overpaid(shop: &Shop, ada: &Person, till: Till) -> Value {
    match till {
        Till::Stripe => {
            let first = shop.book(ada, Till::Stripe).await;
            let second = shop.pay_again(ada, &first, Till::Stripe).await;
            shop.press(&first, "pay").await;
            shop.press(&second, "pay").await;
            first
        }
        // PayPal takes the money, but we do not learn it before Stripe was paid.
        Till::Paypal => {
            let first = shop.book(ada, Till::Paypal).await;
            let second = shop.pay_again(ada, &first, Till::Stripe).await;
            shop.line(Till::Paypal).trap("POST /v2/checkout/orders/*/capture", Moment::Acted, Trick::HangUp);
            shop.press(&first, "pay?webhook=lost").await;
            shop.come_back(&first).await;
            shop.press(&second, "pay").await;
            first
        }
    }
}
