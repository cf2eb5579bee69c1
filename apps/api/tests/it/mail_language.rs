//! Mails come in the language of their readers, with the event for their calendars; and admins see what they say.

use crate::events::cast::{Cast, column, id, mistakes};
use crate::events::places::on;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use crate::harness::{PASSWORD, Person, TestApp, answer, on_each_store, unique_email};
use crate::night::Night;
use kernel::{Mail, PageRequest};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use synesthesie::worker;
use testkit::servers::{SmtpOptions, SmtpSink};
use tokio::net::TcpListener;

on_each_store!(
    the_language_of_a_browser_is_that_of_mails_until_its_owner_says_otherwise,
    tickets_come_in_the_language_of_whoever_holds_them,
    no_mail_says_where_exactly_an_event_is,
);

/// Somebody new whose browser says this.
async fn newcomer(app: &TestApp, accepts: Option<&str>) -> Person {
    let email = unique_email("reader");
    let body = json!({"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"});
    let request = app.stranger().request(Method::POST, "/auth/register").json(&body);
    let request = match accepts {
        Some(accepts) => request.header("accept-language", accepts),
        None => request,
    };
    answer(request).await.expect(201);
    app.login(&email, PASSWORD).await
}

/// What somebody got, the latest first, after all that is owed was done.
async fn mails(app: &TestApp, who: &Person) -> Vec<Mail> {
    while worker::round(&app.app).await.unwrap() > 0 {}
    let all = PageRequest { limit: 1000, after: None };
    let page = app.app.mail_box.as_ref().unwrap().list(all);
    page.items.into_iter().map(|kept| kept.mail).filter(|mail| mail.to == who.email).collect()
}

/// The one mail of this subject that somebody got.
async fn mail(app: &TestApp, who: &Person, subject: &str) -> Mail {
    let all = mails(app, who).await;
    let subjects: Vec<_> = all.iter().map(|mail| mail.subject.clone()).collect();
    let mut found = all.into_iter().filter(|mail| mail.subject == subject);
    match (found.next(), found.next()) {
        (Some(mail), None) => mail,
        _ => panic!("not one {subject} in {subjects:?}"),
    }
}

fn files(mail: &Mail) -> Vec<&str> {
    mail.attachments.iter().map(|file| file.filename.as_str()).collect()
}

/// A file of a mail.
#[track_caller]
fn file<'m>(mail: &'m Mail, name: &str) -> &'m [u8] {
    let found = mail.attachments.iter().find(|file| file.filename == name);
    &found.unwrap_or_else(|| panic!("no {name} in {:?}", files(mail))).bytes
}

async fn the_language_of_a_browser_is_that_of_mails_until_its_owner_says_otherwise(store: Store) {
    let shop = Shop::open(store, 10).await;
    for (accepts, language, subject) in [
        (Some("de-AT,de;q=0.9,en;q=0.8"), json!("de"), "Bitte bestätige deine Adresse"),
        (Some("fr, en;q=0.5"), json!("en"), "Please confirm your address"),
        (Some("fr-FR, *"), Value::Null, "Please confirm your address"),
        (None, Value::Null, "Please confirm your address"),
    ] {
        let reader = newcomer(&shop.app, accepts).await;
        let me = reader.client.get("/users/me").await.expect(200);
        assert_eq!(me["language"], language, "{accepts:?}");
        assert_eq!(reader.client.get("/users/me/export").await.expect(200)["language"], language);
        mail(&shop.app, &reader, subject).await;
    }
    let ada = newcomer(&shop.app, Some("de")).await;
    let wrong = ada.client.patch("/users/me", &json!({"language": "fr", "first_name": ""})).await;
    let wrong = wrong.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&wrong), [("first_name", "required"), ("language", "unknown")]);
    let same = ada.client.patch("/users/me", &json!({"last_name": "King"})).await.expect(200);
    assert_eq!(same["language"], "de", "what is not sent stays");
    for (language, subject, begins, code) in [
        (
            "de",
            "Deine Tickets für A night out",
            "Mittwoch, 1. Juli 2026, 14:00 Uhr (MESZ)",
            "Jeder Code lässt eine Person ein",
        ),
        (
            "en",
            "Your tickets for A night out",
            "Wednesday, 1 July 2026, 14:00 (CEST)",
            "Each code lets one person in, once.",
        ),
    ] {
        let changed = ada.client.patch("/users/me", &json!({"language": language})).await.expect(200);
        assert_eq!(changed["language"], language);
        let booking = shop.book(&ada, Till::Stripe).await;
        shop.press(&booking, "pay").await;
        shop.work().await;
        let mail = mail(&shop.app, &ada, subject).await;
        assert!(mail.text.contains(begins) && mail.text.contains(code), "{}", mail.text);
        let html = mail.html.as_ref().unwrap();
        assert!(html.contains(&format!("<html lang=\"{language}\">")) && html.contains(begins), "{html}");
        assert_eq!(files(&mail), ["ticket-1.png", "event.ics", "tickets.pdf"]);
        let calendar = String::from_utf8(file(&mail, "event.ics").to_vec()).unwrap();
        assert!(calendar.contains(&format!("UID:{}\r\n", shop.event)), "{calendar}");
        assert!(calendar.contains("DTSTART:20260701T120000Z\r\n"), "{calendar}");
    }
}

async fn tickets_come_in_the_language_of_whoever_holds_them(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Opening").await;
    let booking = night.book(&cast.member.client, 1).await;
    let friend = app.member().await;
    app.confirm_address(&friend).await;
    friend.client.patch("/users/me", &json!({"language": "de"})).await.expect(200);
    let ticket = format!("/tickets/{}", id(&booking["tickets"][0]));
    let offer = json!({"email": friend.email});
    let offered = cast.member.client.post(&format!("{ticket}/transfer"), &offer).await.expect(201);
    let told = mail(&app, &friend, "Ein Ticket für Opening").await;
    assert!(told.text.starts_with("Ada bietet dir ein Ticket an."), "{}", told.text);
    let accept = format!("/transfers/{}/accept", id(&offered));
    friend.client.post(&accept, &json!({})).await.expect(200);
    let sent = mail(&app, &friend, "Dein Ticket für Opening").await;
    assert_eq!(files(&sent), ["ticket.png", "event.ics", "tickets.pdf"]);
    mail(&app, &cast.member, "Your ticket for Opening was taken").await;
    // The file is the one that its holder is given in that language, and in no other.
    let printed = async |language: &str| {
        let path = format!("{ticket}/ticket.pdf?lang={language}");
        let answer = friend.client.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap().to_vec()
    };
    assert!(file(&sent, "tickets.pdf") == printed("de").await);
    assert!(file(&sent, "tickets.pdf") != printed("en").await);
}

async fn no_mail_says_where_exactly_an_event_is(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    // Its address is known by now, to those who hold a ticket and ask; each look of theirs is noted.
    let night = Night::of(&cast, "Opening").await;
    night.book(&cast.member.client, 1).await;
    let path = format!("/events/{}", night.event);
    assert_eq!(cast.member.client.get(&path).await.expect(200)["location"]["address"], "Quay 7");
    let looks = async || {
        let views = cast.manager.client.get(&format!("/admin{path}/address-views")).await.expect(200);
        views["items"].as_array().unwrap().len()
    };
    let before = looks().await;
    let tickets = mail(&app, &cast.member, "Your tickets for Opening").await;
    cast.manager.client.post(&format!("/admin{path}/cancel"), &json!({})).await.expect(202);
    let cancelled = mail(&app, &cast.member, "Cancelled: Opening").await;
    assert_eq!(files(&cancelled), ["event.ics"]);
    for (mail, status) in [(&tickets, "CONFIRMED"), (&cancelled, "CANCELLED")] {
        let calendar = String::from_utf8(file(mail, "event.ics").to_vec()).unwrap();
        assert!(calendar.contains("LOCATION:Old harbour\r\n"), "{calendar}");
        assert!(calendar.contains(&format!("STATUS:{status}\r\n")), "{calendar}");
        assert!(calendar.contains(&format!("UID:{}\r\n", night.event)), "{calendar}");
        for said in [&calendar, &mail.text, mail.html.as_ref().unwrap()] {
            assert!(!said.contains("Quay") && !said.contains("GEO:") && !said.contains("53.5"), "{said}");
        }
    }
    assert_eq!(looks().await, before, "nothing was shown that would have to be noted");
}

#[tokio::test]
async fn admins_see_what_every_mail_says_in_both_languages() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let list = admin.client.get("/admin/mail/templates").await.expect(200);
    let names = column(&list, "name");
    assert!(names.len() > 20 && names.contains(&"tickets") && names.contains(&"verify_email"), "{list}");
    assert_eq!(list["items"][0]["subject"], "Your tickets for A night out");
    let german = admin.client.get("/admin/mail/templates?lang=de").await.expect(200);
    assert_eq!(german["items"][0]["subject"], "Deine Tickets für A night out");
    for name in names {
        for language in ["de", "en"] {
            let path = format!("/admin/mail/templates/{name}/preview?lang={language}");
            let seen = admin.client.get(&path).await.expect(200);
            assert_eq!((&seen["name"], &seen["language"]), (&json!(name), &json!(language)));
            for part in ["subject", "text", "html"] {
                assert!(seen[part].as_str().is_some_and(|it| !it.is_empty()), "{part} of {seen}");
            }
        }
    }
    for unknown in ["words", "layout", "nothing"] {
        let path = format!("/admin/mail/templates/{unknown}/preview");
        admin.client.get(&path).await.expect_problem(404, "not_found");
    }
    admin.client.get("/admin/mail/templates?lang=fr").await.expect_problem(422, "invalid_input");
    member.client.get("/admin/mail/templates").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_test_mail_goes_to_whoever_asks_in_their_language_and_not_often() {
    let app = TestApp::with(&[("limits.enabled", "true")]).await;
    let (admin, member) = (app.admin().await, app.member().await);
    let path = "/admin/mail/test";
    for (wrong, field) in [
        (json!({"template": "words"}), "template"),
        (json!({"template": "tickets", "language": "fr"}), "language"),
    ] {
        let refused = admin.client.post(path, &wrong).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [(field, "unknown")]);
    }
    let wish = json!({"template": "tickets"});
    member.client.post(path, &wish).await.expect_problem(403, "forbidden");
    admin.client.post(path, &wish).await.expect(202);
    admin.client.patch("/users/me", &json!({"language": "de"})).await.expect(200);
    admin.client.post_once(path, "once", &wish).await.expect(202);
    admin.client.post_once(path, "once", &wish).await.expect(202);
    admin.client.post(path, &json!({"template": "invite", "language": "en"})).await.expect(202);
    let got = mails(&app, &admin).await;
    let subjects: Vec<_> = got.iter().map(|mail| mail.subject.as_str()).collect();
    let expected = ["You are invited", "Deine Tickets für A night out", "Your tickets for A night out"];
    assert_eq!(subjects, expected);
    assert_eq!(files(&got[1]), ["ticket-1.png", "ticket-2.png", "event.ics", "tickets.pdf"]);
    for template in ["ticket", "event_cancelled"] {
        admin.client.post(path, &json!({"template": template})).await.expect(202);
    }
    let got = mails(&app, &admin).await;
    assert_eq!((files(&got[1]).len(), files(&got[0])), (3, vec!["event.ics"]), "as the real ones have them");
    assert!(file(&got[1], "tickets.pdf").starts_with(b"%PDF"));
    for (mail, status) in [(&got[1], "STATUS:CONFIRMED"), (&got[0], "STATUS:CANCELLED")] {
        let calendar = String::from_utf8(file(mail, "event.ics").to_vec()).unwrap();
        assert!(calendar.contains(status) && calendar.contains("DTSTART:20310704T180000Z"), "{calendar}");
    }
    admin.client.post(path, &wish).await.expect_problem(429, "too_many_attempts");
}

#[tokio::test]
async fn what_the_mail_server_says_to_a_test_mail_is_answered() {
    let (later, never) = (unique_email("later"), unique_email("never"));
    let options =
        SmtpOptions { defer: vec![later.clone()], refuse: vec![never.clone()], ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let app = TestApp::with(&[("mail.url", &format!("smtp://127.0.0.1:{}", sink.port()))]).await;
    let wish = json!({"template": "tickets", "language": "de"});
    let asks = async |email: &str| {
        app.app.accounts.create_admin(email, PASSWORD.into(), ("Site", "Admin")).await.unwrap();
        app.login(email, PASSWORD).await.client.post("/admin/mail/test", &wish).await
    };
    let deferred = asks(&later).await;
    assert!(!deferred.header("retry-after").is_empty());
    deferred.expect_problem(503, "mail_deferred");
    asks(&never).await.expect_problem(422, "mail_refused");
    let fine = unique_email("fine");
    asks(&fine).await.expect(202);
    let mails = sink.messages().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [fine]);
}

/// The address of a mail server that answers every call, says nothing for a while and hangs up.
async fn hesitant(wait: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((call, _)) = listener.accept().await {
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                drop(call);
            });
        }
    });
    url
}

#[tokio::test]
async fn a_mail_server_that_takes_its_time_for_a_test_mail_is_waited_for() {
    let url = hesitant(Duration::from_secs(5)).await;
    let app = TestApp::with(&[("mail.url", &url), ("http.answer_seconds", "3")]).await;
    let admin = app.admin().await.client;
    let answer = admin.post("/admin/mail/test", &json!({"template": "tickets"})).await;
    answer.expect_problem(503, "mail_deferred");
}
