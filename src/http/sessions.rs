//! Signed-in devices: access tokens of some minutes, refresh tokens that change with every
//! use, and what was taken back while access tokens still live: sessions, and rights.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::auth::{Device, Principal};
use super::keys::{Claims, Jwk, Keys, KeysError};
use super::problem::{Problem, Slug};
use crate::clock::{self, Clock};
use crate::config::{Accounts, Secret};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::user::Role;
use crate::storage::accounts::User;
use crate::storage::pool::Pool;
use crate::storage::seal::Seal;
use crate::storage::sessions::{self, NewSession, Rotation, Successor};
use crate::storage::sqlstate::StorageError;

/// How often other servers' revocations, and the keys, are read.
const POLL: Duration = Duration::from_secs(2);

/// How far back each reading looks beyond the one before: a revocation is stamped before
/// its transaction commits.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);

/// The least time between two readings of the keys for tokens that name an unknown one:
/// anybody can send such tokens.
const REREAD_PAUSE: Duration = Duration::from_secs(5);

/// Random bytes in a refresh token.
const TOKEN_BYTES: usize = 32;

/// What a device gets when it signs in or comes back.
#[derive(Clone)]
pub struct Opened {
    /// Whose session it is.
    pub user: User,
    /// The access token.
    pub access_token: String,
    /// The token that gets the next one.
    pub refresh_token: String,
}

/// The sessions of this server.
#[derive(Debug)]
pub struct Sessions {
    keys: ArcSwap<Keys>,
    /// When the keys were last read for the sake of a token.
    reread: Mutex<Option<Instant>>,
    secret: Secret,
    seal: Seal,
    clock: Clock,
    access_s: i64,
    refresh: Duration,
    /// Sessions that were ended, and when.
    revoked: RwLock<HashMap<SessionId, Timestamp>>,
    /// Accounts that lost rights, the version that tokens of theirs must have, and when.
    lowered: RwLock<HashMap<UserId, (i32, Timestamp)>>,
}

impl Sessions {
    /// With the keys of the database, made at the first start, and the sessions that were
    /// revoked lately.
    ///
    /// # Errors
    /// When the database cannot be used, or no key can be made.
    pub async fn open(
        pool: &Pool,
        secret: &Secret,
        accounts: &Accounts,
        clock: &Clock,
    ) -> Result<Self, KeysError> {
        let keys = Keys::open(pool, secret, clock).await?;
        let sessions = Self::with_keys(keys, secret, accounts, clock)?;
        let since = sessions.oldest_that_matters(clock.now());
        sessions.read_revoked(pool, since).await?;
        Ok(sessions)
    }

    /// With keys of the caller's; nothing is revoked.
    ///
    /// # Errors
    /// When no sealing key can be derived.
    pub fn with_keys(
        keys: Keys,
        secret: &Secret,
        accounts: &Accounts,
        clock: &Clock,
    ) -> Result<Self, KeysError> {
        Ok(Self {
            keys: ArcSwap::from_pointee(keys),
            reread: Mutex::default(),
            secret: secret.clone(),
            seal: Seal::new(secret, "refresh tokens")?,
            clock: clock.clone(),
            access_s: i64::try_from(accounts.access_token().as_secs()).unwrap_or(i64::MAX),
            refresh: accounts.refresh(),
            revoked: RwLock::default(),
            lowered: RwLock::default(),
        })
    }

    /// The life of an access token, in seconds.
    #[must_use]
    pub const fn access_seconds(&self) -> i64 {
        self.access_s
    }

    /// The life of a refresh token that is not used, in seconds.
    #[must_use]
    pub const fn refresh_seconds(&self) -> u64 {
        self.refresh.as_secs()
    }

    /// An access token for a session, with the roles that its user has now.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn access_token(&self, user: &User, session: SessionId) -> Result<String, Problem> {
        let roles = user.roles.iter().map(|role| role.name().to_owned()).collect();
        let claims = Claims::new(user.id, session, roles, self.clock.now(), self.access_s);
        let claims = claims.after_losses(user.access_version);
        self.keys.load().sign(&claims).map_err(|error| Problem::internal(&error))
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> Vec<Jwk> {
        self.keys.load().jwks()
    }

    /// As [`Self::principal`], after the keys were read again when the token names one that
    /// is not known here.
    ///
    /// # Errors
    /// `unauthenticated` when the token is not to be believed.
    pub async fn admit(&self, pool: &Pool, token: &str) -> Result<Principal, Problem> {
        if self.keys.load().misses_key_of(token) && self.may_reread() {
            self.read_keys(pool).await;
        }
        self.principal(token)
    }

    fn may_reread(&self) -> bool {
        let mut last = self.reread.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| last.elapsed() >= REREAD_PAUSE);
        if may {
            *last = Some(clock::monotonic());
        }
        may
    }

    async fn read_keys(&self, pool: &Pool) {
        match Keys::read(pool, &self.secret, &self.clock).await {
            Ok(Some(keys)) => self.keys.store(keys.into()),
            Ok(None) => tracing::warn!("no signing key was sealed with this server.secret"),
            Err(error) => tracing::warn!(%error, "signing keys cannot be read"),
        }
    }

    /// Who shows an access token, if it holds, its session was not ended and its rights were
    /// not taken away.
    ///
    /// # Errors
    /// `unauthenticated` in every other case.
    pub fn principal(&self, token: &str) -> Result<Principal, Problem> {
        let claims = self
            .keys
            .load()
            .verify(token, self.clock.now())
            .map_err(|_| Problem::unauthenticated())?;
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        let lowered = self.lowered.read().unwrap_or_else(PoisonError::into_inner);
        let outdated = lowered.get(&claims.sub).is_some_and(|(version, _)| claims.ver < *version);
        if outdated || revoked.contains_key(&claims.sid) {
            return Err(Problem::unauthenticated());
        }
        let roles = claims.roles.iter().filter_map(|name| Role::of_name(name)).collect();
        Ok(Principal { user: claims.sub, session: claims.sid, roles })
    }

    /// Signs a device in: somebody whose password was found right by the hash
    /// `password_hash`, or who was known otherwise.
    ///
    /// # Errors
    /// `invalid-credentials` when the account was suspended or got another password
    /// meanwhile.
    pub async fn sign_in(
        &self,
        client: &Client,
        user: User,
        password_hash: Option<&str>,
        device: &Device,
    ) -> Result<Opened, Problem> {
        let (id, now) = (self.clock.id(), self.clock.now());
        let refresh_token = new_token()?;
        let digest = digest(&refresh_token);
        let new = NewSession {
            id,
            user: user.id,
            digest: &digest,
            now,
            expires_at: self.expiry(now),
            password_hash,
            user_agent: device.user_agent.as_deref(),
            address: device.address.as_deref(),
        };
        if !sessions::open(client, &new).await? {
            return Err(Problem::invalid_credentials());
        }
        let access_token = self.access_token(&user, id)?;
        Ok(Opened { user, access_token, refresh_token })
    }

    /// Trades a refresh token for the next one.
    ///
    /// # Errors
    /// `unauthenticated` when the session is over; `token-reuse`, and the session is over,
    /// when the token had been traded before.
    pub async fn refresh(&self, client: &mut Client, token: &str) -> Result<Opened, Problem> {
        let now = self.clock.now();
        let (shown, next) = (digest(token), new_token()?);
        let sealed =
            self.seal.seal(&shown, next.as_bytes()).map_err(|error| Problem::internal(&error))?;
        let successor =
            Successor { digest: &digest(&next), sealed: &sealed, expires_at: self.expiry(now) };
        let (session, user, refresh_token) =
            match sessions::rotate(client, &shown, &successor, now).await? {
                Rotation::Rotated(session, user) => (session, user, next),
                Rotation::Repeated(session, user, sealed) => {
                    (session, user, self.reopened(&shown, &sealed)?)
                }
                Rotation::Over => return Err(Problem::unauthenticated()),
                Rotation::Stolen(session) => {
                    self.forget(session, now);
                    let detail = "this refresh token was used before; sign in again";
                    return Err(Problem::new(Slug::TokenReuse, detail));
                }
            };
        let access_token = self.access_token(&user, session)?;
        Ok(Opened { user, access_token, refresh_token })
    }

    /// Ends the session of a refresh token, if it has one.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn sign_out(&self, client: &Client, token: &str) -> Result<(), Problem> {
        let Some(session) = sessions::session_of(client, &digest(token)).await? else {
            return Ok(());
        };
        let now = self.clock.now();
        sessions::revoke(client, session, now).await?;
        self.forget(session, now);
        Ok(())
    }

    /// Follows the revocations of all servers, for ever.
    pub async fn follow(&self, pool: &Pool) {
        let mut since = self.oldest_that_matters(self.clock.now());
        loop {
            clock::pause(POLL).await;
            let now = self.clock.now();
            self.read_keys(pool).await;
            match self.read_revoked(pool, since).await {
                Ok(()) => since = now.saturating_sub(OVERLAP).unwrap_or(since),
                Err(error) => tracing::warn!(%error, "revoked sessions cannot be read"),
            }
        }
    }

    async fn read_revoked(&self, pool: &Pool, since: Timestamp) -> Result<(), StorageError> {
        let client = pool.get().await?;
        let found = sessions::revoked_after(&client, since).await?;
        let oldest = self.oldest_that_matters(self.clock.now());
        let fallen = sessions::lowered_after(&client, since).await?;
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.extend(found);
        revoked.retain(|_, at| *at > oldest);
        let mut lowered = self.lowered.write().unwrap_or_else(PoisonError::into_inner);
        lowered.extend(fallen.into_iter().map(|(user, version, at)| (user, (version, at))));
        lowered.retain(|_, (_, at)| *at > oldest);
        Ok(())
    }

    /// Believes no access token of an account any more that is older than its rights.
    pub fn lower(&self, user: &User) {
        let now = self.clock.now();
        let mut lowered = self.lowered.write().unwrap_or_else(PoisonError::into_inner);
        lowered.insert(user.id, (user.access_version, now));
    }

    /// Believes no access token of sessions any more that were ended in the database.
    pub fn forget_all(&self, ended: &[SessionId]) {
        let now = self.clock.now();
        for session in ended {
            self.forget(*session, now);
        }
    }

    /// Believes no access token of a session any more.
    fn forget(&self, session: SessionId, now: Timestamp) {
        self.revoked.write().unwrap_or_else(PoisonError::into_inner).insert(session, now);
    }

    /// Sessions revoked before this have no access token left that could hold.
    fn oldest_that_matters(&self, now: Timestamp) -> Timestamp {
        let life = SignedDuration::from_secs(self.access_s.saturating_add(300));
        now.saturating_sub(life).unwrap_or(Timestamp::MIN)
    }

    fn expiry(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.refresh).unwrap_or(Timestamp::MAX)
    }

    fn reopened(&self, shown: &[u8], sealed: &[u8]) -> Result<String, Problem> {
        let token = self.seal.open(shown, sealed).ok().and_then(|t| String::from_utf8(t).ok());
        // Sealed with another secret: the session goes on for whoever got the answer.
        token.ok_or_else(Problem::unauthenticated)
    }
}

/// A refresh token: 256 random bits.
fn new_token() -> Result<String, Problem> {
    let mut bytes = [0_u8; TOKEN_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Problem::internal(&"no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the database keeps of a refresh token.
fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
