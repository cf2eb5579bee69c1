//! What every store of invites promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{bare_invite, invite_for, invited, invites_at_noon};
use crate::fixtures_events::person;
use crate::outbox::EVERY_DOMAIN;
use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use invites::{CodeHash, Effect, Invite, InviteTx, NewInvites, RevokeError};
use kernel::{AccountId, InviteId, Owed, PageRequest, Role, StoreError, transact};

/// One test per promise: `testkit::invite_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! invite_store_contract {
    ($open:ident) => {
        $crate::invite_store_contract!($open;
            an_invite_reads_back_whole,
            what_is_unknown_is_not_there,
            a_change_is_kept,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            uses_are_counted_one_after_the_other,
            pages_meet_without_gap_or_overlap,
            codes_are_recognised_and_mailed_but_not_kept,
            what_is_revoked_is_no_longer_valid,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod invite_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::invite_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn InviteTx> {
    stores.accounts.begin_invites().await.unwrap()
}

async fn add(stores: &Stores, invites: &[Invite]) {
    transact(begin(stores).await, async |tx| tx.add_invites(invites).await).await.unwrap();
}

pub async fn an_invite_reads_back_whole(stores: Stores) {
    let maker = person(&stores, Role::Admin).await.account;
    let plain = bare_invite(maker);
    let full = Invite {
        max_uses: 1000,
        used: 999,
        expires_at: Some(noon() + TimeDelta::microseconds(1)),
        revoked_at: Some(noon() - TimeDelta::microseconds(1)),
        email: Some("ada@example.org".parse().unwrap()),
        note: Some("Füße, 'quotes'\nand \\ strokes 🎧".into()),
        ..bare_invite(maker)
    };
    add(&stores, &[plain.clone(), full.clone()]).await;
    let mut tx = begin(&stores).await;
    for invite in [plain, full] {
        let found = stores.accounts.invite(invite.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&invite));
        assert_eq!(stores.accounts.invite_by_hash(invite.code_hash).await.unwrap(), found);
        assert_eq!(tx.lock_invite(invite.id).await.unwrap(), found);
        assert_eq!(tx.lock_invite_by_hash(invite.code_hash).await.unwrap(), found);
    }
    tx.rollback().await.unwrap();
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let (id, hash) = (InviteId::generate(noon()), CodeHash([1; 32]));
    assert_eq!(stores.accounts.invite(id).await.unwrap(), None);
    assert_eq!(stores.accounts.invite_by_hash(hash).await.unwrap(), None);
    let page = stores.accounts.invites(None, PageRequest { limit: 10, after: None }).await.unwrap();
    assert_eq!((page.items, page.next), (Vec::new(), None));
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_invite(id).await.unwrap(), None);
    assert_eq!(tx.lock_invite_by_hash(hash).await.unwrap(), None);
    tx.rollback().await.unwrap();
}

pub async fn a_change_is_kept(stores: Stores) {
    let (mut invite, _) = invited(&stores, &invite_for(2)).await;
    let (other, _) = invited(&stores, &invite_for(2)).await;
    invite.used = 1;
    invite.revoke(noon());
    invite.note = Some("x".into());
    invite.expires_at = Some(noon());
    let saving = transact(begin(&stores).await, async |tx| {
        tx.lock_invite(invite.id).await?;
        tx.save_invite(&invite).await
    });
    saving.await.unwrap();
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap(), Some(invite));
    assert_eq!(stores.accounts.invite(other.id).await.unwrap(), Some(other));
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let (before, _) = invited(&stores, &invite_for(5)).await;
    let new = bare_invite(before.created_by);
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        let mut invite = tx.lock_invite(before.id).await?.unwrap();
        invite.used = 5;
        tx.save_invite(&invite).await?;
        tx.add_invites(std::slice::from_ref(&new)).await?;
        tx.enqueue_invites(&[Owed::now(Effect::SendInvite { invite: new.id }, noon())]).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    assert_eq!(stores.accounts.invite(before.id).await.unwrap(), Some(before));
    assert_eq!(stores.accounts.invite(new.id).await.unwrap(), None);
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 0);
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let (before, _) = invited(&stores, &invite_for(5)).await;
    let mut tx = begin(&stores).await;
    let mut invite = tx.lock_invite(before.id).await.unwrap().unwrap();
    invite.used = 5;
    tx.save_invite(&invite).await.unwrap();
    drop(tx);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_invite(before.id).await.unwrap(), Some(before));
    tx.rollback().await.unwrap();
}

pub async fn uses_are_counted_one_after_the_other(stores: Stores) {
    let (invite, _) = invited(&stores, &invite_for(5)).await;
    let tries: Vec<_> = (0..40)
        .map(|number| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let email = format!("ada{number}@example.org").parse().unwrap();
                transact(begin(&stores).await, async |tx| {
                    // By code and by id are two ways to the same lock.
                    let locked = match number % 2 {
                        0 => tx.lock_invite(invite.id).await?,
                        _ => tx.lock_invite_by_hash(invite.code_hash).await?,
                    };
                    let mut invite = locked.unwrap();
                    let redeemed = invite.redeem(&email, noon()).is_ok();
                    tx.save_invite(&invite).await?;
                    Ok::<_, StoreError>(redeemed)
                })
                .await
                .unwrap()
            })
        })
        .collect();
    let mut redeemed = 0;
    for one in tries {
        redeemed += u32::from(one.await.unwrap());
    }
    assert_eq!(redeemed, 5);
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().used, 5);
}

pub async fn pages_meet_without_gap_or_overlap(stores: Stores) {
    let makers = [person(&stores, Role::Admin).await.account, person(&stores, Role::Admin).await.account];
    let invites: Vec<_> = (0..25_u8)
        .map(|number| {
            let mut invite = bare_invite(makers[usize::from(number % 2)]);
            // Many are made at one instant: then the id decides.
            invite.created_at -= TimeDelta::seconds(i64::from(number % 3));
            invite
        })
        .collect();
    add(&stores, &invites).await;
    for maker in [None, Some(makers[0]), Some(makers[1]), Some(AccountId::generate(noon()))] {
        let wanted = invites.iter().filter(|invite| maker.is_none_or(|maker| maker == invite.created_by));
        let mut expected: Vec<_> = wanted.map(|invite| (invite.created_at, invite.id)).collect();
        expected.sort_by(|one, other| other.cmp(one));
        for limit in [1, 4, 5, 25, 100] {
            let found = in_pages(limit, async |page| stores.accounts.invites(maker, page).await).await;
            let found: Vec<_> = found.iter().map(|invite| (invite.created_at, invite.id)).collect();
            assert_eq!(found, expected, "pages of {limit}");
        }
    }
}

pub async fn codes_are_recognised_and_mailed_but_not_kept(stores: Stores) {
    let invites = invites_at_noon(&stores);
    let bound = NewInvites { email: Some("Ada@Example.org".into()), ..invite_for(1) };
    let (invite, code) = invited(&stores, &bound).await;
    invited(&stores, &invite_for(1)).await;
    for typed in [code.clone(), code.to_lowercase(), code.replace('-', " ")] {
        assert!(invites.check(&typed).await.unwrap(), "{typed}");
    }
    assert!(!invites.check("0000-0000-0000").await.unwrap());
    assert!(!invites.check("no code at all").await.unwrap());
    let due = stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + TimeDelta::minutes(1), 10).await.unwrap();
    assert_eq!(due.len(), 1, "only what is bound to an address is mailed");
    assert_eq!(due[0].domain, invites::DOMAIN);
    assert!(!due[0].body.contains(&code));
    let owed: Effect = serde_json::from_str(&due[0].body).unwrap();
    assert_eq!(owed, Effect::SendInvite { invite: invite.id });
    let letter = invites.letter(invite.id).await.unwrap().unwrap();
    assert_eq!((letter.to.as_str(), letter.code.to_string()), ("ada@example.org", code));
}

pub async fn what_is_revoked_is_no_longer_valid(stores: Stores) {
    let invites = invites_at_noon(&stores);
    let bound = NewInvites { email: Some("ada@example.org".into()), ..invite_for(1) };
    let (invite, code) = invited(&stores, &bound).await;
    let admin = person(&stores, Role::Admin).await;
    assert_eq!(invites.revoke(&admin, invite.id).await.unwrap().revoked_at, Some(noon()));
    assert!(!invites.check(&code).await.unwrap());
    assert_eq!(invites.letter(invite.id).await.unwrap(), None);
    let unknown = invites.revoke(&admin, InviteId::generate(noon())).await;
    assert!(matches!(unknown, Err(RevokeError::Unknown)));
}
