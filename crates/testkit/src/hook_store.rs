//! What every store promises of addresses that are called, and of what they are told.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod calls;
mod spreading;

pub use calls::*;
pub use spreading::*;

use crate::fixtures_bookings::{House, house};
use crate::fixtures_events::organiser;
use crate::{ScriptedCaller, Stores, noon};
use booking::news::NewsKind;
use chrono::TimeDelta;
use events::Standing;
use hooks::{
    CALLS, Call, CallState, Hook, HookError, HookInput, HookKey, HookStore, HookTx, Hooks, MOST_HOOKS, Turn,
    WhyOff,
};
use kernel::{
    Actor, Clock, HookCallId, HookId, OrganisationId, PageRequest, Published, StoreError, Timestamp, transact,
};
use std::error::Error;
use std::sync::Arc;

/// One test per promise: `testkit::hook_store_contract!(open, open_streaming)`, where both are `async fn() -> Stores` that give
/// a fresh, empty system, the latter with a stream.
#[macro_export]
macro_rules! hook_store_contract {
    ($open:ident, $open_streaming:ident) => {
        $crate::hook_store_contract!($open;
            a_hook_reads_back_whole,
            what_is_unknown_of_hooks_is_not_there,
            an_organisation_has_so_many_hooks_however_many_are_made_at_once,
            a_hook_goes_with_its_calls,
            a_call_reads_back_whole,
            calls_are_listed_the_latest_first_in_pages_that_meet,
            old_calls_are_dropped_and_open_ones_stay,
            what_happens_is_told_to_each_hook_that_wants_it,
            where_no_hook_is_on_nothing_is_kept,
            news_are_told_once_however_many_spread_them,
            a_hook_is_told_nothing_twice,
            what_hooks_are_to_be_told_is_not_dropped,
            what_nobody_can_read_waits,
            a_call_is_made_again_until_it_is_answered_well,
            a_call_that_is_never_answered_well_ends,
            a_hook_that_is_not_answered_for_days_is_switched_off,
            who_is_gone_is_called_no_more,
            an_earlier_turn_is_nothing,
            a_call_is_made_anew_when_somebody_asks,
            a_trial_reaches_those_who_are_off,
            what_nobody_can_say_anything_of_has_failed,
        );
        mod hooks_beside_a_stream {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn hooks_and_the_stream_are_told_each_by_itself() {
                let stores = super::$open_streaming().await;
                $crate::hook_store::hooks_and_the_stream_are_told_each_by_itself(stores).await;
            }
        }
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod hook_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::hook_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

type Unread = Box<dyn Error + Send + Sync>;

/// An event on sale, and the use cases of its hooks.
struct Desk {
    house: House,
    hooks: Hooks,
    caller: Arc<ScriptedCaller>,
    owner: Actor,
}

impl Desk {
    async fn open(stores: Stores) -> Self {
        Self::over(house(stores, 50, None, 2500).await, |body| Some(body.to_owned())).await
    }

    /// What is told of something is what `say` makes of its facts; nobody can read it where that is nothing.
    async fn over(house: House, say: fn(&str) -> Option<String>) -> Self {
        let caller = Arc::new(ScriptedCaller::default());
        let owner = organiser(&house.stores, house.event.organisation, Standing::Owner).await;
        let kinds = NewsKind::ALL.map(NewsKind::as_str).to_vec();
        let say = move |news: &Published| say(&news.body).ok_or_else(|| Unread::from("it cannot be read"));
        let hooks = Hooks::new(
            house.stores.hooks.clone(),
            house.clock.clone(),
            (caller.clone(), HookKey::new([7; 32])),
            (kinds, Box::new(say)),
        );
        Self { house, hooks, caller, owner }
    }

    fn store(&self) -> &dyn HookStore {
        &*self.house.stores.hooks
    }

    fn organisation(&self) -> OrganisationId {
        self.house.event.organisation
    }

    fn now(&self) -> Timestamp {
        self.house.clock.now()
    }

    async fn begin(&self) -> Box<dyn HookTx> {
        self.store().begin_hooks().await.unwrap()
    }

    /// A hook of the event's organisation for these kinds.
    async fn hook(&self, kinds: &[&str]) -> Hook {
        self.hooks.create(&self.owner, self.organisation(), input(kinds)).await.unwrap().0
    }

    async fn again(&self, id: HookId) -> Hook {
        self.store().hook(id).await.unwrap().unwrap()
    }

    async fn add(&self, call: &Call) {
        let adding = transact(self.begin().await, async |tx| -> Result<Vec<HookCallId>, StoreError> {
            tx.add_hook_calls(std::slice::from_ref(call)).await
        });
        assert_eq!(adding.await.unwrap(), [call.id]);
    }

    async fn call(&self, id: HookCallId) -> Call {
        self.store().hook_call(id).await.unwrap().unwrap()
    }

    /// All calls of a hook that stand so, the latest first.
    async fn calls(&self, hook: HookId, state: Option<CallState>) -> Vec<Call> {
        let all = PageRequest { limit: 100, after: None };
        self.store().hook_calls(hook, state, all).await.unwrap().items
    }

    /// Makes the calls that are due, as a worker does; answers how many that were.
    async fn work(&self) -> usize {
        let (outbox, now) = (&self.house.stores.outbox, self.now());
        let due = outbox.claim(&[CALLS], now, now + TimeDelta::minutes(1), 100).await.unwrap();
        for one in &due {
            let turn: Turn = serde_json::from_str(&one.body).unwrap();
            let heard = match self.hooks.deliver(turn).await.unwrap() {
                Some(again) => outbox.postpone(one.lease(), again, None).await.unwrap(),
                None => outbox.finish(one.lease()).await.unwrap(),
            };
            assert!(heard, "the lease is good");
        }
        due.len()
    }
}

fn input(kinds: &[&str]) -> HookInput {
    HookInput {
        url: "https://house.example/hook".into(),
        description: "Our books".into(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        enabled: true,
    }
}

fn off(hook: HookInput) -> HookInput {
    HookInput { enabled: false, ..hook }
}

pub async fn a_hook_reads_back_whole(stores: Stores) {
    let desk = Desk::open(stores).await;
    let plain = desk.hook(&[]).await;
    assert_eq!(desk.again(plain.id).await, plain);
    let later = |seconds| noon() + TimeDelta::seconds(seconds);
    for (seconds, why) in [(1, WhyOff::ByHand), (2, WhyOff::Failing), (3, WhyOff::Gone)] {
        let full = Hook {
            id: HookId::generate(later(seconds)),
            kinds: vec!["booking.confirmed".into(), "booking.created".into()],
            generation: 7,
            rotated_at: Some(later(4)),
            failing_since: Some(later(5)),
            failures: 11,
            off: Some((later(6), why)),
            created_at: later(seconds),
            ..plain.clone()
        };
        transact(desk.begin().await, async |tx| tx.add_hook(&full).await).await.unwrap();
        assert_eq!(desk.again(full.id).await, full);
        let changed = Hook {
            url: "https://other.example".into(),
            description: String::new(),
            kinds: Vec::new(),
            generation: 8,
            rotated_at: None,
            failing_since: None,
            failures: 0,
            off: None,
            ..full
        };
        transact(desk.begin().await, async |tx| tx.save_hook(&changed).await).await.unwrap();
        assert_eq!(desk.again(changed.id).await, changed);
        let mut tx = desk.begin().await;
        assert_eq!(tx.lock_hook(changed.id).await.unwrap(), Some(changed));
        tx.rollback().await.unwrap();
    }
    let all = desk.store().hooks_of(desk.organisation()).await.unwrap();
    assert_eq!((all.len(), &all[0]), (4, &plain), "the first first");
    assert!(all.windows(2).all(|two| two[0].created_at < two[1].created_at));
}

pub async fn what_is_unknown_of_hooks_is_not_there(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (hook, call) = (HookId::generate(noon()), HookCallId::generate(noon()));
    assert_eq!(desk.store().hook(hook).await.unwrap(), None);
    assert_eq!(desk.store().hook_call(call).await.unwrap(), None);
    assert_eq!(desk.store().hooks_of(desk.organisation()).await.unwrap(), []);
    assert_eq!(desk.calls(hook, None).await, []);
    let mut tx = desk.begin().await;
    assert_eq!(tx.lock_hook(hook).await.unwrap(), None);
    assert_eq!(tx.lock_hook_call(call).await.unwrap(), None);
    assert_eq!(tx.hooks_that_are_on(&[desk.organisation()]).await.unwrap(), []);
    assert_eq!(tx.hooks_that_are_on(&[]).await.unwrap(), []);
    assert_eq!(tx.take_news(10).await.unwrap(), []);
    tx.rollback().await.unwrap();
    // A call of a hook that is not there would be found by nobody.
    let stray = Call::test(hook, noon());
    let mut tx = desk.begin().await;
    let added = tx.add_hook_calls(std::slice::from_ref(&stray)).await;
    assert!(added.is_err() || tx.commit().await.is_err());
    assert_eq!(desk.store().hook_call(stray.id).await.unwrap(), None);
}

pub async fn an_organisation_has_so_many_hooks_however_many_are_made_at_once(stores: Stores) {
    let desk = Arc::new(Desk::open(stores).await);
    let making: Vec<_> = (0..MOST_HOOKS + 5)
        .map(|_| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { desk.hooks.create(&desk.owner, desk.organisation(), input(&[])).await })
        })
        .collect();
    let mut too_many = 0;
    for one in making {
        match one.await.unwrap() {
            Ok(_) => {}
            Err(HookError::TooMany) => too_many += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(too_many, 5);
    assert_eq!(desk.hooks.list(desk.organisation()).await.unwrap().len(), MOST_HOOKS);
    let first = desk.hooks.list(desk.organisation()).await.unwrap().remove(0);
    desk.hooks.remove(&desk.owner, first.id).await.unwrap();
    desk.hook(&[]).await;
}

pub async fn a_hook_goes_with_its_calls(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (one, other) = (desk.hook(&[]).await, desk.hook(&[]).await);
    let trial = async |id: HookId| desk.hooks.test(&desk.owner, id).await.unwrap();
    let (gone, stays) = (trial(one.id).await, trial(other.id).await);
    desk.hooks.remove(&desk.owner, one.id).await.unwrap();
    assert!(matches!(desk.hooks.remove(&desk.owner, one.id).await, Err(HookError::Unknown)));
    assert_eq!(desk.store().hook(one.id).await.unwrap(), None);
    assert_eq!(desk.store().hook_call(gone.id).await.unwrap(), None);
    assert_eq!(desk.calls(other.id, None).await, [stays]);
    // What was owed of it is nothing.
    assert_eq!(desk.work().await, 2);
    assert_eq!(desk.caller.calls().len(), 1);
    desk.hooks.remove_all(&desk.owner, desk.organisation()).await.unwrap();
    assert_eq!(desk.hooks.list(desk.organisation()).await.unwrap(), []);
}
