//! What sessions, passwords, profiles and erasure promise over every store. The list of cases is in
//! [`crate::account_use_cases_contract`].
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at, accounts_at_noon, actor, credentials, invite_for, invited, invites_at_noon,
    member, sign_up,
};
use crate::outbox::EVERY_DOMAIN;
use crate::{StoppedClock, Stores, noon};
use accounts::{
    AccountChange, AccountRefusal, ChangePasswordError, DeleteError, Effect, EndSessionError, Letter, Origin,
    ProfileChange, RefreshError, Registered, ResetError, SignedIn, Status, UpdateError, VerifyError,
};
use chrono::TimeDelta;
use invites::NewInvites;
use kernel::{Due, EffectId, Language, PageRequest, SessionId};
use std::sync::Arc;

async fn alive(stores: &Stores, signed_in: &SignedIn) -> bool {
    !accounts_at_noon(stores).identify(&[signed_in.session.id]).await.unwrap().is_empty()
}

async fn claim(stores: &Stores) -> Vec<Due> {
    stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + TimeDelta::hours(1), 100).await.unwrap()
}

/// Asks for a link, and performs the effect as the worker does.
async fn reset_letter(stores: &Stores, typed: &str) -> Option<Letter> {
    let accounts = accounts_at_noon(stores);
    claim(stores).await;
    accounts.forgot_password(typed).await.unwrap();
    let due = claim(stores).await;
    let Effect::AskedForReset { email } = serde_json::from_str(&due[0].body).unwrap() else {
        panic!("{due:?}")
    };
    accounts.reset_letter(due[0].id, &email).await.unwrap()
}

pub async fn a_refresh_gives_the_next_token(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    let mut token = signed_in.refresh_token.clone();
    for _ in 0..3 {
        clock.advance(TimeDelta::days(20));
        let refreshed = accounts.refresh(token.expose(), &Origin::default()).await.unwrap();
        assert_eq!((refreshed.session.id, &refreshed.account), (signed_in.session.id, &signed_in.account));
        assert_ne!(refreshed.refresh_token, token);
        token = refreshed.refresh_token;
    }
    clock.advance(TimeDelta::days(30));
    assert!(matches!(accounts.refresh(token.expose(), &Origin::default()).await, Err(RefreshError::Invalid)));
}

pub async fn a_reused_refresh_token_ends_the_session(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let other = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let next = accounts.refresh(signed_in.refresh_token.expose(), &Origin::default()).await.unwrap();
    let reused = accounts.refresh(signed_in.refresh_token.expose(), &Origin::default()).await;
    assert!(matches!(reused, Err(RefreshError::Reused)));
    let stored = stores.accounts.sessions(&[signed_in.session.id]).await.unwrap().pop().unwrap();
    assert_eq!(stored.ended_at, Some(noon()), "the refusal was kept");
    let refused = accounts.refresh(next.refresh_token.expose(), &Origin::default()).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)));
    assert!(!alive(&stores, &signed_in).await && alive(&stores, &other).await);
}

pub async fn of_refreshes_at_one_time_one_wins_and_the_session_ends(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let (accounts, token) = (accounts_at_noon(&stores), signed_in.refresh_token.clone());
            tokio::spawn(async move { accounts.refresh(token.expose(), &Origin::default()).await })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(_) => won += 1,
            Err(refused) => assert!(matches!(refused, RefreshError::Reused), "{refused:?}"),
        }
    }
    assert_eq!(won, 1);
    assert!(!alive(&stores, &signed_in).await);
}

pub async fn a_forged_token_is_refused(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let stranger = accounts::TokenKey::new([5; 32]);
    let unknown = accounts.tokens.refresh_token(SessionId::generate(noon()), 0);
    let forged = stranger.refresh_token(signed_in.session.id, 0);
    for token in ["", "nonsense", forged.expose(), unknown.expose()] {
        assert!(
            matches!(accounts.refresh(token, &Origin::default()).await, Err(RefreshError::Invalid)),
            "{token}"
        );
    }
    assert!(alive(&stores, &signed_in).await);
}

pub async fn a_logout_ends_this_session_and_a_full_one_all(stores: Stores) {
    let one = member(&stores, "ada@example.org").await;
    let stranger = member(&stores, "bob@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let two = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let three = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    accounts.logout(&actor(&two)).await.unwrap();
    assert!(alive(&stores, &one).await && !alive(&stores, &two).await && alive(&stores, &three).await);
    accounts.logout_all(&actor(&one)).await.unwrap();
    assert!(!alive(&stores, &one).await && !alive(&stores, &three).await && alive(&stores, &stranger).await);
}

pub async fn nobody_ends_the_session_of_another(stores: Stores) {
    let (ada, bob) = (member(&stores, "ada@example.org").await, member(&stores, "bob@example.org").await);
    let accounts = accounts_at_noon(&stores);
    let refused = accounts.end_session(&actor(&ada), bob.session.id).await;
    assert!(matches!(refused, Err(EndSessionError::Unknown)));
    assert!(alive(&stores, &bob).await);
    accounts.end_session(&actor(&bob), bob.session.id).await.unwrap();
    assert!(!alive(&stores, &bob).await);
}

pub async fn a_password_change_ends_other_sessions(stores: Stores) {
    let here = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let elsewhere = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let link = reset_letter(&stores, "ada@example.org").await.unwrap();
    let wrong = accounts.change_password(&actor(&here), "not the password", "another password".into()).await;
    assert!(matches!(wrong, Err(ChangePasswordError::WrongPassword)));
    let short = accounts.change_password(&actor(&here), PASSWORD, "short".into()).await;
    assert!(matches!(short, Err(ChangePasswordError::Password(_))));
    assert!(alive(&stores, &elsewhere).await);
    accounts.change_password(&actor(&here), PASSWORD, "another password".into()).await.unwrap();
    assert!(alive(&stores, &here).await && !alive(&stores, &elsewhere).await);
    assert!(accounts.login(credentials("ada@example.org", PASSWORD)).await.is_err());
    assert!(accounts.login(credentials("ada@example.org", "another password")).await.is_ok());
    let late = accounts.reset_password(link.token.expose(), "third password".into()).await;
    assert!(matches!(late, Err(ResetError::TokenInvalid)), "open links are void");
}

pub async fn a_forgotten_password_is_replaced_once_by_a_link(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let letter = reset_letter(&stores, "Ada@example.org").await.unwrap();
    let other = reset_letter(&stores, "ada@example.org").await.unwrap();
    assert_eq!((letter.to.as_str(), letter.expires_at), ("ada@example.org", noon() + TimeDelta::hours(1)));
    let clock = StoppedClock::at(letter.expires_at);
    let late =
        accounts_at(&stores, Arc::new(clock)).reset_password(letter.token.expose(), "x".repeat(20)).await;
    assert!(matches!(late, Err(ResetError::TokenInvalid)));
    let short = accounts.reset_password(letter.token.expose(), "short".into()).await;
    assert!(matches!(short, Err(ResetError::Password(_))));
    accounts.reset_password(letter.token.expose(), "another password".into()).await.unwrap();
    for token in [&letter.token, &other.token] {
        let again = accounts.reset_password(token.expose(), "third password".into()).await;
        assert!(matches!(again, Err(ResetError::TokenInvalid)));
    }
    assert!(!alive(&stores, &signed_in).await);
    let again = accounts.login(credentials("ada@example.org", "another password")).await.unwrap();
    assert_eq!(again.account.email_verified_at, Some(noon()), "the mail has arrived");
}

pub async fn an_unknown_address_is_answered_like_a_known_one(stores: Stores) {
    let mut known = member(&stores, "ada@example.org").await.account;
    let waiting = async || stores.outbox.backlog().await.unwrap().waiting;
    for typed in ["bob@example.org", "ada@example.org"] {
        let before = waiting().await;
        accounts_at_noon(&stores).forgot_password(typed).await.unwrap();
        assert_eq!(waiting().await, before + 1, "{typed}");
    }
    accounts_at_noon(&stores).forgot_password("no address").await.unwrap();
    assert_eq!(reset_letter(&stores, "bob@example.org").await, None);
    known.status = Status::Suspended;
    crate::fixtures_accounts::save_account(&stores, &known).await;
    assert_eq!(reset_letter(&stores, "ada@example.org").await, None, "who was sent away stays away");
}

pub async fn a_repeated_effect_sends_the_same_link(stores: Stores) {
    let email = member(&stores, "ada@example.org").await.account.email;
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    let effect = EffectId::generate(noon());
    let letter = accounts.reset_letter(effect, &email).await.unwrap();
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(accounts.reset_letter(effect, &email).await.unwrap(), letter);
    accounts.reset_password(letter.unwrap().token.expose(), "another password".into()).await.unwrap();
    assert_eq!(accounts.reset_letter(effect, &email).await.unwrap(), None, "it was used meanwhile");
}

pub async fn an_address_is_proven_once(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let due = claim(&stores).await;
    let Effect::SendVerification { one_time } = serde_json::from_str(&due[0].body).unwrap() else {
        panic!("{due:?}")
    };
    let letter = accounts.verification_letter(one_time).await.unwrap().unwrap();
    assert!(!due[0].body.contains(letter.token.expose()), "nothing secret waits in the outbox");
    let reset = accounts.reset_password(letter.token.expose(), "another password".into()).await;
    assert!(matches!(reset, Err(ResetError::TokenInvalid)), "a link serves its purpose alone");
    accounts.verify_email(letter.token.expose()).await.unwrap();
    let account = stores.accounts.account(signed_in.account.id).await.unwrap().unwrap();
    assert_eq!(account.email_verified_at, Some(noon()));
    assert!(matches!(accounts.verify_email(letter.token.expose()).await, Err(VerifyError::TokenInvalid)));
    assert_eq!(accounts.verification_letter(one_time).await.unwrap(), None);
}

pub async fn a_profile_changes_field_by_field(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let change = AccountChange {
        first_name: Some(" Augusta ".into()),
        language: Some("de-AT".into()),
        profile: ProfileChange { bio: Some(Some("Counts.".into())), ..ProfileChange::default() },
        ..AccountChange::default()
    };
    let changed = accounts.update_profile(&actor(&signed_in), change).await.unwrap();
    assert_eq!((changed.first_name.as_str(), changed.last_name.as_str()), ("Augusta", "Byron"));
    assert_eq!(changed.profile.bio.as_deref(), Some("Counts."));
    assert_eq!(changed.language, Some(Language::German));
    let wrong = AccountChange {
        last_name: Some(String::new()),
        language: Some("tlh".into()),
        profile: ProfileChange { website: Some(Some("javascript:x".into())), ..ProfileChange::default() },
        ..AccountChange::default()
    };
    let Err(UpdateError::Invalid(wrong)) = accounts.update_profile(&actor(&signed_in), wrong).await else {
        panic!("it is refused")
    };
    let fields: Vec<_> = wrong.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["last_name", "language", "profile.website"]);
    assert_eq!(stores.accounts.account(changed.id).await.unwrap(), Some(changed));
}

pub async fn an_erased_account_leaves_nobody_behind(stores: Stores) {
    let bound = NewInvites { email: Some("ada@example.org".into()), ..invite_for(2) };
    let (invite, code) = invited(&stores, &bound).await;
    let accounts = accounts_at_noon(&stores);
    let Registered::SignedIn(ada) = accounts.register(sign_up("ada@example.org", Some(&code))).await.unwrap()
    else {
        panic!("ada is signed in")
    };
    let link = reset_letter(&stores, "ada@example.org").await.unwrap();
    let wrong = accounts.delete_account(&actor(&ada), Some("not the password"), None).await;
    assert!(matches!(wrong, Err(DeleteError::WrongPassword)));
    claim(&stores).await;
    accounts.delete_account(&actor(&ada), Some(PASSWORD), None).await.unwrap();
    let due = claim(&stores).await;
    let owed: Vec<Effect> = due.iter().map(|due| serde_json::from_str(&due.body).unwrap()).collect();
    assert_eq!(owed, [Effect::Erased { account: ada.account.id }], "what it waits for is given up with it");
    let left = stores.accounts.account(ada.account.id).await.unwrap().unwrap();
    assert_eq!((left.status, left.password_hash), (Status::Deleted, None));
    assert_eq!(left.email.as_str(), format!("deleted-{}@invalid", ada.account.id));
    assert_eq!((left.first_name.as_str(), left.last_name.as_str()), ("", ""));
    assert!(!alive(&stores, &ada).await);
    assert_eq!(stores.accounts.invite(invite.id).await.unwrap().unwrap().email, None);
    assert!(!invites_at_noon(&stores).check(&code).await.unwrap());
    let late = accounts.reset_password(link.token.expose(), "another password".into()).await;
    assert!(matches!(late, Err(ResetError::TokenInvalid)));
    // Who comes back is somebody new.
    assert_ne!(member(&stores, "ada@example.org").await.account.id, ada.account.id);
}

pub async fn the_last_admin_cannot_be_erased(stores: Stores) {
    let accounts = accounts_at_noon(&stores);
    accounts.create_admin("root@example.org", PASSWORD.into(), ("Ada", "Byron")).await.unwrap();
    let root = accounts.login(credentials("root@example.org", PASSWORD)).await.unwrap();
    let refused = accounts.delete_account(&actor(&root), Some(PASSWORD), None).await;
    assert!(matches!(refused, Err(DeleteError::Refused(AccountRefusal::LastAdmin))));
    assert!(alive(&stores, &root).await);
    accounts.create_admin("other@example.org", PASSWORD.into(), ("Grace", "Hopper")).await.unwrap();
    // Without the password it takes a login of moments ago.
    let later = Arc::new(StoppedClock::at(noon() + TimeDelta::minutes(10)));
    let late = accounts_at(&stores, later).delete_account(&actor(&root), None, None).await;
    assert!(matches!(late, Err(DeleteError::PasswordNeeded)));
    accounts.delete_account(&actor(&root), None, None).await.unwrap();
    assert!(!alive(&stores, &root).await);
}

pub async fn a_person_gets_what_is_kept_of_them(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let wish = NewInvites { count: 100, note: Some("For friends".into()), ..invite_for(1) };
    for _ in 0..2 {
        invites_at_noon(&stores).create(&wish, &actor(&ada)).await.unwrap();
    }
    let record = accounts.export(&actor(&ada)).await.unwrap().unwrap();
    assert_eq!((record.email, record.invite), (ada.account.email.clone(), ada.account.invite));
    let (ada, first) = (actor(&ada), PageRequest { limit: 150, after: None });
    let logins = accounts.logins(&ada, first).await.unwrap().items;
    assert_eq!(logins.iter().map(|it| it.id).collect::<Vec<_>>(), [ada.session]);
    let made = accounts.invites_made(&ada, first).await.unwrap();
    let rest = PageRequest { after: made.next, ..first };
    let rest = accounts.invites_made(&ada, rest).await.unwrap();
    assert_eq!((made.items.len(), rest.items.len(), rest.next), (150, 50, None));
    let links = accounts.links(&ada, first).await.unwrap().items;
    assert!(links.iter().all(|link| link.account == ada.account) && !links.is_empty());
    let record = accounts.export(&ada).await.unwrap();
    let document = serde_json::to_string(&(record, logins, links, made.items)).unwrap();
    assert!(!document.contains("password") && !document.contains(PASSWORD));
}
