//! The keys that access tokens are signed with: made, sealed by `server.secret`, kept until
//! the last token of theirs is over.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jiff::Timestamp;
use tokio_postgres::Client;

use super::seal::{Seal, SealError};
use super::sqlstate::StorageError;
use crate::config::Secret;

/// A key that access tokens are signed with, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Its name, which tokens carry.
    pub kid: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
    /// When it begins to sign; the newest that has begun does.
    pub signs_from: Timestamp,
}

/// What signing keys are sealed with.
///
/// # Errors
/// When no sealing key can be derived.
pub fn seal(secret: &Secret) -> Result<Seal, SealError> {
    Seal::new(secret, "signing keys")
}

/// Makes a key (Ed25519) that signs from an instant on.
///
/// # Errors
/// When there are no random numbers.
pub fn make(seal: &Seal, signs_from: Timestamp) -> Result<SealedKey, SealError> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| SealError)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| SealError)?;
    let mut name = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut name).map_err(|_| SealError)?;
    let kid = hex::encode(name);
    let sealed = seal.seal(kid.as_bytes(), pkcs8.as_ref())?;
    Ok(SealedKey { kid, sealed, public: pair.public_key().as_ref().to_vec(), signs_from })
}

/// All signing keys, the one that signs last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(client: &Client) -> Result<Vec<SealedKey>, StorageError> {
    let sql = "select kid, sealed, public, signs_from from signing_keys
         order by signs_from desc, kid";
    let rows = client.query(sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| SealedKey {
            kid: row.get(0),
            sealed: row.get(1),
            public: row.get(2),
            signs_from: row.get(3),
        })
        .collect())
}

/// Keeps a signing key.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn insert(client: &Client, key: &SealedKey, now: Timestamp) -> Result<(), StorageError> {
    client
        .execute(
            "insert into signing_keys (kid, sealed, public, created_at, signs_from)
             values ($1, $2, $3, $4, $5)",
            &[&key.kid, &key.sealed, &key.public, &now, &key.signs_from],
        )
        .await?;
    Ok(())
}

/// Deletes the keys whose successor has signed since before an instant; how many.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn trim(client: &Client, succeeded_before: Timestamp) -> Result<u64, StorageError> {
    let gone = client
        .execute(
            "delete from signing_keys k where exists (
                 select 1 from signing_keys n where n.signs_from > k.signs_from
                     and n.signs_from < $1)",
            &[&succeeded_before],
        )
        .await?;
    Ok(gone)
}
