//! A mail's content, written once and given as text and as HTML.

use kernel::{Attachment, EffectId, Mail};

/// What a mail says.
pub(super) struct Page {
    subject: String,
    text: String,
    html: String,
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

impl Page {
    /// With a subject, which is also its heading.
    pub(super) fn new(subject: String) -> Self {
        // A subject is one line, whatever a title contains.
        let subject: String = subject.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        let html = format!("<h1>{}</h1>\n", escaped(&subject));
        Self { subject, text: String::new(), html }
    }

    /// A paragraph.
    pub(super) fn line(&mut self, line: String) {
        self.text += &line;
        self.text += "\n\n";
        self.html += &format!("<p>{}</p>\n", escaped(&line));
    }

    /// Lines that belong together.
    pub(super) fn lines(&mut self, lines: Vec<String>) {
        self.text += &lines.join("\n");
        self.text += "\n\n";
        let lines: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
        self.html += &format!("<p>{}</p>\n", lines.join("<br>\n"));
    }

    /// A ticket: its code as text, and as the picture that is attached under `content_id`.
    pub(super) fn ticket(&mut self, title: &str, code: &str, content_id: &str) {
        self.text += &format!("{title}\n{code}\n\n");
        let title = escaped(title);
        self.html += &format!(
            "<h2>{title}</h2>\n<p><img src=\"cid:{content_id}\" alt=\"{title}\" width=\"320\"></p>\n"
        );
    }

    /// A link that carries a token. The token stands behind `#`, which browsers send to no server.
    pub(super) fn token(&mut self, public_url: &str, page: &str, token: &str) {
        let link = format!("{public_url}/{page}#token={token}");
        self.text += &format!("{link}\n\n");
        let link = escaped(&link);
        self.html += &format!("<p><a href=\"{link}\">{link}</a></p>\n");
    }

    /// The finished mail.
    pub(super) fn mail(self, id: EffectId, to: String, attachments: Vec<Attachment>) -> Mail {
        let Self { subject, text, html } = self;
        Mail { id, to, subject, text, html: Some(html), attachments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_no_markup_and_no_second_header() {
        let mut page = Page::new("Night\r\nBcc: all".into());
        page.line("<script>alert('x')</script> & more".into());
        let mail = page.mail(EffectId::from(uuid::Uuid::nil()), "a@example.org".into(), Vec::new());
        assert_eq!(mail.subject, "Night  Bcc: all");
        assert!(!mail.html.unwrap().contains("<script>"));
        assert!(mail.text.contains("<script>"), "plain text is not escaped");
    }
}
