//! One system's stores, as the contract suites get them from an adapter.

use accounts::AccountStore;
use backups::BackupStore;
use booking::{BookingStore, CloseStore, FiguresStore, HolderStore, LedgerStore, OfficeStore};
use events::EventStore;
use gallery::GalleryStore;
use hooks::HookStore;
use kernel::{AuditLog, IdempotencyStore, MaintenanceStore, NewsStore, Outbox};
use media::MediaStore;
use messaging::{AnnouncementStore, MessagingStore};
use music::MusicStore;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The stores of one fresh, empty system: all of them see the same data.
#[derive(Clone)]
pub struct Stores {
    /// Accounts, sessions, invites.
    pub accounts: Arc<dyn AccountStore>,
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
    /// Sets, and where members stopped.
    pub music: Arc<dyn MusicStore>,
    /// Addresses of organisers that are called.
    pub hooks: Arc<dyn HookStore>,
    /// What is owed, as the worker sees it.
    pub outbox: Arc<dyn Outbox>,
    /// Answers to requests that may be repeated.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// Whether anything may be changed.
    pub maintenance: Arc<dyn MaintenanceStore>,
    /// What is known of backups.
    pub backups: Arc<dyn BackupStore>,
    /// What others are told of bookings.
    pub news: Arc<dyn NewsStore>,
    /// What was done by whom.
    pub audit: Arc<dyn AuditLog>,
    /// What has to live as long as they do: a database that is dropped, a directory.
    keeps: Option<Arc<dyn Any + Send + Sync>>,
}

impl Stores {
    /// The ports of one adapter.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: AccountStore
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
            + Outbox
            + IdempotencyStore
            + MaintenanceStore
            + BackupStore
            + NewsStore
            + AuditLog
            + 'static,
    {
        Self {
            accounts: store.clone(),
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
            outbox: store.clone(),
            idempotency: store.clone(),
            maintenance: store.clone(),
            backups: store.clone(),
            news: store.clone(),
            audit: store,
            keeps: None,
        }
    }

    /// Keeps `guard` alive as long as any copy of these.
    #[must_use]
    pub fn keeping(mut self, guard: impl Any + Send + Sync) -> Self {
        self.keeps = Some(Arc::new(guard));
        self
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").field("keeps", &self.keeps.is_some()).finish_non_exhaustive()
    }
}
