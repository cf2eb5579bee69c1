//! The store of the configured kind, as all the ports that it keeps.

use crate::config::StoreUrl;
use crate::telemetry::current;
use accounts::AccountStore;
use adapter_local::{LocalStore, Place};
use adapter_postgres::{PgStore, PoolOptions, SchemaState};
use backups::BackupStore;
use booking::{BookingStore, CloseStore, FiguresStore, HolderStore, LedgerStore, OfficeStore};
use events::EventStore;
use gallery::GalleryStore;
use hooks::HookStore;
use invites::InviteStore;
use kernel::{AuditLog, IdempotencyStore, MaintenanceStore, NewsStore, Outbox, StoreError};
use media::MediaStore;
use messaging::{AnnouncementStore, MessagingStore};
use music::MusicStore;
use std::sync::Arc;

/// One store, seen through every port.
pub struct Stores {
    /// Accounts, sessions, links.
    pub accounts: Arc<dyn AccountStore>,
    /// Invites.
    pub invites: Arc<dyn InviteStore>,
    /// Organisations, events, ticket types.
    pub events: Arc<dyn EventStore>,
    /// Holds, bookings, tickets.
    pub booking: Arc<dyn BookingStore>,
    /// Tickets by who holds them.
    pub holders: Arc<dyn HolderStore>,
    /// The ledger.
    pub ledger: Arc<dyn LedgerStore>,
    /// Sums of what was sold, and how events stand.
    pub figures: Arc<dyn FiguresStore>,
    /// Days whose money was compared.
    pub close: Arc<dyn CloseStore>,
    /// What those who run events look through.
    pub office: Arc<dyn OfficeStore>,
    /// Uploads, and what members were sent.
    pub media: Arc<dyn MediaStore>,
    /// Letters, and addresses that get no announcements.
    pub messaging: Arc<dyn MessagingStore>,
    /// Announcements, who is written to, and which lists people have left.
    pub announcements: Arc<dyn AnnouncementStore>,
    /// Albums and pictures.
    pub gallery: Arc<dyn GalleryStore>,
    /// Sets, and where members stopped listening.
    pub music: Arc<dyn MusicStore>,
    /// Addresses of organisers that are called.
    pub hooks: Arc<dyn HookStore>,
    /// Answers to repeated requests.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// Whether anything may be changed.
    pub maintenance: Arc<dyn MaintenanceStore>,
    /// What others are told of bookings.
    pub news: Arc<dyn NewsStore>,
    /// What is owed after commits.
    pub outbox: Arc<dyn Outbox>,
    /// What is known of backups.
    pub backups: Arc<dyn BackupStore>,
    /// What was done by whom.
    pub audit: Arc<dyn AuditLog>,
    /// The local store itself, when it is one.
    pub local: Option<LocalStore>,
    /// The PostgreSQL store itself, when it is one.
    pub postgres: Option<PgStore>,
}

impl Stores {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be reached, or has a shape that this version cannot live with.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        Self::open_publishing(url, false).await
    }

    /// Opens it where there is a stream, or is none, to which what happens is published.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_publishing(url: &StoreUrl, streams: bool) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Memory => Self::local(Place::Memory, streams).await,
            StoreUrl::Folder(path) => Self::local(Place::Directory(path.clone()), streams).await,
            StoreUrl::Postgres(url) => {
                let options = PoolOptions { trace: current, ..PoolOptions::default() };
                let store = PgStore::connect(url.expose(), options).await?;
                let store = if streams { store.streaming() } else { store };
                refuse_other_schema(store.schema_state().await?)?;
                Ok(Self { postgres: Some(store.clone()), ..Self::all(Arc::new(store)) })
            }
        }
    }

    /// Opens it for somebody who looks at what is there: a place where nothing is, is a mistake and not a new store.
    ///
    /// # Errors
    /// As [`Self::open`]; also when there is none.
    pub async fn open_existing(url: &StoreUrl) -> Result<Self, StoreError> {
        if let StoreUrl::Folder(path) = url
            && !LocalStore::is_in(path)
        {
            let cause = format!("there is no store in {}", path.display());
            return Err(StoreError::broken("opening the store", cause));
        }
        Self::open(url).await
    }

    async fn local(place: Place, streams: bool) -> Result<Self, StoreError> {
        // Reads the whole file.
        let store = tokio::task::spawn_blocking(move || LocalStore::open(place)).await;
        let store =
            store.map_err(|error| StoreError::broken("opening the store", error))??.traced_by(current);
        let store = if streams { store.streaming() } else { store };
        Ok(Self { local: Some(store.clone()), ..Self::all(Arc::new(store)) })
    }

    fn all<S>(store: Arc<S>) -> Self
    where
        S: AccountStore
            + InviteStore
            + EventStore
            + BookingStore
            + HolderStore
            + LedgerStore
            + FiguresStore
            + CloseStore
            + OfficeStore
            + MediaStore
            + MessagingStore
            + AnnouncementStore
            + GalleryStore
            + MusicStore
            + HookStore
            + IdempotencyStore
            + MaintenanceStore
            + BackupStore
            + NewsStore
            + Outbox
            + AuditLog
            + 'static,
    {
        Self {
            accounts: store.clone(),
            invites: store.clone(),
            events: store.clone(),
            booking: store.clone(),
            holders: store.clone(),
            ledger: store.clone(),
            figures: store.clone(),
            close: store.clone(),
            office: store.clone(),
            media: store.clone(),
            messaging: store.clone(),
            announcements: store.clone(),
            gallery: store.clone(),
            music: store.clone(),
            hooks: store.clone(),
            idempotency: store.clone(),
            maintenance: store.clone(),
            backups: store.clone(),
            news: store.clone(),
            outbox: store.clone(),
            audit: store,
            local: None,
            postgres: None,
        }
    }
}

fn refuse_other_schema(state: SchemaState) -> Result<(), StoreError> {
    let doing = "looking at the shape of the database";
    match state {
        SchemaState::UpToDate => Ok(()),
        SchemaState::Ahead(steps) => {
            let steps = steps.join(", ");
            tracing::warn!(%steps, "the database is ahead of this version, which can live with that");
            Ok(())
        }
        SchemaState::Behind(missing) => {
            let missing = missing.join(", ");
            Err(StoreError::broken(doing, format!("it lacks {missing}: run `synesthesie migrate` first")))
        }
        SchemaState::TooOld(steps) => {
            let steps = steps.join(", ");
            Err(StoreError::broken(doing, format!("it has {steps}: this version is too old for it")))
        }
    }
}

/// Brings the store to the shape that this version knows; the names of the steps that were missing. The local one
/// does that whenever it is opened.
///
/// # Errors
/// When it cannot be reached, or has a newer shape that this version cannot live with.
pub async fn migrate(url: &StoreUrl) -> Result<Vec<&'static str>, StoreError> {
    match url {
        StoreUrl::Postgres(url) => adapter_postgres::migrate(url.expose()).await,
        StoreUrl::Memory | StoreUrl::Folder(_) => Stores::open(url).await.map(|_| Vec::new()),
    }
}

/// The steps of newer versions that the store has, by version, where this one can live with them.
///
/// # Errors
/// When it cannot be reached.
pub async fn ahead(url: &StoreUrl) -> Result<Vec<String>, StoreError> {
    let StoreUrl::Postgres(url) = url else { return Ok(Vec::new()) };
    match adapter_postgres::schema_state(url.expose()).await? {
        SchemaState::Ahead(steps) => Ok(steps),
        SchemaState::UpToDate | SchemaState::Behind(_) | SchemaState::TooOld(_) => Ok(Vec::new()),
    }
}
