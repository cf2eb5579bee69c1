use super::Music;
use crate::{MusicSet, NotDownloadable, PassRefusal, Rendition, SoundObject, StreamPass, file_name};
use chrono::TimeDelta;
use kernel::{
    AccountId, Actor, Delivery, Disposition, Link, ObjectError, ObjectKey, SetId, StoreError, Window,
};

/// Why somebody does not hear a set.
#[derive(Debug, thiserror::Error)]
pub enum HearError {
    /// There is none that they may hear.
    #[error("there is no such set")]
    Unknown,
    /// The pass in the address is none, or over.
    #[error(transparent)]
    Pass(#[from] PassRefusal),
    /// It may not be saved, or not so.
    #[error(transparent)]
    NotDownloadable(#[from] NotDownloadable),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files cannot be reached.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// A link to a file, to be handed out once it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where it leads.
    pub link: Link,
    /// How many bytes it leads to.
    pub bytes: u64,
    /// Names the link among all that a member is given, the same for a whole window.
    pub name: String,
}

impl Music {
    /// A pass for somebody who may hear a set, as text, and when it ends.
    #[must_use]
    pub fn pass(&self, actor: &Actor, set: &MusicSet) -> (String, StreamPass) {
        let pass = StreamPass::beginning(actor.account, actor.session, set.id, self.clock.now());
        (self.passes.sign(&pass), pass)
    }

    /// Who came with a pass for a set. Whether their session still counts is not looked at.
    ///
    /// # Errors
    /// [`PassRefusal`].
    pub fn bearer(&self, pass: &str, set: SetId) -> Result<StreamPass, PassRefusal> {
        self.passes.read(pass, set, self.clock.now())
    }

    /// A link to the file of a rendition that is played by segments. It is read for as long as the set lasts, so it is good
    /// for at least that long.
    ///
    /// # Errors
    /// A [`HearError`].
    pub fn stream(&self, set: &MusicSet, of: Rendition, who: AccountId) -> Result<Given, HearError> {
        let file = SoundObject::Stream(of.rung);
        self.give(set, file, of.stream_bytes, (who, Disposition::Inline, self.listening(set)))
    }

    /// A link to the file of a rendition that is played in one go; it is good for as long.
    ///
    /// # Errors
    /// A [`HearError`].
    pub fn play(&self, set: &MusicSet, of: Rendition, who: AccountId) -> Result<Given, HearError> {
        let file = SoundObject::File(of.rung);
        self.give(set, file, of.file_bytes, (who, Disposition::Inline, self.listening(set)))
    }

    /// A link that saves a set under a readable name.
    ///
    /// # Errors
    /// A [`HearError`].
    pub fn save(&self, set: &MusicSet, format: Option<&str>, who: AccountId) -> Result<Given, HearError> {
        let of = set.download(format)?;
        let disposition = Disposition::Attachment(file_name(set, of.rung));
        let window = Window(self.window);
        let given = self.give(set, SoundObject::File(of.rung), of.file_bytes, (who, disposition, window))?;
        Ok(Given { name: format!("{}#save", given.name), ..given })
    }

    /// Links to the waveforms of a set, finest first, with how many samples each point of them stands for. They are small
    /// and counted against nobody.
    ///
    /// # Errors
    /// A link cannot be made.
    pub fn waveforms(&self, set: &MusicSet) -> Result<Vec<(u32, Link)>, ObjectError> {
        let mut links = Vec::new();
        for zoom in &set.zooms {
            let file = SoundObject::Peaks(*zoom);
            if let Some(key) = set.made(file) {
                let delivery = Delivery {
                    content_type: file.content_type().to_owned(),
                    disposition: Disposition::Inline,
                    meter: None,
                };
                let link = self.objects.link(&key, &delivery, Window(self.window), self.clock.now())?;
                links.push((*zoom, link));
            }
        }
        Ok(links)
    }

    /// As many of the usual windows as it takes to hear the set through: a player reads a playlist once, and the link in
    /// it has to last.
    fn listening(&self, set: &MusicSet) -> Window {
        let usual = self.window.num_seconds().max(1);
        let lasts = i64::try_from(set.duration_ms.div_ceil(1000)).unwrap_or(usual);
        // Ceiling, without which the last minutes would be missing.
        Window(TimeDelta::seconds((lasts + usual - 1).div_euclid(usual).max(1) * usual))
    }

    fn give(
        &self,
        set: &MusicSet,
        file: SoundObject,
        bytes: u64,
        (who, disposition, window): (AccountId, Disposition, Window),
    ) -> Result<Given, HearError> {
        let key: ObjectKey = set.made(file).ok_or(HearError::Unknown)?;
        let content_type = file.content_type().to_owned();
        let delivery = Delivery { content_type, disposition, meter: Some(who) };
        let link = self.objects.link(&key, &delivery, window, self.clock.now())?;
        let name = format!("{key}@{}", link.expires_at.timestamp());
        Ok(Given { link, bytes, name })
    }
}
