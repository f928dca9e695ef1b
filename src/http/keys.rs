//! Access tokens: JWTs (RFC 9068) signed with Ed25519 keys that lie sealed in the database.
//! A token is believed only if its algorithm, key, audience, issuer, kind and times are all
//! what we write ourselves; nothing in its header is ever followed.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::ids::{SessionId, UserId};
use crate::storage::pool::Pool;
use crate::storage::seal::{Seal, SealError};
use crate::storage::signing_keys::{self, SealedKey};
use crate::storage::sqlstate::StorageError;

/// Who issues our tokens.
pub const ISSUER: &str = "rentezy";
/// Whom they are for.
pub const AUDIENCE: &str = "rentezy-api";

/// How far the clocks of two servers may lie apart, in seconds.
const LEEWAY: i64 = 60;
/// The longest token that is looked at, in bytes; ours have a few hundred.
const TOKEN_MAX: usize = 4096;
/// What the header says a token is.
const HEADER_TYPE: &str = "at+jwt";
/// What the claims say it is, so that no other kind of token passes for it.
const TOKEN_TYPE: &str = "access";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key could not be made, sealed or read.
    #[error("no signing key could be made: {0}")]
    Crypto(&'static str),
}

impl From<SealError> for KeysError {
    fn from(_: SealError) -> Self {
        Self::Crypto("sealing failed")
    }
}

/// A token that is not to be believed. Why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("access token is not valid")]
pub struct InvalidToken;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// The session it was issued in.
    pub sid: SessionId,
    /// What its holder may do, by the names of the roles.
    pub roles: Vec<String>,
    /// How often rights had been taken from its holder when it was issued.
    #[serde(default)]
    pub ver: i32,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it ends, in seconds since the epoch.
    pub exp: i64,
    /// When it begins, in seconds since the epoch; ours begin at once and say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The kind of token.
    pub typ: String,
}

impl Claims {
    /// What a token of ours says that holds from `now` for `seconds`.
    #[must_use]
    pub fn new(
        user: UserId,
        session: SessionId,
        roles: Vec<String>,
        now: Timestamp,
        seconds: i64,
    ) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            roles,
            ver: 0,
            iat: now.as_second(),
            exp: now.as_second().saturating_add(seconds),
            nbf: None,
            typ: TOKEN_TYPE.to_owned(),
        }
    }

    /// The same, issued when rights had been taken from its holder so often.
    #[must_use]
    pub fn after_losses(self, ver: i32) -> Self {
        Self { ver, ..self }
    }

    fn hold_at(&self, now: i64) -> bool {
        self.typ == TOKEN_TYPE
            && self.exp.saturating_add(LEEWAY) > now
            && self.iat.saturating_sub(LEEWAY) <= now
            && self.nbf.is_none_or(|nbf| nbf.saturating_sub(LEEWAY) <= now)
    }
}

/// One key that could be opened.
struct Key {
    kid: String,
    signs_from: Timestamp,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: Vec<u8>,
}

/// The keys of this server, as they were when they were read.
pub struct Keys {
    /// The one that signs last first.
    keys: Vec<Key>,
    clock: Clock,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

/// A public key as others read it (RFC 7517; RFC 8037, 2).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Jwk {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    purpose: &'static str,
    /// Its name, which tokens carry.
    kid: String,
    /// The key, base64url.
    x: String,
}

impl Keys {
    /// Loads the keys; the first start makes one. Keys that were sealed with another secret
    /// are passed over: whoever holds a token of theirs signs in again.
    ///
    /// # Errors
    /// When the database cannot be used, or no key can be made.
    pub async fn open(pool: &Pool, secret: &Secret, clock: &Clock) -> Result<Self, KeysError> {
        if let Some(keys) = Self::read(pool, secret, clock).await? {
            return Ok(keys);
        }
        let seal = signing_keys::seal(secret)?;
        let made = signing_keys::make(&seal, clock.now())?;
        let client = pool.get().await.map_err(StorageError::from)?;
        signing_keys::insert(&client, &made, clock.now()).await?;
        Self::opened(&seal, &[made], clock).ok_or(KeysError::Crypto("a new key cannot be read"))
    }

    /// Loads the keys; `None` when there is none that can be opened.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(
        pool: &Pool,
        secret: &Secret,
        clock: &Clock,
    ) -> Result<Option<Self>, KeysError> {
        let seal = signing_keys::seal(secret)?;
        let client = pool.get().await.map_err(StorageError::from)?;
        Ok(Self::opened(&seal, &signing_keys::all(&client).await?, clock))
    }

    /// A key of its own that is kept nowhere.
    ///
    /// # Errors
    /// When none can be made.
    pub fn ephemeral() -> Result<Self, KeysError> {
        let seal = signing_keys::seal(&Secret::new("ephemeral"))?;
        let made = signing_keys::make(&seal, Timestamp::UNIX_EPOCH)?;
        Self::opened(&seal, &[made], &Clock::system())
            .ok_or(KeysError::Crypto("a new key cannot be read"))
    }

    fn opened(seal: &Seal, sealed: &[SealedKey], clock: &Clock) -> Option<Self> {
        let mut keys = Vec::new();
        for key in sealed {
            let pair = seal.open(key.kid.as_bytes(), &key.sealed).ok().and_then(|pkcs8| {
                Ed25519KeyPair::from_pkcs8(&pkcs8).ok().map(|pair| (pair, pkcs8))
            });
            let Some((pair, pkcs8)) = pair else {
                tracing::debug!(kid = key.kid, "signing key was sealed with another server.secret");
                continue;
            };
            let public = pair.public_key().as_ref().to_vec();
            keys.push(Key {
                kid: key.kid.clone(),
                signs_from: key.signs_from,
                signing: EncodingKey::from_ed_der(&pkcs8),
                verifying: DecodingKey::from_ed_der(&public),
                public,
            });
        }
        (!keys.is_empty()).then(|| Self { keys, clock: clock.clone() })
    }

    /// The key that signs now: the newest whose time has come. The first one of all signs
    /// in any case.
    fn signing(&self) -> Option<&Key> {
        let now = self.clock.now();
        self.keys.iter().find(|key| key.signs_from <= now).or(self.keys.last())
    }

    /// The public keys, also of those that do not sign yet.
    #[must_use]
    pub fn jwks(&self) -> Vec<Jwk> {
        let jwk = |key: &Key| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            purpose: "sig",
            kid: key.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(&key.public),
        };
        self.keys.iter().map(jwk).collect()
    }

    /// Whether a token names a key that is not among these: another server may have made it.
    #[must_use]
    pub fn misses_key_of(&self, token: &str) -> bool {
        let header = (token.len() <= TOKEN_MAX).then(|| jsonwebtoken::decode_header(token).ok());
        let kid = header.flatten().and_then(|header| header.kid);
        kid.is_some_and(|kid| self.key(&kid).is_none())
    }

    fn key(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// Signs a token.
    ///
    /// # Errors
    /// When signing fails, which it does not with a key that could be read.
    pub fn sign(&self, claims: &Claims) -> Result<String, InvalidToken> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(HEADER_TYPE.to_owned());
        let key = self.signing().ok_or(InvalidToken)?;
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.signing).map_err(|_| InvalidToken)
    }

    /// What a token says, if it is to be believed at `now`.
    ///
    /// # Errors
    /// [`InvalidToken`] in every other case.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > TOKEN_MAX {
            return Err(InvalidToken);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken)?;
        let names_a_key = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.crit.is_some();
        if names_a_key || header.typ.as_deref() != Some(HEADER_TYPE) {
            return Err(InvalidToken);
        }
        let kid = header.kid.ok_or(InvalidToken)?;
        let key = &self.key(&kid).ok_or(InvalidToken)?.verifying;
        let data = jsonwebtoken::decode::<Claims>(token, key, &validation());
        let claims = data.map_err(|_| InvalidToken)?.claims;
        if claims.hold_at(now.as_second()) { Ok(claims) } else { Err(InvalidToken) }
    }
}

/// What the library checks. Times are checked by [`Claims::hold_at`]: the library would
/// read the system's clock, and tests move ours.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "sub", "aud", "iss"]);
    validation
}
