//! Mail, sent after the commit by the worker.

use crate::{EffectId, Email};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One message to one person. `Debug` shows neither recipient nor content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The effect that owes it: the same id is the same mail, however often it is sent.
    pub id: EffectId,
    /// Address of the one recipient.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text, always there.
    pub text: String,
    /// HTML, when there is more to show.
    pub html: Option<String>,
    /// Files; those with a `content_id` are shown inside the HTML.
    pub attachments: Vec<Attachment>,
    /// Where servers on its way report what became of it (the sender of the envelope); to whom it is from without one.
    #[serde(default)]
    pub return_path: Option<Email>,
    /// Where a mail program tells, by an empty-handed POST, that its reader wants no more of these (RFC 8058). Only what is sent
    /// to many has it.
    #[serde(default)]
    pub unsubscribe: Option<String>,
}

/// A file inside a mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name that the recipient sees.
    pub filename: String,
    /// MIME type.
    pub content_type: String,
    /// For `<img src="cid:...">` in the HTML.
    pub content_id: Option<String>,
    /// The bytes, not encoded.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server is away or asks for patience: try again.
    #[error("the mail server did not take the message for now")]
    Deferred(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server will never take it (a malformed or unknown address).
    #[error("the mail server refused the message for good")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server was handed the whole message, and its answer was not heard: it may have it. Whoever tries again may send it
    /// twice.
    #[error("nobody heard whether the mail server took the message")]
    Unheard(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Hands a mail to whoever carries it.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Returns when the message was accepted for delivery. The same [`Mail::id`] carries the same Message-ID, so
    /// that a repeat after a lost answer can be recognised.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
