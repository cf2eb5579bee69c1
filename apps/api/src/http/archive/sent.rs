//! An archive on its way: made by a task of its own, a little ahead of whoever takes it, so that who takes nothing any more
//! keeps neither a picture nor others from their turn.

use super::content;
use crate::http::problem::Causes;
use crate::metrics::Way;
use crate::turns::Turn;
use crate::wiring::App;
use crate::zip::Zip;
use actix_web::web::{Bytes, Data};
use futures_util::{Stream, stream};
use gallery::{Picture, Shown, Viewer};
use kernel::{Actor, AlbumId, Content, ObjectError, PageRequest, StoreError};
use media::ChargeError;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pictures that are read from the store at once; as often it is looked whether the album is still to be seen.
const SOME: u32 = 20;
/// Bytes that are handed over together, and how many of them wait for whoever takes them.
const CHUNK: usize = 256 * 1024;
const AHEAD: usize = 2;
/// How long nothing may be taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is handed over. Without an end it was broken off.
enum Piece {
    Some(Bytes),
    End,
}

/// Why an archive breaks off: whoever downloads it sees that it is not whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    Charge(#[from] ChargeError),
    /// The login ended, or the album is not for them any more.
    #[error("the album is not to be seen any more")]
    Closed,
    /// Nothing was taken for too long.
    #[error("nothing of it was taken for a minute")]
    Stalled,
    /// Nobody takes it any more.
    #[error("whoever downloaded it is gone")]
    Gone,
    /// The log says why.
    #[error("the archive was broken off")]
    Off,
}

/// One that is being made.
pub(super) struct Archive {
    app: Data<App>,
    album: AlbumId,
    actor: Actor,
    /// The folder in it.
    folder: String,
    zip: Zip,
    waiting: VecDeque<Picture>,
    /// Where the next pictures begin; `None` when there are no more.
    next: Option<PageRequest>,
    _turn: Turn,
}

/// The archive, piece by piece.
pub(super) fn sent(archive: Archive) -> impl Stream<Item = Result<Bytes, Broken>> {
    let (to, from) = channel(AHEAD);
    tokio::spawn(archive.run(to));
    taken(from)
}

fn taken(from: Receiver<Piece>) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::unfold(Some(from), |from| async move {
        let mut from = from?;
        match from.recv().await {
            Some(Piece::Some(bytes)) => Some((Ok(bytes), Some(from))),
            Some(Piece::End) => None,
            None => Some((Err(Broken::Off), None)),
        }
    })
}

/// Hands something over in pieces that share no memory with it, so that what is not taken holds no more than that.
async fn hand_over(to: &Sender<Piece>, bytes: &[u8], patience: Duration) -> Result<(), Broken> {
    for some in bytes.chunks(CHUNK) {
        give(to, Piece::Some(Bytes::copy_from_slice(some)), patience).await?;
    }
    Ok(())
}

async fn give(to: &Sender<Piece>, piece: Piece, patience: Duration) -> Result<(), Broken> {
    match tokio::time::timeout(patience, to.send(piece)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Broken::Gone),
        Err(_) => Err(Broken::Stalled),
    }
}

impl Archive {
    /// One for somebody who may see the album now.
    pub(super) fn of(app: Data<App>, album: AlbumId, actor: Actor, folder: String, turn: Turn) -> Self {
        Self {
            app,
            album,
            actor,
            folder,
            zip: Zip::default(),
            waiting: VecDeque::new(),
            next: Some(PageRequest { limit: SOME, after: None }),
            _turn: turn,
        }
    }

    async fn run(mut self, to: Sender<Piece>) {
        let made = self.make(&to).await;
        // Whoever has all of it may begin the next one.
        drop(self);
        let told = match made {
            Ok(()) => give(&to, Piece::End, PATIENCE).await,
            broken => broken,
        };
        match told {
            Ok(()) | Err(Broken::Gone) => {}
            Err(error) => tracing::warn!(causes = %Causes(&error), "an archive broke off"),
        }
    }

    async fn make(&mut self, to: &Sender<Piece>) -> Result<(), Broken> {
        while let Some(picture) = self.picture().await? {
            let Some(bytes) = self.bytes(&picture).await? else { continue };
            let name = format!("{}/{:04}.jpg", self.folder, self.zip.len() + 1);
            let at = picture.taken_at.unwrap_or(picture.created_at);
            let Some(head) = self.zip.entry(&name, at, &bytes) else { continue };
            // Before it goes out: whoever breaks off was sent it all the same.
            let size = (head.len() + bytes.len()) as u64;
            self.app.meter.spend(self.actor.account, size).await?;
            self.app.metrics.egress(Way::Archived, size);
            hand_over(to, &head, PATIENCE).await?;
            hand_over(to, &bytes, PATIENCE).await?;
        }
        let end = std::mem::take(&mut self.zip).finish();
        hand_over(to, &end, PATIENCE).await
    }

    /// The next picture that is still to be seen.
    async fn picture(&mut self) -> Result<Option<Picture>, Broken> {
        loop {
            if let Some(picture) = self.waiting.pop_front() {
                // It may have been withdrawn since it was listed.
                let now = self.app.gallery.picture(picture.id).await?;
                match now.filter(|now| now.is_visible() && now.album == self.album) {
                    Some(now) => return Ok(Some(now)),
                    None => continue,
                }
            }
            let Some(page) = self.next.take() else { return Ok(None) };
            self.look_again().await?;
            let found = self.app.gallery.pictures(self.album, Shown::Visible, page).await?;
            self.waiting = found.items.into();
            self.next = found.next.map(|after| PageRequest { after: Some(after), ..page });
        }
    }

    /// Whether the login still counts, and the album is still for whoever logged in.
    async fn look_again(&self) -> Result<(), Broken> {
        let actor = self.app.gate.acting(self.actor.session).await?;
        let actor = actor.filter(|actor| actor.account == self.actor.account).ok_or(Broken::Closed)?;
        let album = self.app.gallery.album_for(Viewer::from(&actor), self.album).await?;
        album.map(drop).ok_or(Broken::Closed)
    }

    /// The largest file of a picture; `None` when it has gone meanwhile.
    async fn bytes(&self, picture: &Picture) -> Result<Option<Vec<u8>>, Broken> {
        let largest = content(picture);
        let key = picture.pass.zip(largest).and_then(|(pass, largest)| picture.rendition_key(pass, largest));
        let (Some(key), Some(largest)) = (key, largest) else { return Ok(None) };
        let Some(Content { mut reader, .. }) = self.app.objects.get(&key, None).await? else {
            return Ok(None);
        };
        let mut bytes = Vec::with_capacity(usize::try_from(largest.bytes).unwrap_or(0));
        while let Some(some) = reader.next().await? {
            bytes.extend_from_slice(&some);
        }
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn what_was_handed_over_comes_whole_and_what_has_no_end_breaks_off() {
        let whole = vec![7; 3 * CHUNK + 1];
        for ends in [true, false] {
            let (to, from) = channel(AHEAD);
            let bytes = whole.clone();
            tokio::spawn(async move {
                hand_over(&to, &bytes, PATIENCE).await.unwrap();
                if ends {
                    give(&to, Piece::End, PATIENCE).await.unwrap();
                }
            });
            let pieces: Vec<_> = taken(from).collect().await;
            let length: usize = pieces.iter().flatten().map(Bytes::len).sum();
            assert_eq!((length, pieces.last().unwrap().is_ok()), (whole.len(), ends));
        }
    }

    #[tokio::test]
    async fn who_takes_nothing_is_not_waited_for() {
        let (to, from) = channel(AHEAD);
        let handed = hand_over(&to, &vec![7; 9 * CHUNK], Duration::from_millis(20)).await;
        assert!(matches!(handed, Err(Broken::Stalled)), "{handed:?}");
        drop(from);
        let handed = hand_over(&to, b"more", Duration::from_millis(20)).await;
        assert!(matches!(handed, Err(Broken::Gone)), "{handed:?}");
    }
}
