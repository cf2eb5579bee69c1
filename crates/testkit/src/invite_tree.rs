//! What every store promises about who brought whom, through the use cases that live on it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at_noon, actor, bare_invite, code_key, invite_for, invites_at_noon, sign_up,
};
use crate::fixtures_events::person;
use crate::fixtures_invites::{add, begin, code_of, join, line, save};
use crate::pages::{first, in_pages};
use crate::{HeldHasher, Stores, noon};
use accounts::{Accounts, RegisterError, Status};
use invites::{
    Ancestor, CreateError, DEEPEST, FreezeError, GiveError, Invite, Inviter, NewInvites, Ruling, Shut,
};
use kernel::audit::ActFilter;
use kernel::{AccountId, InviteId, PageRequest, Role};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// One test per promise: `testkit::invite_tree_contract!(open)`, where `open` is an `async fn() -> Stores` that gives
/// a fresh, empty system.
#[macro_export]
macro_rules! invite_tree_contract {
    ($open:ident) => {
        $crate::invite_tree_contract!($open;
            the_way_up_leads_to_the_root,
            nobody_stands_deeper_than_the_deepest,
            branches_are_counted_and_come_in_pages_that_meet,
            the_tree_outlives_invites_and_people,
            a_frozen_branch_lets_nobody_in_and_makes_no_invites,
            who_was_sent_away_lets_nobody_in_until_they_are_back,
            who_is_being_let_in_is_in_before_the_branch_is_shut,
            who_comes_while_the_branch_is_being_shut_stays_out,
            a_branch_that_is_shut_during_a_sign_up_lets_nobody_in,
            what_admins_decide_about_branches_is_recorded,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod invite_tree {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::invite_tree::$case(super::$open().await).await;
                }
            )+
        }
    };
}

pub async fn the_way_up_leads_to_the_root(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob", "cleo"]).await;
    let mut expected = Vec::new();
    for account in people.iter().rev().map(|person| person.account).chain([root.account]) {
        let invite = stores.accounts.account(account).await.unwrap().unwrap().invite;
        expected.push(Ancestor { account, invite, frozen: false, barred: false });
    }
    assert_eq!(expected.iter().filter(|ancestor| ancestor.invite.is_none()).count(), 1);
    for frozen in [None, Some(1), Some(3)] {
        for (place, ancestor) in expected.iter_mut().enumerate() {
            let ruling = Ruling { frozen: frozen == Some(place), at: noon(), by: root.account, note: None };
            save(&stores, &Inviter { ruling: Some(ruling), ..Inviter::new(ancestor.account) }).await;
            ancestor.frozen = frozen == Some(place);
        }
        let lineage = stores.accounts.lineage(people[2].account).await.unwrap();
        assert_eq!(lineage.0, expected);
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_lineage(people[2].account).await.unwrap(), lineage);
        tx.rollback().await.unwrap();
    }
}

pub async fn nobody_stands_deeper_than_the_deepest(stores: Stores) {
    let deepest = usize::try_from(DEEPEST).unwrap();
    let names: Vec<String> = (0..deepest).map(|number| format!("a{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (root, people) = line(&stores, &names).await;
    let last = people[deepest - 1];
    let refused = invites_at_noon(&stores).allowing(9).give(&invite_for(1), &last).await;
    assert!(matches!(refused, Err(GiveError::Create(CreateError::Shut(Shut::TooDeep)))), "{refused:?}");
    // Nor does an invite that is there all the same.
    let id = InviteId::generate(noon());
    let code = code_key().code(id);
    let bent = Invite { id, code_hash: code_key().hash(&code), ..bare_invite(last.account) };
    add(&stores, &[bent]).await;
    assert!(!invites_at_noon(&stores).check(&code.to_string()).await.unwrap());
    let refused = join(&stores, "one-too-many", &code.to_string()).await;
    assert!(matches!(refused, Err(RegisterError::InviteInvalid)));
    let roots = stores.accounts.branches(None, first(10)).await.unwrap().items;
    assert_eq!((roots[0].account, roots[0].invited, roots[0].below), (root.account, 1, DEEPEST));
}

pub async fn branches_are_counted_and_come_in_pages_that_meet(stores: Stores) {
    let root = person(&stores, Role::Admin).await;
    let lonely = person(&stores, Role::Member).await;
    let mut children = Vec::new();
    for child in 0..5_u32 {
        // Two with one code, the others with one each.
        let code = code_of(&stores, &root, 2).await;
        let signed_up = join(&stores, &format!("child{child}"), &code).await.unwrap();
        children.push((actor(&signed_up), child));
        for grandchild in 0..child {
            let code = code_of(&stores, &actor(&signed_up), 1).await;
            let below = join(&stores, &format!("grandchild{child}-{grandchild}"), &code).await.unwrap();
            if grandchild == 0 {
                let code = code_of(&stores, &actor(&below), 1).await;
                join(&stores, &format!("great{child}"), &code).await.unwrap();
            }
        }
        if child == 0 {
            let twin = join(&stores, "twin", &code).await.unwrap();
            children.push((actor(&twin), 0));
        }
    }
    for limit in [1, 2, 4, 6, 100] {
        let found =
            in_pages(limit, async |page| stores.accounts.branches(Some(root.account), page).await).await;
        let mut sorted = found.clone();
        sorted.sort_by_key(|branch| std::cmp::Reverse(branch.cursor()));
        assert_eq!(found, sorted, "pages of {limit}");
        assert_eq!(found.len(), children.len());
        for (child, invited) in &children {
            let branch = found.iter().find(|branch| branch.account == child.account).unwrap();
            let below = invited + u32::from(*invited > 0);
            assert_eq!((branch.invited, branch.below), (*invited, below));
            let account = stores.accounts.account(child.account).await.unwrap().unwrap();
            assert_eq!((branch.inviter, branch.invite), (Some(root.account), account.invite));
            assert_eq!((branch.joined_at, &branch.ruling), (account.created_at, &None));
        }
    }
    let roots = stores.accounts.branches(None, first(1)).await.unwrap();
    let rest = stores.accounts.branches(None, PageRequest { limit: 10, after: roots.next }).await.unwrap();
    let mut roots: Vec<_> = roots.items.iter().chain(&rest.items).collect();
    roots.sort_by_key(|branch| branch.below);
    let told: Vec<_> = roots.iter().map(|branch| (branch.account, branch.invited, branch.below)).collect();
    assert_eq!(told, [(lonely.account, 0, 0), (root.account, 6, 20)]);
    assert_eq!(stores.accounts.branches(Some(lonely.account), first(1)).await.unwrap().items, []);
}

pub async fn the_tree_outlives_invites_and_people(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob"]).await;
    let [ada, bob] = people[..] else { panic!("two came") };
    let invites = invites_at_noon(&stores);
    let note = Some("Sells codes.".to_owned());
    invites.freeze(&root, ada.account, note.clone()).await.unwrap();
    for invite in stores.accounts.invites(None, first(100)).await.unwrap().items {
        invites.revoke(&root, invite.id).await.unwrap();
    }
    let accounts = accounts_at_noon(&stores);
    accounts.delete_account(&ada, Some(PASSWORD), None).await.unwrap();
    let tree = accounts.invite_tree(Some(ada.account), first(10)).await.unwrap().unwrap();
    assert_eq!(tree.twigs.items[0].branch.account, bob.account);
    assert_eq!(tree.twigs.items[0].account.first_name, "Ada", "that is bob's name");
    let path: Vec<_> = tree.path.iter().map(|(ancestor, _)| (ancestor.account, ancestor.frozen)).collect();
    assert_eq!(path, [(ada.account, true), (root.account, false)]);
    assert_eq!((tree.path[0].1.first_name.as_str(), tree.path[0].1.status), ("", accounts::Status::Deleted));
    let below = accounts.invite_tree(Some(root.account), first(10)).await.unwrap().unwrap();
    let twig = &below.twigs.items[0];
    assert_eq!((twig.branch.account, twig.branch.below), (ada.account, 1));
    let ruling = twig.branch.ruling.as_ref().unwrap();
    assert_eq!((ruling.frozen, &ruling.note), (true, &None), "what was noted about them has gone");
    assert_eq!(accounts.invite_tree(Some(AccountId::generate(noon())), first(1)).await.unwrap(), None);
    let roots = accounts.invite_tree(None, first(10)).await.unwrap().unwrap();
    assert_eq!((roots.twigs.items.len(), roots.path.len()), (1, 0));
}

pub async fn a_frozen_branch_lets_nobody_in_and_makes_no_invites(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob"]).await;
    let [ada, bob] = people[..] else { panic!("two came") };
    let invites = invites_at_noon(&stores).allowing(1000);
    let bound = NewInvites { email: Some("eve@example.org".into()), ..invite_for(1) };
    let letter = invites.give(&bound, &bob).await.unwrap().invites[0].id;
    let codes = [code_of(&stores, &ada, 9).await, code_of(&stores, &bob, 9).await];
    let outside = code_of(&stores, &root, 9).await;
    for frozen in [bob, ada, root] {
        let shut: &[&String] =
            if frozen.account == bob.account { &[&codes[1]] } else { &[&codes[0], &codes[1]] };
        invites.freeze(&root, frozen.account, None).await.unwrap();
        for code in shut {
            assert!(!invites.check(code).await.unwrap());
            assert!(matches!(join(&stores, "late", code).await, Err(RegisterError::InviteInvalid)));
        }
        let refused = invites.give(&invite_for(1), &bob).await;
        assert!(matches!(refused, Err(GiveError::Create(CreateError::Shut(Shut::Frozen)))));
        let refused = invites.create(&invite_for(1), &bob).await;
        assert!(matches!(refused, Err(CreateError::Shut(Shut::Frozen))), "not as an admin either");
        assert_eq!(invites.letter(letter).await.unwrap(), None);
        assert_eq!(invites.check(&outside).await.unwrap(), frozen.account != root.account);
        // Who is in stays in.
        let accounts = accounts_at_noon(&stores);
        assert!(accounts.account(bob.account).await.unwrap().unwrap().is_active());
        assert!(!accounts.identify(&[bob.session]).await.unwrap().is_empty());
        invites.unfreeze(&root, frozen.account, None).await.unwrap();
    }
    assert!(invites.letter(letter).await.unwrap().is_some());
    for (number, code) in codes.iter().chain([&outside]).enumerate() {
        assert!(invites.check(code).await.unwrap());
        join(&stores, &format!("new{number}"), code).await.unwrap();
    }
    invites.give(&invite_for(1), &bob).await.unwrap();
    let unknown = invites.freeze(&root, AccountId::generate(noon()), None).await;
    assert!(matches!(unknown, Err(FreezeError::Unknown)));
    let wrong = invites.freeze(&root, bob.account, Some("x".repeat(501))).await;
    assert!(matches!(wrong, Err(FreezeError::Invalid(_))));
}

pub async fn who_was_sent_away_lets_nobody_in_until_they_are_back(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob"]).await;
    let [ada, bob] = people[..] else { panic!("two came") };
    let (invites, accounts) = (invites_at_noon(&stores).allowing(1000), accounts_at_noon(&stores));
    let bound = NewInvites { email: Some("eve@example.org".into()), ..invite_for(1) };
    let letter = invites.give(&bound, &ada).await.unwrap().invites[0].id;
    let codes = [code_of(&stores, &ada, 9).await, code_of(&stores, &bob, 9).await];
    accounts.change_standing(&root, ada.account, Some(Status::Suspended), None).await.unwrap();
    let way = stores.accounts.lineage(bob.account).await.unwrap();
    let barred: Vec<_> = way.0.iter().map(|ancestor| ancestor.barred).collect();
    assert_eq!(barred, [false, true, false]);
    assert!(!invites.check(&codes[0]).await.unwrap());
    assert!(matches!(join(&stores, "late", &codes[0]).await, Err(RegisterError::InviteInvalid)));
    let refused = invites.give(&invite_for(1), &ada).await;
    assert!(matches!(refused, Err(GiveError::Create(CreateError::Shut(Shut::Barred)))), "{refused:?}");
    assert_eq!(invites.letter(letter).await.unwrap(), None);
    assert!(invites.check(&codes[1]).await.unwrap(), "those whom they brought bring others");
    join(&stores, "new", &codes[1]).await.unwrap();
    accounts.change_standing(&root, ada.account, Some(Status::Active), None).await.unwrap();
    assert!(invites.check(&codes[0]).await.unwrap());
    join(&stores, "back", &codes[0]).await.unwrap();
}

pub async fn who_is_being_let_in_is_in_before_the_branch_is_shut(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob"]).await;
    let [ada, bob] = people[..] else { panic!("two came") };
    let mut tx = begin(&stores).await;
    tx.lock_lineage(bob.account).await.unwrap().opens().unwrap();
    let invites = invites_at_noon(&stores);
    let mut freeze = tokio::spawn(async move { invites.freeze(&root, ada.account, None).await });
    assert!(timeout(Duration::from_millis(300), &mut freeze).await.is_err(), "it waits for them");
    tx.commit().await.unwrap();
    assert!(freeze.await.unwrap().unwrap().is_frozen());
}

pub async fn who_comes_while_the_branch_is_being_shut_stays_out(stores: Stores) {
    let (root, people) = line(&stores, &["ada", "bob"]).await;
    let [ada, bob] = people[..] else { panic!("two came") };
    let code = code_of(&stores, &bob, 1).await;
    let mut tx = begin(&stores).await;
    let mut inviter = tx.lock_inviter(ada.account).await.unwrap().unwrap();
    assert!(inviter.rule(Ruling { frozen: true, at: noon(), by: root.account, note: None }));
    tx.save_inviter(&inviter).await.unwrap();
    let (here, there) = (stores.clone(), stores.clone());
    let mut newcomer = tokio::spawn(async move { join(&here, "eve", &code).await.map(drop) });
    let invites = invites_at_noon(&there).allowing(9);
    let mut giving = tokio::spawn(async move { invites.give(&invite_for(1), &bob).await.map(drop) });
    assert!(timeout(Duration::from_millis(300), &mut newcomer).await.is_err(), "they wait for the word");
    assert!(timeout(Duration::from_millis(100), &mut giving).await.is_err(), "also who invites");
    tx.commit().await.unwrap();
    assert!(matches!(newcomer.await.unwrap(), Err(RegisterError::InviteInvalid)));
    let given = giving.await.unwrap();
    assert!(matches!(given, Err(GiveError::Create(CreateError::Shut(Shut::Frozen)))), "{given:?}");
    assert_eq!(stores.accounts.branches(Some(bob.account), first(1)).await.unwrap().items, []);
}

pub async fn a_branch_that_is_shut_during_a_sign_up_lets_nobody_in(stores: Stores) {
    let (root, people) = line(&stores, &["ada"]).await;
    let code = code_of(&stores, &people[0], 1).await;
    let hasher = Arc::new(HeldHasher::default());
    let held = Accounts { hasher: hasher.clone(), ..accounts_at_noon(&stores) };
    let typed = code.clone();
    let newcomer = tokio::spawn(async move { held.register(sign_up("eve@example.org", Some(&typed))).await });
    hasher.asked().await;
    invites_at_noon(&stores).freeze(&root, people[0].account, None).await.unwrap();
    hasher.let_go();
    assert!(matches!(newcomer.await.unwrap(), Err(RegisterError::InviteInvalid)));
    invites_at_noon(&stores).unfreeze(&root, people[0].account, None).await.unwrap();
    join(&stores, "eve", &code).await.unwrap();
}

pub async fn what_admins_decide_about_branches_is_recorded(stores: Stores) {
    let (root, people) = line(&stores, &["ada"]).await;
    let (invites, ada) = (invites_at_noon(&stores), people[0].account);
    let note = || Some("Sells them to my aunt.".to_owned());
    for _ in 0..2 {
        invites.freeze(&root, ada, note()).await.unwrap();
    }
    for _ in 0..2 {
        invites.unfreeze(&root, ada, note()).await.unwrap();
    }
    for _ in 0..2 {
        invites.set_budget(&root, ada, Some(3)).await.unwrap();
    }
    let filter = ActFilter { subject: Some(ada.as_uuid()), ..ActFilter::default() };
    let acts = stores.audit.acts(&filter, first(100)).await.unwrap().items;
    let mut told: Vec<_> = acts
        .iter()
        .map(|sealed| (&*sealed.act.act, sealed.act.before.as_deref(), sealed.act.after.as_deref()))
        .collect();
    told.sort();
    let (open, shut) = (Some(r#"{"frozen":false}"#), Some(r#"{"frozen":true}"#));
    let expected = [
        ("branch.freeze", open, shut),
        ("branch.unfreeze", shut, open),
        ("inviter.set_budget", Some(r#"{"budget":null}"#), Some(r#"{"budget":3}"#)),
    ];
    assert_eq!(told, expected, "what changes nothing is no act");
    assert!(!format!("{acts:?}").contains("aunt"));
}
