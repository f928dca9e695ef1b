//! What every request passes on its way in and out: it gets an id and a time limit, a
//! panic becomes an answer, a problem its document, and every answer the headers that keep
//! browsers safe.

use std::any::Any;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

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

/// The id of a request, in the extensions of request and response.
#[derive(Debug, Clone)]
pub struct Instance(pub Arc<str>);

/// The outermost layer.
pub async fn enter(State(state): State<Shared>, mut request: Request, next: Next) -> Response {
    let started = clock::monotonic();
    let id =
        given_id(request.headers()).unwrap_or_else(|| state.clock.id::<RequestId>().to_string());
    request.extensions_mut().insert(Instance(id.as_str().into()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id);
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = written(response, &id);
    protect(response.headers_mut(), &path, state.public_url.starts_with("https://"));
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
    span.in_scope(|| tracing::info!(target: "rentezy::access", %method, path, status, ms));
    response
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
/// which have a status and no content.
fn written(mut response: Response, id: &str) -> Response {
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
        Some(problem) => problem.document(id, response.headers()),
        None => response,
    }
}

/// Headers that every answer has, unless it says otherwise itself.
fn protect(headers: &mut HeaderMap, path: &str, is_https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(header::CONTENT_SECURITY_POLICY, POLICY);
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(self), microphone=(), payment=()",
    );
    if path.starts_with("/api/") {
        default(header::CACHE_CONTROL, "no-store");
    }
    if is_https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// Whatever the table does not know, outside of the pages.
pub async fn nothing_here() -> Response<Body> {
    Problem::not_found().into_response()
}
