//! What every store of repeatable requests promises.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::person;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{AccountId, Begun, RequestKey, Role, StoredAnswer, Timestamp};

/// One test per promise: `testkit::idempotency_store_contract!(open)`, where `open` is an `async fn() -> Stores`
/// that gives a fresh, empty system.
#[macro_export]
macro_rules! idempotency_store_contract {
    ($open:ident) => {
        $crate::idempotency_store_contract!($open;
            a_repeat_gets_the_first_answer,
            a_repeat_of_what_is_in_flight_has_to_wait,
            of_many_at_a_time_one_is_worked_on,
            a_key_serves_one_request,
            a_key_serves_its_caller_alone,
            what_vanished_in_flight_can_be_repeated,
            what_is_released_can_be_repeated,
            what_is_old_is_swept,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod idempotency_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::idempotency_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn request(caller: AccountId) -> RequestKey {
    RequestKey { caller, key: "key-1 'ü'".into(), fingerprint: [1; 32] }
}

async fn caller(stores: &Stores) -> AccountId {
    person(stores, Role::Member).await.account
}

async fn begin(stores: &Stores, request: &RequestKey, now: Timestamp) -> Begun {
    stores.idempotency.begin(request, now, now + TimeDelta::minutes(1)).await.unwrap()
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, location: Some("/api/v1/x/1".into()), body: vec![0, 255, b'{'] }
}

pub async fn a_repeat_gets_the_first_answer(stores: Stores) {
    let one = request(caller(&stores).await);
    let two = RequestKey { key: "key-2".into(), ..one.clone() };
    let empty = StoredAnswer { status: 204, location: None, body: Vec::new() };
    for (request, answer) in [(one, answer()), (two, empty)] {
        assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
        stores.idempotency.answer(&request, &answer).await.unwrap();
        for later in [0, 1, 60] {
            let now = noon() + TimeDelta::minutes(later);
            assert_eq!(begin(&stores, &request, now).await, Begun::Answered(answer.clone()));
        }
    }
}

pub async fn a_repeat_of_what_is_in_flight_has_to_wait(stores: Stores) {
    let request = request(caller(&stores).await);
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
    assert_eq!(begin(&stores, &request, noon()).await, Begun::InFlight);
    let almost = noon() + TimeDelta::minutes(1) - TimeDelta::microseconds(1);
    assert_eq!(begin(&stores, &request, almost).await, Begun::InFlight);
}

pub async fn of_many_at_a_time_one_is_worked_on(stores: Stores) {
    let caller = caller(&stores).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move { begin(&stores, &request(caller), noon()).await })
        })
        .collect();
    let mut fresh = 0;
    for one in tries {
        match one.await.unwrap() {
            Begun::Fresh => fresh += 1,
            other => assert_eq!(other, Begun::InFlight),
        }
    }
    assert_eq!(fresh, 1);
}

pub async fn a_key_serves_one_request(stores: Stores) {
    let request = request(caller(&stores).await);
    let other = RequestKey { fingerprint: [2; 32], ..request.clone() };
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
    assert_eq!(begin(&stores, &other, noon()).await, Begun::Mismatch);
    stores.idempotency.answer(&request, &answer()).await.unwrap();
    assert_eq!(begin(&stores, &other, noon()).await, Begun::Mismatch);
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Answered(answer()));
}

pub async fn a_key_serves_its_caller_alone(stores: Stores) {
    let (one, other) = (request(caller(&stores).await), request(caller(&stores).await));
    assert_eq!(begin(&stores, &one, noon()).await, Begun::Fresh);
    stores.idempotency.answer(&one, &answer()).await.unwrap();
    assert_eq!(begin(&stores, &other, noon()).await, Begun::Fresh);
}

pub async fn what_vanished_in_flight_can_be_repeated(stores: Stores) {
    let request = request(caller(&stores).await);
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
    let later = noon() + TimeDelta::minutes(1);
    assert_eq!(begin(&stores, &request, later).await, Begun::Fresh);
    assert_eq!(begin(&stores, &request, later).await, Begun::InFlight, "it is in flight again");
}

pub async fn what_is_released_can_be_repeated(stores: Stores) {
    let request = request(caller(&stores).await);
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
    stores.idempotency.release(&request).await.unwrap();
    assert_eq!(begin(&stores, &request, noon()).await, Begun::Fresh);
}

pub async fn what_is_old_is_swept(stores: Stores) {
    let old = request(caller(&stores).await);
    let new = RequestKey { key: "key-2".into(), ..old.clone() };
    for (request, at) in [(&old, noon() - TimeDelta::microseconds(1)), (&new, noon())] {
        assert_eq!(begin(&stores, request, at).await, Begun::Fresh);
        stores.idempotency.answer(request, &answer()).await.unwrap();
    }
    assert_eq!(stores.idempotency.sweep(noon()).await.unwrap(), 1);
    assert_eq!(begin(&stores, &new, noon()).await, Begun::Answered(answer()));
    assert_eq!(begin(&stores, &old, noon()).await, Begun::Fresh);
}
