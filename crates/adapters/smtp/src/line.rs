//! One connection to the mail server, and what is said on it.

use crate::failure::Failure;
use mail_send::SmtpClient;
use mail_send::smtp::AssertReply;
use mail_send::smtp::message::Parameters;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How long a server that took a mail a moment ago may take to say that it is still there.
const STILL_THERE: Duration = Duration::from_secs(5);
/// How long we wait for a goodbye that nothing depends on.
const GOODBYE: Duration = Duration::from_secs(2);

/// A connection after greeting and login.
pub(crate) enum Line {
    /// Nobody can listen.
    Sealed(Box<SmtpClient<TlsStream<TcpStream>>>),
    /// Within this machine.
    Plain(Box<SmtpClient<TcpStream>>),
}

/// How far the handing over of a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing was said of it yet.
    Before,
    /// Who it is from.
    Sender,
    /// Whom it is for, and that it is about to come.
    Recipient,
    /// The mail itself: from here on it may have arrived, whatever we hear.
    Content,
}

/// What is handed over.
pub(crate) struct Letter<'l> {
    /// Whom the server is to tell when it cannot be delivered.
    pub(crate) from: &'l str,
    /// The one recipient.
    pub(crate) to: &'l str,
    /// The message as it goes over the line.
    pub(crate) bytes: &'l [u8],
}

impl Line {
    /// Hands a mail over; `again` says whether the line has carried one before. `stage` is how far that came, also when
    /// nobody waits for the end of it.
    pub(crate) async fn carry(
        &mut self,
        letter: &Letter<'_>,
        again: bool,
        stage: &mut Stage,
    ) -> Result<(), Failure> {
        match self {
            Self::Sealed(client) => converse(client, letter, again, stage).await,
            Self::Plain(client) => converse(client, letter, again, stage).await,
        }
    }

    /// Says goodbye. Nothing depends on the answer.
    pub(crate) async fn close(self) {
        let _ = match self {
            Self::Sealed(client) => tokio::time::timeout(GOODBYE, client.quit()).await,
            Self::Plain(client) => tokio::time::timeout(GOODBYE, client.quit()).await,
        };
    }

    pub(crate) const fn is_sealed(&self) -> bool {
        matches!(self, Self::Sealed(_))
    }
}

async fn converse<S>(
    client: &mut SmtpClient<S>,
    letter: &Letter<'_>,
    again: bool,
    stage: &mut Stage,
) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    *stage = Stage::Before;
    if again {
        let reset = tokio::time::timeout(STILL_THERE, client.rset()).await;
        reset.unwrap_or(Err(mail_send::Error::Timeout))?;
    }
    *stage = Stage::Sender;
    client.mail_from(letter.from, &Parameters::new()).await?;
    *stage = Stage::Recipient;
    client.rcpt_to(letter.to, &Parameters::new()).await.map_err(Failure::blame)?;
    let answer = client.cmd(b"DATA\r\n").await?;
    answer.assert_code(354).map_err(Failure::blame)?;
    *stage = Stage::Content;
    client.write_message(letter.bytes).await.map_err(mail_send::Error::from)?;
    let answer = client.read().await?;
    answer.assert_positive_completion().map_err(Failure::blame)
}
