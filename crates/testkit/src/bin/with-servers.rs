//! Runs a command with a private PostgreSQL, Redis, S3 and NATS beside it, and ends with its exit code.
//!
//! `with-servers cargo nextest run` gives every test of the run the same servers; see `testkit::servers`. Only tests need
//! S3 and NATS: where their servers are not installed the command runs without, and tests that ask for them fail.

use std::process::ExitCode;
use std::time::Duration;
use testkit::servers::{
    NATS_VARIABLE, NatsServer, POSTGRES_VARIABLE, PostgresOptions, PostgresServer, REDIS_VARIABLE,
    RedisServer, S3_VARIABLE, S3Server, ServerError,
};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// How long a command may take to end after it was asked to.
const FAREWELL: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-servers COMMAND [ARGUMENT...]");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    match run(command).await {
        Ok(code) => ExitCode::from(code),
        Err(refusal) => {
            eprintln!("with-servers: {}", refusal.with_causes());
            ExitCode::FAILURE
        }
    }
}

async fn run(mut command: Command) -> Result<u8, ServerError> {
    let io = |doing| move |cause| ServerError::Io { doing, cause };
    // From here on a signal no longer ends us before the servers are stopped.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io("waiting for signals"))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(io("waiting for signals"))?;
    let postgres = PostgresServer::start(&PostgresOptions::default())?;
    let redis = RedisServer::start()?;
    let (s3, nats) = (where_there(S3Server::start())?, where_there(NatsServer::start())?);
    let mut child = command
        .env(POSTGRES_VARIABLE, postgres.url())
        .env(REDIS_VARIABLE, redis.url())
        .envs(s3.as_ref().map(|s3| (S3_VARIABLE, s3.bucket().url())))
        .envs(nats.as_ref().map(|nats| (NATS_VARIABLE, nats.url())))
        .spawn()
        .map_err(io("running the command"))?;
    let status = tokio::select! {
        status = child.wait() => status,
        // The terminal has told the command as well: it ends by itself, or is asked again.
        _ = interrupt.recv() => match tokio::time::timeout(FAREWELL, child.wait()).await {
            Ok(status) => status,
            Err(_) => ask_to_end(&mut child).await,
        },
        _ = terminate.recv() => ask_to_end(&mut child).await,
    };
    let status = status.map_err(io("waiting for the command"))?;
    // Ended by a signal: a shell would say 128 and its number, and 1 says enough.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// A server, or none where it is not installed.
fn where_there<S>(started: Result<S, ServerError>) -> Result<Option<S>, ServerError> {
    match started {
        Ok(server) => Ok(Some(server)),
        Err(ServerError::Missing { .. }) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Sends TERM, and KILL when that does not help in time.
async fn ask_to_end(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    if let Some(id) = child.id() {
        Command::new("sh").args(["-c", r#"kill -s TERM "$1""#, "kill", &id.to_string()]).status().await?;
    }
    if let Ok(status) = tokio::time::timeout(FAREWELL, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}
