//! Scripts in a real browser: Node drives Chromium (`tests/browser`), and has the test do what only it can do.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

/// Names that Chromium and its relatives have.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

/// Plays `tests/browser/SCRIPT`, which is given `case`; `house` answers what it asks for. With `BROWSER_SHOTS=FOLDER` in
/// the environment it leaves pictures there.
///
/// # Panics
/// When the script fails, with what was on the pages on standard error; and when there is no browser, Node or Playwright:
/// a test that needs them fails.
pub async fn browse(script: &str, case: &Value, mut house: impl AsyncFnMut(&str) -> Value) {
    let mut node = Command::new("node")
        .args(["--no-warnings", &format!("{SCRIPTS}/{script}")])
        .envs([("BROWSER", browser()), ("BROWSER_TOOLS", tools())])
        .env("BROWSER_CASE", case.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node is installed: `./dev test` brings it");
    let (mut answers, wishes) = (node.stdin.take().unwrap(), node.stdout.take().unwrap());
    let mut wishes = BufReader::new(wishes).lines();
    while let Some(wish) = wishes.next_line().await.unwrap() {
        let wish: String = serde_json::from_str(&wish).expect("a script prints nothing but its wishes");
        let answer = format!("{}\n", house(&wish).await);
        answers.write_all(answer.as_bytes()).await.unwrap();
    }
    let status = node.wait().await.unwrap();
    assert!(status.success(), "{script} failed ({status}); what was on its pages is above");
}

/// What `npm ci` brought for `tests/browser/package-lock.json`.
///
/// # Panics
/// When it is not there.
pub fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/browser");
    let there = tools.join("node_modules/playwright-core/package.json");
    assert!(there.exists(), "{} is not there: `./dev test` brings it", there.display());
    tools.canonicalize().unwrap()
}

fn browser() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut found = BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = found.find(|program| program.is_file());
    found.expect("chromium is installed: `./dev test` brings it")
}
