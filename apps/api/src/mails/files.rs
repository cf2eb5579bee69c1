//! What is attached: pictures of codes, the event for a calendar, and tickets as one file.

use super::content::Slip;
use crate::http::problem::Causes;
use crate::ics::{CONTENT_TYPE, Calendar};
use crate::press::PressError;
use crate::qr::{self, QrError};
use crate::wiring::App;
use events::{Entry, Event, Onlooker};
use kernel::{Attachment, EffectId};

/// Most that all files of a mail are as they are sent: servers commonly take 10 MB.
const MOST_ATTACHED: usize = 8_000_000;

/// A ticket's code, shown inside the HTML.
pub(super) fn picture(slip: &Slip, filename: String) -> Result<Attachment, QrError> {
    Ok(Attachment {
        filename,
        content_type: "image/png".into(),
        content_id: Some(slip.content_id.clone()),
        bytes: qr::png(&slip.code)?,
    })
}

/// The event for a calendar program, as strangers know it: a mail lies in a mailbox for ever and is handed on, and
/// nobody could note who reads in it where exactly the event is.
pub(super) fn calendar(app: &App, event: &Event) -> Attachment {
    let entries = [Entry::of(event, Onlooker::Stranger, app.clock.now())];
    let calendar = Calendar { name: None, entries: &entries, base: &app.config.http.public_url };
    Attachment {
        filename: "event.ics".into(),
        content_type: CONTENT_TYPE.into(),
        content_id: None,
        bytes: calendar.text().into_bytes(),
    }
}

/// Adds the file when it could be drawn and the mail does not become too large by it: a mail with the codes alone is
/// better than one that no server takes.
pub(super) fn attach(attachments: &mut Vec<Attachment>, printed: Result<Vec<u8>, PressError>, id: EffectId) {
    let bytes = match printed {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(effect = %id, causes = %Causes(&error), "a mail goes out without its tickets as PDF");
            return;
        }
    };
    let size: usize = attachments.iter().map(|file| encoded(file.bytes.len())).sum();
    if size + encoded(bytes.len()) > MOST_ATTACHED {
        tracing::warn!(effect = %id, bytes = bytes.len(), "a mail goes out without its tickets as PDF: too large");
        return;
    }
    let (filename, content_type) = ("tickets.pdf".to_owned(), "application/pdf".to_owned());
    attachments.push(Attachment { filename, content_type, content_id: None, bytes });
}

/// How long so many bytes are as base64 in lines of 76 letters (RFC 2045, 6.8).
const fn encoded(bytes: usize) -> usize {
    let letters = bytes.div_ceil(3) * 4;
    letters + letters.div_ceil(76) * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn pdf(bytes: usize) -> Result<Vec<u8>, PressError> {
        Ok(vec![0; bytes])
    }

    #[test]
    fn a_mail_goes_out_without_the_file_rather_than_never() {
        let id = EffectId::from(Uuid::nil());
        let mut files = Vec::new();
        attach(&mut files, Err(PressError::Busy), id);
        assert!(files.is_empty());
        attach(&mut files, pdf(MOST_ATTACHED * 3 / 4), id);
        assert!(files.is_empty(), "base64 makes a third more of it");
        attach(&mut files, pdf(MOST_ATTACHED / 2), id);
        assert_eq!((files.len(), files[0].filename.as_str()), (1, "tickets.pdf"));
        attach(&mut files, pdf(MOST_ATTACHED / 2), id);
        assert_eq!(files.len(), 1, "all files count together");
    }

    #[test]
    fn files_are_counted_as_they_are_sent() {
        // 57 bytes are one line of 76 letters and its end.
        assert_eq!([0, 1, 57, 58].map(encoded), [0, 6, 78, 84]);
    }
}
