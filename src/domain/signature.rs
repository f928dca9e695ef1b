//! Whether a webhook really comes from the payment provider: Stripe's signature scheme.
//!
//! The header is `t=<unix seconds>,v1=<hex>` with one `v1` per secret that is in use at the
//! provider; each is HMAC-SHA256 over `<t>.<raw body>`. Elements of other names (`v0`) are
//! skipped, as Stripe asks.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// How far the signing instant may lie from now, either way, in seconds.
pub const TOLERANCE_SECONDS: u64 = 300;

/// The most `v1` values that are tried: each costs a digest over the whole body.
const SIGNATURES_MAX: usize = 8;

/// Why a webhook was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header has no instant, more than one, or cannot be read.
    #[error("signature header must be t=<seconds>,v1=<hex>")]
    Malformed,
    /// The header has no `v1` value.
    #[error("signature header has no v1 value")]
    Missing,
    /// The header has more `v1` values than a change of secrets can explain.
    #[error("signature header has more than {SIGNATURES_MAX} v1 values")]
    TooMany,
    /// None of the values belongs to this body, instant and secret.
    #[error("no signature matches the body")]
    Mismatch,
    /// Signed too long ago, or in the future: a replay, or clocks apart.
    #[error("signature is more than {TOLERANCE_SECONDS} s away from now")]
    OutOfTolerance,
}

/// Checks the header of a webhook against its raw body. The values are compared in
/// constant time.
///
/// # Errors
/// [`SignatureError`] when the webhook must not be believed.
pub fn verify(
    header: &str,
    body: &[u8],
    secret: &str,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (signed_at, candidates) = parse(header)?;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| SignatureError::Mismatch)?;
    mac.update(signed_at.as_bytes());
    mac.update(b".");
    mac.update(body);
    if !candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok()) {
        return Err(SignatureError::Mismatch);
    }
    // Judged last, so that only the holder of the secret learns about our clock.
    let seconds: i64 = signed_at.parse().map_err(|_| SignatureError::Malformed)?;
    if seconds.abs_diff(now.as_second()) > TOLERANCE_SECONDS {
        return Err(SignatureError::OutOfTolerance);
    }
    Ok(())
}

/// The instant as it was written (it is signed as text) and the decoded `v1` values.
fn parse(header: &str) -> Result<(&str, Vec<Vec<u8>>), SignatureError> {
    let mut signed_at = None;
    let mut candidates = Vec::new();
    for element in header.split(',') {
        let (name, value) = element.trim().split_once('=').ok_or(SignatureError::Malformed)?;
        match name {
            "t" if signed_at.is_some() || !is_seconds(value) => {
                return Err(SignatureError::Malformed);
            }
            "t" => signed_at = Some(value),
            "v1" if candidates.len() == SIGNATURES_MAX => return Err(SignatureError::TooMany),
            "v1" => candidates.push(hex::decode(value).map_err(|_| SignatureError::Malformed)?),
            _ => {}
        }
    }
    let signed_at = signed_at.ok_or(SignatureError::Malformed)?;
    if candidates.is_empty() {
        return Err(SignatureError::Missing);
    }
    Ok((signed_at, candidates))
}

fn is_seconds(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
