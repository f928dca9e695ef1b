//! The API's edge: who asks, which call it is, whether it was made before, and how it is
//! made to fail.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::calls::Operation;
use super::checkout;
use super::faults::{Failure, Orders};
use super::form::{ApiError, Form};
use super::hooks::Signal;
use super::ledger::{Change, Ledger, Tx};
use super::listener::{BODY_MAX, Hangup};
use super::objects::{Charge, Intent, KeyRecord, Refund};
use super::server::App;
use super::store::StoreLost;
use crate::clock;

/// The longest idempotency key.
const KEY_MAX: usize = 255;

/// The idempotency keys of calls under way.
#[derive(Debug, Default)]
pub(super) struct BusyKeys(Mutex<HashSet<String>>);

/// A key's call is under way until this is dropped.
struct Busy<'a>(&'a BusyKeys, String);

impl BusyKeys {
    fn enter(&self, key: &str) -> Option<Busy<'_>> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.to_owned()).then(|| Busy(self, key.to_owned()))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// What a call is answered.
struct Answer {
    status: u16,
    body: Value,
    replayed: bool,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: 200, body, replayed: false }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self { status: error.status, body: error.body(), replayed: false }
    }
}

impl From<StoreLost> for Answer {
    fn from(lost: StoreLost) -> Self {
        ApiError::internal(&lost.to_string()).into()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let mut response = (status, Json(self.body)).into_response();
        if self.replayed {
            let name = header::HeaderName::from_static("idempotent-replayed");
            response.headers_mut().insert(name, header::HeaderValue::from_static("true"));
        }
        response
    }
}

/// Answers everything that is not a page. Works in a task of its own: a caller that goes
/// away does not undo its call.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Extension(hangup): Extension<Hangup>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, BODY_MAX).await {
        Ok(body) => body,
        Err(error) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response();
        }
    };
    let work = async move { route(&app, &parts.method, &parts.uri, &parts.headers, body).await };
    match tokio::spawn(work).await {
        Ok(Some(answer)) => answer.into_response(),
        Ok(None) => hangup.hang_up().await,
        Err(error) => Answer::from(ApiError::internal(&error.to_string())).into_response(),
    }
}

/// `None` when the connection is to be closed without an answer.
async fn route(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Option<Answer> {
    if !authorised(app, headers) {
        let error = ApiError::route("Invalid API Key provided.".to_owned());
        return Some(ApiError { status: 401, ..error }.into());
    }
    match (method, uri.path()) {
        (&Method::GET, "/_health") => Some(Answer::ok(json!({"pid": std::process::id()}))),
        (&Method::GET, "/_charges") => {
            Some(all(app, |ledger| ledger.charges.iter().map(Charge::view).collect()).await)
        }
        (&Method::GET, "/_intents") => {
            Some(all(app, |ledger| ledger.intents.iter().map(Intent::view).collect()).await)
        }
        (&Method::GET, "/_refunds") => {
            Some(all(app, |ledger| ledger.refunds.iter().map(Refund::view).collect()).await)
        }
        (&Method::GET, "/_faults") => Some(Answer::ok(app.faults.view())),
        (&Method::POST, "/_faults") => Some(order_faults(app, &body)),
        (method, path) => {
            let Some(operation) = Operation::of(method, path) else {
                let message = format!("Unrecognized request URL ({method}: {path}).");
                return Some(ApiError::route(message).into());
            };
            let query = uri.query().unwrap_or_default().as_bytes();
            let encoded = if *method == Method::POST { body.as_ref() } else { query };
            let form = match Form::parse(encoded) {
                Ok(form) => form,
                Err(error) => return Some(error.into()),
            };
            let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
            let key = key.filter(|_| *method == Method::POST);
            call(app, &operation, form, key, path).await
        }
    }
}

fn authorised(app: &App, headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")) == Some(app.api_key.as_str())
}

/// All rows of a table, oldest first.
async fn all(app: &App, rows: impl FnOnce(&Ledger) -> Vec<Value>) -> Answer {
    let list = app.run(|tx| rows(tx.ledger)).await;
    list.map_or_else(Answer::from, |data| Answer::ok(json!({"object": "list", "data": data})))
}

fn order_faults(app: &App, body: &[u8]) -> Answer {
    match serde_json::from_slice::<Orders>(body) {
        Ok(orders) => {
            app.faults.order(orders);
            app.signal(Signal::FaultsChanged);
            Answer::ok(app.faults.view())
        }
        Err(error) => ApiError::parameter("", "parameter_invalid", error.to_string()).into(),
    }
}

/// Makes a call once for each key, however often it comes.
async fn call(
    app: &App,
    operation: &Operation,
    form: Form,
    key: Option<&str>,
    path: &str,
) -> Option<Answer> {
    let Some(key) = key else { return execute(app, operation, form, None).await };
    if key.is_empty() || key.len() > KEY_MAX {
        let message = format!("Idempotency keys have 1 to {KEY_MAX} characters.");
        return Some(ApiError::idempotency(400, None, &message).into());
    }
    let Some(_busy) = app.busy.enter(key) else {
        let message = "Another request with this idempotency key is under way.";
        let code = Some("idempotency_key_in_use");
        return Some(ApiError::idempotency(409, code, message).into());
    };
    let mut digest = Sha256::new();
    digest.update(path.as_bytes());
    digest.update([0]);
    digest.update(form.canonical());
    let fingerprint = hex::encode(digest.finalize());
    let known = match app.run(|tx| tx.ledger.key(key, tx.now).cloned()).await {
        Ok(known) => known,
        Err(lost) => return Some(lost.into()),
    };
    match known {
        Some(known) if known.fingerprint == fingerprint => {
            Some(Answer { status: known.status, body: known.body, replayed: true })
        }
        Some(_) => {
            let message = "Keys for idempotent requests can only be used with the same \
                           parameters they were first used with.";
            Some(ApiError::idempotency(400, None, message).into())
        }
        None => execute(app, operation, form, Some((key, fingerprint))).await,
    }
}

async fn execute(
    app: &App,
    operation: &Operation,
    form: Form,
    key: Option<(&str, String)>,
) -> Option<Answer> {
    let fault = app.faults.next(operation.name());
    match fault {
        Some((Failure::FailBefore, _)) => {
            return Some(ApiError::internal("Fault before execution.").into());
        }
        Some((Failure::Hang, stretch)) => clock::pause(stretch).await,
        Some((Failure::FailAfter | Failure::DropAfter, _)) | None => {}
    }
    let fault = fault.map(|(failure, _)| failure);
    let done = app.run(|tx| {
        checkout::expire_overdue(tx);
        tx.key = key.as_ref().map(|(key, _)| (*key).to_owned());
        let result = operation.execute(tx, form, &app.page_base);
        let executed = result.as_ref().map_or_else(|error| error.executed, |_| true);
        let answer = match result {
            _ if fault == Some(Failure::FailAfter) => {
                ApiError::internal("Fault after execution.").into()
            }
            Ok(body) => Answer::ok(body),
            Err(error) => error.into(),
        };
        if let Some((key, fingerprint)) = key.filter(|_| executed) {
            remember(tx, key, fingerprint, &answer);
        }
        answer
    });
    let answer = done.await.unwrap_or_else(Answer::from);
    (fault != Some(Failure::DropAfter)).then_some(answer)
}

fn remember(tx: &mut Tx<'_>, key: &str, fingerprint: String, answer: &Answer) {
    tx.put(Change::Key(KeyRecord {
        key: key.to_owned(),
        fingerprint,
        at: tx.now,
        status: answer.status,
        body: answer.body.clone(),
    }));
}
