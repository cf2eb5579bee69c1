//! What every payment provider promises about what happens outside the shop.

use super::{Open, Scene, is_away, subjects};
use booking::{
    Direction, DisputeStanding, DisputeStatus, Listed, Movement, MovementKind, NoticeSubject,
    PaymentProvider, Provider, ProviderError, RefundStatus,
};
use chrono::TimeDelta;
use kernel::{Clock, Money, Timestamp};
use std::collections::BTreeSet;

/// Everything that moved from a minute ago on, up to a while ahead.
async fn movements(provider: &dyn PaymentProvider, from: Timestamp, to: Timestamp) -> Vec<Movement> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let Listed { items, next } = provider.transactions(from, to, cursor.as_deref()).await.unwrap();
        assert!(items.len() <= 100);
        all.extend(items);
        let Some(next) = next else { return all };
        cursor = Some(next);
    }
}

async fn all_movements(scene: &Scene) -> Vec<Movement> {
    let now = scene.stage.site.clock.now();
    movements(&*scene.provider, now - TimeDelta::days(40), now + TimeDelta::minutes(1)).await
}

async fn disputes(scene: &Scene) -> Vec<DisputeStanding> {
    let since = scene.stage.site.clock.now() - TimeDelta::days(40);
    scene.provider.disputes(since, None).await.unwrap().items
}

/// What this provider keeps of 25 euros, as the simulators have it.
fn fee(provider: Provider) -> Money {
    match provider {
        Provider::Stripe | Provider::BankTransfer | Provider::Cash => Money::eur(62),
        Provider::Paypal => Money::eur(113),
    }
}

pub async fn refunds_made_elsewhere_are_told_and_listed(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let ours = scene.refund(&charge, Money::eur(500));
    scene.provider.refund(&ours).await.unwrap();
    scene.stage.notices().await;
    scene.press("refund?amount=1000").await;
    let listed = scene.provider.refunds_of(&scene.opened.session, &charge.reference).await.unwrap();
    assert_eq!(listed.len(), 2);
    let known = scene.provider.find_refund(&ours).await.unwrap().unwrap();
    let foreign: Vec<_> = listed.iter().filter(|one| one.standing != known).collect();
    let [foreign] = foreign.as_slice() else { panic!("{listed:?}") };
    assert_ne!(foreign.refund, Some(ours.refund));
    assert_eq!((foreign.amount, foreign.standing.status), (Money::eur(1_000), RefundStatus::Done));
    assert_eq!(foreign.charge, charge.reference);
    assert!(listed.iter().any(|one| one.refund == Some(ours.refund) && one.amount == Money::eur(500)));
    let told = subjects(&scene).await;
    assert!(
        told.iter().any(|(_, subject)| matches!(subject,
            NoticeSubject::Refund { refund, charge, amount, standing }
                if *refund != Some(ours.refund) && *charge == foreign.charge
                    && *amount == Some(foreign.amount) && *standing == foreign.standing)),
        "{told:?}"
    );
}

pub async fn movements_show_charges_refunds_and_fees(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    let ours = scene.refund(&charge, Money::eur(500));
    let made = scene.provider.refund(&ours).await.unwrap();
    scene.press("refund?amount=1000").await;
    let all = all_movements(&scene).await;
    assert_eq!(all.len(), 3, "{all:?}");
    let names: BTreeSet<_> = all.iter().map(|one| one.reference.clone()).collect();
    assert_eq!(names.len(), 3);
    assert!(all.iter().all(|one| one.charge.as_deref() == Some(charge.reference.as_str())), "{all:?}");
    let came = all.iter().find(|one| one.kind == MovementKind::Charge).unwrap();
    assert_eq!((came.direction, came.amount, came.fee), (Direction::In, charge.amount, fee(scene.which())));
    let back: Vec<_> = all.iter().filter(|one| one.kind == MovementKind::Refund).collect();
    assert!(back.iter().all(|one| one.direction == Direction::Out && one.fee.is_zero()));
    let mine = back.iter().find(|one| one.refund == Some(ours.refund)).unwrap();
    assert_eq!((mine.about.as_deref(), mine.amount), (Some(made.reference.as_str()), Money::eur(500)));
    let other = back.iter().find(|one| one.refund != Some(ours.refund)).unwrap();
    assert_eq!(other.amount, Money::eur(1_000));
    assert!(other.about.is_some() && other.about != mine.about);
}

pub async fn movements_are_listed_by_time_and_in_pages(open: Open) {
    let scene = Scene::set(open).await;
    scene.paid().await;
    let start = scene.stage.site.clock.now();
    for _ in 0..103 {
        scene.press("refund?amount=1").await;
    }
    scene.stage.site.clock.advance(TimeDelta::days(33));
    let later = scene.stage.site.clock.now();
    scene.press("refund?amount=2").await;
    let list = async |from, to| movements(&*scene.provider, from, to).await;
    let all = list(start - TimeDelta::days(1), later + TimeDelta::seconds(1)).await;
    let names: BTreeSet<_> = all.iter().map(|one| one.reference.clone()).collect();
    assert_eq!((all.len(), names.len()), (105, 105));
    let last = list(later, later + TimeDelta::seconds(1)).await;
    assert_eq!(last.iter().map(|one| one.amount).collect::<Vec<_>>(), [Money::eur(2)]);
    assert_eq!(last[0].at, later);
    assert!(list(start + TimeDelta::seconds(1), later).await.is_empty(), "the end is excluded");
}

pub async fn a_dispute_is_told_listed_and_decided(open: Open) {
    for (outcome, status) in [("won", DisputeStatus::Won), ("lost", DisputeStatus::Lost)] {
        let scene = Scene::set(open).await;
        let charge = scene.paid().await;
        assert!(disputes(&scene).await.is_empty());
        scene.stage.notices().await;
        scene.press("dispute?amount=2600").await;
        for (press, status) in [(None, DisputeStatus::Open), (Some(outcome), status)] {
            if let Some(outcome) = press {
                scene.press(&format!("dispute?outcome={outcome}")).await;
            }
            let listed = disputes(&scene).await;
            let [dispute] = listed.as_slice() else { panic!("{listed:?}") };
            assert_eq!((&dispute.charge, dispute.status), (&charge.reference, status));
            assert_eq!(dispute.amount, Money::eur(2_600), "the bank's, not the charge's");
            assert_eq!(dispute.opened_at, scene.stage.site.clock.now());
            assert!(!dispute.reason.is_empty() && dispute.answer_by.is_some());
            let told = subjects(&scene).await;
            let same =
                |(_, subject): &(String, NoticeSubject)| *subject == NoticeSubject::Dispute(dispute.clone());
            assert!(told.iter().any(same), "{told:?}");
        }
        scene.stage.site.clock.advance(TimeDelta::days(60));
        assert!(disputes(&scene).await.is_empty(), "it was opened longer ago than asked for");
    }
}

pub async fn a_lost_dispute_moves_money(open: Open) {
    let scene = Scene::set(open).await;
    let charge = scene.paid().await;
    scene.press("dispute?amount=2000").await;
    scene.press("dispute?outcome=lost").await;
    let all = all_movements(&scene).await;
    let mut lost = 0;
    let mut fees = 0;
    for one in all.iter().filter(|one| one.kind != MovementKind::Charge) {
        assert_eq!(one.charge.as_deref(), Some(charge.reference.as_str()), "{one:?}");
        fees += one.fee.minor();
        lost += match one.direction {
            Direction::Out => one.amount.minor(),
            Direction::In => -one.amount.minor(),
        };
    }
    assert_eq!(lost, 2_000, "{all:?}");
    assert!(fees > 0, "{all:?}");
}

pub async fn nothing_of_a_disputed_charge_is_refunded(open: Open) {
    let scene = Scene::set(open).await;
    let paid = scene.paid().await;
    scene.press("dispute").await;
    let refused = scene.provider.refund(&scene.refund(&paid, Money::eur(100))).await;
    assert!(matches!(refused, Err(ProviderError::Refused { .. })), "{refused:?}");
    scene.press("dispute?outcome=won").await;
    assert!(scene.provider.refund(&scene.refund(&paid, Money::eur(100))).await.is_ok());
}

pub async fn health_shows_the_mode_and_who_is_told_what(open: Open) {
    let scene = Scene::set(open).await;
    let health = scene.provider.health().await.unwrap();
    assert!(!health.live && !health.wanted.is_empty());
    let listeners = health.listeners.unwrap();
    let [listener] = listeners.as_slice() else { panic!("{listeners:?}") };
    assert!(listener.enabled && listener.believed && listener.url.starts_with("http://127.0.0.1"));
    assert_eq!(listener.events, ["*"]);
    scene.stage.register(scene.which(), &[health.wanted[0]]).await;
    let listeners = scene.provider.health().await.unwrap().listeners.unwrap();
    assert_eq!(listeners[0].events, [health.wanted[0]]);
}

pub async fn a_provider_that_is_away_is_not_healthy(open: Open) {
    let scene = Scene::set(open).await;
    scene.stage.stop().await;
    assert!(is_away(&scene.provider.health().await));
}
