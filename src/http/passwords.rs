//! Hashing passwords, which takes a core and 19 MiB each time: only so many at once, only
//! so many waiting, and bookings never feel it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config;
use crate::domain::password;

/// Why a password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("too many sign-ins are waiting")]
    Overloaded,
    /// The computation failed.
    #[error("password cannot be hashed")]
    Failed,
}

/// The place where passwords are hashed, cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Who may stand in the room: those being served and those waiting.
    room: Arc<Semaphore>,
    /// Who is being served.
    desks: Arc<Semaphore>,
}

impl Passwords {
    /// With the limits `accounts.hash_permits` and `accounts.hash_queue`.
    #[must_use]
    pub fn new(accounts: &config::Accounts) -> Self {
        Self {
            room: Arc::new(Semaphore::new(accounts.hash_permits + accounts.hash_queue)),
            desks: Arc::new(Semaphore::new(accounts.hash_permits)),
        }
    }

    /// The hash of a password, in PHC form, with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError::Overloaded`] past the limits.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.serve(move || {
            let mut salt = [0; 16];
            aws_lc_rs::rand::fill(&mut salt).map_err(|_| PasswordError::Failed)?;
            computed(password::hash(&password, salt)).map_err(|_| PasswordError::Failed)
        })
        .await?
    }

    /// Whether a password is the one of a hash; without a hash it is not, after as long.
    ///
    /// # Errors
    /// [`PasswordError::Overloaded`] past the limits.
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        self.serve(move || {
            let against = hash.as_deref().unwrap_or(password::NOBODYS);
            computed(password::matches(&password, against)) && hash.is_some()
        })
        .await
    }

    async fn serve<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let full = |_| PasswordError::Overloaded;
        let place = self.room.clone().try_acquire_owned().map_err(full)?;
        let desk = self.desks.clone().acquire_owned().await;
        let desk = desk.map_err(|_| PasswordError::Overloaded)?;
        // The permits go along: the work goes on even when nobody waits for it any more.
        let permits: [OwnedSemaphorePermit; 2] = [place, desk];
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permits);
            done
        })
        .await
        .map_err(|_| PasswordError::Failed)
    }
}

/// Counts a computation.
fn computed<T>(result: T) -> T {
    metrics::counter!("password_computations_total").increment(1);
    result
}
