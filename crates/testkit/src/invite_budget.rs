//! What every store promises about what people give away, through the use cases that live on it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at, accounts_at_noon, bare_invite, code_key, invite_for, invited, invites_at_noon,
    sign_up,
};
use crate::fixtures_events::person;
use crate::fixtures_invites::{add, begin, join, line, save};
use crate::pages::first;
use crate::{HeldHasher, StoppedClock, Stores, noon};
use accounts::{Accounts, RegisterError};
use chrono::TimeDelta;
use invites::{
    BudgetExhausted, CreateError, GiveError, Invite, Inviter, Invites, Lineage, NewInvites, RevokeError,
    Ruling, SetBudgetError,
};
use kernel::{AccountId, InviteId, Role, StoreError, transact};
use std::sync::Arc;

/// One test per promise: `testkit::invite_budget_contract!(open)`, where `open` is an `async fn() -> Stores` that gives
/// a fresh, empty system.
#[macro_export]
macro_rules! invite_budget_contract {
    ($open:ident) => {
        $crate::invite_budget_contract!($open;
            an_inviter_reads_back_whole,
            a_refusal_leaves_no_trace_of_an_inviter,
            what_was_given_away_is_added_up_by_the_rule,
            without_a_budget_nobody_gives_anything_away,
            requests_at_one_time_never_give_more_than_the_budget,
            what_was_not_used_comes_back,
            a_use_at_the_last_instant_is_counted_before_the_rest_comes_back,
            a_budget_is_set_by_admins_and_never_below_what_was_spent,
            nobody_takes_back_what_others_made,
            who_is_erased_gives_nothing_away_any_more,
            people_get_what_is_kept_of_their_giving,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod invite_budget {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::invite_budget::$case(super::$open().await).await;
                }
            )+
        }
    };
}

pub async fn an_inviter_reads_back_whole(stores: Stores) {
    let account = person(&stores, Role::Member).await.account;
    let new = Inviter::new(account);
    assert_eq!(stores.accounts.inviter(account).await.unwrap(), Some(new.clone()));
    let ruling = |frozen, note: Option<&str>| Ruling {
        frozen,
        at: noon() + TimeDelta::microseconds(1),
        by: AccountId::generate(noon()),
        note: note.map(str::to_owned),
    };
    let full =
        Inviter { budget: Some(u32::MAX), ruling: Some(ruling(true, Some("Füße\n'🎧'"))), ..new.clone() };
    let open = Inviter { budget: Some(0), ruling: Some(ruling(false, None)), ..new.clone() };
    for inviter in [full, open, new] {
        save(&stores, &inviter).await;
        assert_eq!(stores.accounts.inviter(account).await.unwrap().as_ref(), Some(&inviter));
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_inviter(account).await.unwrap(), Some(inviter));
        tx.rollback().await.unwrap();
    }
    let nobody = AccountId::generate(noon());
    assert_eq!(stores.accounts.inviter(nobody).await.unwrap(), None);
    assert_eq!(stores.accounts.lineage(nobody).await.unwrap(), Lineage(Vec::new()));
    assert_eq!(stores.accounts.spent(nobody, noon()).await.unwrap(), 0);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_inviter(nobody).await.unwrap(), None);
    assert_eq!(tx.lock_lineage(nobody).await.unwrap(), Lineage(Vec::new()));
    tx.rollback().await.unwrap();
}

pub async fn a_refusal_leaves_no_trace_of_an_inviter(stores: Stores) {
    let account = person(&stores, Role::Member).await.account;
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        let mut inviter = tx.lock_inviter(account).await?.unwrap();
        inviter.budget = Some(5);
        tx.save_inviter(&inviter).await?;
        tx.lock_lineage(account).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    assert_eq!(stores.accounts.inviter(account).await.unwrap(), Some(Inviter::new(account)));
}

pub async fn what_was_given_away_is_added_up_by_the_rule(stores: Stores) {
    let maker = person(&stores, Role::Member).await.account;
    let other = person(&stores, Role::Member).await.account;
    let mut invites = Vec::new();
    for number in 0..32_u32 {
        let (late, early) = (noon() + TimeDelta::microseconds(1), noon());
        invites.push(Invite {
            max_uses: 5 + number,
            used: number % 5,
            counted: number & 1 == 0,
            revoked_at: (number & 2 == 0).then_some(early),
            expires_at: (number & 4 == 0).then_some(if number & 8 == 0 { late } else { early }),
            ..bare_invite(if number & 16 == 0 { maker } else { other })
        });
    }
    add(&stores, &invites).await;
    for now in [noon() - TimeDelta::microseconds(1), noon(), noon() + TimeDelta::microseconds(1)] {
        for account in [maker, other] {
            let own = invites.iter().filter(|invite| invite.created_by == account);
            let expected: u32 = own.map(|invite| invite.spends(now)).sum();
            assert_eq!(stores.accounts.spent(account, now).await.unwrap(), expected);
            let mut tx = begin(&stores).await;
            assert_eq!(tx.spent(account, now).await.unwrap(), expected);
            tx.rollback().await.unwrap();
        }
    }
}

pub async fn without_a_budget_nobody_gives_anything_away(stores: Stores) {
    let ada = person(&stores, Role::Member).await;
    let none = invites_at_noon(&stores);
    let refused = none.give(&invite_for(1), &ada).await;
    assert!(matches!(refused, Err(GiveError::Exhausted(BudgetExhausted { left: 0 }))), "{refused:?}");
    let some = invites_at_noon(&stores).allowing(5);
    let wish = NewInvites { count: 2, ..invite_for(3) };
    let refused = some.give(&wish, &ada).await;
    assert!(matches!(refused, Err(GiveError::Exhausted(BudgetExhausted { left: 5 }))), "every use counts");
    let wrong = some.give(&NewInvites { count: 0, ..invite_for(1) }, &ada).await;
    assert!(matches!(wrong, Err(GiveError::Create(CreateError::Invalid(_)))));
    assert_eq!(stores.accounts.invites(None, first(10)).await.unwrap().items, [], "nothing of it is there");
    let given = some.give(&NewInvites { count: 2, ..invite_for(2) }, &ada).await.unwrap();
    assert_eq!((given.invites.len(), given.budget.left()), (2, 1));
    let (listed, budget) = some.given(ada.account, first(10)).await.unwrap().unwrap();
    assert_eq!((listed.items.len(), budget), (2, given.budget));
    // What admins make for everybody is beside it.
    some.create(&invite_for(1000), &ada).await.unwrap();
    assert_eq!(some.budget(ada.account).await.unwrap().unwrap().left(), 1);
    assert_eq!(some.budget(AccountId::generate(noon())).await.unwrap(), None);
}

pub async fn requests_at_one_time_never_give_more_than_the_budget(stores: Stores) {
    let ada = person(&stores, Role::Member).await;
    let tries: Vec<_> = (0..24)
        .map(|number| {
            let invites = invites_at_noon(&stores).allowing(10);
            tokio::spawn(async move {
                let wish = NewInvites { count: 1 + number % 2, ..invite_for(2) };
                match invites.give(&wish, &ada).await {
                    Ok(given) => given.invites.iter().map(|invite| invite.max_uses).sum::<u32>(),
                    Err(GiveError::Exhausted(_)) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut given = 0;
    for one in tries {
        given += one.await.unwrap();
    }
    assert_eq!(given, 10);
    assert_eq!(stores.accounts.spent(ada.account, noon()).await.unwrap(), 10);
    let made = stores.accounts.invites(Some(ada.account), first(100)).await.unwrap().items;
    assert_eq!(made.iter().map(|invite| invite.max_uses).sum::<u32>(), 10);
}

pub async fn what_was_not_used_comes_back(stores: Stores) {
    let ada = person(&stores, Role::Member).await;
    let clock = Arc::new(StoppedClock::default());
    let invites = Invites::new(stores.accounts.clone(), clock.clone(), code_key()).allowing(6);
    let left = async || invites.budget(ada.account).await.unwrap().unwrap().left();
    let short = NewInvites { expires_at: Some(noon() + TimeDelta::hours(1)), ..invite_for(3) };
    let short = invites.give(&short, &ada).await.unwrap().invites.remove(0);
    let long = invites.give(&invite_for(3), &ada).await.unwrap().invites.remove(0);
    assert_eq!(left().await, 0);
    for (name, invite) in [("one", &short), ("two", &long)] {
        join(&stores, name, &invites.code(invite).to_string()).await.unwrap();
    }
    invites.revoke_own(&ada, long.id).await.unwrap();
    assert_eq!(left().await, 2, "one of three was used");
    clock.advance(TimeDelta::hours(1));
    assert_eq!(left().await, 4);
    let given = invites.give(&NewInvites { count: 4, ..invite_for(1) }, &ada).await.unwrap();
    assert_eq!(given.budget.left(), 0);
    assert!(invites.give(&invite_for(1), &ada).await.is_err());
}

pub async fn a_use_at_the_last_instant_is_counted_before_the_rest_comes_back(stores: Stores) {
    let ada = person(&stores, Role::Member).await;
    let clock = Arc::new(StoppedClock::default());
    let invites = Invites::new(stores.accounts.clone(), clock.clone(), code_key()).allowing(1);
    let wish = NewInvites { expires_at: Some(noon() + TimeDelta::hours(1)), ..invite_for(1) };
    let given = invites.give(&wish, &ada).await.unwrap();
    let code = invites.code(&given.invites[0]).to_string();
    // Somebody is let in while the code still works; it expires while they choose their password.
    let hasher = Arc::new(HeldHasher::default());
    let held = Accounts { hasher: hasher.clone(), ..accounts_at(&stores, clock.clone()) };
    let sign_up = tokio::spawn(async move { held.register(sign_up("late@example.org", Some(&code))).await });
    hasher.asked().await;
    clock.advance(TimeDelta::hours(1));
    invites.give(&invite_for(1), &ada).await.unwrap();
    hasher.let_go();
    let late = sign_up.await.unwrap();
    assert!(matches!(late, Err(RegisterError::InviteInvalid)), "two would have come on a budget of one");
}

pub async fn a_budget_is_set_by_admins_and_never_below_what_was_spent(stores: Stores) {
    let (admin, ada) = (person(&stores, Role::Admin).await, person(&stores, Role::Member).await);
    let invites = invites_at_noon(&stores);
    assert_eq!(invites.set_budget(&admin, ada.account, Some(3)).await.unwrap().left(), 3);
    invites.give(&invite_for(2), &ada).await.unwrap();
    for budget in [Some(1), None, Some(100_001)] {
        let refused = invites.set_budget(&admin, ada.account, budget).await;
        let Err(SetBudgetError::Invalid(wrong)) = refused else { panic!("{budget:?}: {refused:?}") };
        assert_eq!(wrong[0].field, "budget");
    }
    assert_eq!(invites.set_budget(&admin, ada.account, Some(2)).await.unwrap().left(), 0);
    let usual = invites_at_noon(&stores).allowing(7);
    assert_eq!(usual.budget(ada.account).await.unwrap().unwrap().total, 2);
    assert_eq!(usual.set_budget(&admin, ada.account, None).await.unwrap().left(), 5);
    let nobody = usual.set_budget(&admin, AccountId::generate(noon()), Some(1)).await;
    assert!(matches!(nobody, Err(SetBudgetError::Unknown)));
}

pub async fn nobody_takes_back_what_others_made(stores: Stores) {
    let (ada, bob) = (person(&stores, Role::Member).await, person(&stores, Role::Member).await);
    let invites = invites_at_noon(&stores).allowing(1);
    let invite = invites.give(&invite_for(1), &ada).await.unwrap().invites.remove(0);
    for (who, id) in [(bob, invite.id), (ada, InviteId::generate(noon()))] {
        assert!(matches!(invites.revoke_own(&who, id).await, Err(RevokeError::Unknown)));
    }
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().revoked_at, None);
    assert_eq!(invites.revoke_own(&ada, invite.id).await.unwrap().revoked_at, Some(noon()));
}

pub async fn who_is_erased_gives_nothing_away_any_more(stores: Stores) {
    let (_, people) = line(&stores, &["ada"]).await;
    let ada = people[0];
    let invites = invites_at_noon(&stores).allowing(9);
    let bound =
        NewInvites { email: Some("eve@example.org".into()), note: Some("my aunt".into()), ..invite_for(1) };
    let given = invites.give(&bound, &ada).await.unwrap().invites.remove(0);
    let (others, _) = invited(&stores, &NewInvites { note: Some("stays".into()), ..invite_for(1) }).await;
    let open = invites.code(&invites.give(&invite_for(2), &ada).await.unwrap().invites[0]).to_string();
    accounts_at_noon(&stores).delete_account(&ada, Some(PASSWORD), None).await.unwrap();
    let left = stores.accounts.invite(given.id).await.unwrap().unwrap();
    assert_eq!((left.email, left.note, left.revoked_at), (None, None, Some(noon())));
    assert_eq!(invites.letter(given.id).await.unwrap(), None);
    assert!(!invites.check(&open).await.unwrap());
    assert!(matches!(join(&stores, "late", &open).await, Err(RegisterError::InviteInvalid)));
    let refused = invites.give(&invite_for(1), &ada).await;
    assert!(matches!(refused, Err(GiveError::Exhausted(_))), "{refused:?}");
    assert_eq!(stores.accounts.invite(others.id).await.unwrap(), Some(others));
}

pub async fn people_get_what_is_kept_of_their_giving(stores: Stores) {
    let (root, people) = line(&stores, &["ada"]).await;
    let (ada, invites) = (people[0], invites_at_noon(&stores));
    invites.set_budget(&root, ada.account, Some(4)).await.unwrap();
    let bound = NewInvites { email: Some("bob@example.org".into()), ..invite_for(1) };
    let invite = invites.give(&bound, &ada).await.unwrap().invites.remove(0);
    invites.freeze(&root, ada.account, None).await.unwrap();
    let accounts = accounts_at_noon(&stores);
    let record = accounts.export(&ada).await.unwrap().unwrap();
    assert_eq!((record.invite_budget, record.frozen_since), (Some(4), Some(noon())));
    let invites_made = accounts.invites_made(&ada, first(100)).await.unwrap().items;
    let [made] = &invites_made[..] else { panic!("{invites_made:?}") };
    assert_eq!((made.id, made.counted, &made.email), (invite.id, true, &invite.email));
    let document = serde_json::to_string(&(&record, &invites_made)).unwrap();
    assert!(!document.contains(&invites.code(&invite).to_string()), "nothing in the file opens an account");
}
