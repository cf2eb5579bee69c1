//! The stream, kept by NATS JetStream.
//!
//! A message is published when the server says that it has it. It is named by the header `Nats-Msg-Id`, by which the server
//! drops what comes twice within the stream's window for that; what comes twice later is known to readers by the same name.

mod address;

pub use address::{UnusableUrl, check_url};

use address::Address;
use async_nats::connection::State;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{Context, ContextBuilder};
use async_nats::{ConnectOptions, Event, HeaderMap, ServerAddr};
use async_trait::async_trait;
use kernel::{Message, Stream, StreamError};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two signs of life on a quiet connection.
const PING: Duration = Duration::from_secs(10);
/// Between two tries to reach the server, at most.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the server recognises what comes twice, where we make the stream.
const DUPLICATES: Duration = Duration::from_secs(600);
/// How long messages are kept, where we make the stream.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A stream on a NATS server.
pub struct Nats {
    context: Context,
    /// The stream's name, with which all subjects begin.
    name: String,
    /// Whether the stream was there when it was looked for.
    there: AtomicBool,
}

impl Nats {
    /// Reads a URL, as `nats://user:password@host:4222/stream`, and begins to connect; whether the server can be reached shows
    /// later. `tls://` asks for an encrypted connection, `?ca_file=FILE` names who certifies the server.
    ///
    /// # Errors
    /// [`UnusableUrl`].
    pub async fn connect(url: &str, client: &str) -> Result<Self, UnusableUrl> {
        let Address { server, login, stream, tls } = Address::parse(url)?;
        let server: ServerAddr = server.parse().map_err(|_| UnusableUrl::Url)?;
        let mut options = ConnectOptions::new()
            .name(client)
            .connection_timeout(PATIENCE)
            .request_timeout(Some(PATIENCE))
            .ping_interval(PING)
            .reconnect_delay_callback(|tries| {
                let tries = u32::try_from(tries).unwrap_or(u32::MAX);
                Duration::from_millis(100).saturating_mul(tries).min(AGAIN)
            })
            .event_callback(|event| async move { tell_of(&event) })
            .tls_client_config(tls)
            .retry_on_initial_connect();
        options = match login {
            None => options,
            Some((user, Some(password))) => options.user_and_password(user, password),
            Some((token, None)) => options.token(token),
        };
        // Nothing is asked of the server yet, so that nothing but the address can be wrong.
        let client = options.connect(server).await.map_err(|_| UnusableUrl::Url)?;
        let context = ContextBuilder::new().timeout(PATIENCE).build(client);
        Ok(Self { context, name: stream, there: AtomicBool::new(false) })
    }

    /// Refuses while there is no connection: what is said meanwhile would wait in line, and be said when nobody waits for it
    /// any more.
    fn connected(&self, doing: &'static str) -> Result<(), StreamError> {
        match self.context.client().connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(StreamError::new(doing, "there is no connection")),
        }
    }

    /// Makes the stream where there is none. One that is there stays as it was set up.
    async fn look_for_stream(&self) -> Result<(), StreamError> {
        if self.there.load(Ordering::Acquire) {
            return Ok(());
        }
        let config = Config {
            name: self.name.clone(),
            subjects: vec![format!("{}.>", self.name)],
            storage: StorageType::File,
            duplicate_window: DUPLICATES,
            max_age: KEPT,
            ..Config::default()
        };
        let found = self.context.get_or_create_stream(config).await;
        found.map_err(|error| StreamError::new("looking for the stream", error))?;
        self.there.store(true, Ordering::Release);
        Ok(())
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats").field("name", &self.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl Stream for Nats {
    async fn publish(&self, message: &Message) -> Result<(), StreamError> {
        let doing = "publishing to NATS";
        self.connected(doing)?;
        self.look_for_stream().await?;
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", message.id.as_str());
        headers.insert("Key", message.key.as_str());
        let subject = format!("{}.{}", self.name, message.kind);
        let sent = self.context.publish_with_headers(subject, headers, message.body.clone().into()).await;
        let answer = sent.map_err(|error| StreamError::new(doing, error))?;
        match answer.await {
            Ok(_) => Ok(()),
            Err(error) => {
                if error.kind() == PublishErrorKind::StreamNotFound {
                    // Somebody removed it; it is made again with the next message.
                    self.there.store(false, Ordering::Release);
                }
                Err(StreamError::new(doing, error))
            }
        }
    }

    async fn ping(&self) -> Result<(), StreamError> {
        let doing = "asking NATS for a sign of life";
        self.connected(doing)?;
        // Not the account: what older servers tell of theirs, the client cannot read.
        match self.context.get_stream(&self.name).await {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(said) if said.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    Ok(())
                }
                _ => Err(StreamError::new(doing, error)),
            },
        }
    }
}

fn tell_of(event: &Event) {
    match event {
        Event::Connected => tracing::info!("NATS is there"),
        Event::Disconnected => tracing::warn!("NATS is away"),
        // One with each try while it is away, which was said once.
        Event::ClientError(_) => tracing::debug!(%event, "NATS"),
        other => tracing::warn!(event = %other, "NATS"),
    }
}
