//! Blobs: bytes under the SHA-256 of their content, in a folder or an S3 store. What is
//! known of them stands in the table `blobs` ([`super::photos`]); S3 is the one call to the
//! outside that storage makes, bounded in number and time.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as ObjectPath;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::blob_folder::BlobFolder;
use crate::clock;
use crate::config;

/// Where a blob lies: the SHA-256 of its content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// The hash as it is kept in rows.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A hash of a row; none when it has not 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// `ab/cd/abcd...`: two levels of folders, so that none gets too full.
    #[must_use]
    pub fn path(&self) -> String {
        let hex = self.to_string();
        let part = |range| hex.get(range).unwrap_or_default();
        format!("{}/{}/{hex}", part(0..2), part(2..4))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct InvalidKey;

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let lower = text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        let bytes = hex::decode(text).ok().filter(|_| lower).ok_or(InvalidKey)?;
        Self::from_bytes(&bytes).ok_or(InvalidKey)
    }
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Its settings make no sense, or its folder cannot be made.
    #[error("blob store cannot be used: {0}")]
    Settings(String),
    /// It failed; asking again may help.
    #[error("blob store failed: {0}")]
    Failed(String),
    /// It did not answer in time; it may or may not have been done.
    #[error("blob store did not answer in time")]
    Timeout,
    /// What lies under a key is not what was put there.
    #[error("blob {0} is damaged")]
    Damaged(Key),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A store of blobs, cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<Store>,
    desks: Arc<Semaphore>,
    timeout: Duration,
}

#[derive(Debug)]
enum Store {
    Folder(BlobFolder),
    S3 { bucket: AmazonS3, prefix: String },
}

impl Blobs {
    /// The store of the settings: S3, or a folder, which is `blobs/` in the data folder unless
    /// another one is set.
    ///
    /// # Errors
    /// [`BlobError::Settings`].
    pub fn open(config: &config::Blobs, data_dir: &Path) -> Result<Self, BlobError> {
        let store = match &config.url {
            Some(bucket) => {
                Store::S3 { bucket: connect(config, bucket)?, prefix: bucket.prefix.clone() }
            }
            None => Store::Folder(
                BlobFolder::open(config.folder.clone().unwrap_or_else(|| data_dir.join("blobs")))
                    .map_err(|error| BlobError::Settings(error.to_string()))?,
            ),
        };
        Ok(Self {
            store: Arc::new(store),
            desks: Arc::new(Semaphore::new(config.concurrency)),
            timeout: config.timeout(),
        })
    }

    /// Stores a content under its key, which is given back. It is there for good when this
    /// returns. Storing it again does no harm, and heals it.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn put(&self, content: Bytes) -> Result<Key, BlobError> {
        let key = Key::of(&content);
        self.bounded(async {
            match &*self.store {
                Store::Folder(folder) => folder.put(key, content).await?,
                Store::S3 { bucket, prefix } => {
                    bucket.put(&object(prefix, &key), content.into()).await?;
                }
            }
            Ok(key)
        })
        .await
    }

    /// The content under a key; `None` when there is none.
    ///
    /// # Errors
    /// [`BlobError`]; [`BlobError::Damaged`] when it does not have its hash.
    pub async fn get(&self, key: Key) -> Result<Option<Bytes>, BlobError> {
        let found = self.bounded(async {
            match &*self.store {
                Store::Folder(folder) => Ok(folder.get(key).await?),
                Store::S3 { bucket, prefix } => match bucket.get(&object(prefix, &key)).await {
                    Ok(found) => Ok(Some(found.bytes().await?)),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error.into()),
                },
            }
        });
        match found.await? {
            Some(content) if Key::of(&content) != key => Err(BlobError::Damaged(key)),
            found => Ok(found),
        }
    }

    /// Deletes what lies under a key, if anything does.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn delete(&self, key: Key) -> Result<(), BlobError> {
        self.bounded(async {
            match &*self.store {
                Store::Folder(folder) => Ok(folder.delete(key).await?),
                Store::S3 { bucket, prefix } => match bucket.delete(&object(prefix, &key)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(error.into()),
                },
            }
        })
        .await
    }

    /// At most `limit` keys after `after`, in their order.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn list(&self, after: Option<Key>, limit: usize) -> Result<Vec<Key>, BlobError> {
        self.bounded(async {
            match &*self.store {
                Store::Folder(folder) => Ok(folder.list(after, limit).await?),
                Store::S3 { bucket, prefix } => {
                    let root = ObjectPath::from(prefix.as_str());
                    let mut listed = match &after {
                        Some(after) => bucket.list_with_offset(Some(&root), &object(prefix, after)),
                        None => bucket.list(Some(&root)),
                    };
                    let mut keys = Vec::new();
                    while keys.len() < limit
                        && let Some(found) = listed.try_next().await?
                    {
                        let name = found.location.filename().unwrap_or_default();
                        keys.extend(name.parse::<Key>());
                    }
                    Ok(keys)
                }
            }
        })
        .await
    }

    /// Deletes what uploads that died before `before` have left half-written; how many.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn drop_unfinished(&self, before: Timestamp) -> Result<u64, BlobError> {
        match &*self.store {
            Store::Folder(folder) => {
                self.bounded(async { Ok(folder.drop_unfinished(before).await?) }).await
            }
            // An object is there as a whole or not at all.
            Store::S3 { .. } => Ok(0),
        }
    }

    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, BlobError>>,
    ) -> Result<T, BlobError> {
        let work = async {
            let desk = self.desks.acquire().await;
            let done = work.await;
            drop(desk);
            done
        };
        clock::within(self.timeout, work).await.unwrap_or(Err(BlobError::Timeout))
    }
}

fn connect(config: &config::Blobs, bucket: &config::Bucket) -> Result<AmazonS3, BlobError> {
    let timeout = config.timeout();
    let plain = config.endpoint.as_ref().is_some_and(|endpoint| !endpoint.is_https());
    let client = ClientOptions::new().with_timeout(timeout).with_allow_http(plain);
    // Repeats end with the time that the call itself has.
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: Duration::from_millis(50), ..Default::default() },
        max_retries: 5,
        retry_timeout: timeout,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&config.region)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = &config.endpoint {
        builder = builder.with_endpoint(endpoint.as_str());
    }
    if let (Some(id), Some(secret)) = (&config.access_key, &config.secret_key) {
        builder = builder.with_access_key_id(id.expose()).with_secret_access_key(secret.expose());
    }
    builder.build().map_err(|error| BlobError::Settings(error.to_string()))
}

/// The name of a blob's object.
fn object(prefix: &str, key: &Key) -> ObjectPath {
    match prefix {
        "" => ObjectPath::from(key.path()),
        prefix => ObjectPath::from(format!("{prefix}/{}", key.path())),
    }
}
