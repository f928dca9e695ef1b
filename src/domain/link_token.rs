//! Tokens in the links that are mailed: to prove an address, to choose a new password, to
//! hear no more of something.
//!
//! A token names a row and carries HMAC-SHA256 (RFC 2104) over purpose and row, under a key
//! that derives from `server.secret`. So the event log and the database may name the row
//! without opening anything, and who mails a link can make it as often as it takes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// What a token is good for. One made for one purpose is worthless for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proving an address.
    VerifyEmail,
    /// Choosing a new password.
    ResetPassword,
    /// Hearing no more of something by mail.
    Unsubscribe,
}

impl Purpose {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::VerifyEmail => b"rentezy/link/verify-email",
            Self::ResetPassword => b"rentezy/link/reset-password",
            Self::Unsubscribe => b"rentezy/link/unsubscribe",
        }
    }
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct LinkKey(Hmac<Sha256>);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey")
    }
}

impl LinkKey {
    /// The key that derives from `server.secret`; `None` for an empty one.
    #[must_use]
    pub fn derive(secret: &str) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        let mut root = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        root.update(b"rentezy/link");
        Hmac::new_from_slice(&root.finalize().into_bytes()).ok().map(Self)
    }

    /// The token of a row: 64 characters that may stand in a URL.
    #[must_use]
    pub fn token(&self, purpose: Purpose, row: Uuid) -> String {
        let tag = self.tagged(purpose, row).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([row.as_bytes().as_slice(), &tag].concat())
    }

    /// The row that a token names; `None` when we did not make it for this purpose.
    #[must_use]
    pub fn row(&self, purpose: Purpose, token: &str) -> Option<Uuid> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (row, tag) = bytes.split_first_chunk::<16>()?;
        let row = Uuid::from_bytes(*row);
        self.tagged(purpose, row).verify_slice(tag).ok().map(|()| row)
    }

    /// Six digits that go with a row: what one person reads out and another types. Not for
    /// anything that can be tried often.
    #[must_use]
    pub fn digits(&self, row: Uuid) -> String {
        let mut mac = self.0.clone();
        mac.update(b"rentezy/link/digits");
        mac.update(row.as_bytes());
        let tag = mac.finalize().into_bytes();
        let number = tag.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    fn tagged(&self, purpose: Purpose, row: Uuid) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.name());
        mac.update(row.as_bytes());
        mac
    }
}
