//! Calls are made, made again, and given up.

use super::{Desk, input, off};
use crate::fixtures_bookings::{booked_paid, booked_unpaid, buyer};
use crate::{Stores, noon};
use chrono::TimeDelta;
use hooks::{AgainError, Call, CallState, Effect, Turn, WhyOff};
use kernel::audit::ActFilter;
use kernel::{Cursor, HookCallId, HookId, Page, PageRequest, StoreError, transact};

pub async fn a_call_reads_back_whole(stores: Stores) {
    let desk = Desk::open(stores).await;
    let hook = desk.hook(&[]).await;
    let new = Call::test(hook.id, noon());
    desk.add(&new).await;
    assert_eq!(desk.call(new.id).await, new);
    let told = Call {
        state: CallState::Failing,
        turn: 3,
        tries: 4,
        tried_at: Some(noon() + TimeDelta::seconds(1)),
        next_at: Some(noon() + TimeDelta::seconds(2)),
        status: Some(599),
        said: Some("No: \"später\" \\ 'never'".into()),
        ..new
    };
    let quiet = Call { status: None, said: None, next_at: None, state: CallState::Done, ..told.clone() };
    for changed in [told, quiet] {
        transact(desk.begin().await, async |tx| tx.save_hook_call(&changed).await).await.unwrap();
        assert_eq!(desk.call(changed.id).await, changed);
        let mut tx = desk.begin().await;
        assert_eq!(tx.lock_hook_call(changed.id).await.unwrap(), Some(changed));
        tx.rollback().await.unwrap();
    }
}

/// So many calls of a hook, two at each time, every third of which is done.
async fn several(desk: &Desk, hook: HookId, count: i64) -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..count {
        let mut call = Call::test(hook, noon() + TimeDelta::seconds(number / 2));
        if number % 3 == 0 {
            (call.state, call.tries) = (CallState::Done, 1);
        }
        desk.add(&call).await;
        transact(desk.begin().await, async |tx| tx.save_hook_call(&call).await).await.unwrap();
        calls.push(call);
    }
    calls.sort_by_key(Call::cursor);
    calls.reverse();
    calls
}

pub async fn calls_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, other) = (desk.hook(&[]).await, desk.hook(&[]).await);
    let all = several(&desk, hook.id, 13).await;
    several(&desk, other.id, 3).await;
    for state in [None, Some(CallState::Done), Some(CallState::Waiting), Some(CallState::Failed)] {
        let expected: Vec<_> =
            all.iter().filter(|call| state.is_none_or(|state| call.state == state)).collect();
        let mut found = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = PageRequest { limit: 3, after };
            let Page { items, next } = desk.store().hook_calls(hook.id, state, page).await.unwrap();
            assert!(items.len() <= 3);
            found.extend(items);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{state:?}");
    }
}

pub async fn old_calls_are_dropped_and_open_ones_stay(stores: Stores) {
    let desk = Desk::open(stores).await;
    let hook = desk.hook(&[]).await;
    // The first two are of the first second, and one of them is done.
    several(&desk, hook.id, 6).await;
    let sweep =
        async |seconds| desk.store().sweep_hook_calls(noon() + TimeDelta::seconds(seconds)).await.unwrap();
    assert_eq!(sweep(0).await, 0, "none is old");
    assert_eq!(sweep(1).await, 1);
    assert_eq!(sweep(1).await, 0, "the other is still to be made");
    assert_eq!(desk.calls(hook.id, None).await.len(), 5);
    assert_eq!(sweep(1000).await, 1);
    assert_eq!(desk.calls(hook.id, Some(CallState::Done)).await, []);
    assert_eq!(desk.calls(hook.id, Some(CallState::Waiting)).await.len(), 4);
}

/// A hook that was told of a booking, by one call that is due.
async fn one_call(desk: &Desk) -> (HookId, Call) {
    let hook = desk.hook(&["booking.confirmed"]).await;
    booked_paid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    desk.hooks.spread().await.unwrap();
    let mut calls = desk.calls(hook.id, None).await;
    assert_eq!(calls.len(), 1);
    (hook.id, calls.remove(0))
}

pub async fn a_call_is_made_again_until_it_is_answered_well(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, call) = one_call(&desk).await;
    desk.caller.hears(500);
    assert_eq!(desk.work().await, 1);
    let failing = desk.call(call.id).await;
    assert_eq!((failing.state, failing.status, failing.tries), (CallState::Failing, Some(500), 1));
    assert_eq!(failing.said.as_deref(), Some("This is 500."));
    assert_eq!(desk.again(hook).await.failures, 1);
    assert_eq!(desk.work().await, 0, "its time has not come");
    desk.house.clock.set(failing.next_at.unwrap());
    desk.caller.hears_nothing();
    assert_eq!(desk.work().await, 1);
    let silent = desk.call(call.id).await;
    assert_eq!((silent.state, silent.status, silent.tries), (CallState::Failing, None, 2));
    assert_eq!((desk.again(hook).await.failures, desk.again(hook).await.failing_since), (2, Some(noon())));
    desk.house.clock.set(silent.next_at.unwrap());
    desk.caller.hears(200);
    assert_eq!(desk.work().await, 1);
    let done = desk.call(call.id).await;
    assert_eq!((done.state, done.next_at, done.tries), (CallState::Done, None, 3));
    assert_eq!(done.tried_at, Some(desk.now()));
    assert_eq!((desk.again(hook).await.failures, desk.again(hook).await.failing_since), (0, None));
    // It says the same each time, under the same name, and is signed for its time.
    let made = desk.caller.calls();
    assert_eq!(made.len(), 3);
    assert!(made.windows(2).all(|two| (&two[0].id, &two[0].body) == (&two[1].id, &two[1].body)));
    assert!(made.windows(2).all(|two| two[0].timestamp < two[1].timestamp));
    assert!(made.windows(2).all(|two| two[0].signature != two[1].signature));
    desk.house.clock.advance(TimeDelta::days(3));
    assert_eq!(desk.work().await, 0, "it is done");
}

pub async fn a_call_that_is_never_answered_well_ends(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, call) = one_call(&desk).await;
    desk.caller.hears(503);
    let mut made = 0;
    while desk.work().await == 1 {
        made += 1;
        if let Some(next) = desk.call(call.id).await.next_at {
            desk.house.clock.set(next);
        }
    }
    assert_eq!((made, desk.call(call.id).await.state), (11, CallState::Failed));
    assert!(desk.again(hook).await.is_on(), "it has not been so for days");
    assert_eq!(desk.calls(hook, Some(CallState::Failed)).await.len(), 1);
}

async fn acts_of(desk: &Desk, act: &str) -> usize {
    let all = PageRequest { limit: 100, after: None };
    let acts = desk.house.stores.audit.acts(&ActFilter::default(), all).await.unwrap().items;
    acts.iter().filter(|sealed| sealed.act.act == act).count()
}

/// What is owed to the owners.
async fn owed(desk: &Desk) -> Vec<Effect> {
    let now = desk.now();
    let due = desk.house.stores.outbox.claim(&[hooks::DOMAIN], now, now, 10).await.unwrap();
    due.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect()
}

pub async fn a_hook_that_is_not_answered_for_days_is_switched_off(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, _) = one_call(&desk).await;
    desk.caller.hears(500);
    let somebody = buyer(&desk.house.stores).await;
    for _ in 0..80 {
        desk.work().await;
        desk.house.clock.advance(TimeDelta::hours(1));
        if desk.now() == noon() + TimeDelta::hours(60) {
            booked_paid(&desk.house, somebody, 1).await;
            booked_paid(&desk.house, somebody, 1).await;
            desk.hooks.spread().await.unwrap();
        }
    }
    let off = desk.again(hook).await.off;
    let Some((since, WhyOff::Failing)) = off else { panic!("{off:?}") };
    assert!(since >= noon() + TimeDelta::days(3) && since < desk.now(), "{since}");
    // Those that were still to be made are not.
    assert_eq!(desk.calls(hook, Some(CallState::Waiting)).await.len(), 0);
    desk.house.clock.advance(TimeDelta::days(2));
    desk.work().await;
    assert_eq!(desk.calls(hook, Some(CallState::Failing)).await, []);
    assert_eq!(owed(&desk).await, [Effect::TellOwners { hook }], "once");
    assert_eq!(acts_of(&desk, "hook.switch_off").await, 1);
    let news = desk.hooks.off_news(hook).await.unwrap().unwrap();
    assert_eq!((news.organisation, news.since, news.gone), (desk.organisation(), noon(), false));
    // Nothing is kept for it any more; switched on, it is told what happens from then on.
    booked_paid(&desk.house, somebody, 1).await;
    assert!(!desk.store().is_untold().await.unwrap());
    desk.hooks.update(&desk.owner, hook, input(&[])).await.unwrap();
    assert_eq!(desk.hooks.off_news(hook).await.unwrap(), None);
    desk.caller.hears(200);
    booked_unpaid(&desk.house, somebody, 1).await;
    desk.hooks.spread().await.unwrap();
    assert_eq!(desk.work().await, 2);
    assert_eq!(desk.again(hook).await.failures, 0);
}

pub async fn who_is_gone_is_called_no_more(stores: Stores) {
    let desk = Desk::open(stores).await;
    let hook = desk.hook(&[]).await;
    booked_paid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    desk.hooks.spread().await.unwrap();
    desk.caller.hears(410);
    assert_eq!(desk.work().await, 3);
    assert_eq!(desk.caller.calls().len(), 1, "those behind it are not made");
    assert_eq!(desk.calls(hook.id, Some(CallState::Failed)).await.len(), 3);
    assert_eq!(desk.again(hook.id).await.off, Some((noon(), WhyOff::Gone)));
    assert_eq!(owed(&desk).await, [Effect::TellOwners { hook: hook.id }]);
    assert!(desk.hooks.off_news(hook.id).await.unwrap().unwrap().gone);
}

pub async fn an_earlier_turn_is_nothing(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, call) = one_call(&desk).await;
    let turn = Turn::of(&call);
    assert_eq!(desk.hooks.deliver(turn).await.unwrap(), None);
    assert_eq!(desk.hooks.deliver(turn).await.unwrap(), None, "a worker that did not hear that it was done");
    assert_eq!(desk.caller.calls().len(), 1);
    let anew = desk.hooks.again(&desk.owner, call.id).await.unwrap();
    assert_eq!(desk.hooks.deliver(turn).await.unwrap(), None);
    assert_eq!((desk.caller.calls().len(), desk.call(call.id).await), (1, anew));
    let unknown = Turn { hook, call: HookCallId::generate(noon()), turn: 1 };
    assert_eq!(desk.hooks.deliver(unknown).await.unwrap(), None);
}

pub async fn a_call_is_made_anew_when_somebody_asks(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, call) = one_call(&desk).await;
    let again = async || desk.hooks.again(&desk.owner, call.id).await;
    assert!(matches!(again().await, Err(AgainError::Waiting)));
    desk.caller.hears(500);
    desk.work().await;
    let anew = again().await.unwrap();
    assert_eq!((anew.state, anew.turn, anew.tries), (CallState::Waiting, 2, 0));
    assert_eq!(desk.call(call.id).await, anew);
    assert_eq!(acts_of(&desk, "hook_call.retry").await, 1);
    desk.caller.hears(200);
    assert_eq!(desk.work().await, 1);
    assert_eq!(desk.call(call.id).await.state, CallState::Done);
    assert_eq!(again().await.unwrap().turn, 3, "also what was answered well");
    desk.work().await;
    desk.hooks.update(&desk.owner, hook, off(input(&[]))).await.unwrap();
    assert!(matches!(again().await, Err(AgainError::Off)));
    let unknown = desk.hooks.again(&desk.owner, HookCallId::generate(noon())).await;
    assert!(matches!(unknown, Err(AgainError::Unknown)));
    let made = desk.caller.calls();
    assert_eq!(made.len(), 3);
    assert!(made.iter().all(|one| one.id == call.message));
}

pub async fn a_trial_reaches_those_who_are_off(stores: Stores) {
    let desk = Desk::open(stores).await;
    let hook = desk.hook(&["booking.confirmed"]).await;
    desk.hooks.update(&desk.owner, hook.id, off(input(&[]))).await.unwrap();
    desk.caller.hears(500);
    let trial = desk.hooks.test(&desk.owner, hook.id).await.unwrap();
    assert_eq!(desk.call(trial.id).await, trial);
    assert_eq!(desk.work().await, 1);
    let failed = desk.call(trial.id).await;
    assert_eq!((failed.state, failed.status), (CallState::Failed, Some(500)));
    assert_eq!(desk.again(hook.id).await.failures, 0, "it says nothing of the days before");
    desk.caller.hears(200);
    let trial = desk.hooks.test(&desk.owner, hook.id).await.unwrap();
    desk.work().await;
    assert_eq!(desk.call(trial.id).await.state, CallState::Done);
    assert!(!desk.again(hook.id).await.is_on());
    assert_eq!(acts_of(&desk, "hook.test").await, 2, "who has somebody called is on record");
    assert!(desk.hooks.test(&desk.owner, HookId::generate(noon())).await.is_err());
}

pub async fn what_nobody_can_say_anything_of_has_failed(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (_, call) = one_call(&desk).await;
    desk.hooks.give_up(Turn { turn: 7, ..Turn::of(&call) }).await.unwrap();
    assert_eq!(desk.call(call.id).await, call, "it has another turn");
    desk.hooks.give_up(Turn::of(&call)).await.unwrap();
    let failed = desk.call(call.id).await;
    assert_eq!((failed.state, failed.tries), (CallState::Failed, 0));
    assert!(failed.said.is_some());
    let refused: Result<(), StoreError> = transact(desk.begin().await, async |tx| {
        tx.save_hook_call(&call).await?;
        Err(StoreError::Unavailable { doing: "refusing", cause: None })
    })
    .await;
    assert!(refused.is_err());
    assert_eq!(desk.call(call.id).await, failed, "a refusal leaves no trace");
}
