//! A mail as a MIME message (RFC 5322, RFC 2045, RFC 2387).

use crate::sender::Sender;
use kernel::{Attachment, Email, Mail, Timestamp};
use mail_send::mail_builder::MessageBuilder;
use mail_send::mail_builder::headers::address::Address;
use mail_send::mail_builder::headers::content_type::ContentType;
use mail_send::mail_builder::headers::date::Date;
use mail_send::mail_builder::headers::raw::Raw;
use mail_send::mail_builder::headers::url::URL;
use mail_send::mail_builder::mime::MimePart;

/// What a mail with all its files may come to; larger ones are refused by many servers.
const MOST_BYTES: usize = 20 << 20;

/// How many files are attached, those shown inside the HTML aside.
pub(crate) fn attached(mail: &Mail) -> usize {
    mail.attachments.iter().filter(|file| !is_inline(mail, file)).count()
}

/// The message as it goes over the line. `attachments` says whether files come along that are not shown inside the
/// HTML; those that would make it too large stay out in any case: better a mail without its files than none.
pub(crate) fn bytes(mail: &Mail, to: &Email, sender: &Sender, attachments: bool, now: Timestamp) -> Vec<u8> {
    let mut message = Vec::new();
    let mut builder = MessageBuilder::new()
        .from(Address::new_address(sender.name(), sender.address()))
        .to(Address::new_address(None::<&str>, to.as_str()))
        .subject(one_line(&mail.subject))
        .date(Date::new(now.timestamp()))
        .message_id(format!("{}@{}", mail.id, sender.domain()))
        // Keeps out-of-office replies away (RFC 3834, section 5).
        .header("Auto-Submitted", Raw::new("auto-generated"));
    if let Some(link) = &mail.unsubscribe {
        // Both of them, word for word, or no mail program shows a button (RFC 8058, section 3.1).
        builder = builder
            .header("List-Unsubscribe", URL::new(token(link)))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    builder.body(whole(mail, attachments)).serialize(&mut message);
    message
}

fn whole(mail: &Mail, attachments: bool) -> MimePart<'_> {
    let body = body(mail);
    let mut files: Vec<&Attachment> = Vec::new();
    if attachments {
        files.extend(mail.attachments.iter().filter(|file| !is_inline(mail, file)));
    }
    let left_out = cut_to_size(mail, &mut files);
    if left_out > 0 {
        tracing::warn!(mail = %mail.id, left_out, "the mail goes without attachments that make it too large");
    }
    if files.is_empty() {
        return body;
    }
    let mut parts = vec![body];
    parts.extend(files.into_iter().map(|file| part(file, "attachment")));
    MimePart::new("multipart/mixed", parts)
}

/// Text, or text and HTML with the pictures that it shows.
fn body(mail: &Mail) -> MimePart<'_> {
    let text = MimePart::new("text/plain", mail.text.as_str());
    let Some(html) = &mail.html else {
        return text;
    };
    let html = MimePart::new("text/html", html.as_str());
    let mut related = vec![html];
    for file in mail.attachments.iter().filter(|file| is_inline(mail, file)) {
        let shown = part(file, "inline");
        related.push(match &file.content_id {
            Some(id) => shown.cid(token(id)),
            None => shown,
        });
    }
    let html = if related.len() == 1 { related.pop() } else { Some(related_to_html(related)) };
    MimePart::new("multipart/alternative", std::iter::once(text).chain(html).collect::<Vec<_>>())
}

fn related_to_html(parts: Vec<MimePart<'_>>) -> MimePart<'_> {
    MimePart::new(ContentType::new("multipart/related").attribute("type", "text/html"), parts)
}

fn part<'m>(file: &'m Attachment, disposition: &'static str) -> MimePart<'m> {
    let named = ContentType::new(disposition).attribute("filename", one_line(&file.filename));
    MimePart::new(token(&file.content_type), file.bytes.as_slice()).header("Content-Disposition", named)
}

/// Without HTML there is nothing that could show it.
fn is_inline(mail: &Mail, file: &Attachment) -> bool {
    mail.html.is_some() && file.content_id.is_some()
}

/// Leaves files out, the last ones first, until the rest fits; returns how many.
fn cut_to_size(mail: &Mail, files: &mut Vec<&Attachment>) -> usize {
    let inline = mail.attachments.iter().filter(|file| is_inline(mail, file));
    let fixed: usize =
        inline.map(encoded).sum::<usize>() + mail.text.len() + mail.html.as_ref().map_or(0, String::len);
    let before = files.len();
    while !files.is_empty() && fixed + files.iter().map(|file| encoded(file)).sum::<usize>() > MOST_BYTES {
        files.pop();
    }
    before - files.len()
}

/// Four bytes of base64 for three, and a line break for every 76 (RFC 2045, section 6.8).
fn encoded(file: &Attachment) -> usize {
    let base64 = file.bytes.len().div_ceil(3) * 4;
    base64 + base64.div_ceil(76) * 2
}

/// Nothing that a header could be broken with.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// What may stand in a header as it is.
fn token(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::EffectId;

    fn mail(sizes: &[usize]) -> Mail {
        let file = |&size: &usize| Attachment {
            filename: format!("{size}.pdf"),
            content_type: "application/pdf".into(),
            content_id: None,
            bytes: vec![0; size],
        };
        Mail {
            id: EffectId::generate(testkit::noon()),
            to: "guest@house.example".into(),
            subject: "Subject\r\nBcc: thief@house.example".into(),
            text: "Text".into(),
            html: None,
            attachments: sizes.iter().map(file).collect(),
            return_path: None,
            unsubscribe: None,
        }
    }

    fn written(mail: &Mail) -> String {
        let (to, sender) = (Email::parse(&mail.to).unwrap(), Sender::parse("door@house.example").unwrap());
        String::from_utf8(bytes(mail, &to, &sender, true, testkit::noon())).unwrap()
    }

    #[test]
    fn files_that_make_a_mail_too_large_stay_out() {
        let message = written(&mail(&[1000, 15 << 20]));
        assert!(message.contains("1000.pdf"));
        assert!(!message.contains("15728640.pdf"));
        assert!(message.contains("Text"));
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        let mut mail = mail(&[1]);
        for file in &mut mail.attachments {
            file.filename = "a\"\r\nBcc: thief@house.example\r\n.pdf".into();
            file.content_type = "text/x\r\nBcc: thief@house.example".into();
        }
        let message = written(&mail);
        assert!(!message.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{message}");
    }

    #[test]
    fn what_is_sent_to_many_says_how_to_want_no_more_of_it() {
        let link = format!("https://house.example/api/v1/unsubscribe/{}", "x".repeat(90));
        let message = written(&Mail { unsubscribe: Some(link.clone()), ..mail(&[]) });
        let unfolded = message.replace("\r\n\t", " ").replace("\r\n ", " ");
        let header = |name: &str| unfolded.lines().find_map(|line| line.strip_prefix(name));
        assert_eq!(header("List-Unsubscribe:").map(str::trim), Some(format!("<{link}>").as_str()));
        assert_eq!(header("List-Unsubscribe-Post: "), Some("List-Unsubscribe=One-Click"));
        assert!(!written(&mail(&[])).contains("List-Unsubscribe"));
        let smuggled = Some("https://house.example/>\r\nBcc: thief@house.example".to_owned());
        let message = written(&Mail { unsubscribe: smuggled, ..mail(&[]) });
        assert!(!message.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{message}");
    }

    #[test]
    fn the_date_is_the_clocks() {
        assert!(written(&mail(&[])).contains("Date: Mon, 1 Jun 2026 12:00:00 +0000\r\n"));
    }
}
