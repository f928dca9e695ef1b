//! Pages of other origins: those in `http.cors_origins` may call the API, with the cookie as
//! well; all others get no permission, so that browsers keep answers from them.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::state::Shared;

/// What such a page may ask for.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// What it may send besides what every page may.
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match, \
     if-none-match, x-request-id";
/// What it may read besides what every page may.
const RESPONSE_HEADERS: &str = "etag, event-position, idempotency-replayed, link, location, ratelimit, \
     ratelimit-policy, retry-after, x-request-id";
/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBERED_S: &str = "600";

/// Answers preflights, and gives permission to read the answers of the API.
pub async fn share(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let origins = &state.config.http.cors_origins;
    if origins.is_empty() || !is_shared(request.uri().path()) {
        return next.run(request).await;
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let origin = origin.filter(|origin| origin.to_str().is_ok_and(|text| origins.contains(text)));
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &origin {
        Some(_) if preflight => preflighted(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    // Also without an origin: a cache must not give that answer to one.
    headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
    response
}

fn preflighted() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    set(headers, header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
    response
}

fn is_shared(path: &str) -> bool {
    path.starts_with("/api/") || path == "/openapi.json"
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
