//! Tickets in the wallets of telephones, on both stores.

use crate::events::cast::{Cast, id};
use crate::harness::TestApp;
use crate::harness::shop::Store;
use crate::night::Night;
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use synesthesie::worker;
use tempfile::tempdir;
use testkit::certificates::Chain;

#[tokio::test]
async fn a_ticket_goes_into_wallets_on_local() {
    a_ticket_goes_into_wallets(Store::Local).await;
}

#[tokio::test]
async fn a_ticket_goes_into_wallets_on_postgres() {
    a_ticket_goes_into_wallets(Store::Postgres).await;
}

async fn a_ticket_goes_into_wallets(store: Store) {
    let database = match store {
        Store::Local => None,
        Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
    };
    let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
    let folder = tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let account = json!({"type": "service_account", "client_email": "passes@example.org",
        "private_key": chain.text("own.key")});
    std::fs::write(folder.path().join("account.json"), account.to_string()).unwrap();
    let app = TestApp::with(&[
        ("store.url", &url),
        ("wallet.apple_certificate_file", &path("own.pem")),
        ("wallet.apple_key_file", &path("own.key")),
        ("wallet.apple_wwdr_file", &path("above.pem")),
        ("wallet.apple_pass_type", "pass.org.example.tickets"),
        ("wallet.apple_team", "A1B2C3D4E5"),
        ("wallet.google_issuer", "3388000000022"),
        ("wallet.google_service_account_file", &path("account.json")),
    ])
    .await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Opening").await;
    let booking = night.book(&cast.member.client, 2).await;
    let (ticket, other) = (&booking["tickets"][0], &booking["tickets"][1]);
    let (file, link) =
        (format!("/tickets/{}/pass.pkpass", id(ticket)), format!("/tickets/{}/google-wallet", id(ticket)));

    let response = cast.member.client.request(reqwest::Method::GET, &file).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/vnd.apple.pkpass");
    assert_eq!(
        (&response.headers()["x-pass-signed"], &response.headers()["cache-control"]),
        (&"yes".parse().unwrap(), &"private, no-store".parse().unwrap())
    );
    std::fs::write(folder.path().join("ticket.pkpass"), response.bytes().await.unwrap()).unwrap();
    let unzipped = std::process::Command::new("python3")
        .args(["-I", "-m", "zipfile", "-e", "ticket.pkpass", "in"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(unzipped.success());
    let (good, said) = chain.ask(&[
        "smime",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "in/signature",
        "-content",
        "in/manifest.json",
        "-CAfile",
        "above.pem",
        "-purpose",
        "any",
    ]);
    assert!(good, "{said}");
    let pass: Value = serde_json::from_str(&chain.text("in/pass.json")).unwrap();
    assert_eq!(pass["barcodes"][0]["message"], ticket["code"]);
    assert_eq!(pass["eventTicket"]["auxiliaryFields"][0]["value"], "Old harbour");
    let reference = booking["reference"].as_str().unwrap();
    assert_eq!(pass["barcodes"][0]["altText"], reference, "it is its buyer's");
    assert!(!pass.to_string().contains("Quay 7"), "the exact place is shown to those who ask for it");

    let url = cast.member.client.get(&link).await.expect(200)["url"].as_str().unwrap().to_owned();
    let token = url.strip_prefix("https://pay.google.com/gp/v/save/").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    std::fs::write(folder.path().join("message"), message).unwrap();
    std::fs::write(folder.path().join("signature"), BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap())
        .unwrap();
    assert!(chain.ask(&["dgst", "-sha256", "-verify", "own.pub", "-signature", "signature", "message"]).0);

    // For its holder alone, as long as it opens a door.
    for path in [&file, &link] {
        app.stranger().get(path).await.expect_problem(401, "unauthenticated");
        for foreigner in [&cast.door, &cast.owner, &cast.admin, &cast.foreigner] {
            foreigner.client.get(path).await.expect_problem(404, "not_found");
        }
    }
    let friend = app.member().await;
    app.confirm_address(&friend).await;
    let (path, wish) = (format!("/tickets/{}/transfer", id(ticket)), json!({"email": friend.email}));
    let offer = cast.member.client.post(&path, &wish).await.expect(201);
    friend.client.post(&format!("/transfers/{}/accept", id(&offer)), &json!({})).await.expect(200);
    cast.member.client.get(&file).await.expect_problem(404, "not_found");
    // Whoever has it from its buyer does not learn what the whole booking is called.
    let response = friend.client.request(reqwest::Method::GET, &file).send().await.unwrap();
    assert_eq!(response.status(), 200);
    std::fs::write(folder.path().join("ticket.pkpass"), response.bytes().await.unwrap()).unwrap();
    let unzipped = std::process::Command::new("python3")
        .args(["-I", "-m", "zipfile", "-e", "ticket.pkpass", "given"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(unzipped.success());
    let pass = chain.text("given/pass.json");
    assert!(!pass.contains(reference) && pass.contains("PKBarcodeFormatQR"), "{pass}");
    let url = friend.client.get(&link).await.expect(200)["url"].as_str().unwrap().to_owned();
    let claims = BASE64URL_NOPAD.decode(url.split('.').nth(3).unwrap().as_bytes()).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    assert!(!claims.contains(reference) && claims.contains("eventTicketObjects"), "{claims}");
    // An event that is called off takes its tickets along.
    let path = format!("/admin/events/{}/cancel", night.event);
    cast.owner.client.post(&path, &json!({})).await.expect(202);
    while worker::round(&app.app).await.unwrap() > 0 {}
    for rest in ["pass.pkpass", "google-wallet"] {
        let gone = cast.member.client.get(&format!("/tickets/{}/{rest}", id(other))).await;
        gone.expect_problem(409, "ticket_not_valid");
    }
}

#[tokio::test]
async fn without_keys_a_file_says_that_it_is_not_signed_and_there_is_no_link() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Opening").await;
    let booking = night.book(&cast.member.client, 1).await;
    let path = format!("/tickets/{}", id(&booking["tickets"][0]));
    let file = cast.member.client.request(reqwest::Method::GET, &format!("{path}/pass.pkpass"));
    let file = file.send().await.unwrap();
    assert_eq!((file.status().as_u16(), &file.headers()["x-pass-signed"]), (200, &"no".parse().unwrap()));
    assert!(file.bytes().await.unwrap().starts_with(b"PK"));
    let link = cast.member.client.get(&format!("{path}/google-wallet")).await;
    link.expect_problem(422, "wallet_not_configured");
}
