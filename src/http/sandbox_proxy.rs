//! The payment sandbox's hosted page under `/sandbox/` of the public listener, so that a
//! payer needs to reach one port only. The one outside call of this room, to loopback only.
//!
//! Only the page passes: neither the sandbox's API nor its fault knobs can be reached from
//! here, and no header goes through but those listed, so that our cookies stay here.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Url;

/// The largest form that is passed on.
const BODY_MAX: usize = 64 * 1024;

/// How long the sandbox may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The path that the pages are served under.
const PREFIX: &str = "/sandbox";

const REQUEST_HEADERS: [HeaderName; 3] =
    [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE];

const RESPONSE_HEADERS: [HeaderName; 6] = [
    header::CACHE_CONTROL,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_TYPE,
    header::LOCATION,
    header::REFERRER_POLICY,
    header::X_CONTENT_TYPE_OPTIONS,
];

/// Why the pages cannot be proxied.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// Not an `http` URL of an address of this machine, with a port.
    #[error("payment sandbox must be at an http url on loopback, not {0}")]
    NotLoopback(String),
    /// The HTTP client cannot be made.
    #[error("http client for the payment sandbox: {0}")]
    Client(reqwest::Error),
}

/// The way to the sandbox; clones share its connections.
#[derive(Debug, Clone)]
pub struct SandboxProxy {
    http: reqwest::Client,
    base_url: Url,
}

impl SandboxProxy {
    /// Connects on the first request.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub fn new(base_url: &str) -> Result<Self, ProxyError> {
        let not_loopback = || ProxyError::NotLoopback(base_url.to_owned());
        let base_url: Url = base_url.parse().map_err(|_| not_loopback())?;
        let host = base_url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if base_url.scheme() != "http" || !(loopback || host == "localhost") {
            return Err(not_loopback());
        }
        let http = reqwest::Client::builder()
            .timeout(LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // Plain http needs no root certificates, and a bare machine may have none.
            .tls_certs_only([])
            .build()
            .map_err(ProxyError::Client)?;
        Ok(Self { http, base_url })
    }

    /// Passes one request on and its answer back.
    async fn forward(&self, request: Request) -> Response {
        let Some(url) = self.target(request.uri()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, BODY_MAX).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let mut onward = self.http.request(parts.method.clone(), url);
        for name in REQUEST_HEADERS {
            if let Some(value) = parts.headers.get(&name) {
                onward = onward.header(name, value);
            }
        }
        if parts.method == Method::POST {
            onward = onward.body(body);
        }
        let answer = match onward.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "payment sandbox does not answer");
                let text = "the test payment page does not answer; try again";
                let headers = [(header::RETRY_AFTER, "2")];
                return (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response();
            }
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        for name in RESPONSE_HEADERS {
            if let Some(value) = answer.headers().get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        *response.body_mut() = Body::from_stream(answer.bytes_stream());
        response
    }

    /// The sandbox's URL for a request; `None` when it is not one of its pages. Judged on
    /// the parsed URL, in which `..`, written plainly or escaped, is resolved.
    fn target(&self, uri: &Uri) -> Option<Url> {
        let mut url = self.base_url.clone();
        url.set_path(uri.path().strip_prefix(PREFIX)?);
        url.set_query(uri.query());
        let path = url.path();
        (path.starts_with("/pay/") || path == "/sandbox.css").then_some(url)
    }
}

/// The route, for any router.
pub fn router<S: Clone + Send + Sync + 'static>(proxy: SandboxProxy) -> Router<S> {
    async fn page(State(proxy): State<SandboxProxy>, request: Request) -> Response {
        proxy.forward(request).await
    }
    Router::new().route("/sandbox/{*path}", get(page).post(page)).with_state(proxy)
}
