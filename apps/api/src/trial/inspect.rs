//! Looks at a store that was made of a backup: its schema, counters beside rows, no seat twice, the ledger, the audit log, and
//! whether the files of its pictures and sets are there.

use crate::config::StoreUrl;
use crate::http::problem::Causes;
use crate::wiring::store::{Stores, migrate};
use async_trait::async_trait;
use backups::use_cases::VerifyError;
use backups::{Examiner, Finding, MediaThen};
use booking::Ledger;
use gallery::{GalleryStore, Shown};
use kernel::audit::{self, Mac};
use kernel::{AlbumId, Clock, ObjectKey, PageRequest, PictureId, SetId, StoreError};
use music::MusicStore;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Things that are wrong and named; more of them say nothing new.
const MOST: usize = 50;
/// Albums, pictures or sets that are read together.
const AT_ONCE: u32 = 200;
const DOING: &str = "looking at a store that was made of a backup";

/// Looks at stores.
pub struct Inspector {
    clock: Arc<dyn Clock>,
    audit: Option<Arc<Mac>>,
    living: Option<Living>,
}

/// The pictures and sets that there are now.
#[derive(Clone)]
pub struct Living {
    /// Pictures.
    pub gallery: Arc<dyn GalleryStore>,
    /// Sets.
    pub music: Arc<dyn MusicStore>,
}

impl Inspector {
    /// With what the audit log is chained with, and what there is now, as far as that is known. Of the audit log nothing is
    /// said without the one, and of files nothing without the other: what was deleted meanwhile could not be told from
    /// what is lost.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, audit: Option<Arc<Mac>>, living: Option<Living>) -> Self {
        Self { clock, audit, living }
    }
}

#[async_trait]
impl Examiner for Inspector {
    async fn examine(&self, address: &str, media: &MediaThen<'_>) -> Result<Vec<Finding>, VerifyError> {
        let url = StoreUrl::read(address);
        let url = url.ok_or_else(|| StoreError::broken(DOING, "the place has no address"))?;
        let mut found = Findings::default();
        let opened = open(&url).await;
        let Some(stores) = found.seen("it cannot be opened", opened)? else { return Ok(found.0) };
        self.places(&stores, &mut found).await?;
        self.ledger(&stores, &mut found).await?;
        self.audit_log(&stores, &mut found).await?;
        self.files(&stores, media, &mut found).await?;
        Ok(found.0)
    }
}

/// Opens it; that of an earlier version is first brought into the shape that this one knows.
async fn open(url: &StoreUrl) -> Result<Stores, StoreError> {
    // The local store does that by itself.
    if let StoreUrl::Postgres(_) = url {
        migrate(url).await?;
    }
    Stores::open_existing(url).await
}

/// What is wrong, so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn note(&mut self, finding: Finding) {
        if self.0.len() < MOST {
            self.0.push(finding);
        }
    }

    fn wrong(&mut self, why: String) {
        self.note(Finding::Store { why });
    }

    /// What was seen; nothing when the store is broken there, which is noted. One that is away says nothing.
    fn seen<T>(&mut self, what: &str, looked: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match looked {
            Ok(seen) => Ok(Some(seen)),
            Err(away @ StoreError::Unavailable { .. }) => Err(away),
            Err(broken @ StoreError::Broken { .. }) => {
                self.wrong(format!("{what}: {}", Causes(&broken)));
                Ok(None)
            }
        }
    }
}

impl Inspector {
    /// Counters beside rows; a seat is one of them, and has one place at most.
    async fn places(&self, stores: &Stores, found: &mut Findings) -> Result<(), StoreError> {
        let differences = stores.booking.stock_differences().await;
        for difference in found.seen("counters of places", differences)?.unwrap_or_default() {
            found.wrong(format!("a counter of places differs from the rows: {difference:?}"));
        }
        Ok(())
    }

    async fn ledger(&self, stores: &Stores, found: &mut Findings) -> Result<(), StoreError> {
        let (ledger, bookings) = (Arc::clone(&stores.ledger), Arc::clone(&stores.booking));
        let mut differences = Vec::new();
        let compared = Ledger::new(ledger, bookings, Arc::clone(&self.clock))
            .compare(|difference| {
                if differences.len() < MOST {
                    differences.push(format!("the ledger differs from a booking: {difference:?}"));
                }
            })
            .await;
        for difference in differences {
            found.wrong(difference);
        }
        let Some(compared) = found.seen("the ledger", compared)? else { return Ok(()) };
        for (currency, sum) in compared.sums {
            found.wrong(format!("all accounts in {currency} add up to {sum} minor units instead of nothing"));
        }
        if compared.strays > 0 {
            found.wrong(format!("{} entries are of no booking although they are about one", compared.strays));
        }
        Ok(())
    }

    async fn audit_log(&self, stores: &Stores, found: &mut Findings) -> Result<(), StoreError> {
        let Some(mac) = &self.audit else { return Ok(()) };
        let followed = audit::verify(&*stores.audit, &**mac, None).await;
        if let Some(followed) = found.seen("the audit log", followed)?
            && let Some(fault) = followed.fault
        {
            found.wrong(format!("the audit log was tampered with: {fault}"));
        }
        Ok(())
    }

    /// Files that the store refers to have to be in the index and to be there now, unless they were deleted in order since.
    async fn files(
        &self,
        stores: &Stores,
        media: &MediaThen<'_>,
        found: &mut Findings,
    ) -> Result<(), VerifyError> {
        let Some(living) = &self.living else { return Ok(()) };
        let copy = Living { gallery: Arc::clone(&stores.gallery), music: Arc::clone(&stores.music) };
        // Not the names themselves: of a million files that would be much.
        let mut wanted = HashSet::new();
        let walked = copy
            .each_file(&mut |_, key| {
                wanted.insert(short(key));
            })
            .await;
        if found.seen("pictures and sets", walked)?.is_none() {
            return Ok(());
        }
        let compared = media
            .walk(&mut |key, there| {
                if there {
                    wanted.remove(&short(key));
                }
            })
            .await;
        if let Err(error) = compared {
            found.note(error.against()?);
            return Ok(());
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut lost = Vec::new();
        copy.each_file(&mut |owner, key| {
            if wanted.contains(&short(key)) && lost.len() < MOST {
                lost.push((owner, key.clone()));
            }
        })
        .await?;
        for (owner, key) in lost {
            if living.refers_to(owner, &key).await? {
                found.note(Finding::Media { key: key.to_string() });
            }
        }
        Ok(())
    }
}

fn short(key: &ObjectKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Whose a file is.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Picture(PictureId),
    Set(SetId),
}

type See<'a> = dyn FnMut(Owner, &ObjectKey) + Send + 'a;

impl Living {
    /// Shows every file that is referred to.
    async fn each_file(&self, see: &mut See<'_>) -> Result<(), StoreError> {
        let mut page = PageRequest { limit: AT_ONCE, after: None };
        loop {
            let albums = self.gallery.albums(Shown::All, page).await?;
            for counted in &albums.items {
                self.each_picture(counted.album.id, see).await?;
            }
            page.after = albums.next;
            if page.after.is_none() {
                break;
            }
        }
        loop {
            let sets = self.music.sets(false, page).await?;
            for set in &sets.items {
                set.keys().iter().for_each(|key| see(Owner::Set(set.id), key));
            }
            page.after = sets.next;
            if page.after.is_none() {
                return Ok(());
            }
        }
    }

    async fn each_picture(&self, album: AlbumId, see: &mut See<'_>) -> Result<(), StoreError> {
        let mut page = PageRequest { limit: AT_ONCE, after: None };
        loop {
            let pictures = self.gallery.pictures(album, Shown::All, page).await?;
            for picture in &pictures.items {
                picture.keys().iter().for_each(|key| see(Owner::Picture(picture.id), key));
            }
            page.after = pictures.next;
            if page.after.is_none() {
                return Ok(());
            }
        }
    }

    /// Whether somebody would look for this file now.
    async fn refers_to(&self, owner: Owner, key: &ObjectKey) -> Result<bool, StoreError> {
        Ok(match owner {
            Owner::Picture(id) => self.gallery.picture(id).await?.is_some_and(|it| it.keys().contains(key)),
            Owner::Set(id) => self.music.set(id).await?.is_some_and(|it| it.keys().contains(key)),
        })
    }
}
