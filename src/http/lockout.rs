//! Lock-out at the edge: who may still try a password. Addresses are counted by a digest
//! under `server.secret`, known or not, so that neither the answer nor the table tells which
//! have an account.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::passwords::Passwords;
use super::problem::{Problem, Slug};
use super::state::AppState;
use crate::clock;
use crate::config::Secret;
use crate::domain::ids::RequestId;
use crate::storage::sign_in_failures::{self, Attempt};

/// How long noting a lock takes at least, so that its time does not tell whether there was
/// an account to note it for.
const WRITE_TIME: Duration = Duration::from_millis(50);

/// Makes the digests of addresses.
#[derive(Clone)]
pub struct LockOut(Hmac<Sha256>);

impl std::fmt::Debug for LockOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LockOut")
    }
}

impl LockOut {
    /// With a key that derives from `server.secret`; `None` for an empty one.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let secret = secret.expose().as_bytes();
        let mac = Hmac::new_from_slice(secret).ok().filter(|_| !secret.is_empty());
        mac.map(|mac: Hmac<Sha256>| Self(mac.chain_update(b"rentezy/lock-out")))
    }

    /// What an address is counted under, whatever its capitals.
    #[must_use]
    pub fn digest(&self, email: &str) -> Vec<u8> {
        let mac = self.0.clone().chain_update(email.to_ascii_lowercase().as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

/// Whether a password is that of an address, whose hash is `hash`. Counts the attempt; a
/// right one makes those before forgotten.
///
/// # Errors
/// `rate-limited` when too many failed lately, also for the right password.
pub async fn check(
    state: &AppState,
    email: &str,
    password: String,
    hash: Option<String>,
) -> Result<bool, Problem> {
    let (address, now) = (state.lockout.digest(email), state.clock.now());
    let attempt = sign_in_failures::attempt(&*state.pool.get().await?, &address, now).await?;
    match attempt {
        Attempt::Admitted => {}
        Attempt::Locked(until) => return Err(locked(until, now)),
        Attempt::LockedNow(until) => {
            let cause: RequestId = state.clock.id();
            let write = async {
                let mut client = state.pool.get().await?;
                let cause = cause.uuid();
                Ok::<_, Problem>(
                    sign_in_failures::note(&mut client, email, until, cause, now).await?,
                )
            };
            let (written, ()) = tokio::join!(write, clock::pause(WRITE_TIME));
            if written? {
                state.tail.nudge();
            }
            return Err(locked(until, now));
        }
    }
    let checked = verify(&state.passwords, password, hash).await;
    let client = state.pool.get().await?;
    match checked {
        Ok(true) => sign_in_failures::forget(&*client, &address).await?,
        Ok(false) => {}
        Err(_) => sign_in_failures::take_back(&client, &address, now).await?,
    }
    checked
}

async fn verify(
    passwords: &Passwords,
    password: String,
    hash: Option<String>,
) -> Result<bool, Problem> {
    // An account that signs in by another provider has no hash.
    Ok(passwords.verify(password, hash.filter(|hash| !hash.is_empty())).await?)
}

fn locked(until: Timestamp, now: Timestamp) -> Problem {
    let left = until.duration_since(now).unsigned_abs().as_millis();
    let seconds = u64::try_from(left.div_ceil(1000)).unwrap_or_default();
    let detail = "too many sign-ins with this address failed: wait, or choose a new password \
                  by the link that we mail";
    Problem::new(Slug::RateLimited, detail).retry_after(seconds.max(1))
}
