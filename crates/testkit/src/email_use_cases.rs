//! What a change of one's address promises over every store. The list of cases is in
//! [`crate::account_use_cases_contract`].
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at, accounts_at_noon, actor, credentials, invite_for, invited, member, shown_code,
    sign_up,
};
use crate::{StoppedClock, Stores, noon};
use accounts::{
    AddressProof, Alert, AskEmailError, ChangeEmailError, Claim, CodeRefusal, EmailChange, LoginError,
    ProofError, RegisterError, SignedIn, Status,
};
use chrono::TimeDelta;
use invites::NewInvites;
use kernel::audit::ActFilter;
use kernel::{EmailChangeId, PageRequest, RequestName, Role, Who};
use std::sync::Arc;

const CLAIM: Claim<'static> = Claim { password: PASSWORD, totp: None };

async fn ask(stores: &Stores, who: &SignedIn, email: &str) -> Result<(), AskEmailError> {
    accounts_at_noon(stores).ask_email(&actor(who), email, CLAIM).await
}

/// The wish of somebody for an address that still waits.
async fn waiting(stores: &Stores, who: &SignedIn, email: &str) -> Option<EmailChange> {
    let all = stores.accounts.email_changes_of(who.account.id).await.unwrap();
    all.into_iter().find(|change| change.new.as_str() == email && change.waits(noon()))
}

/// Asks, and tells what the link in the mail carries.
async fn asked(stores: &Stores, who: &SignedIn, email: &str) -> String {
    ask(stores, who, email).await.unwrap();
    let change = waiting(stores, who, email).await.unwrap();
    let proof = accounts_at_noon(stores).address_proof(change.id).await.unwrap();
    let Some(AddressProof::Link(letter)) = proof else { panic!("{proof:?}") };
    assert_eq!((letter.to.as_str(), letter.expires_at), (email, noon() + TimeDelta::hours(24)));
    letter.token.expose().to_owned()
}

async fn alive(stores: &Stores, who: &SignedIn) -> bool {
    !accounts_at_noon(stores).identify(&[who.session.id]).await.unwrap().is_empty()
}

async fn email_of(stores: &Stores, who: &SignedIn) -> String {
    stores.accounts.account(who.account.id).await.unwrap().unwrap().email.as_str().to_owned()
}

/// The mails that are owed since this was asked last.
async fn owed(stores: &Stores) -> Vec<Alert> {
    let at = noon() + TimeDelta::hours(1);
    let due = stores.outbox.claim(&[accounts::ALERTS], at, at + TimeDelta::days(1), 100).await.unwrap();
    due.iter().map(|due| serde_json::from_str(&due.body).unwrap()).collect()
}

pub async fn an_address_changes_when_who_reads_there_says_so(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let elsewhere = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let token = asked(&stores, &ada, "countess@example.org").await;
    assert_eq!(email_of(&stores, &ada).await, "ada@example.org", "asking changes nothing");
    let id: EmailChangeId = waiting(&stores, &ada, "countess@example.org").await.unwrap().id;
    let mails = owed(&stores).await;
    for mail in [Alert::ConfirmAddress { change: id }, Alert::AddressAsked { change: id }] {
        assert!(mails.len() == 2 && mails.contains(&mail), "{mails:?}");
    }
    let request: Option<RequestName> = "the-request".parse().ok();
    assert_eq!(accounts.change_email(&token, request).await.unwrap(), ada.account.id);
    let account = stores.accounts.account(ada.account.id).await.unwrap().unwrap();
    assert_eq!((account.email.as_str(), account.email_verified_at), ("countess@example.org", Some(noon())));
    assert!(alive(&stores, &ada).await && !alive(&stores, &elsewhere).await);
    let old = accounts.login(credentials("ada@example.org", PASSWORD)).await;
    assert!(matches!(old, Err(LoginError::InvalidCredentials)));
    accounts.login(credentials("Countess@example.org", PASSWORD)).await.unwrap();
    let again = accounts.change_email(&token, None).await;
    assert!(matches!(again, Err(ChangeEmailError::TokenInvalid)));
    assert_eq!(owed(&stores).await, [Alert::AddressChanged { change: id }]);
    let told = accounts.address_letter(id).await.unwrap().unwrap().change;
    assert_eq!((told.old.as_str(), told.new.as_str()), ("ada@example.org", "countess@example.org"));
    // The address of before is free.
    member(&stores, "ada@example.org").await;
    let filter = ActFilter { subject: Some(ada.account.id.as_uuid()), ..ActFilter::default() };
    let acts = stores.audit.acts(&filter, PageRequest { limit: 10, after: None }).await.unwrap().items;
    let changed = acts.iter().find(|sealed| sealed.act.act == "account.change_email").unwrap();
    assert_eq!((&changed.act.who, changed.act.request), (&Who::Account(ada.account.id), request));
    assert!(acts.len() == 2 && acts.iter().any(|sealed| sealed.act.act == "account.ask_email"));
}

pub async fn an_address_that_somebody_has_is_told_to_them_alone(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let bob = member(&stores, "bob@example.org").await;
    ask(&stores, &ada, " BOB@example.org").await.unwrap();
    let change = waiting(&stores, &ada, "bob@example.org").await.unwrap();
    let proof = accounts_at_noon(&stores).address_proof(change.id).await.unwrap().unwrap();
    let AddressProof::Taken { to, first_name, .. } = proof else { panic!("{proof:?}") };
    assert_eq!((&to, &first_name), (&bob.account.email, &bob.account.first_name));
    // Even who could make the token gets no further.
    let accounts = accounts_at_noon(&stores);
    let refused = accounts.change_email(accounts.tokens.email_token(change.id).expose(), None).await;
    assert!(matches!(refused, Err(ChangeEmailError::TokenInvalid)), "{refused:?}");
    assert_eq!(email_of(&stores, &ada).await, "ada@example.org");
    assert_eq!(email_of(&stores, &bob).await, "bob@example.org");
    let change = stores.accounts.email_change(change.id).await.unwrap().unwrap();
    assert_eq!(change.made_at, None, "the refusal left no trace");
}

pub async fn what_is_no_new_address_is_not_asked_for(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    for (typed, code) in [("no address", "malformed"), ("ADA@example.org", "unchanged"), ("", "malformed")] {
        let Err(AskEmailError::Invalid(wrong)) = ask(&stores, &ada, typed).await else {
            panic!("{typed} is refused")
        };
        assert_eq!(
            wrong.iter().map(|one| (one.field.as_str(), one.code)).collect::<Vec<_>>(),
            [("email", code)]
        );
    }
    let claim = Claim { password: "another password", ..CLAIM };
    let accounts = accounts_at_noon(&stores);
    let refused = accounts.ask_email(&actor(&ada), "countess@example.org", claim).await;
    assert!(matches!(refused, Err(AskEmailError::Proof(ProofError::WrongPassword))), "{refused:?}");
    assert_eq!((owed(&stores).await, waiting(&stores, &ada, "countess@example.org").await), (vec![], None));
}

pub async fn a_second_factor_is_needed_for_another_address(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    let secret = accounts.begin_totp(&actor(&ada), PASSWORD).await.unwrap().secret.base32();
    accounts.confirm_totp(&actor(&ada), &shown_code(&secret, noon())).await.unwrap();
    clock.advance(TimeDelta::minutes(1));
    let ask = async |totp: Option<&str>| {
        let claim = Claim { password: PASSWORD, totp };
        accounts.ask_email(&actor(&ada), "countess@example.org", claim).await
    };
    let factor = async || stores.accounts.second_factors(&[ada.account.id]).await.unwrap().pop().unwrap();
    assert!(matches!(ask(None).await, Err(AskEmailError::Proof(ProofError::TotpRequired))));
    let used = shown_code(&secret, noon());
    assert!(matches!(ask(Some(&used)).await, Err(AskEmailError::Code(CodeRefusal::Wrong { .. }))));
    assert_eq!(factor().await.wrong, 1, "it was counted");
    ask(Some(&shown_code(&secret, noon() + TimeDelta::minutes(1)))).await.unwrap();
}

pub async fn a_wish_for_ones_own_address_tells_nothing_of_a_code(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    let secret = accounts.begin_totp(&actor(&ada), PASSWORD).await.unwrap().secret.base32();
    let kept = accounts.confirm_totp(&actor(&ada), &shown_code(&secret, noon())).await.unwrap();
    clock.advance(TimeDelta::minutes(1));
    let ask = async |email: &str, totp: Option<&str>| {
        accounts.ask_email(&actor(&ada), email, Claim { password: PASSWORD, totp }).await
    };
    let factor = async || stores.accounts.second_factors(&[ada.account.id]).await.unwrap().pop().unwrap();
    let before = factor().await;
    owed(&stores).await;
    let (used, right) = (shown_code(&secret, noon()), shown_code(&secret, noon() + TimeDelta::minutes(1)));
    for typed in [None, Some(used.as_str()), Some(right.as_str()), Some(kept[0].expose())] {
        let Err(AskEmailError::Invalid(wrong)) = ask("ada@example.org", typed).await else {
            panic!("{typed:?} is not looked at")
        };
        assert_eq!(wrong[0].code, "unchanged");
    }
    assert_eq!(factor().await, before, "nothing was counted or used up");
    assert_eq!(owed(&stores).await, []);
    ask("countess@example.org", Some(&right)).await.unwrap();
}

pub async fn what_was_asked_for_before_is_called_off(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let accounts = accounts_at_noon(&stores);
    let first = asked(&stores, &ada, "first@example.org").await;
    let second = asked(&stores, &ada, "second@example.org").await;
    let spent = |outcome| matches!(outcome, Err(ChangeEmailError::TokenInvalid));
    assert!(spent(accounts.change_email(&first, None).await));
    // Whoever fears that somebody else asked sets another password.
    accounts.change_password(&actor(&ada), PASSWORD, "another password".into()).await.unwrap();
    assert!(spent(accounts.change_email(&second, None).await));
    accounts.change_password(&actor(&ada), "another password", PASSWORD.into()).await.unwrap();
    let third = asked(&stores, &ada, "third@example.org").await;
    let late = accounts_at(&stores, Arc::new(StoppedClock::at(noon() + TimeDelta::hours(24))));
    assert!(spent(late.change_email(&third, None).await));
    let admin = crate::fixtures_events::person(&stores, Role::Admin).await;
    accounts.change_standing(&admin, ada.account.id, Some(Status::Suspended), None).await.unwrap();
    accounts.change_standing(&admin, ada.account.id, Some(Status::Active), None).await.unwrap();
    assert!(spent(accounts.change_email(&third, None).await), "nor after a suspension");
    for nonsense in ["", "nonsense", accounts.tokens.email_token(EmailChangeId::generate(noon())).expose()] {
        assert!(spent(accounts.change_email(nonsense, None).await), "{nonsense}");
    }
    assert_eq!(email_of(&stores, &ada).await, "ada@example.org");
}

pub async fn of_all_who_want_one_address_at_one_time_one_gets_it(stores: Stores) {
    let (ada, bob) = (member(&stores, "ada@example.org").await, member(&stores, "bob@example.org").await);
    for round in 0..8 {
        let wanted = format!("wanted{round}@example.org");
        let tokens = [asked(&stores, &ada, &wanted).await, asked(&stores, &bob, &wanted).await];
        let (_, code) = invited(&stores, &invite_for(2)).await;
        let mut tries: Vec<_> = tokens
            .into_iter()
            .map(|token| {
                let accounts = accounts_at_noon(&stores);
                tokio::spawn(async move {
                    match accounts.change_email(&token, None).await {
                        Ok(_) => true,
                        Err(ChangeEmailError::TokenInvalid) => false,
                        Err(other) => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            let (accounts, code, wanted) = (accounts_at_noon(&stores), code.clone(), wanted.clone());
            tries.push(tokio::spawn(async move {
                match accounts.register(sign_up(&wanted, Some(&code))).await {
                    Ok(_) => true,
                    Err(RegisterError::EmailTaken) => false,
                    Err(other) => panic!("{other:?}"),
                }
            }));
        }
        let mut got = 0;
        for one in tries {
            got += u32::from(one.await.unwrap());
        }
        assert_eq!(got, 1, "round {round}");
    }
}

pub async fn whoever_erases_their_account_is_forgotten_with_every_address(stores: Stores) {
    let bound = NewInvites { email: Some("ada@example.org".into()), ..invite_for(1) };
    let (invite, code) = invited(&stores, &bound).await;
    let accounts = accounts_at_noon(&stores);
    accounts.register(sign_up("ada@example.org", Some(&code))).await.unwrap();
    let ada = accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let token = asked(&stores, &ada, "countess@example.org").await;
    accounts.change_email(&token, None).await.unwrap();
    let open = asked(&stores, &ada, "other@example.org").await;
    let record = accounts.export(&actor(&ada)).await.unwrap().unwrap();
    assert_eq!((record.email.as_str(), record.email_changes.len()), ("countess@example.org", 2));
    accounts.delete_account(&actor(&ada), Some(PASSWORD), None).await.unwrap();
    assert_eq!(stores.accounts.email_changes_of(ada.account.id).await.unwrap(), []);
    let kept = stores.accounts.invite(invite.id).await.unwrap().unwrap();
    assert_eq!(kept.email, None, "the address that it was bound to was theirs");
    assert!(matches!(accounts.change_email(&open, None).await, Err(ChangeEmailError::TokenInvalid)));
    for owed in owed(&stores).await {
        let (Alert::ConfirmAddress { change }
        | Alert::AddressAsked { change }
        | Alert::AddressChanged { change }) = owed
        else {
            panic!("{owed:?}")
        };
        assert_eq!(accounts.address_proof(change).await.unwrap(), None);
        assert_eq!(accounts.address_letter(change).await.unwrap(), None);
    }
}
