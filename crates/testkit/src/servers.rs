//! Private servers for tests: PostgreSQL, Redis, S3, NATS and an SMTP sink, on loopback, in temporary directories.
//!
//! A test asks [`postgres()`], [`redis()`], [`s3()`] or [`nats()`] for the shared server. `just test` starts one of each for
//! the whole run (the binary `with-servers`) and names them in [`POSTGRES_VARIABLE`], [`REDIS_VARIABLE`], [`S3_VARIABLE`] and
//! [`NATS_VARIABLE`]; without those, the first test that asks starts one for its own process. A missing program fails the
//! test, it never skips it.
//!
//! Tests that stop or break a server start their own: [`PostgresServer`], [`RedisServer`], [`S3Server`], [`NatsServer`],
//! [`SmtpSink`].
//! Whatever was started ends when its handle is dropped, and also when the process dies without dropping it.

mod certificate;
mod logged;
mod nats;
mod port;
mod postgres;
mod process;
mod program;
mod psql;
mod redis;
mod s3;
pub mod scripted;
mod smtp;

pub use certificate::Certificate;
pub use nats::NatsServer;
pub use postgres::{PostgresOptions, PostgresServer};
pub use program::{Memory, Program};
pub use redis::RedisServer;
pub use s3::{Bucket, S3Server};
pub use smtp::{ReceivedMail, SmtpOptions, SmtpSink};

use std::sync::OnceLock;

/// Names the PostgreSQL server that a test run shares.
pub const POSTGRES_VARIABLE: &str = "TEST_POSTGRES_URL";
/// Names the Redis server that a test run shares.
pub const REDIS_VARIABLE: &str = "TEST_REDIS_URL";
/// Names the bucket that a test run shares.
pub const S3_VARIABLE: &str = "TEST_S3_URL";
/// Names the NATS server that a test run shares.
pub const NATS_VARIABLE: &str = "TEST_NATS_URL";

/// Why a server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The program is not installed.
    #[error("{program} was not found: install it (on Debian and Ubuntu `./dev test` does, as `{package}`)")]
    Missing {
        /// What was looked for.
        program: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// It ended, or did not become ready in time.
    #[error("{program} did not start: {said}")]
    NotReady {
        /// Which one.
        program: &'static str,
        /// The end of its log.
        said: String,
    },
    /// A command or a statement was refused.
    #[error("{program} refused: {said}")]
    Refused {
        /// Which one.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// A file or process could not be handled.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// A PostgreSQL server that tests share: each test makes a database of its own on it.
#[derive(Debug)]
pub struct Postgres {
    /// `postgres://` URL of the maintenance database, as a superuser.
    pub url: String,
    /// Keeps a server of this process alive; `None` when it was started for the whole run.
    _own: Option<PostgresServer>,
}

/// A Redis server that tests share: each test uses keys of its own, and none flushes it.
#[derive(Debug)]
pub struct Redis {
    /// `redis://` URL.
    pub url: String,
    /// Keeps a server of this process alive; `None` when it was started for the whole run.
    _own: Option<RedisServer>,
}

/// A bucket that tests share: each test puts objects under a prefix of its own.
#[derive(Debug)]
pub struct S3 {
    /// Where it is, and who may fill it.
    pub bucket: Bucket,
    /// Keeps a server of this process alive; `None` when it was started for the whole run.
    _own: Option<S3Server>,
}

/// A NATS server that tests share: each test makes streams of its own.
#[derive(Debug)]
pub struct Nats {
    /// `nats://` URL.
    pub url: String,
    /// Keeps a server of this process alive; `None` when it was started for the whole run.
    _own: Option<NatsServer>,
}

/// The shared PostgreSQL server.
///
/// # Panics
/// When there is none and none can be started: a test that needs it must fail, not skip.
pub fn postgres() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var(POSTGRES_VARIABLE) {
        Ok(url) => Postgres { url, _own: None },
        Err(_) => {
            let own = started(PostgresServer::start(&PostgresOptions::default()));
            Postgres { url: own.url(), _own: Some(own) }
        }
    })
}

/// The shared Redis server.
///
/// # Panics
/// When there is none and none can be started: a test that needs it must fail, not skip.
pub fn redis() -> &'static Redis {
    static SHARED: OnceLock<Redis> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var(REDIS_VARIABLE) {
        Ok(url) => Redis { url, _own: None },
        Err(_) => {
            let own = started(RedisServer::start());
            Redis { url: own.url(), _own: Some(own) }
        }
    })
}

/// The shared bucket.
///
/// # Panics
/// When there is none and no server can be started: a test that needs it must fail, not skip.
pub fn s3() -> &'static S3 {
    static SHARED: OnceLock<S3> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var(S3_VARIABLE).ok().and_then(|url| Bucket::parse(&url)) {
        Some(bucket) => S3 { bucket, _own: None },
        None => {
            let own = started(S3Server::start());
            S3 { bucket: own.bucket(), _own: Some(own) }
        }
    })
}

/// The shared NATS server.
///
/// # Panics
/// When there is none and none can be started: a test that needs it must fail, not skip.
pub fn nats() -> &'static Nats {
    static SHARED: OnceLock<Nats> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var(NATS_VARIABLE) {
        Ok(url) => Nats { url, _own: None },
        Err(_) => {
            let own = started(NatsServer::start());
            Nats { url: own.url(), _own: Some(own) }
        }
    })
}

fn started<S>(server: Result<S, ServerError>) -> S {
    match server {
        Ok(server) => server,
        Err(refusal) => panic!("this test needs a server: {}", refusal.with_causes()),
    }
}

impl ServerError {
    /// The message with what lies behind it, for a person.
    pub fn with_causes(&self) -> String {
        match self {
            Self::Io { cause, .. } => format!("{self}: {cause}"),
            Self::Missing { .. } | Self::NotReady { .. } | Self::Refused { .. } => self.to_string(),
        }
    }
}

/// Gives an I/O error the name of what was being done.
fn io(doing: &'static str) -> impl Fn(std::io::Error) -> ServerError {
    move |cause| ServerError::Io { doing, cause }
}
