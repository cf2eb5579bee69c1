//! Second factors over HTTP and on both stores: enrolling, logging in, losing the device, and admins who need one.

use crate::harness::shop::Store;
use crate::harness::{Answer, PASSWORD, Person, TestApp, answer, on_each_store, unique_email};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use chrono::TimeDelta;
use kernel::{AccountId, Clock, Mail, PageRequest};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use synesthesie::worker;
use testkit::StoppedClock;
use testkit::fixtures_accounts::shown_code;

on_each_store!(House::open:
    a_device_is_enrolled_and_asked_for_at_every_login,
    recovery_codes_are_for_when_the_device_is_lost,
    who_guesses_codes_has_to_wait_and_the_owner_is_told,
    an_admin_lets_somebody_in_again_who_lost_everything,
    admins_may_no_more_than_members_until_they_have_enrolled,
);

/// A server whose clock stands still, with mails in its box.
pub(super) struct House {
    pub(super) app: TestApp,
    pub(super) clock: Arc<StoppedClock>,
    store: Store,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

/// What somebody has after enrolling.
struct Device {
    secret: String,
    codes: Vec<String>,
}

impl House {
    pub(super) async fn open(store: Store) -> Self {
        Self::with(store, &[]).await
    }

    pub(super) async fn with(store: Store, settings: &[(&str, &str)]) -> Self {
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let clock = Arc::new(StoppedClock::default());
        let settings = [&[("store.url", url.as_str())], settings].concat();
        let app = TestApp::with_clock(&settings, clock.clone()).await;
        Self { app, clock, store, _database: database }
    }

    pub(super) async fn login(&self, email: &str, totp: Option<&str>) -> Answer {
        let body = json!({"email": email, "password": PASSWORD, "totp": totp});
        self.app.stranger().post("/auth/login", &body).await
    }

    /// Performs what is due, and tells the mails that somebody got.
    pub(super) async fn mails(&self, to: &str) -> Vec<Mail> {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
        let all = self.app.app.mail_box.as_ref().unwrap().list(PageRequest { limit: 100, after: None });
        all.items.into_iter().map(|received| received.mail).filter(|mail| mail.to == to).collect()
    }

    /// What a device shows now.
    fn shown(&self, device: &Device) -> String {
        shown_code(&device.secret, self.clock.now())
    }

    /// What it does not show now, and did not a moment ago.
    fn wrong(&self, device: &Device) -> String {
        let steps = (-2..=2).map(|step| self.clock.now() + TimeDelta::seconds(30 * step));
        let near: Vec<_> = steps.map(|at| shown_code(&device.secret, at)).collect();
        let mut digits = (0..10).map(|digit| digit.to_string().repeat(6));
        digits.find(|code| !near.contains(code)).unwrap()
    }

    /// Somebody enrols a device; then a minute passes, so that it shows another code.
    async fn enrol(&self, person: &Person) -> Device {
        let begun = person.client.post("/users/me/totp", &json!({"password": PASSWORD})).await.expect(201);
        let secret = begun["secret"].as_str().unwrap().to_owned();
        let first = json!({"totp": shown_code(&secret, self.clock.now())});
        let confirmed = person.client.post("/users/me/totp/confirm", &first).await.expect(200);
        let codes = confirmed["recovery_codes"].as_array().unwrap().iter();
        let codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        self.clock.advance(TimeDelta::minutes(1));
        Device { secret, codes }
    }
}

async fn disable(person: &Person, totp: &str) -> Answer {
    let request = person.client.request(Method::DELETE, "/users/me/totp");
    answer(request.json(&json!({"password": PASSWORD, "totp": totp}))).await
}

/// The acts that touched somebody's account, by name.
async fn acts(admin: &Person, id: &str) -> Vec<String> {
    let acts = admin.client.get(&format!("/admin/audit?limit=100&subject_id={id}")).await.expect(200);
    let mut names: Vec<_> =
        acts["items"].as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn a_device_is_enrolled_and_asked_for_at_every_login(house: House) {
    let (ada, admin) = (house.app.member().await, house.app.admin().await);
    let none = json!({"enabled": false, "enabled_at": null, "recovery_codes_left": 0, "required": false});
    assert_eq!(ada.client.get("/users/me/totp").await.expect(200), none);
    let begin =
        async |password: &str| ada.client.post("/users/me/totp", &json!({"password": password})).await;
    begin("another password").await.expect_problem(403, "wrong_password");
    let confirm = async |totp: &str| ada.client.post("/users/me/totp/confirm", &json!({"totp": totp})).await;
    confirm("123456").await.expect_problem(409, "totp_not_begun");
    let begun = begin(PASSWORD).await;
    assert_eq!(begun.header("location"), "/api/v1/users/me/totp");
    assert_eq!(begun.header("cache-control"), "private, no-store");
    let begun = begun.expect(201);
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let address = ada.email.replace('-', "%2D").replace('@', "%40").replace('.', "%2E");
    let expected = format!(
        "otpauth://totp/Synesthesie:{address}?secret={secret}&issuer=Synesthesie&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(begun["otpauth_url"], expected);
    let device = Device { secret, codes: Vec::new() };
    confirm(&house.wrong(&device)).await.expect_problem(403, "totp_invalid");
    house.login(&ada.email, None).await.expect(200);

    let elsewhere = house.app.login(&ada.email, PASSWORD).await;
    let code = house.shown(&device);
    let confirmed = confirm(&code).await.expect(200);
    assert_eq!(confirmed["recovery_codes"].as_array().map(Vec::len), Some(10));
    elsewhere.client.get("/users/me").await.expect_problem(401, "unauthenticated");
    let standing = ada.client.get("/users/me/totp").await.expect(200);
    assert_eq!((&standing["enabled"], &standing["recovery_codes_left"]), (&json!(true), &json!(10)));
    confirm(&code).await.expect_problem(409, "totp_enabled");
    begin(PASSWORD).await.expect_problem(409, "totp_enabled");

    house.login(&ada.email, None).await.expect_problem(403, "totp_required");
    house.login(&ada.email, Some(&code)).await.expect_problem(401, "invalid_credentials");
    house.clock.advance(TimeDelta::minutes(1));
    house.login(&ada.email, Some(&house.wrong(&device))).await.expect_problem(401, "invalid_credentials");
    let code = house.shown(&device);
    let wrong = json!({"email": ada.email, "password": "another password", "totp": code});
    house.app.stranger().post("/auth/login", &wrong).await.expect_problem(401, "invalid_credentials");
    house.login(&ada.email, Some(&code)).await.expect(200);
    house.login(&ada.email, Some(&code)).await.expect_problem(401, "invalid_credentials");

    let mails = house.mails(&ada.email).await;
    assert!(mails.iter().any(|mail| mail.subject == "Your account has a second factor"), "{mails:?}");
    assert_eq!(acts(&admin, &ada.id).await, ["account.enable_totp"]);
    let record = ada.client.get("/users/me/export").await;
    assert!(!record.text.contains(&device.secret), "{}", record.text);
    assert_eq!(record.expect(200)["second_factor"]["recovery_codes"], 10);
    // Erased, nothing of it is left.
    let request = ada.client.request(Method::DELETE, "/users/me");
    answer(request.json(&json!({"password": PASSWORD}))).await.expect(204);
    let id: AccountId = ada.id.parse().unwrap();
    assert_eq!(house.app.app.accounts.store.second_factors(&[id]).await.unwrap(), []);
}

async fn recovery_codes_are_for_when_the_device_is_lost(house: House) {
    let (ada, admin) = (house.app.member().await, house.app.admin().await);
    let device = house.enrol(&ada).await;
    house.login(&ada.email, Some(&device.codes[0].to_lowercase())).await.expect(200);
    house.login(&ada.email, Some(&device.codes[0])).await.expect_problem(401, "invalid_credentials");
    let mails = house.mails(&ada.email).await;
    let told = mails.iter().find(|mail| mail.subject == "A recovery code was used").unwrap();
    assert!(told.text.contains("9 left"), "{}", told.text);
    let replace = async |password: &str, totp: &str| {
        let body = json!({"password": password, "totp": totp});
        ada.client.post("/users/me/totp/recovery-codes", &body).await
    };
    replace("another password", &device.codes[1]).await.expect_problem(403, "wrong_password");
    replace(PASSWORD, "").await.expect_problem(403, "totp_required");
    replace(PASSWORD, &device.codes[0]).await.expect_problem(403, "totp_invalid");
    let new = replace(PASSWORD, &device.codes[1]).await.expect(200)["recovery_codes"].clone();
    assert_eq!(new.as_array().map(Vec::len), Some(10));
    house.login(&ada.email, Some(&device.codes[2])).await.expect_problem(401, "invalid_credentials");
    house.login(&ada.email, new[0].as_str()).await.expect(200);

    disable(&ada, &house.wrong(&device)).await.expect_problem(403, "totp_invalid");
    disable(&ada, &house.shown(&device)).await.expect(204);
    house.login(&ada.email, None).await.expect(200);
    disable(&ada, &house.shown(&device)).await.expect_problem(409, "totp_not_enabled");
    replace(PASSWORD, "123456").await.expect_problem(409, "totp_not_enabled");
    let mails = house.mails(&ada.email).await;
    for subject in ["You have new recovery codes", "Your account has no second factor any more"] {
        assert!(mails.iter().any(|mail| mail.subject == subject), "{subject}: {mails:?}");
    }
    let done = [
        "account.disable_totp",
        "account.enable_totp",
        "account.replace_recovery_codes",
        "account.use_recovery_code",
        "account.use_recovery_code",
        "account.use_recovery_code",
    ];
    assert_eq!(acts(&admin, &ada.id).await, done);
}

async fn who_guesses_codes_has_to_wait_and_the_owner_is_told(house: House) {
    let ada = house.app.member().await;
    let device = house.enrol(&ada).await;
    for _ in 0..10 {
        let wrong = house.wrong(&device);
        house.login(&ada.email, Some(&wrong)).await.expect_problem(401, "invalid_credentials");
    }
    let refused = house.login(&ada.email, Some(&house.shown(&device))).await;
    assert_eq!(refused.header("retry-after"), "3600");
    refused.expect_problem(429, "too_many_attempts");
    let mails = house.mails(&ada.email).await;
    let told = mails.iter().filter(|mail| mail.subject == "Somebody tries to log in to your account").count();
    assert_eq!(told, 1, "{mails:?}");
    house.login(&ada.email, Some(&device.codes[9])).await.expect(200);
    house.clock.advance(TimeDelta::hours(1));
    house.login(&ada.email, Some(&house.shown(&device))).await.expect(200);
}

async fn an_admin_lets_somebody_in_again_who_lost_everything(house: House) {
    let (ada, admin) = (house.app.member().await, house.app.admin().await);
    house.enrol(&ada).await;
    let path = format!("/admin/users/{}/totp", ada.id);
    ada.client.delete(&path).await.expect_problem(403, "forbidden");
    let own = format!("/admin/users/{}/totp", admin.id);
    admin.client.delete(&own).await.expect_problem(403, "forbidden");
    let nobodys = "/admin/users/01900000-0000-7000-8000-000000000000/totp";
    admin.client.delete(nobodys).await.expect_problem(404, "not_found");
    ada.client.get("/users/me").await.expect(200);
    for _ in 0..2 {
        admin.client.delete(&path).await.expect(204);
    }
    ada.client.get("/users/me").await.expect_problem(401, "unauthenticated");
    house.login(&ada.email, None).await.expect(200);
    let mails = house.mails(&ada.email).await;
    let told = mails.iter().filter(|mail| mail.subject == "Your second factor was removed").count();
    assert_eq!(told, 1, "{mails:?}");
    assert_eq!(acts(&admin, &ada.id).await, ["account.enable_totp", "account.reset_totp"]);
}

async fn admins_may_no_more_than_members_until_they_have_enrolled(free: House) {
    let root = free.app.admin().await;
    assert_eq!(root.client.get("/users/me/totp").await.expect(200)["required"], false);
    root.client.get("/admin/users").await.expect(200);
    let settings = [("auth.require_admin_totp", "true"), ("auth.registration", "open")];
    let house = House::with(free.store, &settings).await;
    let root = house.app.admin().await;
    assert_eq!(root.client.get("/users/me/totp").await.expect(200)["required"], true);
    let users = async || root.client.get("/admin/users").await;
    users().await.expect_problem(403, "totp_required");
    root.client.get("/admin/bookings").await.expect_problem(403, "totp_required");
    // The same call, however its address is written.
    root.client.get("/%61dmin/bookings").await.expect_problem(403, "totp_required");
    root.client.post("/admin/invites", &json!({})).await.expect_problem(403, "totp_required");
    // What one is told to be allowed is what one is let do.
    let told = async || root.client.get("/users/me").await.expect(200)["permissions"].clone();
    assert_eq!(told().await, json!(["tickets.buy"]));
    root.client.get("/music/sets").await.expect(200);
    let device = house.enrol(&root).await;
    let all = users().await.expect(200);
    let shown = all["items"].as_array().unwrap().iter().find(|one| one["id"] == root.id).unwrap();
    assert_eq!(told().await, shown["permissions"]);
    assert_eq!(told().await[1], "users.manage");
    root.client.get("/admin/bookings").await.expect(200);
    root.client.post("/admin/invites", &json!({})).await.expect(201);

    let (email, path) = (unique_email("guest"), "/auth/register");
    let body = json!({"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"});
    let session = house.app.stranger().post(path, &body).await.expect(201);
    let guest = house.app.with_token(session["access_token"].as_str().unwrap());
    guest.get("/admin/users").await.expect_problem(403, "forbidden");
    assert_eq!(guest.get("/users/me/totp").await.expect(200)["required"], false);
    // Made an admin, a guest needs one too.
    let standing = format!("/admin/users/{}", session["user"]["id"].as_str().unwrap());
    root.client.patch(&standing, &json!({"role": "admin"})).await.expect(200);
    guest.get("/admin/users").await.expect_problem(403, "totp_required");
    assert_eq!(guest.get("/users/me/totp").await.expect(200)["required"], Value::Bool(true));
    // Whoever does without is a member again, at once.
    disable(&root, &house.shown(&device)).await.expect(204);
    users().await.expect_problem(403, "totp_required");
}
