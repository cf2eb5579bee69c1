//! The server is killed between any two steps of a payment and started again: in the end there is exactly one
//! outcome, a ticket if and only if it was paid, and nobody has paid twice.
//!
//! A step is a call that passes between us and a provider, in either direction. For each of them the server is
//! killed before the other side learns of it, after the other side has acted but before the answer is back, and
//! right after the answer.

use crate::harness::process::Process;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Store};
use crate::harness::wire::Moment;
use futures_util::future::join_all;
use serde_json::Value;

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Acted, Moment::Answered];
/// How long a buyer has in the stories that end well, in seconds.
const LONG: u32 = 3600;
/// And in the story in which nobody pays.
const SHORT: u32 = 2;

/// What a buyer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// Pays, and the provider tells us.
    Paid,
    /// Pays, and the provider does not tell.
    PaidInSilence,
    /// Pays a second time before the first is known, so that money goes back.
    PaidTwice,
    /// Does nothing.
    Left,
}

/// Where the server dies.
#[derive(Debug, Clone)]
struct Step {
    /// Whether it is a notice to us, or a call of ours.
    told: bool,
    on: String,
    /// Calls of the same kind that pass before.
    passing: usize,
}

fn call(on: &str, passing: usize) -> Step {
    Step { told: false, on: on.to_owned(), passing }
}

fn notice(till: Till, passing: usize) -> Step {
    Step { told: true, on: format!("POST /api/v1/webhooks/{}", till.name()), passing }
}

const TOKEN: &str = "POST /v1/oauth2/token";
const VERIFY: &str = "POST /v1/notifications/verify-webhook-signature";
const CAPTURE: &str = "POST /v2/checkout/orders/*/capture";
const EXPIRE: &str = "POST /v1/checkout/sessions/*/expire";

/// Every call of a story that is not in one before it.
fn steps(story: Story, till: Till) -> Vec<Step> {
    match (story, till) {
        (Story::Paid, Till::Stripe) => vec![call(till.open(), 0), notice(till, 0), notice(till, 1)],
        (Story::Paid, Till::Paypal) => vec![
            call(TOKEN, 0),
            call(till.open(), 0),
            notice(till, 0),
            call(VERIFY, 0),
            call(CAPTURE, 0),
            notice(till, 1),
            call(VERIFY, 1),
        ],
        (Story::PaidInSilence, Till::Stripe) => vec![call(till.ask(), 0)],
        (Story::PaidInSilence, Till::Paypal) => vec![call(till.ask(), 0), call(CAPTURE, 0)],
        (Story::PaidTwice, Till::Stripe) => vec![call(till.refund(), 0), notice(till, 0)],
        (Story::PaidTwice, Till::Paypal) => vec![call(till.refund(), 0), notice(till, 1)],
        (Story::Left, Till::Stripe) => vec![call(EXPIRE, 0)],
        (Story::Left, Till::Paypal) => vec![call(till.ask(), 0)],
    }
}

async fn killed_at_each(steps: &[Step], story: Story, till: Till, store: Store) {
    let to_pay = if story == Story::Left { SHORT } else { LONG };
    let process = Process::start(store, to_pay).await;
    let mut told = 0;
    for step in steps {
        for moment in MOMENTS {
            // A token is asked for once; whoever is to die of it must not have one yet.
            if step.on == TOKEN {
                process.restart().await;
            }
            let wire = if step.told { &process.hooks } else { process.line(till) };
            process.kill_at(wire, step.passing, &step.on, moment);
            live(&process, story, till).await;
            assert_eq!(wire.armed(), 0, "{step:?} {moment:?} never came");
            told += 1;
            process.died(told).await;
        }
    }
    check(process, story, told).await;
}

/// One booking, from its hold until nothing more happens to it.
async fn live(process: &Process, story: Story, till: Till) {
    let booking = process.book(till).await;
    match story {
        Story::Paid => pay(process, &booking, "pay").await,
        Story::PaidInSilence => pay(process, &booking, "pay?webhook=lost").await,
        Story::PaidTwice => pay_twice(process, &until_opened(process, &booking).await, till).await,
        Story::Left => {}
    }
    let end = if story == Story::Left { "expired" } else { "confirmed" };
    let rested = |now: &Value| {
        let refunds = now["refunds"].as_array().unwrap();
        let back = refunds.len() == usize::from(story == Story::PaidTwice);
        now["status"] == end && back && refunds.iter().all(|refund| refund["status"] == "done")
    };
    process.until(&booking, end, rested).await;
    process.providers.drained().await;
}

async fn pay(process: &Process, booking: &Value, button: &str) {
    let opened = until_opened(process, booking).await;
    process.providers.press(&url(&opened), button).await;
}

async fn pay_twice(process: &Process, first: &Value, till: Till) {
    match till {
        Till::Stripe => {
            let second = until_opened(process, &process.pay_again(first, till).await).await;
            process.providers.press(&url(first), "pay?webhook=lost").await;
            process.providers.press(&url(&second), "pay?webhook=lost").await;
        }
        // PayPal takes its time with the money, and meanwhile the buyer pays by Stripe.
        Till::Paypal => {
            process.providers.press(&url(first), "pay?webhook=lost&capture=pending").await;
            let id = first["payment"]["id"].clone();
            process.until(first, "processing", |now| now["payment"]["status"] == "processing").await;
            let second = process.pay_again(first, Till::Stripe).await;
            assert_ne!(second["payment"]["id"], id);
            process.providers.press(&url(&second), "pay?webhook=lost").await;
            process.until(first, "confirmed", |now| now["status"] == "confirmed").await;
            process.providers.press(&url(first), "finish?outcome=completed").await;
        }
    }
}

async fn until_opened(process: &Process, booking: &Value) -> Value {
    process.until(booking, "opened", |now| now["payment"].get("checkout_url").is_some()).await
}

fn url(booking: &Value) -> String {
    booking["payment"]["checkout_url"].as_str().unwrap().to_owned()
}

/// So many bookings have come to their one end, and the money agrees.
async fn check(process: Process, story: Story, told: usize) {
    process.until_idle().await;
    let bookings = process.bookings().await;
    assert_eq!(bookings.len(), told, "one booking for each hold");
    let paid = story != Story::Left;
    for booking in &bookings {
        assert_eq!(booking["status"], if paid { "confirmed" } else { "expired" });
        assert_eq!(booking["tickets"].as_array().unwrap().len(), usize::from(paid), "{booking}");
        assert_eq!(booking["paid"]["amount"], if paid { PRICE } else { 0 }, "{booking}");
    }
    if let Some(mails) = process.ticket_mails().await {
        assert_eq!(mails.len(), if paid { told } else { 0 }, "one mail for each booking");
    }
    let [stripe, paypal] = [Till::Stripe, Till::Paypal].map(|till| process.providers.ledger(till));
    let ledgers = [stripe.await, paypal.await];
    let sum =
        |count: fn(&crate::harness::providers::Ledger) -> usize| ledgers.iter().map(count).sum::<usize>();
    let (charges, refunds) = (sum(|one| one.charges), sum(|one| one.refunds));
    let kept: i64 = ledgers.iter().filter_map(|one| one.kept.get("EUR")).sum();
    assert_eq!(kept, if paid { PRICE * i64::try_from(told).unwrap() } else { 0 });
    match story {
        Story::Paid | Story::PaidInSilence => assert_eq!((charges, refunds), (told, 0)),
        Story::PaidTwice => assert_eq!((charges, refunds), (2 * told, told)),
        Story::Left => assert_eq!((charges, refunds), (0, 0)),
    }
    let checkouts = if story == Story::PaidTwice { 2 * told } else { told };
    assert_eq!(sum(|one| one.checkouts), checkouts, "no second checkout for the same attempt");
    process.stop_and_recount().await;
}

/// Steps that one server goes through, one after the other; several servers do so at a time, because most of it is
/// waiting.
const STEPS_EACH: usize = 2;

async fn all_stories(till: Till, store: Store) {
    let stories = [Story::Paid, Story::PaidInSilence, Story::PaidTwice, Story::Left];
    let all = stories.map(|story| (story, steps(story, till)));
    let parts = all.iter().flat_map(|(story, steps)| steps.chunks(STEPS_EACH).map(|part| (*story, part)));
    join_all(parts.map(|(story, part)| killed_at_each(part, story, till, store))).await;
}

#[tokio::test]
async fn killed_between_any_two_steps_of_stripe_on_local() {
    all_stories(Till::Stripe, Store::Local).await;
}

#[tokio::test]
async fn killed_between_any_two_steps_of_stripe_on_postgres() {
    all_stories(Till::Stripe, Store::Postgres).await;
}

#[tokio::test]
async fn killed_between_any_two_steps_of_paypal_on_local() {
    all_stories(Till::Paypal, Store::Local).await;
}

#[tokio::test]
async fn killed_between_any_two_steps_of_paypal_on_postgres() {
    all_stories(Till::Paypal, Store::Postgres).await;
}
