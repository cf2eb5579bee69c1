//! bcrypt, away from the threads that serve requests, and never so much of it that it stalls a sale.

use accounts::{HashError, Password, PasswordHash, PasswordHasher};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Hashes passwords with bcrypt.
pub struct Bcrypt {
    cost: u32,
    /// Bounds how many are hashed at once.
    working: Arc<Semaphore>,
    /// Bounds how many wait, the working ones included.
    admitted: Arc<Semaphore>,
    patience: Duration,
    /// Checked when there is no account, so that the answer takes as long.
    decoy: PasswordHash,
}

impl Bcrypt {
    /// Most that wait for their turn.
    const WAITING: usize = 512;
    /// Longest that one waits for its turn: less than clients do.
    const PATIENCE: Duration = Duration::from_secs(25);

    /// With a work factor (each step doubles the time), on `threads` threads at once.
    ///
    /// # Errors
    /// When bcrypt refuses the cost.
    pub fn new(cost: u32, threads: usize) -> Result<Self, HashError> {
        Ok(Self {
            cost,
            working: Arc::new(Semaphore::new(threads.max(1))),
            admitted: Arc::new(Semaphore::new(threads.max(1) + Self::WAITING)),
            patience: Self::PATIENCE,
            decoy: PasswordHash::new(bcrypt::hash("nobody's password", cost).map_err(failed)?),
        })
    }

    /// Runs `work` on a blocking thread when it is its turn.
    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.admit()?;
        let turn = timeout(self.patience, Arc::clone(&self.working).acquire_owned());
        let turn = turn.await.map_err(|_| HashError::Busy)?.map_err(failed)?;
        // The permits go along: who hangs up does not free a thread that still works for them.
        let work = move || {
            let done = work();
            drop((turn, place));
            done
        };
        spawn_blocking(work).await.map_err(failed)?.map_err(failed)
    }

    fn admit(&self) -> Result<OwnedSemaphorePermit, HashError> {
        Arc::clone(&self.admitted).try_acquire_owned().map_err(|refused| match refused {
            TryAcquireError::NoPermits => HashError::Busy,
            TryAcquireError::Closed => failed(refused),
        })
    }
}

fn failed(cause: impl std::error::Error + Send + Sync + 'static) -> HashError {
    HashError::Failed(Box::new(cause))
}

#[async_trait]
impl PasswordHasher for Bcrypt {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let cost = self.cost;
        self.turn(move || bcrypt::hash(password.expose(), cost)).await.map(PasswordHash::new)
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let right = self.turn(move || bcrypt::verify(password.expose(), hash.as_str())).await?;
        Ok(known && right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_is_right_and_nobody_has_none() {
        let hasher = Bcrypt::new(4, 1).unwrap();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hasher.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(password("battery staple"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(password("nobody's password"), None).await.unwrap());
    }

    #[tokio::test]
    async fn those_who_cannot_be_served_in_time_are_told_so() {
        let hasher = Bcrypt { patience: Duration::ZERO, ..Bcrypt::new(4, 1).unwrap() };
        let _turn = hasher.working.acquire().await.unwrap();
        assert!(matches!(hasher.hash(password("correct horse")).await, Err(HashError::Busy)));
        let _places = hasher.admitted.acquire_many(Bcrypt::WAITING as u32 + 1).await.unwrap();
        assert!(matches!(hasher.hash(password("correct horse")).await, Err(HashError::Busy)));
    }
}
