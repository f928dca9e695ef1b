//! Access tokens: JWTs (RFC 9068) signed with Ed25519 keys that lie sealed in the database.
//! A token is believed only if its algorithm, key, audience, issuer, kind and times are all
//! what we write ourselves; nothing in its header is ever followed.

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::seal::{Seal, SealError};
use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::ids::{SessionId, UserId};
use crate::storage::accounts::{self, SealedKey};
use crate::storage::pool::Pool;
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
            iat: now.as_second(),
            exp: now.as_second().saturating_add(seconds),
            nbf: None,
            typ: TOKEN_TYPE.to_owned(),
        }
    }

    fn hold_at(&self, now: i64) -> bool {
        self.typ == TOKEN_TYPE
            && self.exp.saturating_add(LEEWAY) > now
            && self.iat.saturating_sub(LEEWAY) <= now
            && self.nbf.is_none_or(|nbf| nbf.saturating_sub(LEEWAY) <= now)
    }
}

/// The keys of this server.
pub struct Keys {
    signing_kid: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("signing_kid", &self.signing_kid).finish_non_exhaustive()
    }
}

impl Keys {
    /// Loads the keys; the first start makes one. Keys that were sealed with another secret
    /// are passed over: whoever holds a token of theirs signs in again.
    ///
    /// # Errors
    /// When the database cannot be used, or no key can be made.
    pub async fn open(pool: &Pool, secret: &Secret, clock: &Clock) -> Result<Self, KeysError> {
        let seal = Seal::new(secret, "signing keys")?;
        let client = pool.get().await.map_err(StorageError::from)?;
        if let Some(keys) = Self::opened(&seal, &accounts::signing_keys(&client).await?) {
            return Ok(keys);
        }
        let made = make(&seal)?;
        accounts::insert_signing_key(&client, &made, clock.now()).await?;
        Self::opened(&seal, &[made]).ok_or(KeysError::Crypto("a new key cannot be read"))
    }

    /// A key of its own that is kept nowhere.
    ///
    /// # Errors
    /// When none can be made.
    pub fn ephemeral() -> Result<Self, KeysError> {
        let seal = Seal::new(&Secret::new("ephemeral"), "signing keys")?;
        Self::opened(&seal, &[make(&seal)?]).ok_or(KeysError::Crypto("a new key cannot be read"))
    }

    /// The keys that can be opened, of which the first, the newest, signs.
    fn opened(seal: &Seal, keys: &[SealedKey]) -> Option<Self> {
        let mut signing = None;
        let mut verifying = HashMap::new();
        for key in keys {
            let pair = seal.open(key.kid.as_bytes(), &key.sealed).ok().and_then(|pkcs8| {
                Ed25519KeyPair::from_pkcs8(&pkcs8).ok().map(|pair| (pair, pkcs8))
            });
            let Some((pair, pkcs8)) = pair else {
                tracing::warn!(kid = key.kid, "signing key was sealed with another server.secret");
                continue;
            };
            let public = DecodingKey::from_ed_der(pair.public_key().as_ref());
            verifying.insert(key.kid.clone(), public);
            signing.get_or_insert_with(|| (key.kid.clone(), EncodingKey::from_ed_der(&pkcs8)));
        }
        let (signing_kid, signing) = signing?;
        Some(Self { signing_kid, signing, verifying })
    }

    /// Signs a token.
    ///
    /// # Errors
    /// When signing fails, which it does not with a key that could be read.
    pub fn sign(&self, claims: &Claims) -> Result<String, InvalidToken> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(HEADER_TYPE.to_owned());
        header.kid = Some(self.signing_kid.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| InvalidToken)
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
        let key = self.verifying.get(&kid).ok_or(InvalidToken)?;
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

fn make(seal: &Seal) -> Result<SealedKey, KeysError> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
        .map_err(|_| KeysError::Crypto("no key could be generated"))?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref())
        .map_err(|_| KeysError::Crypto("a new key cannot be read"))?;
    let mut name = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut name).map_err(|_| KeysError::Crypto("no random numbers"))?;
    let kid = hex::encode(name);
    let sealed = seal.seal(kid.as_bytes(), pkcs8.as_ref())?;
    Ok(SealedKey { kid, sealed, public: pair.public_key().as_ref().to_vec() })
}
