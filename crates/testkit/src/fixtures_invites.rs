//! People who bring others, for tests.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use crate::Stores;
use crate::fixtures_accounts::{accounts_at_noon, actor, invite_for, invites_at_noon, sign_up};
use crate::fixtures_events::person;
use accounts::{RegisterError, Registered, SignedIn};
use invites::{Invite, InviteTx, Inviter};
use kernel::{Actor, Role, transact};

/// A transaction of invites.
pub async fn begin(stores: &Stores) -> Box<dyn InviteTx> {
    stores.accounts.begin_invites().await.expect("the store answers")
}

/// Writes invites as they are.
pub async fn add(stores: &Stores, invites: &[Invite]) {
    transact(begin(stores).await, async |tx| tx.add_invites(invites).await).await.expect("the store answers");
}

/// Writes an inviter as it is.
pub async fn save(stores: &Stores, inviter: &Inviter) {
    transact(begin(stores).await, async |tx| {
        tx.lock_inviter(inviter.account).await?;
        tx.save_inviter(inviter).await
    })
    .await
    .expect("the store answers");
}

/// Signs somebody up with a code.
///
/// # Errors
/// As [`accounts::Accounts::register`].
pub async fn join(stores: &Stores, name: &str, code: &str) -> Result<SignedIn, RegisterError> {
    let wish = sign_up(&format!("{name}@example.org"), Some(code));
    match accounts_at_noon(stores).register(wish).await? {
        Registered::SignedIn(signed_in) => Ok(signed_in),
        Registered::AwaitsApproval(account) => panic!("{account:?} has an invite"),
    }
}

/// A code of somebody's who may give enough away.
pub async fn code_of(stores: &Stores, inviter: &Actor, uses: u32) -> String {
    let invites = invites_at_noon(stores).allowing(1000);
    let given = invites.give(&invite_for(uses), inviter).await.expect("the store answers");
    invites.code(given.invites.first().expect("there is one")).to_string()
}

/// A root, who is an admin, and a line of people below, each brought by the one before.
pub async fn line(stores: &Stores, names: &[&str]) -> (Actor, Vec<Actor>) {
    let root = person(stores, Role::Admin).await;
    let (mut people, mut last) = (Vec::new(), root);
    for name in names {
        let code = code_of(stores, &last, 1).await;
        last = actor(&join(stores, name, &code).await.expect("the store answers"));
        people.push(last);
    }
    (root, people)
}
