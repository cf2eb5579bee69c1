//! What second factors promise over every store. The list of cases is in [`crate::account_use_cases_contract`].
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{
    PASSWORD, accounts_at, accounts_at_noon, actor, credentials, member, shown_code,
};
use crate::fixtures_events::person;
use crate::{StoppedClock, Stores, noon};
use accounts::{
    Accounts, Alert, Claim, CodeRefusal, Credentials, DeleteError, FactorError, FactorNews, FactorStanding,
    LoginError, ProofError, RecoveryCode, ResetTotpError, SignedIn,
};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{AccountId, Actor, Clock, PageRequest, Role};
use std::sync::Arc;

/// Somebody with a second factor, a minute after they enrolled.
struct Protected {
    signed_in: SignedIn,
    accounts: Accounts,
    clock: Arc<StoppedClock>,
    secret: String,
    codes: Vec<RecoveryCode>,
}

impl Protected {
    async fn of(stores: &Stores, signed_in: SignedIn) -> Self {
        let clock = Arc::new(StoppedClock::default());
        let accounts = accounts_at(stores, clock.clone());
        let enrolment = accounts.begin_totp(&actor(&signed_in), PASSWORD).await.unwrap();
        let secret = enrolment.secret.base32();
        let first = shown_code(&secret, noon());
        let codes = accounts.confirm_totp(&actor(&signed_in), &first).await.unwrap();
        clock.advance(TimeDelta::minutes(1));
        Self { signed_in, accounts, clock, secret, codes }
    }

    fn actor(&self) -> Actor {
        actor(&self.signed_in)
    }

    /// What the device shows now.
    fn code(&self) -> String {
        shown_code(&self.secret, self.clock.now())
    }

    /// What it does not show, and did not a moment ago.
    fn wrong(&self) -> String {
        let steps = (-2..=2).map(|step| self.clock.now() + TimeDelta::seconds(30 * step));
        let near: Vec<_> = steps.map(|at| shown_code(&self.secret, at)).collect();
        let mut digits = (0..10).map(|digit| digit.to_string().repeat(6));
        digits.find(|code| !near.contains(code)).unwrap()
    }

    fn credentials(&self, totp: Option<&str>) -> Credentials {
        let email = self.signed_in.account.email.as_str();
        Credentials { totp: totp.map(Into::into), ..credentials(email, PASSWORD) }
    }

    async fn login(&self, totp: Option<&str>) -> Result<SignedIn, LoginError> {
        self.accounts.login(self.credentials(totp)).await
    }

    async fn alive(&self, signed_in: &SignedIn) -> bool {
        !self.accounts.identify(&[signed_in.session.id]).await.unwrap().is_empty()
    }
}

/// What owners were to be told since this was asked last.
async fn told(stores: &Stores) -> Vec<(AccountId, FactorNews)> {
    let at = noon() + TimeDelta::days(1);
    let due = stores.outbox.claim(&[accounts::ALERTS], at, at + TimeDelta::days(1), 100).await.unwrap();
    let alerts = due.iter().map(|due| serde_json::from_str(&due.body).unwrap());
    alerts
        .map(|alert| match alert {
            Alert::SecondFactor { account, news, .. } => (account, news),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Which acts there are of an account, without their order.
async fn acts(stores: &Stores, account: AccountId) -> Vec<String> {
    let filter = ActFilter { subject: Some(account.as_uuid()), ..ActFilter::default() };
    let page = stores.audit.acts(&filter, PageRequest { limit: 100, after: None }).await.unwrap();
    let mut names: Vec<_> = page.items.into_iter().map(|sealed| sealed.act.act.into_owned()).collect();
    names.sort();
    names
}

pub async fn a_second_factor_is_asked_for_at_every_login(stores: Stores) {
    let signed_in = member(&stores, "ada@example.org").await;
    let other = accounts_at_noon(&stores).login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let ada = Protected::of(&stores, signed_in).await;
    assert_eq!(ada.codes.len(), 10);
    assert!(!ada.alive(&other).await, "it began without");
    assert!(ada.alive(&ada.signed_in).await);
    for nothing in [None, Some(""), Some(" ")] {
        assert!(matches!(ada.login(nothing).await, Err(LoginError::TotpRequired)), "{nothing:?}");
    }
    let wrong = ada.login(Some(&ada.wrong())).await;
    assert!(matches!(wrong, Err(LoginError::Code(CodeRefusal::Wrong { last: false }))), "{wrong:?}");
    let code = ada.code();
    let given = Credentials { password: "another password".into(), ..ada.credentials(Some(&code)) };
    let refused = ada.accounts.login(given).await;
    assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "a code alone is nothing");
    let back = ada.login(Some(&code)).await.unwrap();
    assert_eq!(back.account.id, ada.signed_in.account.id);
    let again = ada.login(Some(&code)).await;
    assert!(matches!(again, Err(LoginError::Code(CodeRefusal::Wrong { .. }))), "{again:?}");
    ada.clock.advance(TimeDelta::seconds(30));
    ada.login(Some(&ada.code())).await.unwrap();
    assert_eq!(told(&stores).await, [(back.account.id, FactorNews::Enabled)]);
    assert_eq!(acts(&stores, back.account.id).await, ["account.enable_totp"]);
}

pub async fn of_logins_with_one_code_at_one_time_one_gets_in(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    for code in [ada.code(), ada.codes[3].expose().to_owned()] {
        let tries: Vec<_> = (0..10)
            .map(|_| {
                let (accounts, given) = (ada.accounts.clone(), ada.credentials(Some(&code)));
                tokio::spawn(async move { accounts.login(given).await })
            })
            .collect();
        let mut got_in = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => got_in += 1,
                Err(refused) => assert!(matches!(refused, LoginError::Code(CodeRefusal::Wrong { .. }))),
            }
        }
        assert_eq!(got_in, 1);
    }
}

pub async fn a_recovery_code_logs_in_once_and_its_owner_is_told(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    let id = ada.signed_in.account.id;
    told(&stores).await;
    let code = ada.codes[0].expose();
    ada.login(Some(&code.to_lowercase())).await.unwrap();
    assert!(matches!(ada.login(Some(code)).await, Err(LoginError::Code(CodeRefusal::Wrong { .. }))));
    assert_eq!(told(&stores).await, [(id, FactorNews::CodeUsed)]);
    assert_eq!(acts(&stores, id).await, ["account.enable_totp", "account.use_recovery_code"]);
    let letter = ada.accounts.factor_letter(id).await.unwrap().unwrap();
    assert_eq!((letter.to, letter.recovery_codes), (ada.signed_in.account.email.clone(), 9));
    let standing = ada.accounts.totp_standing(&ada.actor()).await.unwrap();
    let expected = FactorStanding { enabled_since: Some(noon()), recovery_codes: 9, required: false };
    assert_eq!(standing, expected);
    let kept = stores.accounts.second_factors(&[id]).await.unwrap();
    let document = serde_json::to_string(&kept).unwrap();
    assert!(!document.contains(&ada.secret) && !document.contains(ada.codes[1].expose()), "{document}");
}

pub async fn wrong_codes_are_counted_although_they_are_refused(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    told(&stores).await;
    let tries: Vec<_> = (0..30)
        .map(|_| {
            let (accounts, given) = (ada.accounts.clone(), ada.credentials(Some(&ada.wrong())));
            tokio::spawn(async move { accounts.login(given).await })
        })
        .collect();
    let (mut wrong, mut blocked) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Err(LoginError::Code(CodeRefusal::Wrong { .. })) => wrong += 1,
            Err(LoginError::Code(CodeRefusal::Blocked { .. })) => blocked += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((wrong, blocked), (10, 20));
    assert_eq!(told(&stores).await, [(ada.signed_in.account.id, FactorNews::Guessed)], "once");
    let right = ada.login(Some(&ada.code())).await;
    assert!(matches!(right, Err(LoginError::Code(CodeRefusal::Blocked { .. }))), "{right:?}");
    ada.login(Some(ada.codes[0].expose())).await.unwrap();
    ada.clock.advance(TimeDelta::hours(1));
    ada.login(Some(&ada.code())).await.unwrap();
}

pub async fn who_does_without_proves_password_and_code(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    let (accounts, id) = (&ada.accounts, ada.signed_in.account.id);
    told(&stores).await;
    let code = ada.code();
    let disable = async |password: &str, totp: Option<&str>| {
        accounts.disable_totp(&ada.actor(), Claim { password, totp }).await
    };
    let refused = disable("another password", Some(&code)).await;
    assert!(matches!(refused, Err(FactorError::Proof(ProofError::WrongPassword))));
    let refused = disable(PASSWORD, None).await;
    assert!(matches!(refused, Err(FactorError::Proof(ProofError::TotpRequired))));
    assert!(matches!(disable(PASSWORD, Some(&ada.wrong())).await, Err(FactorError::Code(_))));
    assert!(matches!(accounts.begin_totp(&ada.actor(), PASSWORD).await, Err(FactorError::Enabled)));
    disable(PASSWORD, Some(&code)).await.unwrap();
    ada.login(None).await.unwrap();
    assert!(matches!(disable(PASSWORD, Some(&code)).await, Err(FactorError::NotEnabled)));
    assert_eq!(told(&stores).await, [(id, FactorNews::Disabled)]);
    assert_eq!(acts(&stores, id).await, ["account.disable_totp", "account.enable_totp"]);
    // Whoever enrols again has another secret.
    let again = accounts.begin_totp(&ada.actor(), PASSWORD).await.unwrap();
    assert_ne!(again.secret.base32(), ada.secret);
}

pub async fn new_recovery_codes_void_the_old_ones(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    let (accounts, id) = (&ada.accounts, ada.signed_in.account.id);
    told(&stores).await;
    let claim = Claim { password: PASSWORD, totp: None };
    let refused = accounts.replace_recovery_codes(&ada.actor(), claim).await;
    assert!(matches!(refused, Err(FactorError::Proof(ProofError::TotpRequired))));
    let code = ada.code();
    let claim = Claim { totp: Some(&code), ..claim };
    let new = accounts.replace_recovery_codes(&ada.actor(), claim).await.unwrap();
    assert_eq!(new.len(), 10);
    let old = ada.login(Some(ada.codes[0].expose())).await;
    assert!(matches!(old, Err(LoginError::Code(CodeRefusal::Wrong { .. }))));
    ada.login(Some(new[0].expose())).await.unwrap();
    let told = told(&stores).await;
    for news in [FactorNews::CodesReplaced, FactorNews::CodeUsed] {
        assert!(told.len() == 2 && told.contains(&(id, news)), "{told:?}");
    }
    let names = ["account.enable_totp", "account.replace_recovery_codes", "account.use_recovery_code"];
    assert_eq!(acts(&stores, id).await, names);
}

pub async fn an_enrolment_without_a_code_protects_nothing(stores: Stores) {
    let ada = member(&stores, "ada@example.org").await;
    let clock = Arc::new(StoppedClock::default());
    let accounts = accounts_at(&stores, clock.clone());
    let nothing = accounts.confirm_totp(&actor(&ada), "000000").await;
    assert!(matches!(nothing, Err(FactorError::NotBegun)), "{nothing:?}");
    let wrong = accounts.begin_totp(&actor(&ada), "another password").await;
    assert!(matches!(wrong, Err(FactorError::Proof(ProofError::WrongPassword))));
    let first = accounts.begin_totp(&actor(&ada), PASSWORD).await.unwrap();
    assert_eq!((first.email, first.waits_until), (ada.account.email.clone(), noon() + TimeDelta::hours(1)));
    accounts.login(credentials("ada@example.org", PASSWORD)).await.unwrap();
    let second = accounts.begin_totp(&actor(&ada), PASSWORD).await.unwrap();
    let old = accounts.confirm_totp(&actor(&ada), &shown_code(&first.secret.base32(), noon())).await;
    assert!(matches!(old, Err(FactorError::Code(_))), "only the newest secret counts");
    clock.set(second.waits_until);
    let late = accounts.confirm_totp(&actor(&ada), &shown_code(&second.secret.base32(), clock.now())).await;
    assert!(matches!(late, Err(FactorError::NotBegun)), "{late:?}");
    let standing = accounts.totp_standing(&actor(&ada)).await.unwrap();
    let none = FactorStanding { enabled_since: None, recovery_codes: 0, required: false };
    assert_eq!((standing, told(&stores).await), (none, Vec::new()));
}

pub async fn an_admin_takes_a_lost_second_factor_away(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    let (accounts, id) = (&ada.accounts, ada.signed_in.account.id);
    told(&stores).await;
    let admin = person(&stores, Role::Admin).await;
    let own = accounts.reset_totp(&admin, admin.account).await;
    assert!(matches!(own, Err(ResetTotpError::Own)), "{own:?}");
    let unknown = accounts.reset_totp(&admin, AccountId::generate(noon())).await;
    assert!(matches!(unknown, Err(ResetTotpError::Unknown)), "{unknown:?}");
    assert!(ada.alive(&ada.signed_in).await);
    for _ in 0..2 {
        accounts.reset_totp(&admin, id).await.unwrap();
    }
    assert!(!ada.alive(&ada.signed_in).await);
    let back = ada.login(None).await.unwrap();
    assert_eq!(told(&stores).await, [(id, FactorNews::Reset)], "again changes nothing");
    assert_eq!(acts(&stores, id).await, ["account.enable_totp", "account.reset_totp"]);
    assert!(!accounts.reset_totp_of("ADA@example.org").await.unwrap(), "there is none any more");
    let bob = Protected::of(&stores, back).await;
    assert!(bob.accounts.reset_totp_of("ADA@example.org").await.unwrap());
    for nobody in ["nobody@example.org", "no address"] {
        assert!(matches!(accounts.reset_totp_of(nobody).await, Err(ResetTotpError::Unknown)));
    }
}

pub async fn an_admin_without_a_second_factor_acts_as_a_member_where_one_is_needed(stores: Stores) {
    let accounts = Accounts { admins_need_totp: true, ..accounts_at_noon(&stores) };
    accounts.create_admin("root@example.org", PASSWORD.into(), ("Ada", "Byron")).await.unwrap();
    let root = accounts.login(credentials("root@example.org", PASSWORD)).await.unwrap();
    let guest = member(&stores, "ada@example.org").await;
    let role = async |signed_in: &SignedIn| {
        accounts.identify(&[signed_in.session.id]).await.unwrap().pop().unwrap().actor.role
    };
    assert_eq!((role(&root).await, role(&guest).await), (Role::Member, Role::Member));
    assert!(accounts.lacks_totp(root.account.id).await.unwrap());
    assert!(!accounts.lacks_totp(guest.account.id).await.unwrap());
    assert!(accounts.totp_standing(&actor(&root)).await.unwrap().required);
    assert!(!accounts.totp_standing(&actor(&guest)).await.unwrap().required);
    let free = accounts_at_noon(&stores);
    assert!(free.identify(&[root.session.id]).await.unwrap().pop().unwrap().actor.is_admin());
    assert!(!free.lacks_totp(root.account.id).await.unwrap());
    accounts.begin_totp(&actor(&root), PASSWORD).await.unwrap();
    assert_eq!(role(&root).await, Role::Member, "a secret alone proves nothing");
    let root = Protected::of(&stores, root).await;
    assert_eq!(role(&root.signed_in).await, Role::Admin);
    assert!(!accounts.lacks_totp(root.signed_in.account.id).await.unwrap());
}

pub async fn an_erased_account_keeps_no_second_factor(stores: Stores) {
    let ada = Protected::of(&stores, member(&stores, "ada@example.org").await).await;
    let id = ada.signed_in.account.id;
    let record = ada.accounts.export(&ada.actor()).await.unwrap().unwrap();
    assert_eq!(record.second_factor.map(|factor| factor.recovery_codes), Some(10));
    ada.clock.advance(TimeDelta::minutes(10));
    let (typed, wrong) = (ada.code(), ada.wrong());
    let erase = async |totp| ada.accounts.delete_account(&ada.actor(), Some(PASSWORD), totp).await;
    assert!(matches!(erase(None).await, Err(DeleteError::TotpRequired)));
    let refused = erase(Some(wrong.as_str())).await;
    assert!(matches!(refused, Err(DeleteError::Code(CodeRefusal::Wrong { .. }))), "{refused:?}");
    assert!(ada.alive(&ada.signed_in).await);
    erase(Some(typed.as_str())).await.unwrap();
    assert_eq!(stores.accounts.second_factors(&[id]).await.unwrap(), []);
    assert_eq!(ada.accounts.factor_letter(id).await.unwrap(), None);
    let late = ada.accounts.reset_totp(&person(&stores, Role::Admin).await, id).await;
    assert!(matches!(late, Err(ResetTotpError::Erased)), "{late:?}");
}
