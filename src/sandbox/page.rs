//! The hosted page: the payer's side of a checkout session. Its links and forms are
//! relative, so that it works behind a proxy that serves it under another path.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::Url;
use serde::Deserialize;

use super::cards::{self, Card};
use super::checkout::{self, Attempt};
use super::faults::Failure;
use super::listener::Hangup;
use super::objects::{Intent, IntentStatus, Session, SessionStatus};
use super::page_html;
use super::server::App;
use crate::clock;

const STYLE: &str = include_str!("sandbox.css");

/// What is posted by the page for the card.
#[derive(Debug, Deserialize)]
pub(super) struct CardForm {
    #[serde(default)]
    card_number: String,
}

/// What is posted by the page of the bank's check.
#[derive(Debug, Deserialize)]
pub(super) struct ChallengeForm {
    #[serde(default)]
    outcome: String,
}

/// `GET /sandbox.css`
pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// `GET /pay/{session}`
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    show_card(&app, &id, StatusCode::OK, None).await
}

/// `POST /pay/{session}`
pub(super) async fn pay(
    State(app): State<Arc<App>>,
    Extension(hangup): Extension<Hangup>,
    Path(id): Path<String>,
    Form(form): Form<CardForm>,
) -> Response {
    let Some(card) = cards::find(&form.card_number) else {
        let message = "Only the test cards below work here. Never enter a real card.";
        return show_card(&app, &id, StatusCode::PAYMENT_REQUIRED, Some(message)).await;
    };
    // A payer who closes the page does not undo the attempt.
    match tokio::spawn(async move { attempt(&app, &id, card).await }).await {
        Ok(Some(response)) => response,
        Ok(None) => hangup.hang_up().await,
        Err(error) => failed(&error.to_string()),
    }
}

/// `None` when the connection is to be closed without an answer.
async fn attempt(app: &App, id: &str, card: Card) -> Option<Response> {
    let fault = app.faults.next("page.pay");
    match fault {
        Some((Failure::FailBefore, _)) => return Some(failed("fault before execution")),
        Some((Failure::Hang, stretch)) => clock::pause(stretch).await,
        Some((Failure::FailAfter | Failure::DropAfter, _)) | None => {}
    }
    let attempt = app.run(|tx| {
        checkout::expire_overdue(tx);
        checkout::pay(tx, id, card)
    });
    let attempt = match attempt.await {
        Ok(attempt) => attempt,
        Err(lost) => return Some(failed(&lost.to_string())),
    };
    match fault {
        Some((Failure::FailAfter, _)) => Some(failed("fault after execution")),
        Some((Failure::DropAfter, _)) => None,
        Some((Failure::FailBefore | Failure::Hang, _)) | None => Some(match attempt {
            Attempt::Paid(url) => see_other(&url),
            Attempt::Challenged => see_other(&format!("{id}/authenticate")),
            Attempt::Declined | Attempt::NotChallenged => {
                show_card(app, id, StatusCode::PAYMENT_REQUIRED, None).await
            }
            Attempt::Expired | Attempt::Missing => show_card(app, id, StatusCode::OK, None).await,
        }),
    }
}

/// `GET /pay/{session}/authenticate`
pub(super) async fn show_challenge(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Response {
    match look(&app, &id).await {
        Ok(Some((session, Some(intent))))
            if session.status == SessionStatus::Open
                && intent.status == IntentStatus::RequiresAction =>
        {
            page(StatusCode::OK, page_html::challenge(&session, &intent), Some(&session))
        }
        Ok(_) => see_other(&format!("../{id}")),
        Err(response) => response,
    }
}

/// `POST /pay/{session}/authenticate`
pub(super) async fn answer_challenge(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(form): Form<ChallengeForm>,
) -> Response {
    let passed = form.outcome == "complete";
    let attempt = app.run(|tx| {
        checkout::expire_overdue(tx);
        checkout::answer_challenge(tx, &id, passed)
    });
    match attempt.await {
        Ok(Attempt::Paid(url)) => see_other(&url),
        // The page of the card says how things stand.
        Ok(_) => see_other(&format!("../{id}")),
        Err(lost) => failed(&lost.to_string()),
    }
}

/// The session's page as things stand; `note` is said in place of the last decline.
async fn show_card(app: &App, id: &str, status: StatusCode, note: Option<&str>) -> Response {
    let (session, intent) = match look(app, id).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let html = page_html::message("No such payment", "This link belongs to no payment.");
            return page(StatusCode::NOT_FOUND, html, None);
        }
        Err(response) => return response,
    };
    match session.status {
        SessionStatus::Open => {
            let declined = intent.and_then(|intent| intent.failure);
            let declined = declined.as_ref().map(|failure| failure.message.as_str());
            let html = page_html::card(&session, note.or(declined));
            page(status, html, Some(&session))
        }
        SessionStatus::Complete => {
            let (title, text) = if session.reserved {
                ("Reserved", "The money is reserved on your card. Nothing was charged.")
            } else {
                ("Paid", "This payment is done.")
            };
            let html = page_html::ended(&session, title, text);
            page(StatusCode::OK, html, Some(&session))
        }
        SessionStatus::Expired => {
            let text = "This payment page has expired. Nothing was charged.";
            let html = page_html::ended(&session, "Expired", text);
            page(StatusCode::GONE, html, Some(&session))
        }
    }
}

async fn look(app: &App, id: &str) -> Result<Option<(Session, Option<Intent>)>, Response> {
    let found = app.run(|tx| {
        checkout::expire_overdue(tx);
        let session = tx.ledger.sessions.get(id)?.clone();
        let intent = session.payment_intent.as_ref().and_then(|id| tx.ledger.intents.get(id));
        Some((session.clone(), intent.cloned()))
    });
    found.await.map_err(|lost| failed(&lost.to_string()))
}

fn failed(reason: &str) -> Response {
    let html = page_html::message("Something went wrong", reason);
    page(StatusCode::INTERNAL_SERVER_ERROR, html, None)
}

fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => failed("the address to return to is not valid in a header"),
    }
}

/// Nothing but our own style may load, and forms may end at the merchant's site: browsers
/// hold the redirect after a form to the same rule as the form.
fn page(status: StatusCode, html: String, session: Option<&Session>) -> Response {
    let back = session.and_then(|session| Url::parse(&session.success_url).ok());
    let back = back.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {back}"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, Html(html)).into_response()
}
