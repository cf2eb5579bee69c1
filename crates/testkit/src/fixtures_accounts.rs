//! Invites and accounts for tests.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use crate::fixtures_events::person;
use crate::{PlainHasher, StoppedClock, Stores, noon};
use accounts::{
    Account, Accounts, Credentials, FactorKey, Origin, Registered, Registration, SignUp, SignedIn, TokenKey,
};
use data_encoding::BASE32_NOPAD;
use invites::{CodeHash, CodeKey, Invite, Invites, NewInvites};
use kernel::{AccountId, Actor, Clock, InviteId, Role, Timestamp, transact};
use std::sync::Arc;
use totp_rs::{Builder, Secret};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// What the codes of tests are derived from.
#[must_use]
pub const fn code_key() -> CodeKey {
    CodeKey::new([3; 32])
}

/// The use cases over these stores, by invite only, at [`noon`].
#[must_use]
pub fn accounts_at_noon(stores: &Stores) -> Accounts {
    accounts_at(stores, Arc::new(StoppedClock::default()))
}

/// The use cases over these stores, by invite only, with a clock of the test's own. Policy and hasher may be
/// exchanged afterwards.
#[must_use]
pub fn accounts_at(stores: &Stores, clock: Arc<dyn Clock>) -> Accounts {
    Accounts {
        store: stores.accounts.clone(),
        hasher: Arc::new(PlainHasher::default()),
        clock,
        codes: code_key(),
        tokens: TokenKey::new([4; 32]),
        factors: FactorKey::new([5; 32]),
        admins_need_totp: false,
        registration: Registration::InviteOnly,
    }
}

/// The invites' use cases over these stores, at [`noon`].
#[must_use]
pub fn invites_at_noon(stores: &Stores) -> Invites {
    Invites::new(stores.accounts.clone(), Arc::new(StoppedClock::default()), code_key())
}

/// One invite for so many accounts.
#[must_use]
pub const fn invite_for(max_uses: u32) -> NewInvites {
    NewInvites { count: 1, max_uses, expires_at: None, email: None, note: None }
}

/// An invite that exists, made by an admin who exists, with its code.
pub async fn invited(stores: &Stores, wish: &NewInvites) -> (Invite, String) {
    let admin = person(stores, Role::Admin).await;
    let invites = invites_at_noon(stores);
    let invite = invites.create(wish, &admin).await.expect("the invite is made").swap_remove(0);
    let code = invites.code(&invite).to_string();
    (invite, code)
}

/// An invite as the store gets it; its hash is that of no code.
#[must_use]
pub fn bare_invite(created_by: AccountId) -> Invite {
    let id = InviteId::generate(noon());
    let mut hash = [9; 32];
    hash.iter_mut().zip(id.as_uuid().as_bytes()).for_each(|(to, from)| *to = *from);
    Invite {
        id,
        code_hash: CodeHash(hash),
        max_uses: 1,
        used: 0,
        expires_at: None,
        revoked_at: None,
        email: None,
        note: None,
        created_by,
        counted: false,
        created_at: noon(),
    }
}

/// What a person types to sign up.
#[must_use]
pub fn sign_up(email: &str, code: Option<&str>) -> SignUp {
    SignUp {
        invite_code: code.map(Into::into),
        email: email.into(),
        password: PASSWORD.into(),
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        origin: Origin { user_agent: Some("Browser".into()), ..Origin::default() },
        language: None,
    }
}

/// What a person types to log in.
#[must_use]
pub fn credentials(email: &str, password: &str) -> Credentials {
    Credentials { email: email.into(), password: password.into(), totp: None, origin: Origin::default() }
}

/// What a device shows that was given this secret, in base32.
///
/// # Panics
/// When it is no secret.
#[must_use]
pub fn shown_code(secret: &str, now: Timestamp) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("the secret is base32");
    let secret = Secret::new_stack(secret.try_into().expect("the secret has 20 bytes"));
    let seconds = u64::try_from(now.timestamp()).expect("it is after 1970");
    Builder::new().with_secret(secret).build_noncompliant().generate(seconds).to_string()
}

/// A member who signed up with a fresh invite and is logged in.
pub async fn member(stores: &Stores, email: &str) -> SignedIn {
    let (_, code) = invited(stores, &invite_for(1)).await;
    match accounts_at_noon(stores).register(sign_up(email, Some(&code))).await {
        Ok(Registered::SignedIn(signed_in)) => signed_in,
        other => panic!("the sign-up of {email} gave {other:?}"),
    }
}

/// Whoever is logged in, as use cases want to know it.
#[must_use]
pub const fn actor(signed_in: &SignedIn) -> Actor {
    Actor {
        account: signed_in.account.id,
        session: signed_in.session.id,
        role: signed_in.account.role,
        request: None,
    }
}

/// Writes a changed account as it is.
pub async fn save_account(stores: &Stores, account: &Account) {
    let tx = stores.accounts.begin().await.expect("the store begins");
    transact(tx, async |tx| {
        tx.lock_account(account.id).await?;
        tx.save_account(account).await
    })
    .await
    .expect("the account is saved");
}
