//! The web app: files of `web/dist` that were built into the binary. Paths that are neither
//! a file nor part of the API belong to the app's own router, so they get its page.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;
use super::{docs, precondition};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Files;

/// The page of the app.
const PAGE: &str = "index.html";

/// The page of the operators' console, which the public listener does not serve.
const OPERATORS_PAGE: &str = "ops.html";

/// The icon of both.
const ICON: &str = "icon.svg";

/// Names under this folder hold a hash of their content.
const HASHED: &str = "assets/";

/// What there is to see when the web app was not built.
const NOTICE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <title>RentEzy</title>\n<h1>RentEzy is running</h1>\n\
    <p>The web app was not built into this binary: run <code>make run</code>, or \
    <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and build again.</p>\n\
    <p>The API is described in <a href=\"/openapi.json\">/openapi.json</a>.</p>\n</html>\n";

/// Serves whatever the table of routes does not know.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") || path.starts_with("sandbox/") {
        return Problem::not_found().into_response();
    }
    if method == Method::OPTIONS {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET,HEAD")]).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::not_found().into_response();
    }
    if let Some(file) =
        path.strip_prefix("docs").filter(|file| file.is_empty() || file.starts_with('/'))
    {
        return docs::serve(file);
    }
    if let Some(found) = Files::get(path).filter(|_| path != OPERATORS_PAGE) {
        return file(path, &found, &headers);
    }
    // The front door is open to whatever knocks; deeper links only to who reads pages.
    if path.starts_with(HASHED) || !(path.is_empty() || wants_page(&headers)) {
        return Problem::not_found().into_response();
    }
    Files::get(PAGE).map_or_else(notice, |page| file(PAGE, &page, &headers))
}

/// Serves the operators' console: its page, and the files that pages are made of.
pub async fn operators(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => OPERATORS_PAGE,
        path if path == ICON || path.starts_with(HASHED) => path,
        _ => return Problem::not_found().into_response(),
    };
    if method != Method::GET && method != Method::HEAD {
        return Problem::not_found().into_response();
    }
    match Files::get(path) {
        Some(found) => file(path, &found, &headers),
        None if path == OPERATORS_PAGE => notice(),
        None => Problem::not_found().into_response(),
    }
}

fn file(path: &str, found: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(found.metadata.sha256_hash()));
    let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
    let cache =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if precondition::is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::try_from(found.metadata.mimetype());
        let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        ([(header::CONTENT_TYPE, kind)], Body::from(found.data.to_vec())).into_response()
    };
    let set = response.headers_mut();
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    set.insert(header::ETAG, etag);
    response
}

fn notice() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([kind, cache], NOTICE).into_response()
}

/// Whether a browser asks for a page, and not a program for some file.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
