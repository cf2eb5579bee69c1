//! Password hashers for tests. What they make protects nobody.

use accounts::{HashError, Password, PasswordHash, PasswordHasher};
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Semaphore;

/// Keeps passwords readable, so that tests are fast, and counts what a real one would have worked on.
#[derive(Debug, Default)]
pub struct PlainHasher {
    hashed: AtomicU32,
    verified: AtomicU32,
}

impl PlainHasher {
    /// How often it was asked to hash.
    #[must_use]
    pub fn hashed(&self) -> u32 {
        self.hashed.load(Ordering::SeqCst)
    }

    /// How often it was asked to verify.
    #[must_use]
    pub fn verified(&self) -> u32 {
        self.verified.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.hashed.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(PasswordHash::new(format!("plain:{}", password.expose())))
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, HashError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(hash.is_some_and(|hash| hash.as_str() == format!("plain:{}", password.expose())))
    }
}

/// A [`PlainHasher`] that gives no answer before it is let go: what happens meanwhile is up to the test.
#[derive(Debug)]
pub struct HeldHasher {
    plain: PlainHasher,
    asked: Semaphore,
    let_go: Semaphore,
}

impl Default for HeldHasher {
    fn default() -> Self {
        Self { plain: PlainHasher::default(), asked: Semaphore::new(0), let_go: Semaphore::new(0) }
    }
}

impl HeldHasher {
    /// Returns when it was asked something (once per call).
    pub async fn asked(&self) {
        if let Ok(permit) = self.asked.acquire().await {
            permit.forget();
        }
    }

    /// Lets one answer go.
    pub fn let_go(&self) {
        self.let_go.add_permits(1);
    }

    async fn hold(&self) {
        self.asked.add_permits(1);
        if let Ok(permit) = self.let_go.acquire().await {
            permit.forget();
        }
    }
}

#[async_trait]
impl PasswordHasher for HeldHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.hold().await;
        self.plain.hash(password).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, HashError> {
        self.hold().await;
        self.plain.verify(password, hash).await
    }
}
