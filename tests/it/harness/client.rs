//! Asking the server over HTTP, as a program or a browser does. Every answer is looked at:
//! an error must be a problem document under the request's id, and say when to come again
//! if it may.

use std::time::Duration;

use rentezy::clock;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody's way to the server.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// A request in the making.
pub(crate) struct Call {
    request: RequestBuilder,
    keyed: bool,
    method: Method,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) text: String,
    /// The body as JSON; null if it is none.
    pub(crate) body: Value,
}

/// An HTTP client for this machine that follows no redirect.
pub(crate) fn http() -> reqwest::Client {
    http_within(PATIENCE)
}

/// The same, with another idea of how long an answer may take.
pub(crate) fn http_within(patience: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

impl Api {
    /// Asks the server at `base`, with an access token or without.
    pub(crate) fn new(http: &reqwest::Client, base: &str, token: Option<&str>) -> Self {
        Self { http: http.clone(), base: base.to_owned(), token: token.map(str::to_owned) }
    }

    /// Begins a request; a path without `/` in front is one of the API's.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let url = match path.strip_prefix('/') {
            Some(_) => format!("{}{path}", self.base),
            None => format!("{}/api/v1/{path}", self.base),
        };
        let mut request = self.http.request(method.clone(), url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call { request, keyed: false, method }
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// Sends JSON, under an Idempotency-Key of its own.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path).json(body).send().await
    }

    /// Sends JSON under a key until the answer is one: busy or unknown is none.
    pub(crate) async fn settle(&self, path: &str, key: &str, body: &Value) -> Answer {
        let began = clock::monotonic();
        loop {
            let sent = self.call(Method::POST, path).key(key).json(body).try_send().await;
            if let Ok(answer) = sent
                && !matches!(answer.status, 503 | 504)
            {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "no answer to {path} under {key}");
            clock::pause(Duration::from_millis(50)).await;
        }
    }
}

impl Call {
    /// Under this Idempotency-Key.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.keyed = true;
        self.header("idempotency-key", key)
    }

    /// Without an Idempotency-Key.
    pub(crate) fn no_key(mut self) -> Self {
        self.keyed = true;
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body of bytes.
    pub(crate) fn bytes(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// Sends it and expects an answer.
    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// Sends it; there may be no answer.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let mut request = self.request;
        if !self.keyed && matches!(self.method, Method::POST | Method::DELETE) {
            request = request.header("idempotency-key", Uuid::new_v4().to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        let answer = Answer { status: status.as_u16(), headers, text, body };
        answer.check();
        Ok(answer)
    }
}

impl Answer {
    /// What holds for every answer of the server.
    fn check(&self) {
        let Self { status, body, .. } = self;
        assert!(*status < 500 || matches!(status, 503 | 504), "a fault of the server: {self:?}");
        let id = self.header("x-request-id").expect("every answer has its request's id");
        if StatusCode::from_u16(*status).unwrap().is_success() || *status < 400 {
            return;
        }
        assert_eq!(self.header(CONTENT_TYPE.as_str()), Some("application/problem+json"));
        assert_eq!(body["status"], json!(status), "{self:?}");
        assert_eq!(body["instance"], json!(id), "{self:?}");
        let code = body["code"].as_str().expect("a problem has a code");
        assert_eq!(body["type"], format!("/problems/{code}"));
        for name in ["title", "detail"] {
            assert!(body[name].is_string(), "{name} in {self:?}");
        }
        assert!(body["retryable"].is_boolean(), "{self:?}");
        if *status == 503 {
            assert!(self.header("retry-after").is_some(), "{self:?}");
        }
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn body(self, status: u16) -> Value {
        self.expect(status).body
    }

    /// The answer, which must be a problem of this kind.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, &self.body["code"]), (status, &json!(code)), "{}", self.text);
        self
    }

    /// A text of the body, by its JSON Pointer.
    #[track_caller]
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        text_at(&self.body, pointer)
    }
}

/// A text in a document, by its JSON Pointer.
#[track_caller]
pub(crate) fn text_at(body: &Value, pointer: &str) -> String {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {body}")).to_owned()
}
