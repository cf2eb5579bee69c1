//! What every payment provider promises, shown against the simulators.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

pub mod outside;
pub mod stage;

use booking::{
    CallOutcome, Charge, CheckoutOrder, NoticeError, NoticeSubject, Opened, PaymentProvider, Provider,
    ProviderError, RawNotice, RefundStatus, Standing,
};
use kernel::{Money, PaymentId, RefundId};
pub use outside::*;
use serde_json::Value;
pub use stage::{Call, Fault, Site, Stage, opened, refund_of};
use std::collections::HashSet;
use std::sync::Arc;

/// Makes the adapter that is tried.
pub type Open = fn(&Site) -> Arc<dyn PaymentProvider>;

/// One test per promise: `testkit::payment_provider_contract!(open)`, where `open` is a
/// `fn(&Site) -> Arc<dyn PaymentProvider>` that makes an adapter for the simulators of that site.
#[macro_export]
macro_rules! payment_provider_contract {
    ($open:ident) => {
        $crate::payment_provider_contract!($open;
            one_key_opens_one_checkout,
            a_checkout_is_open_until_something_happens,
            what_is_not_paid_is_not_captured,
            a_payment_is_charged_once_and_exactly,
            currencies_keep_their_decimals,
            a_declined_buyer_may_try_again,
            money_on_its_way_is_processing_until_it_comes,
            money_that_never_comes_has_failed,
            a_closed_checkout_is_closed,
            a_paid_checkout_is_told_instead_of_closed,
            what_was_charged_instead_is_told_as_it_is,
            notices_name_the_attempt_and_where_it_stands,
            a_forged_notice_is_refused,
            an_altered_notice_is_refused,
            a_notice_of_a_refund_names_it,
            refunding_twice_refunds_once,
            parts_are_refunded_until_nothing_is_left,
            a_refund_is_found_by_its_reference_and_by_our_id,
            a_pending_refund_is_in_transit_until_it_is_decided,
            a_lost_refund_is_uncertain_and_is_found,
            a_lost_opening_is_uncertain_and_is_repeated,
            a_broken_provider_leaves_it_uncertain,
            a_stopped_provider_is_away,
            refunds_made_elsewhere_are_told_and_listed,
            movements_show_charges_refunds_and_fees,
            movements_are_listed_by_time_and_in_pages,
            a_dispute_is_told_listed_and_decided,
            a_lost_dispute_moves_money,
            nothing_of_a_disputed_charge_is_refunded,
            health_shows_the_mode_and_who_is_told_what,
            a_provider_that_is_away_is_not_healthy,
            every_call_is_told_with_how_it_ended,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod payment_provider {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::payment_provider::$case(super::$open).await;
                }
            )+
        }
    };
}

/// A checkout of 25 euros that a buyer looks at.
struct Scene {
    stage: Stage,
    provider: Arc<dyn PaymentProvider>,
    order: CheckoutOrder,
    opened: Opened,
}

impl Scene {
    async fn set(open: Open) -> Self {
        let stage = Stage::start().await;
        let provider = open(&stage.site);
        let order = stage.order(Money::eur(2_500));
        let opened = opened(&*provider, &order).await;
        Self { stage, provider, order, opened }
    }

    fn which(&self) -> Provider {
        self.provider.provider()
    }

    async fn press(&self, button: &str) {
        self.stage.press(&self.opened.checkout_url, button).await;
    }

    /// The buyer's card is refused: at once on Stripe's page, at our capture with PayPal.
    async fn decline(&self) {
        self.press(match self.which() {
            Provider::Stripe | Provider::BankTransfer | Provider::Cash => "decline",
            Provider::Paypal => "pay?capture=instrument_declined",
        })
        .await;
    }

    /// The buyer pays by something that takes days.
    async fn pay_slowly(&self) {
        self.press(match self.which() {
            Provider::Stripe | Provider::BankTransfer | Provider::Cash => "pay?outcome=processing",
            Provider::Paypal => "pay?capture=pending",
        })
        .await;
    }

    /// The days are over.
    async fn days_later(&self, succeeds: bool) {
        // Money by hand has no page; nobody gets here with it.
        self.press(match (self.which(), succeeds) {
            (Provider::Stripe | Provider::BankTransfer | Provider::Cash, true) => "finish?outcome=succeeded",
            (Provider::Stripe | Provider::BankTransfer | Provider::Cash, false) => "finish?outcome=failed",
            (Provider::Paypal, true) => "finish?outcome=completed",
            (Provider::Paypal, false) => "finish?outcome=denied",
        })
        .await;
    }

    async fn ask(&self) -> Standing {
        self.provider.ask(&self.opened.session).await.unwrap()
    }

    async fn capture(&self) -> Standing {
        self.provider.capture(self.order.payment, 0, &self.opened.session).await.unwrap()
    }

    /// The buyer pays, and the money is ours.
    async fn paid(&self) -> Charge {
        self.press("pay").await;
        charge(self.capture().await)
    }

    fn refund(&self, charge: &Charge, amount: Money) -> booking::RefundOrder {
        let clock = &*self.stage.site.clock;
        refund_of(&self.order, &self.opened.session, &charge.reference, amount, clock)
    }
}

fn charge(standing: Standing) -> Charge {
    match standing {
        Standing::Paid(charge) => charge,
        other => panic!("not paid: {other:?}"),
    }
}

fn is_uncertain<T>(result: &Result<T, ProviderError>) -> bool {
    matches!(result, Err(ProviderError::Uncertain(_)))
}

fn is_away<T>(result: &Result<T, ProviderError>) -> bool {
    matches!(result, Err(ProviderError::Away(_)))
}

pub async fn one_key_opens_one_checkout(open: Open) {
    let scene = Scene::set(open).await;
    assert_eq!(opened(&*scene.provider, &scene.order).await, scene.opened);
    let again = CheckoutOrder { payment: PaymentId::generate(crate::noon()), ..scene.order.clone() };
    assert_ne!(opened(&*scene.provider, &again).await.session, scene.opened.session);
}

pub async fn a_checkout_is_open_until_something_happens(open: Open) {
    let scene = Scene::set(open).await;
    assert_eq!(scene.ask().await, Standing::Open);
    assert!(scene.opened.checkout_url.starts_with("http"));
}

pub async fn what_is_not_paid_is_not_captured(open: Open) {
    let scene = Scene::set(open).await;
    assert_eq!(scene.capture().await, Standing::Open);
    assert_eq!(scene.ask().await, Standing::Open);
}

pub async fn a_payment_is_charged_once_and_exactly(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    assert_eq!((charge.amount, charge.live), (Money::eur(2_500), false));
    assert!(!charge.reference.is_empty());
    assert_eq!(scene.capture().await, Standing::Paid(charge.clone()));
    // Another key makes no second charge either.
    let other = PaymentId::generate(crate::noon());
    let again = scene.provider.capture(other, 0, &scene.opened.session).await.unwrap();
    assert_eq!(again, Standing::Paid(charge.clone()));
    assert_eq!(scene.ask().await, Standing::Paid(charge));
}

pub async fn currencies_keep_their_decimals(open: Open) {
    let scene = Scene::set(open).await;
    for (minor, currency) in [(2_500, "JPY"), (2_501, "SEK"), (1_999, "USD"), (2_500_000, "HUF")] {
        let order = scene.stage.order(Money::new(minor, currency.parse().unwrap()).unwrap());
        let opened = opened(&*scene.provider, &order).await;
        scene.stage.press(&opened.checkout_url, "pay").await;
        let standing = scene.provider.capture(order.payment, 0, &opened.session).await.unwrap();
        assert_eq!(charge(standing).amount, order.amount);
    }
}

pub async fn a_declined_buyer_may_try_again(open: Open) {
    let scene = Scene::set(open).await;
    scene.decline().await;
    assert_eq!(scene.capture().await, Standing::Declined);
    assert_eq!(scene.paid().await.amount, Money::eur(2_500));
}

pub async fn money_on_its_way_is_processing_until_it_comes(open: Open) {
    let scene = Scene::set(open).await;
    scene.pay_slowly().await;
    assert_eq!(scene.capture().await, Standing::Processing);
    assert_eq!(scene.ask().await, Standing::Processing);
    scene.days_later(true).await;
    assert_eq!(charge(scene.ask().await).amount, Money::eur(2_500));
}

pub async fn money_that_never_comes_has_failed(open: Open) {
    let scene = Scene::set(open).await;
    scene.pay_slowly().await;
    assert_eq!(scene.capture().await, Standing::Processing);
    scene.days_later(false).await;
    assert_eq!(scene.ask().await, Standing::Failed);
}

pub async fn a_closed_checkout_is_closed(open: Open) {
    let scene = Scene::set(open).await;
    for _ in 0..2 {
        assert_eq!(scene.provider.close(&scene.opened.session).await.unwrap(), Standing::Closed);
    }
}

pub async fn a_paid_checkout_is_told_instead_of_closed(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    assert_eq!(scene.provider.close(&scene.opened.session).await.unwrap(), Standing::Paid(charge));
    let slow = Scene::set(open).await;
    slow.pay_slowly().await;
    slow.capture().await;
    assert_eq!(slow.provider.close(&slow.opened.session).await.unwrap(), Standing::Processing);
}

pub async fn what_was_charged_instead_is_told_as_it_is(open: Open) {
    let scene = Scene::set(open).await;
    scene.press("pay?amount=2400").await;
    assert_eq!(charge(scene.capture().await).amount, Money::eur(2_400));
    let other = Scene::set(open).await;
    other.press("pay?currency=USD").await;
    let dollars = Money::new(2_500, "USD".parse().unwrap()).unwrap();
    assert_eq!(charge(other.capture().await).amount, dollars);
    let notices = subjects(&other).await;
    assert!(notices.iter().any(|(_, subject)| matches!(subject,
        NoticeSubject::Payment { standing: Standing::Paid(charge), .. } if charge.amount == dollars)));
}

/// Every notice that came, believed and read; with the event's id.
async fn subjects(scene: &Scene) -> Vec<(String, NoticeSubject)> {
    let mut read = Vec::new();
    for raw in scene.stage.notices().await {
        let notice = scene.provider.read_notice(&raw).await.unwrap();
        read.push((notice.id, notice.subject));
    }
    read
}

pub async fn notices_name_the_attempt_and_where_it_stands(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let notices = subjects(&scene).await;
    let ids: HashSet<_> = notices.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), notices.len());
    let mut told = 0;
    for (_, subject) in &notices {
        let NoticeSubject::Payment { payment, session, standing } = subject else { continue };
        assert_eq!(*payment, Some(scene.order.payment), "{subject:?}");
        assert!(session.as_ref().is_none_or(|session| *session == scene.opened.session), "{subject:?}");
        told += usize::from(*standing == Standing::Paid(charge.clone()));
    }
    assert!(told > 0, "{notices:?}");
}

pub async fn a_forged_notice_is_refused(open: Open) {
    let scene = Scene::set(open).await;
    scene.paid().await;
    let genuine = scene.stage.notices().await;
    let body: Value = serde_json::from_slice(&genuine[0].body).unwrap();
    scene.stage.forge(scene.which(), &body).await;
    let forged = scene.stage.notices().await;
    assert_eq!(forged.len(), 1);
    let refusal = scene.provider.read_notice(&forged[0]).await.unwrap_err();
    assert!(matches!(refusal, NoticeError::Forged), "{refusal:?}");
    let naked = RawNotice { headers: Vec::new(), body: genuine[0].body.clone() };
    assert!(matches!(scene.provider.read_notice(&naked).await, Err(NoticeError::Forged)));
}

pub async fn an_altered_notice_is_refused(open: Open) {
    let scene = Scene::set(open).await;
    scene.paid().await;
    for mut notice in scene.stage.notices().await {
        assert!(scene.provider.read_notice(&notice).await.is_ok());
        // Even white space counts: what is signed is the text, not its meaning.
        notice.body.insert(1, b' ');
        let refusal = scene.provider.read_notice(&notice).await.unwrap_err();
        assert!(matches!(refusal, NoticeError::Forged), "{refusal:?}");
    }
}

pub async fn a_notice_of_a_refund_names_it(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    scene.stage.notices().await;
    let order = scene.refund(&charge, Money::eur(1_000));
    let made = scene.provider.refund(&order).await.unwrap();
    let told: Vec<_> = subjects(&scene).await.into_iter().map(|(_, subject)| subject).collect();
    let expected = NoticeSubject::Refund {
        refund: Some(order.refund),
        charge: charge.reference,
        amount: Some(Money::eur(1_000)),
        standing: made,
    };
    assert!(told.contains(&expected), "{told:?}");
}

pub async fn refunding_twice_refunds_once(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let order = scene.refund(&charge, Money::eur(1_000));
    let first = scene.provider.refund(&order).await.unwrap();
    assert_eq!(first.status, RefundStatus::Done);
    assert_eq!(scene.provider.refund(&order).await.unwrap(), first);
    assert_eq!(scene.stage.refunds(scene.which()).await.len(), 1);
}

pub async fn parts_are_refunded_until_nothing_is_left(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    for cents in [1_000, 1_500] {
        let order = scene.refund(&charge, Money::eur(cents));
        assert_eq!(scene.provider.refund(&order).await.unwrap().status, RefundStatus::Done);
    }
    let more = scene.refund(&charge, Money::eur(1));
    let refusal = scene.provider.refund(&more).await.unwrap_err();
    assert!(matches!(refusal, ProviderError::Refused { .. }), "{refusal:?}");
    assert_eq!(scene.stage.refunds(scene.which()).await.len(), 2);
    // The charge was made all the same.
    assert_eq!(scene.ask().await, Standing::Paid(charge));
}

pub async fn a_refund_is_found_by_its_reference_and_by_our_id(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let mut order = scene.refund(&charge, Money::eur(1_000));
    assert_eq!(scene.provider.find_refund(&order).await.unwrap(), None);
    let made = scene.provider.refund(&order).await.unwrap();
    let other = scene.refund(&charge, Money::eur(500));
    scene.provider.refund(&other).await.unwrap();
    assert_eq!(scene.provider.find_refund(&order).await.unwrap(), Some(made.clone()));
    order.reference = Some(made.reference.clone());
    assert_eq!(scene.provider.find_refund(&order).await.unwrap(), Some(made));
    order.refund = RefundId::generate(crate::noon());
    order.reference = None;
    assert_eq!(scene.provider.find_refund(&order).await.unwrap(), None);
}

pub async fn a_pending_refund_is_in_transit_until_it_is_decided(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    for (succeeds, status) in [(true, RefundStatus::Done), (false, RefundStatus::Failed)] {
        scene.stage.break_next(scene.which(), Call::Refund, Fault::RefundPending).await;
        let order = scene.refund(&charge, Money::eur(1_000));
        let made = scene.provider.refund(&order).await.unwrap();
        assert_eq!(made.status, RefundStatus::InTransit);
        scene.stage.finish_refund(scene.which(), &made.reference, succeeds).await;
        let found = scene.provider.find_refund(&order).await.unwrap().unwrap();
        assert_eq!((found.reference, found.status), (made.reference, status));
    }
}

pub async fn a_lost_refund_is_uncertain_and_is_found(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let order = scene.refund(&charge, Money::eur(1_000));
    let impatient = open(&scene.stage.impatient());
    scene.stage.break_next(scene.which(), Call::Refund, Fault::TimeoutAfterAct).await;
    let lost = impatient.refund(&order).await;
    assert!(is_uncertain(&lost), "{lost:?}");
    let found = scene.provider.find_refund(&order).await.unwrap().unwrap();
    assert_eq!(found.status, RefundStatus::Done);
    assert_eq!(scene.stage.refunds(scene.which()).await.len(), 1);
}

pub async fn a_lost_opening_is_uncertain_and_is_repeated(open: Open) {
    let scene = Scene::set(open).await;
    let order = scene.stage.order(Money::eur(100));
    let impatient = open(&scene.stage.impatient());
    scene.stage.break_next(scene.which(), Call::Open, Fault::TimeoutAfterAct).await;
    let lost = impatient.open(&order).await;
    assert!(is_uncertain(&lost), "{lost:?}");
    let first = opened(&*scene.provider, &order).await;
    assert_eq!(opened(&*scene.provider, &order).await, first);
    let state = scene.stage.state(scene.which()).await;
    let checkouts = state["sessions"].as_array().or(state["orders"].as_array()).unwrap().len();
    assert_eq!(checkouts, 2);
}

pub async fn a_broken_provider_leaves_it_uncertain(open: Open) {
    let scene = Scene::set(open).await;
    for fault in [Fault::Error500, Fault::Drop] {
        scene.stage.break_next(scene.which(), Call::Ask, fault).await;
        let lost = scene.provider.ask(&scene.opened.session).await;
        assert!(is_uncertain(&lost), "{fault:?}: {lost:?}");
    }
    assert_eq!(scene.ask().await, Standing::Open);
}

pub async fn every_call_is_told_with_how_it_ended(open: Open) {
    let scene = Scene::set(open).await;
    scene.ask().await;
    scene.stage.break_next(scene.which(), Call::Ask, Fault::Error500).await;
    assert!(is_uncertain(&scene.provider.ask(&scene.opened.session).await));
    scene.provider.close(&scene.opened.session).await.unwrap();
    let told = [
        ("open", CallOutcome::Answered),
        ("ask", CallOutcome::Answered),
        ("ask", CallOutcome::Uncertain),
        ("close", CallOutcome::Answered),
    ];
    assert_eq!(scene.stage.site.calls(), told.map(|(call, outcome)| (scene.which(), call, outcome)));
    scene.stage.stop().await;
    // One that has no connection yet: what breaks on an old one may have been heard.
    assert!(is_away(&open(&scene.stage.site).ask(&scene.opened.session).await));
    let last = scene.stage.site.calls().pop();
    assert_eq!(last, Some((scene.which(), "ask", CallOutcome::Away)));
}

pub async fn a_stopped_provider_is_away(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let refund = scene.refund(&charge, Money::eur(1_000));
    scene.stage.stop().await;
    let provider = open(&scene.stage.site);
    let session = &scene.opened.session;
    assert!(is_away(&provider.open(&scene.order).await));
    assert!(is_away(&provider.ask(session).await));
    assert!(is_away(&provider.capture(scene.order.payment, 0, session).await));
    assert!(is_away(&provider.close(session).await));
    assert!(is_away(&provider.refund(&refund).await));
    assert!(is_away(&provider.find_refund(&refund).await));
}
