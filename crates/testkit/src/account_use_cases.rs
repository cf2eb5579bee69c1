//! What signing up, logging in and standing promise over every store. Passwords, sessions and erasure have a file of their
//! own, as second factors and changes of the address have.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at_noon, actor, credentials, invite_for, invited, member, save_account, sign_up,
};
use crate::fixtures_events::person;
use crate::outbox::EVERY_DOMAIN;
use crate::{HeldHasher, PlainHasher, Stores, noon};
use accounts::{
    AccountFilter, AccountRefusal, Accounts, ChangeStandingError, CreateAdminError, Effect, LoginError,
    Origin, RegisterError, Registered, Registration, SignUp, Status,
};
use chrono::TimeDelta;
use invites::NewInvites;
use kernel::{AccountId, Language, PageRequest, Role, SessionId};
use std::sync::Arc;

/// One test per promise: `testkit::account_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores`
/// that gives a fresh, empty system.
#[macro_export]
macro_rules! account_use_cases_contract {
    ($open:ident) => {
        $crate::account_use_cases_contract!($open; account_use_cases:
            a_sign_up_opens_a_members_account,
            policy_decides_who_needs_an_invite,
            an_invite_that_does_not_serve_is_refused_alike,
            two_sign_ups_cannot_share_the_last_use,
            an_address_signs_up_once_and_costs_one_use,
            a_refused_sign_up_changes_nothing,
            only_the_right_password_logs_in,
            an_unknown_address_costs_as_much_as_a_known_one,
            only_the_right_password_learns_of_a_suspension,
            a_login_cannot_outrun_a_new_password,
            a_suspension_ends_every_session,
            two_admins_cannot_send_each_other_away,
            an_admin_is_made_without_an_invite_but_once,
        );
        $crate::account_use_cases_contract!($open; session_use_cases:
            a_refresh_gives_the_next_token,
            a_reused_refresh_token_ends_the_session,
            of_refreshes_at_one_time_one_wins_and_the_session_ends,
            a_forged_token_is_refused,
            a_logout_ends_this_session_and_a_full_one_all,
            nobody_ends_the_session_of_another,
            a_password_change_ends_other_sessions,
            a_forgotten_password_is_replaced_once_by_a_link,
            an_unknown_address_is_answered_like_a_known_one,
            a_repeated_effect_sends_the_same_link,
            an_address_is_proven_once,
            a_profile_changes_field_by_field,
            an_erased_account_leaves_nobody_behind,
            the_last_admin_cannot_be_erased,
            a_person_gets_what_is_kept_of_them,
        );
        $crate::account_use_cases_contract!($open; factor_use_cases:
            a_second_factor_is_asked_for_at_every_login,
            of_logins_with_one_code_at_one_time_one_gets_in,
            a_recovery_code_logs_in_once_and_its_owner_is_told,
            wrong_codes_are_counted_although_they_are_refused,
            who_does_without_proves_password_and_code,
            new_recovery_codes_void_the_old_ones,
            an_enrolment_without_a_code_protects_nothing,
            an_admin_takes_a_lost_second_factor_away,
            an_admin_without_a_second_factor_acts_as_a_member_where_one_is_needed,
            an_erased_account_keeps_no_second_factor,
        );
        $crate::account_use_cases_contract!($open; email_use_cases:
            an_address_changes_when_who_reads_there_says_so,
            an_address_that_somebody_has_is_told_to_them_alone,
            what_is_no_new_address_is_not_asked_for,
            a_second_factor_is_needed_for_another_address,
            a_wish_for_ones_own_address_tells_nothing_of_a_code,
            what_was_asked_for_before_is_called_off,
            of_all_who_want_one_address_at_one_time_one_gets_it,
            whoever_erases_their_account_is_forgotten_with_every_address,
        );
    };
    ($open:ident; $module:ident: $($case:ident),+ $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::$module::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn with(stores: &Stores, registration: Registration) -> Accounts {
    Accounts { registration, ..accounts_at_noon(stores) }
}

async fn effects(stores: &Stores) -> Vec<Effect> {
    let due = stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + TimeDelta::minutes(1), 100).await.unwrap();
    let owed = due.iter().filter(|due| due.domain == accounts::DOMAIN);
    owed.map(|due| serde_json::from_str(&due.body).unwrap()).collect()
}

pub async fn a_sign_up_opens_a_members_account(stores: Stores) {
    let (invite, code) = invited(&stores, &invite_for(2)).await;
    let accounts = accounts_at_noon(&stores);
    let typed = code.to_lowercase().replace('-', "");
    let wish = SignUp { language: Some(Language::German), ..sign_up(" Ada@Example.org", Some(&typed)) };
    let registered = accounts.register(wish).await.unwrap();
    let Registered::SignedIn(signed_in) = registered else { panic!("{registered:?}") };
    assert_eq!(signed_in.account.email.as_str(), "ada@example.org");
    assert_eq!((signed_in.account.role, signed_in.account.status), (Role::Member, Status::Active));
    assert_eq!((signed_in.account.invite, signed_in.account.email_verified_at), (Some(invite.id), None));
    let identity = accounts.identify(&[signed_in.session.id]).await.unwrap().pop().unwrap();
    assert_eq!(identity.account, signed_in.account);
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().used, 1);
    let [Effect::SendVerification { one_time }] = effects(&stores).await[..] else {
        panic!("one mail is owed")
    };
    let letter = accounts.verification_letter(one_time).await.unwrap().unwrap();
    assert_eq!(letter.to, signed_in.account.email);
    assert_eq!(
        (letter.language, signed_in.account.language),
        (Some(Language::German), Some(Language::German))
    );
}

pub async fn policy_decides_who_needs_an_invite(stores: Stores) {
    let (_, code) = invited(&stores, &invite_for(9)).await;
    let cases = [
        (Registration::InviteOnly, None, None),
        (Registration::InviteOnly, Some(" "), None),
        (Registration::InviteOnly, Some(code.as_str()), Some(Status::Active)),
        (Registration::Approval, None, Some(Status::Pending)),
        (Registration::Approval, Some(code.as_str()), Some(Status::Active)),
        (Registration::Open, None, Some(Status::Active)),
        (Registration::Open, Some(code.as_str()), Some(Status::Active)),
    ];
    for (number, (policy, code, expected)) in cases.into_iter().enumerate() {
        let email = format!("a{number}@example.org");
        match (with(&stores, policy).register(sign_up(&email, code)).await, expected) {
            (Err(RegisterError::InviteRequired), None) => {}
            (Ok(Registered::SignedIn(signed_in)), Some(Status::Active)) => {
                assert_eq!(signed_in.account.invite.is_some(), code.is_some());
            }
            (Ok(Registered::AwaitsApproval(account)), Some(Status::Pending)) => {
                assert_eq!(stores.accounts.sessions_of(account.id, noon()).await.unwrap(), []);
                let login = with(&stores, policy).login(credentials(&email, PASSWORD)).await;
                assert!(matches!(login, Err(LoginError::Pending)));
            }
            (other, _) => panic!("case {number}: {other:?}"),
        }
    }
}

pub async fn an_invite_that_does_not_serve_is_refused_alike(stores: Stores) {
    let (_, used_up) = invited(&stores, &invite_for(1)).await;
    accounts_at_noon(&stores).register(sign_up("first@example.org", Some(&used_up))).await.unwrap();
    let bound = NewInvites { email: Some("bob@example.org".into()), ..invite_for(1) };
    let (_, bound) = invited(&stores, &bound).await;
    let (mut invite, expired) = invited(&stores, &invite_for(1)).await;
    invite.expires_at = Some(noon());
    let tx = stores.accounts.begin_invites().await.unwrap();
    kernel::transact(tx, async |tx| tx.save_invite(&invite).await).await.unwrap();
    let (invite, revoked) = invited(&stores, &invite_for(1)).await;
    crate::fixtures_accounts::invites_at_noon(&stores)
        .revoke(&person(&stores, Role::Admin).await, invite.id)
        .await
        .unwrap();
    let unknown = "0000-0000-0000".to_owned();
    for code in [used_up, bound, expired, revoked, unknown, "nonsense".into()] {
        for policy in [Registration::InviteOnly, Registration::Approval, Registration::Open] {
            let hasher = Arc::new(PlainHasher::default());
            let accounts = Accounts { hasher: hasher.clone(), ..with(&stores, policy) };
            let refused = accounts.register(sign_up("ada@example.org", Some(&code))).await;
            assert!(matches!(refused, Err(RegisterError::InviteInvalid)), "{refused:?}");
            assert_eq!(hasher.hashed(), 0, "a wrong code must not cost a password hash");
        }
    }
}

pub async fn two_sign_ups_cannot_share_the_last_use(stores: Stores) {
    let (invite, code) = invited(&stores, &invite_for(5)).await;
    let sign_ups: Vec<_> = (0..200)
        .map(|number| {
            let (accounts, code) = (accounts_at_noon(&stores), code.clone());
            tokio::spawn(async move {
                accounts.register(sign_up(&format!("a{number}@example.org"), Some(&code))).await
            })
        })
        .collect();
    let mut opened = 0;
    for one in sign_ups {
        match one.await.unwrap() {
            Ok(_) => opened += 1,
            Err(refused) => assert!(matches!(refused, RegisterError::InviteInvalid), "{refused:?}"),
        }
    }
    assert_eq!(opened, 5);
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().used, 5);
    let query = Some("@example.org".to_owned());
    let everybody = AccountFilter { query, status: None };
    let page = stores.accounts.accounts(&everybody, PageRequest { limit: 100, after: None }).await.unwrap();
    assert_eq!(page.items.iter().filter(|account| account.invite == Some(invite.id)).count(), 5);
}

pub async fn an_address_signs_up_once_and_costs_one_use(stores: Stores) {
    let (invite, code) = invited(&stores, &invite_for(50)).await;
    let sign_ups: Vec<_> = (0..20)
        .map(|_| {
            let (accounts, code) = (accounts_at_noon(&stores), code.clone());
            tokio::spawn(async move { accounts.register(sign_up("ada@example.org", Some(&code))).await })
        })
        .collect();
    let mut opened = 0;
    for one in sign_ups {
        match one.await.unwrap() {
            Ok(_) => opened += 1,
            Err(refused) => assert!(matches!(refused, RegisterError::EmailTaken), "{refused:?}"),
        }
    }
    assert_eq!(opened, 1);
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().used, 1);
}

pub async fn a_refused_sign_up_changes_nothing(stores: Stores) {
    let (invite, code) = invited(&stores, &invite_for(5)).await;
    let accounts = accounts_at_noon(&stores);
    let mut nameless = sign_up("nobody", Some(&code));
    nameless.first_name = " ".into();
    let Err(RegisterError::Invalid(wrong)) = accounts.register(nameless).await else {
        panic!("it is refused")
    };
    assert_eq!(wrong.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["email", "first_name"]);
    for (password, expected) in [("short", "TooShort"), (&*"x".repeat(73), "TooLong")] {
        let mut wish = sign_up("ada@example.org", Some(&code));
        wish.password = password.into();
        let refused = accounts.register(wish).await.unwrap_err();
        assert!(format!("{refused:?}").contains(expected), "{refused:?}");
    }
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap(), Some(invite));
    assert_eq!(effects(&stores).await, []);
}

pub async fn only_the_right_password_logs_in(stores: Stores) {
    let signed_up = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let signed_in = accounts.login(credentials("ADA@example.org ", PASSWORD)).await.unwrap();
    assert_eq!(signed_in.account, signed_up.account);
    assert_ne!(signed_in.session.id, signed_up.session.id);
    let beyond = format!("{PASSWORD}{}", "x".repeat(72));
    for (email, password) in [
        ("ada@example.org", "another password"),
        ("ada@example.org", ""),
        ("ada@example.org", &beyond),
        ("bob@example.org", PASSWORD),
        ("no address", PASSWORD),
    ] {
        let refused = accounts.login(credentials(email, password)).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{email} {password}");
    }
}

pub async fn an_unknown_address_costs_as_much_as_a_known_one(stores: Stores) {
    member(&stores, "ada@example.org").await;
    for (email, password) in [
        ("ada@example.org", PASSWORD),
        ("ada@example.org", "another password"),
        ("ada@example.org", "short"),
        ("bob@example.org", PASSWORD),
        ("no address", PASSWORD),
    ] {
        let hasher = Arc::new(PlainHasher::default());
        let accounts = Accounts { hasher: hasher.clone(), ..accounts_at_noon(&stores) };
        let _ = accounts.login(credentials(email, password)).await;
        assert_eq!(hasher.verified(), 1, "{email} {password}");
    }
}

pub async fn only_the_right_password_learns_of_a_suspension(stores: Stores) {
    let mut account = member(&stores, "ada@example.org").await.account;
    let accounts = accounts_at_noon(&stores);
    for status in [Status::Suspended, Status::Rejected] {
        account.status = status;
        save_account(&stores, &account).await;
        let right = accounts.login(credentials("ada@example.org", PASSWORD)).await;
        assert!(matches!(right, Err(LoginError::Suspended)), "{status:?}");
        let wrong = accounts.login(credentials("ada@example.org", "another password")).await;
        assert!(matches!(wrong, Err(LoginError::InvalidCredentials)), "{status:?}");
    }
}

pub async fn a_login_cannot_outrun_a_new_password(stores: Stores) {
    let signed_up = member(&stores, "ada@example.org").await;
    let hasher = Arc::new(HeldHasher::default());
    let held = Accounts { hasher: hasher.clone(), ..accounts_at_noon(&stores) };
    let login = tokio::spawn(async move { held.login(credentials("ada@example.org", PASSWORD)).await });
    hasher.asked().await;
    let accounts = accounts_at_noon(&stores);
    accounts.change_password(&actor(&signed_up), PASSWORD, "another password".into()).await.unwrap();
    hasher.let_go();
    assert!(matches!(login.await.unwrap(), Err(LoginError::InvalidCredentials)));
    let sessions = accounts.sessions(&actor(&signed_up)).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.id).collect::<Vec<_>>(), [signed_up.session.id]);
}

pub async fn a_suspension_ends_every_session(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let id = signed_in.account.id;
    let admin = person(&stores, Role::Admin).await;
    let suspended = accounts.change_standing(&admin, id, Some(Status::Suspended), None).await.unwrap();
    assert_eq!(suspended.status, Status::Suspended);
    // Those who are looked up together with it are not touched by that, in whatever company.
    let (one, other) = (member(&stores, "bob@example.org").await, member(&stores, "cy@example.org").await);
    let unknown = SessionId::generate(noon());
    let asked = [signed_in.session.id, other.session.id, unknown, one.session.id];
    let found = accounts.identify(&asked).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|found| (found.actor.session, found.account)).collect();
    found.sort_by_key(|(session, _)| *session);
    let mut expected = vec![(one.session.id, one.account), (other.session.id, other.account)];
    expected.sort_by_key(|(session, _)| *session);
    assert_eq!(found, expected);
    assert_eq!(accounts.identify(&[signed_in.session.id]).await.unwrap().pop(), None);
    assert!(accounts.refresh(signed_in.refresh_token.expose(), &Origin::default()).await.is_err());
    assert_eq!(barred(&stores).await, [id], "what it waits for is given up with it");
    let back = accounts.change_standing(&admin, id, Some(Status::Active), Some(Role::Admin)).await.unwrap();
    assert_eq!((back.status, back.role), (Status::Active, Role::Admin));
    assert_eq!(accounts.identify(&[signed_in.session.id]).await.unwrap().pop(), None, "what ended stays so");
    let unknown = accounts.change_standing(&admin, AccountId::generate(noon()), None, None).await;
    assert!(matches!(unknown, Err(ChangeStandingError::Unknown)));
    let alone = accounts.change_standing(&admin, admin.account, Some(Status::Suspended), Some(Role::Member));
    alone.await.unwrap();
    assert_eq!(barred(&stores).await, [admin.account]);
    let wrong = accounts.change_standing(&admin, id, Some(Status::Deleted), None).await;
    assert!(matches!(wrong, Err(ChangeStandingError::Refused(AccountRefusal::StatusNotAllowed))));
    assert_eq!(barred(&stores).await, [], "a refusal owes nothing");
}

/// Whose waiting is to be given up; those that were told once are not told again.
async fn barred(stores: &Stores) -> Vec<AccountId> {
    let due = stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + TimeDelta::hours(1), 100).await.unwrap();
    let effects = due.iter().map(|due| serde_json::from_str(&due.body).unwrap());
    effects
        .filter_map(|effect| if let Effect::Barred { account, .. } = effect { Some(account) } else { None })
        .collect()
}

pub async fn two_admins_cannot_send_each_other_away(stores: Stores) {
    for round in 0..5 {
        let admins = [person(&stores, Role::Admin).await, person(&stores, Role::Admin).await];
        let [one, other] = admins;
        let changes = [(one, other), (other, one)].map(|(by, sent)| {
            let accounts = accounts_at_noon(&stores);
            tokio::spawn(async move {
                let demoted = round % 2 == 0;
                let (status, role) =
                    if demoted { (None, Some(Role::Member)) } else { (Some(Status::Suspended), None) };
                accounts.change_standing(&by, sent.account, status, role).await
            })
        });
        let mut gone = 0;
        for change in changes {
            match change.await.unwrap() {
                Ok(_) => gone += 1,
                Err(ChangeStandingError::Refused(refusal)) => assert_eq!(refusal, AccountRefusal::LastAdmin),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(gone, 1, "round {round}");
        // The next round begins with two again.
        for admin in admins {
            let mut account = stores.accounts.account(admin.account).await.unwrap().unwrap();
            account.status = Status::Suspended;
            save_account(&stores, &account).await;
        }
    }
}

pub async fn an_admin_is_made_without_an_invite_but_once(stores: Stores) {
    let accounts = accounts_at_noon(&stores);
    let made = accounts.create_admin("root@example.org", PASSWORD.into(), ("Ada", "Byron")).await.unwrap();
    assert_eq!((made.role, made.status, made.email_verified_at), (Role::Admin, Status::Active, Some(noon())));
    let signed_in = accounts.login(credentials("root@example.org", PASSWORD)).await.unwrap();
    assert!(accounts.identify(&[signed_in.session.id]).await.unwrap().pop().unwrap().actor.is_admin());
    let again = accounts.create_admin("ROOT@example.org", PASSWORD.into(), ("Ada", "Byron")).await;
    assert!(matches!(again, Err(CreateAdminError::EmailTaken)));
}
