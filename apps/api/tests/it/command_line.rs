//! The program as it is started by hand.

use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use testkit::certificates::{Chain, PASS_TYPE, TEAM};
use testkit::dkim;

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
    command
        .args(arguments)
        .env("SYNESTHESIE__STORE__URL", format!("local:{}", folder.display()))
        .env("SYNESTHESIE__AUTH__BCRYPT_COST", "4")
        .env("SYNESTHESIE__PAYMENTS__SIMULATORS", "false");
    command
}

fn output(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        vec!["serve"],
        vec!["migrate"],
        vec!["user", "create-admin"],
        vec!["user", "reset-totp"],
        vec!["openapi"],
        vec!["events-schema"],
        vec!["close"],
        vec!["check-config"],
        vec!["audit", "verify"],
        vec!["maintenance", "on"],
        vec!["maintenance", "off"],
        vec!["backup", "create"],
        vec!["backup", "list"],
        vec!["backup", "verify"],
        vec!["backup", "restore"],
        vec!["figures", "check"],
        vec!["figures", "remake"],
    ] {
        let arguments = [command.as_slice(), &["--help"]].concat();
        let (fine, said, _) = output(&mut program(folder.path(), &arguments));
        assert!(fine && said.contains("Usage: synesthesie"), "{command:?}: {said}");
    }
}

#[test]
fn mistakes_in_the_configuration_are_all_said() {
    let folder = tempfile::tempdir().unwrap();
    let (fine, said, _) = output(&mut program(folder.path(), &["check-config"]));
    assert!(fine && said.contains("fine"), "{said}");
    let mut wrong = program(folder.path(), &["check-config"]);
    wrong.env("SYNESTHESIE__HTTP__BIND", "nowhere").env("SYNESTHESIE__HTTP__BNID", "x");
    let (fine, _, said) = output(&mut wrong);
    assert!(!fine && said.contains("http.bind") && said.contains("http.bnid"), "{said}");
}

#[test]
fn what_dns_has_to_say_is_said_with_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &["check-config"]);
    command
        .env("SYNESTHESIE__MAIL__FROM", "Tickets <tickets@example.org>")
        .env("SYNESTHESIE__MAIL__DKIM_KEY", dkim::KEY)
        .env("SYNESTHESIE__MAIL__DKIM_SELECTOR", "summer");
    let (fine, said, wrong) = output(&mut command);
    let record = format!("summer._domainkey.example.org. IN TXT ( \"{}\" )", dkim::PUBLISHED);
    assert!(fine && said.contains(&record) && said.contains("fine"), "{said}{wrong}");
}

#[test]
fn keys_of_wallets_are_checked_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let keys = tempfile::tempdir().unwrap();
    let chain = Chain::made_in(keys.path());
    let path = |name: &str| chain.folder.join(name).to_str().unwrap().to_owned();
    let right = [
        ("APPLE_CERTIFICATE_FILE", path("own.pem")),
        ("APPLE_KEY_FILE", path("own.key")),
        ("APPLE_WWDR_FILE", path("above.pem")),
        ("APPLE_PASS_TYPE", PASS_TYPE.to_owned()),
        ("APPLE_TEAM", TEAM.to_owned()),
    ];
    let said_with = |name: &str, value: &str| {
        let mut command = program(folder.path(), &["check-config"]);
        command.envs(right.iter().map(|(name, value)| (format!("SYNESTHESIE__WALLET__{name}"), value)));
        command.env(format!("SYNESTHESIE__WALLET__{name}"), value);
        output(&mut command)
    };
    let (fine, said, wrong) = said_with("APPLE_TEAM", TEAM);
    assert!(fine && said.contains("fine"), "{said}{wrong}");
    for (name, value, expected) in [
        ("APPLE_KEY_FILE", path("above.key"), "apple_key of the wallet"),
        ("APPLE_WWDR_FILE", path("own.pem"), "apple_wwdr of the wallet"),
        ("APPLE_PASS_TYPE", "pass.org.example.other".to_owned(), "apple_pass_type of the wallet"),
        ("APPLE_TEAM", "ZZZZZZZZZZ".to_owned(), "apple_team of the wallet"),
        ("APPLE_PASS_TYPE", String::new(), "all or none"),
        ("APPLE_KEY_FILE", path("none.key"), "wallet.apple_key_file"),
    ] {
        let (fine, _, said) = said_with(name, &value);
        assert!(!fine && said.contains(expected), "{name}={value}: {said}");
        assert_eq!(said.contains("all or none"), expected == "all or none", "the mistake that it is: {said}");
    }
}

#[test]
fn the_ledger_of_an_empty_system_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let (fine, _, said) = output(&mut program(folder.path(), &["ledger", "check"]));
    assert!(!fine && said.contains("there is no store in"), "a wrong path is no empty ledger: {said}");
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let (fine, said, wrong) = output(&mut program(folder.path(), &["ledger", "check"]));
    assert!(fine && said.contains("says what all 0 bookings say"), "{said}{wrong}");
    let (fine, said, wrong) = output(&mut program(folder.path(), &["ledger", "catch-up"]));
    assert!(fine && said.contains("Posted what 0 bookings owed."), "{said}{wrong}");
}

#[test]
fn figures_are_counted_before_they_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let figures = |what| output(&mut program(folder.path(), &["figures", what]));
    let (fine, _, said) = figures("check");
    assert!(!fine && said.contains("there is no store in"), "a wrong path has no figures: {said}");
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let (fine, _, said) = figures("check");
    assert!(!fine && said.contains("not every event was counted yet"), "{said}");
    for what in ["remake", "check"] {
        let (fine, said, wrong) = figures(what);
        assert!(fine && said.contains("are what the rows of 0 events say"), "{said}{wrong}");
    }
}

#[test]
fn a_day_without_money_is_closed_and_one_that_is_not_over_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let (fine, said, wrong) = output(&mut program(folder.path(), &["close", "2026-06-01"]));
    assert!(fine && said.contains("2026-06-01 is closed."), "{said}{wrong}");
    let (fine, _, said) = output(&mut program(folder.path(), &["close", "2999-01-01"]));
    assert!(!fine && said.contains("has not begun"), "{said}");
    let (fine, _, said) = output(&mut program(folder.path(), &["close", "1.6.2026"]));
    assert!(!fine && said.contains("must be a date"), "{said}");
}

#[test]
fn what_is_read_only_is_said_and_ended_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |arguments: &[&str]| output(&mut program(folder.path(), &[&["maintenance"], arguments].concat()));
    let (fine, _, said) = run(&["status"]);
    assert!(!fine && said.contains("there is no store in"), "{said}");
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let (fine, said, wrong) = run(&["status"]);
    assert!(fine && said.contains("Everything can be changed."), "{said}{wrong}");
    for (until, expected) in [("soon", "wants an instant"), ("2020-01-01T00:00:00Z", "must be in the future")]
    {
        let (fine, _, said) = run(&["on", "--until", until]);
        assert!(!fine && said.contains("--until") && said.contains(expected), "{said}");
    }
    let (fine, said, wrong) =
        run(&["on", "--until", "2999-01-01T00:00:00Z", "--message", "We move.", "--shut-doors"]);
    assert!(fine && said.contains("doors are shut") && said.contains("told: We move."), "{said}{wrong}");
    let (fine, said, wrong) = run(&["status"]);
    assert!(
        fine && said.contains("nothing be changed, since") && said.contains("2999-01-01"),
        "{said}{wrong}"
    );
    let (fine, said, wrong) = run(&["off"]);
    assert!(fine && said.contains("Everything can be changed."), "{said}{wrong}");
}

#[test]
fn who_looks_at_the_audit_log_makes_neither_a_store_nor_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let verify = || output(&mut program(folder.path(), &["audit", "verify"]));
    let (fine, _, said) = verify();
    assert!(!fine && said.contains("there is no store in"), "{said}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let (fine, _, said) = verify();
    assert!(fine, "{said}");
    std::fs::remove_file(folder.path().join("secrets/signing.key")).unwrap();
    let (fine, _, said) = verify();
    assert!(!fine && said.contains("signing key") && !said.contains("tampered"), "{said}");
    assert!(!folder.path().join("secrets/signing.key").exists());
}

#[test]
fn the_document_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (fine, said, _) = output(&mut program(folder.path(), &["openapi"]));
    assert!(fine);
    assert_eq!(said, synesthesie::http::openapi::text());
}

fn create_admin(folder: &Path, password: &str) -> (bool, String, String) {
    let arguments = ["user", "create-admin", "--email", "root@example.org", "--password-stdin"];
    let mut child = program(folder, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Serves until told to stop.
fn serve(folder: &Path) -> (Child, String) {
    let (child, url, _) = served(&mut program(folder, &["serve"]));
    (child, url)
}

/// The same, with all that it said until then.
fn served(command: &mut Command) -> (Child, String, Vec<String>) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = command
        .env("SYNESTHESIE__HTTP__BIND", format!("127.0.0.1:{port}"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said: Vec<String> = Vec::new();
    while said.last().is_none_or(|line| !line.contains("serving")) {
        let line = lines.next().unwrap_or_else(|| panic!("it does not serve: {said:#?}"));
        said.push(line.unwrap());
    }
    // Read on, or its log would fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, format!("http://127.0.0.1:{port}/api/v1"), said)
}

#[test]
fn what_waits_for_a_program_that_is_missing_is_said_when_it_is_served() {
    let (folder, nothing) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let media = format!("file:{}", folder.path().join("media").display());
    let warned = |path: Option<&Path>| {
        let mut command = program(folder.path(), &["serve"]);
        command.env("SYNESTHESIE__MEDIA__URL", &media);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let (child, _, mut said) = served(&mut command);
        terminate(child);
        said.retain(|line| line.contains("a program is missing: what needs it waits"));
        said
    };
    assert_eq!(warned(None), Vec::<String>::new(), "where all of them are, nothing waits");
    let said = warned(Some(nothing.path()));
    let expected = [
        ("ffmpeg", "recordings", "ffmpeg"),
        ("ffprobe", "recordings", "ffmpeg"),
        ("heif-dec or heif-convert", "pictures in HEIC", "libheif-examples"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (line, (program, waits, package)) in said.iter().zip(expected) {
        for wanted in [
            "WARN ".to_owned(),
            format!("program=\"{program}\""),
            format!("waits=\"{waits}\""),
            format!("package=\"{package}\""),
        ] {
            assert!(line.contains(&wanted), "no {wanted} in {line}");
        }
    }
}

#[tokio::test]
async fn an_admin_made_by_hand_logs_in_and_stays_so_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (fine, _, said) = create_admin(folder.path(), "short");
    assert!(!fine && said.contains("10"), "{said}");
    let (fine, said, _) = create_admin(folder.path(), "correct horse battery");
    assert!(fine && said.contains("root@example.org"), "{said}");
    let (fine, _, said) = create_admin(folder.path(), "correct horse battery");
    assert!(!fine && said.contains("has an account"), "{said}");
    let http = reqwest::Client::new();
    let (first, url) = serve(folder.path());
    let body = json!({"email": "root@example.org", "password": "correct horse battery"});
    let session = http.post(format!("{url}/auth/login")).json(&body).send().await.unwrap();
    let session: serde_json::Value = session.json().await.unwrap();
    terminate(first);
    let (second, url) = serve(folder.path());
    let token = session["access_token"].as_str().unwrap();
    let me = http.get(format!("{url}/users/me")).bearer_auth(token).send().await.unwrap();
    assert_eq!(me.status(), 200, "the key was kept");
    terminate(second);
}

#[test]
fn a_second_factor_is_taken_away_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let reset = |email: &str| output(&mut program(folder.path(), &["user", "reset-totp", "--email", email]));
    let (fine, said, wrong) = reset("ROOT@example.org");
    assert!(fine && said.contains("has no second factor"), "{said}{wrong}");
    let (fine, _, said) = reset("nobody@example.org");
    assert!(!fine && said.contains("there is no such account"), "{said}");
}

#[tokio::test]
async fn a_changed_audit_log_is_named_and_ends_the_command_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let verify =
        |more: &[&str]| program(folder.path(), &[&["audit", "verify"], more].concat()).output().unwrap();
    let said =
        |output: &Output| String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned();
    assert!(create_admin(folder.path(), "correct horse battery").0);
    let fresh = verify(&[]);
    assert!(fresh.status.success() && said(&fresh).contains("0 acts are as they were sealed; 1 wait"));
    let (serving, url) = serve(folder.path());
    sealed(&url).await;
    terminate(serving);
    let sound = said(&verify(&[]));
    assert!(sound.contains("0 wait for their seal"), "{sound}");
    let noted =
        sound.lines().last().and_then(|line| line.strip_prefix("Note elsewhere: ")).unwrap().to_owned();
    assert!(verify(&["--noted", &noted]).status.success());
    let (number, _) = noted.split_once(':').unwrap();
    let other = verify(&["--noted", &format!("{number}:{}", "0".repeat(64))]);
    assert_eq!(other.status.code(), Some(1), "{}", said(&other));
    assert!(said(&other).contains("is not the one that was noted"), "{}", said(&other));
    assert!(said(&verify(&["--noted", "x"])).contains("a number and a seal"));

    let file = folder.path().join("synesthesie.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let name = b"account.create_admin";
    let at = bytes.windows(name.len()).position(|part| part == name).expect("the act is in the file");
    bytes[at..at + name.len()].copy_from_slice(b"account.create_guest");
    std::fs::write(&file, bytes).unwrap();
    let changed = verify(&[]);
    assert_eq!(changed.status.code(), Some(1), "{}", said(&changed));
    assert!(said(&changed).contains("was changed after it was sealed"), "{}", said(&changed));
}

/// Waits until everything that was done is sealed.
async fn sealed(url: &str) {
    let http = reqwest::Client::new();
    let body = json!({"email": "root@example.org", "password": "correct horse battery"});
    let session = http.post(format!("{url}/auth/login")).json(&body).send().await.unwrap();
    let session: serde_json::Value = session.json().await.unwrap();
    let token = session["access_token"].as_str().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        let acts = http.get(format!("{url}/admin/audit")).bearer_auth(token).send().await.unwrap();
        let acts: serde_json::Value = acts.json().await.unwrap();
        if acts["items"].as_array().unwrap().iter().all(|act| act["number"].is_u64()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the worker did not seal");
}

/// Asks it to stop and sees that it does.
fn terminate(mut child: Child) {
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it did not stop");
}
