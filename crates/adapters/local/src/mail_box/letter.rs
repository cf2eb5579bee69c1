//! A mail as a document: attachments as base64 text instead of lists of numbers.

use crate::document::base64;
use kernel::{Attachment, EffectId, Mail};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Letter {
    id: EffectId,
    to: String,
    subject: String,
    text: String,
    html: Option<String>,
    attachments: Vec<Enclosure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsubscribe: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Enclosure {
    filename: String,
    content_type: String,
    content_id: Option<String>,
    #[serde(with = "base64")]
    bytes: Vec<u8>,
}

impl From<Attachment> for Enclosure {
    fn from(file: Attachment) -> Self {
        let Attachment { filename, content_type, content_id, bytes } = file;
        Self { filename, content_type, content_id, bytes }
    }
}

impl From<Enclosure> for Attachment {
    fn from(file: Enclosure) -> Self {
        let Enclosure { filename, content_type, content_id, bytes } = file;
        Self { filename, content_type, content_id, bytes }
    }
}

pub(super) fn serialize<S: Serializer>(mail: &Mail, serializer: S) -> Result<S::Ok, S::Error> {
    // It is of no use to who reads it here.
    let Mail { id, to, subject, text, html, attachments, unsubscribe, return_path: _ } = mail.clone();
    let attachments = attachments.into_iter().map(Enclosure::from).collect();
    Letter { id, to, subject, text, html, attachments, unsubscribe }.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mail, D::Error> {
    let Letter { id, to, subject, text, html, attachments, unsubscribe } = Letter::deserialize(deserializer)?;
    let attachments = attachments.into_iter().map(Attachment::from).collect();
    Ok(Mail { id, to, subject, text, html, attachments, return_path: None, unsubscribe })
}
