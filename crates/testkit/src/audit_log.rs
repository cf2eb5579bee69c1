//! What every audit log promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::audit::{ActFilter, Chain, Fault, Found, Head, SealTx, SealedAct, seal, verify};
use kernel::{AccountId, Act, ActId, AuditLog, Cause, OrganisationId, StoreError, Subject, Who, transact};
use std::collections::BTreeSet;
use uuid::Uuid;

/// One test per promise: `testkit::audit_log_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system.
#[macro_export]
macro_rules! audit_log_contract {
    ($open:ident) => {
        $crate::audit_log_contract!($open;
            an_act_reads_back_to_the_letter,
            every_domain_records_in_its_transaction,
            a_rolled_back_act_leaves_no_row,
            an_act_is_recorded_once,
            what_changes_nothing_is_recorded_by_itself,
            acts_are_listed_the_newest_first_in_pages_that_meet,
            acts_are_sealed_once_and_the_oldest_first,
            sealers_at_once_make_one_chain,
            a_sealer_that_gives_up_leaves_no_trace,
            a_place_is_given_once,
            what_was_noted_is_found_again,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod audit_log {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::audit_log::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// The key that tests seal with.
#[must_use]
pub fn mac(bytes: &[u8]) -> [u8; 32] {
    invites::mac::digest(&[5; 32], &[bytes])
}

/// Records acts as a use case does.
pub async fn record(stores: &Stores, acts: &[Act]) {
    let tx = stores.events.begin().await.unwrap();
    transact(tx, async |tx| tx.record(acts).await).await.unwrap();
}

/// An act of nobody on something new.
#[must_use]
pub fn some_act() -> Act {
    Cause::system().act("event.publish", Subject::new("event", Uuid::new_v4()), noon())
}

/// Seals all that waits, a few at a time; answers how many that were.
pub async fn seal_all(log: &dyn AuditLog, at_a_time: u32) -> usize {
    let mut sealed = 0;
    loop {
        match seal(log, &mac, at_a_time).await.unwrap() {
            0 => return sealed,
            more => sealed += more,
        }
    }
}

/// Whether the chain is whole, and how far it goes.
pub async fn found(log: &dyn AuditLog) -> Found {
    verify(log, &mac, None).await.unwrap()
}

async fn listed(stores: &Stores, filter: &ActFilter, limit: u32) -> Vec<SealedAct> {
    in_pages(limit, async |page| stores.audit.acts(filter, page).await).await
}

async fn all(stores: &Stores) -> Vec<Act> {
    listed(stores, &ActFilter::default(), 100).await.into_iter().map(|sealed| sealed.act).collect()
}

pub async fn an_act_reads_back_to_the_letter(stores: Stores) {
    let account = Who::Account(AccountId::generate(noon()));
    let request = "7f9c-~!".parse().ok();
    let mut expected = Vec::new();
    for (number, who) in
        [account, Who::Provider("paypal".into()), Who::System, Who::CommandLine].into_iter().enumerate()
    {
        let cause = Cause { who, request: request.filter(|_| number % 2 == 0) };
        let at = noon() + TimeDelta::microseconds(i64::try_from(number).unwrap());
        let mut act = cause.act("event.update", Subject::new("event", Uuid::new_v4()), at);
        if number < 2 {
            // Neither spaces nor the order of fields nor doubled ones may be tidied up.
            let before = "{ \"z\":1.50, \"a\": \"Füße 🎧 \\u0041 'x'\", \"z\":2 }".to_owned();
            act = act.of(OrganisationId::generate(noon())).changing(Some(before), Some("null".into()));
        }
        expected.insert(0, act);
    }
    record(&stores, &expected).await;
    assert_eq!(all(&stores).await, expected);
    assert_eq!(seal_all(&*stores.audit, 100).await, 4);
    assert_eq!(all(&stores).await, expected, "sealing changes nothing of it");
    let chained = stores.audit.chain(0, 100).await.unwrap();
    assert_eq!(chained.into_iter().map(|sealed| sealed.act).rev().collect::<Vec<_>>(), expected);
}

pub async fn every_domain_records_in_its_transaction(stores: Stores) {
    let acts: Vec<Act> = (0..4).map(|_| some_act()).collect();
    let mut accounts = stores.accounts.begin().await.unwrap();
    accounts.record(&acts[..1]).await.unwrap();
    accounts.commit().await.unwrap();
    let mut invites = stores.accounts.begin_invites().await.unwrap();
    invites.record(&acts[1..2]).await.unwrap();
    invites.commit().await.unwrap();
    let mut booking = stores.booking.begin().await.unwrap();
    booking.record(&acts[2..3]).await.unwrap();
    booking.record(&[]).await.unwrap();
    booking.commit().await.unwrap();
    record(&stores, &acts[3..]).await;
    let ids = |acts: &[Act]| acts.iter().map(|act| act.id).collect::<BTreeSet<_>>();
    assert_eq!(ids(&all(&stores).await), ids(&acts));
}

pub async fn a_rolled_back_act_leaves_no_row(stores: Stores) {
    let (kept, refused, dropped) = (some_act(), some_act(), some_act());
    record(&stores, std::slice::from_ref(&kept)).await;
    let tx = stores.booking.begin().await.unwrap();
    let outcome = transact(tx, async |tx| -> Result<(), StoreError> {
        tx.record(std::slice::from_ref(&refused)).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(outcome.await.is_err());
    let mut tx = stores.booking.begin().await.unwrap();
    tx.record(std::slice::from_ref(&dropped)).await.unwrap();
    drop(tx);
    assert_eq!(all(&stores).await, [kept]);
    assert_eq!(stores.audit.waiting().await.unwrap(), 1);
}

pub async fn an_act_is_recorded_once(stores: Stores) {
    let act = some_act();
    record(&stores, std::slice::from_ref(&act)).await;
    let other = Act { act: "event.delete".into(), ..act.clone() };
    let tx = stores.events.begin().await.unwrap();
    let again = transact(tx, async |tx| tx.record(std::slice::from_ref(&other)).await);
    assert!(matches!(again.await, Err(StoreError::Broken { .. })));
    assert_eq!(all(&stores).await, [act]);
}

/// Acts that differ in everything one can ask for.
fn various(organisations: &[OrganisationId], accounts: &[AccountId], subjects: &[Uuid]) -> Vec<Act> {
    let names = ["event.publish", "event.update", "eventful.thing", "event"];
    (0..60_usize)
        .map(|number| {
            let who = match number % 4 {
                0 => Who::System,
                other => Who::Account(accounts[other % accounts.len()]),
            };
            // Many at one instant: then the id decides.
            let at = noon() - TimeDelta::minutes(i64::try_from(number % 7).unwrap());
            let subject = Subject::new("event", subjects[number % subjects.len()]);
            let act = Cause { who, request: None }.act(names[number % names.len()], subject, at);
            match number % 3 {
                0 => act,
                other => act.of(organisations[other - 1]),
            }
        })
        .collect()
}

pub async fn what_changes_nothing_is_recorded_by_itself(stores: Stores) {
    let acts = [some_act(), some_act()];
    stores.audit.record(&acts).await.unwrap();
    stores.audit.record(&[]).await.unwrap();
    let found: BTreeSet<ActId> = all(&stores).await.iter().map(|act| act.id).collect();
    assert_eq!(found, acts.iter().map(|act| act.id).collect());
    assert_eq!(seal_all(&*stores.audit, 10).await, 2, "it is sealed like any other");
}

pub async fn acts_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let organisations = [OrganisationId::generate(noon()), OrganisationId::generate(noon())];
    let accounts = [AccountId::generate(noon()), AccountId::generate(noon())];
    let subjects: Vec<Uuid> = (0..5).map(|_| Uuid::new_v4()).collect();
    let mut acts = various(&organisations, &accounts, &subjects);
    record(&stores, &acts).await;
    acts.sort_by_key(|act| std::cmp::Reverse(act.cursor()));
    let (one, both) = (organisations[..1].to_vec(), organisations.to_vec());
    let filters = [
        (60, ActFilter::default()),
        (20, ActFilter { organisations: Some(one.clone()), ..ActFilter::default() }),
        (40, ActFilter { organisations: Some(both.clone()), ..ActFilter::default() }),
        (0, ActFilter { organisations: Some(Vec::new()), ..ActFilter::default() }),
        (12, ActFilter { subject: Some(subjects[2]), ..ActFilter::default() }),
        (8, ActFilter { subject: Some(subjects[2]), organisations: Some(both), ..ActFilter::default() }),
        (15, ActFilter { account: Some(accounts[0]), ..ActFilter::default() }),
        (5, ActFilter { account: Some(accounts[0]), organisations: Some(one), ..ActFilter::default() }),
        (15, ActFilter { act: Some("event.update".into()), ..ActFilter::default() }),
        (45, ActFilter { act: Some("event".into()), ..ActFilter::default() }),
        (0, ActFilter { act: Some("%".into()), ..ActFilter::default() }),
        (
            18,
            ActFilter {
                from: Some(noon() - TimeDelta::minutes(3)),
                to: Some(noon() - TimeDelta::minutes(1)),
                ..ActFilter::default()
            },
        ),
    ];
    for (count, filter) in filters {
        let expected: Vec<_> = acts.iter().filter(|act| filter.matches(act)).cloned().collect();
        assert_eq!(count, expected.len(), "{filter:?}");
        for limit in [1, 7, 100] {
            let found = listed(&stores, &filter, limit).await.into_iter().map(|sealed| sealed.act);
            assert_eq!(found.collect::<Vec<_>>(), expected, "{filter:?} in pages of {limit}");
        }
    }
}

pub async fn acts_are_sealed_once_and_the_oldest_first(stores: Stores) {
    let log = &*stores.audit;
    assert_eq!(found(log).await, Found { sound: 0, head: None, waiting: 0, fault: None });
    assert_eq!(seal(log, &mac, 10).await.unwrap(), 0);
    assert_eq!(log.head().await.unwrap(), None);
    let acts: Vec<Act> =
        [3, 1, 2].map(|minutes| Act { at: noon() + TimeDelta::minutes(minutes), ..some_act() }).into();
    record(&stores, &acts).await;
    assert_eq!(found(log).await, Found { sound: 0, head: None, waiting: 3, fault: None });
    assert_eq!(seal(log, &mac, 2).await.unwrap(), 2);
    assert_eq!(seal(log, &mac, 2).await.unwrap(), 1);
    assert_eq!(seal(log, &mac, 2).await.unwrap(), 0);
    let order: Vec<ActId> = log.chain(0, 100).await.unwrap().iter().map(|sealed| sealed.act.id).collect();
    assert_eq!(order, [acts[1].id, acts[2].id, acts[0].id]);
    // One that comes late, from an earlier instant, is chained to the end.
    let late = Act { at: noon(), ..some_act() };
    record(&stores, std::slice::from_ref(&late)).await;
    assert_eq!(log.chain(3, 100).await.unwrap(), []);
    assert_eq!(seal(log, &mac, 100).await.unwrap(), 1);
    assert_eq!(log.chain(3, 100).await.unwrap()[0].act, late);
    let whole = found(log).await;
    assert_eq!((whole.sound, whole.waiting, whole.fault), (4, 0, None));
    assert_eq!(whole.head.map(|head| head.seq), Some(4));
}

pub async fn sealers_at_once_make_one_chain(stores: Stores) {
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    record(&stores, &[some_act(), some_act()]).await;
                }
            })
        })
        .collect();
    let sealers: Vec<_> = (0..4)
        .map(|number| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let mut sealed = 0;
                while stores.audit.head().await.unwrap().is_none_or(|head| head.seq < 160) {
                    sealed += seal(&*stores.audit, &mac, 1 + number * 3).await.unwrap();
                    // Whoever looks meanwhile finds nothing to complain of.
                    assert_eq!(found(&*stores.audit).await.fault, None);
                }
                sealed
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut sealed = 0;
    for sealer in sealers {
        sealed += sealer.await.unwrap();
    }
    assert_eq!(sealed, 160, "none twice");
    let whole = found(&*stores.audit).await;
    assert_eq!((whole.sound, whole.waiting, whole.fault), (160, 0, None));
}

pub async fn a_sealer_that_gives_up_leaves_no_trace(stores: Stores) {
    record(&stores, &[some_act()]).await;
    let mut tx: Box<dyn SealTx> = stores.audit.begin_sealing().await.unwrap();
    tx.lock_head().await.unwrap();
    let acts = tx.unsealed(10).await.unwrap();
    let mut chain = Chain::new(&mac);
    let seals: Vec<_> = acts.iter().map(|act| (act.id, chain.add(act))).collect();
    tx.add_seals(&seals, &chain.head()).await.unwrap();
    drop(tx);
    assert_eq!(stores.audit.head().await.unwrap(), None);
    assert_eq!(seal_all(&*stores.audit, 10).await, 1);
    assert_eq!(found(&*stores.audit).await.sound, 1);
}

pub async fn a_place_is_given_once(stores: Stores) {
    record(&stores, &[some_act(), some_act()]).await;
    assert_eq!(seal_all(&*stores.audit, 10).await, 2);
    let before = stores.audit.chain(0, 10).await.unwrap();
    let head = stores.audit.head().await.unwrap();
    let mut chain = Chain::after(head, &mac).unwrap();
    let again = (before[0].act.id, chain.add(&before[0].act));
    let nothing = (ActId::generate(noon()), again.1);
    for (seals, end) in [(vec![again], chain.head()), (vec![nothing], chain.head())] {
        let tx = stores.audit.begin_sealing().await.unwrap();
        let refused = transact(tx, async |tx| tx.add_seals(&seals, &end).await).await;
        assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    }
    // Nor does the end ever move back.
    let back = Head { seq: 1, ..chain.head() };
    let tx = stores.audit.begin_sealing().await.unwrap();
    assert!(transact(tx, async |tx| tx.add_seals(&[], &back).await).await.is_err());
    assert_eq!(stores.audit.chain(0, 10).await.unwrap(), before);
    assert_eq!(stores.audit.head().await.unwrap(), head);
}

pub async fn what_was_noted_is_found_again(stores: Stores) {
    let log = &*stores.audit;
    record(&stores, &[some_act(), some_act()]).await;
    seal_all(log, 10).await;
    let noted = log.head().await.unwrap().unwrap();
    record(&stores, &[some_act()]).await;
    seal_all(log, 10).await;
    let fault = async |seq, link| verify(log, &mac, Some((seq, link))).await.unwrap().fault;
    assert_eq!(fault(noted.seq, noted.link).await, None);
    assert_eq!(fault(noted.seq, [0; 32]).await, Some(Fault::Rewritten { seq: 2 }));
    assert_eq!(fault(4, noted.link).await, Some(Fault::Removed { seq: 4 }), "it went further once");
}
