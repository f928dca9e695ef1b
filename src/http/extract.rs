//! From bytes to types: bodies, queries and ids in paths. Whatever does not fit becomes a
//! problem that says where.

use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query as Pairs, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::problem::{Problem, Slug};
use super::state::Shared;
use super::syntax::Unambiguous;
use crate::clock;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The longest text of a parser that is passed on, in characters.
const DETAIL_MAX: usize = 200;

/// A JSON body, read strictly.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        check_json(request.headers())?;
        let bytes = raw(request, state.config.server.body_limit_bytes).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A JSON body, read strictly, of up to `MAX` bytes instead of the usual limit.
#[derive(Debug, Clone, Copy)]
pub struct LargeJson<T, const MAX: usize>(pub T);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<Shared> for LargeJson<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        check_json(request.headers())?;
        let bytes = raw(request, MAX).await?;
        parse(&bytes).map(Self)
    }
}

/// A body as it came.
#[derive(Debug, Clone)]
pub struct Raw(pub Bytes);

impl FromRequest<Shared> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        raw(request, state.config.server.body_limit_bytes).await.map(Self)
    }
}

/// The parameters of a query, read strictly: every field is read from text.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::malformed("the query cannot be read"))?;
        let mut fields = Map::new();
        for (name, value) in pairs.0 {
            if fields.contains_key(&name) {
                return Err(Problem::malformed(format!("{} is given twice", short(&name))));
            }
            fields.insert(name, Value::String(value));
        }
        typed(Value::Object(fields)).map(Self)
    }
}

/// An id in the path. One of a wrong form names nothing, so it is not found.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr + Send> FromRequestParts<Shared> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// An id and a name in the path.
#[derive(Debug, Clone, Copy)]
pub struct Two<T, U>(pub T, pub U);

impl<T: FromStr + Send, U: FromStr + Send> FromRequestParts<Shared> for Two<T, U> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let Path((one, two)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        let (one, two) = (one.parse(), two.parse());
        one.ok().zip(two.ok()).map(|(one, two)| Self(one, two)).ok_or_else(Problem::not_found)
    }
}

/// Reads a query parameter from its text; for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When the text is no value of the type.
pub fn text<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<Option<T>, D::Error>
where
    T::Err: std::fmt::Display,
{
    String::deserialize(from)?.parse().map(Some).map_err(D::Error::custom)
}

/// Reads a JSON value into a type, strictly.
///
/// # Errors
/// `validation` with the pointer of what does not fit.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| invalid(&error))
}

fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    let wrong = |detail| Err(Problem::new(Slug::UnsupportedMediaType, detail));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = kind.unwrap_or_default().split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    if !essence.eq_ignore_ascii_case("application/json") {
        return wrong("Content-Type must be application/json");
    }
    if !parts.all(|part| part.is_empty() || part.eq_ignore_ascii_case("charset=utf-8")) {
        return wrong("the charset must be utf-8");
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return wrong("the body must not be compressed");
    }
    Ok(())
}

/// How much of a body that is too large is passed over: whoever is cut off while sending sees
/// a broken connection and not the answer.
const SKIP_MAX: usize = 32 * 1024 * 1024;

/// All bytes of a body, up to a limit, within ten seconds.
///
/// # Errors
/// `payload-too-large`, `request-timeout`, or `malformed` when it was cut off.
pub async fn raw(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Slug::PayloadTooLarge, format!("the body may have {limit} bytes at most"));
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit.saturating_add(SKIP_MAX)) {
        return Err(too_large());
    }
    let reading = async {
        let (mut bytes, mut skipped) = (BytesMut::new(), 0);
        let mut stream = Body::into_data_stream(request.into_body());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Problem::malformed("the body was cut off"))?;
            if skipped > 0 || bytes.len() + chunk.len() > limit {
                bytes = BytesMut::new();
                skipped += chunk.len();
                if skipped > SKIP_MAX {
                    break;
                }
            } else {
                bytes.extend_from_slice(&chunk);
            }
        }
        if skipped > 0 { Err(too_large()) } else { Ok(bytes.freeze()) }
    };
    clock::within(BODY_TIME, reading).await.unwrap_or_else(|_| {
        Err(Problem::new(Slug::RequestTimeout, "the body did not arrive within 10 seconds"))
    })
}

/// Reads JSON: 400 when it is none, 422 when it is not what is expected.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // The parser would pass over other bytes in what it passes over (RFC 8259, 8.1).
    if std::str::from_utf8(bytes).is_err() {
        return Err(Problem::malformed("the body is not UTF-8"));
    }
    // Syntax first and on its own: of a text that is no JSON, or that can be read in two
    // ways, no field is to blame.
    serde_json::from_slice::<Unambiguous>(bytes).map_err(|error| not_json(&error))?;
    // The derived readers would take an array for an object, field by field.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::invalid("", "type", "the body must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() { invalid(&error) } else { not_json(inner) }
    })
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!("the body is not JSON: {}", short(&error.to_string())))
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let full = error.inner().to_string();
    let detail = full.split(" at line ").next().unwrap_or_default();
    let named = || detail.split('`').nth(1).unwrap_or_default();
    let mut pointer: String = error.path().iter().map(token).collect();
    let code = if detail.starts_with("unknown field") {
        // The path names the field when the parser has got that far, and not otherwise.
        let last = format!("/{}", escaped(named()));
        if !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
        "unknown-field"
    } else if detail.starts_with("missing field") {
        pointer = format!("{pointer}/{}", escaped(named()));
        "required"
    } else if detail.starts_with("invalid type") {
        "type"
    } else {
        "invalid"
    };
    Problem::invalid(&pointer, code, &short(detail))
}

fn token(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { variant } => format!("/{}", escaped(variant)),
        Segment::Unknown => String::new(),
    }
}

/// A name within a JSON Pointer (RFC 6901, 3).
fn escaped(name: &str) -> String {
    short(&name.replace('~', "~0").replace('/', "~1"))
}

fn short(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(DETAIL_MAX).collect()
}
