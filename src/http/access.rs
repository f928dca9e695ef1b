//! The access log: one line for each request, with what an operator needs to find it again
//! and nothing that a client sent but its address: no path, whose ids belong to others, no
//! query and no body, in which there may be secrets. The counts of requests come from the
//! same place.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{Extensions, Method, Response};
use http_body::{Frame, SizeHint};

use crate::domain::ids::UserId;

/// What is learnt about a request on its way in; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Trail(Arc<Learnt>);

#[derive(Debug, Default)]
struct Learnt {
    route: OnceLock<&'static str>,
    user: OnceLock<UserId>,
}

impl Trail {
    /// The trail of a request; of one that did not pass the edge, an empty one.
    #[must_use]
    pub fn among(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// It goes to this route of the table.
    pub fn route(&self, path: &'static str) {
        self.0.route.get_or_init(|| path);
    }

    /// It comes from this user.
    pub fn user(&self, user: UserId) {
        self.0.user.get_or_init(|| user);
    }
}

/// A request that is being answered. Its line is written when the answer has gone out, or
/// has been given up.
#[derive(Debug)]
pub struct Line {
    /// When it came.
    pub started: Instant,
    /// What was asked to be done.
    pub method: Method,
    /// Who asked.
    pub peer: IpAddr,
    /// What was learnt of it.
    pub trail: Trail,
    /// What its lines in the log stand under.
    pub span: tracing::Span,
}

impl Line {
    /// Follows an answer to its end.
    #[must_use]
    pub fn follow(self, response: Response<Body>) -> Response<Body> {
        let status = response.status().as_u16();
        let took = self.started.elapsed();
        response.map(|inner| Body::new(Counted { inner, bytes: 0, status, took, line: self }))
    }
}

/// The body of an answer, whose bytes are counted as they go.
struct Counted {
    inner: Body,
    bytes: u64,
    status: u16,
    took: Duration,
    line: Line,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes = self.bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Self { bytes, status, took, line, .. } = self;
        let Line { method, peer, trail, span, .. } = line;
        let (bytes, status) = (*bytes, *status);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let route = trail.0.route.get().copied().unwrap_or("-");
        // A method that nobody knows is not worth a label: there are as many as there are words.
        let method = known(method);
        let user = trail.0.user.get().map(tracing::field::display);
        span.in_scope(|| {
            tracing::info!(target: "rentezy::access", method, route, status, ms, bytes, %peer, user);
        });
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        metrics::counter!("http_requests_total", &labels).increment(1);
        metrics::counter!("http_response_bytes_total", "route" => route).increment(bytes);
        metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route)
            .record(took.as_secs_f64());
    }
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
