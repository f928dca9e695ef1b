//! Making an account, and proving its address. What is answered, and after how long, says
//! nothing about who has an account.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock;
use crate::domain::ids::RequestId;
use crate::domain::link_token::Purpose;
use crate::domain::user::{self, Role};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::state::{AppState, Shared};
use crate::storage::accounts::{self, NewUser};
use crate::storage::link_tokens::{self, NewLink};

/// How long the writing part of a registration, or of a request for a link, takes at least,
/// so that its time does not tell whether there was anything to write.
const WRITE_TIME: Duration = Duration::from_millis(50);

/// Who wants an account. It takes no role: everybody begins as a tenant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The address to sign in with.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// 10 to 128 characters.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    password: String,
    /// What others see.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// The same answer whether or not the address has an account.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// `accepted`.
    status: &'static str,
}

/// The account of an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountAddress {
    /// The address.
    #[schema(format = Email, max_length = 254)]
    pub(super) email: String,
}

/// A mailed link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailedLink {
    /// The `token` in it.
    token: String,
}

/// Make an account.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "accounts",
    request_body = Registration, responses((status = 202, body = Accepted)))]
pub async fn register(
    State(state): State<Shared>,
    Json(body): Json<Registration>,
) -> Result<impl IntoResponse, Problem> {
    user::check_registration(&body.email, &body.password, &body.name)?;
    let password_hash = state.passwords.hash(body.password).await?;
    let new = NewUser {
        id: state.clock.id(),
        email: &body.email,
        name: body.name.trim(),
        password_hash: &password_hash,
        roles: &[Role::Tenant],
        now: state.clock.now(),
    };
    let link = new_link(&state);
    let write = async {
        let mut client = state.pool.get().await?;
        Ok::<_, Problem>(accounts::sign_up(&mut client, &new, &link).await?)
    };
    let (written, ()) = tokio::join!(write, clock::pause(WRITE_TIME));
    written?;
    state.tail.nudge();
    Ok(accepted())
}

/// Prove an address by the link that was mailed to it.
#[utoipa::path(post, path = "/api/v1/auth/email/verify", tag = "accounts",
    request_body = MailedLink, responses((status = 204, description = "the address is confirmed")))]
pub async fn verify(
    State(state): State<Shared>,
    Json(body): Json<MailedLink>,
) -> Result<StatusCode, Problem> {
    let row = state.links.row(Purpose::VerifyEmail, &body.token);
    let row = row.ok_or_else(Problem::invalid_token)?;
    let (cause, now): (RequestId, _) = (state.clock.id(), state.clock.now());
    let mut client = state.pool.get().await?;
    if !link_tokens::verify(&mut client, row, cause.uuid(), now).await? {
        return Err(Problem::invalid_token());
    }
    state.tail.nudge();
    Ok(StatusCode::NO_CONTENT)
}

/// Get the link that proves an address mailed again.
#[utoipa::path(post, path = "/api/v1/auth/email/resend", tag = "accounts",
    request_body = AccountAddress, responses((status = 202, body = Accepted)))]
pub async fn resend(
    State(state): State<Shared>,
    Json(body): Json<AccountAddress>,
) -> Result<impl IntoResponse, Problem> {
    mail(&state, &body.email, Purpose::VerifyEmail).await
}

/// Has a link mailed to an address, if that has an account which can use it; the answer is
/// the same in any case.
///
/// # Errors
/// When the text can be no address, or the database does not answer.
pub(super) async fn mail(
    state: &AppState,
    email: &str,
    purpose: Purpose,
) -> Result<impl IntoResponse + use<>, Problem> {
    if !user::is_email(email) {
        return Err(Problem::invalid("/email", "invalid", "an address such as ada@example.com"));
    }
    let link = new_link(state);
    let write = async {
        let mut client = state.pool.get().await?;
        Ok::<_, Problem>(link_tokens::request(&mut client, email, purpose, &link).await?)
    };
    let (written, ()) = tokio::join!(write, clock::pause(WRITE_TIME));
    if written? {
        state.tail.nudge();
    }
    Ok(accepted())
}

fn new_link(state: &AppState) -> NewLink {
    let causation: RequestId = state.clock.id();
    NewLink { id: state.clock.id(), causation: causation.uuid(), now: state.clock.now() }
}

fn accepted() -> (StatusCode, Json<Accepted>) {
    (StatusCode::ACCEPTED, Json(Accepted { status: "accepted" }))
}
