//! Idempotency keys: a request with an effect carries one, so that it can be sent again
//! when nobody knows whether it was done.
//!
//! The key alone names nothing. Its request id is a digest of who asks, the method, the
//! route, the ids in the path and the key, so neither another person nor another route ever
//! meets it; the fingerprint is a digest of the body as it was understood, so that one key
//! cannot carry two requests. Both are kept with the effect, in its own transaction.

use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::problem::{Problem, Slug};
use crate::domain::ids::{self, RequestId, UserId};

/// The header of the key.
pub static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that says that an answer is that of an earlier request.
pub static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key, in characters.
const KEY_MAX: usize = 255;

/// The key of a request, and the route it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    method: String,
    route: String,
    key: String,
}

impl Key {
    /// The key of `route`, such as `/api/v1/bookings/{id}/checkout`.
    #[must_use]
    pub fn new(method: &str, route: &str, key: &str) -> Self {
        Self { method: method.into(), route: route.into(), key: key.into() }
    }

    /// The id of the request that `user` makes with this key, with the ids in its path.
    #[must_use]
    pub fn request_id(&self, user: UserId, path_ids: &[Uuid]) -> RequestId {
        let mut hash = Sha256::new();
        hash.update(user.uuid().as_bytes());
        // Lengths in front, so that no two lists of parts give the same bytes.
        for part in [&self.method, &self.route, &self.key] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        for id in path_ids {
            hash.update(id.as_bytes());
        }
        RequestId::from(ids::truncated(&hash.finalize()))
    }
}

/// A digest of a body as it was understood: the order of its fields and the white space
/// between them do not count.
#[must_use]
pub fn fingerprint(body: &impl Serialize) -> [u8; 16] {
    // A map sorts its fields; a body that cannot be written does not come out of a reader.
    let canonical = serde_json::to_value(body).map(|value| value.to_string()).unwrap_or_default();
    let digest = Sha256::digest(canonical);
    let mut print = [0_u8; 16];
    for (to, from) in print.iter_mut().zip(digest) {
        *to = from;
    }
    print
}

/// An answer, marked if it is that of an earlier request.
#[must_use]
pub fn marked(answer: impl IntoResponse, is_replayed: bool) -> Response {
    let mut response = answer.into_response();
    if is_replayed {
        response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    response
}

fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wrong = || {
        let detail = "Idempotency-Key must be 1 to 255 visible ASCII characters";
        Problem::new(Slug::IdempotencyKeyRequired, detail)
    };
    let mut values = headers.get_all(&HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().map_err(|_| wrong())?;
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || !(1..=KEY_MAX).contains(&key.len()) || values.next().is_some() {
        return Err(wrong());
    }
    Ok(Some(key.to_owned()))
}

fn of(parts: &Parts) -> Result<Option<Key>, Problem> {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    Ok(read(&parts.headers)?.map(|key| Key::new(parts.method.as_str(), route, &key)))
}

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let detail = "send a new Idempotency-Key with each thing you want done";
        of(parts)?.ok_or_else(|| Problem::new(Slug::IdempotencyKeyRequired, detail))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        of(parts)
    }
}
