//! What somebody wants to send, and what of it can be taken.

use super::{Format, UploadKind};
use kernel::Invalid;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// `image` or `set`.
    pub kind: String,
    /// What the sender calls it: up to 255 characters.
    pub filename: String,
    /// Bytes: at least one, up to what a kind may have.
    pub size: i64,
    /// What is in it: a media type.
    pub content_type: String,
}

/// What the sender promises, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What it is to become.
    pub kind: UploadKind,
    /// To be shown.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// What is in it.
    pub format: Format,
}

impl NewUpload {
    /// What is promised.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn check(&self) -> Result<Promise, Vec<Invalid>> {
        let mut wrong = Vec::new();
        let kind = UploadKind::parse(&self.kind);
        if kind.is_none() {
            wrong.push(Invalid::new("kind", "unknown", "must be image or set"));
        }
        wrong.extend(filename_problem(&self.filename));
        let most = kind.map_or(UploadKind::Set.largest(), UploadKind::largest);
        let size = u64::try_from(self.size).ok().filter(|size| (1..=most).contains(size));
        if size.is_none() {
            let message = format!("must be from 1 to {most} bytes");
            wrong.push(Invalid::new("size", "out_of_range", message));
        }
        let format = Format::of_content_type(&self.content_type);
        match (format, kind) {
            (None, _) => wrong.push(Invalid::new("content_type", "unknown", of_what(kind))),
            (Some(format), Some(kind)) if format.kind() != kind => {
                wrong.push(Invalid::new("content_type", "of_another_kind", of_what(Some(kind))));
            }
            (Some(_), _) => {}
        }
        match (kind, size, format) {
            (Some(kind), Some(size), Some(format)) if wrong.is_empty() => {
                Ok(Promise { kind, filename: self.filename.clone(), size, format })
            }
            _ => Err(wrong),
        }
    }
}

/// It is shown, and never a name of an object or a file here.
fn filename_problem(name: &str) -> Option<Invalid> {
    match name.chars().count() {
        0 => Some(Invalid::new("filename", "required", "must not be empty")),
        1..=255 if name.chars().any(char::is_control) => {
            Some(Invalid::new("filename", "malformed", "must not have control characters"))
        }
        1..=255 => None,
        _ => Some(Invalid::new("filename", "too_long", "must have at most 255 characters")),
    }
}

const fn of_what(kind: Option<UploadKind>) -> &'static str {
    match kind {
        Some(UploadKind::Image) => "must be image/jpeg, image/png, image/webp or image/heic",
        Some(UploadKind::Set) => "must be audio/wav, audio/flac, audio/aiff, audio/mpeg or audio/mp4",
        None => "must be a picture or a recording",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> NewUpload {
        NewUpload {
            kind: "image".into(),
            filename: "Ünder the ☂.jpg".into(),
            size: 1,
            content_type: "image/jpeg".into(),
        }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = NewUpload {
            kind: "video".into(),
            filename: "x".repeat(256),
            size: 0,
            content_type: "image/svg+xml".into(),
        };
        let wrong = wrong.check().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|one| (one.field.as_str(), one.code)).collect();
        let expected = [
            ("kind", "unknown"),
            ("filename", "too_long"),
            ("size", "out_of_range"),
            ("content_type", "unknown"),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_kind_has_its_own_formats_and_sizes() {
        assert_eq!(wish().check().unwrap().format, Format::Jpeg);
        let code = |wish: NewUpload| wish.check().unwrap_err().first().map(|one| one.code);
        assert_eq!(code(NewUpload { content_type: "audio/wav".into(), ..wish() }), Some("of_another_kind"));
        let most = i64::try_from(UploadKind::Image.largest()).unwrap();
        assert!(NewUpload { size: most, ..wish() }.check().is_ok());
        for size in [most + 1, 0, -1, i64::MIN, i64::MAX] {
            assert_eq!(code(NewUpload { size, ..wish() }), Some("out_of_range"), "{size}");
        }
        let set = NewUpload { kind: "set".into(), content_type: "audio/x-m4a".into(), ..wish() };
        let most = 4 * 1024 * 1024 * 1024;
        assert!(NewUpload { size: most, ..set.clone() }.check().is_ok());
        assert_eq!(code(NewUpload { size: most + 1, ..set }), Some("out_of_range"));
    }

    #[test]
    fn a_name_of_a_file_is_one_line_that_says_something() {
        for (name, code) in [("", "required"), ("a\nb", "malformed"), ("a\0", "malformed")] {
            let wrong = NewUpload { filename: name.into(), ..wish() }.check().unwrap_err();
            assert_eq!(wrong.first().map(|one| one.code), Some(code), "{name:?}");
        }
        // Names nothing here, so it may look like whatever.
        assert!(NewUpload { filename: "../../etc/passwd".into(), ..wish() }.check().is_ok());
    }
}
