//! Mail over SMTP: one connection per message, encrypted unless the server is on this machine.

mod message;
mod sender;
mod server;

use async_trait::async_trait;
use kernel::{Clock, Email, Mail, MailError, Mailer};
use mail_send::SmtpClient;
use mail_send::smtp::message::Parameters;
use sender::Sender;
use server::{Line, Server};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// How long handing one message over may take, from connecting to the last answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long we wait for a goodbye that nothing depends on.
const GOODBYE: Duration = Duration::from_secs(2);

/// Hands mails to the server of one URL.
pub struct SmtpMailer {
    server: Server,
    sender: Sender,
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

/// At which step the server said no, which tells whose fault it is.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The mail's: this recipient or this content, and the server said why.
    #[error(transparent)]
    Mail(mail_send::Error),
    /// Ours, the server's or the network's: connection, login, sender.
    #[error(transparent)]
    Way(#[from] mail_send::Error),
    #[error("the mail server took too long")]
    Late,
    #[error("the recipient is no mail address")]
    Address(#[from] kernel::email::MalformedEmail),
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
        Ok(Self { server, sender, clock })
    }

    /// Connects, greets, encrypts and logs in as for a mail, and says goodbye: nothing is sent.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn check(&self) -> Result<Reached, Box<dyn std::error::Error + Send + Sync>> {
        let work = async {
            let encrypted = match self.server.connect().await? {
                Line::Sealed(line) => {
                    let _ = tokio::time::timeout(GOODBYE, line.quit()).await;
                    true
                }
                Line::Plain(line) => {
                    let _ = tokio::time::timeout(GOODBYE, line.quit()).await;
                    false
                }
            };
            Ok::<_, Failure>(Reached { encrypted, logged_in: self.server.logs_in() })
        };
        Ok(tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Failure::Late))?)
    }

    async fn hand_over(&self, mail: &Mail, attachments: bool) -> Result<(), Failure> {
        // Never a line break in an SMTP command.
        let to = Email::parse(&mail.to)?;
        let body = message::bytes(mail, &to, &self.sender, attachments, self.clock.now());
        let work = async {
            match self.server.connect().await? {
                Line::Sealed(line) => self.converse(*line, (mail, &to), &body).await,
                Line::Plain(line) => self.converse(*line, (mail, &to), &body).await,
            }
        };
        tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Failure::Late))
    }

    async fn converse<S>(
        &self,
        mut line: SmtpClient<S>,
        (mail, to): (&Mail, &Email),
        body: &[u8],
    ) -> Result<(), Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let from = mail.return_path.as_ref().map_or(self.sender.address(), Email::as_str);
        line.mail_from(from, &Parameters::new()).await?;
        line.rcpt_to(to.as_str(), &Parameters::new()).await.map_err(blame)?;
        line.data(body).await.map_err(blame)?;
        // It is theirs now, whatever becomes of the connection.
        let _ = tokio::time::timeout(GOODBYE, line.quit()).await;
        Ok(())
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Which answers to the recipient or the content are about the mail itself: 5yz (RFC 5321, section 4.2.1), but for
/// those that ask for a login (RFC 4954, section 6) or for other commands.
fn blame(error: mail_send::Error) -> Failure {
    match error {
        mail_send::Error::UnexpectedReply(reply) if is_final(reply.code) => {
            Failure::Mail(mail_send::Error::UnexpectedReply(reply))
        }
        error => Failure::Way(error),
    }
}

const fn is_final(code: u16) -> bool {
    matches!(code, 550..=599)
}

impl Failure {
    /// "Exceeded storage allocation", which is also said of a message that is too large (RFC 1870, section 6).
    fn is_about_size(&self) -> bool {
        matches!(self, Self::Mail(mail_send::Error::UnexpectedReply(reply)) if reply.code == 552)
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
            Failure::Way(_) | Failure::Late => MailError::Deferred(Box::new(failure)),
        })
    }
}
