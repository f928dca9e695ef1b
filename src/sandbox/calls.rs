//! The calls of the API: the table of routes, and what each does to the state.

use axum::http::Method;
use reqwest::Url;
use serde_json::{Value, json};

use super::form::{ApiError, Form};
use super::ledger::{Change, Tx};
use super::objects::{Hook, new_id};
use super::{checkout, intents, refunds};

/// Rows of a list's page, unless the caller says otherwise, and at most.
const LIMIT: (i64, i64) = (10, 100);

/// The most event types that a hook names.
const HOOK_EVENTS_MAX: usize = 300;

/// A call, with the id that its path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    /// Opens a checkout session.
    SessionCreate,
    /// Lists sessions, newest first.
    SessionList,
    /// Reads one.
    SessionRead(String),
    /// Ends an open one.
    SessionExpire(String),
    /// Reads a payment intent.
    IntentRead(String),
    /// Takes what one has reserved.
    IntentCapture(String),
    /// Lets go what one has reserved.
    IntentCancel(String),
    /// Gives money back.
    RefundCreate,
    /// Lists refunds, newest first.
    RefundList,
    /// Reads one.
    RefundRead(String),
    /// Replaces the hook.
    HookRegister,
    /// Shows the hook.
    HookList,
    /// Lists events, newest first.
    EventList,
    /// Reads one.
    EventRead(String),
}

impl Operation {
    /// The operation behind a method and a path; `None` when there is none.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let post = match *method {
            Method::POST => true,
            Method::GET => false,
            _ => return None,
        };
        let segments: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
        let operation = match (post, segments.as_slice()) {
            (true, ["checkout", "sessions"]) => Self::SessionCreate,
            (false, ["checkout", "sessions"]) => Self::SessionList,
            (false, ["checkout", "sessions", id]) => Self::SessionRead((*id).to_owned()),
            (true, ["checkout", "sessions", id, "expire"]) => Self::SessionExpire((*id).to_owned()),
            (false, ["payment_intents", id]) => Self::IntentRead((*id).to_owned()),
            (true, ["payment_intents", id, "capture"]) => Self::IntentCapture((*id).to_owned()),
            (true, ["payment_intents", id, "cancel"]) => Self::IntentCancel((*id).to_owned()),
            (true, ["refunds"]) => Self::RefundCreate,
            (false, ["refunds"]) => Self::RefundList,
            (false, ["refunds", id]) => Self::RefundRead((*id).to_owned()),
            (true, ["webhook_endpoints"]) => Self::HookRegister,
            (false, ["webhook_endpoints"]) => Self::HookList,
            (false, ["events"]) => Self::EventList,
            (false, ["events", id]) => Self::EventRead((*id).to_owned()),
            _ => return None,
        };
        Some(operation)
    }

    /// What the fault knobs call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SessionCreate => "session.create",
            Self::SessionList => "session.list",
            Self::SessionRead(_) => "session.read",
            Self::SessionExpire(_) => "session.expire",
            Self::IntentRead(_) => "intent.read",
            Self::IntentCapture(_) => "intent.capture",
            Self::IntentCancel(_) => "intent.cancel",
            Self::RefundCreate => "refund.create",
            Self::RefundList => "refund.list",
            Self::RefundRead(_) => "refund.read",
            Self::HookRegister => "hook.register",
            Self::HookList => "hook.list",
            Self::EventList => "event.list",
            Self::EventRead(_) => "event.read",
        }
    }

    /// Does it: one transaction. `base` is where the hosted pages are.
    pub(super) fn execute(
        &self,
        tx: &mut Tx<'_>,
        form: Form,
        base: &str,
    ) -> Result<Value, ApiError> {
        match self {
            Self::SessionCreate => checkout::create(tx, form, base).map(|row| row.view()),
            Self::SessionExpire(id) => {
                form.finish()?;
                checkout::expire(tx, id).map(|row| row.view())
            }
            Self::IntentCapture(id) => intents::capture(tx, id, form).map(|row| row.view()),
            Self::IntentCancel(id) => intents::cancel(tx, id, form).map(|row| row.view()),
            Self::RefundCreate => refunds::create(tx, form).map(|row| row.view()),
            Self::HookRegister => register_hook(tx, form),
            Self::SessionList => session_list(tx, form),
            Self::RefundList => refund_list(tx, form),
            Self::EventList => event_list(tx, form),
            Self::HookList => {
                let hooks: Vec<Value> = tx.ledger.hook.iter().map(Hook::view).collect();
                Ok(json!({
                    "object": "list", "url": "/v1/webhook_endpoints", "has_more": false, "data": hooks
                }))
            }
            Self::SessionRead(id) => {
                let row = tx.ledger.sessions.get(id).map(super::objects::Session::view);
                row.ok_or_else(|| ApiError::missing("checkout.session", id))
            }
            Self::IntentRead(id) => {
                let row = tx.ledger.intents.get(id).map(super::objects::Intent::view);
                row.ok_or_else(|| ApiError::missing("payment_intent", id))
            }
            Self::RefundRead(id) => {
                let row = tx.ledger.refunds.get(id).map(super::objects::Refund::view);
                row.ok_or_else(|| ApiError::missing("refund", id))
            }
            Self::EventRead(id) => {
                let row = tx.ledger.events.get(id).map(super::objects::Event::view);
                row.ok_or_else(|| ApiError::missing("event", id))
            }
        }
    }
}

fn session_list(tx: &Tx<'_>, mut form: Form) -> Result<Value, ApiError> {
    let since = form.integer("created[gte]")?.unwrap_or(i64::MIN);
    let intent = form.take("payment_intent");
    let rows =
        tx.ledger.sessions.iter().rev().filter(|row| {
            row.created >= since && (intent.is_none() || row.payment_intent == intent)
        });
    page(rows.map(|row| (row.id.as_str(), || row.view())), form, "/v1/checkout/sessions")
}

fn refund_list(tx: &Tx<'_>, mut form: Form) -> Result<Value, ApiError> {
    let intent = form.take("payment_intent");
    let rows = tx.ledger.refunds.iter().rev();
    let rows = rows.filter(|row| intent.as_ref().is_none_or(|id| row.payment_intent == *id));
    page(rows.map(|row| (row.id.as_str(), || row.view())), form, "/v1/refunds")
}

fn event_list(tx: &Tx<'_>, mut form: Form) -> Result<Value, ApiError> {
    let kind = form.take("type");
    let rows = tx.ledger.events.iter().rev();
    let rows = rows.filter(|row| kind.as_ref().is_none_or(|kind| row.kind == *kind));
    page(rows.map(|row| (row.id.as_str(), || row.view())), form, "/v1/events")
}

/// One page of rows that come newest first, each with its id and its view; `url` is the
/// list's own, by which Stripe's libraries ask for the next page.
fn page<'a, V: FnOnce() -> Value>(
    rows: impl Iterator<Item = (&'a str, V)>,
    mut form: Form,
    url: &str,
) -> Result<Value, ApiError> {
    let (usual, most) = LIMIT;
    let limit = form.integer("limit")?.unwrap_or(usual);
    let after = form.take("starting_after");
    form.finish()?;
    let count = usize::try_from(limit).ok().filter(|_| (1..=most).contains(&limit));
    let count = count.ok_or_else(|| {
        let message = format!("limit must be 1 to {most}.");
        ApiError::parameter("limit", "parameter_invalid_integer", message)
    })?;
    let mut reached = after.is_none();
    let mut rows = rows.filter(|(id, _)| {
        let take = reached;
        reached = reached || after.as_deref() == Some(*id);
        take
    });
    let data: Vec<Value> = rows.by_ref().take(count).map(|(_, view)| view()).collect();
    Ok(json!({"object": "list", "url": url, "has_more": rows.next().is_some(), "data": data}))
}

/// There is one hook: a new one takes its place and all that was not delivered.
fn register_hook(tx: &mut Tx<'_>, mut form: Form) -> Result<Value, ApiError> {
    let url = form.url("url")?;
    if Url::parse(&url).is_ok_and(|url| url.scheme() != "http") {
        let message = "The sandbox sends webhooks over http only.".to_owned();
        return Err(ApiError::parameter("url", "url_invalid", message));
    }
    let hook = Hook {
        id: new_id("we"),
        url,
        created: tx.now,
        enabled_events: form.list("enabled_events"),
        api_version: form.take("api_version"),
    };
    form.finish()?;
    if hook.enabled_events.len() > HOOK_EVENTS_MAX {
        let message = format!("At most {HOOK_EVENTS_MAX} event types can be named.");
        return Err(ApiError::parameter("enabled_events", "parameter_invalid", message));
    }
    let mut view = hook.view();
    view["secret"] = json!(tx.ledger.hook_secret);
    tx.put(Change::Hook(hook));
    Ok(view)
}
