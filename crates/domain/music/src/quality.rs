//! Which rendition suits whom, and what members may save.

use crate::{Codec, MusicSet, Rendition, Rung};

/// How good it shall sound, as a member wishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quality {
    /// For little data.
    Low,
    /// As it is usually heard.
    Normal,
    /// As good as there is.
    High,
    /// As the network allows: a player chooses, and changes its mind.
    #[default]
    Auto,
}

/// What may be saved where it is not said in which formats: the best of each kind.
pub const USUAL_DOWNLOADS: [Rung; 2] =
    [Rung { codec: Codec::Aac, kbps: 256 }, Rung { codec: Codec::Opus, kbps: 192 }];

impl Quality {
    /// As it is asked for.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Low, Self::Normal, Self::High, Self::Auto].into_iter().find(|one| one.as_str() == name)
    }

    /// As it is asked for.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Auto => "auto",
        }
    }

    /// What suits, with what to try first at the beginning: Opus before AAC, and where a player may choose, the usual rate
    /// before others.
    const fn rungs(self) -> &'static [Rung] {
        const fn opus(kbps: u32) -> Rung {
            Rung { codec: Codec::Opus, kbps }
        }
        const fn aac(kbps: u32) -> Rung {
            Rung { codec: Codec::Aac, kbps }
        }
        match self {
            Self::Low => &const { [opus(64), aac(128)] },
            Self::Normal => &const { [opus(128), aac(128)] },
            Self::High => &const { [opus(192), aac(256)] },
            Self::Auto => &const { [opus(128), opus(64), opus(192), aac(128), aac(256)] },
        }
    }
}

impl MusicSet {
    /// The renditions that suit, with what to try first at the beginning.
    #[must_use]
    pub fn suited(&self, quality: Quality) -> Vec<Rendition> {
        quality.rungs().iter().filter_map(|rung| self.rendition(*rung)).collect()
    }

    /// The rendition of this rung, if it was made.
    #[must_use]
    pub fn rendition(&self, rung: Rung) -> Option<Rendition> {
        self.renditions.iter().find(|one| one.rung == rung).copied()
    }

    /// What is saved by whom asks for a format: the name of a rung, or of a codec, or nothing for the first that is allowed.
    ///
    /// # Errors
    /// [`NotDownloadable`].
    pub fn download(&self, format: Option<&str>) -> Result<Rendition, NotDownloadable> {
        let wanted = |rung: &&Rung| {
            format.is_none_or(|format| {
                [rung.codec.as_str(), rung.codec.extension()].contains(&format) || rung.name() == format
            })
        };
        let rung = self.downloads.iter().find(wanted).ok_or(NotDownloadable)?;
        self.rendition(*rung).ok_or(NotDownloadable)
    }
}

/// Members may not save it, or not in this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be saved in this format")]
pub struct NotDownloadable;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn opus_is_tried_before_aac() {
        let set = samples::ready();
        let names =
            |quality| set.suited(quality).iter().map(|one| one.rung.name()).collect::<Vec<_>>().join(" ");
        assert_eq!(names(Quality::Low), "opus-64 aac-128");
        assert_eq!(names(Quality::Normal), "opus-128 aac-128");
        assert_eq!(names(Quality::High), "opus-192 aac-256");
        assert_eq!(names(Quality::Auto), "opus-128 opus-64 opus-192 aac-128 aac-256");
        for quality in [Quality::Low, Quality::Normal, Quality::High, Quality::Auto] {
            assert_eq!(Quality::named(quality.as_str()), Some(quality));
        }
        assert_eq!(Quality::named("best"), None);
    }

    #[test]
    fn only_what_is_allowed_is_saved() {
        let mut set = samples::ready();
        assert_eq!(set.download(None), Err(NotDownloadable));
        set.downloads = USUAL_DOWNLOADS.to_vec();
        for (format, name) in [
            (None, "aac-256"),
            (Some("aac"), "aac-256"),
            (Some("m4a"), "aac-256"),
            (Some("opus"), "opus-192"),
            (Some("opus-192"), "opus-192"),
        ] {
            assert_eq!(set.download(format).unwrap().rung.name(), name);
        }
        for format in ["opus-64", "wav", ""] {
            assert_eq!(set.download(Some(format)), Err(NotDownloadable), "{format}");
        }
    }
}
