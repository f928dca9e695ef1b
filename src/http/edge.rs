//! What every request passes on its way in and out: it gets an id and a time limit, a
//! panic becomes an answer, a problem its document, and every answer the headers that keep
//! browsers safe.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::access::{Line, Trail};
use super::peer::{Connected, Peer};
use super::problem::{Problem, Slug};
use super::state::Shared;
use crate::clock;
use crate::domain::ids::RequestId;

/// The header of a request's id.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client.
const ID_MAX: usize = 64;

/// The page may load what we serve and nothing else; `data:` is for images of the map.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// An answer of the API is no page: it may load nothing.
const API_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// The kinds of answers that are compressed. Pictures are already.
const TEXTS: [&str; 7] = [
    "application/json",
    "application/problem+json",
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
];

/// The address of a request that came over no connection.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The id of a request, in the extensions of request and response.
#[derive(Debug, Clone)]
pub struct Instance(pub Arc<str>);

/// Marks an answer that is sent as it is: where a secret is compressed together with what
/// an attacker may choose, its length tells the secret (the BREACH attack).
#[derive(Debug, Clone, Copy)]
struct Uncompressed;

/// The outermost layer.
pub async fn enter(State(state): State<Shared>, mut request: Request, next: Next) -> Response {
    let started = clock::monotonic();
    let id =
        given_id(request.headers()).unwrap_or_else(|| state.clock.id::<RequestId>().to_string());
    let connected = request.extensions().get().map_or(UNKNOWN, |Connected(address)| *address);
    let trusted = &state.config.http.trusted_proxies;
    let peer = Peer::find(connected, request.headers(), trusted);
    let trail = Trail::default();
    let extensions = request.extensions_mut();
    extensions.insert(Instance(id.as_str().into()));
    extensions.insert(peer);
    extensions.insert(trail.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let span = tracing::info_span!("request", id, command = tracing::field::Empty);
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = written(response, &method, &id);
    protect(response.headers_mut(), &path, state.public_url.starts_with("https://"));
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    if chunked || is_unread(&response) {
        // Of a request whose length a proxy may have seen otherwise, nothing that follows
        // it is believed to be another one (RFC 9112, 6.3); nor can the rest of a body be
        // skipped that is too long to be read.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Line { started, method, peer: peer.0, trail, span }.follow(response)
}

/// Gives up on requests that take longer than `server.request_timeout_s`.
pub async fn limit_time(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let limit = state.config.server.request_timeout();
    clock::within(limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "it may or may not have been done: read, or send the same request again";
        Problem::new(Slug::Timeout, detail).retry_after(1).into_response()
    })
}

/// The answer when a handler panicked.
#[must_use]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&format!("handler panicked: {}", text.unwrap_or("?"))).into_response()
}

fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=ID_MAX).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// Writes the document of a problem; also of those that the framework itself has made,
/// which have a status and no content. Whoever asks for the methods of a path gets them.
fn written(mut response: Response, method: &Method, id: &str) -> Response {
    let bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let problem =
        response.extensions_mut().remove::<Problem>().or_else(|| match response.status() {
            StatusCode::METHOD_NOT_ALLOWED if bare => {
                let detail = "the methods of this path are listed in Allow";
                Some(Problem::new(Slug::MethodNotAllowed, detail))
            }
            StatusCode::NOT_FOUND if bare => Some(Problem::not_found()),
            status if bare && status.is_server_error() => Some(Problem::internal(&status)),
            _ => None,
        });
    match problem {
        Some(problem) if problem.slug() == Slug::MethodNotAllowed && method == Method::OPTIONS => {
            options(response)
        }
        Some(problem) => problem.document(id, response.headers()),
        None => response,
    }
}

/// Whether there is more of the request than was read.
fn is_unread(response: &Response) -> bool {
    matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT)
}

/// The answer to OPTIONS, from the one that refuses it and says which methods there are:
/// the framework puts Allow on both.
fn options(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// Keeps an answer from being compressed.
#[must_use]
pub fn uncompressed(mut response: Response) -> Response {
    response.extensions_mut().insert(Uncompressed);
    response
}

/// Whether an answer is worth compressing, and may be.
#[must_use]
pub fn compresses(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    extensions.get::<Uncompressed>().is_none() && TEXTS.contains(&essence)
}

/// Headers that every answer has, unless it says otherwise itself.
fn protect(headers: &mut HeaderMap, path: &str, is_https: bool) {
    let in_api = path.starts_with("/api/") || path.starts_with("/ops/");
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(header::CONTENT_SECURITY_POLICY, if in_api { API_POLICY } else { POLICY });
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(HeaderName::from_static("x-permitted-cross-domain-policies"), "none");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(self), microphone=(), payment=()",
    );
    if in_api {
        default(header::CACHE_CONTROL, "no-store");
    }
    if is_https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
