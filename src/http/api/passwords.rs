//! Passwords: forgotten, chosen anew by a mailed link, changed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;

use super::registration::{self, Accepted, AccountAddress};
use crate::domain::ids::RequestId;
use crate::domain::link_token::Purpose;
use crate::domain::user;
use crate::http::auth::Principal;
use crate::http::extract::Json;
use crate::http::lockout;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::{accounts, link_tokens, sign_in_failures};

/// A new password, by a mailed link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The `token` of the link.
    token: String,
    /// 10 to 128 characters.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    password: String,
}

/// A new password for an old one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password of the account.
    #[schema(format = Password)]
    current: String,
    /// 10 to 128 characters.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    new: String,
}

/// Say that one has forgotten one's password: a link is mailed, if there is such an account.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", tag = "accounts",
    request_body = AccountAddress, responses((status = 202, body = Accepted)))]
pub async fn forgot(
    State(state): State<Shared>,
    Json(body): Json<AccountAddress>,
) -> Result<impl IntoResponse, Problem> {
    registration::mail(&state, &body.email, Purpose::ResetPassword).await
}

/// Choose a new password by the mailed link. Every session of the account ends.
#[utoipa::path(post, path = "/api/v1/auth/password/reset", tag = "accounts",
    request_body = PasswordReset, responses((status = 204, description = "the new password holds")))]
pub async fn reset(
    State(state): State<Shared>,
    Json(body): Json<PasswordReset>,
) -> Result<StatusCode, Problem> {
    user::check_password("/password", &body.password)?;
    // Before the hash, which is dear: a token that we did not make costs nothing.
    let row = state.links.row(Purpose::ResetPassword, &body.token);
    let row = row.ok_or_else(Problem::invalid_token)?;
    let hash = state.passwords.hash(body.password).await?;
    let (cause, now): (RequestId, _) = (state.clock.id(), state.clock.now());
    let mut client = state.pool.get().await?;
    let done = link_tokens::reset_password(&mut client, row, &hash, cause.uuid(), now).await?;
    let (user, ended) = done.ok_or_else(Problem::invalid_token)?;
    sign_in_failures::forget(&*client, &state.lockout.digest(&user.email)).await?;
    state.sessions.forget_all(&ended);
    state.tail.nudge();
    Ok(StatusCode::NO_CONTENT)
}

/// PasswordChange one's password. Every other session of the account ends.
#[utoipa::path(post, path = "/api/v1/auth/password/change", tag = "accounts",
    request_body = PasswordChange, responses((status = 204, description = "the new password holds")))]
pub async fn change(
    State(state): State<Shared>,
    principal: Principal,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    user::check_password("/new", &body.new)?;
    let wrong = || Problem::invalid("/current", "wrong", "this is not the account's password");
    let found = accounts::credentials_of(&*state.pool.get().await?, principal.user).await?;
    let (user, old) = found.ok_or_else(Problem::unauthenticated)?;
    if !lockout::check(&state, &user.email, body.current, Some(old.clone())).await? {
        return Err(wrong());
    }
    let hash = state.passwords.hash(body.new).await?;
    let (cause, now): (RequestId, _) = (state.clock.id(), state.clock.now());
    let mut client = state.pool.get().await?;
    let (id, kept) = (principal.user, principal.session);
    let ended =
        link_tokens::change_password(&mut client, id, (&old, &hash), kept, cause.uuid(), now)
            .await?;
    state.sessions.forget_all(&ended.ok_or_else(wrong)?);
    state.tail.nudge();
    Ok(StatusCode::NO_CONTENT)
}
