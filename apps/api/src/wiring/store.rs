//! The store of the configured kind, as all the ports that it keeps.

use crate::config::StoreUrl;
use accounts::AccountStore;
use adapter_local::{LocalStore, Place};
use invites::InviteStore;
use kernel::{IdempotencyStore, Outbox, StoreError};
use std::sync::Arc;

/// One store, seen through every port.
pub struct Stores {
    /// Accounts, sessions, links.
    pub accounts: Arc<dyn AccountStore>,
    /// Invites.
    pub invites: Arc<dyn InviteStore>,
    /// Answers to repeated requests.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// What is owed after commits.
    pub outbox: Arc<dyn Outbox>,
}

impl Stores {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be reached, or holds what this version does not know.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Memory => Self::local(Place::Memory).await,
            StoreUrl::Folder(path) => Self::local(Place::Directory(path.clone())).await,
            StoreUrl::Postgres(_) => Err(StoreError::unavailable("opening the store", "not yet")),
        }
    }

    async fn local(place: Place) -> Result<Self, StoreError> {
        // Reads the whole file.
        let store = tokio::task::spawn_blocking(move || LocalStore::open(place)).await;
        let store = Arc::new(store.map_err(|error| StoreError::broken("opening the store", error))??);
        Ok(Self::all(store))
    }

    fn all<S>(store: Arc<S>) -> Self
    where
        S: AccountStore + InviteStore + IdempotencyStore + Outbox + 'static,
    {
        Self { accounts: store.clone(), invites: store.clone(), idempotency: store.clone(), outbox: store }
    }
}

/// Brings the store to the shape that this version knows. The local one does that whenever it is opened.
///
/// # Errors
/// When it cannot be reached, or has a newer shape.
pub async fn migrate(url: &StoreUrl) -> Result<(), StoreError> {
    Stores::open(url).await.map(drop)
}
