//! However much passes through, the server stays as small as it was.

use super::desk::{PART, part, path, wish};
use crate::harness::{Client, PASSWORD};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use testkit::servers::Program;
use tokio::task::spawn_blocking;

/// What passes: 256 MiB, in parts.
const PARTS: usize = 16;
/// How much larger the server may get meanwhile.
const ROOM: u64 = 32 * 1024 * 1024;

#[tokio::test]
async fn a_server_through_which_much_passes_stays_small() {
    let launch = || {
        let settings = [
            ("store.url", "local:./data"),
            ("media.url", "file:./media"),
            ("auth.bcrypt_cost", "4"),
            ("limits.enabled", "false"),
        ];
        let mut program = Program::new(Path::new(env!("CARGO_BIN_EXE_synesthesie")), &settings).unwrap();
        let create = ["user", "create-admin", "--email", "admin@example.org", "--password-stdin"];
        program.run(&create, PASSWORD).unwrap();
        program.serve().unwrap();
        program
    };
    let program = spawn_blocking(launch).await.unwrap();
    let http = crate::harness::http().timeout(Duration::from_secs(120)).build().unwrap();
    let stranger = Client::new(http.clone(), format!("http://{}", program.address()), None);
    let login = json!({"email": "admin@example.org", "password": PASSWORD});
    let session = stranger.post("/auth/login", &login).await.expect(200);
    let admin = stranger.with(session["access_token"].as_str());

    // Once, so that what any first request needs is there.
    pass(&admin, &http, 1).await;
    let before = program.memory().unwrap().peak;
    pass(&admin, &http, PARTS).await;
    let after = program.memory().unwrap().peak;
    assert!(after < before + ROOM, "{before} bytes before, {after} at most meanwhile");
}

/// Sends so many parts, two at once, and gives all of it up.
async fn pass(admin: &Client, http: &reqwest::Client, count: usize) {
    let mut bytes = b"fLaC".to_vec();
    bytes.resize(PART, 7);
    let begun = admin.post("/admin/uploads", &wish("set", PART * count, "audio/flac")).await.expect(201);
    let send = async |number: usize| {
        let url = part(&begun, u64::try_from(number).unwrap());
        let sent = http.put(url).body(bytes.clone()).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 200);
    };
    for number in (1..=count).step_by(2) {
        if number < count {
            futures_util::join!(send(number), send(number + 1));
        } else {
            send(number).await;
        }
    }
    admin.post(&format!("{}/complete", path(&begun)), &json!({})).await.expect(200);
    assert_eq!(admin.delete(&path(&begun)).await.status, 204);
}
