//! The pictures and sets that there are, a line for each: its size, its etag, and its name, in the order of names. Not
//! their bytes: those lie in a folder or a bucket of their own.

use crate::flow::{Flow, FlowError};
use async_trait::async_trait;
use kernel::{Listed, ObjectError, ObjectKey, ObjectStore, TOPS};
use std::sync::Arc;

/// Lines that are written at once.
const AT_ONCE: u32 = 1000;
/// Stands where a store does not say the etag.
const UNKNOWN: &str = "-";

/// A line of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) key: ObjectKey,
    pub(crate) size: u64,
}

impl Line {
    /// The line, if it is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (size, _etag, key) = (words.next()?, words.next()?, words.next()?);
        let key = ObjectKey::parse(key).filter(|_| words.next().is_none())?;
        Some(Self { key, size: size.parse().ok()? })
    }
}

fn written(Listed { key, size, etag, .. }: &Listed) -> String {
    let etag = etag.as_deref().filter(|etag| !etag.is_empty() && !etag.contains(char::is_whitespace));
    format!("{size} {} {key}\n", etag.unwrap_or(UNKNOWN))
}

/// All objects that this program keeps, by name, as they are listed.
pub(crate) struct Walk {
    objects: Arc<dyn ObjectStore>,
    /// The tops that are not done.
    tops: Vec<&'static str>,
    after: Option<ObjectKey>,
}

impl Walk {
    pub(crate) fn over(objects: Arc<dyn ObjectStore>) -> Self {
        let mut tops = TOPS.to_vec();
        // The first one is taken from the end.
        tops.sort_unstable_by(|one, other| other.cmp(one));
        Self { objects, tops, after: None }
    }

    /// The next ones; none at the end.
    pub(crate) async fn page(&mut self) -> Result<Vec<Listed>, ObjectError> {
        while let Some(top) = self.tops.last() {
            let page = self.objects.list(top, self.after.as_ref(), AT_ONCE).await?;
            self.after = page.last().map(|last| last.key.clone());
            if !page.is_empty() {
                return Ok(page);
            }
            self.tops.pop();
        }
        Ok(Vec::new())
    }
}

/// The index of what is there, on its way into a backup.
pub(crate) struct MediaIndex(pub(crate) Walk);

#[async_trait]
impl Flow for MediaIndex {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        let page = self.0.page().await?;
        let text: String = page.iter().map(written).collect();
        Ok((!text.is_empty()).then(|| text.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    fn listed(etag: Option<&str>) -> Listed {
        Listed {
            key: ObjectKey::parse("sets/1/opus-128.mp4").unwrap(),
            size: 17,
            changed_at: Timestamp::UNIX_EPOCH,
            etag: etag.map(str::to_owned),
        }
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        for (etag, text) in [
            (Some("ab-2"), "17 ab-2 sets/1/opus-128.mp4\n"),
            (None, "17 - sets/1/opus-128.mp4\n"),
            (Some(""), "17 - sets/1/opus-128.mp4\n"),
            (Some("a b"), "17 - sets/1/opus-128.mp4\n"),
        ] {
            let listed = listed(etag);
            assert_eq!(written(&listed), text);
            let line = Line::parse(text.trim_end()).unwrap();
            assert_eq!((line.key, line.size), (listed.key, 17));
        }
        for text in ["", "17", "17 x", "x - sets/1", "17 - Sets", "17 - sets/1 more"] {
            assert_eq!(Line::parse(text), None, "{text}");
        }
    }
}
