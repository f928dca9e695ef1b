//! How a password is kept: as a hash that takes a core and 19 MiB for some tens of
//! milliseconds, so whoever calls this sees to it that others do not wait for it.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// A hash that no password has, of today's cost: checked when the account does not exist,
/// so that the time of a refusal tells nothing.
pub const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    cmVudGV6eS9ub2JvZHkvMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that cannot be hashed, because its length is out of all bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("password cannot be hashed")]
pub struct HashError;

/// The hash of a password, in PHC form: Argon2id with the parameters that OWASP advises.
/// `salt` must be new for every hash.
///
/// # Errors
/// [`HashError`].
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, HashError> {
    let hash: Result<PasswordHash, _> =
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| HashError)
}

/// Whether a password is the one of a hash.
#[must_use]
pub fn matches(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}
