//! Pages of albums, kept ready: 500 pictures with all their links are made once, and sent to everybody who may see them.
//!
//! Links are the same for a whole window, so a page is the same for all members. What changes here is seen at once; what
//! changes elsewhere is told by broadcast, and seen within seconds where that is lost.

use crate::answers::{Ready, Shelf};
use crate::http::images::{ImageView, Linker};
use crate::http::paging::PageView;
use crate::http::problem::Problem;
use crate::turns::Turns;
use crate::wiring::App;
use flate2::Compression;
use flate2::write::GzEncoder;
use gallery::{Album, Picture, Shown};
use kernel::{AlbumId, Broadcast, Cursor, Page, PageRequest, StoreError};
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How old a page may get where nobody told of a change.
const LASTS: Duration = Duration::from_secs(5);
/// Bytes of pages that are kept: a page of 500 pictures has about 3 MB, and 0.4 MB with gzip.
const BYTES: usize = 32 * 1024 * 1024;
/// Pages that are made at once: each has up to 6,000 signatures. Cursors can be made up, so that there is no end of pages
/// that somebody may ask for.
const MADE_AT_ONCE: usize = 4;
/// Albums of which is kept what is said of them.
const MOST_KNOWN: usize = 1_000;
/// What instances tell each other on.
const CHANNEL: &str = "albums";
/// Archives that are sent at once, each of which holds one picture at a time; and to one account.
const ARCHIVES: usize = 8;
const ARCHIVES_EACH: usize = 2;

/// Which page, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageQuestion {
    /// Of which album.
    pub album: AlbumId,
    /// How many pictures.
    pub limit: u32,
    /// After which one: when it was taken, in microseconds, and its id.
    pub after: Option<(i64, Uuid)>,
    /// Whether it is sent with gzip.
    pub zipped: bool,
}

/// Pages of albums that are kept ready.
pub struct Albums {
    shelf: Shelf<PageQuestion>,
    /// What is said of albums, and since when that is known.
    known: Mutex<HashMap<AlbumId, (Instant, Album)>>,
    /// Counts what was forgotten: what was read before is not known afterwards.
    forgotten: AtomicU64,
    /// So many archives are sent at once.
    pub archives: Arc<Turns>,
}

impl Default for Albums {
    fn default() -> Self {
        Self {
            shelf: Shelf::of_large(LASTS, BYTES).in_turns(MADE_AT_ONCE),
            known: Mutex::default(),
            forgotten: AtomicU64::new(0),
            archives: Arc::new(Turns::new(ARCHIVES, ARCHIVES_EACH)),
        }
    }
}

impl PageQuestion {
    /// This page of this album.
    #[must_use]
    pub fn of(album: AlbumId, page: PageRequest, zipped: bool) -> Self {
        let after = page.after.map(|cursor| (cursor.at.timestamp_micros(), cursor.id));
        Self { album, limit: page.limit, after, zipped }
    }

    fn page(&self) -> PageRequest {
        let cursor = |(micros, id)| {
            let at = kernel::Timestamp::from_timestamp_micros(micros);
            at.map(|at| Cursor { at, id })
        };
        PageRequest { limit: self.limit, after: self.after.and_then(cursor) }
    }
}

impl Albums {
    /// What is said of an album, as it was a few seconds ago at most.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn album(&self, app: &App, id: AlbumId) -> Result<Option<Album>, StoreError> {
        if let Some((since, album)) = self.lock().get(&id)
            && since.elapsed() < LASTS
        {
            return Ok(Some(album.clone()));
        }
        let (since, forgotten) = (Instant::now(), self.forgotten.load(Ordering::Acquire));
        let found = app.gallery.album(id).await?;
        let mut known = self.lock();
        if let Some(album) = &found
            && self.forgotten.load(Ordering::Acquire) == forgotten
        {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(id, (since, album.clone()));
        }
        Ok(found)
    }

    /// A page of what members see of an album; whoever asks has looked whether they may.
    ///
    /// # Errors
    /// A [`Problem`]: nothing of it is to be seen, or a store could not answer.
    pub async fn answer(&self, app: &App, question: PageQuestion) -> Result<Arc<Ready>, Problem> {
        self.shelf.answer(&question, make(app, question)).await
    }

    /// Something changed in an album: whoever asks here sees it from now on, and the other instances are told.
    pub async fn changed(&self, broadcast: &dyn Broadcast, album: AlbumId) {
        self.forget(album);
        if broadcast.publish(CHANNEL, album.to_string().as_bytes()).await.is_err() {
            tracing::debug!("other instances learn of a changed album by themselves");
        }
    }

    /// Listens to what other instances change, for ever.
    pub async fn listen(&self, broadcast: &dyn Broadcast) {
        loop {
            if let Ok(mut line) = broadcast.subscribe(CHANNEL).await {
                while let Some(message) = line.next().await {
                    let album = std::str::from_utf8(&message).ok().and_then(|text| text.parse().ok());
                    album.into_iter().for_each(|album| self.forget(album));
                }
            }
            // Whatever was said meanwhile was missed; pages are made anew by themselves.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn forget(&self, album: AlbumId) {
        let mut known = self.lock();
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        known.remove(&album);
        drop(known);
        // Pages are few, and soon made.
        self.shelf.forget_all();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AlbumId, (Instant, Album)>> {
        // Nothing panics half-way while it is locked.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn make(app: &App, question: PageQuestion) -> Result<Vec<u8>, Problem> {
    let album = app.albums.album(app, question.album).await?.ok_or_else(Problem::not_found)?;
    let seen = async |page| app.gallery.pictures(question.album, Shown::Visible, page).await;
    let page = seen(question.page()).await?;
    // That it is there is nobody's business before something of it is to be seen, wherever a page begins.
    if page.items.is_empty() && seen(PageRequest { limit: 1, after: None }).await?.items.is_empty() {
        return Err(Problem::not_found());
    }
    let linker = Linker::of(app, &album);
    // Thousands of signatures, and packing them: some milliseconds that others need not wait for.
    let written = tokio::task::spawn_blocking(move || written(&linker, page, question.zipped)).await;
    written.map_err(|error| Problem::internal(&error))?
}

fn written(linker: &Linker, page: Page<Picture>, zipped: bool) -> Result<Vec<u8>, Problem> {
    let items: Result<Vec<_>, Problem> = page.items.iter().map(|it| ImageView::of(linker, it)).collect();
    let view = PageView::of(Page { items: items?, next: page.next }, |view| view);
    let body = serde_json::to_vec(&view).map_err(|error| Problem::internal(&error))?;
    if !zipped {
        return Ok(body);
    }
    let mut zip = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    zip.write_all(&body).and_then(|()| zip.finish()).map_err(|error| Problem::internal(&error))
}
