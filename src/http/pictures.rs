//! Working on uploaded pictures, which takes a core and much memory each time: only so many
//! at once, only so many waiting, and only so many of one landlord.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config;
use crate::domain::ids::UserId;
use crate::domain::picture::{self, Picture, PictureError};
use crate::storage::blobs::Key;

/// Why a picture was not worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// Too many are waiting.
    #[error("too many pictures are waiting")]
    Overloaded,
    /// Too many of the same landlord.
    #[error("too many uploads at the same time")]
    TooMany,
    /// It cannot be shown.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The computation failed.
    #[error("picture cannot be worked on")]
    Failed,
}

/// The place where pictures are worked on, cheap to clone.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// Who may stand in the room: those being served and those waiting.
    room: Arc<Semaphore>,
    /// Who is being served.
    desks: Arc<Semaphore>,
    /// How many of whom are in the room.
    guests: Arc<Mutex<HashMap<UserId, usize>>>,
    per_user: usize,
}

/// A place in the room, held from before the first byte is read; given back when dropped.
#[derive(Debug)]
pub struct Place {
    user: UserId,
    guests: Arc<Mutex<HashMap<UserId, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = guests.entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl Pictures {
    /// With the limits `photos.permits`, `photos.queue` and `photos.per_user`.
    #[must_use]
    pub fn new(photos: &config::Photos) -> Self {
        Self {
            room: Arc::new(Semaphore::new(photos.permits + photos.queue)),
            desks: Arc::new(Semaphore::new(photos.permits)),
            guests: Arc::default(),
            per_user: photos.per_user,
        }
    }

    /// Takes a place for an upload of `user`.
    ///
    /// # Errors
    /// [`UploadError::TooMany`] and [`UploadError::Overloaded`] past the limits.
    pub fn enter(&self, user: UserId) -> Result<Place, UploadError> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if guests.get(&user).is_some_and(|count| *count >= self.per_user) {
            return Err(UploadError::TooMany);
        }
        let permit = self.room.clone().try_acquire_owned();
        let permit = permit.map_err(|_| UploadError::Overloaded)?;
        *guests.entry(user).or_default() += 1;
        Ok(Place { user, guests: Arc::clone(&self.guests), _permit: permit })
    }

    /// The hash of an upload.
    ///
    /// # Errors
    /// When it cannot be computed.
    pub async fn hash(&self, bytes: Bytes) -> Result<Key, UploadError> {
        let hash = tokio::task::spawn_blocking(move || Key::of(&bytes)).await;
        hash.map_err(|_| UploadError::Failed)
    }

    /// An upload as a picture that may be shown. The place is kept for as long as the work
    /// takes, also when nobody waits for it any more.
    ///
    /// # Errors
    /// [`UploadError::Picture`] when it is none.
    pub async fn clean(&self, place: Place, bytes: Bytes) -> Result<Picture, UploadError> {
        let desk = self.desks.clone().acquire_owned().await;
        let desk = desk.map_err(|_| UploadError::Overloaded)?;
        let picture = tokio::task::spawn_blocking(move || {
            let picture = picture::cleaned(&bytes);
            drop((desk, place));
            picture
        });
        Ok(picture.await.map_err(|_| UploadError::Failed)??)
    }
}
