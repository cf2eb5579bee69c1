//! The files of `docker/`: nothing of them is started by tests, but what they name has to be there, and what they set has to be
//! known.

mod compose;
mod kubernetes;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use synesthesie::config::{Config, ConfigError};
use tempfile::TempDir;

type Variables = BTreeMap<String, String>;

/// Public halves of pairs that are made for tests.
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// What somebody fills in, by the name of the file that it is kept in.
const FILLED_IN: [(&str, &str); 14] = [
    ("store_url", "postgres://synesthesie:secret@postgres/synesthesie"),
    ("redis_url", "redis://redis:6379/0"),
    ("mail_url", "smtp://user:secret@mail.example.org:587"),
    ("dkim_key", testkit::dkim::KEY),
    ("signing_key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    ("media_access_key", "GK31c2f218a2e44f485b94239e"),
    ("media_secret_key", "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835"),
    ("stripe_secret_key", "sk_test_nobody"),
    ("stripe_webhook_secrets", "whsec_nobody"),
    ("paypal_client_id", "nobody"),
    ("paypal_client_secret", "nobody"),
    ("paypal_webhook_id", "nobody"),
    ("backup_access_key", "GK31c2f218a2e44f485b94239e"),
    ("backup_secret_key", "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835"),
];

/// The folder.
fn docker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker")
}

fn read(file: &str) -> String {
    let path = docker().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The settings that nobody knows.
fn unknown(variables: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    match Config::from_sources(None, variables) {
        Ok(_) => Vec::new(),
        Err(ConfigError(mistakes)) => {
            let unknown = mistakes.into_iter().filter(|mistake| mistake.message.starts_with("is not known"));
            unknown.map(|mistake| mistake.key).collect()
        }
    }
}

/// What `check-config` says of these variables once everything is filled in; secrets are looked for below `mount`.
fn checked(variables: &Variables, mount: &str) -> Result<(), String> {
    let secrets = filled_in();
    let there = secrets.path().to_str().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
    command.arg("check-config").env_clear();
    for (name, value) in variables {
        let value = match value.as_str() {
            "" if name.ends_with("__RECIPIENT") => RECIPIENT.to_owned(),
            value => value.replacen(mount, there, 1),
        };
        command.env(name, value);
    }
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn filled_in() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in FILLED_IN {
        std::fs::write(folder.path().join(name), format!("{value}\n")).unwrap();
    }
    folder
}

/// Whether an image is named so that it stays the same: with a version of at least two numbers.
fn is_pinned(image: &str) -> bool {
    let Some((_, tag)) = image.rsplit_once(':') else { return false };
    let version = tag.trim_start_matches('v').split('-').next().unwrap();
    let numbers = version.split('.').filter(|number| number.parse::<u32>().is_ok()).count();
    numbers >= 2 && numbers == version.split('.').count()
}

#[test]
fn what_is_misspelt_is_found() {
    let misspelt = [("SYNESTHESIE__HTTP__BNID".to_owned(), "x".to_owned())];
    assert_eq!(unknown(misspelt), ["http.bnid"]);
    let variables: Variables = [("SYNESTHESIE__HTTP__BNID".to_owned(), "x".to_owned())].into();
    assert!(checked(&variables, "/run/secrets").unwrap_err().contains("http.bnid"));
}

#[test]
fn an_image_without_a_version_is_found() {
    for (image, pinned) in [
        ("redis:7.4.9-bookworm", true),
        ("axllent/mailpit:v1.31.3", true),
        ("registry.example.org:5000/synesthesie:0.1.0", true),
        ("debian:12.13-slim", true),
        ("redis", false),
        ("redis:7", false),
        ("redis:latest", false),
        ("registry.example.org:5000/synesthesie", false),
    ] {
        assert_eq!(is_pinned(image), pinned, "{image}");
    }
}
