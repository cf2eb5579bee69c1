//! Mail over SMTP, encrypted unless the server is on this machine: by few lines that carry many mails each, signed if
//! there is a key.

mod dkim;
mod failure;
mod line;
mod lines;
mod message;
mod sender;
mod server;

pub use dkim::{Dkim, DnsRecord, UnusableDkim};
pub use sender::sender_domain;
pub use server::check_url;

use async_trait::async_trait;
use failure::Failure;
use kernel::{Clock, Email, Mail, MailError, Mailer};
use line::{Letter, Stage};
use lines::{Lines, Open};
use sender::Sender;
use server::Server;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long handing one message over may take, from its first word, or from connecting, to the last answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands mails to the server of one URL.
pub struct SmtpMailer {
    server: Server,
    sender: Sender,
    lines: Arc<Lines>,
    dkim: Option<Arc<Dkim>>,
    clock: Arc<dyn Clock>,
}

/// How a mail server was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Whether nobody could listen.
    pub encrypted: bool,
    /// Whether it knows us.
    pub logged_in: bool,
}

/// The settings cannot be used; nothing was connected yet.
#[derive(Debug, thiserror::Error)]
pub enum UnusableSettings {
    /// Not a URL, another scheme, no host, an option that is not known.
    #[error(
        "this is no usable mail URL (smtp://[user:password@]host[:port] or smtps://...; option: ca_file)"
    )]
    Url,
    /// The file of `ca_file` cannot be read or holds no certificates.
    #[error("the file of trusted certificates cannot be used")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Neither `a@b.example` nor `Name <a@b.example>`.
    #[error("this is no address to send mail from")]
    From,
}

impl SmtpMailer {
    /// Prepares for the server at `url`: `smtp://` (port 587 if none is given) or `smtps://` (TLS from the first
    /// byte, port 465), with `user:password@` percent-encoded if it wants a login, and `?ca_file=` with a PEM file
    /// of certificates to trust instead of the public authorities.
    ///
    /// With `smtp://` the connection is upgraded by STARTTLS; only a server on loopback may do without. `from` is
    /// an address, or a name with an address in angle brackets.
    ///
    /// # Errors
    /// [`UnusableSettings`].
    pub fn new(url: &str, from: &str, clock: Arc<dyn Clock>) -> Result<Self, UnusableSettings> {
        let sender = Sender::parse(from).ok_or(UnusableSettings::From)?;
        let server = Server::parse(url, sender.domain())?;
        Ok(Self { server, sender, lines: Lines::new(), dkim: None, clock })
    }

    /// Signs what it sends, if there is something to sign with.
    #[must_use]
    pub fn signing(self, dkim: Option<Arc<Dkim>>) -> Self {
        Self { dkim, ..self }
    }

    /// Connects, greets, encrypts and logs in as for a mail, and says goodbye: nothing is sent.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn check(&self) -> Result<Reached, Box<dyn std::error::Error + Send + Sync>> {
        let work = async {
            let line = self.server.connect().await?;
            let encrypted = line.is_sealed();
            line.close().await;
            Ok::<_, Failure>(Reached { encrypted, logged_in: self.server.logs_in() })
        };
        Ok(tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Failure::Late))?)
    }

    async fn hand_over(&self, mail: &Mail, attachments: bool) -> Result<(), Failure> {
        // Never a line break in an SMTP command.
        let to = Email::parse(&mail.to)?;
        let from = mail.return_path.as_ref().map_or(self.sender.address(), Email::as_str);
        let bytes = self.written(mail, &to, attachments)?;
        let letter = Letter { from, to: to.as_str(), bytes: &bytes };
        let _place = self.lines.place().await?;
        let mut stage = Stage::Before;
        let carried = tokio::time::timeout(PATIENCE, self.carry(&letter, &mut stage)).await;
        carried.unwrap_or(Err(Failure::Late)).map_err(|failure| failure.at(stage))
    }

    /// The message as it goes over the line.
    fn written(&self, mail: &Mail, to: &Email, attachments: bool) -> Result<Vec<u8>, Failure> {
        let now = self.clock.now();
        let message = message::bytes(mail, to, &self.sender, attachments, now);
        let Some(dkim) = &self.dkim else { return Ok(message) };
        let mut signed = dkim.header(&message, now).map_err(|_| Failure::Unsigned)?.into_bytes();
        signed.extend_from_slice(&message);
        Ok(signed)
    }

    /// Hands a mail over on a line that is open, if there is one; `stage` is how far that came. When that turns out to be of no
    /// use before the mail itself was begun, it is tried once more on a new one; after that never, or it might arrive twice.
    async fn carry(&self, letter: &Letter<'_>, stage: &mut Stage) -> Result<(), Failure> {
        let mut kept = self.lines.take();
        loop {
            let mut open = match kept.take() {
                Some(open) => open,
                None => Open::new(self.server.connect().await?),
            };
            let again = open.mails > 0;
            open.mails += 1;
            let answer = open.line.carry(letter, again, stage).await;
            match &answer {
                Err(failure) if again && failure.is_the_lines(*stage) => {
                    tracing::debug!("a line to the mail server was lost; the mail goes by a new one");
                    continue;
                }
                // Whatever else the server said, it may have been about the line.
                Ok(()) | Err(Failure::Mail(_)) => self.lines.put_back(open),
                Err(_) => {}
            }
            return answer;
        }
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("server", &self.server).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut answer = self.hand_over(mail, true).await;
        let attached = message::attached(mail);
        if attached > 0 && answer.as_ref().is_err_and(Failure::is_about_size) {
            tracing::warn!(mail = %mail.id, attached, "the mail is too large; it goes without its attachments");
            answer = self.hand_over(mail, false).await;
        }
        answer.map_err(|failure| match failure {
            Failure::Mail(_) | Failure::Address(_) => MailError::Refused(Box::new(failure)),
            Failure::Way(_) | Failure::Late | Failure::Crowded | Failure::Unsigned => {
                MailError::Deferred(Box::new(failure))
            }
            Failure::Unheard(_) => MailError::Unheard(Box::new(failure)),
        })
    }
}
