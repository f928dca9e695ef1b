//! Sealing: what lies in the database and must not be readable there is encrypted under a
//! key that derives from `server.secret`, a different one for each purpose.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf;

use crate::config::Secret;

/// A cryptographic operation failed, or a sealed text is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot be sealed or opened with this server.secret")]
pub struct SealError;

/// Seals and opens texts of one purpose: AES-256-GCM with a random nonce in front.
#[derive(Debug)]
pub struct Seal(RandomizedNonceKey);

impl Seal {
    /// The seal of a purpose.
    ///
    /// # Errors
    /// When no key can be derived.
    pub fn new(secret: &Secret, purpose: &str) -> Result<Self, SealError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"rentezy");
        let prk = salt.extract(secret.expose().as_bytes());
        let mut key = [0_u8; 32];
        prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| SealError)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(Self).map_err(|_| SealError)
    }

    /// Seals `plain`; it opens only beside the same `context`.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut text = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(context), &mut text)
            .map_err(|_| SealError)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens what [`Seal::seal`] made.
    ///
    /// # Errors
    /// When it was made with another secret, purpose or context, or was changed.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut text = text.to_vec();
        let plain =
            self.0.open_in_place(nonce, Aad::from(context), &mut text).map_err(|_| SealError)?;
        Ok(plain.to_vec())
    }
}
