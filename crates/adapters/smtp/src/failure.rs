//! Why a mail was not handed over, and whose fault that is.

use crate::line::Stage;

/// At which step the server said no, which tells whose fault it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The mail's: this recipient or this content, and the server said why.
    #[error(transparent)]
    Mail(mail_send::Error),
    /// Ours, the server's or the network's: connection, login, sender.
    #[error(transparent)]
    Way(#[from] mail_send::Error),
    #[error("the mail server took too long")]
    Late,
    #[error("all lines to the mail server are taken")]
    Crowded,
    #[error("the mail could not be signed")]
    Unsigned,
    #[error("the recipient is no mail address")]
    Address(#[from] kernel::email::MalformedEmail),
    #[error("the mail went over the line, and nobody heard the answer")]
    Unheard(#[source] Box<Self>),
}

impl Failure {
    /// Which answers to the recipient or the content are about the mail itself: 5yz (RFC 5321, section 4.2.1), but for
    /// those that ask for a login (RFC 4954, section 6) or for other commands.
    pub(crate) fn blame(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::UnexpectedReply(reply) if is_final(reply.code) => {
                Self::Mail(mail_send::Error::UnexpectedReply(reply))
            }
            error => Self::Way(error),
        }
    }

    /// What it comes to when the handing over had come so far: once the mail itself is on the line, only what the server says of
    /// it tells whether it has it.
    pub(crate) fn at(self, stage: Stage) -> Self {
        let said = matches!(self, Self::Mail(_) | Self::Way(mail_send::Error::UnexpectedReply(_)));
        if stage == Stage::Content && !said { Self::Unheard(Box::new(self)) } else { self }
    }

    /// "Exceeded storage allocation", which is also said of a message that is too large (RFC 1870, section 6).
    pub(crate) fn is_about_size(&self) -> bool {
        matches!(self, Self::Mail(mail_send::Error::UnexpectedReply(reply)) if reply.code == 552)
    }

    /// Whether a line that was open before failed, and not the mail: then the mail has not arrived, and another line may
    /// take it. A server that has enough of a line says so before it hears of the recipient, or closes it (421).
    pub(crate) fn is_the_lines(&self, stage: Stage) -> bool {
        match (self, stage) {
            (Self::Way(_), Stage::Before | Stage::Sender) => true,
            (Self::Way(mail_send::Error::UnexpectedReply(reply)), Stage::Recipient) => reply.code == 421,
            (Self::Way(_), Stage::Recipient) => true,
            _ => false,
        }
    }
}

const fn is_final(code: u16) -> bool {
    matches!(code, 550..=599)
}
