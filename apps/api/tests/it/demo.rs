//! The demo: what it puts into an empty system, and where it does not go.

use crate::harness::{Client, TestApp, config};
use reqwest::Method;
use serde_json::json;
use synesthesie::cli::demo;
use synesthesie::config::Config;

const PASSWORD: &str = "synesthesie-demo";

fn lasting(folder: &tempfile::TempDir) -> Config {
    config("127.0.0.1:0", &[("store.url", &format!("local:{}", folder.path().display()))])
}

async fn told(config: Config) -> Result<String, String> {
    let mut out = Vec::new();
    demo::run(config, &mut out).await.map_err(|failure| failure.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn everything_it_offers_works() {
    let app = TestApp::start().await;
    demo::fill(&app.app).await.unwrap();
    let admin = app.login("admin@example.org", PASSWORD).await;
    let organiser = app.login("organiser@example.org", PASSWORD).await;
    let door = app.login("door@example.org", PASSWORD).await;
    let member = app.login("member@example.org", PASSWORD).await;
    let seen = member.client.get("/events/upcoming").await.expect(200);
    let words: Vec<_> = seen["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["slug"].as_str().unwrap(),
                event["price_from"]["amount"].as_i64(),
                event["availability"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("listening-room", Some(0), "available"),
        ("supper-and-synthesizers", Some(0), "few"),
        ("the-long-night", Some(1500), "available"),
        ("recital-for-two-synthesizers", Some(1800), "available"),
    ];
    assert_eq!(words, expected);
    let strangers = app.stranger().get("/events/upcoming").await.expect(200);
    assert_eq!(strangers["items"].as_array().unwrap().len(), 3);
    let night = seen["items"][2]["id"].as_str().unwrap();
    let kinds = member.client.get(&format!("/events/{night}/ticket-types")).await.expect(200);
    assert_eq!(kinds["items"].as_array().unwrap().len(), 2);
    let wanted = json!([{"ticket_type_id": kinds["items"][0]["ticket_type_id"], "quantity": 1}]);
    member.client.post("/seats/hold", &json!({"event_id": night, "items": wanted})).await.expect(201);
    let recital = seen["items"][3]["id"].as_str().unwrap();
    let map = member.client.get(&format!("/events/{recital}/seats")).await.expect(200);
    let pair = json!([map["items"][3]["id"], map["items"][4]["id"]]);
    member.client.post("/seats/hold", &json!({"event_id": recital, "seat_ids": pair})).await.expect(201);
    let bookings = member.client.get("/users/bookings").await.expect(200);
    assert_eq!(bookings["items"].as_array().unwrap().len(), 2);
    for client in [&organiser.client, &door.client, &admin.client] {
        assert_eq!(client.get("/admin/events").await.expect(200)["items"].as_array().unwrap().len(), 4);
    }
    media_is_ready(&app, &admin.client, &member.client).await;
    let invites = admin.client.get("/admin/invites").await.expect(200);
    let codes: Vec<_> = invites["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|invite| invite["used"].as_u64() < invite["max_uses"].as_u64())
        .map(|invite| (invite["code"].as_str().unwrap(), invite["max_uses"].as_u64().unwrap()))
        .collect();
    assert_eq!(codes.iter().map(|(_, uses)| *uses).collect::<Vec<_>>(), [50, 1]);
    for (code, _) in codes {
        assert_eq!(app.stranger().get(&format!("/invites/{code}")).await.expect(200)["valid"], true);
    }
}

/// Opens an address that somebody was given; its bytes.
async fn opened(app: &TestApp, url: &str) -> Vec<u8> {
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let answer = app.stranger().request(Method::GET, path.unwrap()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{url}");
    answer.bytes().await.unwrap().to_vec()
}

/// What is to be seen and heard was made, all of it, and can be opened.
async fn media_is_ready(app: &TestApp, admin: &Client, member: &Client) {
    let albums = admin.get("/admin/albums").await.expect(200);
    let albums = albums["items"].as_array().unwrap();
    assert_eq!(albums.len(), 2);
    for album in albums {
        let pictures = format!("/gallery/albums/{}/images?all=true", album["id"].as_str().unwrap());
        let pictures = admin.get(&pictures).await.expect(200);
        let pictures = pictures["items"].as_array().unwrap();
        assert_eq!(pictures.len(), 6, "{album}");
        for picture in pictures {
            assert_eq!((&picture["status"], &picture["published"]), (&json!("ready"), &json!(true)));
            let file = opened(app, picture["sources"][0]["url"].as_str().unwrap()).await;
            assert!(file.starts_with(&[0xff, 0xd8, 0xff]), "{picture}");
        }
    }
    let sets = member.get("/music/sets").await.expect(200);
    let sets = sets["items"].as_array().unwrap();
    assert_eq!(sets.len(), 2);
    for set in sets {
        let id = set["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/admin/sets/{id}")).await.expect(200)["status"], "ready");
        let stream = member.get(&format!("/music/sets/{id}/stream")).await.expect(200);
        let playlist = opened(app, stream["hls_url"].as_str().unwrap()).await;
        assert!(playlist.starts_with(b"#EXTM3U"), "{set}");
    }
}

#[tokio::test]
async fn it_says_what_there_is_and_the_second_time_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = told(lasting(&folder)).await.unwrap();
    for word in ["admin@example.org", "door@example.org", PASSWORD, "/docs", "invite, once", "the-long-night"]
    {
        assert!(first.contains(word), "{word} not in {first}");
    }
    let second = told(lasting(&folder)).await.unwrap();
    assert!(second.contains("already"), "{second}");
    let below = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(below(&first), below(&second));
}

#[tokio::test]
async fn it_goes_neither_into_production_nor_over_other_data_nor_where_all_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let production = synesthesie::config::Environment::Production;
    let refused = told(Config { environment: production, ..lasting(&folder) }).await.unwrap_err();
    assert!(refused.contains("production"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let refused = told(config("127.0.0.1:0", &[])).await.unwrap_err();
    assert!(refused.contains("store.url"), "{refused}");

    let clock = std::sync::Arc::new(kernel::SystemClock);
    let app = synesthesie::wiring::build(&lasting(&folder), clock).await.unwrap();
    app.accounts.create_admin("someone@example.org", PASSWORD.into(), ("Site", "Admin")).await.unwrap();
    drop(app);
    let refused = told(lasting(&folder)).await.unwrap_err();
    assert!(refused.contains("not empty"), "{refused}");
    let app = synesthesie::wiring::build(&lasting(&folder), std::sync::Arc::new(kernel::SystemClock))
        .await
        .unwrap();
    let one = kernel::PageRequest { limit: 10, after: None };
    let all = app.accounts.list(accounts::AccountFilter::default(), one).await.unwrap();
    assert_eq!(all.items.len(), 1);
}
