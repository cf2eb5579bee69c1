//! The commands themselves.

use super::{CreateAdmin, Failure};
use crate::config::{Config, Environment};
use crate::http;
use crate::wiring::{self, is_lasting};
use accounts::CreateAdminError;
use data_encoding::BASE32_NOPAD;
use kernel::SystemClock;
use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Prints a line.
pub(super) fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    // In production whoever sends requests here has to notice first that it is about to stop.
    let wait = match config.environment {
        Environment::Production => Duration::from_secs(5),
        Environment::Development => Duration::ZERO,
    };
    let listener = TcpListener::bind(config.http.bind)?;
    let app = Arc::new(wiring::build(&config, Arc::new(SystemClock)).await?);
    let ears = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.gate.listen().await }
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut server = http::start(Arc::clone(&app), listener)?;
    tracing::info!(address = %config.http.bind, url = %config.http.public_url, "serving");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        failed = server.failed() => return Ok(failed?),
    }
    tracing::info!("stopping");
    server.stop(wait).await?;
    ears.abort();
    Ok(())
}

pub(super) async fn migrate(config: Config) -> Result<(), Failure> {
    wiring::store::migrate(&config.store.url).await?;
    say("The store has the shape that this version knows.")
}

pub(super) async fn create_admin(config: Config, who: CreateAdmin) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let (password, made) = if who.password_stdin { (read_line()?, false) } else { (make_password()?, true) };
    let app = wiring::build(&config, Arc::new(SystemClock)).await?;
    let names = (who.first_name.as_str(), who.last_name.as_str());
    match app.accounts.create_admin(&who.email, password.clone(), names).await {
        Ok(account) => say(&format!("{} is an admin now.", account.email))?,
        Err(CreateAdminError::Invalid(wrong)) => {
            let wrong: Vec<_> = wrong.iter().map(|one| format!("{} {}", one.field, one.message)).collect();
            return Err(wrong.join("; ").into());
        }
        Err(refusal) => return Err(refusal.into()),
    }
    if made { say(&format!("Password: {password}")) } else { Ok(()) }
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// 80 random bits in letters and digits.
fn make_password() -> Result<String, Failure> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers can be had: {error}"))?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}
